//! That a policy gets no milder as the level of threat rises.
//!
//! It is proven from the expressions, or the policy is refused: for each two neighbouring levels `proof` says how
//! the truth of a condition can change for the same facts, and each change is looked at for what it makes of
//! the policy's finding; where that is not enough, once for each case of which facts are there. Where there is no proof, `obstacle` says why and what to write instead, and `trial` looks
//! for a row that shows what is wrong. What policies are to each other, `later` looks at: what one takes away
//! from those of later stages, where it ends the walk before they are asked, and what it says where no other says anything.

mod later;
mod obstacle;
mod presence;
mod proof;
mod relation;
mod silence;
mod trial;
mod work;

pub(crate) use self::later::{Walk, check_later};
pub(crate) use self::work::Work;

use std::cell::{Cell, LazyCell};

use weft_diagnostic::Diagnostic;
use weft_diagnostic::yaml::{self, Spanned};
use weft_dictionary::{FieldId, Treatment};
use weft_verdict::Verdict;

use self::obstacle::Obstacle;
use self::presence::{Case, Presence, repeated};
use self::proof::{Rise, depends};
use self::relation::{Relation, Truth};
use crate::cel::measured::{Facts, Ranges};
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};
use crate::codes;
use crate::limits::{MAX_SOLVER_STEPS, MAX_THREAT_CASES};
use crate::milder::Said;
use crate::policy::{Body, Policy, Rule};
use crate::solve::{Answer, Goal, Mode, Solver, facts_of};
use crate::testing::Tested;

/// What there is to say against a policy.
pub(crate) fn check(tested: Tested<'_>, work: &Work) -> Vec<Diagnostic> {
    let Some(level) = tested.given.dictionary.by_name(THREAT_LEVEL) else {
        return Vec::new();
    };
    let policy = tested.policy;
    let obstacle = Cell::new(None);
    let rises = (0..MAX_THREAT).map(|from| Rise {
        level: level.id,
        from,
        ranges: Ranges {
            dictionary: tested.given.dictionary,
            facts: Facts::Usual,
        },
        case: Case::any(level.id),
        obstacle: &obstacle,
        work,
    });
    let rises: Vec<Rise> = rises.collect();
    let conditions = (tested.source.conditions.iter())
        .zip(&policy.conditions)
        .find(|(_, condition)| depends(&condition.expression, level.id));
    let cases = Cell::new(MAX_THREAT_CASES);
    let unproven = match &policy.body {
        Body::Plugin(_) => {
            let Some((written, _)) = conditions else {
                return granted(tested, level.id);
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
        Body::Rules(rules) => rules.iter().zip(&tested.source.rules).find(|(rule, _)| {
            obstacle.set(None);
            !rises
                .iter()
                .all(|rise| is_proven(policy, rule, rise, &cases))
        }),
    };
    let Some((rule, written)) = unproven else {
        return Vec::new();
    };
    // The expression that brings the level in.
    let at = match conditions {
        Some((condition, _)) if !depends(&rule.when, level.id) => &condition.expression,
        _ => &written.when,
    };
    let explained = "see `weft explain W0310` for what may depend on the level, and how";
    let help = obstacle
        .get()
        .map_or(explained, |obstacle| obstacle.remedy());
    let message = match trial::milder(tested, level.id, work) {
        Some(example) => {
            format!("the policy gets milder as the level of threat rises: {example}")
        }
        None => format!(
            "that rule `{}` makes nothing milder as the level of threat rises cannot be proven: {}",
            rule.id,
            obstacle
                .get()
                .map_or("its condition may change the other way", |obstacle| {
                    obstacle.reason()
                }),
        ),
    };
    vec![refusal(tested, at, message, help)]
}

/// What a plugin that gets the level says at a higher one is not known; nor what it takes away from later policies, which may
/// depend on every fact that it gets.
fn granted(tested: Tested<'_>, level: FieldId) -> Vec<Diagnostic> {
    let last = tested.given.layout.stages.last();
    let is_last = last.is_some_and(|last| last.name == tested.policy.stage);
    let grants = tested
        .source
        .plugin
        .iter()
        .flat_map(|plugin| &plugin.value.grants);
    let known = grants.filter(|grant| {
        let field = tested.given.dictionary.by_name(&grant.field.value);
        grant.treatment > Treatment::Absent && field.is_some_and(|field| field.id == level)
    });
    let told = known.map(|grant| match is_last {
        false => {
            let message = "the plugin gets the level of threat, and what it takes away from later policies is not known";
            let help = "grant the level to plugins of the last stage only";
            refusal(tested, &grant.field, message.to_owned(), help)
        }
        true => {
            let message = "the plugin gets the level of threat, and whether what it says gets milder as that rises is not known";
            let help = format!("remove the grant, or say of `{THREAT_LEVEL}` in metadata.accepts_risk why the plugin only gets stricter");
            refusal(tested, &grant.field, message.to_owned(), &help).warning()
        }
    });
    let is_accepted = is_last && tested.policy.accepts(THREAT_LEVEL);
    told.filter(|_| !is_accepted).collect()
}

fn refusal(tested: Tested<'_>, at: &Spanned<String>, message: String, help: &str) -> Diagnostic {
    yaml::error_at(codes::THREAT, tested.file, at, message).help(help)
}

/// Whether nothing that a rise makes of a rule is milder.
fn is_proven(policy: &Policy, rule: &Rule, rise: &Rise<'_>, cases: &Cell<u32>) -> bool {
    let matches = policy
        .conditions
        .iter()
        .map(|condition| &condition.expression);
    let expressions = || matches.clone().chain([&rule.when]);
    if !expressions().any(|expression| depends(expression, rise.level)) {
        return true;
    }
    let is_allowed = LazyCell::new(|| is_allowed_anyway(policy, rule, rise));
    let tightens = |rise: &Rise<'_>| {
        let applies = matches
            .clone()
            .fold(Relation::always(), |applies, expression| {
                applies.and(rise.truth(expression))
            });
        let fires = rise.truth(&rule.when);
        applies.pairs().all(|applies| {
            fires.pairs().all(|fires| {
                let before = said(policy, rule, applies.0, fires.0);
                let after = said(policy, rule, applies.1, fires.1);
                // A flag that comes is no permission where the policy allows anyway.
                let comes =
                    before.verdict() == Verdict::Abstain && after.verdict() == Verdict::Flag;
                let before = match comes && *is_allowed {
                    true => Said::only(Verdict::Allow),
                    false => before,
                };
                before.may_become(&after)
            })
        })
    };
    in_each_case(rise, &repeated(expressions(), rise.level), cases, &tightens)
}

/// Whether it holds of whatever facts are there, or else of each case by itself.
fn in_each_case(
    rise: &Rise<'_>,
    facts: &[FieldId],
    cases: &Cell<u32>,
    holds: &impl Fn(&Rise<'_>) -> bool,
) -> bool {
    let Some(left) = cases.get().checked_sub(1) else {
        rise.meet(Obstacle::Cases);
        return false;
    };
    cases.set(left);
    if holds(rise) {
        return true;
    }
    let Some((fact, others)) = facts.split_first() else {
        return false;
    };
    Presence::ALL.into_iter().all(|presence| {
        let case = rise.case.with(*fact, presence);
        let rise = Rise {
            case,
            ..rise.clone()
        };
        in_each_case(&rise, others, cases, holds)
    })
}

/// What the policy says because of a rule.
fn said<'a>(policy: &Policy, rule: &'a Rule, applies: Truth, fires: Truth) -> Said<'a> {
    // The rules are asked only where the policy applies.
    match if applies == Truth::True {
        fires
    } else {
        applies
    } {
        Truth::False => Said::only(Verdict::Abstain),
        Truth::Missing => Said::only(policy.on_missing),
        Truth::Failed => Said::only(policy.on_error),
        Truth::Lacking => Said::only(policy.on_error.max(policy.on_missing)),
        Truth::True => Said::by(&rule.finding),
    }
}

/// Whether a rule that allows, whatever the level, fires whenever this one does.
fn is_allowed_anyway(policy: &Policy, rule: &Rule, rise: &Rise<'_>) -> bool {
    let Body::Rules(rules) = &policy.body else {
        return false;
    };
    let dictionary = rise.ranges.dictionary;
    let goal = |node, mode| Goal {
        node,
        mode,
        dictionary,
    };
    let known = facts_of(&rule.when, dictionary);
    let mut conditions = policy.conditions.iter();
    let steady = conditions.all(|condition| !depends(&condition.expression, rise.level));
    steady
        && rules.iter().any(|other| {
            // A fact that only the other names may be missing: then it does not fire.
            let named = facts_of(&other.when, dictionary);
            let goals = [
                goal(&rule.when, Mode::True),
                goal(&other.when, Mode::NotTrue),
            ];
            other.finding.verdict == Verdict::Allow
                && !depends(&other.when, rise.level)
                && named.iter().all(|name| known.contains(name))
                && rise.work.proves(MAX_SOLVER_STEPS)
                && matches!(
                    Solver::new(MAX_SOLVER_STEPS).ask(&goals, &|_| true),
                    Answer::Never(_)
                )
        })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use weft_dictionary::{Dictionary, FieldId};

    use super::in_each_case;
    use super::obstacle::Obstacle;
    use super::presence::Case;
    use super::proof::Rise;
    use super::work::Work;
    use crate::cel::measured::{Facts, Ranges};
    use crate::cel::node::Node;
    use crate::limits::MAX_THREAT_CASES;

    #[test]
    fn too_many_cases_are_no_proof() {
        let mut text = "version: 1\nsections: {payment: P}\nfields:\n".to_owned();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            text.push_str(&format!(
                "  - {{name: payment.{name}, kind: integer, class: public, title: t, meaning: m}}\n"
            ));
        }
        let dictionary = Dictionary::parse("d.yaml", &text).expect("valid");
        let obstacle = Cell::new(None);
        let fields: Vec<FieldId> = dictionary.fields().map(|field| field.id).collect();
        let work = Work::new();
        let rise = Rise {
            level: fields[0],
            from: 0,
            ranges: Ranges {
                dictionary: &dictionary,
                facts: Facts::Usual,
            },
            case: Case::any(fields[0]),
            obstacle: &obstacle,
            work: &work,
        };
        let proven = |facts: &[FieldId]| {
            let cases = Cell::new(MAX_THREAT_CASES);
            let is_known = |rise: &Rise<'_>, fact: &FieldId| {
                let outcomes = rise.case.outcomes(&Node::Has(*fact), rise.ranges);
                outcomes.len() == 1
            };
            let all_known = |rise: &Rise<'_>| facts.iter().all(|fact| is_known(rise, fact));
            in_each_case(&rise, facts, &cases, &all_known)
        };
        assert!(proven(&fields[1..7]));
        assert_eq!(obstacle.get(), None);
        assert!(!proven(&fields[1..8]));
        assert_eq!(obstacle.get(), Some(Obstacle::Cases));
    }
}
