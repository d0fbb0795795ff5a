//! What a policy says about the facts of a test, and whether that is what the test expects.

use weft_dictionary::{Dictionary, FieldId, Row};
use weft_verdict::{Finding, Obligation, Verdict, combine};

use super::{Failed, values};
use crate::policy::{Applies, Policy};
use crate::source::{Expectation, ObligationSource};

/// Whether it is what is expected; else what is not, and what came instead.
pub(super) fn compare(said: &Said, expected: &Expectation) -> Result<(), Failed> {
    let mut rules = values(&expected.rules);
    rules.sort();
    let mut missing = values(&expected.missing);
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
    if let Some(expected) = &expected.obligations {
        let expected = expected.iter().map(ObligationSource::obligation);
        let mut expected: Vec<Obligation> = expected.collect();
        expected.sort();
        if said.obligations != expected {
            let message = format!("expected the obligations [{}]", listed(&expected));
            return Err((message, said.explain()));
        }
    }
    Ok(())
}

fn listed(obligations: &[Obligation]) -> String {
    let words: Vec<String> = obligations.iter().map(written).collect();
    words.join(", ")
}

/// As in files: `notify {whom: customer}`.
pub(crate) fn written(obligation: &Obligation) -> String {
    let kind = obligation.kind.as_str();
    let arguments = obligation.arguments.iter();
    let arguments: Vec<String> = arguments
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    match arguments.is_empty() {
        true => kind.to_owned(),
        false => format!("{kind} {{{}}}", arguments.join(", ")),
    }
}

/// What a policy says about a row, as the host would count it.
pub(super) struct Said {
    applies: bool,
    pub(super) verdict: Verdict,
    pub(super) fired: Vec<String>,
    obligations: Vec<Obligation>,
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
        let due = match self.obligations.is_empty() {
            true => String::new(),
            false => format!(", obligations: [{}]", listed(&self.obligations)),
        };
        format!(
            "fired: [{}], missing: [{}]{due}{failure}",
            self.fired.join(", "),
            self.missing.join(", ")
        )
    }
}

/// Asks the policy.
pub(super) fn said(dictionary: &Dictionary, policy: &Policy, row: &Row) -> Said {
    let names = |ids: &[FieldId]| {
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
        obligations: vec![],
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
        Applies::Failed { why, missing } => Said {
            verdict: policy.without_value(&missing),
            missing: names(&missing),
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
                obligations: outcome.finding.obligations,
                missing: names(&outcome.missing),
                failure: outcome.failure,
            }
        }
    }
}
