//! What a policy says to a row, and what of two things said is milder.
//!
//! One order for everything that asks whether a policy loosens: as the level of threat rises, and where a fact
//! is left out.

use weft_dictionary::{Row, Treatment};
use weft_verdict::{Finding, Obligation, ObligationKind, Verdict};

use crate::policy::{Applies, Body, Policy, RuleOutcome};

/// How severe it is, the mildest first. Of two that let a payment wait, that is milder which the customer's step-up
/// clears: it counts as a flag then, and the payment is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weight {
    pub(crate) verdict: Verdict,
    /// Whether no step-up clears it.
    stays: bool,
}

impl Weight {
    /// Of a verdict that a step-up clears.
    pub(crate) const fn cleared(verdict: Verdict) -> Weight {
        Weight {
            verdict,
            stays: false,
        }
    }

    /// Of a verdict that no step-up clears.
    pub(crate) const fn staying(verdict: Verdict) -> Weight {
        Weight {
            verdict,
            stays: true,
        }
    }

    /// How far it is from the mildest: the same number for the same.
    pub(crate) const fn severity(self) -> u8 {
        self.verdict as u8 * 2 + self.stays as u8
    }

    /// Of a verdict with nothing beside it.
    pub(crate) fn only(verdict: Verdict) -> Weight {
        Weight {
            verdict,
            stays: verdict >= Verdict::Challenge,
        }
    }

    /// The mildest objection.
    pub(crate) fn least_objection() -> Weight {
        Weight::cleared(Verdict::Challenge)
    }

    /// As the host discharges a finding: one kind of evidence has to be all that it asks for.
    pub(crate) fn of(finding: &Finding) -> Weight {
        Weight {
            verdict: finding.verdict,
            stays: finding.verdict >= Verdict::Challenge && cleared_by(finding).is_none(),
        }
    }

    /// Whether a step-up clears it.
    pub(crate) fn is_cleared(self) -> bool {
        self.verdict.is_pending() && !self.stays
    }

    /// In a word or a few.
    pub(crate) fn words(self) -> String {
        let verdict = self.verdict.as_str();
        match self.is_cleared() && self.verdict == Verdict::Hold {
            true => format!("{verdict} until a step-up clears it"),
            false => verdict.to_owned(),
        }
    }
}

/// The step-up that clears a finding, if one does.
fn cleared_by(finding: &Finding) -> Option<&Obligation> {
    let duties = finding.obligations.iter();
    let mut step_ups = duties.filter(|duty| duty.kind == ObligationKind::StepUp);
    let first = step_ups.next()?;
    let is_one = step_ups.all(|other| other.arguments == first.arguments);
    (finding.verdict.is_pending() && is_one).then_some(first)
}

/// What a policy says to one row, as far as it can be milder or stricter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    pub(crate) weight: Weight,
    pub(crate) obligations: Vec<&'a Obligation>,
}

impl<'a> Said<'a> {
    pub(crate) fn only(verdict: Verdict) -> Said<'a> {
        Said {
            weight: Weight::only(verdict),
            obligations: Vec::new(),
        }
    }

    /// What a rule says that fires.
    pub(crate) fn by(finding: &'a Finding) -> Said<'a> {
        Said {
            weight: Weight::of(finding),
            obligations: finding.obligations.iter().collect(),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.weight.verdict
    }

    /// In a word or a few.
    pub(crate) fn words(&self) -> String {
        self.weight.words()
    }

    /// Whether saying this instead makes no decision milder, whatever other policies say.
    pub(crate) fn may_become(&self, other: &Said<'_>) -> bool {
        weight_may_become(self.weight, other.weight)
            && self.keeps_obligations(other)
            && !other.discloses_more(self)
    }

    /// Another verdict is said beside it, which no step-up clears.
    fn stands(&mut self, verdict: Verdict) {
        self.weight.verdict = self.verdict().max(verdict);
        self.weight.stays |= verdict >= Verdict::Challenge;
    }

    /// What has to be done still has to; a refusal needs nothing more.
    fn keeps_obligations(&self, other: &Said<'_>) -> bool {
        let stricter = other.weight > self.weight;
        let mut duties = self.obligations.iter();
        let kept = duties.all(|obligation| match obligation.kind {
            // Of two treatments the stricter counts: who is shown less by this may be shown more without it.
            ObligationKind::Disclose
                if other.verdict() >= Verdict::Challenge || is_clear(obligation) =>
            {
                true
            }
            ObligationKind::StepUp if stricter && other.verdict() > Verdict::Challenge => true,
            _ => other.obligations.contains(obligation),
        });
        kept || other.verdict() == Verdict::Deny
    }

    /// Only who is granted something is shown something.
    fn discloses_more(&self, before: &Said<'_>) -> bool {
        let shows = |said: &Said<'_>, obligation: &&Obligation| {
            said.verdict() < Verdict::Challenge && said.obligations.contains(obligation)
        };
        self.obligations
            .iter()
            .filter(|obligation| obligation.kind == ObligationKind::Disclose)
            .any(|obligation| shows(self, obligation) && !shows(before, obligation))
    }
}

/// Whether it takes nothing from what others disclose.
fn is_clear(disclosure: &Obligation) -> bool {
    let mut treatments = disclosure.arguments.values();
    treatments.all(|word| word == Treatment::Clear.as_str())
}

/// Where another policy allows, saying nothing lets a payment go on; where none does, saying nothing holds it,
/// and a flag releases it. So a flag is milder than nothing and stricter than an allowance. What nothing cleared is not
/// cleared by a step-up then.
fn weight_may_become(before: Weight, after: Weight) -> bool {
    match before.verdict {
        Verdict::Allow => true,
        Verdict::Abstain => {
            after.verdict == Verdict::Abstain || after.verdict >= Verdict::Challenge
        }
        _ => after.verdict >= before.verdict && !(before.stays && after.is_cleared()),
    }
}

/// What the policy says, as the host would count it.
pub(crate) fn said<'p>(policy: &'p Policy, row: &Row) -> Said<'p> {
    match policy.matches(row) {
        Applies::No => Said::only(Verdict::Abstain),
        Applies::Missing(_) => Said::only(policy.on_missing),
        Applies::Failed { missing, .. } => Said::only(policy.without_value(&missing)),
        Applies::Yes => said_by(policy, &policy.evaluate(row)),
    }
}

/// What a policy says that applies, by what its rules say.
pub(crate) fn said_by<'p>(policy: &'p Policy, outcome: &RuleOutcome) -> Said<'p> {
    let mut said = Said::only(outcome.finding.verdict);
    if let Body::Rules(rules) = &policy.body {
        let fired = rules.iter().filter(|rule| outcome.fired.contains(&rule.id));
        let fired: Vec<&Finding> = fired.map(|rule| &rule.finding).collect();
        let objections = fired.iter().filter(|finding| finding.verdict.is_pending());
        let mut cleared_by =
            objections.map(|finding| cleared_by(finding).map(|duty| &duty.arguments));
        let first = cleared_by.next().flatten();
        // One kind of evidence has to clear them all.
        let is_cleared = first.is_some() && cleared_by.all(|other| other == first);
        said.weight.stays &= !(is_cleared && said.verdict().is_pending());
        said.obligations = fired
            .iter()
            .flat_map(|finding| &finding.obligations)
            .collect();
    }
    // What stands for missing facts and failures stays.
    if !outcome.missing.is_empty() {
        said.stands(policy.on_missing);
    }
    if outcome.failure.is_some() {
        said.stands(policy.on_error);
    }
    said
}

#[cfg(test)]
mod tests {
    use weft_verdict::Verdict::{self, Abstain, Allow, Challenge, Deny, Flag, Hold};

    use super::{Weight, weight_may_become};

    /// What a payment gets where no policy says anything.
    const WITHOUT: Verdict = Hold;

    fn decided(one: Verdict, other: Verdict) -> Verdict {
        match one.max(other) {
            Abstain => WITHOUT,
            verdict => verdict,
        }
    }

    fn verdict_may_become(before: Verdict, after: Verdict) -> bool {
        weight_may_become(Weight::only(before), Weight::only(after))
    }

    #[test]
    fn what_nothing_cleared_is_not_cleared_then() {
        for verdict in [Challenge, Hold] {
            let stays = Weight::only(verdict);
            let cleared = Weight::cleared(verdict);
            assert!(cleared < stays);
            assert!(weight_may_become(cleared, stays));
            assert!(!weight_may_become(stays, cleared));
        }
    }

    #[test]
    fn no_decision_gets_milder_beside_a_policy_that_says_something() {
        for before in Verdict::ALL {
            for after in Verdict::ALL {
                let beside = |other| decided(before, other) <= decided(after, other);
                let never = [Allow, Flag, Challenge, Hold, Deny].into_iter().all(beside);
                if verdict_may_become(before, after) {
                    assert!(never, "{before:?} to {after:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_that_was_held_without_a_policy_is_released() {
        for before in Verdict::ALL {
            for after in [Allow, Flag] {
                let released = decided(before, Abstain) >= Challenge;
                assert!(!(released && verdict_may_become(before, after)));
            }
        }
    }
}
