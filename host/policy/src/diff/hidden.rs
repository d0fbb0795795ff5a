//! What a policy takes away from those of later stages: they say something else by it, of facts that it does not ask itself.

use weft_dictionary::Treatment;
use weft_verdict::{ObligationKind, Verdict};

use super::impact::{Goals, nodes};
use super::pairs::Pair;
use super::{Differ, Version};
use crate::limits::MAX_HIDDEN_QUESTIONS;
use crate::policy::{Policy, Rule, Status};
use crate::solve::facts_of;

impl<'a> Differ<'a, '_> {
    /// That a rule fires which takes a fact away, where one of a later stage would fire with it.
    pub(super) fn hidden(&self, pair: Pair<'a>) -> Vec<Goals<'a>> {
        let versions = [(self.old, pair.old), (self.new, pair.new)];
        let questions = versions
            .into_iter()
            .filter_map(|(version, policy)| Some((version, policy?)))
            .flat_map(|(version, policy)| {
                let rules = policy.rules().iter().zip(self.firing(version, policy));
                rules.flat_map(move |(rule, fires)| self.hidden_by(version, policy, rule, &fires))
            });
        questions.take(MAX_HIDDEN_QUESTIONS).collect()
    }

    fn hidden_by(
        &self,
        version: Version<'a>,
        policy: &'a Policy,
        rule: &Rule,
        fires: &Goals<'a>,
    ) -> Vec<Goals<'a>> {
        let redactions = rule.finding.obligations.iter();
        let redactions = redactions.filter(|duty| duty.kind == ObligationKind::Redact);
        let taken = redactions.flat_map(|duty| &duty.arguments);
        // With a token a fact is still there for policies.
        let taken = taken.filter(|(_, word)| {
            Treatment::from_name(word).is_none_or(|treatment| treatment < Treatment::Token)
        });
        let taken: Vec<&str> = taken.map(|(name, _)| name.as_str()).collect();
        let later = later(version, policy);
        let asks = |other: &Policy| {
            let mut named = nodes(other).flat_map(|node| facts_of(node, version.dictionary));
            named.any(|name| taken.contains(&&*name))
        };
        let mut questions = Vec::new();
        for other in later.filter(|other| asks(other)) {
            let objects = other.rules().iter().zip(self.firing(version, other));
            let objects = objects.filter(|(rule, _)| rule.finding.verdict > Verdict::Abstain);
            questions
                .extend(objects.map(|(_, goals)| fires.iter().copied().chain(goals).collect()));
        }
        questions
    }
}

/// The policies of later stages that count about the same requests.
fn later<'a>(version: Version<'a>, policy: &'a Policy) -> impl Iterator<Item = &'a Policy> {
    let set = version.set;
    let stage = move |policy: &Policy| set.stages().iter().position(|s| s.name == policy.stage);
    let first = stage(policy);
    let operations = set.operations().iter();
    let shared = operations.filter(|operation| policy.covers(&operation.name));
    let shared: Vec<&str> = shared.map(|operation| operation.name.as_str()).collect();
    let others = set.policies().iter().map(AsRef::as_ref);
    others.filter(move |other: &&Policy| {
        stage(other) > first
            && other.status == Status::Enforced
            && shared.iter().any(|operation| other.covers(operation))
    })
}
