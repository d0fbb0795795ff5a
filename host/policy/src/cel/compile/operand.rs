//! What gives one number, amount, time or truth: a constant, a field, or a closure.

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, FieldId, Money, Row, Timestamp, Value};

use super::text::Text;
use super::{Code, Failure, Gap, Missing, Typed, constant_code, mistyped};
use crate::cel::node::Constant;
use crate::cel::parameter::{MAX_THREAT, Threshold};

/// A part of an expression whose value is copied, not borrowed.
pub(super) enum Operand<T> {
    Constant(T),
    Field(FieldId),
    Code(Code<T>),
}

/// A type of value that is copied.
pub(super) trait Scalar: Copy + Send + Sync + 'static {
    /// The value of a fact of its kind.
    fn of(value: &Value) -> Option<Self>;
}

macro_rules! scalars {
    ($($kind:ident: $type:ty),*) => {
        $(impl Scalar for $type {
            fn of(value: &Value) -> Option<Self> {
                match value {
                    Value::$kind(inner) => Some(*inner),
                    _ => None,
                }
            }
        })*
    };
}

scalars!(Boolean: bool, Integer: i64, Decimal: Decimal, Money: Money, Instant: Timestamp, Duration: DurationMs);

impl<T: Scalar> Operand<T> {
    /// The closure that gives the value.
    pub(super) fn code(self) -> Code<T> {
        match self {
            Operand::Constant(value) => Box::new(move |_, _| Ok(value)),
            Operand::Field(id) => Box::new(move |row, missing| fact(row, id, missing)),
            Operand::Code(code) => code,
        }
    }

    /// What a function makes of it.
    pub(super) fn map<U: Scalar>(
        self,
        function: impl Fn(T) -> Result<U, Failure> + Send + Sync + 'static,
    ) -> Operand<U> {
        let code = self.code();
        Operand::Code(Box::new(move |row, missing| {
            function(code(row, missing)?).map_err(Gap::Failed)
        }))
    }

    pub(super) fn mistyped() -> Operand<T> {
        Operand::Code(Box::new(|_, _| Err(Gap::Failed(Failure::Types))))
    }
}

/// What a function makes of two values. Comparing a field with a constant is what most rules do, so that
/// is one closure, not three.
pub(super) fn binary<A: Scalar, B: Scalar, C>(
    one: Operand<A>,
    two: Operand<B>,
    function: impl Fn(A, B) -> Result<C, Failure> + Send + Sync + 'static,
) -> Code<C> {
    match (one, two) {
        (Operand::Field(one), Operand::Constant(two)) => Box::new(move |row, missing| {
            function(fact(row, one, missing)?, two).map_err(Gap::Failed)
        }),
        (Operand::Constant(one), Operand::Field(two)) => Box::new(move |row, missing| {
            function(one, fact(row, two, missing)?).map_err(Gap::Failed)
        }),
        (Operand::Field(one), Operand::Field(two)) => Box::new(move |row, missing| {
            let (one, two) = both(fact(row, one, missing), fact(row, two, missing))?;
            function(one, two).map_err(Gap::Failed)
        }),
        (Operand::Code(one), Operand::Constant(two)) => {
            Box::new(move |row, missing| function(one(row, missing)?, two).map_err(Gap::Failed))
        }
        (one, two) => {
            let (one, two) = (one.code(), two.code());
            Box::new(move |row, missing| {
                let (one, two) = both(one(row, missing), two(row, missing))?;
                function(one, two).map_err(Gap::Failed)
            })
        }
    }
}

/// Two values, or why not: a failure wins over missing facts.
pub(super) fn both<A, B>(one: Result<A, Gap>, two: Result<B, Gap>) -> Result<(A, B), Gap> {
    match (one, two) {
        (Ok(one), Ok(two)) => Ok((one, two)),
        (Err(Gap::Missing), Err(gap)) | (Err(gap), _) | (_, Err(gap)) => Err(gap),
    }
}

/// The value of a fact.
pub(super) fn fact<T: Scalar>(row: &Row, id: FieldId, missing: &mut Missing) -> Result<T, Gap> {
    match row.get(id) {
        Some(value) => T::of(value).ok_or(Gap::Failed(Failure::Types)),
        None => Err(lacks(id, missing)),
    }
}

/// Names a missing fact.
#[cold]
pub(super) fn lacks(id: FieldId, missing: &mut Missing) -> Gap {
    missing.push(id);
    Gap::Missing
}

/// A threshold: a constant, or one for each level of threat.
pub(super) fn by_threat(threshold: &Threshold) -> Typed {
    let Some(level) = threshold.level else {
        return constant_code(&threshold.values[0]);
    };
    let values = &threshold.values;
    match &values[0] {
        Constant::Boolean(_) => Typed::Boolean(by_level(level, values)),
        Constant::Integer(_) => Typed::Integer(by_level(level, values)),
        Constant::Decimal(_) => Typed::Decimal(by_level(level, values)),
        Constant::Money(_) => Typed::Money(by_level(level, values)),
        Constant::Instant(_) => Typed::Instant(by_level(level, values)),
        Constant::Duration(_) => Typed::Duration(by_level(level, values)),
        Constant::Text(_) => match values.each_ref().map(constant_code) {
            [
                Typed::Text(a),
                Typed::Text(b),
                Typed::Text(c),
                Typed::Text(d),
            ] => Typed::Text(Text::ByThreat(level, Box::new([a, b, c, d]))),
            _ => mistyped(),
        },
    }
}

fn by_level<T: Scalar>(level: FieldId, values: &[Constant; MAX_THREAT + 1]) -> Operand<T> {
    let [Some(a), Some(b), Some(c), Some(d)] = values.each_ref().map(|v| T::of(&v.value())) else {
        return Operand::mistyped();
    };
    let values = [a, b, c, d];
    Operand::Code(Box::new(move |row, missing| {
        at_level(fact(row, level, missing)?, &values).copied()
    }))
}

/// The value for a level of threat.
pub(super) fn at_level<T>(level: i64, values: &[T; MAX_THREAT + 1]) -> Result<&T, Gap> {
    let at = usize::try_from(level).ok();
    at.and_then(|at| values.get(at))
        .ok_or(Gap::Failed(Failure::Threat))
}
