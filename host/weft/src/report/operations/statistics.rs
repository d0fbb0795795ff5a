//! Shares with what chance makes of them, and how numbers are spread.

use serde::Serialize;

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_964;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Share {
    pub(super) count: u64,
    pub(super) of: u64,
    /// 0 to 1; none of nothing.
    pub(super) share: Option<f64>,
    /// The Wilson score interval of 95 % about it (Wilson 1927).
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
}

impl Share {
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn new(count: u64, of: u64) -> Share {
        let none = Share {
            count,
            of,
            share: None,
            low: None,
            high: None,
        };
        if of == 0 {
            return none;
        }
        let (n, p) = (of as f64, count as f64 / of as f64);
        let scale = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Share {
            share: Some(p),
            low: Some((centre - half).max(0.0)),
            high: Some((centre + half).min(1.0)),
            ..none
        }
    }
}

/// How durations are spread, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) count: u64,
    pub(super) mean: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p95: Option<f64>,
    pub(super) most: Option<f64>,
}

impl Spread {
    /// Of durations in milliseconds; quantiles are those values that so large a part does not exceed (nearest rank).
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn of(mut durations: Vec<u64>) -> Spread {
        durations.sort_unstable();
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let rank = |hundredths: usize| {
            let place = (durations.len() * hundredths).div_ceil(100);
            durations.get(place.checked_sub(1)?).copied().map(seconds)
        };
        let sum: f64 = durations.iter().copied().map(seconds).sum();
        Spread {
            count: durations.len() as u64,
            mean: (!durations.is_empty()).then(|| sum / durations.len() as f64),
            p50: rank(50),
            p95: rank(95),
            most: rank(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 of 100 have the interval 5.5 % to 17.4 %, as tables of the Wilson score have it.
    #[test]
    fn a_share_has_the_interval_of_wilson() {
        let share = Share::new(10, 100);
        let rounded = |part: Option<f64>| part.map(|part| (part * 1_000.0).round());
        assert_eq!(
            [share.share, share.low, share.high].map(rounded),
            [Some(100.0), Some(55.0), Some(174.0)]
        );
        let none = Share::new(0, 10);
        assert_eq!(rounded(none.low), Some(0.0));
        assert_eq!(rounded(none.high), Some(278.0));
        assert_eq!(Share::new(0, 0).share, None);
    }

    #[test]
    fn durations_are_told_by_nearest_rank() {
        let spread = Spread::of((1..=20).rev().map(|n| n * 1_000).collect());
        assert_eq!(spread.count, 20);
        assert_eq!(spread.mean, Some(10.5));
        assert_eq!(spread.p50, Some(10.0));
        assert_eq!(spread.p95, Some(19.0));
        assert_eq!(spread.most, Some(20.0));
        assert_eq!(Spread::of(Vec::new()).p50, None);
    }
}
