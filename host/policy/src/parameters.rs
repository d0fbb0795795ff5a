//! Parameters: the thresholds of a policy, by name, so that a regulator finds them and tests can vary them.

mod check;

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use weft_diagnostic::yaml::Keyed;
use weft_dictionary::{Currency, DurationMs, Money, Row, Value};

pub(crate) use self::check::ParameterChecker;
use crate::cel::node::Constant;
use crate::cel::parameter::{MAX_THREAT, Threshold};
use crate::cel::types::Type;

/// The key of a test that is a level of threat and no parameter.
pub(crate) const LEVEL_KEY: &str = "threat_level";

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A whole number, with a unit in words.
    Integer,
    /// An exact number, with a unit in words.
    Decimal,
    /// An amount: `30.00 EUR`.
    Money,
    /// A length of time: `24h`.
    Duration,
    /// A text.
    Text,
}

impl ParameterKind {
    fn type_of(self) -> Type {
        match self {
            ParameterKind::Integer => Type::Integer,
            ParameterKind::Decimal => Type::Decimal,
            ParameterKind::Money => Type::Money,
            ParameterKind::Duration => Type::Duration,
            ParameterKind::Text => Type::Text,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, ParameterKind::Integer | ParameterKind::Decimal)
    }

    fn read(self, text: &str) -> Option<Constant> {
        Some(match self {
            ParameterKind::Integer => Constant::Integer(text.parse().ok()?),
            ParameterKind::Decimal => Constant::Decimal(Decimal::from_str_exact(text).ok()?),
            ParameterKind::Money => {
                let (amount, code) = text.split_once(' ')?;
                let currency = Currency::from_code(code).ok()?;
                Constant::Money(Money::parse(amount, currency).ok()?)
            }
            ParameterKind::Duration => Constant::Duration(DurationMs::parse(text)?),
            ParameterKind::Text => {
                Constant::Text(Some(text).filter(|t| !t.trim().is_empty())?.into())
            }
        })
    }

    fn example(self) -> &'static str {
        match self {
            ParameterKind::Integer => "write a whole number such as 5",
            ParameterKind::Decimal => "write a number such as 0.13",
            ParameterKind::Money => "write an amount such as 30.00 EUR",
            ParameterKind::Duration => "write a length of time such as 24h",
            ParameterKind::Text => "write a text that is not empty",
        }
    }
}

impl fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.type_of().fmt(f)
    }
}

/// One checked parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    title: String,
    kind: ParameterKind,
    unit: Option<String>,
    min: Option<Constant>,
    max: Option<Constant>,
    pub(crate) threshold: Arc<Threshold>,
}

impl Parameter {
    /// By which expressions and messages refer to it: `parameters.NAME`.
    pub fn name(&self) -> &str {
        &self.threshold.name
    }

    /// A few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it is.
    pub fn kind(&self) -> ParameterKind {
        self.kind
    }

    /// What a number counts.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The value at a level of threat, in words, with its unit.
    pub fn value(&self, level: usize) -> String {
        let value = &self.threshold.values[level.min(MAX_THREAT)];
        self.words(value)
    }

    /// The value for a row, in words; none if the row does not say the level of threat.
    pub(crate) fn value_for(&self, row: &Row) -> Option<String> {
        let level = match self.threshold.level.map(|field| row.get(field)) {
            None => 0,
            Some(Some(Value::Integer(level))) => usize::try_from(*level).ok()?,
            Some(_) => return None,
        };
        self.threshold
            .values
            .get(level)
            .map(|value| self.words(value))
    }

    /// Whether the value depends on the level of threat.
    pub fn follows_threat(&self) -> bool {
        self.threshold.level.is_some()
    }

    /// The least and the greatest value that it may be given, in words.
    pub fn range(&self) -> (Option<String>, Option<String>) {
        let words = |bound: &Option<Constant>| bound.as_ref().map(|value| self.words(value));
        (words(&self.min), words(&self.max))
    }

    /// Whether a value lies within that range.
    pub(crate) fn admits(&self, value: &Constant) -> bool {
        let beyond = |bound: &Option<Constant>, wrong| {
            let order = bound.as_ref().and_then(|bound| order(value, bound));
            order == Some(wrong)
        };
        !beyond(&self.min, Ordering::Less) && !beyond(&self.max, Ordering::Greater)
    }

    /// A value in words, with the unit.
    pub(crate) fn words(&self, value: &Constant) -> String {
        match &self.unit {
            Some(unit) => format!("{value} {unit}"),
            None => value.to_string(),
        }
    }
}

/// The parameters of one policy, and which of them something used.
#[derive(Default)]
pub(crate) struct Parameters {
    known: BTreeMap<String, (Parameter, Cell<bool>)>,
    /// In the order of the file.
    order: Vec<String>,
}

impl Parameters {
    /// A parameter by its name, which is used by that.
    pub(crate) fn get(&self, name: &str) -> Option<(Arc<Threshold>, Type)> {
        let (parameter, used) = self.known.get(name)?;
        used.set(true);
        Some((Arc::clone(&parameter.threshold), parameter.kind.type_of()))
    }

    /// The same, for messages.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Parameter> {
        let (parameter, used) = self.known.get(name)?;
        used.set(true);
        Some(parameter)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    pub(crate) fn is_used(&self, name: &str) -> bool {
        self.known.get(name).is_some_and(|(_, used)| used.get())
    }

    pub(crate) fn all(&self) -> Vec<Parameter> {
        let all = self.order.iter().filter_map(|name| self.known.get(name));
        all.map(|(parameter, _)| parameter.clone()).collect()
    }
}

/// Values that a test gives to parameters, by name.
pub(crate) type Overrides = Keyed<String>;

/// The order of two values of one kind; none for different currencies.
pub(crate) fn order(one: &Constant, two: &Constant) -> Option<Ordering> {
    match (one, two) {
        (Constant::Integer(one), Constant::Integer(two)) => Some(one.cmp(two)),
        (Constant::Decimal(one), Constant::Decimal(two)) => Some(one.cmp(two)),
        (Constant::Money(one), Constant::Money(two)) => one.checked_cmp(two),
        (Constant::Duration(one), Constant::Duration(two)) => Some(one.cmp(two)),
        (Constant::Instant(one), Constant::Instant(two)) => Some(one.cmp(two)),
        _ => None,
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Boolean(truth) => write!(f, "{truth}"),
            Constant::Integer(n) => write!(f, "{n}"),
            Constant::Decimal(d) => write!(f, "{d}"),
            Constant::Text(text) => write!(f, "{text}"),
            Constant::Money(money) => write!(f, "{} {}", money.amount(), money.currency),
            Constant::Instant(at) => write!(f, "{at}"),
            Constant::Duration(length) => write!(f, "{length}"),
        }
    }
}
