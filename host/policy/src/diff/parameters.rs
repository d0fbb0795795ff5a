//! Parameters in two versions, and what changes through conditions that are written the same.

use std::sync::Arc;

use super::case::About;
use super::impact::Goals;
use super::pairs::Pair;
use super::{Change, Differ, Impact};
use crate::cel::node::Node;
use crate::cel::parameter::THREAT_LEVEL;
use crate::parameters::Parameter;
use crate::policy::Policy;
use crate::solve::meaning;

impl<'a> Differ<'a, '_> {
    pub(super) fn parameters(
        &self,
        pair: Pair<'a>,
        old: &'a Policy,
        new: &'a Policy,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let find = |policy: &'a Policy, name: &str| {
            policy
                .parameters
                .iter()
                .find(move |parameter| parameter.name() == name)
        };
        for parameter in &old.parameters {
            let Some(other) = find(new, parameter.name()) else {
                let what = format!("parameter {} ({})", parameter.name(), parameter.title());
                changes.push(Change::words(what, Some(values(parameter)), None));
                continue;
            };
            let what = format!("parameter {} ({})", other.name(), other.title());
            if parameter.threshold.values != other.threshold.values {
                let uses = |node: &Node| uses_parameter(node, parameter.name());
                let level = self.new.dictionary.by_name(THREAT_LEVEL);
                let level = level.map(|field| field.id);
                let as_it_was = |node: &mut Node| {
                    if let Node::Parameter(threshold) = node
                        && *threshold.name == *parameter.name()
                    {
                        let threshold = Arc::make_mut(threshold);
                        threshold.values.clone_from(&parameter.threshold.values);
                        threshold.level = parameter.threshold.level.and(level);
                    }
                };
                changes.push(Change::new(
                    what.clone(),
                    Some(values(parameter)),
                    Some(values(other)),
                    self.through(pair, &uses, &as_it_was),
                ));
            }
            if parameter.threshold.values != other.threshold.values && tell(new, other.name()) {
                changes.push(Change::new(
                    format!("messages that name the parameter {}", other.name()),
                    Some(values(parameter)),
                    Some(values(other)),
                    Impact::Told,
                ));
            }
            let words = |p: &Parameter| {
                let (min, max) = p.range();
                let bound = |word: &str, bound: Option<String>| {
                    bound
                        .map(|bound| format!(", {word} {bound}"))
                        .unwrap_or_default()
                };
                format!(
                    "{}{}{}{}",
                    p.title(),
                    p.unit()
                        .map(|unit| format!(", in {unit}"))
                        .unwrap_or_default(),
                    bound("at least", min),
                    bound("at most", max)
                )
            };
            changes.extend(Change::of_words(&what, &words(parameter), &words(other)));
        }
        let added = new
            .parameters
            .iter()
            .filter(|p| find(old, p.name()).is_none());
        changes.extend(added.map(|parameter| {
            let what = format!("parameter {} ({})", parameter.name(), parameter.title());
            Change::words(what, None, Some(values(parameter)))
        }));
        changes
    }

    /// What something does through the conditions that use it and are written the same in both versions.
    pub(super) fn through(
        &self,
        pair: Pair<'a>,
        uses: &dyn Fn(&Node) -> bool,
        as_it_was: &dyn Fn(&mut Node),
    ) -> Impact {
        let questions = self.questions_through(pair, uses);
        if questions.is_empty() {
            return Impact::Words;
        }
        let cause = self.cause(pair, |policy| {
            self.change_nodes(policy, as_it_was);
            Some(())
        });
        self.impact(pair, About::Word, cause.as_ref(), &questions)
    }

    fn questions_through(&self, pair: Pair<'a>, uses: &dyn Fn(&Node) -> bool) -> Vec<Goals<'a>> {
        let (Some(old), Some(new)) = (pair.old, pair.new) else {
            return Vec::new();
        };
        let differ = |old: &Node, new: &Node| {
            (uses(old) || uses(new))
                && meaning(old, self.old.dictionary) != meaning(new, self.new.dictionary)
        };
        let mut questions = Vec::new();
        for rule in old.rules() {
            let other = new.rules().iter().find(|other| other.id == rule.id);
            if let Some(other) = other.filter(|other| differ(&rule.when, &other.when)) {
                questions.extend(self.otherwise(&self.both_apply(pair), &rule.when, &other.when));
            }
        }
        for condition in &old.conditions {
            let mut others = new.conditions.iter();
            let other = others.find(|other| other.name == condition.name);
            if let Some(other) = other.filter(|o| differ(&condition.expression, &o.expression)) {
                let (old, new) = (&condition.expression, &other.expression);
                questions.extend(self.where_it_matters(pair, Vec::new(), old, new));
            }
        }
        questions
    }
}

/// The value of a parameter, at each level at which it is another one.
fn values(parameter: &Parameter) -> String {
    let mut words = parameter.value(0);
    for level in 1..parameter.threshold.values.len() {
        if parameter.threshold.values[level] != parameter.threshold.values[level - 1] {
            words.push_str(&format!(
                "; {} from threat {level} on",
                parameter.value(level)
            ));
        }
    }
    words
}

fn uses_parameter(node: &Node, name: &str) -> bool {
    match node {
        Node::Parameter(threshold) => &*threshold.name == name,
        other => other
            .children()
            .into_iter()
            .any(|child| uses_parameter(child, name)),
    }
}

/// Whether a message of a policy names a parameter.
fn tell(policy: &Policy, parameter: &str) -> bool {
    let of_reasons = policy.reasons.iter().filter_map(|r| r.messages.as_ref());
    let mut all = of_reasons
        .chain([&policy.messages])
        .flat_map(|messages| [&messages.customer, &messages.agent, &messages.auditor]);
    let named = format!("parameters.{parameter}");
    all.any(|message| message.as_written().contains(&named))
}
