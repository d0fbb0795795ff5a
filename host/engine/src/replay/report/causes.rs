//! What causes a decision to change, and what was at stake.

use std::collections::BTreeSet;

use weft_audit::FindingRecord;
use weft_dictionary::{Kind, Money, Value};
use weft_policy::{Body, Policy};
use weft_verdict::Verdict;

use crate::evaluate::Evaluated;
use crate::host_reasons;
use crate::replay::turn::Turn;

/// What is paid.
pub(super) fn amount(turn: &Turn) -> Option<Money> {
    let field = turn
        .ground
        .dictionary
        .field(turn.ground.known.payment_amount);
    match Value::from_json(Kind::Money, turn.record.facts.get(&field.name)?)? {
        Value::Money(money) => Some(money),
        _ => None,
    }
}

/// Which policies make the verdict another one, and by which rule or reason.
pub(super) fn causes(turn: &Turn, now: &Evaluated) -> Vec<(String, String)> {
    let record = &turn.record;
    let (from, to) = (record.outcome.verdict, now.outcome.verdict);
    let verdict_in = |findings: &[FindingRecord], policy: &str| {
        let found = findings.iter().filter(|f| f.enforced && f.policy == policy);
        found.map(|f| f.finding.verdict).max().unwrap_or_default()
    };
    // What got stricter is caused by those who now say so and did not; what got milder by those who said so then.
    let (says, said, decisive) = if to > from {
        (&now.findings, &record.findings, to)
    } else {
        (&record.findings, &now.findings, from)
    };
    let mut causes: Vec<(String, String)> = says
        .iter()
        .filter(|f| f.enforced && f.finding.verdict == decisive)
        .filter(|f| verdict_in(said, &f.policy) < decisive)
        .map(|f| (f.policy.clone(), what(turn, f)))
        .collect();
    causes.sort();
    causes.dedup();
    causes
}

/// The rule or the reason of a finding that made it as severe as it is.
fn what(turn: &Turn, found: &FindingRecord) -> String {
    if !found.missing.is_empty() {
        return format!("missing: {}", found.missing.join(", "));
    }
    if let Some(failure) = &found.failure {
        return format!("failed: {}", failure.kind.as_str());
    }
    let set = turn.ground.pipeline.set();
    let policy = set.versions(&found.policy).next().map(AsRef::as_ref);
    let rules: Vec<&str> = found.fired.iter().map(String::as_str).collect();
    let decisive: Vec<&str> = rules
        .iter()
        .copied()
        .filter(|rule| rule_verdict(policy, rule).is_none_or(|v| v >= found.finding.verdict))
        .collect();
    if !decisive.is_empty() {
        return format!("rule {}", decisive.join(", "));
    }
    let reasons = found.finding.reasons.iter();
    // In whatever order a plugin gives them, they are the same reasons.
    let codes: BTreeSet<&str> = reasons
        .map(|reason| host_reasons::title(&reason.code).unwrap_or(&reason.code))
        .collect();
    codes.into_iter().collect::<Vec<_>>().join(", ")
}

fn rule_verdict(policy: Option<&Policy>, rule: &str) -> Option<Verdict> {
    match policy?.body() {
        Body::Rules(rules) => rules
            .iter()
            .find(|r| r.id == rule)
            .map(|r| r.finding.verdict),
        Body::Plugin(_) => None,
    }
}
