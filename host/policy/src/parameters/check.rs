//! Reading and checking the parameters of a file.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use weft_diagnostic::yaml::{self, Entry, Spanned};
use weft_diagnostic::{Diagnostic, did_you_mean};
use weft_dictionary::{Dictionary, FieldId};

use super::{LEVEL_KEY, Overrides, Parameter, ParameterKind, Parameters, order};
use crate::cel::node::Constant;
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL, Threshold};
use crate::lists::{WORD, is_word};
use crate::source::ParameterSource;
use crate::{codes, limits};

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
        let written = self.with.0.get(&source.name.value);
        let written = written.map(|entry| &entry.value);
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
        for (key, Entry { name, value: text }) in &source.at_threat.0 {
            let level = key.parse().ok().filter(|n| (1..=MAX_THREAT).contains(n));
            let Some(level) = level else {
                let message = format!("`{key}` is not a level of threat");
                self.refuse(name, message, "write 1, 2 or 3");
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
        for (name, entry) in &self.with.0 {
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
                &entry.name,
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
