//! Facts that whoever sends a request may leave out to get a milder decision.
//!
//! A policy is asked about the same facts with one of them and without it. What it says without is milder where
//! it would loosen a decision (`milder`) both beside what it says with the fact and beside `on_missing`: that is what
//! the policy, and whoever signed its `accepts_risk`, says of a fact that is not there. So it is milder
//!
//! - that a rule which challenges, holds or denies is silent, and no other rule says as much, or as much as
//!   `on_missing`;
//! - that a rule which allows or flags fires, and with the fact does not. Only in the last stage is that a permission;
//!   in the others, only that it discloses something;
//! - that a plugin is not asked. What a plugin says without a fact is its own: the policy's `on_missing` counts for
//!   what it needs.
//!
//! What `accepts_risk` says of a fact by its name was seen by who signed it, and is not told again. The order of the rules makes no difference, since the most severe counts. The solver proposes facts, and the
//! compiled policy says of them what is told.

use std::collections::BTreeSet;
use std::rc::Rc;

use weft_diagnostic::Place;
use weft_dictionary::{Dictionary, FieldId, Origin};
use weft_verdict::{ObligationKind, Verdict};

use super::without::{Absent, Without};
use super::{Analyst, rules_of};
use crate::Example;
use crate::cel::node::Node;
use crate::codes;
use crate::limits::MAX_SOLVER_STEPS;
use crate::milder::{Said, said};
use crate::policy::{Applies, Body, Policy, Rule};
use crate::solve::{Answer, Facts, Goal, Mode, Solver};

impl Analyst<'_> {
    pub(super) fn absences(&mut self, policy: &Policy) {
        let mut asked = BTreeSet::new();
        for expression in expressions(policy) {
            asked_for(expression, &mut asked);
        }
        let last = self.set.stages().last();
        let is_last = last.is_some_and(|stage| stage.name == policy.stage());
        for field in asked {
            let known = self.dictionary.field(field);
            let accepted = policy
                .accepts_risk()
                .is_some_and(|why| is_named_in(&known.name, why));
            if known.claim || known.origin == Origin::Host || accepted {
                continue;
            }
            if self.solver.is_spent() {
                self.analysis.left_out += 1;
                continue;
            }
            let absent = Absent {
                field,
                dictionary: self.dictionary,
            };
            let conditions = policy.conditions.iter().map(|c| &c.expression);
            let rules = rules_of(policy).iter().map(|rule| &rule.when);
            let (Some(conditions), Some(rules)) =
                (parts(conditions, &absent), parts(rules, &absent))
            else {
                self.analysis.left_out += 1;
                continue;
            };
            let parts = Parts {
                policy,
                is_last,
                name: known.name.as_str().into(),
                dictionary: self.dictionary,
                there: Node::Has(field),
                conditions,
                rules,
            };
            for found in Search::of(&parts, self.solver.for_now()).run() {
                self.absence(policy, &known.name, &found);
            }
        }
    }

    fn absence(&mut self, policy: &Policy, name: &str, found: &Milder) {
        let what = &found.what;
        let message = format!("who leaves out `{name}` gets a milder decision: {what}");
        let help = match found.by {
            By::Silence => format!(
                "leave out `has({name})`, so that on_missing counts, add a rule on `!has({name})` that says as much, or say of `{name}` in metadata.accepts_risk why it may be left out"
            ),
            By::Permission => format!(
                "compare `{name}` without asking `has({name})`, so that on_missing counts, or say of `{name}` in metadata.accepts_risk why it may be left out"
            ),
        };
        self.warn(codes::ABSENCE, policy, found.place, message, &help);
    }
}

/// By what a decision gets milder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Nobody objects.
    Silence,
    /// Somebody allows.
    Permission,
}

/// Where it gets milder, and how.
struct Milder {
    place: Place,
    by: By,
    what: String,
}

/// An expression with a fact, and without it.
struct Part<'n> {
    node: &'n Node,
    /// Of one that names the fact.
    without: Option<Without>,
    has_value: Option<Node>,
}

impl<'n> Part<'n> {
    /// None if it gets too large.
    fn of(node: &'n Node, absent: &Absent<'_>) -> Option<Part<'n>> {
        let without = match absent.is_named(node) {
            true => Some(absent.of(node)?),
            false => None,
        };
        Some(Part {
            node,
            has_value: without.as_ref().map(Without::value),
            without,
        })
    }

    /// That it is true without the fact.
    fn yes(&self) -> &Node {
        self.without.as_ref().map_or(self.node, |w| &w.yes)
    }
}

/// A policy with a fact, and without it.
struct Parts<'n> {
    policy: &'n Policy,
    is_last: bool,
    name: Rc<str>,
    dictionary: &'n Dictionary,
    there: Node,
    conditions: Vec<Part<'n>>,
    rules: Vec<Part<'n>>,
}

impl Parts<'_> {
    fn without(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        facts.0.remove(&self.name);
        facts
    }

    /// Whether the policy says something milder without the fact.
    fn is_milder(&self, facts: &Facts) -> bool {
        let (with, without) = (
            facts.row(self.dictionary),
            self.without(facts).row(self.dictionary),
        );
        let policy = self.policy;
        if matches!(policy.body, Body::Plugin(_)) {
            return policy.matches(&with) == Applies::Yes
                && policy.matches(&without) == Applies::No;
        }
        let [with, without] = [&with, &without].map(|row| self.counted(said(policy, row)));
        let missing = self.counted(Said::only(policy.on_missing));
        facts.0.contains_key(&self.name)
            && !with.may_become(&without)
            && !missing.may_become(&without)
    }

    /// Before the last stage nothing is permitted: no objection is as good as saying nothing.
    fn counted<'s>(&self, mut said: Said<'s>) -> Said<'s> {
        if !self.is_last && said.verdict < Verdict::Challenge {
            said.verdict = Verdict::Allow;
        }
        said
    }

    fn told(&self, facts: &Facts) -> String {
        let verdict = |facts: &Facts| {
            let row = facts.row(self.dictionary);
            said(self.policy, &row).verdict.as_str()
        };
        let example = Example::of(facts);
        format!(
            "with {} it is {}, without `{}` {}",
            example.one_line(),
            verdict(facts),
            self.name,
            verdict(&self.without(facts))
        )
    }
}

/// Looks for facts with which a policy says something milder when one of them is left out.
struct Search<'n> {
    parts: &'n Parts<'n>,
    solver: Solver<'n>,
    found: Vec<Milder>,
}

impl<'n> Search<'n> {
    fn of(parts: &'n Parts<'n>, solver: Solver<'n>) -> Search<'n> {
        Search {
            parts,
            solver,
            found: Vec::new(),
        }
    }

    fn run(mut self) -> Vec<Milder> {
        let parts = self.parts;
        match &parts.policy.body {
            Body::Plugin(_) => self.not_asked(None),
            Body::Rules(rules) => {
                for (rule, part) in rules.iter().zip(&parts.rules) {
                    match rule.finding.verdict {
                        Verdict::Abstain => {}
                        Verdict::Allow | Verdict::Flag => self.permits(rule, part),
                        _ => {
                            self.not_asked(Some((rule, part)));
                            self.silent(rule, part);
                        }
                    }
                }
            }
        }
        self.found
    }

    /// The policy does not apply without the fact, and with it objects: by this rule, or by its plugin.
    fn not_asked(&mut self, rule: Option<(&Rule, &'n Part<'n>)>) {
        let parts = self.parts;
        for (condition, part) in parts.policy.conditions.iter().zip(&parts.conditions) {
            let Some(without) = &part.without else {
                continue;
            };
            let mut goals = self.with_the_fact();
            goals.extend(rule.map(|(_, part)| self.goal(part.node, Mode::True)));
            goals.push(self.goal(&without.no, Mode::True));
            let name = &condition.name;
            let what = format!("the policy does not apply without it: `{name}`");
            self.ask(&goals, condition.place, By::Silence, &what);
        }
    }

    /// A rule that objects is silent without the fact, and no other says as much, or as `on_missing`.
    fn silent(&mut self, rule: &'n Rule, part: &'n Part<'n>) {
        if part.without.is_none() {
            return;
        }
        let least = match self.parts.policy.on_missing {
            missing if missing >= Verdict::Challenge => rule.finding.verdict.min(missing),
            _ => rule.finding.verdict,
        };
        let mut goals = self.with_the_fact();
        goals.push(self.goal(part.node, Mode::True));
        goals.extend(self.applies_without());
        goals.extend(self.quiet_without(least));
        let what = format!("the rule `{}` is silent without it", rule.id);
        self.ask(&goals, rule.place, By::Silence, &what);
    }

    /// A rule that lets it go on fires without the fact, and with it does not.
    fn permits(&mut self, rule: &'n Rule, part: &'n Part<'n>) {
        let parts = self.parts;
        let mut duties = rule.finding.obligations.iter();
        if !parts.is_last && !duties.any(|duty| duty.kind == ObligationKind::Disclose) {
            return;
        }
        let mut goals = self.applies_without();
        goals.push(self.goal(part.yes(), Mode::True));
        goals.push(self.goal(&parts.there, Mode::True));
        goals.extend(self.quiet_without(Verdict::Challenge));
        for (condition, other) in parts.policy.conditions.iter().zip(&parts.conditions) {
            if other.without.is_some() {
                let mut goals = goals.clone();
                goals.push(self.goal(other.node, Mode::False));
                let name = &condition.name;
                let what = format!("the policy applies without it: `{name}`");
                self.ask(&goals, condition.place, By::Permission, &what);
            }
        }
        if part.without.is_some() {
            goals.push(self.goal(part.node, Mode::False));
            let what = format!("the rule `{}` fires without it", rule.id);
            self.ask(&goals, rule.place, By::Permission, &what);
        }
    }

    /// The fact is there, and the policy applies.
    fn with_the_fact(&self) -> Vec<Goal<'n>> {
        let conditions = self.parts.conditions.iter();
        conditions
            .map(|part| part.node)
            .chain([&self.parts.there])
            .map(|node| self.goal(node, Mode::True))
            .collect()
    }

    fn applies_without(&self) -> Vec<Goal<'n>> {
        let conditions = self.parts.conditions.iter();
        conditions
            .map(|part| self.goal(part.yes(), Mode::True))
            .collect()
    }

    /// No rule says this much without the fact, and none of those that name it rests on it.
    fn quiet_without(&self, least: Verdict) -> Vec<Goal<'n>> {
        let parts = self.parts;
        let rules = rules_of(parts.policy).iter().zip(&parts.rules);
        let severe = rules
            .filter(|(rule, _)| rule.finding.verdict >= least)
            .map(|(_, part)| self.goal(part.yes(), Mode::NotTrue));
        let values = parts
            .rules
            .iter()
            .filter_map(|part| part.has_value.as_ref());
        severe
            .chain(values.map(|node| self.goal(node, Mode::True)))
            .collect()
    }

    fn ask(&mut self, goals: &[Goal<'n>], place: Place, by: By, what: &str) {
        if self.found.iter().any(|found| found.place == place) {
            return;
        }
        let parts = self.parts;
        let beside: Vec<(&Node, &Dictionary)> = expressions(parts.policy)
            .map(|node| (node, parts.dictionary))
            .collect();
        let is_milder = |facts: &Facts| parts.is_milder(facts);
        let answer = self
            .solver
            .ask_beside(goals, &beside, MAX_SOLVER_STEPS, &is_milder);
        let Answer::Example(facts) = answer else {
            return;
        };
        let what = match parts.policy.body {
            Body::Plugin(_) => what.to_owned(),
            Body::Rules(_) => format!("{what}; {}", parts.told(&facts.fewest(&is_milder))),
        };
        self.found.push(Milder { place, by, what });
    }

    fn goal(&self, node: &'n Node, mode: Mode) -> Goal<'n> {
        Goal {
            node,
            mode,
            dictionary: self.parts.dictionary,
        }
    }
}

fn parts<'n>(nodes: impl Iterator<Item = &'n Node>, absent: &Absent<'_>) -> Option<Vec<Part<'n>>> {
    nodes.map(|node| Part::of(node, absent)).collect()
}

fn expressions(policy: &Policy) -> impl Iterator<Item = &Node> {
    let conditions = policy.conditions.iter().map(|c| &c.expression);
    conditions.chain(rules_of(policy).iter().map(|rule| &rule.when))
}

/// The facts of which an expression asks whether they are there.
fn asked_for(node: &Node, fields: &mut BTreeSet<FieldId>) {
    if let Node::Has(field) = node {
        fields.insert(*field);
    }
    for part in node.children() {
        asked_for(part, fields);
    }
}

/// Whether a text names a field.
fn is_named_in(field: &str, text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let mut words = text.split(|c: char| !part(c));
    words.any(|word| word.trim_end_matches('.') == field)
}
