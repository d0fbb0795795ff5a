//! Mistakes in what is due: an obligation that is not there, one fact fewer, another word for an argument.

use weft_dictionary::Treatment;
use weft_verdict::{Method, NOTIFIED, Obligation, ObligationKind};

use crate::cel::node::{Constant, Node};
use crate::policy::{Body, Policy};
use crate::testing::written;

/// One mistake: the rule, which of its obligations, and what becomes of that; none if it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    rule: usize,
    obligation: usize,
    becomes: Option<Obligation>,
}

impl Mistake {
    pub(super) fn all(policy: &Policy) -> Vec<Mistake> {
        let mut all = Vec::new();
        for (rule, written) in policy.rules().iter().enumerate() {
            for (obligation, one) in written.finding.obligations.iter().enumerate() {
                let others = others(one).into_iter().map(Some);
                all.extend([None].into_iter().chain(others).map(|becomes| Mistake {
                    rule,
                    obligation,
                    becomes,
                }));
            }
        }
        all
    }

    /// Makes it.
    pub(super) fn make(&self, policy: &mut Policy) {
        let Body::Rules(rules) = &mut policy.body else {
            return;
        };
        let obligations = &mut rules[self.rule].finding.obligations;
        match &self.becomes {
            Some(other) => obligations[self.obligation] = other.clone(),
            None => {
                obligations.remove(self.obligation);
            }
        }
    }

    /// Why it makes no difference, where that is proven.
    pub(super) fn why_none(&self, policy: &Policy) -> Option<&'static str> {
        let own = &policy.rules()[self.rule].finding.obligations[self.obligation];
        let others = policy.rules().iter().enumerate();
        let mut always = others.filter(|(place, rule)| {
            *place != self.rule && matches!(rule.when, Node::Constant(Constant::Boolean(true)))
        });
        let is_due_anyway = self.becomes.is_none()
            && always.any(|(_, rule)| rule.finding.obligations.contains(own));
        is_due_anyway.then_some("a rule that always fires obliges to the same")
    }

    pub(super) fn words(&self, policy: &Policy) -> String {
        let rule = &policy.rules()[self.rule];
        let was = written(&rule.finding.obligations[self.obligation]);
        match &self.becomes {
            None => format!("rule `{}` does not oblige to {was}", rule.id),
            Some(other) => {
                let is = written(other);
                format!("rule `{}` obliges to {is} instead of {was}", rule.id)
            }
        }
    }
}

/// What it becomes by one mistake in its arguments. Of one that has but one fact, no fact is the same as no obligation.
fn others(one: &Obligation) -> Vec<Obligation> {
    let mut others = Vec::new();
    let is_about_facts = matches!(one.kind, ObligationKind::Redact | ObligationKind::Disclose);
    for (name, value) in &one.arguments {
        if is_about_facts && one.arguments.len() > 1 {
            let mut fewer = one.clone();
            fewer.arguments.remove(name);
            others.push(fewer);
        }
        others.extend(values(one.kind, name, value).into_iter().map(|value| {
            let mut other = one.clone();
            other.arguments.insert(name.clone(), value);
            other
        }));
    }
    others
}

/// Other values that the argument can have: the next treatment, another word of the catalogue, the next number.
fn values(kind: ObligationKind, name: &str, value: &str) -> Vec<String> {
    let words = |words: &[&str]| {
        let others = words.iter().filter(|word| **word != value);
        others.map(|word| (*word).to_owned()).collect()
    };
    match (kind, name) {
        (ObligationKind::Redact | ObligationKind::Disclose, _) => {
            let place = Treatment::ALL.iter().position(|one| one.as_str() == value);
            let beside = place.map(|place| [place.checked_sub(1), place.checked_add(1)]);
            let beside = beside.into_iter().flatten().flatten();
            let treatments = beside.filter_map(|place| Treatment::ALL.get(place));
            treatments.map(|one| one.as_str().to_owned()).collect()
        }
        (ObligationKind::StepUp, _) => words(&Method::ALL.map(Method::as_str)),
        (ObligationKind::Notify, _) => words(&NOTIFIED),
        (ObligationKind::Limit, "amount_minor" | "retention_h") => {
            let number: Option<u64> = value.parse().ok();
            let beside = number.map(|n| [n.checked_sub(1), n.checked_add(1)]);
            let beside = beside.into_iter().flatten().flatten();
            beside.map(|n| n.to_string()).collect()
        }
        // Names of regions and currencies have no order, and four-eyes has no argument.
        (ObligationKind::Route | ObligationKind::FourEyes | ObligationKind::Limit, _) => Vec::new(),
    }
}
