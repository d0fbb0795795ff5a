//! The checked form over a row.
//!
//! Truth has three values (Kleene): what rests on a missing fact is neither true nor false but missing, and
//! names the fact. `false && missing` is false and `true || missing` is true, in either order. A failure
//! (amounts of different currencies, an overflow) is a fourth outcome that wins over missing.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, FieldId, Money, Row, Timestamp, Treatment, Value};

use super::functions::{CalendarPart, Extreme, LengthPart, Zone, absolute_money, treated};
use super::parameter::Threshold;
use crate::lists::{List, corridor};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Facts are missing: these, in order, each once.
    Missing(Vec<FieldId>),
    /// It cannot be computed.
    Failed(&'static str),
}

impl Gap {
    /// What two gaps are together.
    fn and(self, other: Gap) -> Gap {
        match (self, other) {
            (Gap::Failed(why), _) | (_, Gap::Failed(why)) => Gap::Failed(why),
            (Gap::Missing(mut one), Gap::Missing(two)) => {
                one.extend(two);
                one.sort_unstable();
                one.dedup();
                Gap::Missing(one)
            }
        }
    }
}

/// A value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val<'r> {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Text(Cow<'r, str>),
    Token(&'r str),
    Money(Money),
    Instant(Timestamp),
    Duration(DurationMs),
    Texts(&'r [Box<str>]),
}

pub(crate) type Outcome<'r> = Result<Val<'r>, Gap>;

/// An expression whose names and types were checked.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(Constant),
    Field(FieldId),
    Has(FieldId),
    /// A variable of the policy.
    Shared(Arc<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// A value among constants.
    Among(Box<Node>, Vec<Constant>),
    /// A text in a list of texts.
    InTexts(Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    TextTest(TextTest, Box<Node>, Box<Node>),
    Size(Box<Node>),
    Currency(Box<Node>),
    Minor(Box<Node>),
    /// A threshold of the policy.
    Parameter(Arc<Threshold>),
    /// A text in a list of the set.
    InList(Box<Node>, Arc<List>),
    /// From one country to another: `BE>IN`.
    Corridor(Box<Node>, Box<Node>),
    /// What a clock in a zone shows.
    Calendar(CalendarPart, Box<Node>, Zone),
    /// Whole units of a length of time.
    Length(LengthPart, Box<Node>),
    Absolute(Box<Node>),
    /// The least or greatest of two.
    Extreme(Extreme, Box<Node>, Box<Node>),
    /// A value as a reader with a treatment gets it: a text.
    Treated(Treatment, Box<Node>),
}

/// A value that stands in the expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Text(Box<str>),
    Money(Money),
    Instant(Timestamp),
    Duration(DurationMs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

const OVERFLOW: &str = "a number is too large";
const CURRENCIES: &str = "amounts of different currencies have no order";
const TYPES: &str = "a fact is not of its field's kind";

impl Node {
    /// The truth of a boolean expression.
    pub(crate) fn truth(&self, row: &Row) -> Result<bool, Gap> {
        match self.eval(row)? {
            Val::Boolean(truth) => Ok(truth),
            _ => Err(Gap::Failed(TYPES)),
        }
    }

    fn eval<'r>(&'r self, row: &'r Row) -> Outcome<'r> {
        match self {
            Node::Constant(constant) => Ok(constant.val()),
            Node::Field(id) => row.get(*id).map(val).ok_or_else(|| Gap::Missing(vec![*id])),
            Node::Has(id) => Ok(Val::Boolean(row.get(*id).is_some())),
            Node::Shared(node) => node.eval(row),
            Node::Not(node) => node.truth(row).map(|truth| Val::Boolean(!truth)),
            Node::And(one, two) => join(one, two, row, false),
            Node::Or(one, two) => join(one, two, row, true),
            Node::If(condition, one, two) => {
                if condition.truth(row)? {
                    one.eval(row)
                } else {
                    two.eval(row)
                }
            }
            Node::Compare(comparison, one, two) => {
                let (one, two) = both(one.eval(row), two.eval(row))?;
                compare(&one, &two).map(|order| Val::Boolean(comparison.holds(order)))
            }
            Node::Among(node, constants) => among(&node.eval(row)?, constants),
            Node::InTexts(node, list) => match both(node.eval(row), list.eval(row))? {
                (Val::Text(text), Val::Texts(list)) => {
                    Ok(Val::Boolean(list.iter().any(|entry| **entry == *text)))
                }
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Arithmetic(operator, one, two) => {
                let (one, two) = both(one.eval(row), two.eval(row))?;
                operator.apply(one, two)
            }
            Node::Negate(node) => match node.eval(row)? {
                Val::Integer(n) => n
                    .checked_neg()
                    .map(Val::Integer)
                    .ok_or(Gap::Failed(OVERFLOW)),
                Val::Decimal(d) => Ok(Val::Decimal(-d)),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::TextTest(test, one, two) => match both(one.eval(row), two.eval(row))? {
                (Val::Text(one), Val::Text(two)) => Ok(Val::Boolean(test.holds(&one, &two))),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Size(node) => size(&node.eval(row)?),
            Node::Currency(node) => match node.eval(row)? {
                Val::Money(money) => Ok(Val::Text(Cow::Owned(money.currency.code().to_owned()))),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Minor(node) => match node.eval(row)? {
                Val::Money(money) => Ok(Val::Integer(money.minor_units)),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Parameter(threshold) => threshold.value(row).map(Constant::val),
            Node::InList(node, list) => in_list(node, list, row),
            Node::Corridor(from, to) => match both(from.eval(row), to.eval(row))? {
                (Val::Text(from), Val::Text(to)) => Ok(Val::Text(Cow::Owned(corridor(&from, &to)))),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Calendar(part, node, zone) => match node.eval(row)? {
                Val::Instant(at) => whole(part.of(at, zone)),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Length(part, node) => match node.eval(row)? {
                Val::Duration(length) => whole(part.of(length)),
                _ => Err(Gap::Failed(TYPES)),
            },
            Node::Absolute(node) => absolute(&node.eval(row)?),
            Node::Extreme(extreme, one, two) => {
                let (one, two) = both(one.eval(row), two.eval(row))?;
                let order = compare(&one, &two)?;
                Ok(if extreme.is_first(order) { one } else { two })
            }
            Node::Treated(treatment, node) => treated(*treatment, fact(&node.eval(row)?)?)
                .map(|text| Val::Text(Cow::Owned(text.into())))
                .ok_or(Gap::Failed(OVERFLOW)),
        }
    }
}

/// A text in a list; two countries need not be put together to be looked for.
fn in_list<'r>(node: &'r Node, list: &List, row: &'r Row) -> Outcome<'r> {
    let holds = match node {
        Node::Corridor(from, to) => match both(from.eval(row), to.eval(row))? {
            (Val::Text(from), Val::Text(to)) => list.holds_corridor(&from, &to),
            _ => return Err(Gap::Failed(TYPES)),
        },
        _ => match node.eval(row)? {
            Val::Text(text) => list.holds(&text),
            _ => return Err(Gap::Failed(TYPES)),
        },
    };
    Ok(Val::Boolean(holds))
}

fn whole<'r>(number: Option<i64>) -> Outcome<'r> {
    number.map(Val::Integer).ok_or(Gap::Failed(OVERFLOW))
}

fn absolute<'r>(value: &Val<'_>) -> Outcome<'r> {
    match value {
        Val::Integer(n) => whole(n.checked_abs()),
        Val::Decimal(d) => Ok(Val::Decimal(d.abs())),
        Val::Money(money) => absolute_money(*money)
            .map(Val::Money)
            .ok_or(Gap::Failed(OVERFLOW)),
        _ => Err(Gap::Failed(TYPES)),
    }
}

/// A value as a row would hold it.
fn fact(value: &Val<'_>) -> Result<Value, Gap> {
    Ok(match value {
        Val::Integer(n) => Value::Integer(*n),
        Val::Decimal(d) => Value::Decimal(*d),
        Val::Text(text) => Value::text(text.as_ref()),
        Val::Money(money) => Value::Money(*money),
        Val::Instant(at) => Value::Instant(*at),
        Val::Duration(length) => Value::Duration(*length),
        _ => return Err(Gap::Failed(TYPES)),
    })
}

impl Constant {
    fn val(&self) -> Val<'_> {
        match self {
            Constant::Boolean(b) => Val::Boolean(*b),
            Constant::Integer(n) => Val::Integer(*n),
            Constant::Decimal(d) => Val::Decimal(*d),
            Constant::Text(text) => Val::Text(Cow::Borrowed(text)),
            Constant::Money(money) => Val::Money(*money),
            Constant::Instant(at) => Val::Instant(*at),
            Constant::Duration(length) => Val::Duration(*length),
        }
    }
}

fn val(value: &Value) -> Val<'_> {
    match value {
        Value::Boolean(b) => Val::Boolean(*b),
        Value::Integer(n) => Val::Integer(*n),
        Value::Decimal(d) => Val::Decimal(*d),
        Value::Text(text) => Val::Text(Cow::Borrowed(text)),
        Value::Token(token) => Val::Token(token.as_str()),
        Value::Money(money) => Val::Money(*money),
        Value::Instant(at) => Val::Instant(*at),
        Value::Duration(length) => Val::Duration(*length),
        Value::Texts(texts) => Val::Texts(texts),
    }
}

/// `&&` (decisive: false) and `||` (decisive: true).
fn join<'r>(one: &'r Node, two: &'r Node, row: &'r Row, decisive: bool) -> Outcome<'r> {
    let one = one.truth(row);
    if one == Ok(decisive) {
        return Ok(Val::Boolean(decisive));
    }
    match (one, two.truth(row)) {
        (_, Ok(truth)) if truth == decisive => Ok(Val::Boolean(decisive)),
        (Err(one), Err(two)) => Err(one.and(two)),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
        _ => Ok(Val::Boolean(!decisive)),
    }
}

fn both<'r>(one: Outcome<'r>, two: Outcome<'r>) -> Result<(Val<'r>, Val<'r>), Gap> {
    match (one, two) {
        (Ok(one), Ok(two)) => Ok((one, two)),
        (Err(one), Err(two)) => Err(one.and(two)),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
    }
}

fn compare(one: &Val<'_>, two: &Val<'_>) -> Result<Ordering, Gap> {
    Ok(match (one, two) {
        (Val::Boolean(one), Val::Boolean(two)) => one.cmp(two),
        (Val::Integer(one), Val::Integer(two)) => one.cmp(two),
        (Val::Decimal(one), Val::Decimal(two)) => one.cmp(two),
        (Val::Integer(one), Val::Decimal(two)) => Decimal::from(*one).cmp(two),
        (Val::Decimal(one), Val::Integer(two)) => one.cmp(&Decimal::from(*two)),
        (Val::Text(one), Val::Text(two)) => one.cmp(two),
        (Val::Token(one), Val::Token(two)) => one.cmp(two),
        (Val::Money(one), Val::Money(two)) => {
            one.checked_cmp(two).ok_or(Gap::Failed(CURRENCIES))?
        }
        (Val::Instant(one), Val::Instant(two)) => one.cmp(two),
        (Val::Duration(one), Val::Duration(two)) => one.cmp(two),
        _ => return Err(Gap::Failed(TYPES)),
    })
}

fn among<'r>(value: &Val<'_>, constants: &[Constant]) -> Outcome<'r> {
    for constant in constants {
        if compare(value, &constant.val())? == Ordering::Equal {
            return Ok(Val::Boolean(true));
        }
    }
    Ok(Val::Boolean(false))
}

fn size<'r>(value: &Val<'_>) -> Outcome<'r> {
    let size = match value {
        Val::Text(text) => text.chars().count(),
        Val::Texts(texts) => texts.len(),
        _ => return Err(Gap::Failed(TYPES)),
    };
    i64::try_from(size)
        .map(Val::Integer)
        .map_err(|_| Gap::Failed(OVERFLOW))
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl TextTest {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            TextTest::StartsWith => text.starts_with(part),
            TextTest::EndsWith => text.ends_with(part),
            TextTest::Contains => text.contains(part),
        }
    }
}

impl Operator {
    fn apply<'r>(self, one: Val<'r>, two: Val<'r>) -> Outcome<'r> {
        let value = match (one, two) {
            (Val::Integer(one), Val::Integer(two)) => self.integers(one, two).map(Val::Integer),
            (Val::Decimal(one), Val::Decimal(two)) => self.decimals(one, two).map(Val::Decimal),
            (Val::Integer(one), Val::Decimal(two)) => {
                self.decimals(one.into(), two).map(Val::Decimal)
            }
            (Val::Decimal(one), Val::Integer(two)) => {
                self.decimals(one, two.into()).map(Val::Decimal)
            }
            (Val::Money(one), Val::Money(two)) => {
                if one.currency != two.currency {
                    return Err(Gap::Failed(CURRENCIES));
                }
                let units = self.integers(one.minor_units, two.minor_units);
                units.map(|minor_units| Val::Money(Money { minor_units, ..one }))
            }
            (Val::Money(money), Val::Integer(n)) | (Val::Integer(n), Val::Money(money)) => {
                let units = self.integers(money.minor_units, n);
                units.map(|minor_units| {
                    Val::Money(Money {
                        minor_units,
                        ..money
                    })
                })
            }
            (Val::Duration(one), Val::Duration(two)) => match self {
                Operator::Add => one.0.checked_add(two.0),
                _ => one.0.checked_sub(two.0),
            }
            .map(|ms| Val::Duration(DurationMs(ms))),
            (Val::Instant(at), Val::Duration(length)) => match self {
                Operator::Add => at.0.checked_add(length.0),
                _ => at.0.checked_sub(length.0),
            }
            .map(|ms| Val::Instant(Timestamp(ms))),
            (Val::Instant(one), Val::Instant(two)) => one
                .0
                .checked_sub(two.0)
                .map(|ms| Val::Duration(DurationMs(ms))),
            _ => return Err(Gap::Failed(TYPES)),
        };
        value.ok_or(Gap::Failed(OVERFLOW))
    }

    fn integers(self, one: i64, two: i64) -> Option<i64> {
        match self {
            Operator::Add => one.checked_add(two),
            Operator::Subtract => one.checked_sub(two),
            Operator::Multiply => one.checked_mul(two),
        }
    }

    fn decimals(self, one: Decimal, two: Decimal) -> Option<Decimal> {
        match self {
            Operator::Add => one.checked_add(two),
            Operator::Subtract => one.checked_sub(two),
            Operator::Multiply => one.checked_mul(two),
        }
    }
}
