//! Facts that whoever sends a request may leave out to get a milder decision.

use std::collections::BTreeSet;

use weft_diagnostic::Place;
use weft_dictionary::{FieldId, Origin};
use weft_verdict::Verdict;

use super::{Analyst, rules_of};
use crate::cel::node::{Comparison, Constant, Node};
use crate::codes;
use crate::policy::{Policy, Rule};

impl Analyst<'_> {
    pub(super) fn absences(&mut self, policy: &Policy) {
        for condition in &policy.conditions {
            let what = format!("the policy does not apply without it: `{}`", condition.name);
            for field in needs(&condition.expression, true) {
                // A policy that does not apply has no rule that could fire instead.
                self.absence(policy, condition.place, field, &what);
            }
        }
        for rule in rules_of(policy) {
            if rule.finding.verdict < Verdict::Challenge {
                continue;
            }
            let what = format!("the rule `{}` is silent without it", rule.id);
            for field in needs(&rule.when, true) {
                let objects = |other: &Rule| {
                    let least = rule.finding.verdict.min(policy.on_missing);
                    other.finding.verdict >= least && suffices(&other.when, field)
                };
                if !rules_of(policy).iter().any(objects) {
                    self.absence(policy, rule.place, field, &what);
                }
            }
        }
    }

    fn absence(&mut self, policy: &Policy, place: Place, field: FieldId, what: &str) {
        let field = self.dictionary.field(field);
        if field.claim || field.origin == Origin::Host {
            return;
        }
        let message = format!(
            "who leaves out `{}` gets a milder decision: {what}",
            field.name
        );
        let help = format!(
            "leave out `has({0})`, so that on_missing counts, or add a rule on `!has({0})` that says as much",
            field.name
        );
        self.warn(codes::ABSENCE, policy, place, message, &help);
    }
}

/// The facts without which a condition is not `holds`, whatever else there is: not missing, but the contrary.
fn needs(node: &Node, holds: bool) -> BTreeSet<FieldId> {
    let mut asked = BTreeSet::new();
    asked_for(node, &mut asked);
    asked.retain(|field| without(node, *field) == Some(Constant::Boolean(!holds)));
    asked
}

/// The facts of which an expression asks whether they are there.
fn asked_for(node: &Node, fields: &mut BTreeSet<FieldId>) {
    if let Node::Has(field) = node {
        fields.insert(*field);
    }
    for part in node.children() {
        asked_for(part, fields);
    }
}

/// The value that an expression has whenever a fact is not there, if it has one.
fn without(node: &Node, absent: FieldId) -> Option<Constant> {
    let value = |part: &Node| without(part, absent);
    let truth = |part: &Node| match value(part) {
        Some(Constant::Boolean(truth)) => Some(truth),
        _ => None,
    };
    let is = |truth: bool| Some(Constant::Boolean(truth));
    match node {
        Node::Constant(constant) => Some(constant.clone()),
        Node::Has(field) if *field == absent => is(false),
        Node::Shared(inner) => value(inner),
        Node::Not(inner) => truth(inner).and_then(|truth| is(!truth)),
        Node::And(one, two) | Node::Or(one, two) => {
            // One part that is so is enough, also beside one that is missing.
            let enough = matches!(node, Node::Or(..));
            match (truth(one), truth(two)) {
                (Some(one), Some(two)) => is(if enough { one || two } else { one && two }),
                (Some(part), None) | (None, Some(part)) if part == enough => is(part),
                _ => None,
            }
        }
        Node::If(when, then, otherwise) => match truth(when) {
            Some(true) => value(then),
            Some(false) => value(otherwise),
            None => value(then).filter(|then| value(otherwise).as_ref() == Some(then)),
        },
        Node::Compare(comparison, one, two) => {
            let same = value(one)? == value(two)?;
            match comparison {
                Comparison::Equal => is(same),
                Comparison::NotEqual => is(!same),
                _ => None,
            }
        }
        Node::Among(one, constants) => value(one).and_then(|one| is(constants.contains(&one))),
        _ => None,
    }
}

/// Whether a condition holds whenever a fact is not there.
fn suffices(node: &Node, field: FieldId) -> bool {
    without(node, field) == Some(Constant::Boolean(true))
}
