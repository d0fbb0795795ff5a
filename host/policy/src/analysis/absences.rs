//! Facts that whoever sends a request may leave out to get a milder decision.

use std::collections::BTreeSet;

use weft_diagnostic::Place;
use weft_dictionary::{FieldId, Origin};
use weft_verdict::Verdict;

use super::{Analyst, rules_of};
use crate::cel::node::Node;
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

/// The facts without which a condition is false, or true if it is the contrary that has to hold: not missing, but
/// false.
fn needs(node: &Node, holds: bool) -> BTreeSet<FieldId> {
    match node {
        Node::Has(field) if holds => BTreeSet::from([*field]),
        Node::Shared(inner) => needs(inner, holds),
        Node::Not(inner) => needs(inner, !holds),
        Node::And(one, two) | Node::Or(one, two) => {
            let (one, two) = (needs(one, holds), needs(two, holds));
            if matches!(node, Node::And(..)) == holds {
                &one | &two
            } else {
                &one & &two
            }
        }
        _ => BTreeSet::new(),
    }
}

/// Whether a condition holds whenever a fact is not there.
fn suffices(node: &Node, field: FieldId) -> bool {
    needs(node, false).contains(&field)
}
