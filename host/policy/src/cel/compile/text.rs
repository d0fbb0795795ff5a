//! Texts and lists of texts: borrowed from the row or the program, made only where a function makes one.

use std::borrow::Cow;

use weft_dictionary::{FieldId, Money, Row, Treatment, Value};

use super::operand::{Operand, Scalar, at_level, both, fact, lacks};
use super::{Code, Failure, Gap, Missing, Typed, mistyped, truth};
use crate::cel::functions::treated;
use crate::cel::node::TextTest;
use crate::cel::parameter::MAX_THREAT;
use crate::lists::corridor;

/// A part of an expression that gives a text.
pub(super) enum Text {
    Constant(Box<str>),
    Field(FieldId),
    /// The currency of an amount.
    Currency(Operand<Money>),
    /// From one country to another.
    Corridor(Box<(Text, Text)>),
    /// A value as a reader with a treatment gets it.
    Treated(Treatment, Box<Typed>),
    /// A threshold that differs by level of threat.
    ByThreat(FieldId, Box<[Text; MAX_THREAT + 1]>),
    Choice(Box<(Code<bool>, Text, Text)>),
}

/// A part of an expression that gives a list of texts.
pub(super) enum Texts {
    Field(FieldId),
    Choice(Box<(Code<bool>, Texts, Texts)>),
}

impl Text {
    pub(super) fn get<'r>(
        &'r self,
        row: &'r Row,
        missing: &mut Missing,
    ) -> Result<Cow<'r, str>, Gap> {
        Ok(Cow::Borrowed(match self {
            Text::Constant(text) => text,
            Text::Field(id) => match row.get(*id) {
                Some(Value::Text(text)) => text,
                Some(Value::Token(token)) => token.as_str(),
                Some(_) => return Err(Gap::Failed(Failure::Types)),
                None => return Err(lacks(*id, missing)),
            },
            Text::Currency(Operand::Field(id)) => match row.get(*id) {
                Some(Value::Money(money)) => money.currency.code(),
                Some(_) => return Err(Gap::Failed(Failure::Types)),
                None => return Err(lacks(*id, missing)),
            },
            Text::ByThreat(level, texts) => {
                return at_level(fact(row, *level, missing)?, texts)?.get(row, missing);
            }
            Text::Choice(choice) => {
                let (condition, one, two) = &**choice;
                let chosen = if condition(row, missing)? { one } else { two };
                return chosen.get(row, missing);
            }
            Text::Currency(_) | Text::Corridor(_) | Text::Treated(..) => {
                return self.make(row, missing).map(Cow::Owned);
            }
        }))
    }

    /// A text that is not there before.
    fn make(&self, row: &Row, missing: &mut Missing) -> Result<String, Gap> {
        match self {
            Text::Currency(Operand::Code(money)) => {
                Ok(money(row, missing)?.currency.code().to_owned())
            }
            Text::Currency(Operand::Constant(money)) => Ok(money.currency.code().to_owned()),
            Text::Corridor(sides) => {
                let (from, to) = two(&sides.0, &sides.1, row, missing)?;
                Ok(corridor(&from, &to))
            }
            Text::Treated(treatment, of) => {
                let treated = treated(*treatment, of.value(row, missing)?);
                treated
                    .map(String::from)
                    .ok_or(Gap::Failed(Failure::Untreatable))
            }
            other => other.get(row, missing).map(Cow::into_owned),
        }
    }
}

impl Texts {
    fn get<'r>(&'r self, row: &'r Row, missing: &mut Missing) -> Result<&'r [Box<str>], Gap> {
        match self {
            Texts::Field(id) => match row.get(*id) {
                Some(Value::Texts(texts)) => Ok(texts),
                Some(_) => Err(Gap::Failed(Failure::Types)),
                None => Err(lacks(*id, missing)),
            },
            Texts::Choice(choice) => {
                let (condition, one, two) = &**choice;
                let chosen = if condition(row, missing)? { one } else { two };
                chosen.get(row, missing)
            }
        }
    }
}

impl Typed {
    /// The value as a row would hold it.
    fn value(&self, row: &Row, missing: &mut Missing) -> Result<Value, Gap> {
        match self {
            Typed::Integer(operand) => operand.value(row, missing, Value::Integer),
            Typed::Decimal(operand) => operand.value(row, missing, Value::Decimal),
            Typed::Money(operand) => operand.value(row, missing, Value::Money),
            Typed::Instant(operand) => operand.value(row, missing, Value::Instant),
            Typed::Duration(operand) => operand.value(row, missing, Value::Duration),
            Typed::Text(text) => text.get(row, missing).map(Value::text),
            Typed::Boolean(_) | Typed::Texts(_) => Err(Gap::Failed(Failure::Types)),
        }
    }
}

impl<T: Scalar> Operand<T> {
    fn value(&self, row: &Row, missing: &mut Missing, kind: fn(T) -> Value) -> Result<Value, Gap> {
        match self {
            Operand::Constant(value) => Ok(kind(*value)),
            Operand::Field(id) => fact(row, *id, missing).map(kind),
            Operand::Code(code) => code(row, missing).map(kind),
        }
    }
}

/// Two texts, or why not.
pub(super) fn two<'r>(
    one: &'r Text,
    two: &'r Text,
    row: &'r Row,
    missing: &mut Missing,
) -> Result<(Cow<'r, str>, Cow<'r, str>), Gap> {
    both(one.get(row, missing), two.get(row, missing))
}

/// A text in a list of texts.
pub(super) fn in_texts(text: Typed, list: Typed) -> Typed {
    let (Typed::Text(text), Typed::Texts(list)) = (text, list) else {
        return mistyped();
    };
    truth(move |row, missing| {
        let (text, list) = both(text.get(row, missing), list.get(row, missing))?;
        Ok(list.iter().any(|entry| **entry == *text))
    })
}

pub(super) fn test(test: TextTest, one: Typed, other: Typed) -> Typed {
    let (Typed::Text(one), Typed::Text(other)) = (one, other) else {
        return mistyped();
    };
    truth(move |row, missing| {
        let (text, part) = two(&one, &other, row, missing)?;
        Ok(match test {
            TextTest::StartsWith => text.starts_with(&*part),
            TextTest::EndsWith => text.ends_with(&*part),
            TextTest::Contains => text.contains(&*part),
        })
    })
}

/// Characters of a text, entries of a list.
pub(super) fn size(of: Typed) -> Typed {
    match of {
        Typed::Text(text) => Typed::Integer(Operand::Code(Box::new(move |row, missing| {
            whole(text.get(row, missing)?.chars().count())
        }))),
        Typed::Texts(texts) => Typed::Integer(Operand::Code(Box::new(move |row, missing| {
            whole(texts.get(row, missing)?.len())
        }))),
        _ => mistyped(),
    }
}

fn whole(size: usize) -> Result<i64, Gap> {
    i64::try_from(size).map_err(|_| Gap::Failed(Failure::Overflow))
}
