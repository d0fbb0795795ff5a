//! The bounds of the engine.

use weft_dictionary::DurationMs;

/// How long an idempotency key is remembered.
pub const KEY_WINDOW: DurationMs = DurationMs(24 * 3_600_000);
/// Idempotency keys that are remembered at the same time; the oldest go first.
pub const MAX_KEYS: usize = 1_000_000;
/// Decisions about one payment, requests for assistance included. Each request reads them all; more are
/// refused, and the payment expires.
pub const MAX_CHAIN: usize = 100;
/// Expired payments that are decided in one turn, so that expiry never holds up a stop.
pub(crate) const EXPIRE_BATCH: usize = 256;
/// Locks over payments; payments share one where their hashes meet.
pub(crate) const LOCK_STRIPES: usize = 1_024;

// What the log gives of one payment is all that there is of it.
const _: () = assert!(MAX_CHAIN < weft_audit::limits::MAX_LINKED);
