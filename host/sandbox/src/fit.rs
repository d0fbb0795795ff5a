//! Whether what a plugin declares fits the host that is to use it: the dictionary's fields, and the operations
//! that there are. The same for whoever looks at a component and for whoever binds it.

use weft_diagnostic::did_you_mean;
use weft_dictionary::{
    Currency, Dictionary, DurationMs, Field, Kind, Money, Slot, Timestamp, Token, Treatment, Value,
};

use crate::manifest::{Manifest, Need, ValueKind};
use crate::value::NeedValue;

/// What of a plugin does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Needs that no request can meet.
pub fn needs(manifest: &Manifest, dictionary: &Dictionary) -> Vec<Unfit> {
    manifest
        .needs
        .iter()
        .filter_map(|need| match dictionary.by_name(&need.field) {
            None => Some(unknown_field(manifest, need, dictionary)),
            Some(field) => never_arrives(need, field).or_else(|| another_kind(need, field)),
        })
        .collect()
}

/// Operations that are declared and that the host does not know.
pub fn operations<'a>(
    manifest: &Manifest,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Vec<Unfit> {
    let decided = |pattern: &str, operation: &str| match pattern.strip_suffix('*') {
        Some(stem) => operation.starts_with(stem),
        None => pattern == operation,
    };
    manifest
        .operations
        .iter()
        .filter(|pattern| !known.clone().any(|operation| decided(pattern, operation)))
        .map(|pattern| Unfit {
            message: format!(
                "the plugin `{}` decides `{pattern}`, and pipeline.yaml has no such operation",
                manifest.name
            ),
            help: match did_you_mean(pattern, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "its operations are {}",
                    known.clone().collect::<Vec<_>>().join(", ")
                ),
            },
        })
        .collect()
}

fn unknown_field(manifest: &Manifest, need: &Need, dictionary: &Dictionary) -> Unfit {
    Unfit {
        message: format!(
            "the plugin `{}` needs the field `{}`, which the dictionary does not have",
            manifest.name, need.field
        ),
        help: match dictionary.did_you_mean(&need.field) {
            Some(alike) => format!("did you mean `{alike}`?"),
            None => "name a field of dictionary.yaml in the plugin, or add it there".into(),
        },
    }
}

fn never_arrives(need: &Need, field: &Field) -> Option<Unfit> {
    (field.class.ceiling() == Treatment::Absent).then(|| Unfit {
        message: format!(
            "`{}` is {}, and nobody is handed that",
            need.field,
            field.class.as_str()
        ),
        help: "take the need out of the plugin".into(),
    })
}

/// The kind in which the field arrives under the need's treatment must be the one that the code reads.
fn another_kind(need: &Need, field: &Field) -> Option<Unfit> {
    let arrives = arrives(need.treatment, field)?;
    (arrives != need.kind).then(|| Unfit {
        message: format!(
            "`{}` arrives as {} with the treatment {}, the plugin reads {}",
            need.field,
            arrives.as_str(),
            need.treatment.as_str(),
            need.kind.as_str(),
        ),
        help: "change the type of the need in the plugin, or its treatment".into(),
    })
}

fn arrives(treatment: Treatment, field: &Field) -> Option<ValueKind> {
    let sample = if field.class.is_tokenised() {
        Value::Token(Token::new("eu", "card", [0; 16]))
    } else {
        sample(field.kind)?
    };
    let value = treatment.apply(&sample)?;
    NeedValue::from_slot(&Slot::Present(value), |_| String::new()).kind()
}

/// Some value of the kind.
fn sample(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Boolean => Value::Boolean(true),
        Kind::Integer => Value::Integer(0),
        Kind::Decimal => Value::Decimal(0.into()),
        Kind::Text | Kind::Country => Value::text("BE"),
        Kind::Money => Value::Money(Money {
            minor_units: 0,
            currency: Currency::from_code("EUR").ok()?,
        }),
        Kind::Instant => Value::Instant(Timestamp(0)),
        Kind::Duration => Value::Duration(DurationMs(0)),
        Kind::Texts => Value::Texts(Vec::new()),
    })
}
