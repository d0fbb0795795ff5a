//! What the manifest declares, and a test held to it.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value as Json;
use weft_verdict::ObligationKind;
use weft_verdict::limits::{MAX_ARGUMENTS, MAX_OBLIGATIONS, MAX_REASONS};

use super::json;
use crate::Finding;
use crate::value::Value;

// As in the sandbox's limits.
const MAX_ARGUMENT_BYTES: usize = 256;
const MAX_EVIDENCE: usize = 32;

/// Names that differ more than this are not alike enough to suggest (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// The part of a manifest that tests are held to.
#[derive(Deserialize)]
pub(super) struct Declared {
    operations: Vec<String>,
    needs: Vec<Need>,
    settings: Vec<Setting>,
    reasons: Vec<Reason>,
    obligations: Vec<String>,
}

#[derive(Deserialize)]
struct Need {
    field: String,
    kind: String,
}

#[derive(Deserialize)]
struct Setting {
    name: String,
    kind: String,
    required: bool,
    min: Option<Json>,
    max: Option<Json>,
    #[serde(default)]
    one_of: Vec<Json>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
}

impl Declared {
    #[track_caller]
    pub(super) fn read(manifest: &str) -> Declared {
        match serde_json::from_str(manifest) {
            Ok(declared) => declared,
            Err(error) => panic!("the plugin's manifest is not what `#[policy]` writes: {error}"),
        }
    }

    pub(super) fn usual_operation(&self) -> String {
        const USUAL: &str = "payment.authorize";
        match self.operations.first() {
            Some(first) if !self.decides(USUAL) => first.replace('*', "any"),
            _ => USUAL.to_owned(),
        }
    }

    fn decides(&self, operation: &str) -> bool {
        self.operations
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(stem) => operation.starts_with(stem),
                None => pattern == operation,
            })
    }

    #[track_caller]
    pub(super) fn check_operation(&self, operation: &str) {
        assert!(
            self.decides(operation),
            "the plugin does not decide `{operation}`{}",
            hint(operation, self.operations.iter().map(String::as_str))
        );
    }

    #[track_caller]
    pub(super) fn check_need(&self, field: &str, value: &Value) {
        let fields = || self.needs.iter().map(|n| n.field.as_str());
        let Some(need) = self.needs.iter().find(|n| n.field == field) else {
            panic!(
                "the plugin does not need `{field}`{}",
                hint(field, fields())
            );
        };
        if let Some(kind) = value.kind().filter(|kind| *kind != need.kind) {
            panic!(
                "the need `{field}` is of kind {}, the test gives {kind}; {}",
                need.kind,
                how(&need.kind)
            );
        }
    }

    #[track_caller]
    pub(super) fn check_setting(&self, name: &str, value: &Value) {
        let names = || self.settings.iter().map(|s| s.name.as_str());
        let Some(setting) = self.settings.iter().find(|s| s.name == name) else {
            panic!("the plugin has no setting `{name}`{}", hint(name, names()));
        };
        if let Some(kind) = value.kind().filter(|kind| *kind != setting.kind) {
            panic!(
                "the setting `{name}` is of kind {}, the test gives {kind}; {}",
                setting.kind,
                how(&setting.kind)
            );
        }
        if let Err(why) = setting.takes(value) {
            panic!("the setting `{name}` does not take this value: {why}");
        }
    }

    pub(super) fn is_required(&self, name: &str) -> bool {
        self.settings.iter().any(|s| s.name == name && s.required)
    }

    /// Judges a finding as the host does.
    #[track_caller]
    pub(super) fn check_finding(&self, finding: &Finding) {
        at_most("reasons", finding.reasons.len(), MAX_REASONS);
        at_most("obligations", finding.obligations.len(), MAX_OBLIGATIONS);
        for (code, evidence) in &finding.reasons {
            let codes = || self.reasons.iter().map(|r| r.code.as_str());
            assert!(
                codes().any(|known| known == *code),
                "the host takes no finding with the reason `{code}`, which the plugin does not declare in \
                 `#[policy(reasons = ...)]`{}",
                hint(code, codes())
            );
            at_most(
                "needs as evidence of one reason",
                evidence.len(),
                MAX_EVIDENCE,
            );
            for one in evidence {
                assert!(
                    usize::from(one.0) < self.needs.len(),
                    "the host takes no finding whose evidence is no need of the plugin (index {}); take the \
                     constants of the struct that derives `Needs`",
                    one.0
                );
            }
        }
        for obligation in &finding.obligations {
            self.check_obligation(obligation);
        }
    }

    #[track_caller]
    fn check_obligation(&self, obligation: &crate::Obligation) {
        let kind = obligation.kind.as_str();
        assert!(
            self.obligations.iter().any(|known| known == kind),
            "the host takes no finding with the obligation `{kind}`, which the plugin does not declare; add it \
             to `#[policy(obligations = [...])]`{}",
            hint(kind, self.obligations.iter().map(String::as_str))
        );
        at_most(
            "arguments of one obligation",
            obligation.arguments.len(),
            MAX_ARGUMENTS,
        );
        for (at, (name, value)) in obligation.arguments.iter().enumerate() {
            assert!(
                obligation.arguments[..at]
                    .iter()
                    .all(|(earlier, _)| earlier != name),
                "the obligation `{kind}` has the argument `{name}` twice; give it once"
            );
            for text in [name, value] {
                assert!(
                    text.len() <= MAX_ARGUMENT_BYTES && !text.chars().any(char::is_control),
                    "an argument of `{kind}` is longer than {MAX_ARGUMENT_BYTES} bytes or has control \
                     characters; arguments are words and names of fields"
                );
            }
        }
        let Some(known) = ObligationKind::from_name(kind) else {
            panic!("`{kind}` is not in the host's catalogue of obligations");
        };
        let arguments = obligation.arguments.iter().cloned().collect();
        if let Err(why) = known.check(&arguments) {
            match why.argument() {
                Some(argument) => panic!("the host takes no such obligation: {why} (`{argument}`)"),
                None => panic!("the host takes no such obligation: {why}"),
            }
        }
    }
}

impl Setting {
    fn takes(&self, value: &Value) -> Result<(), String> {
        let bound = |bound: &Option<Json>| bound.as_ref().map(|b| json::value(&self.kind, b));
        if let Some(min) = bound(&self.min) {
            in_order(&min, value, "less than", &self.min)?;
        }
        if let Some(max) = bound(&self.max) {
            in_order(value, &max, "more than", &self.max)?;
        }
        if self.one_of.is_empty() {
            return Ok(());
        }
        let among = |value: &Value| {
            let kind = value.kind().unwrap_or_default();
            self.one_of
                .iter()
                .any(|choice| json::value(kind, choice) == *value)
        };
        let chosen = match value {
            Value::Texts(texts) => texts.iter().all(|text| among(&Value::Text(text.clone()))),
            value => among(value),
        };
        if chosen {
            return Ok(());
        }
        let choices: Vec<String> = self.one_of.iter().map(Json::to_string).collect();
        Err(format!("the choices are {}", choices.join(", ")))
    }
}

fn in_order(less: &Value, more: &Value, word: &str, bound: &Option<Json>) -> Result<(), String> {
    let order = match (less, more) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Instant(a), Value::Instant(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Money(a), Value::Money(b)) => a
            .compare(b)
            .map_err(|_| "it is in another currency than its bound".to_owned())?,
        _ => Ordering::Less,
    };
    if order == Ordering::Greater {
        let bound = bound.as_ref().map(Json::to_string).unwrap_or_default();
        return Err(format!("it is {word} {bound}"));
    }
    Ok(())
}

#[track_caller]
fn at_most(what: &str, given: usize, limit: usize) {
    assert!(
        given <= limit,
        "the host takes no finding with {given} {what}; the limit is {limit}"
    );
}

/// How a value of a kind is written in a test.
fn how(kind: &str) -> String {
    let form = match kind {
        "boolean" => "true",
        "integer" => "5",
        "decimal" => "Decimal::new(35, 3)",
        "text" => "\"text\"",
        "token" => "Token(\"a\".into())",
        "money" => "Money::cents(100_00, \"EUR\")",
        "instant" => "Instant(1_767_225_600_000)",
        "duration" => "Duration::hours(24)",
        "texts" => "vec![\"EU\".to_owned()]",
        _ => "serde_json::json!({ ... })",
    };
    format!("write `{form}`")
}

fn hint<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let alike = names
        .iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match alike {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None if names.is_empty() => "; there is none".into(),
        None => format!("; there are {}", names.join(", ")),
    }
}
