//! Sets of numbers: ranges that do not touch.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::cel::node::Comparison;

/// A set of numbers. Whole numbers have closed ends only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbers {
    whole: bool,
    /// Ascending; none is empty, and no two touch.
    ranges: Vec<Range>,
}

/// What lies between two ends; none is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: Option<End>,
    pub(super) high: Option<End>,
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: Decimal,
    /// Whether the end itself is part of the range.
    pub(super) closed: bool,
}

impl End {
    fn closed(at: Decimal) -> End {
        End { at, closed: true }
    }

    fn open(at: Decimal) -> End {
        End { at, closed: false }
    }

    fn turned(self) -> End {
        End {
            closed: !self.closed,
            ..self
        }
    }
}

impl Numbers {
    pub(super) fn all(whole: bool) -> Numbers {
        Numbers::of(
            whole,
            vec![Range {
                low: None,
                high: None,
            }],
        )
    }

    pub(super) fn none(whole: bool) -> Numbers {
        Numbers::of(whole, Vec::new())
    }

    /// From one number to another, both included.
    pub(super) fn between(whole: bool, low: Option<Decimal>, high: Option<Decimal>) -> Numbers {
        let range = Range {
            low: low.map(End::closed),
            high: high.map(End::closed),
        };
        Numbers::of(whole, vec![range])
    }

    /// These numbers only.
    pub(super) fn points(whole: bool, points: impl IntoIterator<Item = Decimal>) -> Numbers {
        let mut points: Vec<Decimal> = points.into_iter().collect();
        points.sort_unstable();
        points.dedup();
        let point = |at: Decimal| Range {
            low: Some(End::closed(at)),
            high: Some(End::closed(at)),
        };
        Numbers::of(whole, points.into_iter().map(point).collect())
    }

    /// The numbers that compare with this one so.
    pub(super) fn compared(whole: bool, comparison: Comparison, with: Decimal) -> Numbers {
        let range = |low, high| Numbers::of(whole, vec![Range { low, high }]);
        match comparison {
            Comparison::Equal => Numbers::points(whole, [with]),
            Comparison::NotEqual => Numbers::points(whole, [with]).contrary(),
            Comparison::Less => range(None, Some(End::open(with))),
            Comparison::LessOrEqual => range(None, Some(End::closed(with))),
            Comparison::Greater => range(Some(End::open(with)), None),
            Comparison::GreaterOrEqual => range(Some(End::closed(with)), None),
        }
    }

    fn of(whole: bool, ranges: Vec<Range>) -> Numbers {
        let ranges = ranges.into_iter();
        let ranges = ranges.map(|range| if whole { range.to_whole() } else { range });
        Numbers {
            whole,
            ranges: ranges.filter(|range| !range.is_empty()).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    pub(super) fn holds(&self, number: Decimal) -> bool {
        (!self.whole || number.is_integer()) && self.ranges.iter().any(|range| range.holds(number))
    }

    /// What is in both.
    pub(super) fn meet(&self, other: &Numbers) -> Numbers {
        let whole = self.whole || other.whole;
        let mut ranges = Vec::new();
        let (mut one, mut two) = (
            self.ranges.iter().peekable(),
            other.ranges.iter().peekable(),
        );
        while let (Some(a), Some(b)) = (one.peek(), two.peek()) {
            ranges.push(Range {
                low: later(a.low, b.low),
                high: earlier(a.high, b.high),
            });
            // The one that ends first meets nothing more.
            if earlier(a.high, b.high) == a.high {
                one.next();
            } else {
                two.next();
            }
        }
        Numbers::of(whole, ranges)
    }

    /// What is not in it.
    pub(super) fn contrary(&self) -> Numbers {
        let mut ranges = Vec::new();
        let mut low = None;
        for range in &self.ranges {
            if let Some(end) = range.low {
                ranges.push(Range {
                    low,
                    high: Some(end.turned()),
                });
            }
            match range.high {
                Some(end) => low = Some(end.turned()),
                None => return Numbers::of(self.whole, ranges),
            }
        }
        ranges.push(Range { low, high: None });
        Numbers::of(self.whole, ranges)
    }
}

impl Range {
    pub(super) fn holds(&self, number: Decimal) -> bool {
        let above = self.low.is_none_or(|low| match number.cmp(&low.at) {
            Ordering::Greater => true,
            Ordering::Equal => low.closed,
            Ordering::Less => false,
        });
        let below = self.high.is_none_or(|high| match number.cmp(&high.at) {
            Ordering::Less => true,
            Ordering::Equal => high.closed,
            Ordering::Greater => false,
        });
        above && below
    }

    fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some(low), Some(high)) => match low.at.cmp(&high.at) {
                Ordering::Less => false,
                Ordering::Equal => !(low.closed && high.closed),
                Ordering::Greater => true,
            },
            _ => false,
        }
    }

    /// The same whole numbers, with closed ends.
    fn to_whole(self) -> Range {
        let low = self.low.map(|end| {
            let up = end.at.ceil();
            let next = up == end.at && !end.closed;
            End::closed(if next { up + Decimal::ONE } else { up })
        });
        let high = self.high.map(|end| {
            let down = end.at.floor();
            let next = down == end.at && !end.closed;
            End::closed(if next { down - Decimal::ONE } else { down })
        });
        Range { low, high }
    }
}

/// The stricter of two lower ends.
fn later(one: Option<End>, two: Option<End>) -> Option<End> {
    let (Some(a), Some(b)) = (one, two) else {
        return one.or(two);
    };
    Some(match a.at.cmp(&b.at) {
        Ordering::Less => b,
        Ordering::Greater => a,
        Ordering::Equal => End {
            at: a.at,
            closed: a.closed && b.closed,
        },
    })
}

/// The stricter of two upper ends.
fn earlier(one: Option<End>, two: Option<End>) -> Option<End> {
    let (Some(a), Some(b)) = (one, two) else {
        return one.or(two);
    };
    Some(match a.at.cmp(&b.at) {
        Ordering::Less => a,
        Ordering::Greater => b,
        Ordering::Equal => End {
            at: a.at,
            closed: a.closed && b.closed,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers() -> impl Strategy<Value = Numbers> {
        let comparison = prop::sample::select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
        let part = (comparison, -20_i64..20);
        (any::<bool>(), prop::collection::vec(part, 0..5)).prop_map(|(whole, parts)| {
            let parts = parts.into_iter();
            let part = |(comparison, halves)| {
                Numbers::compared(whole, comparison, Decimal::new(halves * 5, 1))
            };
            parts.fold(Numbers::all(whole), |all, next| all.meet(&part(next)))
        })
    }

    proptest! {
        #[test]
        fn sets_are_what_their_members_say(one in numbers(), two in numbers(), quarters in -50_i64..50) {
            let number = Decimal::new(quarters * 25, 2);
            let within = |set: &Numbers| !set.is_whole() || number.is_integer();
            let both = one.meet(&two);
            prop_assert_eq!(
                both.holds(number),
                one.holds(number) && two.holds(number) && within(&both)
            );
            prop_assert_eq!(one.contrary().holds(number), within(&one) && !one.holds(number));
            prop_assert_eq!(one.is_empty(), one.contrary() == Numbers::all(one.is_whole()));
        }
    }
}
