//! The only place where the host asks what time it is.

use std::sync::atomic::{AtomicU64, Ordering};

use weft_dictionary::Timestamp;

/// Where a decision's time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The time of the history that is fed: it moves only when it is told to, and never back.
    History(AtomicU64),
}

impl Clock {
    /// A clock that stands at the beginning of a history.
    pub fn history() -> Clock {
        Clock::History(AtomicU64::new(0))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_now(),
            Clock::History(at) => Timestamp(at.load(Ordering::Acquire)),
        }
    }

    /// Moves a history's clock on. The machine's clock is not moved.
    pub fn advance(&self, to: Timestamp) {
        if let Clock::History(at) = self {
            at.fetch_max(to.0, Ordering::AcqRel);
        }
    }

    /// The time of one decision: what the history says of it, or now. Nobody can tell the machine's clock
    /// what time it is.
    pub(crate) fn of(&self, told: Option<Timestamp>) -> Timestamp {
        match (self, told) {
            (Clock::History(_), Some(at)) => {
                self.advance(at);
                at
            }
            _ => self.now(),
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the clock module")]
fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
