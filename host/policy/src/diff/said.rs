//! What a set says about facts, by its rules alone.

use std::cmp::Ordering;

use weft_dictionary::{Row, Timestamp, Treatment};
use weft_verdict::{Finding, Obligation, ObligationKind, Reason, Verdict, combine};

use super::Version;
use crate::milder::{Weight, said_by};
use crate::policy::{Applies, Body, Policy, Status};
use crate::solve::Facts;

/// What is said about facts: by one policy, as if it counted, and by the rules of all that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What the policy says, or would say if it were asked; none where a change is that it is not asked.
    pub policy: Option<Word>,
    /// Why it is not asked, if it is not.
    pub not_asked: Option<NotAsked>,
    /// The verdict of all rules of enforced policies together, with each plugin of the last stage as if it allowed.
    pub decision: Verdict,
    /// Whether the customer's step-up clears it: then it counts as a flag, and the payment is released.
    pub is_cleared: bool,
}

impl Said {
    /// Whether the decision is milder than another, or stricter.
    pub fn compared_with(&self, other: &Said) -> Ordering {
        let severity = |said: &Said| (said.decision, !said.is_cleared);
        severity(self).cmp(&severity(other))
    }
}

/// Why a policy is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// The set does not have it.
    NotThere,
    /// It does not count: it is a draft, in shadow, or a canary.
    NotEnforced(Status),
    /// Not at this instant.
    NotInForce,
    /// Not about this operation.
    OtherOperation,
}

impl NotAsked {
    /// Why a policy is not asked about an operation at an instant.
    pub(super) fn of(policy: Option<&Policy>, operation: &str, at: Timestamp) -> Option<NotAsked> {
        let Some(policy) = policy else {
            return Some(NotAsked::NotThere);
        };
        if policy.status != Status::Enforced {
            Some(NotAsked::NotEnforced(policy.status))
        } else if !policy.in_force(at) {
            Some(NotAsked::NotInForce)
        } else if !policy.covers(operation) {
            Some(NotAsked::OtherOperation)
        } else {
            None
        }
    }
}

/// What one policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The verdict, as the host counts it: also that of what is missing, or fails.
    pub verdict: Verdict,
    /// Its risk, if it has one.
    pub risk: Option<u16>,
    /// Why.
    pub reasons: Vec<String>,
    /// What has to be done.
    pub obligations: Vec<Obligation>,
    /// The reason in whose own words readers are told, if not in those of the policy.
    pub told_by: Option<String>,
    /// The rules that fire.
    pub fired: Vec<String>,
    /// Facts on which it rests and which are missing.
    pub missing: Vec<String>,
    /// Why it cannot be computed.
    pub failure: Option<String>,
    /// How severe it is.
    pub(crate) weight: Weight,
}

impl Word {
    /// Of a policy that is not asked, or does not apply.
    pub(super) fn nothing() -> Word {
        Word {
            verdict: Verdict::Abstain,
            risk: None,
            reasons: Vec::new(),
            obligations: Vec::new(),
            told_by: None,
            fired: Vec::new(),
            missing: Vec::new(),
            failure: None,
            weight: Weight::only(Verdict::Abstain),
        }
    }

    /// Of a policy that says no more than this.
    fn only(verdict: Verdict) -> Word {
        Word {
            verdict,
            weight: Weight::only(verdict),
            ..Word::nothing()
        }
    }

    /// Whether a decision is the same with the one as with the other.
    pub(super) fn decides_as(&self, other: &Word) -> bool {
        let parts = |word: &Word| {
            let mut reasons = word.reasons.clone();
            reasons.sort();
            reasons.dedup();
            (word.verdict, word.risk, reasons)
        };
        parts(self) == parts(other) && self.obligations == other.obligations
    }

    /// Whether it says all that it would with all facts.
    pub(super) fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.failure.is_none()
    }
}

/// What a policy says to a row, when it is asked.
pub(super) fn word(version: Version<'_>, policy: &Policy, row: &Row) -> Word {
    let names = |ids: &[weft_dictionary::FieldId]| {
        let names = ids
            .iter()
            .map(|id| version.dictionary.field(*id).name.clone());
        names.collect::<Vec<_>>()
    };
    match policy.matches(row) {
        Applies::No => Word::nothing(),
        Applies::Missing(ids) => Word {
            missing: names(&ids),
            ..Word::only(policy.on_missing)
        },
        Applies::Failed { why, missing } => Word {
            missing: names(&missing),
            failure: Some(why),
            ..Word::only(policy.without_value(&missing))
        },
        Applies::Yes => {
            let mut outcome = policy.evaluate(row);
            let weight = said_by(policy, &outcome).weight;
            outcome.finding.verdict = weight.verdict;
            let told_by = policy.reason_told(&outcome.fired, &outcome.finding);
            Word {
                verdict: weight.verdict,
                told_by: told_by.map(|reason| reason.code.clone()),
                risk: outcome.finding.risk,
                reasons: outcome
                    .finding
                    .reasons
                    .into_iter()
                    .map(|reason| reason.code)
                    .collect(),
                obligations: outcome.finding.obligations,
                fired: outcome.fired,
                missing: names(&outcome.missing),
                failure: outcome.failure,
                weight,
            }
        }
    }
}

/// A policy in another form, in place of the one that a set has.
#[derive(Clone, Copy)]
pub(super) struct Instead<'x> {
    pub(super) of: Option<&'x Policy>,
    pub(super) policy: &'x Policy,
}

/// What all rules of a set decide about facts.
pub(super) struct Decided<'x> {
    pub(super) verdict: Verdict,
    /// How severe that is.
    pub(super) weight: Weight,
    /// What all findings say together.
    finding: Finding,
    /// The facts that were missing.
    pub(super) missing: Vec<String>,
    /// The policies that say this verdict, by id; none where no policy says anything.
    pub(super) by: Vec<&'x str>,
}

impl Decided<'_> {
    /// Whether the record of the one is that of the other.
    pub(super) fn is_same(&self, other: &Decided<'_>) -> bool {
        self.verdict == other.verdict && self.finding == other.finding
    }
}

/// What a plugin of the last stage may say where its policy applies: it is not asked, and what it could hide or hold up is
/// not to be taken for the effect of a change, so it is taken to allow.
fn permission(version: Version<'_>, policy: &Policy, row: &Row) -> Word {
    match policy.matches(row) {
        Applies::Yes => Word::only(Verdict::Allow),
        _ => word(version, policy, row),
    }
}

/// Whether a policy asks a plugin that may allow what it is asked about: one of the last stage.
pub(super) fn may_permit(version: Version<'_>, policy: &Policy) -> bool {
    let last = version.set.stages().last();
    matches!(policy.body, Body::Plugin(_)) && last.is_some_and(|last| last.name == policy.stage)
}

/// The decision of all rules about facts. As the host walks: stage by stage, the most severe verdict counts, what is
/// redacted is not there any more, and where the last stage says nothing the operation's `no_policy` counts.
pub(super) fn decide<'x>(
    version: Version<'x>,
    instead: Option<Instead<'x>>,
    operation: &str,
    at: Timestamp,
    facts: &Facts,
) -> Decided<'x> {
    let mut row = facts.row(version.dictionary);
    let mut findings: Vec<Finding> = Vec::new();
    let mut said: Vec<(&'x str, Verdict)> = Vec::new();
    let mut missing = Vec::new();
    let mut weight = Weight::only(Verdict::Abstain);
    let mut last_word = Verdict::Abstain;
    let is_replaced = |policy: &Policy| {
        let replaced = instead.and_then(|instead| instead.of);
        replaced.is_some_and(|replaced| std::ptr::eq(replaced, policy))
    };
    for (number, stage) in version.set.stages().iter().enumerate() {
        let candidates = version.set.candidates(number, operation, &row);
        let asked = candidates.filter_map(|place| version.set.policies().get(place));
        let asked = asked.map(AsRef::as_ref).filter(|p| !is_replaced(p));
        let instead = instead.map(|instead| instead.policy);
        let instead = instead.filter(|p| p.stage == stage.name && p.covers(operation));
        let counts = |p: &&Policy| p.status == Status::Enforced && p.in_force(at);
        let first = findings.len();
        for policy in asked.chain(instead).filter(counts) {
            let word = match policy.body {
                Body::Rules(_) => word(version, policy, &row),
                Body::Plugin(_) if may_permit(version, policy) => permission(version, policy, &row),
                Body::Plugin(_) => continue,
            };
            missing.extend(word.missing.iter().cloned());
            said.push((&policy.id, word.verdict));
            weight = weight.max(word.weight);
            findings.push(finding(word));
        }
        last_word = combine(&findings[first..]).verdict;
        let so_far = combine(&findings);
        if stage
            .stop_at
            .is_some_and(|stop_at| so_far.verdict >= stop_at)
        {
            last_word = so_far.verdict;
            break;
        }
        redact(version, &mut row, &so_far.obligations);
    }
    let finding = combine(&findings);
    if last_word == Verdict::Abstain {
        let default = version.set.operation(operation).map(|o| o.no_policy);
        weight = weight.max(Weight::only(default.unwrap_or(Verdict::Deny)));
    }
    let verdict = weight.verdict;
    said.retain(|(_, said)| *said == verdict);
    Decided {
        verdict,
        weight,
        finding,
        missing,
        by: said.into_iter().map(|(id, _)| id).collect(),
    }
}

fn finding(word: Word) -> Finding {
    let reason = |code| Reason {
        code,
        fields: Vec::new(),
    };
    Finding {
        verdict: word.verdict,
        risk: word.risk,
        reasons: word.reasons.into_iter().map(reason).collect(),
        obligations: word.obligations,
    }
}

fn redact(version: Version<'_>, row: &mut Row, obligations: &[Obligation]) {
    let redacting = obligations
        .iter()
        .filter(|o| o.kind == ObligationKind::Redact);
    for (name, treatment) in redacting.flat_map(|obligation| &obligation.arguments) {
        let treatment = Treatment::from_name(treatment);
        if let Some(field) = version.dictionary.by_name(name)
            && treatment.is_none_or(|treatment| treatment < Treatment::Token)
        {
            row.withhold(field.id, "redacted");
        }
    }
}
