//! Looking for facts with which a policy says something milder when one of them is left out.

use weft_diagnostic::Place;
use weft_dictionary::Dictionary;
use weft_verdict::{ObligationKind, Verdict};

use super::{Fall, Part, Parts, expressions};
use crate::cel::node::Node;
use crate::limits::MAX_SOLVER_STEPS;
use crate::milder::Weight;
use crate::policy::{Body, Rule};
use crate::silence::objects_less;
use crate::solve::{Answer, Facts, Goal, Mode, Solver};

/// By what a decision gets milder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Nobody objects.
    Silence,
    /// Somebody allows.
    Permission,
}

/// Where it gets milder, or may, and how.
pub(super) struct Milder {
    pub(super) place: Place,
    pub(super) by: By,
    /// Whether nothing is left that objects.
    pub(super) opens: bool,
    pub(super) what: String,
}

/// Neither an example was found nor a proof that there is none.
struct NotKnown;

/// Looks for facts with which a policy says something milder when one of them is left out.
pub(super) struct Search<'n> {
    parts: &'n Parts<'n>,
    solver: Solver<'n>,
    found: Vec<Milder>,
    unknown: Vec<Milder>,
}

impl<'n> Search<'n> {
    pub(super) fn of(parts: &'n Parts<'n>, solver: Solver<'n>) -> Search<'n> {
        Search {
            parts,
            solver,
            found: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Where it gets milder, and where neither an example was found nor a proof that there is none.
    pub(super) fn run(mut self) -> (Vec<Milder>, Vec<Milder>) {
        let parts = self.parts;
        match &parts.policy.body {
            Body::Plugin(_) => self.not_asked(None),
            Body::Rules(rules) => {
                for (rule, part) in rules.iter().zip(&parts.rules) {
                    // Nothing is milder than what is said of a missing fact.
                    if self.parts.is_lenient(rule) {
                        continue;
                    }
                    let objects = rule.finding.verdict >= Verdict::Challenge;
                    if !objects {
                        self.permits(rule, part);
                    }
                    // Beside an allowance a flag is all that is said. Before the last stage nothing is allowed.
                    let flags = rule.finding.verdict == Verdict::Flag && parts.is_last;
                    if objects || flags || !rule.finding.obligations.is_empty() {
                        self.not_asked(Some((rule, part)));
                    }
                    if objects || flags {
                        self.silent(rule, part);
                    }
                    if objects {
                        self.less_than_silence(rule, part);
                    } else {
                        self.lets_off(rule, part);
                    }
                }
            }
        }
        let (found, mut unknown) = (self.found, self.unknown);
        unknown.retain(|one| !found.iter().any(|other| other.place == one.place));
        (found, unknown)
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
        let fired = Weight::of(&rule.finding);
        let least = match self.parts.policy.on_missing {
            missing if missing >= Verdict::Challenge => fired.min(Weight::only(missing)),
            _ => fired,
        };
        let mut goals = self.with_the_fact();
        goals.push(self.goal(part.node, Mode::True));
        goals.extend(self.applies_without());
        goals.extend(self.quiet_without(|other| Weight::of(&other.finding) >= least));
        let what = format!("the rule `{}` is silent without it", rule.id);
        self.ask(&goals, rule.place, By::Silence, &what);
    }

    /// What a rule asks to be done beside what it says goes with it, and no other rule asks for it.
    fn lets_off(&mut self, rule: &'n Rule, part: &'n Part<'n>) {
        let duties = &rule.finding.obligations;
        if part.without.is_none() || duties.is_empty() {
            return;
        }
        let mut goals = self.with_the_fact();
        goals.push(self.goal(part.node, Mode::True));
        goals.extend(self.applies_without());
        let asks = |other: &Rule| {
            duties
                .iter()
                .all(|duty| other.finding.obligations.contains(duty))
        };
        goals.extend(self.quiet_without(asks));
        let what = format!("what the rule `{}` asks for goes with it", rule.id);
        self.ask(&goals, rule.place, By::Silence, &what);
    }

    /// A rule says less than `no_policy` without the fact, and with it nobody says anything.
    fn less_than_silence(&mut self, rule: &'n Rule, part: &'n Part<'n>) {
        let fired = Weight::of(&rule.finding);
        if fired >= Weight::only(self.parts.policy.on_missing) {
            return;
        }
        let place = part.without.as_ref().map(|_| rule.place);
        let conditions = self
            .parts
            .policy
            .conditions
            .iter()
            .zip(&self.parts.conditions);
        let mut named = conditions.filter(|(_, part)| part.without.is_some());
        let Some(place) = place.or_else(|| named.next().map(|(condition, _)| condition.place))
        else {
            return;
        };
        let silences = self.parts.silences.iter();
        for silence in silences.filter(|silence| objects_less(fired, silence.weight)) {
            let mut goals = self.applies_without();
            goals.push(self.goal(part.yes(), Mode::True));
            goals.push(self.goal(&self.parts.there, Mode::True));
            let wanted = silence.wanted.iter();
            goals.extend(wanted.map(|(node, mode)| self.goal(node, *mode)));
            goals.extend(self.quiet_without(|other| Weight::of(&other.finding) >= silence.weight));
            let what = format!(
                "nobody says anything with it, which is {} (no_policy), and the rule `{}` says less without it",
                silence.weight.words(),
                rule.id
            );
            self.ask(&goals, place, By::Permission, &what);
        }
    }

    /// Where a rule comes to fire without the fact, if it may.
    pub(super) fn comes(&self, rule: &Rule, part: &'n Part<'n>) -> Option<Place> {
        let mut goals = self.applies_without();
        goals.push(self.goal(part.yes(), Mode::True));
        goals.push(self.goal(&self.parts.there, Mode::True));
        let conditions = self
            .parts
            .policy
            .conditions
            .iter()
            .zip(&self.parts.conditions);
        let conditions = conditions.map(|(condition, part)| (part, condition.place));
        let mut named = conditions
            .chain([(part, rule.place)])
            .filter(|(part, _)| part.without.is_some());
        let comes = |part: &'n Part<'n>| {
            let mut goals = goals.clone();
            goals.push(self.goal(part.node, Mode::NotTrue));
            !matches!(self.solver.ask(&goals, &|_| true), Answer::Never(_))
        };
        named.find(|(part, _)| comes(part)).map(|(_, place)| place)
    }

    /// A rule that lets it go on, or discloses something, fires without the fact, and with it does not.
    fn permits(&mut self, rule: &'n Rule, part: &'n Part<'n>) {
        let parts = self.parts;
        let mut duties = rule.finding.obligations.iter();
        let discloses = duties.any(|duty| duty.kind == ObligationKind::Disclose);
        if !(discloses || parts.is_last && rule.finding.verdict > Verdict::Abstain) {
            return;
        }
        let mut goals = self.applies_without();
        goals.push(self.goal(part.yes(), Mode::True));
        goals.push(self.goal(&parts.there, Mode::True));
        let least = Weight::least_objection();
        goals.extend(self.quiet_without(|other| Weight::of(&other.finding) >= least));
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

    /// No such rule fires without the fact, and none of those that name it rests on it.
    fn quiet_without(&self, such: impl Fn(&Rule) -> bool) -> Vec<Goal<'n>> {
        let parts = self.parts;
        let rules = parts.policy.rules().iter().zip(&parts.rules);
        let severe = rules
            .filter(|(rule, _)| such(rule))
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
        let what = match self.worst(goals) {
            Ok(Some((fall, facts))) => {
                let told = self.parts.told(&facts);
                return self.found.push(Milder {
                    place,
                    by,
                    opens: fall.opens(),
                    what: told.map_or(what.to_owned(), |told| format!("{what}; {told}")),
                });
            }
            Ok(None) => return,
            Err(NotKnown) => what.to_owned(),
        };
        if !self.unknown.iter().any(|unknown| unknown.place == place) {
            self.unknown.push(Milder {
                place,
                by,
                opens: false,
                what,
            });
        }
    }

    /// The facts with which the policy falls furthest; none if it is proven that it never does.
    fn worst(&self, goals: &[Goal<'n>]) -> Result<Option<(Fall, Facts)>, NotKnown> {
        let parts = self.parts;
        let beside: Vec<(&Node, &Dictionary)> = expressions(parts.policy)
            .map(|node| (node, parts.dictionary))
            .collect();
        let mut worst: Option<(Fall, Facts)> = None;
        loop {
            let known = worst.as_ref().map(|(fall, _)| *fall);
            let is_worse = |facts: &Facts| parts.fall(facts).is_some_and(|fall| Some(fall) > known);
            let answer = self
                .solver
                .ask_beside(goals, &beside, MAX_SOLVER_STEPS, &is_worse);
            let facts = match answer {
                Answer::Example(facts) => facts,
                Answer::Unknown if worst.is_none() => return Err(NotKnown),
                Answer::Unknown | Answer::Never(_) => return Ok(worst),
            };
            let Some(fall) = parts.fall(&facts) else {
                return Ok(worst);
            };
            let as_far = |facts: &Facts| parts.fall(facts) >= Some(fall);
            let facts = facts.fewest(&as_far);
            worst = parts.fall(&facts).map(|fall| (fall, facts));
        }
    }

    fn goal(&self, node: &'n Node, mode: Mode) -> Goal<'n> {
        Goal {
            node,
            mode,
            dictionary: self.parts.dictionary,
        }
    }
}
