//! The cases, as `.ci/cel-spec` leaves them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value as Json;

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    /// File, section and name.
    pub(crate) name: String,
    /// File and section.
    pub(crate) section: String,
    pub(crate) expression: String,
    /// Names and their values.
    pub(crate) bindings: BTreeMap<String, Json>,
    pub(crate) wanted: Wanted,
}

/// What a case has to give.
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    Boolean(bool),
    /// A value that policies can write: this, in CEL.
    Value(String),
    /// A value of a type that policies do not have.
    OtherType,
    Error,
    /// Nothing: the case is about what a checker says of types.
    TypesOnly,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    path: String,
    name: String,
    expr: String,
    #[serde(default)]
    bindings: BTreeMap<String, Binding>,
    value: Option<Json>,
    eval_error: Option<Json>,
    typed_result: Option<TypedResult>,
    #[serde(default)]
    check_only: bool,
}

#[derive(Deserialize)]
struct Binding {
    #[serde(default)]
    value: Json,
}

#[derive(Deserialize)]
struct TypedResult {
    result: Option<Json>,
}

pub(crate) fn read(text: &str) -> Vec<Case> {
    let sources: Vec<Source> = serde_json::from_str(text).expect("as the script writes it");
    let mut seen: HashMap<String, usize> = HashMap::new();
    sources
        .into_iter()
        .map(|source| {
            let wanted = source.wanted();
            let name = format!("{}/{}", source.path, source.name);
            let times = seen.entry(name.clone()).or_default();
            *times += 1;
            Case {
                name: if *times > 1 {
                    format!("{name} ({times})")
                } else {
                    name
                },
                section: source.path,
                expression: source.expr,
                bindings: source
                    .bindings
                    .into_iter()
                    .map(|(name, b)| (name, b.value))
                    .collect(),
                wanted,
            }
        })
        .collect()
}

impl Source {
    fn wanted(&self) -> Wanted {
        if self.check_only {
            return Wanted::TypesOnly;
        }
        if self.eval_error.is_some() {
            return Wanted::Error;
        }
        let typed = self
            .typed_result
            .as_ref()
            .and_then(|typed| typed.result.as_ref());
        match self.value.as_ref().or(typed) {
            None => Wanted::Boolean(true),
            Some(value) => of_value(value),
        }
    }
}

fn of_value(value: &Json) -> Wanted {
    if let Some(truth) = value.get("boolValue").and_then(Json::as_bool) {
        return Wanted::Boolean(truth);
    }
    if let Some(number) = value.get("int64Value").and_then(Json::as_str) {
        return Wanted::Value(number.to_owned());
    }
    match value.get("stringValue").and_then(Json::as_str) {
        Some(text) => Wanted::Value(literal(text)),
        None => Wanted::OtherType,
    }
}

/// A text in CEL, so that no character of it needs thought.
fn literal(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        let _ = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' => write!(literal, "{c}"),
            c => write!(literal, "\\U{:08x}", u32::from(c)),
        };
    }
    literal.push('\'');
    literal
}
