//! The order of rules. It changes no verdict, risk, reason or obligation: those of all rules that fire are united.
//! It decides in the words of which reason readers are told, where several rules fire with the same verdict.

use super::case::About;
use super::impact::Goals;
use super::pairs::Pair;
use super::{Change, Differ, Impact, cause};
use crate::policy::{Messages, Policy, Rule};
use crate::solve::Mode;

impl<'a> Differ<'a, '_> {
    pub(super) fn order(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Option<Change> {
        let before: Vec<(&'a Rule, &'a Rule)> = both(old, new);
        let after: Vec<(&'a Rule, &'a Rule)> = both(new, old).into_iter().map(turned).collect();
        let names = |rules: &[(&Rule, &Rule)]| {
            let names = rules.iter().map(|(rule, _)| rule.id.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        let (from, to) = (names(&before), names(&after));
        if from == to {
            return None;
        }
        let place = |rule: &Rule| after.iter().position(|(other, _)| other.id == rule.id);
        let mut questions: Vec<Goals<'a>> = Vec::new();
        for (number, one) in before.iter().enumerate() {
            for two in &before[number + 1..] {
                if place(one.0) > place(two.0) && tell_differently(new, one.1, two.1) {
                    let mut goals = self.both_apply(pair);
                    for (old, new) in [one, two] {
                        goals.push(self.goal(self.old, &old.when, Mode::True));
                        goals.push(self.goal(self.new, &new.when, Mode::True));
                    }
                    questions.push(goals);
                }
            }
        }
        let as_it_was = |policy: &mut Policy| {
            let place = |rule: &Rule| before.iter().position(|(old, _)| old.id == rule.id);
            cause::rules_mut(policy)?.sort_by_key(|rule| place(rule).unwrap_or(usize::MAX));
            Some(())
        };
        let impact = match questions.is_empty() {
            true => Impact::Same,
            false => {
                let cause = self.cause(pair, as_it_was);
                match self.impact(pair, About::Told, cause.as_ref(), &questions) {
                    Impact::Open(_) => Impact::Told,
                    impact => impact,
                }
            }
        };
        Some(Change::new(
            "the order of the rules",
            Some(from),
            Some(to),
            impact,
        ))
    }
}

/// The rules that both have, in the order of the first.
fn both<'a>(one: &'a Policy, two: &'a Policy) -> Vec<(&'a Rule, &'a Rule)> {
    let other = |rule: &Rule| two.rules().iter().find(|other| other.id == rule.id);
    let rules = one.rules().iter();
    rules
        .filter_map(|rule| Some((rule, other(rule)?)))
        .collect()
}

fn turned<T, U>((one, two): (T, U)) -> (U, T) {
    (two, one)
}

/// Whether readers are told something else by the one rule than by the other, when both fire and their verdict counts.
fn tell_differently(policy: &Policy, one: &Rule, two: &Rule) -> bool {
    one.finding.verdict == two.finding.verdict && words(policy, one) != words(policy, two)
}

fn words<'p>(policy: &'p Policy, rule: &Rule) -> &'p Messages {
    policy.messages_for(std::slice::from_ref(&rule.id), &rule.finding)
}
