//! The only place where the host asks what time it is.

use std::sync::atomic::{AtomicU64, Ordering};

use weft_dictionary::Timestamp;

use crate::limits::MAX_STANDSTILL;

/// Where a decision's time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clock. It does not go back, but for more than a minute.
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
fn machine_now() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The latest time that was told.
static LATEST_MS: AtomicU64 = AtomicU64::new(0);

fn system_now() -> Timestamp {
    Timestamp(not_back(&LATEST_MS, machine_now()))
}

/// Time does not go back: of two decisions the later has no earlier time, also when the machine's clock is
/// set back a little. A clock that is set back far was wrong before, and is followed.
fn not_back(latest: &AtomicU64, now: u64) -> u64 {
    let before = latest.fetch_max(now, Ordering::AcqRel);
    if before <= now {
        return now;
    }
    if before - now <= MAX_STANDSTILL.0 {
        return before;
    }
    tracing::warn!("the machine's clock was set back by more than a minute; it is followed");
    latest.store(now, Ordering::Release);
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_rather_than_to_go_back() {
        let latest = AtomicU64::new(0);
        let told =
            [1_000_000, 1_000_005, 1_000_003, 940_005, 1_000_006].map(|at| not_back(&latest, at));
        assert_eq!(
            told,
            [1_000_000, 1_000_005, 1_000_005, 1_000_005, 1_000_006]
        );
        assert_eq!(not_back(&latest, 500), 500, "far back is followed");
        assert_eq!(not_back(&latest, 501), 501);
    }
}
