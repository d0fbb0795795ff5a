//! `pipeline.yaml` in two versions.

use std::collections::BTreeSet;

use super::{Change, Differ, Examples, Impact, Said, Shown};
use crate::example::can_arrive;
use crate::milder::Weight;
use crate::solve::Facts;
use crate::{Effect, Example, Operation, OperationKind, PolicySet, Stage, WhenStopped};

impl<'a> Differ<'a, '_> {
    pub(super) fn pipeline(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let stages = |set: &PolicySet| {
            let stages = set.stages().iter().map(in_words);
            stages.collect::<Vec<_>>().join("; ")
        };
        let (from, to) = (stages(self.old.set), stages(self.new.set));
        if from != to {
            let why = "stages say what ends a request early and what later stages see";
            let impact = Impact::Open(why.into());
            changes.push(Change::new("stages", Some(from), Some(to), impact));
        }
        for stage in self.new.set.stages() {
            let mut before = self.old.set.stages().iter();
            let was = before.find(|other| other.name == stage.name);
            let what = format!("title of the stage {}", stage.name);
            changes.extend(was.and_then(|was| Change::of_words(&what, &was.title, &stage.title)));
        }
        let names = |set: &'a PolicySet| set.operations().iter().map(|o| &o.name);
        let all: BTreeSet<&String> = names(self.old.set).chain(names(self.new.set)).collect();
        for name in all {
            let (old, new) = (self.old.set.operation(name), self.new.set.operation(name));
            changes.extend(self.operation_changes(name, old, new));
        }
        changes
    }

    fn operation_changes(
        &self,
        name: &str,
        old: Option<&Operation>,
        new: Option<&Operation>,
    ) -> Vec<Change> {
        let title = |operation: Option<&Operation>| operation.map(|o| o.title.clone());
        let what = format!("operation {name}");
        let (Some(one), Some(two)) = (old, new) else {
            let why = "requests about it are taken by one of the two only";
            let impact = Impact::Open(why.into());
            return vec![Change::new(what, title(old), title(new), impact)];
        };
        let mut changes = Vec::new();
        changes.extend(Change::of_words(
            &format!("{what}: title"),
            &one.title,
            &two.title,
        ));
        let mut open = |about: &str, from: &str, to: &str, why: &str| {
            if from != to {
                let (from, to) = (Some(from.to_owned()), Some(to.to_owned()));
                let impact = Impact::Open(why.to_owned());
                changes.push(Change::new(format!("{what}: {about}"), from, to, impact));
            }
        };
        open(
            "what it is about",
            kind(one.kind),
            kind(two.kind),
            "the host takes other requests for it",
        );
        open(
            "what a granted request does",
            effect(one.effect),
            effect(two.effect),
            "what a granted request does to its payment is not a matter of rules",
        );
        if one.no_policy != two.no_policy {
            let words = |o: &Operation| Some(o.no_policy.as_str().to_owned());
            changes.push(Change::new(
                format!("{what}: when no policy says anything"),
                words(one),
                words(two),
                self.without_policy(name),
            ));
        }
        changes
    }

    /// What is decided when no policy says anything.
    fn without_policy(&self, operation: &str) -> Impact {
        let decision = |facts: &Facts| {
            self.decided(operation, self.at, facts)
                .map(|decided| decided.weight)
        };
        let differs = |facts: &Facts| {
            let [old, new] = decision(facts);
            old != new
        };
        let facts = self.arriving_at(operation, self.at, Facts::default());
        let facts = self.calmed(operation, &|_| self.at, &|_| true, &can_arrive, facts);
        if !differs(&facts) {
            let why = "no facts were found about which no policy says anything";
            return Impact::Open(why.to_owned());
        }
        let facts = self.pruned(facts, &differs, &decision);
        let [old, new] = decision(&facts);
        let said = |decision: Weight| Said {
            policy: None,
            not_asked: None,
            decision: decision.verdict,
            is_cleared: decision.is_cleared(),
        };
        let shown = Shown {
            example: Example::of(&facts),
            asked: BTreeSet::new(),
            operation: operation.to_owned(),
            at: self.at,
            old: said(old),
            new: said(new),
        };
        Impact::Shown(Examples {
            shown: vec![shown],
            not_known: None,
        })
    }
}

/// A stage, as far as it matters for what is decided and kept.
fn in_words(stage: &Stage) -> String {
    let Some(stop_at) = stage.stop_at else {
        return stage.name.clone();
    };
    let kept = match stage.when_stopped {
        WhenStopped::Keep => "keeps the facts",
        WhenStopped::Forget => "forgets the facts",
    };
    format!("{} (ends at {}, {kept})", stage.name, stop_at.as_str())
}

fn kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Payment => "a payment",
        OperationKind::Assistance => "assistance with a payment",
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "nothing",
        Effect::AnswerChallenge => "the customer answers what the host asked (answer_challenge)",
        Effect::DecideAgain => "the payment is decided again (decide_again)",
        Effect::Refund => "money of the payment is given back (refund)",
        Effect::Recall => "the payment is called back (recall)",
        Effect::Dispute => "the payment is contested (dispute)",
        Effect::Close => "a dispute or an escalation ends (close)",
        Effect::Escalate => "a supervisor is asked (escalate)",
        Effect::Approve => "a second person approves a request that waits (approve)",
        Effect::EnrolFactor => "a factor of the customer's is enrolled (enrol_factor)",
        Effect::RemoveFactor => "a factor of the customer's is removed (remove_factor)",
    }
}
