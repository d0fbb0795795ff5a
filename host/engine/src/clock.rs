//! The only place where the host asks what time it is.

use std::sync::atomic::{AtomicU64, Ordering};

use weft_dictionary::{DurationMs, Timestamp};

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

/// What this process has told of the machine's clock.
static TOLD: Told = Told::nothing();

fn system_now() -> Timestamp {
    Timestamp(TOLD.not_back(machine_now()))
}

/// How often the machine's clock was set back by more than [`MAX_STANDSTILL`].
pub(crate) fn set_back() -> u64 {
    TOLD.set_back.load(Ordering::Relaxed)
}

/// By how much it was set back, once each time: for the audit log.
pub(crate) fn set_back_by() -> Option<DurationMs> {
    let by = TOLD.unrecorded_ms.swap(0, Ordering::AcqRel);
    (by > 0).then_some(DurationMs(by))
}

/// The latest time that was told, and what became of it.
struct Told {
    latest_ms: AtomicU64,
    set_back: AtomicU64,
    unrecorded_ms: AtomicU64,
}

impl Told {
    const fn nothing() -> Told {
        Told {
            latest_ms: AtomicU64::new(0),
            set_back: AtomicU64::new(0),
            unrecorded_ms: AtomicU64::new(0),
        }
    }

    /// Time does not go back: of two decisions the later has no earlier time, also when the machine's clock is
    /// set back a little. A clock that is set back far was wrong before, and is followed.
    fn not_back(&self, now: u64) -> u64 {
        let before = self.latest_ms.fetch_max(now, Ordering::AcqRel);
        if before <= now {
            return now;
        }
        let by = before - now;
        if by <= MAX_STANDSTILL.0 {
            return before;
        }
        // Many may see it at the same time; one of them tells of it.
        let is_first = self
            .latest_ms
            .compare_exchange(before, now, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if is_first {
            self.set_back.fetch_add(1, Ordering::Relaxed);
            self.unrecorded_ms.fetch_max(by, Ordering::AcqRel);
            let seconds = by / 1_000;
            tracing::warn!(
                seconds,
                "the machine's clock was set back by more than a minute; it is followed"
            );
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_rather_than_to_go_back() {
        let told = Told::nothing();
        let times =
            [1_000_000, 1_000_005, 1_000_003, 940_005, 1_000_006].map(|at| told.not_back(at));
        assert_eq!(
            times,
            [1_000_000, 1_000_005, 1_000_005, 1_000_005, 1_000_006]
        );
        assert_eq!(told.set_back.load(Ordering::Relaxed), 0);
        assert_eq!(told.not_back(500), 500, "far back is followed");
        assert_eq!(told.not_back(501), 501);
        assert_eq!(told.set_back.load(Ordering::Relaxed), 1);
        assert_eq!(told.unrecorded_ms.load(Ordering::Relaxed), 1_000_006 - 500);
    }

    #[test]
    fn many_who_see_the_same_setback_count_it_once() {
        let told = Told::nothing();
        told.not_back(10_000_000);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(told.not_back(1_000), 1_000));
            }
        });
        assert_eq!(told.set_back.load(Ordering::Relaxed), 1);
    }
}
