//! What a policy says to a row, and what of two things said is milder.
//!
//! One order for everything that asks whether a policy loosens: as the level of threat rises, and where a fact
//! is left out.

use weft_dictionary::{Row, Treatment};
use weft_verdict::{Obligation, ObligationKind, Verdict};

use crate::policy::{Applies, Body, Policy};

/// What a policy says to one row, as far as it can be milder or stricter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    pub(crate) verdict: Verdict,
    pub(crate) obligations: Vec<&'a Obligation>,
}

impl<'a> Said<'a> {
    pub(crate) fn only(verdict: Verdict) -> Said<'a> {
        Said {
            verdict,
            obligations: Vec::new(),
        }
    }

    /// Whether saying this instead makes no decision milder, whatever other policies say.
    pub(crate) fn may_become(&self, other: &Said<'_>) -> bool {
        verdict_may_become(self.verdict, other.verdict)
            && self.keeps_obligations(other)
            && !other.discloses_more(self)
    }

    /// What has to be done still has to; a refusal needs nothing more.
    fn keeps_obligations(&self, other: &Said<'_>) -> bool {
        let stricter = other.verdict > self.verdict;
        let mut duties = self.obligations.iter();
        let kept = duties.all(|obligation| match obligation.kind {
            // Of two treatments the stricter counts: who is shown less by this may be shown more without it.
            ObligationKind::Disclose
                if other.verdict >= Verdict::Challenge || is_clear(obligation) =>
            {
                true
            }
            ObligationKind::StepUp if stricter && other.verdict > Verdict::Challenge => true,
            _ => other.obligations.contains(obligation),
        });
        kept || other.verdict == Verdict::Deny
    }

    /// Only who is granted something is shown something.
    fn discloses_more(&self, before: &Said<'_>) -> bool {
        let shows = |said: &Said<'_>, obligation: &&Obligation| {
            said.verdict < Verdict::Challenge && said.obligations.contains(obligation)
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
/// and a flag releases it. So a flag is milder than nothing and stricter than an allowance.
fn verdict_may_become(before: Verdict, after: Verdict) -> bool {
    match before {
        Verdict::Allow => true,
        Verdict::Abstain => after == Verdict::Abstain || after >= Verdict::Challenge,
        _ => after >= before,
    }
}

/// What the policy says, as the host would count it.
pub(crate) fn said<'p>(policy: &'p Policy, row: &Row) -> Said<'p> {
    match policy.matches(row) {
        Applies::No => return Said::only(Verdict::Abstain),
        Applies::Missing(_) => return Said::only(policy.on_missing),
        Applies::Failed { missing, .. } => return Said::only(policy.without_value(&missing)),
        Applies::Yes => {}
    }
    let outcome = policy.evaluate(row);
    let mut said = Said::only(outcome.finding.verdict);
    if !outcome.missing.is_empty() {
        said.verdict = said.verdict.max(policy.on_missing);
    }
    if outcome.failure.is_some() {
        said.verdict = said.verdict.max(policy.on_error);
    }
    if let Body::Rules(rules) = &policy.body {
        let fired = rules.iter().filter(|rule| outcome.fired.contains(&rule.id));
        said.obligations = fired.flat_map(|rule| &rule.finding.obligations).collect();
    }
    said
}

#[cfg(test)]
mod tests {
    use weft_verdict::Verdict::{self, Abstain, Allow, Challenge, Deny, Flag, Hold};

    use super::verdict_may_become;

    /// What a payment gets where no policy says anything.
    const WITHOUT: Verdict = Hold;

    fn decided(one: Verdict, other: Verdict) -> Verdict {
        match one.max(other) {
            Abstain => WITHOUT,
            verdict => verdict,
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
