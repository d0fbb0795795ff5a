//! That a policy gets no milder as the level of threat rises.
//!
//! It is proven from the expressions where that can be done: for each two neighbouring levels `proof` says how
//! the truth of a condition can change for the same facts, and each change is looked at for what it makes of
//! the policy's finding. Where there is no proof, `trial` decides rows at all levels.

mod proof;
mod trial;

use weft_diagnostic::Diagnostic;
use weft_diagnostic::yaml::{self, Spanned};
use weft_verdict::{Obligation, ObligationKind, Verdict};

use self::proof::{Relation, Rise, Truth, depends};
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};
use crate::codes;
use crate::policy::{Body, Policy, Rule};
use crate::testing::Tested;

/// What a policy says to one row, as far as it can be milder or stricter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said<'a> {
    verdict: Verdict,
    obligations: Vec<&'a Obligation>,
}

impl<'a> Said<'a> {
    fn only(verdict: Verdict) -> Said<'a> {
        Said {
            verdict,
            obligations: Vec::new(),
        }
    }

    /// Whether saying this instead makes no decision milder, whatever other policies say.
    fn may_become(&self, other: &Said<'_>) -> bool {
        verdict_may_become(self.verdict, other.verdict)
            && self.keeps_obligations(other)
            && !other.discloses_more(self)
    }

    /// What has to be done still has to; a refusal needs nothing more.
    fn keeps_obligations(&self, other: &Said<'_>) -> bool {
        let stricter = other.verdict > self.verdict;
        let mut duties = self.obligations.iter();
        let kept = duties.all(|obligation| match obligation.kind {
            ObligationKind::Disclose => true,
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

/// Where another policy allows, saying nothing lets a payment go on; where none does, saying nothing holds it,
/// and a flag releases it. So a flag is milder than nothing and stricter than an allowance.
fn verdict_may_become(before: Verdict, after: Verdict) -> bool {
    match before {
        Verdict::Allow => true,
        Verdict::Abstain => after == Verdict::Abstain || after >= Verdict::Challenge,
        _ => after >= before,
    }
}

/// What there is to say against a policy.
pub(crate) fn check(tested: Tested<'_>) -> Vec<Diagnostic> {
    let Some(level) = tested.given.dictionary.by_name(THREAT_LEVEL) else {
        return Vec::new();
    };
    let policy = tested.policy;
    let rises = (0..MAX_THREAT).map(|from| Rise {
        level: level.id,
        from,
    });
    let rises: Vec<Rise> = rises.collect();
    let conditions = (tested.source.conditions.iter())
        .zip(&policy.conditions)
        .find(|(_, condition)| depends(&condition.expression, level.id));
    let unproven = match &policy.body {
        Body::Plugin(_) => {
            let Some((written, _)) = conditions else {
                return Vec::new();
            };
            let message = "whether a plugin is asked depends on the level of threat, and what it says is not known";
            let help = "remove it from `match`; the plugin can be granted the level itself";
            return vec![refusal(
                tested,
                &written.expression,
                message.to_owned(),
                help,
            )];
        }
        Body::Rules(rules) => rules
            .iter()
            .zip(&tested.source.rules)
            .find(|(rule, _)| !rises.iter().all(|rise| is_proven(policy, rule, rise))),
    };
    let Some((rule, written)) = unproven else {
        return Vec::new();
    };
    // The expression that brings the level in.
    let at = match conditions {
        Some((condition, _)) if !depends(&rule.when, level.id) => &condition.expression,
        _ => &written.when,
    };
    let milder = trial::milder(tested, level.id);
    match milder {
        Some(example) => {
            let message = format!("the policy gets milder as the level of threat rises: {example}");
            let help = "see `weft explain W0310` for what may depend on the level, and how";
            vec![refusal(tested, at, message, help)]
        }
        None if tested.source.tests.is_empty() => {
            let message = format!(
                "that rule `{}` makes nothing milder as the level of threat rises cannot be proven, and there are no tests",
                rule.id
            );
            let help = "add `tests`, or compare a fact with a parameter that has `at_threat`";
            vec![refusal(tested, at, message, help)]
        }
        None => Vec::new(),
    }
}

fn refusal(tested: Tested<'_>, at: &Spanned<String>, message: String, help: &str) -> Diagnostic {
    yaml::error_at(codes::THREAT, tested.file, at, message).help(help)
}

/// Whether nothing that a rise makes of a rule is milder.
fn is_proven(policy: &Policy, rule: &Rule, rise: &Rise) -> bool {
    let mut applies = Relation::always();
    for condition in &policy.conditions {
        applies = applies.and(rise.truth(&condition.expression));
    }
    let fires = rise.truth(&rule.when);
    let said = |applies: Truth, fires: Truth| {
        // The rules are asked only where the policy applies.
        match if applies == Truth::True {
            fires
        } else {
            applies
        } {
            Truth::False => Said::only(Verdict::Abstain),
            Truth::Missing => Said::only(policy.on_missing),
            Truth::Failed => Said::only(policy.on_error),
            Truth::True => Said {
                verdict: rule.finding.verdict,
                obligations: rule.finding.obligations.iter().collect(),
            },
        }
    };
    applies.pairs().all(|(applies, then_applies)| {
        fires.pairs().all(|(fires, then_fires)| {
            said(applies, fires).may_become(&said(then_applies, then_fires))
        })
    })
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
