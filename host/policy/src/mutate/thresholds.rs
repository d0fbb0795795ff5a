//! Mistakes in parameters: a value off by one unit, or one that holds from another level of threat on.
//!
//! `min` and `max` are not among them. They decide about no payment: they say to who reviews the file between which values
//! its owner may choose, and a file with another value is refused whole. So no row tells two bounds apart, and a test that
//! did would only repeat the number.

use std::sync::Arc;

use weft_dictionary::Dictionary;

use super::MistakeKind;
use super::conditions::visit;
use super::numbers::{Step, moved};
use super::rewrite::rewrite;
use crate::cel::node::{Constant, Node};
use crate::cel::parameter::{MAX_THREAT, Threshold};
use crate::parameters::Parameter;
use crate::policy::Policy;

/// One mistake.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mistake {
    /// What stands in place of the parameter.
    threshold: Arc<Threshold>,
    kind: MistakeKind,
    words: String,
}

impl Mistake {
    pub(super) fn all(policy: &Policy) -> Vec<Mistake> {
        let used = policy.parameters.iter().filter(|one| is_used(one, policy));
        let of = |one| numbers(one).into_iter().chain(levels(one));
        used.flat_map(of).collect()
    }

    /// The parameter that is another.
    pub(super) fn parameter(&self) -> &str {
        &self.threshold.name
    }

    pub(super) fn kind(&self) -> MistakeKind {
        self.kind
    }

    /// Makes it.
    pub(super) fn make(&self, policy: &mut Policy, dictionary: &Dictionary) {
        rewrite(policy, dictionary, &|node| match node {
            Node::Parameter(threshold) if threshold.name == self.threshold.name => {
                *threshold = Arc::clone(&self.threshold);
                true
            }
            _ => false,
        });
    }

    pub(super) fn words(&self) -> String {
        self.words.clone()
    }
}

/// A number that only messages name decides nothing.
fn is_used(parameter: &Parameter, policy: &Policy) -> bool {
    let conditions = policy.conditions.iter().map(|one| &one.expression);
    let mut nodes = conditions.chain(policy.rules().iter().map(|rule| &rule.when));
    nodes.any(|node| {
        let mut found = false;
        visit(node, &mut |node| {
            found |= matches!(node, Node::Parameter(one) if *one.name == *parameter.name());
        });
        found
    })
}

/// Each value off by one unit, as far as the parameter's own range admits it: the file with any other is refused.
fn numbers(parameter: &Parameter) -> Vec<Mistake> {
    let mut all = Vec::new();
    for from in (0..=MAX_THREAT).filter(|level| begins(parameter, *level)) {
        for step in Step::BOTH {
            let was = &parameter.threshold.values[from];
            let Some(is) = moved(was, step).filter(|is| parameter.admits(is)) else {
                continue;
            };
            let mut values = parameter.threshold.values.clone();
            let same = values[from..]
                .iter_mut()
                .take_while(|value| **value == *was);
            same.for_each(|value| *value = is.clone());
            let from = match from {
                0 => String::new(),
                level => format!(" from the level of threat {level} on"),
            };
            let (is, was) = (parameter.words(&is), parameter.words(was));
            let words = format!(
                "parameter `{}` is {is} instead of {was}{from}",
                parameter.name()
            );
            all.push(with(parameter, values, MistakeKind::Number, words));
        }
    }
    all
}

/// Each value of `at_threat` one level sooner, and one later.
fn levels(parameter: &Parameter) -> Vec<Mistake> {
    let mut all = Vec::new();
    for level in (1..=MAX_THREAT).filter(|level| begins(parameter, *level)) {
        let own = &parameter.threshold.values;
        let value = parameter.words(&own[level]);
        let name = parameter.name();
        let mut sooner = own.clone();
        sooner[level - 1] = own[level].clone();
        let words = format!(
            "parameter `{name}` is {value} from the level of threat {} on instead of {level}",
            level - 1
        );
        all.push(with(parameter, sooner, MistakeKind::Threat, words));
        let mut later = own.clone();
        later[level] = own[level - 1].clone();
        let from = match level {
            MAX_THREAT => "at no level of threat".to_owned(),
            level => format!("from the level of threat {} on", level + 1),
        };
        let words = format!("parameter `{name}` is {value} {from} instead of from {level} on");
        all.push(with(parameter, later, MistakeKind::Threat, words));
    }
    all
}

/// Whether another value holds from this level on.
fn begins(parameter: &Parameter, level: usize) -> bool {
    let values = &parameter.threshold.values;
    level == 0 || values[level] != values[level - 1]
}

fn with(
    parameter: &Parameter,
    values: [Constant; MAX_THREAT + 1],
    kind: MistakeKind,
    words: String,
) -> Mistake {
    let own = &parameter.threshold;
    let threshold = Threshold {
        name: own.name.clone(),
        values,
        level: own.level,
    };
    Mistake {
        threshold: Arc::new(threshold),
        kind,
        words,
    }
}
