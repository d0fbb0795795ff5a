//! That a higher level of threat makes nothing milder than that nobody says anything.
//!
//! Where no policy of the last stage says anything, the operation's `no_policy` counts: hold or deny. What comes with a
//! higher level and is less than that makes the decision milder, unless somebody says something without it, too. That is
//! asked of the solver: whether all can be silent at one level, where the policy says so little at the next. Policies
//! count that are enforced whenever this one is in force. What a plugin says is not known: one that is asked is taken to say something.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use weft_dictionary::{FieldId, Timestamp, Value};
use weft_verdict::Verdict;

use super::later::{Found, Walk};
use super::trial;
use crate::Operation;
use crate::cel::node::{Constant, Node};
use crate::cel::parameter::MAX_THREAT;
use crate::limits::MAX_SOLVER_STEPS;
use crate::milder::Weight;
use crate::policy::{Policy, Rule, Status};
use crate::silence::{Wanted, all, objects_less, silent, weight};
use crate::solve::{Answer, Facts, Goal, Mode, Solver};

const REMEDY: &str = "say at least as much as no_policy, or let another enforced policy of the last stage say something, as `allow`, whenever \
                      this one may";

/// An operation at an instant, at one level of threat.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    operation: &'a Operation,
    at: Timestamp,
    level: usize,
}

impl<'a> Walk<'a> {
    /// A rule that comes with a higher level and says less than `no_policy` where nobody said anything.
    pub(super) fn milder_than_silence(&self, policy: &'a Policy, rule: &'a Rule) -> Option<Found> {
        let gap = Weight::only(policy.on_missing.min(policy.on_error));
        let fired = Weight::of(&rule.finding);
        self.moments(policy).iter().find_map(|moment| {
            let moment = *moment;
            let silence = Weight::only(moment.operation.no_policy);
            let next = |node: &Node| at_level(node, self.level, moment.level + 1);
            let conditions = policy.conditions.iter().map(|c| next(&c.expression));
            let fires = all(conditions.chain([next(&rule.when)]));
            let mut questions: Vec<Vec<Wanted>> = Vec::new();
            if objects_less(fired, silence) {
                let mut goals = vec![(fires.clone(), Mode::True)];
                let stricter = |other: &&Rule| Weight::of(&other.finding) >= silence;
                let stricter = policy.rules().iter().filter(stricter);
                goals.extend(stricter.map(|other| (next(&other.when), Mode::NotTrue)));
                questions.push(goals);
            }
            if objects_less(gap, silence) {
                questions.push(vec![(fires.clone(), Mode::NotTrue), (fires, Mode::NotFalse)]);
            }
            let milder = |facts: &Facts| self.milder(policy, moment, facts);
            let asked = |goals| {
                let confirms = |facts: &Facts| milder(facts).is_some();
                self.can_be_silent(policy, moment, goals, &confirms)
            };
            let mut answers = questions.into_iter().map(asked);
            let message = match answers.find(|answer| !matches!(answer, Answer::Never(_)))? {
                Answer::Example(facts) => {
                    let facts = facts.fewest(&|facts| milder(facts).is_some());
                    self.shown(moment, &facts, milder(&facts)?)
                }
                _ => format!(
                    "that `{}` gets no milder as the level of threat rises cannot be proven: where nobody says anything it is {} (no_policy), \
                     and rule `{}` may make it less at level {}",
                    moment.operation.name,
                    moment.operation.no_policy.as_str(),
                    rule.id,
                    moment.level + 1
                ),
            };
            Some(Found {
                message,
                help: REMEDY.to_owned(),
            })
        })
    }

    fn shown(&self, moment: Moment<'_>, facts: &Facts, after: Weight) -> String {
        format!(
            "`{}` gets milder as the level of threat rises: {} at level {}, where nobody says anything (no_policy), {} at level {}{}",
            moment.operation.name,
            moment.operation.no_policy.as_str(),
            moment.level,
            after.words(),
            moment.level + 1,
            trial::facts(self.dictionary, self.level, &facts.row(self.dictionary))
        )
    }

    /// How a policy may say less without a fact than `no_policy`, where with the fact nobody says anything.
    pub(super) fn less_than_silence(
        &self,
        policy: &'a Policy,
        without: Weight,
        field: FieldId,
    ) -> Option<String> {
        self.moments(policy).iter().find_map(|moment| {
            let moment = *moment;
            let operation = moment.operation;
            if !objects_less(without, Weight::only(operation.no_policy)) {
                return None;
            }
            let there = vec![(Node::Has(field), Mode::True)];
            let answer = self.can_be_silent(policy, moment, there, &|_| true);
            (!matches!(answer, Answer::Never(_))).then(|| {
                format!(
                    "with it nobody may say anything, and `{}` ends with {} (no_policy), without it with {}",
                    operation.name,
                    operation.no_policy.as_str(),
                    without.verdict.as_str()
                )
            })
        })
    }

    /// The operations about which a policy of the last stage is asked, at each level below the highest, and whenever other
    /// policies are beside it. That is looked at once.
    fn moments(&self, policy: &'a Policy) -> Rc<Vec<Moment<'a>>> {
        let key = std::ptr::from_ref(policy);
        if let Some(known) = self.moments.borrow().get(&key) {
            return Rc::clone(known);
        }
        let is_last = self.stage(policy) + 1 == self.layout.stages.len();
        let operations = self.layout.operations.iter();
        let about = operations.filter(|operation| is_last && policy.covers(&operation.name));
        let moments: Vec<Moment<'a>> = about
            .flat_map(|operation| self.moments_about(policy, operation))
            .collect();
        let moments = Rc::new(moments);
        self.moments.borrow_mut().insert(key, Rc::clone(&moments));
        moments
    }

    fn moments_about(&self, policy: &'a Policy, operation: &'a Operation) -> Vec<Moment<'a>> {
        let others = self
            .policies
            .iter()
            .flat_map(|other| [Some(other.from), other.until]);
        let instants = others.flatten().chain([policy.from]);
        let instants: BTreeSet<Timestamp> = instants.filter(|at| policy.in_force(*at)).collect();
        let mut known: Vec<Vec<*const Policy>> = Vec::new();
        let mut moments = Vec::new();
        for at in instants {
            let moment = |level| Moment {
                operation,
                at,
                level,
            };
            // Where no more is done, nothing is proven either.
            let goes_on = self.work.proves(self.policies.len() as u64);
            let beside = self.beside(policy, moment(0)).map(std::ptr::from_ref);
            let beside: Vec<*const Policy> = beside.collect();
            if !known.contains(&beside) {
                known.push(beside);
                moments.extend((0..MAX_THREAT).map(moment));
            }
            if !goes_on {
                break;
            }
        }
        moments
    }

    /// Whether nobody of the last stage says anything where this holds.
    fn can_be_silent(
        &self,
        policy: &'a Policy,
        moment: Moment<'_>,
        mut wanted: Vec<Wanted>,
        confirms: &dyn Fn(&Facts) -> bool,
    ) -> Answer {
        if !self.work.proves(1) {
            return Answer::Unknown;
        }
        for one in self.beside(policy, moment).chain([policy]) {
            let fixed = |node: &Node| at_level(node, self.level, moment.level);
            wanted.push(silent(one, fixed));
        }
        let size: usize = wanted.iter().map(|(node, _)| node.size()).sum();
        if !self.work.proves(size as u64) {
            return Answer::Unknown;
        }
        let goals: Vec<Goal<'_>> = wanted
            .iter()
            .map(|(node, mode)| Goal {
                node,
                mode: *mode,
                dictionary: self.dictionary,
            })
            .collect();
        let solver = Solver::new(MAX_SOLVER_STEPS);
        let answer = solver.ask(&goals, confirms);
        self.work.solved(MAX_SOLVER_STEPS - solver.left());
        answer
    }

    /// The others that count in the last stage.
    fn beside(&self, policy: &'a Policy, moment: Moment<'_>) -> impl Iterator<Item = &'a Policy> {
        let others = self.policies.iter().map(Arc::as_ref);
        others.filter(move |other| {
            !std::ptr::eq(*other, policy)
                && other.status == Status::Enforced
                && other.stage == policy.stage
                && other.in_force(moment.at)
                && other.covers(&moment.operation.name)
        })
    }

    /// What all say together at the next level, if it is less than `no_policy` and nobody says anything at this one.
    fn milder(&self, policy: &'a Policy, moment: Moment<'_>, facts: &Facts) -> Option<Weight> {
        let everybody: Vec<&Policy> = self.beside(policy, moment).chain([policy]).collect();
        let steps: u64 = everybody.iter().map(|one| one.steps()).sum();
        // At each of two levels.
        if !self.work.tries(steps.saturating_mul(2)) {
            return None;
        }
        let said_at = |level: usize| {
            let mut row = facts.row(self.dictionary);
            let level = Value::Integer(i64::try_from(level).ok()?);
            row.set(self.dictionary, self.level, level).ok()?;
            everybody.iter().map(|one| weight(one, &row)).max()
        };
        let is_silent = said_at(moment.level)?.verdict == Verdict::Abstain;
        let less =
            |weight: &Weight| objects_less(*weight, Weight::only(moment.operation.no_policy));
        said_at(moment.level + 1).filter(|weight| is_silent && less(weight))
    }
}

/// The same at one level of threat.
fn at_level(node: &Node, field: FieldId, level: usize) -> Node {
    let mut fixed = node.clone();
    fix(&mut fixed, field, level);
    fixed
}

fn fix(node: &mut Node, field: FieldId, level: usize) {
    let value = match node {
        Node::Has(id) if *id == field => Some(Constant::Boolean(true)),
        Node::Field(id) if *id == field => i64::try_from(level).ok().map(Constant::Integer),
        Node::Parameter(threshold) if threshold.level.is_some() => {
            threshold.values.get(level).cloned()
        }
        _ => None,
    };
    match value {
        Some(value) => *node = Node::Constant(value),
        None => {
            for child in node.children_mut() {
                fix(child, field, level);
            }
        }
    }
}
