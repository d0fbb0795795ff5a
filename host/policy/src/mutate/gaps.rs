//! Mistakes in what is said where a fact is missing or something fails: the next milder verdict.

use weft_dictionary::Dictionary;
use weft_verdict::Verdict;

use crate::cel::measured::{Facts, Ranges};
use crate::cel::node::Node;
use crate::cel::types::Type;
use crate::policy::Policy;
use crate::solve::facts_of;

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    OnMissing(Verdict),
    OnError(Verdict),
}

impl Mistake {
    pub(super) fn all(policy: &Policy) -> Vec<Mistake> {
        let on_missing = milder(policy.on_missing).map(Mistake::OnMissing);
        let on_error = milder(policy.on_error).map(Mistake::OnError);
        on_missing.into_iter().chain(on_error).collect()
    }

    /// Makes it.
    pub(super) fn make(self, policy: &mut Policy) {
        match self {
            Mistake::OnMissing(verdict) => policy.on_missing = verdict,
            Mistake::OnError(verdict) => policy.on_error = verdict,
        }
    }

    pub(super) fn words(self, policy: &Policy) -> String {
        let (key, was, is) = match self {
            Mistake::OnMissing(is) => ("on_missing", policy.on_missing, is),
            Mistake::OnError(is) => ("on_error", policy.on_error, is),
        };
        format!("{key} is {} instead of {}", is.as_str(), was.as_str())
    }

    /// Why it makes no difference, where that is proven.
    pub(super) fn why_none(self, policy: &Policy, dictionary: &Dictionary) -> Option<&'static str> {
        let mut all = expressions(policy);
        match self {
            Mistake::OnMissing(_) => all
                .all(|node| facts_of(node, dictionary).is_empty())
                .then_some("no condition rests on a fact, so none is missing"),
            Mistake::OnError(_) => {
                let fails = |facts| {
                    let ranges = Ranges { dictionary, facts };
                    expressions(policy).any(|node| ranges.can_fail(node))
                };
                if !fails(Facts::Any) {
                    return Some(CANNOT_FAIL);
                }
                let ranges = Ranges {
                    dictionary,
                    facts: Facts::Any,
                };
                let of_times = all.all(|node| computes_instants_only(node, ranges));
                (of_times && !fails(Facts::Usual)).then_some(CANNOT_FAIL_AS_WRITTEN)
            }
        }
    }
}

const CANNOT_FAIL: &str =
    "no condition can fail where its facts are there, and on_missing is said where they are not";
const CANNOT_FAIL_AS_WRITTEN: &str = "no condition can fail where its facts are there, but with an instant that no message can write";

/// What is computed are instants; they are written up to the year 9999, and are added to thresholds.
fn computes_instants_only(node: &Node, ranges: Ranges<'_>) -> bool {
    let own = match node {
        Node::Arithmetic(..) => ranges.kind(node) == Type::Instant,
        _ => true,
    };
    let mut children = node.children().into_iter();
    own && children.all(|child| computes_instants_only(child, ranges))
}

fn milder(verdict: Verdict) -> Option<Verdict> {
    let milder = Verdict::ALL.into_iter().filter(|one| *one < verdict);
    milder.max()
}

fn expressions(policy: &Policy) -> impl Iterator<Item = &Node> {
    let conditions = policy.conditions.iter().map(|one| &one.expression);
    conditions.chain(policy.rules().iter().map(|rule| &rule.when))
}
