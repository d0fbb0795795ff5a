//! Reasons in words.
//!
//! A code belongs to the policy that gives it: two policies may call different things alike. So each reason is told in
//! the words of its own policy, and what decided is told first.

use std::cmp::Reverse;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_policy::{Body, Policy};
use weft_verdict::{Reason, Verdict};

use crate::host_reasons;
use crate::view::ReasonView;

/// Which of the facts that reasons rest on are named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// All: people inside.
    All,
    /// Those that are missing: whoever sent the request can send them.
    Missing,
}

/// The reasons of a decision, those of the most severe verdict first, each once. `policy_of` finds the policy that made a
/// finding.
pub(crate) fn of_decision<'p>(
    record: &DecisionRecord,
    names: Names,
    policy_of: impl Fn(&FindingRecord) -> Option<&'p Policy>,
) -> Vec<ReasonView> {
    let mut given: Vec<(Verdict, ReasonView)> = Vec::new();
    // What a policy noticed that then had nothing to say is no reason for the decision.
    let spoke = |f: &&FindingRecord| f.enforced && f.finding.verdict > Verdict::Abstain;
    for found in record.findings.iter().filter(spoke) {
        let policy = policy_of(found);
        for reason in &found.finding.reasons {
            // The record may have had no room for all.
            if record.outcome.reasons.contains(reason) {
                let severity = severity(found, policy, reason);
                given.push((severity, in_words(reason, Some(found), policy, names)));
            }
        }
    }
    let is_given = |reason: &Reason| {
        let mut findings = record.findings.iter();
        findings.any(|f| f.finding.reasons.contains(reason))
    };
    let details_left_out = record.outcome.reasons.iter().filter(|r| !is_given(r));
    given.extend(details_left_out.map(|r| (Verdict::Abstain, in_words(r, None, None, names))));
    given.sort_by_key(|(severity, _)| Reverse(*severity));
    let mut views: Vec<ReasonView> = Vec::new();
    for (severity, view) in given {
        if !views.iter().any(|told| told.says_the_same(&view)) {
            views.push(ReasonView {
                decides: severity == record.outcome.verdict,
                ..view
            });
        }
    }
    views
}

/// The reasons of one finding.
pub(crate) fn of_finding(
    found: &FindingRecord,
    policy: Option<&Policy>,
    names: Names,
) -> Vec<ReasonView> {
    let reasons = found.finding.reasons.iter();
    reasons
        .map(|reason| in_words(reason, Some(found), policy, names))
        .collect()
}

/// What a finding says for this reason: a rule that fired beside a more severe one decides nothing.
fn severity(found: &FindingRecord, policy: Option<&Policy>, reason: &Reason) -> Verdict {
    let Some(Body::Rules(rules)) = policy.map(Policy::body) else {
        return found.finding.verdict;
    };
    rules
        .iter()
        .filter(|rule| found.fired.contains(&rule.id))
        .filter(|rule| rule.finding.reasons.iter().any(|r| r.code == reason.code))
        .map(|rule| rule.finding.verdict.min(found.finding.verdict))
        .max()
        .unwrap_or(found.finding.verdict)
}

/// Those of a reason's fields that are missing, where it is about that: the host's own, and a plugin's that says what is not
/// known. What is withheld from the plugin is not missing.
fn missing(reason: &Reason, found: Option<&FindingRecord>) -> Vec<String> {
    if reason.code == host_reasons::FACT_MISSING {
        return reason.fields.clone();
    }
    let plugin = found.and_then(|found| found.plugin.as_ref());
    let Some(plugin) = plugin.filter(|_| reason.code.ends_with(host_reasons::UNKNOWN)) else {
        return Vec::new();
    };
    let is_missing = |field: &&String| plugin.needs.values().any(|s| s.missing.contains(field));
    reason.fields.iter().filter(is_missing).cloned().collect()
}

fn in_words(
    reason: &Reason,
    found: Option<&FindingRecord>,
    policy: Option<&Policy>,
    names: Names,
) -> ReasonView {
    let described = policy.and_then(|policy| policy.reason(&reason.code));
    let by_host = || host_reasons::title(&reason.code).map(str::to_owned);
    let missing = missing(reason, found);
    ReasonView {
        code: reason.code.clone(),
        title: described.map(|d| d.title.clone()).or_else(by_host),
        status_reason: match described {
            Some(described) => described.status_reason.clone(),
            None => host_reasons::status_reason(&reason.code).map(str::to_owned),
        },
        fields: match names {
            Names::All => reason.fields.clone(),
            Names::Missing => missing.clone(),
        },
        missing,
        decides: false,
    }
}
