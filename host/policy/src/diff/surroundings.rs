//! What the rest of a set has to say so that a decision ends at a verdict: nothing stricter, and something as mild
//! where the operation would be decided more strictly if no policy said anything.
//!
//! Both are conditions like any other, made of those of the policies, so the solver can be asked for facts with which
//! they hold beside a change. What it finds is only a proposal: whether the decision ends there, the sets say. Where it
//! finds nothing and proves nothing, the same conditions may prove that there is nothing to find.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use weft_dictionary::Timestamp;
use weft_verdict::{ObligationKind, Verdict};

use super::cause::Cause;
use super::impact::Goals;
use super::rank::Way;
use super::said::may_permit;
use super::{Differ, Version};
use crate::PolicySet;
use crate::cel::node::Node;
use crate::limits::{MAX_SURROUNDED_STEPS, MAX_SURROUNDING_POLICIES};
use crate::milder::Weight;
use crate::policy::{Policy, Rule, Status};
use crate::solve::{Answer, Goal, Mode};

/// Where a decision can end so that another is stricter, mildest first.
pub(super) const ENDS: [Weight; 6] = [
    Weight::cleared(Verdict::Allow),
    Weight::cleared(Verdict::Flag),
    Weight::cleared(Verdict::Challenge),
    Weight::staying(Verdict::Challenge),
    Weight::cleared(Verdict::Hold),
    Weight::staying(Verdict::Hold),
];

/// Conditions, and how they have to come out together.
type Want = Vec<(Node, Mode)>;

/// For each end what has to come out so, in one of these ways; made when it is asked for.
type ByEnd = [OnceCell<Vec<Want>>; ENDS.len()];

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
    /// That a decision of a version ends at a verdict or before, as far as rules say: in each way in which it may, so in
    /// none if it cannot.
    pub(super) fn ends_at(
        &self,
        version: Version<'a>,
        operation: &str,
        at: Timestamp,
        end: usize,
    ) -> Vec<Goals<'a>> {
        let is_new = std::ptr::eq(version.set, self.new.set);
        let of_set = &self.surroundings.0[usize::from(is_new)];
        let set = version.set;
        let (Some(last), Some(kind)) = (set.stages().last(), set.operation(operation)) else {
            return Vec::new();
        };
        let is_asked = |policy: &Policy| {
            policy.status == Status::Enforced && policy.in_force(at) && policy.covers(operation)
        };
        let mut quiet = Goals::new();
        let policies = set.policies().iter().zip(&of_set.quiet);
        let policies = policies.filter(|(policy, _)| is_asked(policy));
        for (policy, by_end) in policies.take(MAX_SURROUNDING_POLICIES) {
            let wants =
                by_end[end].get_or_init(|| quiet_at(policy, ENDS[end]).into_iter().collect());
            quiet.extend(wants.iter().flat_map(|want| self.goals(version, want)));
        }
        let mut asked = set.policies().iter().filter(|policy| is_asked(policy));
        if Weight::only(kind.no_policy) <= ENDS[end]
            || asked.any(|policy| may_permit(version, policy))
        {
            return vec![quiet];
        }
        let Some(permitted) = of_set.permitted.get(operation) else {
            return Vec::new();
        };
        let ways = permitted[end].get_or_init(|| {
            let policies = set.policies().iter();
            let policies = policies.filter(|p| p.stage == last.name && is_asked(p));
            permitted_at(&policies.map(AsRef::as_ref).collect::<Vec<_>>(), ENDS[end])
        });
        let with = |want: &'a Want| self.goals(version, want).chain(quiet.clone()).collect();
        ways.iter().map(with).collect()
    }

    fn goals<'w>(&self, version: Version<'w>, want: &'w Want) -> impl Iterator<Item = Goal<'w>> {
        want.iter().map(move |(node, mode)| Goal {
            node,
            mode: *mode,
            dictionary: version.dictionary,
        })
    }

    /// Whether it is proven that no facts that answer these questions move a decision beyond an end by a change alone:
    /// the policy would have to say more than the end, and cannot.
    pub(super) fn is_out_of_reach(
        &self,
        cause: &Cause<'_>,
        way: Way,
        operation: &str,
        questions: &[Goal<'_>],
        end: Weight,
    ) -> bool {
        let policy = match way {
            Way::Milder => &cause.before,
            Way::Stricter => &cause.after,
        };
        let permits =
            [&cause.before, &cause.after].map(|p| self.may_take_away(cause.version, p, operation));
        if permits.contains(&true) {
            return false;
        }
        let mut ways = lacking(policy);
        if Weight::only(policy.on_missing.max(policy.on_error)) <= end {
            ways.clear();
        }
        let rules = policy.rules().iter();
        let strict = rules.filter(|rule| Weight::of(&rule.finding) > end);
        if let Some(fires) = any(strict.map(|rule| rule.when.clone())) {
            let mut want: Want = applying(policy).map(|node| (node, Mode::True)).collect();
            want.push((fires, Mode::True));
            ways.push(want);
        }
        let solver = self.solver.for_now();
        ways.iter().all(|want| {
            let more = self.goals(cause.version, want);
            let goals: Vec<Goal<'_>> = questions.iter().copied().chain(more).collect();
            let answer = solver.ask_beside(&goals, &[], MAX_SURROUNDED_STEPS, &|_| false);
            matches!(answer, Answer::Never(_))
        })
    }

    /// Whether a decision may get stricter by what a policy does not say any more: where it let something go on, hid a fact
    /// from others, or ended the walk.
    fn may_take_away(&self, version: Version<'_>, policy: &Policy, operation: &str) -> bool {
        let default = version.set.operation(operation).map(|o| o.no_policy);
        let rules = policy.rules().iter();
        let mut says = rules
            .map(|rule| rule.finding.verdict)
            .chain([policy.on_missing, policy.on_error]);
        let permits =
            says.any(|v| v >= Verdict::Allow && default.is_none_or(|default| v < default));
        let mut duties = policy
            .rules()
            .iter()
            .flat_map(|rule| &rule.finding.obligations);
        let mut stages = version.set.stages().iter();
        permits
            || duties.any(|duty| duty.kind == ObligationKind::Redact)
            || stages.any(|stage| stage.stop_at.is_some_and(|stop_at| stop_at < Verdict::Deny))
    }
}

/// The ways in which one of these policies lets it go on, at most at a verdict: a rule says so, or what stands for a fact
/// that it lacks.
fn permitted_at(policies: &[&Policy], end: Weight) -> Vec<Want> {
    let rules = policies.iter().flat_map(|policy| permissions(policy, end));
    let mut ways: Vec<Want> = any(rules)
        .map(|any| vec![(any, Mode::True)])
        .into_iter()
        .collect();
    let permits = |verdict| verdict >= Verdict::Allow && Weight::only(verdict) <= end;
    let mild = policies
        .iter()
        .filter(|p| permits(p.on_missing) || permits(p.on_error));
    ways.extend(mild.flat_map(|policy| lacking(policy)));
    ways
}

/// The ways in which a policy cannot tell: whether it applies, or whether a rule fires.
fn lacking(policy: &Policy) -> Vec<Want> {
    let neither = |node: Node| [(node.clone(), Mode::NotTrue), (node, Mode::NotFalse)];
    let mut ways: Vec<Want> = Vec::new();
    for (number, condition) in applying(policy).enumerate() {
        let others = applying(policy).enumerate().filter(|(n, _)| *n != number);
        let mut want: Want = others.map(|(_, node)| (node, Mode::NotFalse)).collect();
        want.extend(neither(condition));
        ways.push(want);
    }
    for rule in policy.rules() {
        let mut want: Want = applying(policy).map(|node| (node, Mode::True)).collect();
        want.extend(neither(rule.when.clone()));
        ways.push(want);
    }
    ways
}

/// That a rule fires which says a verdict or a milder one: a case for each.
fn permissions(policy: &Policy, end: Weight) -> impl Iterator<Item = Node> {
    let says = move |rule: &&Rule| {
        let weight = Weight::of(&rule.finding);
        weight.verdict >= Verdict::Allow && weight <= end
    };
    let rules = policy.rules().iter().filter(says);
    rules.filter_map(|rule| all(applying(policy).chain([rule.when.clone()])))
}

/// That a policy says nothing stricter than a verdict: it does not apply, or its stricter rules do not fire, and it lacks
/// nothing where it would be stricter then.
fn quiet_at(policy: &Policy, end: Weight) -> Option<Want> {
    let rules = policy.rules();
    let is_strict = |rule: &&Rule| Weight::of(&rule.finding) > end;
    let mut strict = rules.iter().filter(is_strict).map(|rule| rule.when.clone());
    // Of what has no value it is not known here whether a fact is missing or something fails.
    if Weight::only(policy.on_missing.min(policy.on_error)) <= end {
        let fires = any(strict.by_ref())?;
        return Some(vec![(all(applying(policy).chain([fires]))?, Mode::NotTrue)]);
    }
    let mild = rules.iter().filter(|rule| !is_strict(rule));
    let decided = mild.map(|rule| either(rule.when.clone(), not(rule.when.clone())));
    let quiet = all(applying(policy).chain(strict.map(not)).chain(decided))?;
    let node = match all(applying(policy)) {
        None => quiet,
        Some(applies) => either(not(applies), quiet),
    };
    Some(vec![(node, Mode::True)])
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
