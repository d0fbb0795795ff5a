//! How many evaluations are under way at once.
//!
//! Places are as many as the pool has; a caller without a place waits for one, at most as long as its
//! own time, and only while few others wait. Beyond that it is turned away at once: late answers help
//! nobody, and a queue without an end takes the host with it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::WAITING_PER_PLACE;

/// The places.
#[derive(Debug)]
pub(crate) struct Admission {
    state: Mutex<State>,
    freed: Condvar,
    places: u32,
}

#[derive(Debug, Default)]
struct State {
    taken: u32,
    waiting: u32,
}

/// One place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Admission);

/// No place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// So many wait already.
    TooManyWait(u32),
    /// None was freed in time.
    WaitedInVain,
}

impl Admission {
    pub(crate) fn new(places: u32) -> Admission {
        Admission {
            state: Mutex::default(),
            freed: Condvar::new(),
            places,
        }
    }

    /// How many there are.
    pub(crate) fn places(&self) -> u32 {
        self.places
    }

    /// Takes a place, waiting at most `patience`.
    pub(crate) fn enter(&self, patience: Duration) -> Result<Place<'_>, TurnedAway> {
        let mut state = self.lock();
        if state.taken < self.places {
            state.taken += 1;
            return Ok(Place(self));
        }
        let queue = self.places.saturating_mul(WAITING_PER_PLACE);
        if state.waiting >= queue {
            return Err(TurnedAway::TooManyWait(queue));
        }
        state.waiting += 1;
        let until = Instant::now() + patience;
        while state.taken >= self.places {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.waiting -= 1;
                return Err(TurnedAway::WaitedInVain);
            }
            state = self
                .freed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.waiting -= 1;
        state.taken += 1;
        Ok(Place(self))
    }

    /// Nothing panics while it is held; if it did, two counters are still two counters.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().taken -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Admission, TurnedAway};

    #[test]
    fn a_place_is_given_back_and_found_by_one_who_waits() {
        let admission = Admission::new(1);
        let place = admission.enter(Duration::ZERO).expect("free");
        assert_eq!(
            admission.enter(Duration::ZERO).map(drop),
            Err(TurnedAway::WaitedInVain)
        );
        std::thread::scope(|threads| {
            let waits = threads.spawn(|| admission.enter(Duration::from_secs(60)).is_ok());
            while admission.lock().waiting == 0 {
                std::thread::yield_now();
            }
            drop(place);
            assert!(waits.join().expect("no panic"));
        });
        assert_eq!(admission.lock().taken, 0);
    }

    #[test]
    fn the_queue_has_an_end() {
        let admission = Admission::new(1);
        let _place = admission.enter(Duration::ZERO).expect("free");
        admission.lock().waiting = 4;
        assert_eq!(
            admission.enter(Duration::from_secs(60)).map(drop),
            Err(TurnedAway::TooManyWait(4))
        );
    }
}
