//! What both forms of the book say in the same words.

use serde_json::Value as Json;
use weft_dictionary::{Class, Origin, Timestamp};
use weft_policy::{Policy, Status, Words};
use weft_verdict::{Obligation, Verdict};

/// What a verdict does.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Abstain => "has nothing to say",
        Verdict::Allow => "has no objection",
        Verdict::Flag => "has no objection, and marks it for a look afterwards",
        Verdict::Challenge => {
            "lets it wait until the customer has passed a stronger authentication"
        }
        Verdict::Hold => {
            "lets it wait until a person acts; without that it is refused when its time is over"
        }
        Verdict::Deny => "refuses it",
    }
}

/// How far a policy is in force.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft: checked, never asked",
        Status::Shadow => "shadow: asked and recorded, does not count",
        Status::Canary => "canary: asked and recorded, does not count yet",
        Status::Enforced => "enforced",
    }
}

/// What becomes of a field's value.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Public => "public: in clear",
        Class::Operational => "operational: in clear",
        Class::Personal => "personal: in clear while it is decided, sealed in the log",
        Class::Sensitive => "sensitive: a token from the door on",
        Class::Cardholder => "cardholder: a token from the door on",
        Class::Secret => "secret: compared or dropped, never stored, never handed on",
    }
}

/// Who says a field.
pub(super) fn origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::Request => "the request",
        Origin::Host => "the host",
        _ => "computed by the host",
    }
}

/// An obligation on one line.
pub(crate) fn obligation(obligation: &Obligation) -> String {
    let arguments: Vec<String> = obligation
        .arguments
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let kind = obligation.kind.as_str();
    match arguments.as_slice() {
        [] => kind.to_owned(),
        some => format!("{kind}: {}", some.join(", ")),
    }
}

/// When a policy is in force.
pub(super) fn effective(policy: &Policy) -> String {
    match policy.until() {
        Some(until) => format!("from {} until {}", day(policy.from()), day(until)),
        None => format!("from {}", day(policy.from())),
    }
}

/// An instant, without its time where a day begins.
fn day(at: Timestamp) -> String {
    let text = at.to_string();
    match text.strip_suffix("T00:00:00.000Z") {
        Some(day) => day.to_owned(),
        None => text,
    }
}

/// A condition on one line.
pub(super) fn condition(words: &Words) -> String {
    match words.one_line() {
        always if always == "yes" => "always".to_owned(),
        other => other,
    }
}

/// A setting's value as people write it.
pub(super) fn setting(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(setting).collect();
            items.join(", ")
        }
        Json::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, value)| format!("{name}: {}", setting(value)))
                .collect();
            entries.join("; ")
        }
        other => other.to_string(),
    }
}

/// With a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

/// The first characters of a version: enough to tell two apart at a glance.
pub(super) fn short(version: &str) -> &str {
    version.get(..12).unwrap_or(version)
}
