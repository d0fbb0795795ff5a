//! What a change of a policy does: facts for which a decision is another, or the proof that there are none.

use weft_dictionary::Dictionary;

use super::case::About;
use super::cause::Cause;
use super::pairs::Pair;
use super::{Differ, Impact, Version};
use crate::cel::node::Node;
use crate::policy::Policy;
use crate::solve::{Goal, Mode};

/// A question whose examples show a change.
pub(super) type Goals<'a> = Vec<Goal<'a>>;

impl<'a> Differ<'a, '_> {
    pub(super) fn goal(&self, version: Version<'a>, node: &'a Node, mode: Mode) -> Goal<'a> {
        Goal {
            node,
            mode,
            dictionary: version.dictionary,
        }
    }

    /// That a version of the policy applies, if there is one.
    pub(super) fn applies(&self, version: Version<'a>, policy: Option<&'a Policy>) -> Goals<'a> {
        let conditions = policy.into_iter().flat_map(|policy| &policy.conditions);
        conditions
            .map(|c| self.goal(version, &c.expression, Mode::True))
            .collect()
    }

    /// That both versions apply.
    pub(super) fn both_apply(&self, pair: Pair<'a>) -> Goals<'a> {
        let mut goals = self.applies(self.old, pair.old);
        goals.extend(self.applies(self.new, pair.new));
        goals
    }

    /// That a rule fires in one version.
    pub(super) fn firing(&self, version: Version<'a>, policy: &'a Policy) -> Vec<Goals<'a>> {
        let rules = policy.rules().iter();
        rules
            .map(|rule| {
                let mut goals = self.applies(version, Some(policy));
                goals.push(self.goal(version, &rule.when, Mode::True));
                goals
            })
            .collect()
    }

    /// What a change does whose examples answer one of these questions.
    pub(super) fn impact(
        &self,
        pair: Pair<'a>,
        about: About,
        cause: Option<&Cause<'a>>,
        questions: &[Goals<'a>],
    ) -> Impact {
        if pair.asks_plugin() {
            return Impact::AsksPlugin;
        }
        let found = self.search(pair, about, cause, questions);
        if let Some(examples) = self.examples(pair, about, cause, &found) {
            return Impact::Shown(examples);
        }
        if found.is_proven {
            return Impact::Same;
        }
        Impact::Open(self.why_open(pair, about, cause, &found))
    }

    /// The conditions of both versions.
    pub(super) fn conditions_of(&self, pair: Pair<'a>) -> Vec<(&'a Node, &'a Dictionary)> {
        let of = |version: Version<'a>, policy: Option<&'a Policy>| {
            let policy = policy.into_iter();
            policy
                .flat_map(nodes)
                .map(move |node| (node, version.dictionary))
        };
        of(self.old, pair.old)
            .chain(of(self.new, pair.new))
            .collect()
    }

    /// Questions whose examples show that a condition comes out otherwise, while the rest of the policy lets
    /// it matter. If none has an example and all are answered, the condition is the same.
    pub(super) fn otherwise(
        &self,
        rest: &Goals<'a>,
        old: &'a Node,
        new: &'a Node,
    ) -> Vec<Goals<'a>> {
        let ways = [
            (Mode::True, Mode::False),
            (Mode::False, Mode::True),
            (Mode::True, Mode::NotTrue),
            (Mode::NotTrue, Mode::True),
            (Mode::False, Mode::NotFalse),
            (Mode::NotFalse, Mode::False),
        ];
        let question = |(of_old, of_new)| {
            let mut goals = rest.clone();
            goals.push(self.goal(self.old, old, of_old));
            goals.push(self.goal(self.new, new, of_new));
            goals
        };
        ways.map(question).into()
    }
}

/// The conditions of a policy.
pub(super) fn nodes(policy: &Policy) -> impl Iterator<Item = &Node> {
    let conditions = policy
        .conditions
        .iter()
        .map(|condition| &condition.expression);
    conditions.chain(policy.rules().iter().map(|rule| &rule.when))
}
