//! Parameters: the thresholds of a policy, by name, so that a regulator finds them and tests can vary them.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, did_you_mean};
use weft_dictionary::{Currency, Dictionary, DurationMs, FieldId, Money, Row, Value};

use crate::cel::node::Constant;
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL, Threshold};
use crate::cel::types::Type;
use crate::lists::{WORD, is_word};
use crate::source::ParameterSource;
use crate::{codes, limits};

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

    fn words(&self, value: &Constant) -> String {
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
pub(crate) type Overrides = BTreeMap<String, Spanned<String>>;

/// Reads and checks the parameters of a file.
pub(crate) struct ParameterChecker<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) file: &'a str,
    pub(crate) with: &'a Overrides,
    pub(crate) problems: Vec<Diagnostic>,
}

impl ParameterChecker<'_> {
    pub(crate) fn check(&mut self, sources: &[ParameterSource]) -> Parameters {
        let mut parameters = Parameters::default();
        if let Some(beyond) = sources.get(limits::MAX_PARAMETERS) {
            let message = format!(
                "{} parameters, the limit is {}",
                sources.len(),
                limits::MAX_PARAMETERS
            );
            self.refuse(&beyond.name, message, "make two policies of it");
        }
        for source in sources {
            let Some(parameter) = self.parameter(source) else {
                continue;
            };
            let name = source.name.value.clone();
            let before = parameters
                .known
                .insert(name.clone(), (parameter, Cell::new(false)));
            if before.is_some() {
                let message = format!("the parameter `{name}` stands twice");
                self.refuse(&source.name, message, "keep one of the two");
            }
            parameters.order.push(name);
        }
        self.known_overrides(sources);
        parameters
    }

    fn parameter(&mut self, source: &ParameterSource) -> Option<Parameter> {
        self.head(source);
        let kind = source.kind;
        let min = source.min.as_ref().and_then(|min| self.bound(kind, min));
        let max = source.max.as_ref().and_then(|max| self.bound(kind, max));
        let range = (min.as_ref(), max.as_ref());
        let written = self.with.get(&source.name.value);
        let value = self.value(kind, written.unwrap_or(&source.value), range)?;
        if let Some(written) = written {
            self.same_currency(source, written, &value)?;
        }
        let at_threat = self.at_threat(source, &value, range);
        // What a test gives holds at all levels.
        let follows = written.is_none() && at_threat.iter().any(Option::is_some);
        let mut values = std::array::from_fn(|_| value.clone());
        if follows {
            for level in 1..=MAX_THREAT {
                let own = at_threat[level].clone();
                values[level] = own.unwrap_or_else(|| values[level - 1].clone());
            }
        }
        let level = if follows {
            Some(self.level(&source.name)?)
        } else {
            None
        };
        Some(Parameter {
            title: source.title.value.clone(),
            kind,
            unit: source.unit.as_ref().map(|unit| unit.value.clone()),
            min,
            max,
            threshold: Arc::new(Threshold {
                name: source.name.value.as_str().into(),
                values,
                level,
            }),
        })
    }

    fn head(&mut self, source: &ParameterSource) {
        let name = &source.name;
        if !is_word(&name.value) || name.value == LEVEL_KEY {
            let message = format!("`{}` is not a name of a parameter", name.value);
            self.refuse(name, message, WORD);
        }
        if source.title.value.trim().is_empty() {
            let help = "say in a few words what it is";
            self.refuse(&source.title, "the parameter has no title", help);
        }
        let blank = |unit: &&Spanned<String>| !unit.value.trim().is_empty();
        match (source.kind.is_number(), &source.unit) {
            (true, unit) if unit.as_ref().filter(blank).is_none() => {
                let message = format!("`{}` is a bare number", name.value);
                let help = "say what it counts: unit: payments, unit: basis points";
                self.refuse(name, message, help);
            }
            (false, Some(unit)) => {
                let message = format!("{} has its unit already", source.kind);
                self.refuse(unit, message, "remove `unit`");
            }
            _ => {}
        }
    }

    fn bound(&mut self, kind: ParameterKind, text: &Spanned<String>) -> Option<Constant> {
        if kind == ParameterKind::Text {
            self.refuse(text, "a text has no range", "remove `min` and `max`");
            return None;
        }
        self.value(kind, text, (None, None))
    }

    fn value(
        &mut self,
        kind: ParameterKind,
        text: &Spanned<String>,
        (min, max): (Option<&Constant>, Option<&Constant>),
    ) -> Option<Constant> {
        let Some(value) = kind.read(&text.value) else {
            let message = format!("`{}` is not {kind}", text.value);
            self.refuse(text, message, kind.example());
            return None;
        };
        let outside = [
            (min, Ordering::Less, "less"),
            (max, Ordering::Greater, "more"),
        ];
        for (bound, wrong, word) in outside {
            let Some(bound) = bound else { continue };
            match order(&value, bound) {
                Some(found) if found != wrong => {}
                Some(_) => {
                    let message = format!("{value} is {word} than {bound}");
                    self.refuse(text, message, "write a value within `min` and `max`");
                }
                None => {
                    let message = format!("{value} and {bound} are of different currencies");
                    self.refuse(text, message, "keep to one currency");
                }
            }
        }
        Some(value)
    }

    /// A test gives an amount in the currency of the parameter.
    fn same_currency(
        &mut self,
        source: &ParameterSource,
        written: &Spanned<String>,
        value: &Constant,
    ) -> Option<()> {
        let own = source.kind.read(&source.value.value)?.currency();
        if own == value.currency() {
            return Some(());
        }
        let own = own.map(|own| own.code().to_owned()).unwrap_or_default();
        let message = format!("`{}` is in {own}, and {value} is not", source.name.value);
        self.refuse(written, message, format!("write an amount in {own}"));
        None
    }

    fn at_threat(
        &mut self,
        source: &ParameterSource,
        value: &Constant,
        range: (Option<&Constant>, Option<&Constant>),
    ) -> [Option<Constant>; MAX_THREAT + 1] {
        let mut values = [const { None }; MAX_THREAT + 1];
        for (key, text) in &source.at_threat {
            let level = key.parse().ok().filter(|n| (1..=MAX_THREAT).contains(n));
            let Some(level) = level else {
                let message = format!("`{key}` is not a level of threat");
                self.refuse(text, message, "write 1, 2 or 3");
                continue;
            };
            let own = self.value(source.kind, text, range);
            if let Some(own) = &own
                && own.currency() != value.currency()
            {
                let message = format!("{own} and {value} are of different currencies");
                self.refuse(text, message, "keep to one currency");
            }
            values[level] = own;
        }
        values
    }

    fn level(&mut self, at: &Spanned<String>) -> Option<FieldId> {
        let field = self.dictionary.by_name(THREAT_LEVEL);
        if field.is_none() {
            let message = format!("the dictionary has no field `{THREAT_LEVEL}`");
            self.refuse(at, message, "add it, or remove `at_threat`");
        }
        field.map(|field| field.id)
    }

    /// What a test gives has to be a parameter.
    fn known_overrides(&mut self, sources: &[ParameterSource]) {
        let names = || sources.iter().map(|source| source.name.value.as_str());
        for (name, value) in self.with {
            if name == LEVEL_KEY || names().any(|known| known == name) {
                continue;
            }
            let near = did_you_mean(name, names().chain([LEVEL_KEY]));
            let help = near.map_or("declare it under `parameters`".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let problem = yaml::error_at(
                codes::UNKNOWN_NAME,
                self.file,
                value,
                format!("there is no parameter `{name}`"),
            );
            self.problems.push(problem.help(help));
        }
    }

    fn refuse<T>(&mut self, at: &Spanned<T>, message: impl Into<String>, help: impl Into<String>) {
        self.problems
            .push(yaml::error_at(codes::PARAMETER, self.file, at, message).help(help));
    }
}

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
