//! The bounds of what is remembered.
//!
//! A key with its first event takes 284 bytes and each event after it 40, twice that at worst while a list grows
//! (`cargo run --release -p weft-behaviour --example snapshot` measures both). With the defaults
//! that is at most about 0.3 GB for keys and 1.4 GB for events.

/// Keys that are remembered in total, over all kinds of key. Beyond it the key that was not observed
/// for the longest time is forgotten.
pub const MAX_KEYS: usize = 1 << 20;
/// Events that are remembered in total. Beyond it keys are forgotten as above.
pub const MAX_EVENTS: usize = 1 << 24;
/// Events that are remembered of one key. Beyond it the oldest is forgotten, so that a count stops
/// here: more payments than any rule tells apart.
pub const MAX_EVENTS_PER_KEY: usize = 4_096;
/// How much earlier than the newest event of its key an observation, or a question, may be and still
/// find the whole of its windows.
pub const MAX_LATE_MS: u64 = 3_600_000;
/// The longest window of a feature.
pub const MAX_WINDOW_MS: u64 = 366 * 86_400_000;
/// Locks over the keys.
pub const SHARDS: usize = 64;
/// Amounts that a median needs.
pub const MIN_HISTORY: usize = 5;

/// The bounds that one host sets itself; the defaults are the constants of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`MAX_KEYS`].
    pub keys: usize,
    /// See [`MAX_EVENTS`].
    pub events: usize,
    /// See [`MAX_EVENTS_PER_KEY`].
    pub events_per_key: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            keys: MAX_KEYS,
            events: MAX_EVENTS,
            events_per_key: MAX_EVENTS_PER_KEY,
        }
    }
}
