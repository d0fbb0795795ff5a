//! Comparing, and being among values.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, Money, Timestamp};

use super::operand::{Operand, Scalar, binary};
use super::text::{Text, two};
use super::{Failure, Typed, mistyped, truth};
use crate::cel::node::{Comparison, Constant};

/// Up to this many values are looked at one after the other; more are searched.
const FEW: usize = 8;

/// Values that may be compared with each other.
trait Comparable: Scalar {
    fn order(&self, other: &Self) -> Result<Ordering, Failure>;
}

macro_rules! ordered {
    ($($type:ty),*) => {
        $(impl Comparable for $type {
            fn order(&self, other: &Self) -> Result<Ordering, Failure> {
                Ok(self.cmp(other))
            }
        })*
    };
}

ordered!(bool, i64, Decimal, Timestamp, DurationMs);

impl Comparable for Money {
    fn order(&self, other: &Self) -> Result<Ordering, Failure> {
        self.checked_cmp(other).ok_or(Failure::Currencies)
    }
}

pub(super) fn compare(comparison: Comparison, one: Typed, other: Typed) -> Typed {
    match (one, other) {
        (Typed::Boolean(one), Typed::Boolean(other)) => scalars(comparison, one, other),
        (Typed::Integer(one), Typed::Integer(other)) => scalars(comparison, one, other),
        (Typed::Decimal(one), Typed::Decimal(other)) => scalars(comparison, one, other),
        (Typed::Integer(one), Typed::Decimal(other)) => scalars(comparison, one.exact(), other),
        (Typed::Decimal(one), Typed::Integer(other)) => scalars(comparison, one, other.exact()),
        (Typed::Money(one), Typed::Money(other)) => scalars(comparison, one, other),
        (Typed::Instant(one), Typed::Instant(other)) => scalars(comparison, one, other),
        (Typed::Duration(one), Typed::Duration(other)) => scalars(comparison, one, other),
        (Typed::Text(one), Typed::Text(other)) => truth(move |row, missing| {
            let (one, other) = two(&one, &other, row, missing)?;
            Ok(comparison.holds((*one).cmp(&*other)))
        }),
        _ => mistyped(),
    }
}

fn scalars<T: Comparable>(comparison: Comparison, one: Operand<T>, other: Operand<T>) -> Typed {
    let holds = move |one: T, other: T| one.order(&other).map(|order| comparison.holds(order));
    Typed::Boolean(Operand::Code(binary(one, other, holds)))
}

impl Operand<i64> {
    /// The number as an exact decimal.
    pub(super) fn exact(self) -> Operand<Decimal> {
        match self {
            Operand::Constant(n) => Operand::Constant(n.into()),
            other => other.map(|n| Ok(n.into())),
        }
    }
}

/// A value among constants.
pub(super) fn among(value: Typed, constants: &[Constant]) -> Typed {
    let decimal = |c: &Constant| matches!(c, Constant::Decimal(_));
    match value {
        Typed::Text(text) => among_texts(text, constants),
        Typed::Integer(number) if constants.iter().any(decimal) => {
            among_numbers(number.exact(), constants)
        }
        Typed::Decimal(number) => among_numbers(number, constants),
        Typed::Boolean(value) => among_scalars(value, constants),
        Typed::Integer(value) => among_scalars(value, constants),
        Typed::Money(value) => among_scalars(value, constants),
        Typed::Instant(value) => among_scalars(value, constants),
        Typed::Duration(value) => among_scalars(value, constants),
        Typed::Texts(_) => mistyped(),
    }
}

fn among_texts(text: Text, constants: &[Constant]) -> Typed {
    let texts = constants.iter().map(|constant| match constant {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    });
    let Some(mut texts) = texts.collect::<Option<Vec<Box<str>>>>() else {
        return mistyped();
    };
    texts.sort_unstable();
    let few = texts.len() <= FEW;
    truth(move |row, missing| {
        let text = text.get(row, missing)?;
        Ok(match few {
            true => texts.iter().any(|known| **known == *text),
            false => texts
                .binary_search_by(|known| (**known).cmp(&*text))
                .is_ok(),
        })
    })
}

/// Whole numbers and decimals, all as decimals.
fn among_numbers(number: Operand<Decimal>, constants: &[Constant]) -> Typed {
    let exact = constants.iter().map(|constant| match constant {
        Constant::Integer(n) => Constant::Decimal((*n).into()),
        other => other.clone(),
    });
    among_scalars(number, &exact.collect::<Vec<_>>())
}

fn among_scalars<T: Comparable>(value: Operand<T>, constants: &[Constant]) -> Typed {
    let known = constants.iter().map(|constant| T::of(&constant.value()));
    let Some(known) = known.collect::<Option<Vec<T>>>() else {
        return mistyped();
    };
    Typed::Boolean(value.map(move |value| {
        for known in &known {
            if value.order(known)? == Ordering::Equal {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}
