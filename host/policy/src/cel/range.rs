//! Between which numbers the value of an expression lies, whatever the row: amounts in minor units, times in
//! milliseconds.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use weft_dictionary::{Dictionary, Field, Kind, Measure, Origin, limits as dictionary_limits};

use super::functions::{CalendarPart, Extreme, LengthPart, MAX_INSTANT_MS, MAX_LENGTH_MS};
use super::node::{Comparison, Constant, Node, Operator};
use super::parameter::{MAX_THREAT, THREAT_LEVEL};
use super::types::Type;
use crate::limits::{
    MAX_USUAL_AMOUNT_MINOR, MAX_USUAL_DECIMAL, MAX_USUAL_INSTANT_MS, MAX_USUAL_INTEGER,
    MAX_USUAL_LENGTH_MS,
};

/// Both ends are part of it; none is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
}

/// How large facts are taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facts {
    /// Everything that a row takes.
    Any,
    /// What is not beyond all that is ever paid or counted: see the `MAX_USUAL_…` limits.
    Usual,
}

/// Says ranges of the expressions of one dictionary.
#[derive(Clone, Copy)]
pub(crate) struct Ranges<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) facts: Facts,
}

impl Range {
    const ALL: Range = Range {
        low: None,
        high: None,
    };

    fn between(low: impl Into<Decimal>, high: impl Into<Decimal>) -> Range {
        Range {
            low: Some(low.into()),
            high: Some(high.into()),
        }
    }

    fn map(self, function: impl Fn(Decimal) -> Option<Decimal>) -> Range {
        Range {
            low: self.low.and_then(&function),
            high: self.high.and_then(&function),
        }
    }

    fn negative(self) -> Range {
        Range {
            low: self.high.map(|n| -n),
            high: self.low.map(|n| -n),
        }
    }

    /// What lies in one of the two, and between them.
    fn hull(self, other: Range) -> Range {
        let both = |one: Option<Decimal>, two: Option<Decimal>| Some((one?, two?));
        Range {
            low: both(self.low, other.low).map(|(one, two)| one.min(two)),
            high: both(self.high, other.high).map(|(one, two)| one.max(two)),
        }
    }

    fn plus(self, other: Range) -> Range {
        let sum = |one: Option<Decimal>, two: Option<Decimal>| one?.checked_add(two?);
        Range {
            low: sum(self.low, other.low),
            high: sum(self.high, other.high),
        }
    }

    fn times(self, other: Range) -> Range {
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

    fn absolute(self) -> Range {
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
    fn extreme(self, other: Range, extreme: Extreme) -> Range {
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

impl Ranges<'_> {
    /// Of a value; of what is no number, everything.
    pub(crate) fn of(self, node: &Node) -> Range {
        match node {
            Node::Constant(constant) => of_constant(constant),
            Node::Parameter(threshold) => {
                let values = threshold.values.iter().map(of_constant);
                values.reduce(Range::hull).unwrap_or(Range::ALL)
            }
            Node::Field(id) => self.of_field(self.dictionary.field(*id)),
            Node::Shared(inner) => self.of(inner),
            Node::Minor(inner) => self.of(inner),
            Node::If(_, one, two) => self.of(one).hull(self.of(two)),
            Node::Negate(inner) => self.of(inner).negative(),
            Node::Absolute(inner) => self.of(inner).absolute(),
            Node::Extreme(extreme, one, two) => self.of(one).extreme(self.of(two), *extreme),
            Node::Arithmetic(operator, one, two) => {
                let (a, b) = (self.of(one), self.of(two));
                let range = match operator {
                    Operator::Add => a.plus(b),
                    Operator::Subtract => a.plus(b.negative()),
                    Operator::Multiply => a.times(b),
                };
                if self.is_time(node) {
                    // A negative time is a failure, not a value.
                    let low = range.low.unwrap_or_default().max(Decimal::ZERO);
                    return Range {
                        low: Some(low),
                        ..range
                    };
                }
                range
            }
            Node::Size(inner) => {
                let most = match (self.kind(inner), &**inner) {
                    (Type::Texts, _) => dictionary_limits::MAX_TEXTS,
                    (_, Node::Field(id)) => self.dictionary.field(*id).max_length,
                    _ => return Range::between(0, i64::MAX),
                };
                Range::between(0, most as u64)
            }
            Node::Length(part, inner) => {
                let unit = match part {
                    LengthPart::Hours => 3_600_000,
                    LengthPart::Minutes => 60_000,
                    LengthPart::Seconds => 1_000,
                    LengthPart::Milliseconds => return Range::between(0, 999),
                };
                let length = self.of(inner);
                length.map(|ms| ms.checked_div(unit.into()).map(|n| n.floor()))
            }
            Node::Calendar(part, ..) => calendar(*part),
            _ => Range::ALL,
        }
    }

    fn of_field(self, field: &Field) -> Range {
        let most = |any: u64, usual: i64| match self.facts {
            Facts::Any => Decimal::from(any),
            Facts::Usual => usual.into(),
        };
        let largest = i64::MAX.unsigned_abs();
        match field.kind {
            _ if field.class.is_tokenised() => Range::ALL,
            Kind::Integer if field.name == THREAT_LEVEL => Range::between(0, MAX_THREAT as u64),
            Kind::Integer => {
                let high = most(largest, MAX_USUAL_INTEGER);
                let counts = matches!(&field.origin, Origin::Behaviour(spec) if spec.measure != Measure::AmountDeviation);
                let low = if counts {
                    Decimal::ZERO
                } else {
                    -high - Decimal::ONE
                };
                Range::between(low, high)
            }
            // An amount is written without a sign.
            Kind::Money => Range::between(0, most(largest, MAX_USUAL_AMOUNT_MINOR)),
            Kind::Decimal if self.facts == Facts::Usual => {
                Range::between(-MAX_USUAL_DECIMAL, MAX_USUAL_DECIMAL)
            }
            Kind::Instant => Range::between(0, most(MAX_INSTANT_MS, MAX_USUAL_INSTANT_MS)),
            Kind::Duration => Range::between(0, most(MAX_LENGTH_MS, MAX_USUAL_LENGTH_MS)),
            _ => Range::ALL,
        }
    }

    /// Whether computing this can neither be too large for its type nor a negative time, where its parts have
    /// values.
    pub(crate) fn fits(self, operator: Operator, node: &Node, one: &Node, two: &Node) -> bool {
        let (a, b) = (self.of(one), self.of(two));
        let range = match operator {
            Operator::Add => a.plus(b),
            Operator::Subtract => a.plus(b.negative()),
            Operator::Multiply => a.times(b),
        };
        range.is_within(match self.kind(node) {
            Type::Instant => Range::between(0, MAX_INSTANT_MS),
            Type::Duration => Range::between(0, MAX_LENGTH_MS),
            Type::Decimal => Range::between(Decimal::MIN, Decimal::MAX),
            _ => Range::between(i64::MIN, i64::MAX),
        })
    }

    /// Whether an expression can be one that cannot be computed, whose facts are all there.
    pub(crate) fn can_fail(self, node: &Node) -> bool {
        // Amounts of two currencies have neither an order nor a sum.
        let is_amount = |part: &Node| self.kind(part) == Type::Money;
        let fails = match node {
            Node::Arithmetic(operator, one, two) => {
                is_amount(one) && is_amount(two) || !self.fits(*operator, node, one, two)
            }
            Node::Compare(_, one, _) | Node::Among(one, _) | Node::Extreme(_, one, _) => {
                is_amount(one)
            }
            Node::Negate(_)
            | Node::Absolute(_)
            | Node::Length(..)
            | Node::Calendar(..)
            | Node::Treated(..) => true,
            _ => false,
        };
        fails || node.children().into_iter().any(|part| self.can_fail(part))
    }

    fn is_time(self, node: &Node) -> bool {
        matches!(self.kind(node), Type::Instant | Type::Duration)
    }

    /// The type of a checked expression.
    pub(crate) fn kind(self, node: &Node) -> Type {
        match node {
            Node::Constant(constant) => kind_of(constant),
            Node::Parameter(threshold) => kind_of(&threshold.values[0]),
            Node::Field(id) => Type::of(self.dictionary.field(*id)),
            Node::Shared(inner) => self.kind(inner),
            Node::Negate(inner) | Node::Absolute(inner) => self.kind(inner),
            Node::If(_, one, _) => self.kind(one),
            Node::Extreme(_, one, two) => wider(self.kind(one), self.kind(two)),
            Node::Arithmetic(operator, one, two) => match (self.kind(one), self.kind(two)) {
                (Type::Instant, Type::Instant) => Type::Duration,
                (Type::Instant, _) | (_, Type::Instant) => Type::Instant,
                (Type::Money, _) | (_, Type::Money) => Type::Money,
                (Type::Duration, _) | (_, Type::Duration) if *operator != Operator::Multiply => {
                    Type::Duration
                }
                (one, two) => wider(one, two),
            },
            Node::Minor(_) | Node::Size(_) | Node::Length(..) | Node::Calendar(..) => Type::Integer,
            Node::Currency(_) | Node::Treated(..) => Type::Text,
            Node::Corridor(..) => Type::Corridor,
            _ => Type::Boolean,
        }
    }
}

/// Of two kinds of number, the one that holds both.
fn wider(one: Type, two: Type) -> Type {
    if two == Type::Decimal { two } else { one }
}

fn kind_of(constant: &Constant) -> Type {
    match constant {
        Constant::Boolean(_) => Type::Boolean,
        Constant::Integer(_) => Type::Integer,
        Constant::Decimal(_) => Type::Decimal,
        Constant::Text(_) => Type::Text,
        Constant::Money(_) => Type::Money,
        Constant::Instant(_) => Type::Instant,
        Constant::Duration(_) => Type::Duration,
    }
}

fn of_constant(constant: &Constant) -> Range {
    let at: Decimal = match constant {
        Constant::Integer(n) => (*n).into(),
        Constant::Decimal(d) => *d,
        Constant::Money(money) => money.minor_units.into(),
        Constant::Instant(at) => at.0.into(),
        Constant::Duration(length) => length.0.into(),
        Constant::Boolean(_) | Constant::Text(_) => return Range::ALL,
    };
    Range::between(at, at)
}

fn calendar(part: CalendarPart) -> Range {
    let (low, high) = match part {
        // Of the year 9999 in UTC it may be a day later elsewhere.
        CalendarPart::FullYear => (1969, 10_000),
        CalendarPart::Month => (0, 11),
        CalendarPart::Date => (1, 31),
        CalendarPart::DayOfMonth => (0, 30),
        CalendarPart::DayOfWeek => (0, 6),
        CalendarPart::DayOfYear => (0, 365),
        CalendarPart::Hours => (0, 23),
        CalendarPart::Minutes | CalendarPart::Seconds => (0, 59),
        CalendarPart::Milliseconds => (0, 999),
    };
    Range::between(low, high)
}
