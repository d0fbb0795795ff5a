//! Computing with numbers, amounts and times: exact, or a failure.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, Money, Timestamp};

use super::operand::{Operand, Scalar, binary};
use super::{Failure, Typed, mistyped};
use crate::cel::functions::{Extreme, MAX_INSTANT_MS, MAX_LENGTH_MS, absolute_money};
use crate::cel::node::Operator;

pub(super) fn arithmetic(operator: Operator, one: Typed, two: Typed) -> Typed {
    match (one, two) {
        (Typed::Integer(one), Typed::Integer(two)) => {
            Typed::Integer(computed(one, two, move |a, b| operator.integers(a, b)))
        }
        (Typed::Decimal(one), Typed::Decimal(two)) => decimals(operator, one, two),
        (Typed::Integer(one), Typed::Decimal(two)) => decimals(operator, one.exact(), two),
        (Typed::Decimal(one), Typed::Integer(two)) => decimals(operator, one, two.exact()),
        (Typed::Money(one), Typed::Money(two)) => Typed::Money(amounts(operator, one, two)),
        (Typed::Money(money), Typed::Integer(n)) | (Typed::Integer(n), Typed::Money(money)) => {
            Typed::Money(computed(money, n, move |money: Money, n| {
                operator
                    .integers(money.minor_units, n)
                    .map(|units| with_units(money, units))
            }))
        }
        (Typed::Duration(one), Typed::Duration(two)) => {
            Typed::Duration(computed(one, two, move |a: DurationMs, b: DurationMs| {
                operator
                    .milliseconds(a.0, b.0, MAX_LENGTH_MS)
                    .map(DurationMs)
            }))
        }
        (Typed::Instant(at), Typed::Duration(length))
        | (Typed::Duration(length), Typed::Instant(at)) => Typed::Instant(computed(
            at,
            length,
            move |at: Timestamp, length: DurationMs| {
                operator
                    .milliseconds(at.0, length.0, MAX_INSTANT_MS)
                    .map(Timestamp)
            },
        )),
        (Typed::Instant(one), Typed::Instant(two)) => {
            Typed::Duration(computed(one, two, |one: Timestamp, two: Timestamp| {
                one.0.checked_sub(two.0).map(DurationMs)
            }))
        }
        _ => mistyped(),
    }
}

/// What a function makes of two values; none is a number that is too large.
fn computed<A: Scalar, B: Scalar, C: Scalar>(
    one: Operand<A>,
    two: Operand<B>,
    function: impl Fn(A, B) -> Option<C> + Send + Sync + 'static,
) -> Operand<C> {
    Operand::Code(binary(one, two, move |a, b| {
        function(a, b).ok_or(Failure::Overflow)
    }))
}

fn decimals(operator: Operator, one: Operand<Decimal>, two: Operand<Decimal>) -> Typed {
    Typed::Decimal(computed(
        one,
        two,
        move |a: Decimal, b: Decimal| match operator {
            Operator::Add => a.checked_add(b),
            Operator::Subtract => a.checked_sub(b),
            Operator::Multiply => a.checked_mul(b),
        },
    ))
}

fn amounts(operator: Operator, one: Operand<Money>, two: Operand<Money>) -> Operand<Money> {
    Operand::Code(binary(one, two, move |one: Money, two: Money| {
        if one.currency != two.currency {
            return Err(Failure::Currencies);
        }
        let units = operator.integers(one.minor_units, two.minor_units);
        units
            .map(|units| with_units(one, units))
            .ok_or(Failure::Overflow)
    }))
}

fn with_units(money: Money, minor_units: i64) -> Money {
    Money {
        minor_units,
        ..money
    }
}

impl Operator {
    fn integers(self, one: i64, two: i64) -> Option<i64> {
        match self {
            Operator::Add => one.checked_add(two),
            Operator::Subtract => one.checked_sub(two),
            Operator::Multiply => one.checked_mul(two),
        }
    }

    /// Of a time: never negative, and never more than there is time.
    fn milliseconds(self, one: u64, two: u64, most: u64) -> Option<u64> {
        match self {
            Operator::Add => one.checked_add(two).filter(|sum| *sum <= most),
            Operator::Subtract => one.checked_sub(two),
            Operator::Multiply => None,
        }
    }
}

pub(super) fn negate(of: Typed) -> Typed {
    match of {
        Typed::Integer(number) => {
            Typed::Integer(number.map(|n| n.checked_neg().ok_or(Failure::Overflow)))
        }
        Typed::Decimal(number) => Typed::Decimal(number.map(|d: Decimal| Ok(-d))),
        _ => mistyped(),
    }
}

pub(super) fn absolute(of: Typed) -> Typed {
    match of {
        Typed::Integer(number) => {
            Typed::Integer(number.map(|n| n.checked_abs().ok_or(Failure::Overflow)))
        }
        Typed::Decimal(number) => Typed::Decimal(number.map(|d: Decimal| Ok(d.abs()))),
        Typed::Money(money) => {
            Typed::Money(money.map(|m| absolute_money(m).ok_or(Failure::Overflow)))
        }
        _ => mistyped(),
    }
}

/// The least or greatest of two.
pub(super) fn extreme(extreme: Extreme, one: Typed, two: Typed) -> Typed {
    match (one, two) {
        (Typed::Integer(one), Typed::Integer(two)) => Typed::Integer(first(extreme, one, two)),
        (Typed::Decimal(one), Typed::Decimal(two)) => Typed::Decimal(first(extreme, one, two)),
        (Typed::Integer(one), Typed::Decimal(two)) => {
            Typed::Decimal(first(extreme, one.exact(), two))
        }
        (Typed::Decimal(one), Typed::Integer(two)) => {
            Typed::Decimal(first(extreme, one, two.exact()))
        }
        (Typed::Instant(one), Typed::Instant(two)) => Typed::Instant(first(extreme, one, two)),
        (Typed::Duration(one), Typed::Duration(two)) => Typed::Duration(first(extreme, one, two)),
        (Typed::Money(one), Typed::Money(two)) => Typed::Money(Operand::Code(binary(
            one,
            two,
            move |one: Money, two: Money| {
                let order = one.checked_cmp(&two).ok_or(Failure::Currencies)?;
                Ok(pick(extreme, order, one, two))
            },
        ))),
        _ => mistyped(),
    }
}

fn first<T: Scalar + Ord>(extreme: Extreme, one: Operand<T>, two: Operand<T>) -> Operand<T> {
    Operand::Code(binary(one, two, move |one: T, two: T| {
        Ok(pick(extreme, one.cmp(&two), one, two))
    }))
}

fn pick<T>(extreme: Extreme, order: Ordering, one: T, two: T) -> T {
    if extreme.is_first(order) { one } else { two }
}
