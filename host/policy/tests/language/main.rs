//! The language of policies: parameters, lists, the clock, messages, versions, the level of threat.

#[path = "../fixture/mod.rs"]
mod fixture;

mod carets;
mod coded;
mod fail_open;
mod functions;
mod lists;
mod messages;
mod parameters;
mod threat;
mod threat_generated;
mod threat_later;
mod threat_silence;
mod versions;

use weft_dictionary::{Row, Value};

/// A policy whose body begins on line 12 of the file.
pub(crate) fn policy(body: &str) -> String {
    fixture::policy(body, "")
}

/// What loading says.
pub(crate) fn said(files: &[(&str, &str)]) -> String {
    fixture::load(files).err().unwrap_or_default()
}

/// What loading says to who only looks at it: nothing of facts that are left out.
pub(crate) fn reviewed(files: &[(&str, &str)]) -> String {
    fixture::load_for_review(files).err().unwrap_or_default()
}

/// Asserts that loading says exactly this line, among others perhaps.
#[track_caller]
pub(crate) fn says(files: &[(&str, &str)], expected: &str) {
    let said = said(files);
    assert!(
        said.lines().any(|line| line == expected),
        "expected: {expected}\n     got: {said}"
    );
}

/// The warnings of a set that loads.
#[track_caller]
pub(crate) fn warnings(files: &[(&str, &str)]) -> Vec<String> {
    let set = fixture::load(files).unwrap_or_else(|problems| panic!("{problems}"));
    let line = |warning: &weft_diagnostic::Diagnostic| {
        let line = warning.to_string();
        let file = line.rfind(".yaml:").unwrap_or_default();
        let start = line[..file].rfind('/').map_or(0, |at| at + 1);
        line[start..].to_owned()
    };
    set.warnings().0.iter().map(line).collect()
}

pub(crate) fn row(facts: &[(&str, serde_json::Value)]) -> Row {
    let dictionary = fixture::dictionary();
    let mut row = Row::new(&dictionary);
    for (name, json) in facts {
        let field = dictionary.by_name(name).expect("a field");
        let value = Value::from_json(field.kind, json).expect("of its kind");
        row.set(&dictionary, field.id, value).expect("fits");
    }
    row
}

pub(crate) fn eur(amount: &str) -> serde_json::Value {
    serde_json::json!({"value": amount, "currency": "EUR"})
}
