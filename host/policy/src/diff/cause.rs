//! A policy as it would be without one change: an example shows a change only if without it the policy would say
//! something else.

use weft_dictionary::{Dictionary, Timestamp};

use super::case::Case;
use super::pairs::Pair;
use super::said::{Decided, Instead, NotAsked, Word, decide, word};
use super::{Differ, Version};
use crate::cel::compile::Program;
use crate::cel::node::Node;
use crate::policy::{Body, Condition, Policy, Rule};
use crate::solve::Facts;

/// A policy before and after one change, all others made.
pub(super) struct Cause<'a> {
    pub(super) version: Version<'a>,
    /// As the set has it.
    of: Option<&'a Policy>,
    pub(super) before: Policy,
    pub(super) after: Policy,
}

impl Cause<'_> {
    /// What it says before and after; nothing where it is looked at as it is asked, and is not.
    pub(super) fn words(&self, case: Case<'_, '_>, at: Timestamp, facts: &Facts) -> [Word; 2] {
        let row = facts.row(self.version.dictionary);
        [&self.before, &self.after].map(|policy| {
            let not_asked = NotAsked::of(Some(policy), case.operation, at);
            match case.about.as_if_asked() || not_asked.is_none() {
                true => word(self.version, policy, &row),
                false => Word::nothing(),
            }
        })
    }

    /// What the set decides with it before and after.
    pub(super) fn decided(
        &self,
        operation: &str,
        at: Timestamp,
        facts: &Facts,
    ) -> [Decided<'_>; 2] {
        [&self.before, &self.after].map(|policy| {
            let instead = Instead {
                of: self.of,
                policy,
            };
            decide(self.version, Some(instead), operation, at, facts)
        })
    }
}

impl<'a> Differ<'a, '_> {
    /// The new version as it is, and with one thing as it was in the old; none where what was cannot be said with
    /// the new dictionary.
    pub(super) fn cause(
        &self,
        pair: Pair<'a>,
        as_it_was: impl FnOnce(&mut Policy) -> Option<()>,
    ) -> Option<Cause<'a>> {
        let after = pair.new?.clone();
        let mut before = after.clone();
        as_it_was(&mut before)?;
        Some(Cause {
            version: self.new,
            of: pair.new,
            before,
            after,
        })
    }

    /// A version that is in one set only, with and without a rule.
    pub(super) fn cause_of_lone(&self, pair: Pair<'a>, rule: &Rule) -> Option<Cause<'a>> {
        let with = pair.any()?.clone();
        let mut without = with.clone();
        rules_mut(&mut without)?.retain(|other| other.id != rule.id);
        Some(match pair.new {
            Some(_) => Cause {
                version: self.new,
                of: pair.new,
                before: without,
                after: with,
            },
            None => Cause {
                version: self.old,
                of: pair.old,
                before: with,
                after: without,
            },
        })
    }

    /// A rule of the old version among those of the new.
    pub(super) fn rule_as_it_was(&self, rule: &Rule) -> Option<Rule> {
        let when = said_with(&rule.when, self.old.dictionary, self.new.dictionary)?;
        Some(Rule {
            program: Program::compile(&when, self.new.dictionary),
            when,
            ..rule.clone()
        })
    }

    /// A condition of `match` of the old version among those of the new.
    pub(super) fn condition_as_it_was(&self, condition: &Condition) -> Option<Condition> {
        let expression = said_with(
            &condition.expression,
            self.old.dictionary,
            self.new.dictionary,
        )?;
        Some(Condition {
            program: Program::compile(&expression, self.new.dictionary),
            expression,
            ..condition.clone()
        })
    }

    /// Every condition of a policy of the new set, changed.
    pub(super) fn change_nodes(&self, policy: &mut Policy, change: &dyn Fn(&mut Node)) {
        let dictionary = self.new.dictionary;
        for condition in &mut policy.conditions {
            each(&mut condition.expression, change);
            condition.program = Program::compile(&condition.expression, dictionary);
        }
        for rule in rules_mut(policy).into_iter().flatten() {
            each(&mut rule.when, change);
            rule.program = Program::compile(&rule.when, dictionary);
        }
    }
}

/// The rules of a policy that has rules.
pub(super) fn rules_mut(policy: &mut Policy) -> Option<&mut Vec<Rule>> {
    match &mut policy.body {
        Body::Rules(rules) => Some(rules),
        Body::Plugin(_) => None,
    }
}

fn each(node: &mut Node, change: &dyn Fn(&mut Node)) {
    change(node);
    node.children_mut()
        .into_iter()
        .for_each(|child| each(child, change));
}

/// The same expression with the fields of another dictionary, if it has them.
fn said_with(node: &Node, of: &Dictionary, with: &Dictionary) -> Option<Node> {
    let mut node = node.clone();
    let mut open = vec![&mut node];
    while let Some(node) = open.pop() {
        let other = |id| {
            let field = of.field(id);
            let same = |other: &&weft_dictionary::Field| {
                other.kind == field.kind && other.class.is_tokenised() == field.class.is_tokenised()
            };
            with.by_name(&field.name).filter(same).map(|other| other.id)
        };
        match node {
            Node::Field(id) | Node::Has(id) => *id = other(*id)?,
            Node::Parameter(threshold) => {
                if let Some(level) = threshold.level {
                    std::sync::Arc::make_mut(threshold).level = Some(other(level)?);
                }
            }
            _ => {}
        }
        open.extend(node.children_mut());
    }
    Some(node)
}
