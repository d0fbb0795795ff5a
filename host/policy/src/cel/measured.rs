//! What is known of an expression whatever the row: its type, between which numbers its value lies (amounts in minor
//! units, times in milliseconds), and whether it can fail.

use rust_decimal::Decimal;
use weft_dictionary::{Dictionary, Field, Kind, Measure, Origin, limits as dictionary_limits};

use super::functions::{CalendarPart, LengthPart, MAX_INSTANT_MS, MAX_LENGTH_MS};
use super::node::{Constant, Node, Operator};
use super::parameter::{MAX_THREAT, THREAT_LEVEL};
use super::range::Range;
use super::types::Type;
use crate::limits::{
    MAX_USUAL_AMOUNT_MINOR, MAX_USUAL_DECIMAL, MAX_USUAL_INSTANT_MS, MAX_USUAL_INTEGER,
    MAX_USUAL_LENGTH_MS,
};

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

/// What is known of an expression whatever the row.
#[derive(Clone, Copy)]
struct Measured {
    kind: Type,
    range: Range,
    /// Whether it can be one that cannot be computed, whose facts are all there.
    can_fail: bool,
}

impl Measured {
    fn of(kind: Type, range: Range) -> Measured {
        Measured {
            kind,
            range,
            can_fail: false,
        }
    }

    fn with_failures(self, can_fail: bool) -> Measured {
        Measured { can_fail, ..self }
    }

    /// The type of what an operator makes of two, and between which numbers it would be.
    fn combined(self, operator: Operator, other: Measured) -> (Type, Range) {
        let kind = match (self.kind, other.kind) {
            (Type::Instant, Type::Instant) => Type::Duration,
            (Type::Instant, _) | (_, Type::Instant) => Type::Instant,
            (Type::Money, _) | (_, Type::Money) => Type::Money,
            (Type::Duration, _) | (_, Type::Duration) if operator != Operator::Multiply => {
                Type::Duration
            }
            (one, two) => wider(one, two),
        };
        let (one, two) = (self.range, other.range);
        let range = match operator {
            Operator::Add => one.plus(two),
            Operator::Subtract => one.plus(two.negative()),
            Operator::Multiply => one.times(two),
        };
        (kind, range)
    }

    /// What an operator makes of two.
    fn computed(self, operator: Operator, other: Measured) -> Measured {
        let (kind, range) = self.combined(operator, other);
        // Amounts of two currencies have no sum.
        let amounts = self.kind == Type::Money && other.kind == Type::Money;
        let fails = amounts || !range.is_within(largest(kind));
        let low = match kind {
            // A negative time is a failure, not a value.
            Type::Instant | Type::Duration => {
                Some(range.low.unwrap_or_default().max(Decimal::ZERO))
            }
            _ => range.low,
        };
        Measured::of(kind, Range { low, ..range })
            .with_failures(self.can_fail || other.can_fail || fails)
    }
}

impl Ranges<'_> {
    /// Of a value; of what is no number, everything.
    pub(crate) fn of(self, node: &Node) -> Range {
        self.measured(node).range
    }

    /// The type of a checked expression.
    pub(crate) fn kind(self, node: &Node) -> Type {
        self.measured(node).kind
    }

    /// Whether an expression can be one that cannot be computed, whose facts are all there.
    pub(crate) fn can_fail(self, node: &Node) -> bool {
        self.measured(node).can_fail
    }

    /// Whether computing this can neither be too large for its type nor a negative time, where its parts have
    /// values.
    pub(crate) fn fits(self, operator: Operator, one: &Node, two: &Node) -> bool {
        let (kind, range) = self.measured(one).combined(operator, self.measured(two));
        range.is_within(largest(kind))
    }

    /// Type, range and failures in one pass: each part is looked at once.
    fn measured(self, node: &Node) -> Measured {
        let fails = |parts: &[Measured]| parts.iter().any(|part| part.can_fail);
        match node {
            Node::Constant(constant) => Measured::of(kind_of(constant), of_constant(constant)),
            Node::Parameter(threshold) => {
                let values = threshold.values.iter().map(of_constant);
                let range = values.reduce(Range::hull).unwrap_or(Range::ALL);
                Measured::of(kind_of(&threshold.values[0]), range)
            }
            Node::Field(id) => {
                let field = self.dictionary.field(*id);
                Measured::of(Type::of(field), self.of_field(field))
            }
            Node::Shared(inner) => self.measured(inner),
            Node::Minor(inner) => Measured {
                kind: Type::Integer,
                ..self.measured(inner)
            },
            Node::If(condition, one, two) => {
                let parts = [condition, one, two].map(|part| self.measured(part));
                let range = parts[1].range.hull(parts[2].range);
                Measured::of(parts[1].kind, range).with_failures(fails(&parts))
            }
            Node::Negate(inner) => {
                let inner = self.measured(inner);
                Measured::of(inner.kind, inner.range.negative()).with_failures(true)
            }
            Node::Absolute(inner) => {
                let inner = self.measured(inner);
                Measured::of(inner.kind, inner.range.absolute()).with_failures(true)
            }
            Node::Extreme(extreme, one, two) => {
                let (one, two) = (self.measured(one), self.measured(two));
                let range = one.range.extreme(two.range, *extreme);
                // Amounts of two currencies have no order.
                let can_fail = one.kind == Type::Money || fails(&[one, two]);
                Measured::of(wider(one.kind, two.kind), range).with_failures(can_fail)
            }
            Node::Arithmetic(operator, one, two) => {
                self.measured(one).computed(*operator, self.measured(two))
            }
            Node::Size(inner) => {
                let of = self.measured(inner);
                let most = match (of.kind, &**inner) {
                    (Type::Texts, _) => Some(dictionary_limits::MAX_TEXTS),
                    (_, Node::Field(id)) => Some(self.dictionary.field(*id).max_length),
                    _ => None,
                };
                let range = match most {
                    Some(most) => Range::between(0, most as u64),
                    None => Range::between(0, i64::MAX),
                };
                Measured::of(Type::Integer, range).with_failures(of.can_fail)
            }
            Node::Length(part, inner) => {
                let range = length(*part, self.measured(inner).range);
                Measured::of(Type::Integer, range).with_failures(true)
            }
            Node::Calendar(part, ..) => {
                Measured::of(Type::Integer, calendar(*part)).with_failures(true)
            }
            Node::Treated(..) => Measured::of(Type::Text, Range::ALL).with_failures(true),
            other => {
                let kind = match other {
                    Node::Currency(_) => Type::Text,
                    Node::Corridor(..) => Type::Corridor,
                    _ => Type::Boolean,
                };
                let compares = matches!(other, Node::Compare(..) | Node::Among(..));
                let parts = other.children().into_iter();
                let can_fail = parts.map(|part| self.measured(part)).fold(
                    false,
                    // Amounts of two currencies cannot be compared.
                    |fails, part| fails || part.can_fail || compares && part.kind == Type::Money,
                );
                Measured::of(kind, Range::ALL).with_failures(can_fail)
            }
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
}

/// What a type holds at most.
fn largest(kind: Type) -> Range {
    match kind {
        Type::Instant => Range::between(0, MAX_INSTANT_MS),
        Type::Duration => Range::between(0, MAX_LENGTH_MS),
        Type::Decimal => Range::between(Decimal::MIN, Decimal::MAX),
        _ => Range::between(i64::MIN, i64::MAX),
    }
}

/// Whole units of a length of time.
fn length(part: LengthPart, of: Range) -> Range {
    let unit = match part {
        LengthPart::Hours => 3_600_000,
        LengthPart::Minutes => 60_000,
        LengthPart::Seconds => 1_000,
        LengthPart::Milliseconds => return Range::between(0, 999),
    };
    of.map(|ms| ms.checked_div(unit.into()).map(|n| n.floor()))
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
