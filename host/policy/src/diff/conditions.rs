//! Rules and `match` of a policy in two versions.

use super::case::About;
use super::cause::{Cause, rules_mut};
use super::impact::Goals;
use super::pairs::Pair;
use super::{Change, Differ, Impact, Version};
use crate::cel::node::Node;
use crate::policy::{Condition, Policy, Rule};
use crate::solve::{Mode, written};
use crate::words::Words;

impl<'a> Differ<'a, '_> {
    pub(super) fn rules(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let find = |policy: &'a Policy, id: &str| policy.rules().iter().find(|r| r.id == id);
        for rule in old.rules() {
            match find(new, &rule.id) {
                Some(other) => changes.extend(self.rule(pair, rule, other)),
                None => changes.push(self.lone_rule(pair, self.old, rule, About::Word)),
            }
        }
        let added = new
            .rules()
            .iter()
            .filter(|rule| find(old, &rule.id).is_none());
        changes.extend(added.map(|rule| self.lone_rule(pair, self.new, rule, About::Word)));
        changes
    }

    /// A rule that is in one version only.
    pub(super) fn lone_rule(
        &self,
        pair: Pair<'a>,
        version: Version<'a>,
        rule: &'a Rule,
        about: About,
    ) -> Change {
        let mut goals = self.both_apply(pair);
        goals.push(self.goal(version, &rule.when, Mode::True));
        // Where it has no value the policy says something, too.
        let mut undecided = self.both_apply(pair);
        undecided.push(self.goal(version, &rule.when, Mode::NotFalse));
        let is_old = std::ptr::eq(version.set, self.old.set);
        let impact = match about {
            // What does not count, and is there once only, decides nothing.
            About::Status if !pair.counts() => Impact::Words,
            _ => {
                let cause = self.cause_of_rule(pair, rule, is_old);
                self.impact(pair, about, cause.as_ref(), &[goals, undecided])
            }
        };
        let says = format!("{} when {}", finding(rule), condition(&rule.when, version));
        let (from, to) = if is_old {
            (Some(says), None)
        } else {
            (None, Some(says))
        };
        Change::new(format!("rule {}", rule.id), from, to, impact)
    }

    /// The policy with and without a rule that is in one version only.
    fn cause_of_rule(&self, pair: Pair<'a>, rule: &Rule, is_old: bool) -> Option<Cause<'a>> {
        let (Some(old), Some(_)) = (pair.old, pair.new) else {
            return self.cause_of_lone(pair, rule);
        };
        self.cause(pair, |policy| {
            let rules = rules_mut(policy)?;
            if is_old {
                let place = old.rules().iter().position(|other| other.id == rule.id)?;
                rules.insert(place.min(rules.len()), self.rule_as_it_was(rule)?);
            } else {
                rules.retain(|other| other.id != rule.id);
            }
            Some(())
        })
    }

    /// The policy as it is, and with a part of a rule as it was.
    fn cause_in_rule(
        &self,
        pair: Pair<'a>,
        old: &Rule,
        as_it_was: impl FnOnce(&mut Rule, Rule),
    ) -> Option<Cause<'a>> {
        self.cause(pair, |policy| {
            let mut rules = rules_mut(policy)?.iter_mut();
            let rule = rules.find(|rule| rule.id == old.id)?;
            as_it_was(rule, self.rule_as_it_was(old)?);
            Some(())
        })
    }

    fn rule(&self, pair: Pair<'a>, old: &'a Rule, new: &'a Rule) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.is_rewritten(&old.when, &new.when) {
            let questions = self.otherwise(&self.both_apply(pair), &old.when, &new.when);
            let cause = self.cause_in_rule(pair, old, |rule, was| {
                (rule.when, rule.program) = (was.when, was.program);
            });
            changes.push(Change::new(
                format!("rule {}: when it fires", old.id),
                Some(differing(&old.when, self.old, &new.when, self.new)),
                Some(differing(&new.when, self.new, &old.when, self.old)),
                self.impact(pair, About::Word, cause.as_ref(), &questions),
            ));
        }
        if old.finding != new.finding {
            let mut goals = self.both_apply(pair);
            goals.push(self.goal(self.old, &old.when, Mode::True));
            goals.push(self.goal(self.new, &new.when, Mode::True));
            let cause = self.cause_in_rule(pair, old, |rule, was| rule.finding = was.finding);
            changes.push(Change::new(
                format!("rule {}: what it says", old.id),
                Some(finding(old)),
                Some(finding(new)),
                self.impact(pair, About::Word, cause.as_ref(), &[goals]),
            ));
        }
        changes
    }

    /// Whether it is another condition, and not only the same with other thresholds or lists.
    fn is_rewritten(&self, old: &Node, new: &Node) -> bool {
        written(old, self.old.dictionary) != written(new, self.new.dictionary)
    }

    pub(super) fn matches(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let find = |policy: &'a Policy, name: &str| {
            policy
                .conditions
                .iter()
                .find(move |condition| condition.name == name)
        };
        for condition in &old.conditions {
            match find(new, &condition.name) {
                None => changes.push(self.lone_condition(pair, self.old, condition)),
                Some(other) if self.is_rewritten(&condition.expression, &other.expression) => {
                    changes.push(self.condition(pair, condition, other));
                }
                Some(_) => {}
            }
        }
        let added = new
            .conditions
            .iter()
            .filter(|c| find(old, &c.name).is_none());
        changes.extend(added.map(|condition| self.lone_condition(pair, self.new, condition)));
        changes
    }

    fn condition(&self, pair: Pair<'a>, old: &'a Condition, new: &'a Condition) -> Change {
        let others = |version: Version<'a>, policy: Option<&'a Policy>, but: &Condition| {
            let conditions = policy.into_iter().flat_map(|policy| &policy.conditions);
            let others = conditions.filter(|condition| condition.name != but.name);
            others
                .map(|c| self.goal(version, &c.expression, Mode::True))
                .collect::<Goals<'a>>()
        };
        let mut rest = others(self.old, pair.old, old);
        rest.extend(others(self.new, pair.new, new));
        let questions = self.where_it_matters(pair, rest, &old.expression, &new.expression);
        let cause = self.cause(pair, |policy| {
            let mut conditions = policy.conditions.iter_mut();
            *conditions.find(|c| c.name == old.name)? = self.condition_as_it_was(old)?;
            Some(())
        });
        let (one, two) = (&old.expression, &new.expression);
        Change::new(
            format!("match “{}”", old.name),
            Some(differing(one, self.old, two, self.new)),
            Some(differing(two, self.new, one, self.old)),
            self.impact(pair, About::Word, cause.as_ref(), &questions),
        )
    }

    /// That a condition of `match` comes out otherwise: first where a rule fires, so that it is seen.
    pub(super) fn where_it_matters(
        &self,
        pair: Pair<'a>,
        rest: Goals<'a>,
        old: &'a Node,
        new: &'a Node,
    ) -> Vec<Goals<'a>> {
        let mut questions = Vec::new();
        for (version, policy) in [(self.old, pair.old), (self.new, pair.new)] {
            for rule in policy.into_iter().flat_map(Policy::rules) {
                let mut rest = rest.clone();
                rest.push(self.goal(version, &rule.when, Mode::True));
                questions.extend(self.otherwise(&rest, old, new));
            }
        }
        questions.extend(self.otherwise(&rest, old, new));
        questions
    }

    /// A condition of `match` that is in one version only.
    fn lone_condition(&self, pair: Pair<'a>, version: Version<'a>, lone: &'a Condition) -> Change {
        let is_old = std::ptr::eq(version.set, self.old.set);
        let (other, policy) = if is_old {
            (self.new, pair.new)
        } else {
            (self.old, pair.old)
        };
        let mut rest = self.applies(other, policy);
        rest.push(self.goal(version, &lone.expression, Mode::NotTrue));
        let mut questions: Vec<Goals<'a>> = Vec::new();
        for rule in policy.into_iter().flat_map(Policy::rules) {
            let mut goals = rest.clone();
            goals.push(self.goal(other, &rule.when, Mode::True));
            questions.push(goals);
        }
        questions.push(rest);
        let says = Some(condition(&lone.expression, version));
        let (from, to) = if is_old { (says, None) } else { (None, says) };
        let cause = self.cause(pair, |policy| {
            match is_old {
                true => policy.conditions.push(self.condition_as_it_was(lone)?),
                false => policy.conditions.retain(|c| c.name != lone.name),
            }
            Some(())
        });
        Change::new(
            format!("match “{}”", lone.name),
            from,
            to,
            self.impact(pair, About::Word, cause.as_ref(), &questions),
        )
    }

    /// Questions whose examples are facts about which a policy cannot tell.
    pub(super) fn undecided(&self, pair: Pair<'a>) -> Vec<Goals<'a>> {
        let mut questions = Vec::new();
        for (version, policy) in [(self.old, pair.old), (self.new, pair.new)] {
            let Some(policy) = policy else { continue };
            let neither = |node: &'a Node| {
                [Mode::NotTrue, Mode::NotFalse].map(|mode| self.goal(version, node, mode))
            };
            for rule in policy.rules() {
                let mut goals = self.both_apply(pair);
                goals.extend(neither(&rule.when));
                questions.push(goals);
            }
            let conditions = policy.conditions.iter();
            questions.extend(conditions.map(|c| neither(&c.expression).into()));
        }
        questions
    }
}

/// A condition in words.
pub(super) fn condition(node: &Node, version: Version<'_>) -> String {
    let speaker = crate::words::Speaker {
        dictionary: version.dictionary,
    };
    match speaker.truth(node, true).one_line() {
        always if always == "yes" => "always".to_owned(),
        words => words,
    }
}

/// A condition in words, without those of its parts that the other has, too.
fn differing(node: &Node, version: Version<'_>, other: &Node, of: Version<'_>) -> String {
    let words = |node: &Node, version: Version<'_>| {
        let dictionary = version.dictionary;
        crate::words::Speaker { dictionary }.truth(node, true)
    };
    let (parts, others, joiner) = match (words(node, version), words(other, of)) {
        (Words::All(parts), Words::All(others)) => (parts, others, " and "),
        (Words::Any(parts), Words::Any(others)) => (parts, others, " or "),
        _ => return condition(node, version),
    };
    let all = parts.len();
    let own: Vec<String> = parts
        .iter()
        .filter(|part| !others.contains(part))
        .map(Words::one_line)
        .collect();
    match all - own.len() {
        0 => condition(node, version),
        _ if own.is_empty() => "only what is the same in both".to_owned(),
        same => format!("{}{joiner}{same} more, the same in both", own.join(joiner)),
    }
}

/// What a rule says, on one line.
pub(super) fn finding(rule: &Rule) -> String {
    let finding = &rule.finding;
    let reasons: Vec<&str> = finding
        .reasons
        .iter()
        .map(|reason| reason.code.as_str())
        .collect();
    let mut says = format!("{} ({})", finding.verdict.as_str(), reasons.join(", "));
    if let Some(risk) = finding.risk {
        says.push_str(&format!(", risk {risk}"));
    }
    for obligation in &finding.obligations {
        let arguments: Vec<String> = obligation
            .arguments
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        says.push_str(&format!(", {}", obligation.kind.as_str()));
        if !arguments.is_empty() {
            says.push_str(&format!(" {}", arguments.join(" ")));
        }
    }
    says
}
