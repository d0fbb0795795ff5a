//! How often: a token bucket for each caller (GCRA).

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::Limits;
use crate::callers::CallerIndex;

/// The buckets of all callers.
pub(crate) struct Buckets {
    buckets: Vec<DefaultDirectRateLimiter>,
    clock: DefaultClock,
}

impl Buckets {
    /// A full bucket for each caller.
    pub(crate) fn new(callers: usize, limits: &Limits) -> Buckets {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(limits.requests_per_second))
            .allow_burst(at_least_one(limits.burst));
        Buckets {
            buckets: (0..callers).map(|_| RateLimiter::direct(quota)).collect(),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one request out of a caller's bucket; if it is empty, how long to wait.
    pub(crate) fn take(&self, caller: CallerIndex) -> Result<(), Duration> {
        self.buckets[caller.0]
            .check()
            .map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_callers_haste_is_not_anothers() {
        let limits = Limits {
            requests_per_second: 1,
            burst: 2,
            ..Limits::default()
        };
        let buckets = Buckets::new(2, &limits);
        let hasty = CallerIndex(0);
        assert_eq!(buckets.take(hasty), Ok(()));
        assert_eq!(buckets.take(hasty), Ok(()));
        let wait = buckets.take(hasty).expect_err("the bucket is empty");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(buckets.take(CallerIndex(1)), Ok(()));
    }
}
