//! One policy: rules that can never fire, that are never false, or that add nothing to another.

use std::rc::Rc;

use super::Analyst;
use super::impossible::impossible;
use crate::cel::node::{Constant, Node};
use crate::codes;
use crate::policy::{Applies, Policy, Rule};
use crate::solve::{Answer, Facts, Mode, facts_of};

impl<'a> Analyst<'a> {
    pub(super) fn rules(&mut self, policy: &'a Policy) {
        let matches = |facts: &Facts| policy.matches(&facts.row(self.dictionary)) == Applies::Yes;
        let applies = self.applies(policy);
        let never = policy.conditions.iter().find_map(|condition| {
            let why = impossible(&condition.expression, true, self.dictionary)?;
            Some((condition.place, why))
        });
        let never = never.or_else(|| match self.solver.ask(&applies, &matches) {
            Answer::Never(why) => Some((policy.conditions.first()?.place, why)),
            _ => None,
        });
        if let Some((place, why)) = never {
            let message = format!("the policy can never apply: {}", reasons(&why));
            self.warn(codes::NEVER, policy, place, message, NEVER_HELP);
            return;
        }
        for condition in &policy.conditions {
            self.condition(policy, condition);
        }
        let mut alive = Vec::new();
        for rule in policy.rules() {
            if self.can_fire(policy, rule) {
                self.never_false(policy, rule);
                alive.push(rule);
            }
        }
        self.shadowed(policy, &alive);
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
        if let Some(why) = impossible(&rule.when, true, self.dictionary) {
            let message = format!("the rule `{}` can never fire: {}", rule.id, reasons(&why));
            self.warn(codes::NEVER, policy, rule.place, message, NEVER_HELP);
            return false;
        }
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

    /// Rules that add nothing: whenever one fires others do, which say as much or more. What adds nothing itself
    /// does not count among the others.
    fn shadowed(&mut self, policy: &'a Policy, rules: &[&'a Rule]) {
        let mut needless: Vec<&Rule> = Vec::new();
        for (number, &rule) in rules.iter().enumerate() {
            if self.solver.is_spent() {
                self.analysis.left_out += 1;
                continue;
            }
            let others = rules.iter().enumerate().filter(|(at, other)| {
                *at != number
                    && says_as_much(other, rule)
                    && !needless.iter().any(|known| std::ptr::eq(*known, **other))
            });
            let others: Vec<&'a Rule> = others
                // Of two that are the same the later one adds nothing.
                .filter(|(at, other)| {
                    *at < number || !says_as_much(rule, other) || !self.implies(policy, other, &[rule])
                })
                .map(|(_, other)| *other)
                .collect();
            let one = others
                .iter()
                .find(|other| self.implies(policy, rule, &[**other]));
            let instead = match one {
                Some(one) => vec![*one],
                None => self.together(policy, rule, others),
            };
            if !instead.is_empty() {
                self.adds_nothing(policy, rule, &instead);
                needless.push(rule);
            }
        }
    }

    /// Of these rules the fewest of which one at least fires whenever this rule does; none if there are none.
    fn together(
        &self,
        policy: &'a Policy,
        rule: &'a Rule,
        mut others: Vec<&'a Rule>,
    ) -> Vec<&'a Rule> {
        let known = self.facts(policy, rule);
        others.retain(|other| self.rests_on(other, &known));
        if others.len() < 2 || !self.implies(policy, rule, &others) {
            return Vec::new();
        }
        for other in others.clone() {
            let without: Vec<&'a Rule> = (others.iter().copied())
                .filter(|one| !std::ptr::eq(*one, other))
                .collect();
            if self.implies(policy, rule, &without) {
                others = without;
            }
        }
        others
    }

    fn adds_nothing(&mut self, policy: &Policy, rule: &Rule, instead: &[&Rule]) {
        let place = |other: &&Rule| {
            format!(
                "`{}` ({}:{})",
                other.id, other.place.line, other.place.column
            )
        };
        let names: Vec<String> = instead.iter().map(place).collect();
        let verdicts = instead.iter().map(|other| other.finding.verdict);
        let least = verdicts.min().unwrap_or(rule.finding.verdict).as_str();
        let then = match names.as_slice() {
            [one] => format!("{one} fires, too, and says {least}"),
            several => format!(
                "one of {} fires, too, and says {least} at least",
                several.join(", ")
            ),
        };
        let message = format!(
            "the rule `{}` adds nothing but its reason when it fires: then {then}",
            rule.id
        );
        let help = "give it a more severe verdict, or narrow the other rule; its missing facts still lead to on_missing, its failures to on_error";
        self.warn(codes::SHADOWED, policy, rule.place, message, help);
    }

    /// The facts that a rule and its policy's `match` name.
    fn facts(&self, policy: &Policy, rule: &Rule) -> Vec<Rc<str>> {
        let mut known = facts_of(&rule.when, self.dictionary);
        for condition in &policy.conditions {
            known.extend(facts_of(&condition.expression, self.dictionary));
        }
        known
    }

    /// A fact that only this rule names may be missing: then it does not fire.
    fn rests_on(&self, rule: &Rule, known: &[Rc<str>]) -> bool {
        let named = facts_of(&rule.when, self.dictionary);
        named.iter().all(|name| known.contains(name))
    }

    /// Whether it is proven that one of the others fires whenever the rule does.
    fn implies(&self, policy: &'a Policy, rule: &'a Rule, others: &[&'a Rule]) -> bool {
        let known = self.facts(policy, rule);
        if !others.iter().all(|other| self.rests_on(other, &known)) {
            return false;
        }
        let mut goals = self.applies(policy);
        goals.push(self.goal(&rule.when, Mode::True));
        goals.extend(
            others
                .iter()
                .map(|other| self.goal(&other.when, Mode::NotTrue)),
        );
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
