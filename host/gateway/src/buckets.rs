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
    /// The same for values of the vault.
    values: Vec<DefaultDirectRateLimiter>,
    /// Values of the vault for all callers together.
    all_values: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Buckets {
    /// A full bucket for each caller.
    pub(crate) fn new(callers: usize, limits: &Limits) -> Buckets {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(limits.requests_per_second))
            .allow_burst(at_least_one(limits.burst));
        let values = Quota::per_minute(at_least_one(limits.disclosures_per_minute));
        let in_total = limits.disclosures_per_minute_in_total;
        Buckets {
            values: (0..callers).map(|_| RateLimiter::direct(values)).collect(),
            all_values: RateLimiter::direct(Quota::per_minute(at_least_one(in_total))),
            buckets: (0..callers).map(|_| RateLimiter::direct(quota)).collect(),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one request out of a caller's bucket; if it is empty, how long to wait.
    pub(crate) fn take(&self, caller: CallerIndex) -> Result<(), Duration> {
        self.from(&self.buckets[caller.0])
    }

    /// Takes one value of the vault out of the caller's bucket and out of that of all; if one is empty, how long to
    /// wait.
    pub(crate) fn take_value(&self, caller: CallerIndex) -> Result<(), Duration> {
        self.from(&self.values[caller.0])?;
        self.from(&self.all_values)
    }

    fn from(&self, bucket: &DefaultDirectRateLimiter) -> Result<(), Duration> {
        bucket
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

    #[test]
    fn values_are_few_for_each_and_for_all_together() {
        let limits = Limits {
            disclosures_per_minute: 2,
            disclosures_per_minute_in_total: 3,
            ..Limits::default()
        };
        let buckets = Buckets::new(3, &limits);
        let take = |caller| buckets.take_value(CallerIndex(caller)).is_ok();
        assert_eq!([take(0), take(0), take(0)], [true, true, false]);
        assert_eq!([take(1), take(1)], [true, false], "all have had three");
        assert!(!take(2));
    }
}
