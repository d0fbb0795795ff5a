//! Rules, `match` and parameters of a policy in two versions.

use super::impact::{About, Goals, Pair, counts, rules_of};
use super::{Change, Differ, Impact, Version};
use crate::cel::node::Node;
use crate::parameters::Parameter;
use crate::policy::{Condition, Policy, Rule};
use crate::solve::{Mode, meaning, written};
use crate::words::Words;

impl<'a> Differ<'a, '_> {
    pub(super) fn rules(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let find = |policy: &'a Policy, id: &str| rules_of(policy).iter().find(|r| r.id == id);
        for rule in rules_of(old) {
            match find(new, &rule.id) {
                Some(other) => changes.extend(self.rule(pair, rule, other)),
                None => changes.push(self.lone_rule(pair, self.old, rule, About::Word)),
            }
        }
        let added = rules_of(new)
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
        let impact = match about {
            // What does not count, and is there once only, decides nothing.
            About::Counting if !counts(pair) => Impact::Words,
            _ => self.impact(pair, about, &[goals, undecided]),
        };
        let says = format!("{} when {}", finding(rule), condition(&rule.when, version));
        let is_old = std::ptr::eq(version.set, self.old.set);
        let (from, to) = if is_old {
            (Some(says), None)
        } else {
            (None, Some(says))
        };
        Change {
            what: format!("rule {}", rule.id),
            from,
            to,
            impact,
        }
    }

    fn rule(&self, pair: Pair<'a>, old: &'a Rule, new: &'a Rule) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.is_rewritten(&old.when, &new.when) {
            let questions = self.otherwise(&self.both_apply(pair), &old.when, &new.when);
            changes.push(Change {
                what: format!("rule {}: when it fires", old.id),
                from: Some(differing(&old.when, self.old, &new.when, self.new)),
                to: Some(differing(&new.when, self.new, &old.when, self.old)),
                impact: self.impact(pair, About::Word, &questions),
            });
        }
        if old.finding != new.finding {
            let mut goals = self.both_apply(pair);
            goals.push(self.goal(self.old, &old.when, Mode::True));
            goals.push(self.goal(self.new, &new.when, Mode::True));
            changes.push(Change {
                what: format!("rule {}: what it says", old.id),
                from: Some(finding(old)),
                to: Some(finding(new)),
                impact: self.impact(pair, About::Word, &[goals]),
            });
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
        Change {
            what: format!("match “{}”", old.name),
            from: Some(differing(
                &old.expression,
                self.old,
                &new.expression,
                self.new,
            )),
            to: Some(differing(
                &new.expression,
                self.new,
                &old.expression,
                self.old,
            )),
            impact: self.impact(pair, About::Word, &questions),
        }
    }

    /// That a condition of `match` comes out otherwise: first where a rule fires, so that it is seen.
    fn where_it_matters(
        &self,
        pair: Pair<'a>,
        rest: Goals<'a>,
        old: &'a Node,
        new: &'a Node,
    ) -> Vec<Goals<'a>> {
        let mut questions = Vec::new();
        for (version, policy) in [(self.old, pair.old), (self.new, pair.new)] {
            for rule in policy.into_iter().flat_map(rules_of) {
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
        for rule in policy.into_iter().flat_map(rules_of) {
            let mut goals = rest.clone();
            goals.push(self.goal(other, &rule.when, Mode::True));
            questions.push(goals);
        }
        questions.push(rest);
        let says = Some(condition(&lone.expression, version));
        let (from, to) = if is_old { (says, None) } else { (None, says) };
        Change {
            what: format!("match “{}”", lone.name),
            from,
            to,
            impact: self.impact(pair, About::Word, &questions),
        }
    }

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
                changes.push(Change {
                    what: what.clone(),
                    from: Some(values(parameter)),
                    to: Some(values(other)),
                    impact: self.through(pair, &|node| uses_parameter(node, parameter.name())),
                });
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
    pub(super) fn through(&self, pair: Pair<'a>, uses: &dyn Fn(&Node) -> bool) -> Impact {
        let questions = self.questions_through(pair, uses);
        if questions.is_empty() {
            return Impact::Words;
        }
        self.impact(pair, About::Word, &questions)
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
        for rule in rules_of(old) {
            let other = rules_of(new).iter().find(|other| other.id == rule.id);
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

    /// Questions whose examples are facts about which a policy cannot tell.
    pub(super) fn undecided(&self, pair: Pair<'a>) -> Vec<Goals<'a>> {
        let mut questions = Vec::new();
        for (version, policy) in [(self.old, pair.old), (self.new, pair.new)] {
            let Some(policy) = policy else { continue };
            let neither = |node: &'a Node| {
                [Mode::NotTrue, Mode::NotFalse].map(|mode| self.goal(version, node, mode))
            };
            for rule in rules_of(policy) {
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
