//! What the rest of a set has to say so that a decision ends at a verdict: nothing stricter, and something as mild
//! where the operation would be decided more strictly if no policy said anything.
//!
//! Both are conditions like any other, made of those of the policies, so the solver can be asked for facts with which
//! they hold beside a change. What it finds is only a proposal: whether the decision ends there, the sets say.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use super::impact::{Goals, rules_of};
use super::said::may_permit;
use super::{Differ, Version};
use crate::PolicySet;
use crate::cel::node::Node;
use crate::limits::MAX_SURROUNDING_POLICIES;
use crate::policy::{Policy, Rule, Status};
use crate::solve::Mode;

/// Where a decision can end so that another is stricter, mildest first.
pub(super) const ENDS: [Verdict; 4] = [
    Verdict::Allow,
    Verdict::Flag,
    Verdict::Challenge,
    Verdict::Hold,
];

/// A condition for each end, and how it has to come out; made when it is asked for. None where it is so whatever the
/// facts are.
type ByEnd = [OnceCell<Option<(Node, Mode)>>; ENDS.len()];

/// The conditions of two sets.
pub(super) struct Surroundings([OfSet; 2]);

struct OfSet {
    /// By the place of the policy in the set.
    quiet: Vec<ByEnd>,
    /// By operation.
    permitted: BTreeMap<String, ByEnd>,
}

impl Surroundings {
    pub(super) fn new(old: &PolicySet, new: &PolicySet) -> Surroundings {
        Surroundings([old, new].map(|set| {
            let operations = set.operations().iter();
            OfSet {
                quiet: set.policies().iter().map(|_| ByEnd::default()).collect(),
                permitted: operations
                    .map(|operation| (operation.name.clone(), ByEnd::default()))
                    .collect(),
            }
        }))
    }
}

impl<'a> Differ<'a, '_> {
    /// That a decision of a version ends at a verdict or before, as far as rules say; none if it cannot.
    pub(super) fn ends_at(
        &self,
        version: Version<'a>,
        operation: &str,
        at: Timestamp,
        end: usize,
    ) -> Option<Goals<'a>> {
        let is_new = std::ptr::eq(version.set, self.new.set);
        let of_set = &self.surroundings.0[usize::from(is_new)];
        let set = version.set;
        let last = set.stages().last()?.name.as_str();
        let is_asked = |policy: &Policy| {
            policy.status == Status::Enforced && policy.in_force(at) && policy.covers(operation)
        };
        let mut goals = Goals::new();
        let mut plugins = set.policies().iter().filter(|policy| is_asked(policy));
        let is_permitted = plugins.any(|policy| may_permit(version, policy));
        if !is_permitted && set.operation(operation)?.no_policy > ENDS[end] {
            let permitted = of_set.permitted.get(operation)?[end].get_or_init(|| {
                let policies = set.policies().iter();
                let policies = policies.filter(|p| p.stage == last && is_asked(p));
                let any = any(policies.flat_map(|policy| permissions(policy, ENDS[end])));
                any.map(|any| (any, Mode::True))
            });
            let (node, mode) = permitted.as_ref()?;
            goals.push(self.goal(version, node, *mode));
        }
        let policies = set.policies().iter().zip(&of_set.quiet);
        let policies = policies.filter(|(policy, _)| is_asked(policy));
        for (policy, quiet) in policies.take(MAX_SURROUNDING_POLICIES) {
            let quiet = quiet[end].get_or_init(|| quiet_at(policy, ENDS[end]));
            let quiet = quiet.iter();
            goals.extend(quiet.map(|(node, mode)| self.goal(version, node, *mode)));
        }
        Some(goals)
    }
}

/// That a rule fires which says a verdict or a milder one: a case for each.
fn permissions(policy: &Policy, end: Verdict) -> impl Iterator<Item = Node> {
    let says = move |rule: &&Rule| (Verdict::Allow..=end).contains(&rule.finding.verdict);
    let rules = rules_of(policy).iter().filter(says);
    rules.filter_map(|rule| all(applying(policy).chain([rule.when.clone()])))
}

/// That a policy says nothing stricter than a verdict: it does not apply, or its stricter rules do not fire, and it lacks
/// nothing where it would be stricter then.
fn quiet_at(policy: &Policy, end: Verdict) -> Option<(Node, Mode)> {
    let rules = rules_of(policy);
    let is_strict = |rule: &&Rule| rule.finding.verdict > end;
    let mut strict = rules.iter().filter(is_strict).map(|rule| rule.when.clone());
    if policy.on_missing.max(policy.on_error) <= end {
        let fires = any(strict.by_ref())?;
        return Some((all(applying(policy).chain([fires]))?, Mode::NotTrue));
    }
    let mild = rules.iter().filter(|rule| !is_strict(rule));
    let decided = mild.map(|rule| either(rule.when.clone(), not(rule.when.clone())));
    let quiet = all(applying(policy).chain(strict.map(not)).chain(decided))?;
    let node = match all(applying(policy)) {
        None => quiet,
        Some(applies) => either(not(applies), quiet),
    };
    Some((node, Mode::True))
}

fn applying(policy: &Policy) -> impl Iterator<Item = Node> {
    let conditions = policy.conditions.iter();
    conditions.map(|condition| condition.expression.clone())
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn either(one: Node, two: Node) -> Node {
    Node::Or(Box::new(one), Box::new(two))
}

fn all(nodes: impl Iterator<Item = Node>) -> Option<Node> {
    nodes.reduce(|one, two| Node::And(Box::new(one), Box::new(two)))
}

fn any(nodes: impl Iterator<Item = Node>) -> Option<Node> {
    nodes.reduce(either)
}
