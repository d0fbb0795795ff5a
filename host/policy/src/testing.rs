//! The tests that stand in policy files: a row, and what the policy is to say about it.

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, did_you_mean};
use weft_dictionary::{Dictionary, Row, Token, Value};
use weft_verdict::{Finding, Verdict, combine};

use crate::codes;
use crate::policy::{Applies, Body, Policy};
use crate::source::{PolicyFile, TestSource};

/// What came of the tests of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TestReport {
    /// Tests that held.
    pub passed: usize,
    /// Tests that did not.
    pub failed: usize,
    /// Policies with rules that have tests.
    pub policies: usize,
}

/// Runs the tests of one file.
pub(crate) fn run(
    dictionary: &Dictionary,
    file: &str,
    source: &PolicyFile,
    policy: &Policy,
    report: &mut TestReport,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if !source.tests.is_empty() {
        report.policies += 1;
    }
    for test in &source.tests {
        match run_one(dictionary, test, policy) {
            Ok(()) => report.passed += 1,
            Err((message, help)) => {
                report.failed += 1;
                let name = &test.name.value;
                let problem = at(file, &test.name, format!("test `{name}`: {message}"));
                problems.push(problem.help(help));
            }
        }
    }
    problems
}

fn at(file: &str, name: &Spanned<String>, message: String) -> Diagnostic {
    yaml::error_at(codes::TEST, file, name, message)
}

type Failed = (String, String);

fn run_one(dictionary: &Dictionary, test: &TestSource, policy: &Policy) -> Result<(), Failed> {
    if matches!(policy.body, Body::Plugin(_)) {
        let help = "test the plugin itself with `cargo test`, and the policy with traffic";
        return Err((
            "a policy that asks a plugin has no tests here".into(),
            help.into(),
        ));
    }
    let row = row(dictionary, test)?;
    let said = said(dictionary, policy, &row);
    let expected = &test.expect;
    let mut rules = expected.rules.clone();
    rules.sort();
    let mut missing = expected.missing.clone();
    missing.sort();
    if said.applies != expected.applies {
        let (is, was) = if said.applies {
            ("applies", "should not")
        } else {
            ("does not apply", "should")
        };
        return Err((
            format!("the policy {is}, and {was}"),
            "look at `match`".into(),
        ));
    }
    if said.verdict != expected.verdict {
        let message = format!(
            "expected {}, got {}",
            expected.verdict.as_str(),
            said.verdict.as_str()
        );
        return Err((message, said.explain()));
    }
    if !expected.rules.is_empty() && said.fired != rules {
        let message = format!("expected the rules [{}] to fire", rules.join(", "));
        return Err((message, said.explain()));
    }
    if said.missing != missing {
        let message = format!("expected the facts [{}] to be missing", missing.join(", "));
        return Err((message, said.explain()));
    }
    Ok(())
}

/// What a policy says about a row, as the host would count it.
struct Said {
    applies: bool,
    verdict: Verdict,
    fired: Vec<String>,
    missing: Vec<String>,
    failure: Option<String>,
}

impl Said {
    fn explain(&self) -> String {
        let failure = self
            .failure
            .as_ref()
            .map(|why| format!(", failure: {why}"))
            .unwrap_or_default();
        format!(
            "fired: [{}], missing: [{}]{failure}",
            self.fired.join(", "),
            self.missing.join(", ")
        )
    }
}

fn said(dictionary: &Dictionary, policy: &Policy, row: &Row) -> Said {
    let names = |ids: &[weft_dictionary::FieldId]| {
        let mut names: Vec<String> = ids
            .iter()
            .map(|id| dictionary.field(*id).name.clone())
            .collect();
        names.sort();
        names
    };
    let nothing = Said {
        applies: true,
        verdict: Verdict::Abstain,
        fired: vec![],
        missing: vec![],
        failure: None,
    };
    match policy.matches(row) {
        Applies::No => Said {
            applies: false,
            ..nothing
        },
        Applies::Missing(fields) => Said {
            verdict: policy.on_missing,
            missing: names(&fields),
            ..nothing
        },
        Applies::Failed(why) => Said {
            verdict: policy.on_error,
            failure: Some(why),
            ..nothing
        },
        Applies::Yes => {
            let outcome = policy.evaluate(row);
            let mut verdicts = vec![outcome.finding.verdict];
            if !outcome.missing.is_empty() {
                verdicts.push(policy.on_missing);
            }
            if outcome.failure.is_some() {
                verdicts.push(policy.on_error);
            }
            let findings: Vec<Finding> = verdicts
                .into_iter()
                .map(|v| Finding::of(v, "test"))
                .collect();
            let mut fired = outcome.fired;
            fired.sort();
            Said {
                applies: true,
                verdict: combine(&findings).verdict,
                fired,
                missing: names(&outcome.missing),
                failure: outcome.failure,
            }
        }
    }
}

fn row(dictionary: &Dictionary, test: &TestSource) -> Result<Row, Failed> {
    let mut row = Row::new(dictionary);
    for (name, json) in &test.given {
        let Some(field) = dictionary.by_name(name) else {
            let near = did_you_mean(name, dictionary.fields().map(|f| f.name.as_str()));
            let help = near.map_or("see dictionary.yaml".into(), |near| {
                format!("did you mean `{near}`?")
            });
            return Err((format!("there is no field `{name}`"), help));
        };
        let value = match json.as_str().filter(|_| field.class.is_tokenised()) {
            // In tests any text stands for a token: equal texts are equal tokens.
            Some(text) => Some(Value::Token(stand_in(
                text,
                field.token.as_deref().unwrap_or("test"),
            ))),
            None => Value::from_json(field.kind, json),
        };
        let set = value.map(|value| row.set(dictionary, field.id, value));
        if !matches!(set, Some(Ok(()))) {
            let help = format!("`{name}` is {}", field.kind.as_str());
            return Err((format!("the value given for `{name}` does not fit"), help));
        }
    }
    Ok(row)
}

fn stand_in(text: &str, kind: &str) -> Token {
    let mut bits = [0_u8; 16];
    bits.copy_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes())[..16]);
    Token::new("test", kind, bits)
}
