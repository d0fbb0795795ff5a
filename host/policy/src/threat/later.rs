//! That a higher level of threat makes no decision milder by what policies are to each other.
//!
//! What a rule says is beside what all others say (`silence`). And two ways lead from a policy to a later one: a fact that it takes away (`redact`), and the end of the walk (`stop_at`)
//! before the later one is asked. Where one of them depends on the level, the later policy is looked at without the fact,
//! or not asked, beside what it says at a lower level.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use weft_diagnostic::{Diagnostic, Place};
use weft_dictionary::{Dictionary, FieldId, Treatment};
use weft_verdict::{ObligationKind, Verdict};

use super::presence::Case;
use super::proof::depends;
use super::relation::{Relation, Truth};
use super::said;
use super::silence::Moment;
use super::work::Work;
use crate::cel::measured::{Facts, Ranges};
use crate::cel::node::Node;
use crate::cel::parameter::THREAT_LEVEL;
use crate::check::Given;
use crate::codes;
use crate::load::is_asked;
use crate::pipeline::Layout;
use crate::policy::{Body, Policy, Rule};

/// What there is to say of policies together; each stands in the file of the same number.
pub(crate) fn check_later(
    given: Given<'_>,
    policies: &[Arc<Policy>],
    files: &[&str],
    work: &Work,
) -> Vec<Diagnostic> {
    let Some(level) = given.dictionary.by_name(THREAT_LEVEL) else {
        return Vec::new();
    };
    let walk = Walk::new(given.dictionary, given.layout, policies, level.id, work);
    let mut problems = Vec::new();
    for (policy, file) in policies.iter().zip(files) {
        let Body::Rules(rules) = &policy.body else {
            continue;
        };
        let follows = |rule: &&Rule| is_asked(policy.status) && walk.depends_on_level(policy, rule);
        for rule in rules.iter().filter(follows) {
            let most = rule.finding.verdict.max(policy.without_value_at_most());
            let of_later = walk.milder_later(policy, rule, most).map(|found| Found {
                message: format!("a higher level of threat {}", found.message),
                help: format!(
                    "{}, or let nothing in `{}` depend on the level",
                    found.help, policy.id
                ),
            });
            let found = of_later.or_else(|| walk.milder_than_silence(policy, rule));
            if let Some(Found { message, help }) = found {
                let place = walk.place(policy, rule);
                problems.push(Diagnostic::error(codes::THREAT, *file, place, message).help(help));
            }
        }
    }
    problems
}

/// All policies, in the order of their stages.
pub(crate) struct Walk<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) layout: &'a Layout,
    pub(super) policies: &'a [Arc<Policy>],
    pub(super) level: FieldId,
    pub(super) work: &'a Work,
    /// How a policy may get milder without a fact, by its address.
    known: RefCell<HashMap<(*const Policy, FieldId), Option<String>>>,
    /// When a policy may be the only one to say something, by its address.
    pub(super) moments: RefCell<HashMap<*const Policy, Rc<Vec<Moment<'a>>>>>,
}

/// What is wrong, and what to do.
pub(crate) struct Found {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        dictionary: &'a Dictionary,
        layout: &'a Layout,
        policies: &'a [Arc<Policy>],
        level: FieldId,
        work: &'a Work,
    ) -> Walk<'a> {
        Walk {
            dictionary,
            layout,
            policies,
            level,
            work,
            known: RefCell::default(),
            moments: RefCell::default(),
        }
    }

    /// What a rule that fires does to policies of later stages, where it says this much at most.
    pub(crate) fn milder_later(
        &self,
        policy: &'a Policy,
        rule: &Rule,
        most: Verdict,
    ) -> Option<Found> {
        self.taken_from_later(policy, rule)
            .or_else(|| self.ends_before_later(policy, most))
    }

    fn depends_on_level(&self, policy: &Policy, rule: &Rule) -> bool {
        let mut conditions = policy.conditions.iter();
        depends(&rule.when, self.level)
            || conditions.any(|condition| depends(&condition.expression, self.level))
    }

    /// Where the level comes in.
    fn place(&self, policy: &Policy, rule: &Rule) -> Place {
        let mut conditions = policy.conditions.iter();
        let condition = conditions.find(|condition| depends(&condition.expression, self.level));
        match condition {
            Some(condition) if !depends(&rule.when, self.level) => condition.place,
            _ => rule.place,
        }
    }

    pub(super) fn stage(&self, policy: &Policy) -> usize {
        let mut stages = self.layout.stages.iter();
        let found = stages.position(|stage| stage.name == policy.stage);
        found.unwrap_or(self.layout.stages.len())
    }

    /// The policies that may be asked about the same request in a later stage.
    fn later(&self, policy: &'a Policy) -> impl Iterator<Item = &'a Policy> {
        let stage = self.stage(policy);
        let operations = self.layout.operations.iter();
        let shared = operations.filter(|operation| policy.covers(&operation.name));
        let shared: Vec<&str> = shared.map(|operation| operation.name.as_str()).collect();
        let others = self.policies.iter().map(Arc::as_ref);
        others.filter(move |other| {
            self.stage(other) > stage
                && is_asked(policy.status)
                && is_asked(other.status)
                && policy.overlaps(other)
                && shared.iter().any(|operation| other.covers(operation))
        })
    }

    /// A fact that the rule takes away, and a later policy that is milder without it.
    fn taken_from_later(&self, policy: &'a Policy, rule: &Rule) -> Option<Found> {
        let redactions = rule.finding.obligations.iter();
        let redactions = redactions.filter(|duty| duty.kind == ObligationKind::Redact);
        let taken = redactions.flat_map(|duty| &duty.arguments);
        // As the host walks: with a token a fact is still there for policies.
        let taken = taken.filter(|(_, word)| {
            Treatment::from_name(word).is_none_or(|treatment| treatment < Treatment::Token)
        });
        let taken = taken.filter_map(|(name, _)| self.dictionary.by_name(name));
        let taken: Vec<_> = taken.collect();
        self.later(policy).find_map(|later| {
            let lost = taken
                .iter()
                .find_map(|field| Some((field, self.lost(later, field.id)?)));
            let (field, lost) = lost?;
            let message = format!(
                "takes `{}` away from `{}` ({}), which may then be milder: {lost}",
                field.name, later.id, later.path
            );
            let help = format!(
                "let `{}` say as much where `{}` is missing (on_missing)",
                later.id, field.name
            );
            Some(Found { message, help })
        })
    }

    /// How a policy may get milder when a fact is taken from it. That is looked at once.
    fn lost(&self, policy: &'a Policy, field: FieldId) -> Option<String> {
        if !self.work.proves(1) {
            return Some(
                "the search for proofs of all policies ended at its bound before".to_owned(),
            );
        }
        let key = (std::ptr::from_ref(policy), field);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = self.looked_at(policy, field);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    fn looked_at(&self, policy: &'a Policy, field: FieldId) -> Option<String> {
        let asked = policy
            .conditions
            .iter()
            .any(|condition| reads(&condition.expression, field));
        let found = match &policy.body {
            Body::Rules(rules) => {
                let rules = rules.iter();
                rules
                    .filter(|rule| asked || reads(&rule.when, field))
                    .find_map(|rule| self.lost_by(policy, rule, field))
            }
            Body::Plugin(plugin) => {
                let granted = plugin
                    .grants
                    .iter()
                    .any(|grant| grant.field == field && grant.treatment > Treatment::Absent);
                (granted || asked && policy.on_missing < Verdict::Deny)
                    .then(|| "what its plugin says with and without it is not known".to_owned())
            }
        };
        let is_read = || match &policy.body {
            Body::Rules(rules) => asked || rules.iter().any(|rule| reads(&rule.when, field)),
            Body::Plugin(_) => asked,
        };
        found.or_else(|| {
            let cut = self.cut_off(policy, policy.on_missing)?;
            is_read().then_some(cut)
        })
    }

    /// How a rule may say less when a fact is taken away.
    fn lost_by(&self, policy: &'a Policy, rule: &Rule, field: FieldId) -> Option<String> {
        let applies = policy.conditions.iter().map(|c| &c.expression);
        let applies = applies.fold(Relation::always(), |applies, expression| {
            applies.and(self.without(expression, field))
        });
        let fires = self.without(&rule.when, field);
        let mut pairs = applies
            .pairs()
            .flat_map(|applies| fires.pairs().map(move |fires| (applies, fires)));
        pairs.find_map(|(applies, fires)| {
            let before = said(policy, rule, applies.0, fires.0);
            let after = said(policy, rule, applies.1, fires.1);
            if before.may_become(&after) {
                let silent = before.verdict() == Verdict::Abstain;
                return silent
                    .then(|| self.less_than_silence(policy, after.weight, field))
                    .flatten();
            }
            let (with, without) = (before.words(), after.words());
            Some(match with == without {
                true => format!("the obligations of its rule `{}` may go", rule.id),
                false => format!(
                    "with it the rule `{}` may lead to {with}, without it to {without}",
                    rule.id
                ),
            })
        })
    }

    /// What becomes of the truth of a condition when a fact is taken away.
    fn without(&self, node: &Node, field: FieldId) -> Relation {
        if !self.work.looks_at(node) {
            return Relation::ANY;
        }
        let unchanged = Relation::unchanged(&Truth::ALL);
        let relation = match reads(node, field) {
            false => unchanged,
            true => {
                let gone = Truth::ALL.map(|truth| (truth, Truth::Missing));
                let gone = gone.into_iter().chain([(Truth::Failed, Truth::Lacking)]);
                gone.fold(unchanged, |all, (before, after)| all.with(before, after))
            }
        };
        let ranges = Ranges {
            dictionary: self.dictionary,
            facts: Facts::Usual,
        };
        relation.among(Case::any(self.level).outcomes(node, ranges))
    }

    /// Whether the policy may end the walk before a later policy is asked.
    fn ends_before_later(&self, policy: &'a Policy, most: Verdict) -> Option<Found> {
        let cut = self.cut_off(policy, most)?;
        Some(Found {
            message: format!("may end the walk too early: {cut}"),
            help: format!(
                "write stop_at: deny for the stage `{}` in pipeline.yaml",
                policy.stage
            ),
        })
    }

    /// What is not asked any more when a policy says this much.
    fn cut_off(&self, policy: &'a Policy, verdict: Verdict) -> Option<String> {
        let stage = self.layout.stages.get(self.stage(policy))?;
        let stop_at = stage.stop_at.filter(|stop_at| verdict >= *stop_at)?;
        if stop_at == Verdict::Deny {
            return None;
        }
        let cut = self
            .later(policy)
            .find(|later| may_say_more(later, stop_at))?;
        Some(format!(
            "where `{}` says {}, the stage `{}` ends before `{}` ({}) is asked, which may say more",
            policy.id,
            stop_at.as_str(),
            stage.name,
            cut.id,
            cut.path
        ))
    }
}

/// Whether a policy may add something to this verdict.
fn may_say_more(policy: &Policy, verdict: Verdict) -> bool {
    policy.without_value_at_most() > verdict
        || match &policy.body {
            Body::Plugin(_) => true,
            Body::Rules(rules) => rules
                .iter()
                .any(|rule| rule.finding.verdict > verdict || !rule.finding.obligations.is_empty()),
        }
}

/// Whether an expression rests on a fact, or asks whether it is there.
fn reads(node: &Node, field: FieldId) -> bool {
    match node {
        Node::Field(id) | Node::Has(id) => *id == field,
        Node::Parameter(threshold) => threshold.level == Some(field),
        other => other.children().into_iter().any(|part| reads(part, field)),
    }
}
