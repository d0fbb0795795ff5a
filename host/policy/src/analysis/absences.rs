//! Facts that whoever sends a request may leave out to get a milder decision.
//!
//! A policy is asked about the same facts with one of them and without it. What it says without is milder where
//! it would loosen a decision (`milder`) both beside what it says with the fact and beside `on_missing`: that is what
//! the policy, and whoever signed its `accepts_risk`, says of a fact that is not there. So it is milder
//!
//! - that a rule which challenges, holds or denies, or in the last stage flags, is silent, and no other rule says as much, or
//!   as much as `on_missing`;
//! - that a rule which allows or flags fires, and with the fact does not. Only in the last stage is that a permission;
//!   in the others, only that it discloses something;
//! - that what a rule asks to be done goes with it;
//! - that less than `no_policy` is said where, with the fact, nobody says anything;
//! - that a rule which then fires takes a fact away from later policies, or ends the walk before they are asked;
//! - that a plugin is not asked. What a plugin says without a fact is its own: the policy's `on_missing` counts for
//!   what it needs.
//!
//! What `accepts_risk` says of a fact by its name was seen by who signed it, and is not told again. The order of the
//! rules makes no difference, since the most severe counts. The solver proposes facts, and the compiled policy says of
//! them what is told: the furthest fall that was found. Where nothing is left that objects, it is an error. Where
//! neither facts are found nor a proof that there are none, that is told, too.

mod search;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use weft_diagnostic::Place;
use weft_dictionary::{Dictionary, FieldId, Origin};
use weft_verdict::Verdict;

use self::search::{By, Milder, Search};
use super::Analyst;
use super::without::{Absent, Without};
use crate::Example;
use crate::cel::node::Node;
use crate::codes;
use crate::load::is_asked;
use crate::milder::{Said, Weight, said};
use crate::policy::{Applies, Body, Policy, Rule};
use crate::silence::{Wanted, silent, weight};
use crate::solve::Facts;
use crate::threat::Walk;

impl<'a> Analyst<'a> {
    pub(super) fn absences<'w>(&mut self, policy: &'w Policy, walk: Option<&Walk<'w>>) {
        let mut asked = BTreeMap::new();
        for (expression, place) in placed(policy) {
            asked_for(expression, place, &mut asked);
        }
        let last = self.set.stages().last();
        let is_last = last.is_some_and(|stage| stage.name == policy.stage());
        let silences = if is_last {
            self.silences(policy)
        } else {
            Vec::new()
        };
        for (field, place) in asked {
            let known = self.dictionary.field(field);
            if known.claim || known.origin == Origin::Host || policy.accepts(&known.name) {
                continue;
            }
            if self.solver.is_spent() {
                let why = "the steps for all such questions were used up before";
                self.not_known(policy, &known.name, place, why);
                continue;
            }
            let absent = Absent {
                field,
                dictionary: self.dictionary,
            };
            let conditions = policy.conditions.iter().map(|c| &c.expression);
            let rules = policy.rules().iter().map(|rule| &rule.when);
            let (Some(conditions), Some(rules)) =
                (parts(conditions, &absent), parts(rules, &absent))
            else {
                let why = "what its conditions are without it is too long";
                self.not_known(policy, &known.name, place, why);
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
                silences: &silences,
            };
            for (place, why) in self.across(policy, &parts, walk) {
                self.not_known(policy, &known.name, place, &why);
            }
            let (found, unknown) = Search::of(&parts, self.solver.for_now()).run();
            for found in found {
                self.absence(policy, &known.name, &found);
            }
            for unknown in unknown {
                let why = format!(
                    "no example was found and no proof that there is none; looked for were facts with which {}",
                    unknown.what
                );
                self.not_known(policy, &known.name, unknown.place, &why);
            }
        }
    }

    /// What a rule that fires without the fact does to policies of later stages.
    fn across<'w>(
        &self,
        policy: &'w Policy,
        parts: &Parts<'_>,
        walk: Option<&Walk<'w>>,
    ) -> Vec<(Place, String)> {
        let Some(walk) = walk.filter(|_| !parts.is_last) else {
            return Vec::new();
        };
        let rules = policy.rules().iter().zip(&parts.rules);
        let rules = rules.filter_map(|(rule, part)| {
            let found = walk.milder_later(policy, rule, rule.finding.verdict)?;
            let place = Search::of(parts, self.solver.for_now()).comes(rule, part)?;
            let why = format!("without it the rule `{}` {}", rule.id, found.message);
            Some((place, format!("{why}; {}", found.help)))
        });
        rules.collect()
    }

    /// For each operation with which a policy of the last stage may be silent: what nobody's saying anything leads to, and
    /// who else counts now.
    fn silences(&self, policy: &Policy) -> Vec<Silence<'a>> {
        let operations = self.set.operations().iter();
        let about = operations.filter(|operation| policy.covers(&operation.name));
        let others = |name: &str| {
            let all = self.set.policies().iter().map(Arc::as_ref);
            let others = all.filter(|other| {
                self.counts(other)
                    && other.in_force(self.at)
                    && other.stage() == policy.stage()
                    && other.id() != policy.id()
                    && other.covers(name)
            });
            others.collect::<Vec<&'a Policy>>()
        };
        about
            .map(|operation| {
                let others = others(&operation.name);
                let quiet = others
                    .iter()
                    .chain([&policy])
                    .map(|one| silent(one, Node::clone));
                Silence {
                    weight: Weight::only(operation.no_policy),
                    wanted: quiet.collect(),
                    others,
                }
            })
            .collect()
    }

    fn absence(&mut self, policy: &Policy, name: &str, found: &Milder) {
        let what = &found.what;
        let message = format!("who leaves out `{name}` gets a milder decision: {what}");
        let help = match found.by {
            By::Silence => format!(
                "leave out `has({name})`, so that on_missing counts, add a rule on `!has({name})` that says as much, or {}",
                accepting(name)
            ),
            By::Permission => format!(
                "compare `{name}` without asking `has({name})`, so that on_missing counts, or {}",
                accepting(name)
            ),
        };
        let problem = self.problem(codes::ABSENCE, policy, found.place, message);
        // Where nothing is left that objects, it is what nothing that is missing may do.
        let problem = match found.opens && is_asked(policy.status()) {
            true => problem,
            false => problem.warning(),
        };
        self.analysis.problems.0.push(problem.help(help));
    }

    fn not_known(&mut self, policy: &Policy, name: &str, place: Place, why: &str) {
        let message =
            format!("whether who leaves out `{name}` gets a milder decision is not known: {why}");
        let help = format!(
            "compare `{name}` without asking `has({name})`, so that on_missing counts, or {}",
            accepting(name)
        );
        self.warn(codes::ABSENCE_UNKNOWN, policy, place, message, &help);
    }
}

fn accepting(name: &str) -> String {
    format!("say of `{name}` in metadata.accepts_risk why it may be left out")
}

/// How far what a policy says falls where a fact is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fall {
    steps: u8,
    /// How mild it is then; the milder the more.
    mild: u8,
}

impl Fall {
    fn of(with: Weight, without: Weight) -> Fall {
        let severity = |weight: Weight| match weight.verdict {
            Verdict::Allow => 0,
            Verdict::Flag => 1,
            // Nobody says that it may go on.
            Verdict::Abstain => 2,
            Verdict::Challenge => 3,
            Verdict::Hold if weight.is_cleared() => 4,
            Verdict::Hold => 5,
            Verdict::Deny => 6_u8,
        };
        Fall {
            steps: severity(with).saturating_sub(severity(without)),
            mild: 6 - severity(without),
        }
    }

    /// Whether nothing is left that objects, where something did or nobody said anything.
    fn opens(self) -> bool {
        self.steps > 0 && self.mild > 3 && self.steps + 6 - self.mild > 1
    }
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

/// That nobody says anything about an operation.
struct Silence<'a> {
    /// What that leads to.
    weight: Weight,
    others: Vec<&'a Policy>,
    wanted: Vec<Wanted>,
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
    silences: &'n [Silence<'n>],
}

impl Parts<'_> {
    fn without(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        facts.0.remove(&self.name);
        facts
    }

    /// How far what the policy says falls without the fact; none if it says nothing milder.
    fn fall(&self, facts: &Facts) -> Option<Fall> {
        let (with, without) = (
            facts.row(self.dictionary),
            self.without(facts).row(self.dictionary),
        );
        let policy = self.policy;
        if matches!(policy.body, Body::Plugin(_)) {
            let skipped =
                policy.matches(&with) == Applies::Yes && policy.matches(&without) == Applies::No;
            return skipped
                .then(|| Fall::of(Weight::only(Verdict::Deny), Weight::only(Verdict::Abstain)));
        }
        let row = &with;
        let [mut with, without] = [row, &without].map(|row| said(policy, row));
        if with.verdict() == Verdict::Abstain && without.verdict() >= Verdict::Challenge {
            // Where nobody says anything, `no_policy` counts.
            let nobody = |other: &&Policy| weight(other, row).verdict == Verdict::Abstain;
            let silences = self.silences.iter();
            let silences = silences.filter(|silence| silence.others.iter().all(nobody));
            let strictest = silences.map(|silence| silence.weight).max();
            with.weight = strictest.unwrap_or(with.weight);
        }
        let fall = Fall::of(with.weight, without.weight);
        let [with, without] = [with, without].map(|said| self.counted(said));
        let missing = self.counted(Said::only(policy.on_missing));
        let is_milder = facts.0.contains_key(&self.name)
            && !with.may_become(&without)
            && !missing.may_become(&without);
        is_milder.then_some(fall)
    }

    /// Whether `on_missing` allows, and the rule shows nobody anything.
    fn is_lenient(&self, rule: &Rule) -> bool {
        let missing = self.counted(Said::only(self.policy.on_missing));
        let fired = self.counted(Said {
            weight: Weight::only(Verdict::Allow),
            obligations: rule.finding.obligations.iter().collect(),
        });
        missing.verdict() == Verdict::Allow && missing.may_become(&fired)
    }

    /// Before the last stage nothing is permitted: no objection is as good as saying nothing.
    fn counted<'s>(&self, mut said: Said<'s>) -> Said<'s> {
        if !self.is_last && said.verdict() < Verdict::Challenge {
            said.weight = Weight::only(Verdict::Allow);
        }
        said
    }

    /// What the policy says with the fact and without it; a plugin is not asked here.
    fn told(&self, facts: &Facts) -> Option<String> {
        if matches!(self.policy.body, Body::Plugin(_)) {
            return None;
        }
        let words = |facts: &Facts| {
            let row = facts.row(self.dictionary);
            said(self.policy, &row).words()
        };
        let (with, without) = (words(facts), words(&self.without(facts)));
        let duties = if with == without {
            " with other obligations"
        } else {
            ""
        };
        let example = Example::of(facts);
        Some(format!(
            "with {} it is {with}, without `{}` {without}{duties}",
            example.one_line(),
            self.name,
        ))
    }
}

fn parts<'n>(nodes: impl Iterator<Item = &'n Node>, absent: &Absent<'_>) -> Option<Vec<Part<'n>>> {
    nodes.map(|node| Part::of(node, absent)).collect()
}

/// The expressions of a policy, and where they stand.
fn placed(policy: &Policy) -> impl Iterator<Item = (&Node, Place)> {
    let conditions = policy.conditions.iter().map(|c| (&c.expression, c.place));
    conditions.chain(policy.rules().iter().map(|rule| (&rule.when, rule.place)))
}

fn expressions(policy: &Policy) -> impl Iterator<Item = &Node> {
    placed(policy).map(|(node, _)| node)
}

/// The facts of which an expression asks whether they are there, with the first place.
fn asked_for(node: &Node, place: Place, fields: &mut BTreeMap<FieldId, Place>) {
    if let Node::Has(field) = node {
        fields.entry(*field).or_insert(place);
    }
    for part in node.children() {
        asked_for(part, place, fields);
    }
}
