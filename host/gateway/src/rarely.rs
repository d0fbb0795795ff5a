//! What happens often and is told rarely.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::limits::TELL_EVERY;

/// Counts what happens, and says when it is time to tell of it.
#[derive(Default)]
pub(crate) struct Rarely(Mutex<Since>);

#[derive(Default)]
struct Since {
    told: Option<Instant>,
    times: u64,
}

impl Rarely {
    /// It happened again. How often since it was told last, if it is to be told now.
    pub(crate) fn now(&self) -> Option<u64> {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.times += 1;
        if since.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return None;
        }
        since.told = Some(Instant::now());
        Some(std::mem::take(&mut since.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_and_the_next_are_counted() {
        let rarely = Rarely::default();
        assert_eq!(rarely.now(), Some(1));
        assert_eq!((rarely.now(), rarely.now()), (None, None));
        let mut since = rarely.0.lock().expect("sound");
        assert_eq!(since.times, 2);
        since.told = None;
        drop(since);
        assert_eq!(rarely.now(), Some(3));
    }
}
