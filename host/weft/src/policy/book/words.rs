//! What both forms of the book say in the same words.

use serde_json::Value as Json;
use weft_dictionary::{Class, Dictionary, Field, Origin, Timestamp, Treatment};
use weft_policy::{Body, Message, Parameter, Policy, Status, TestCase, Words};
use weft_sandbox::{GivenBy, SettingInForce};
use weft_verdict::Verdict;

use super::{Book, obligation};

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

/// How far a policy counts.
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
        Class::Public => "in clear",
        Class::Operational => "in clear; readers see it for a purpose",
        Class::Personal => "in clear while it is decided, sealed in the log",
        Class::Sensitive => "a token from the door on",
        Class::Cardholder => "a token from the door on",
        Class::Secret => "compared or dropped, never stored, never handed on",
    }
}

/// A class, for people.
pub(super) fn class_name(class: Class) -> String {
    capital(class.as_str())
}

/// What a reader gets.
pub(super) fn treatment(treatment: Treatment) -> &'static str {
    match treatment {
        Treatment::Absent => "nothing, not even that it is there",
        Treatment::Present => "that it is there",
        Treatment::Band => "a range, such as 10..99 EUR",
        Treatment::Masked => "the first character, the day, or that it is there",
        Treatment::Token => "a token, the same for the same value, of no use elsewhere",
        Treatment::Clear => "the value",
    }
}

/// Who says a field.
pub(super) fn said_by(field: &Field) -> &'static str {
    match &field.origin {
        Origin::Request => "the request",
        Origin::Host if super::needs::is_unsaid(field) => "nobody yet",
        Origin::Host => "the host",
        Origin::Derived { .. } => "computed from another fact",
        Origin::Behaviour(_) => "computed from what was seen before",
    }
}

/// Of a field that asks for something: who leaves it out asks for nothing.
pub(super) const CLAIM: &str = "a claim";

/// How many facts are claims, and what that means.
pub(super) fn claims(dictionary: &Dictionary) -> String {
    let claims = dictionary.fields().filter(|field| field.claim).count();
    format!(
        "{}: that a policy says less where one is left out is not looked for.",
        count(claims, "fact is a claim", "facts are claims")
    )
}

/// A status in a word.
pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Shadow => "shadow",
        Status::Canary => "canary",
        Status::Enforced => "enforced",
    }
}

/// `1 case`, `2 cases`.
pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// Which missing facts `on_missing` is about.
pub(super) fn when_missing(policy: &Policy) -> &'static str {
    match policy.body() {
        Body::Rules(_) => "of a fact that the answer hangs on (on_missing in the file)",
        Body::Plugin(_) => {
            "of a fact without which the plugin is not asked (on_missing in the file); what the plugin makes of other \
             facts that are missing is one of its settings, or stands in the description above"
        }
    }
}

/// What `on_error` is about.
pub(super) const WHEN_FAILED: &str =
    "when the policy fails or takes too long (on_error in the file)";

/// Why nothing is told of a plugin's defaults.
pub(super) fn without_plugin(policy: &Policy) -> &'static str {
    match policy.status() {
        Status::Draft => {
            "A draft's plugin is not loaded: these are the settings as they are written."
        }
        _ => {
            "The plugin was not at hand, so these are the settings as they are written: what they mean, and what the \
             others are by default, is told with --plugins."
        }
    }
}

/// The values that a threshold may be given.
pub(super) fn range(parameter: &Parameter) -> String {
    match parameter.range() {
        (None, None) => "any".to_owned(),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} at most"),
        (Some(least), Some(most)) => format!("{least} to {most}"),
    }
}

/// A fact of a test.
pub(super) fn fact(value: &Json) -> String {
    match value {
        Json::Object(money) if money.contains_key("currency") => {
            let part = |key: &str| money.get(key).map(self::value).unwrap_or_default();
            format!("{} {}", part("value"), part("currency"))
        }
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        other => self::value(other),
    }
}

/// The facts of a test on one line.
pub(super) fn given(book: &Book<'_>, case: &TestCase) -> String {
    let facts = case.given.iter();
    let facts: Vec<String> = facts
        .map(|(name, value)| {
            let field = book.dictionary.by_name(name);
            let unit = field.and_then(Field::unit).filter(|_| !value.is_null());
            let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
            format!("{}: {}{unit}", book.title_of(name), fact(value))
        })
        .collect();
    match facts.as_slice() {
        [] => "nothing".to_owned(),
        some => some.join("; "),
    }
}

/// What a test expects beside the verdict: the rules that fire, the facts that are missing, what is due.
pub(super) fn beside(book: &Book<'_>, case: &TestCase) -> Vec<String> {
    let rules = case.rules.iter().map(|rule| format!("by the rule {rule}"));
    let missing = case.missing.iter();
    let missing = missing.map(|field| format!("missing: {}", book.title_of(field)));
    let due = case.obligations.iter().flatten();
    let due = due.map(|one| obligation(one, |name| book.title_of(name)));
    rules.chain(missing).chain(due).collect()
}

/// The countries that a policy names; a list of many under its own name.
pub(super) fn countries(policy: &Policy, dictionary: &Dictionary) -> Vec<String> {
    let mut found = policy.countries(dictionary);
    if let Body::Plugin(plugin) = policy.body() {
        plugin
            .settings
            .values()
            .for_each(|value| codes(value, &mut found));
    }
    found.sort();
    found.dedup();
    match found.len() {
        0..=MANY => found,
        n => vec![format!("a list of {n} countries")],
    }
}

/// More countries than this are a list.
const MANY: usize = 8;

/// The country codes in a setting.
fn codes(value: &Json, found: &mut Vec<String>) {
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    match value {
        Json::String(text) if is_code(text) => found.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| codes(item, found)),
        Json::Object(entries) => entries.values().for_each(|entry| codes(entry, found)),
        _ => {}
    }
}

/// When a policy is effective.
pub(super) fn effective(policy: &Policy) -> String {
    match policy.until() {
        Some(until) => format!("from {} until {}", day(policy.from()), day(until)),
        None => format!("from {}", day(policy.from())),
    }
}

/// An instant, without its time where a day begins, and never to the millisecond.
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('T') {
        Some((day, "00:00:00.000Z")) => day.to_owned(),
        Some((day, time)) => format!("{day}, {} UTC", time.get(..5).unwrap_or(time)),
        None => text,
    }
}

/// A message, with what stands in its braces for people: a fact by its title, a threshold by its value.
pub(super) fn message(message: &Message, policy: &Policy, dictionary: &Dictionary) -> String {
    let mut out = String::new();
    let mut rest = message.as_written();
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braced) = rest.split_at(at);
        out.push_str(before);
        rest = if let Some(after) = braced.strip_prefix("{{").or(braced.strip_prefix("}}")) {
            out.push_str(&braced[..1]);
            after
        } else {
            let (name, after) = braced
                .trim_start_matches('{')
                .split_once('}')
                .unwrap_or_default();
            out.push_str(&named(name, policy, dictionary));
            after
        };
    }
    out.push_str(rest);
    out
}

fn named(name: &str, policy: &Policy, dictionary: &Dictionary) -> String {
    let parameter = |name: &str| policy.parameters().iter().find(|p| p.name() == name);
    match name.strip_prefix("parameters.").and_then(parameter) {
        Some(parameter) => parameter.value(0),
        None => {
            let field = dictionary.by_name(name);
            format!("[{}]", field.map_or(name, |field| field.title.as_str()))
        }
    }
}

/// A condition on one line.
pub(super) fn condition(words: &Words) -> String {
    match words.one_line() {
        always if always == "yes" => "always".to_owned(),
        other => other,
    }
}

/// A setting with its unit.
pub(crate) fn setting(setting: &SettingInForce) -> String {
    let value = setting.value.as_ref().map(self::value);
    match (value, &setting.unit) {
        (None, _) => "nothing".to_owned(),
        (Some(value), Some(unit)) => format!("{value} {unit}"),
        (Some(value), None) => value,
    }
}

/// Who gives a setting its value.
pub(super) fn given_by(given_by: GivenBy) -> &'static str {
    match given_by {
        GivenBy::Policy => "this policy",
        GivenBy::Default => "default",
        GivenBy::Nobody => "nobody",
    }
}

/// A value of a setting or a test as people write it.
pub(super) fn value(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(self::value).collect();
            match items.as_slice() {
                [] => "none".to_owned(),
                some => some.join(", "),
            }
        }
        Json::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, one)| format!("{name}: {}", self::value(one)))
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
