//! One policy: rules that can never fire, that are never false, or that add nothing to another.

use super::{Analyst, rules_of};
use crate::cel::node::{Constant, Node};
use crate::codes;
use crate::policy::{Applies, Policy, Rule};
use crate::solve::{Answer, Facts, Mode, facts_of};

impl<'a> Analyst<'a> {
    pub(super) fn rules(&mut self, policy: &'a Policy) {
        let matches = |facts: &Facts| policy.matches(&facts.row(self.dictionary)) == Applies::Yes;
        let applies = self.applies(policy);
        if let Answer::Never(why) = self.solver.ask(&applies, &matches)
            && let Some(first) = policy.conditions.first()
        {
            let message = format!("the policy can never apply: {}", reasons(&why));
            self.warn(codes::NEVER, policy, first.place, message, NEVER_HELP);
            return;
        }
        for condition in &policy.conditions {
            self.condition(policy, condition);
        }
        let mut alive = Vec::new();
        for rule in rules_of(policy) {
            if self.can_fire(policy, rule) {
                self.never_false(policy, rule);
                alive.push(rule);
            }
        }
        for rule in &alive {
            self.shadowed(policy, rule, &alive);
        }
    }

    /// A condition of `match` that shuts nothing out.
    fn condition(&mut self, policy: &'a Policy, condition: &'a crate::Condition) {
        if is_written_true(&condition.expression) {
            return;
        }
        let goals = [self.goal(&condition.expression, Mode::False)];
        if let Answer::Never(why) = self.solver.ask(&goals, &|_| true) {
            let message = format!(
                "the condition `{}` is never false, so it shuts nothing out{}",
                condition.name,
                only_where(&why)
            );
            self.warn(codes::ALWAYS, policy, condition.place, message, ALWAYS_HELP);
        }
    }

    fn can_fire(&mut self, policy: &'a Policy, rule: &'a Rule) -> bool {
        let mut goals = self.applies(policy);
        goals.push(self.goal(&rule.when, Mode::True));
        let fires = |facts: &Facts| self.fires(policy, rule, facts);
        match self.solver.ask(&goals, &fires) {
            Answer::Example(_) => return true,
            Answer::Unknown => {
                self.analysis.left_out += usize::from(self.solver.is_spent());
                return true;
            }
            Answer::Never(why) => {
                let alone = [self.goal(&rule.when, Mode::True)];
                let where_ = match self.solver.ask(&alone, &|_| true) {
                    Answer::Never(_) => "",
                    _ => " where `match` holds",
                };
                let message = format!(
                    "the rule `{}` can never fire{where_}: {}",
                    rule.id,
                    reasons(&why)
                );
                self.warn(codes::NEVER, policy, rule.place, message, NEVER_HELP);
            }
        }
        false
    }

    fn never_false(&mut self, policy: &'a Policy, rule: &'a Rule) {
        if is_written_true(&rule.when) {
            return;
        }
        let alone = [self.goal(&rule.when, Mode::False)];
        let mut within = self.applies(policy);
        within.push(alone[0]);
        if let Answer::Never(why) = self.solver.ask(&within, &|_| true) {
            let where_ = match self.solver.ask(&alone, &|_| true) {
                Answer::Never(_) => "",
                _ => " where `match` holds",
            };
            let message = format!(
                "the rule `{}` is never false{where_}: it fires whenever its facts are there{}",
                rule.id,
                only_where(&why)
            );
            self.warn(codes::ALWAYS, policy, rule.place, message, ALWAYS_HELP);
        }
    }

    /// Whenever it fires another does, which says as much or more.
    fn shadowed(&mut self, policy: &'a Policy, rule: &'a Rule, others: &[&'a Rule]) {
        for other in others {
            let other: &'a Rule = other;
            if self.solver.is_spent() {
                self.analysis.left_out += 1;
                return;
            }
            if std::ptr::eq(rule, other) || !says_as_much(other, rule) {
                continue;
            }
            // Of two that are the same the later one adds nothing.
            let is_mutual = says_as_much(rule, other) && self.implies(policy, other, rule);
            if is_mutual && rule.place < other.place {
                continue;
            }
            if self.implies(policy, rule, other) {
                let message = format!(
                    "the rule `{}` adds nothing but its reason when it fires: then `{}` ({}:{}) fires, too, and says {}",
                    rule.id,
                    other.id,
                    other.place.line,
                    other.place.column,
                    other.finding.verdict.as_str()
                );
                let help = "give it a more severe verdict, or narrow the other rule; its missing facts still lead to on_missing, its failures to on_error";
                self.warn(codes::SHADOWED, policy, rule.place, message, help);
                return;
            }
        }
    }

    /// Whether it is proven that one fires whenever the other does.
    fn implies(&self, policy: &'a Policy, rule: &'a Rule, other: &'a Rule) -> bool {
        let mut known = facts_of(&rule.when, self.dictionary);
        for condition in &policy.conditions {
            known.extend(facts_of(&condition.expression, self.dictionary));
        }
        // A fact that only the other names may be missing: then it does not fire.
        let named = facts_of(&other.when, self.dictionary);
        if named.iter().any(|name| !known.contains(name)) {
            return false;
        }
        let mut goals = self.applies(policy);
        goals.push(self.goal(&rule.when, Mode::True));
        goals.push(self.goal(&other.when, Mode::NotTrue));
        matches!(self.solver.ask(&goals, &|_| true), Answer::Never(_))
    }
}

const NEVER_HELP: &str =
    "rewrite the condition; its missing facts still lead to on_missing, its failures to on_error";
const ALWAYS_HELP: &str =
    "correct the condition; `true` in its place asks for no fact, and so never leads to on_missing";

/// Whether it stands there that it always holds.
fn is_written_true(node: &Node) -> bool {
    matches!(node, Node::Constant(Constant::Boolean(_)))
}

/// Whether a rule says at least what another one says.
fn says_as_much(rule: &Rule, other: &Rule) -> bool {
    let (one, two) = (&rule.finding, &other.finding);
    one.verdict >= two.verdict
        && one.risk >= two.risk
        && two
            .obligations
            .iter()
            .all(|duty| one.obligations.contains(duty))
}

/// What cannot be, in words.
fn reasons(why: &[String]) -> String {
    match why {
        [] => "its condition is false whatever the facts are".to_owned(),
        [one] if !one.contains("; ") => format!("this cannot be: {one}"),
        [one] => format!("these cannot hold together: {one}"),
        [one, ..] => format!("in no case do these hold together; in one of them: {one}"),
    }
}

fn only_where(why: &[String]) -> String {
    match why {
        [] => String::new(),
        [one, ..] => format!("; it would not only if these held together: {one}"),
    }
}
