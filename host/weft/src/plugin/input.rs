//! The facts of one evaluation, from a file: field names and values as in messages.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use weft_diagnostic::{did_you_mean, yaml};
use weft_dictionary::{Kind, Slot, Value};
use weft_sandbox::manifest::{Manifest, Need};
use weft_sandbox::{NeedValue, ValueKind};

use crate::exit::Failed;

/// Why a need is withheld in an evaluation by hand.
const WITHHELD: &str = "not-granted";

/// What is wrong with the facts.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("{}: the plugin does not need `{field}`; {help}", .file.display())]
    Unknown {
        file: PathBuf,
        field: String,
        help: String,
    },
    #[error("{}: `{field}` is not {form}, which the plugin reads ({kind})", .file.display())]
    OtherKind {
        file: PathBuf,
        field: String,
        form: &'static str,
        kind: &'static str,
    },
}

/// A file of names and values, in YAML or JSON.
pub(super) fn read_map(file: &Path) -> Result<Map<String, Json>, Failed> {
    let text = yaml::read_text(file).map_err(problem)?;
    yaml::parse(&file.display().to_string(), &text).map_err(problem)
}

fn problem(problem: weft_diagnostic::Diagnostic) -> Failed {
    weft_diagnostic::Diagnostics(vec![problem]).into()
}

/// The row of needs in the manifest's order. What the file does not have is absent.
pub(super) fn needs(
    manifest: &Manifest,
    file: &Path,
    given: &Map<String, Json>,
) -> Result<Vec<NeedValue>, InputError> {
    let fields = || manifest.needs.iter().map(|n| n.field.as_str());
    if let Some(unknown) = given.keys().find(|key| fields().all(|field| field != *key)) {
        let help = match did_you_mean(unknown, fields()) {
            Some(alike) => format!("did you mean `{alike}`?"),
            None => format!("it needs {}", fields().collect::<Vec<_>>().join(", ")),
        };
        return Err(InputError::Unknown {
            file: file.into(),
            field: unknown
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect(),
            help,
        });
    }
    manifest
        .needs
        .iter()
        .map(|need| {
            let value = value(need, given.get(&need.field).unwrap_or(&Json::Null));
            value.ok_or_else(|| InputError::OtherKind {
                file: file.into(),
                field: need.field.clone(),
                form: form(need.kind),
                kind: need.kind.as_str(),
            })
        })
        .collect()
}

fn value(need: &Need, json: &Json) -> Option<NeedValue> {
    if json.is_null() {
        return Some(NeedValue::Absent);
    }
    if json.get("withheld").is_some_and(|yes| yes == true) {
        return Some(NeedValue::Withheld(WITHHELD));
    }
    let kind = match need.kind {
        ValueKind::Token => return json.as_str().map(|text| NeedValue::Token(text.into())),
        ValueKind::Text => return json.as_str().map(|text| NeedValue::Text(text.into())),
        ValueKind::Json => return Some(NeedValue::Json(json.to_string().into())),
        ValueKind::Boolean => Kind::Boolean,
        ValueKind::Integer => Kind::Integer,
        ValueKind::Decimal => Kind::Decimal,
        ValueKind::Money => Kind::Money,
        ValueKind::Instant => Kind::Instant,
        ValueKind::Duration => Kind::Duration,
        ValueKind::Texts => Kind::Texts,
    };
    let value = Value::from_json(kind, json).filter(|value| value.is_of(kind))?;
    Some(NeedValue::from_slot(&Slot::Present(value), |token| {
        token.as_str().to_owned()
    }))
}

/// How a value of a kind is written.
fn form(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "true or false",
        ValueKind::Integer => "a whole number",
        ValueKind::Decimal => "a decimal in quotes, such as \"0.035\"",
        ValueKind::Text => "a text",
        ValueKind::Token => "a text that stands for a token, such as \"card-1\"",
        ValueKind::Money => "an amount, {\"value\": \"12.50\", \"currency\": \"EUR\"}",
        ValueKind::Instant => "a moment, \"2026-01-01T10:00:00Z\"",
        ValueKind::Duration => "a duration, \"24h\"",
        ValueKind::Texts => "a list of texts",
        ValueKind::Json => "JSON",
    }
}
