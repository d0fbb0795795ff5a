//! The cases, put to policies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::Value as Json;
use weft_diagnostic::{Diagnostic, Severity};
use weft_dictionary::{Dictionary, Row, Value};
use weft_policy::{Policy, PolicySet};

use crate::cases::{Case, Wanted};

/// Policies of one set.
const A_SET: usize = 400;
const PIPELINE: &str = "\
version: 1
stages: [{name: decision, title: t}]
operations: [{name: payment.authorize, title: t, kind: payment, no_policy: hold}]
";
/// What is there where a case names nothing.
const NO_FIELDS: &str = "\
version: 1
sections: {payment: Payment}
fields:
  - {name: payment.count, kind: integer, class: operational, title: t, meaning: m}
";

/// How a problem begins that is about a function which is not there.
pub(crate) const NO_FUNCTION: &str = "there is no function `";

/// What came of a case.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Passed,
    /// Refused when it was loaded, for a reason of this class.
    Refused(String),
    /// Answered, and not as CEL does.
    Wrong(String),
    /// Not asked: it is about the types that a checker tells, not about values.
    TypesOnly,
}

/// What came of each case, in order.
pub(crate) fn all(cases: &[Case]) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::TypesOnly; cases.len()];
    let asked = cases
        .iter()
        .enumerate()
        .filter(|(_, c)| c.wanted != Wanted::TypesOnly);
    let (bound, plain): (Vec<_>, Vec<_>) = asked.partition(|(_, c)| !c.bindings.is_empty());
    let no_fields = Dictionary::parse("dictionary.yaml", NO_FIELDS).expect("valid");
    for cases in plain.chunks(A_SET) {
        ask(&no_fields, &Row::new(&no_fields), cases, &mut outcomes);
    }
    for (number, case) in bound {
        let (dictionary, row) = facts(case);
        ask(&dictionary, &row, &[(number, case)], &mut outcomes);
    }
    outcomes
}

/// Loads the cases together, takes out those that are refused, and asks the others.
fn ask(dictionary: &Dictionary, row: &Row, cases: &[(usize, &Case)], outcomes: &mut [Outcome]) {
    let mut left: Vec<(usize, &Case)> = cases.to_vec();
    loop {
        match load(dictionary, &left) {
            Ok(set) => {
                for ((number, case), policy) in left.iter().zip(set.policies()) {
                    outcomes[*number] = answer(case, policy, row);
                }
                return;
            }
            Err(refused) => {
                let before = left.len();
                left.retain(|(number, _)| match refused.get(number) {
                    Some(problem) => {
                        outcomes[*number] = Outcome::Refused(class(problem));
                        false
                    }
                    None => true,
                });
                assert!(
                    left.len() < before,
                    "nothing is refused, and yet it does not load"
                );
            }
        }
    }
}

/// A policy for each case, or the first problem of each that is refused.
fn load(
    dictionary: &Dictionary,
    cases: &[(usize, &Case)],
) -> Result<PolicySet, HashMap<usize, Diagnostic>> {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
    let name = |number: usize| format!("c{number:05}.yaml");
    for (number, case) in cases {
        std::fs::write(dir.path().join(name(*number)), policy(*number, case)).expect("written");
    }
    PolicySet::load_for_review(dir.path(), dictionary).map_err(|problems| {
        let mut first = HashMap::new();
        for problem in problems
            .0
            .into_iter()
            .filter(|p| p.severity == Severity::Error)
        {
            let of = cases
                .iter()
                .find(|(number, _)| problem.file.ends_with(&name(*number)));
            let (number, _) = of.unwrap_or_else(|| panic!("{problem} is about no case"));
            first.entry(*number).or_insert(problem);
        }
        first
    })
}

/// Two rules: that the case gives what is wanted, and that it does not.
fn policy(number: usize, case: &Case) -> String {
    // A case may end in a comment.
    let expression = format!("({}\n)", case.expression);
    let (yes, no) = match &case.wanted {
        Wanted::Boolean(true) => (expression.clone(), format!("!{expression}")),
        Wanted::Boolean(false) => (format!("!{expression}"), expression.clone()),
        Wanted::Value(value) => (
            format!("{expression} == {value}"),
            format!("{expression} != {value}"),
        ),
        Wanted::OtherType | Wanted::Error | Wanted::TypesOnly => (
            format!("{expression} == {expression}"),
            format!("{expression} != {expression}"),
        ),
    };
    format!(
        "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: test.c{number}\n  title: t\n  owner: o\n  \
         sources: [{{title: s, reference: r, verified: true}}]\n  effective: {{from: 2026-01-01T00:00:00Z}}\n  \
         status: draft\nstage: decision\non: [payment.authorize]\nreasons: [{{code: because, title: t}}]\n\
         on_missing: hold\non_error: hold\nmessages: {{customer: c, agent: a, auditor: u}}\nrules:\n  \
         - {{id: 'yes', verdict: deny, reason: because, when: {}}}\n  \
         - {{id: 'no', verdict: deny, reason: because, when: {}}}\n",
        quoted(&yes),
        quoted(&no)
    )
}

/// A text in YAML, so that no character of it needs thought.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            ' '..='~' if c != '"' && c != '\\' => write!(quoted, "{c}"),
            c => write!(quoted, "\\U{:08x}", u32::from(c)),
        };
    }
    quoted.push('"');
    quoted
}

fn answer(case: &Case, policy: &Policy, row: &Row) -> Outcome {
    let said = policy.evaluate(row);
    let fails = said.failure.is_some() || !said.missing.is_empty();
    match (&case.wanted, said.fired.as_slice()) {
        (Wanted::Boolean(_) | Wanted::Value(_), [rule]) if rule == "yes" && !fails => {
            Outcome::Passed
        }
        (Wanted::Error, []) if fails => Outcome::Passed,
        (wanted, fired) => Outcome::Wrong(format!(
            "wanted {wanted:?}, got {fired:?}, failure: {:?}, missing: {}",
            said.failure,
            said.missing.len()
        )),
    }
}

/// A dictionary with the names of a case that can be fields, and a row with their values.
fn facts(case: &Case) -> (Dictionary, Row) {
    let known = case.bindings.iter().filter_map(|(name, json)| {
        let (section, _) = name
            .split_once('.')
            .filter(|(_, rest)| !rest.contains('.'))?;
        let (kind, value) = fact(json)?;
        Some((section, name, kind, value))
    });
    let known: Vec<_> = known.collect();
    let sections: BTreeSet<&str> = known.iter().map(|(section, ..)| *section).collect();
    if known.is_empty() {
        let dictionary = Dictionary::parse("dictionary.yaml", NO_FIELDS).expect("valid");
        let row = Row::new(&dictionary);
        return (dictionary, row);
    }
    let titles: BTreeMap<&str, &str> = sections.into_iter().map(|s| (s, "t")).collect();
    let titles = serde_json::to_string(&titles).expect("texts");
    let mut text = format!("version: 1\nsections: {titles}\nfields:\n");
    for (_, name, kind, _) in &known {
        let _ = writeln!(
            text,
            "  - {{name: {name}, kind: {kind}, class: personal, title: t, meaning: m}}"
        );
    }
    let dictionary = Dictionary::parse("dictionary.yaml", &text).expect("valid");
    let mut row = Row::new(&dictionary);
    for (_, name, _, value) in known {
        let field = dictionary.by_name(name).expect("a field");
        row.set(&dictionary, field.id, value).expect("fits");
    }
    (dictionary, row)
}

fn fact(json: &Json) -> Option<(&'static str, Value)> {
    if let Some(truth) = json.get("boolValue").and_then(Json::as_bool) {
        return Some(("boolean", Value::Boolean(truth)));
    }
    if let Some(number) = json.get("int64Value").and_then(Json::as_str) {
        return Some(("integer", Value::Integer(number.parse().ok()?)));
    }
    let text = json.get("stringValue").and_then(Json::as_str)?;
    Some(("text", Value::text(text)))
}

/// What kind of gap a problem is: its words without what they quote. Functions keep their names.
fn class(problem: &Diagnostic) -> String {
    if problem.message.starts_with(NO_FUNCTION) {
        return format!("{}: {}", problem.code.id, problem.message);
    }
    let mut class = String::new();
    for (number, part) in problem.message.split('`').enumerate() {
        class.push_str(if number % 2 == 0 { part } else { "…" });
    }
    format!("{}: {class}", problem.code.id)
}
