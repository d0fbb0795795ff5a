//! Numbers between two ends.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::functions::Extreme;
use super::node::Comparison;

/// Both ends are part of it; none is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
}

impl Range {
    pub(super) const ALL: Range = Range {
        low: None,
        high: None,
    };

    pub(super) fn between(low: impl Into<Decimal>, high: impl Into<Decimal>) -> Range {
        Range {
            low: Some(low.into()),
            high: Some(high.into()),
        }
    }

    pub(super) fn map(self, function: impl Fn(Decimal) -> Option<Decimal>) -> Range {
        Range {
            low: self.low.and_then(&function),
            high: self.high.and_then(&function),
        }
    }

    pub(super) fn negative(self) -> Range {
        Range {
            low: self.high.map(|n| -n),
            high: self.low.map(|n| -n),
        }
    }

    /// What lies in one of the two, and between them.
    pub(super) fn hull(self, other: Range) -> Range {
        let both = |one: Option<Decimal>, two: Option<Decimal>| Some((one?, two?));
        Range {
            low: both(self.low, other.low).map(|(one, two)| one.min(two)),
            high: both(self.high, other.high).map(|(one, two)| one.max(two)),
        }
    }

    pub(super) fn plus(self, other: Range) -> Range {
        let sum = |one: Option<Decimal>, two: Option<Decimal>| one?.checked_add(two?);
        Range {
            low: sum(self.low, other.low),
            high: sum(self.high, other.high),
        }
    }

    pub(super) fn times(self, other: Range) -> Range {
        let ends = [
            (self.low, other.low),
            (self.low, other.high),
            (self.high, other.low),
            (self.high, other.high),
        ];
        let products = ends.map(|(one, two)| one?.checked_mul(two?));
        match products.into_iter().collect::<Option<Vec<Decimal>>>() {
            Some(products) => Range {
                low: products.iter().min().copied(),
                high: products.iter().max().copied(),
            },
            None if self.is_at_least_zero() && other.is_at_least_zero() => Range {
                low: Some(Decimal::ZERO),
                high: None,
            },
            None => Range::ALL,
        }
    }

    pub(super) fn absolute(self) -> Range {
        if self.is_at_least_zero() {
            return self;
        }
        if self.is_at_most_zero() {
            return self.negative();
        }
        let high = self.hull(self.negative()).high;
        Range {
            low: Some(Decimal::ZERO),
            high,
        }
    }

    /// Least and greatest keep the order of what they are given.
    pub(super) fn extreme(self, other: Range, extreme: Extreme) -> Range {
        let pick = |one: Option<Decimal>, two: Option<Decimal>| match extreme {
            Extreme::Least => one.zip(two).map(|(one, two)| one.min(two)),
            Extreme::Greatest => one.zip(two).map(|(one, two)| one.max(two)),
        };
        let (low, high) = (pick(self.low, other.low), pick(self.high, other.high));
        // One end is enough for one side: what is at most five and anything else is at most five.
        match extreme {
            Extreme::Least => Range {
                low,
                high: high.or(self.high).or(other.high),
            },
            Extreme::Greatest => Range {
                low: low.or(self.low).or(other.low),
                high,
            },
        }
    }

    pub(crate) fn is_at_least_zero(self) -> bool {
        self.low.is_some_and(|low| low >= Decimal::ZERO)
    }

    pub(crate) fn is_at_most_zero(self) -> bool {
        self.high.is_some_and(|high| high <= Decimal::ZERO)
    }

    /// Whether it lies within a range that has both ends.
    pub(crate) fn is_within(self, other: Range) -> bool {
        let above = self.low.zip(other.low).is_some_and(|(own, end)| own >= end);
        let below = (self.high.zip(other.high)).is_some_and(|(own, end)| own <= end);
        above && below
    }

    /// Whether some value of it can compare so with some value of another.
    pub(crate) fn can(self, comparison: Comparison, other: Range) -> bool {
        let less = |one: Option<Decimal>, two: Option<Decimal>| match (one, two) {
            (Some(one), Some(two)) => one.cmp(&two),
            _ => Ordering::Less,
        };
        // The least of one beside the greatest of the other.
        let (least, most) = (less(self.low, other.high), less(other.low, self.high));
        match comparison {
            Comparison::Less => least.is_lt(),
            Comparison::LessOrEqual => least.is_le(),
            Comparison::Greater => most.is_lt(),
            Comparison::GreaterOrEqual => most.is_le(),
            Comparison::Equal => least.is_le() && most.is_le(),
            Comparison::NotEqual => {
                let point = self.low.is_some() && self.low == self.high;
                !(point && self == other)
            }
        }
    }
}
