//! What a change of a policy does: facts for which it says something else, or the proof that there are none.

use std::cell::{Cell, RefCell};

use weft_dictionary::{Dictionary, Timestamp, Value};

use super::cause::Cause;
use super::pairs::Pair;
use super::said::{NotAsked, Word, decide, word};
use super::{Differ, Impact, Said, Shown, Version};
use crate::Example;
use crate::cel::node::Node;
use crate::example::{DECIDED_AT, DECIDED_HOUR, can_arrive};
use crate::limits::MAX_MILDER_TRIES;
use crate::policy::{Body, Policy, Rule, Status};
use crate::solve::{Answer, Facts, Goal, Mode};

/// Which of its differences an example is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// What it says, as if both versions were asked.
    Word,
    /// In whose words readers are told what it says.
    Told,
    /// Whether it counts.
    Status,
    /// When it begins to be in force.
    From,
    /// When it ceases to be in force.
    Until,
    /// About which operations it is asked.
    Operations,
}

/// A question whose examples show a change.
pub(super) type Goals<'a> = Vec<Goal<'a>>;

/// How good an example is; the best is one for which a verdict becomes milder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Something is missing or fails, or only what is told differs.
    Partly,
    /// Nothing is missing and nothing fails; the verdicts are the same.
    Whole,
    Stricter,
    Milder,
}

impl Rank {
    /// Of two words that differ.
    fn of(about: About, old: &Word, new: &Word) -> Option<Rank> {
        let is_whole = old.is_whole() && new.is_whole();
        if about == About::Told {
            let best = if is_whole { Rank::Whole } else { Rank::Partly };
            return (old.told_by != new.told_by).then_some(best);
        }
        if old.decides_as(new) {
            return None;
        }
        Some(match new.verdict.cmp(&old.verdict) {
            _ if !is_whole => Rank::Partly,
            std::cmp::Ordering::Less => Rank::Milder,
            std::cmp::Ordering::Equal => Rank::Whole,
            std::cmp::Ordering::Greater => Rank::Stricter,
        })
    }

    /// Of an example that shows all changes and one of them.
    fn of_both(all: Rank, one: Rank) -> Rank {
        match (all, one) {
            (Rank::Stricter, Rank::Milder) | (Rank::Milder, Rank::Stricter) => Rank::Whole,
            (all, one) => all.min(one),
        }
    }
}

/// A change that is looked at, and the operation for which.
#[derive(Clone, Copy)]
pub(super) struct Case<'c, 'a> {
    pub(super) pair: Pair<'a>,
    pub(super) about: About,
    pub(super) operation: &'c str,
    /// The policy with and without the change, if that is known.
    pub(super) cause: Option<&'c Cause<'a>>,
}

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
        let rules = rules_of(policy).iter();
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
            let why = "what the plugin makes of it is not known without asking it; `weft policy replay` asks it about recorded decisions";
            return Impact::Open(why.to_owned());
        }
        let operations = self.operations(pair, about);
        let case = Case {
            pair,
            about,
            operation: operations.first().map_or("", String::as_str),
            cause,
        };
        let beside = self.conditions_of(pair);
        let best: RefCell<Option<(Rank, Facts)>> = RefCell::default();
        let more = Cell::new(MAX_MILDER_TRIES);
        let confirms = |facts: &Facts| {
            let facts = self.arriving(case, facts.clone());
            if let Some(rank) = self.difference(case, &facts) {
                let mut best = best.borrow_mut();
                if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                    *best = Some((rank, facts));
                }
            }
            let rank = best.borrow().as_ref().map(|(rank, _)| *rank);
            if rank >= Some(Rank::Stricter) {
                more.set(more.get().saturating_sub(1));
            }
            rank == Some(Rank::Milder) || more.get() == 0
        };
        let mut proven = !questions.is_empty();
        for goals in questions {
            match self.solver.ask_beside(goals, &beside, &confirms) {
                Answer::Example(_) => break,
                Answer::Never(_) => {}
                Answer::Unknown => proven = false,
            }
        }
        match best.take() {
            Some((rank, facts)) => self.shown_best(case, &operations, rank, &facts),
            None if proven => Impact::Same,
            None => {
                Impact::Open("no example was found, and no proof that there is none".to_owned())
            }
        }
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

    /// How the two versions say different things about these facts, if they do, and would not without the change.
    pub(super) fn difference(&self, case: Case<'_, 'a>, facts: &Facts) -> Option<Rank> {
        let at = self.time(case, facts);
        let pair = case.pair;
        let is_asked = || pair.versions().any(|policy| policy.in_force(at));
        let is_then = pair.period.is_none_or(|period| period.has(at));
        if !can_arrive(facts) || !is_then || pair.counts() && !is_asked() {
            return None;
        }
        let (old, new) = self.words(case, facts);
        let nothing = Word::nothing;
        let (old, new) = (old.unwrap_or_else(nothing), new.unwrap_or_else(nothing));
        let all = Rank::of(case.about, &old, &new)?;
        let Some(cause) = case.cause else {
            return Some(all);
        };
        let (before, after) = cause.words(facts);
        Some(Rank::of_both(all, Rank::of(case.about, &before, &after)?))
    }

    /// What both versions say; none of one that is not asked.
    pub(super) fn words(&self, case: Case<'_, 'a>, facts: &Facts) -> (Option<Word>, Option<Word>) {
        let at = self.time(case, facts);
        let as_if = matches!(case.about, About::Word | About::Told);
        let one = |version: Version<'a>, policy: Option<&Policy>| {
            let is_asked = as_if || NotAsked::of(policy, case.operation, at).is_none();
            let policy = policy.filter(|_| is_asked)?;
            Some(word(version, policy, &facts.row(version.dictionary)))
        };
        (one(self.old, case.pair.old), one(self.new, case.pair.new))
    }

    /// When it is decided: as the facts say, or at a time at which the difference can be seen.
    pub(super) fn time(&self, case: Case<'_, 'a>, facts: &Facts) -> Timestamp {
        if let Some(Value::Instant(at)) = facts.0.get(DECIDED_AT) {
            return *at;
        }
        let pair = case.pair;
        let hour = match facts.0.get(DECIDED_HOUR) {
            Some(Value::Integer(hour)) => u64::try_from(*hour).ok(),
            _ => None,
        };
        let mut times = vec![self.at];
        times.extend(pair.period.map(|period| period.from));
        let ends = |policy: &'a Policy| [Some(policy.from), policy.until];
        times.extend(pair.versions().flat_map(ends).flatten());
        let times = times
            .into_iter()
            .map(|at| hour.map_or(at, |hour| at_hour(at, hour)))
            .filter(|at| pair.period.is_none_or(|period| period.has(*at)));
        let times: Vec<Timestamp> = times.collect();
        let seen = |at: &Timestamp| {
            let in_force = pair.versions().filter(|policy| policy.in_force(*at));
            (self.shows_time(case, *at), in_force.count())
        };
        let best = times.iter().map(seen).max();
        let mut times = times.iter();
        times
            .find(|at| Some(seen(at)) == best)
            .copied()
            .unwrap_or(self.at)
    }

    /// Whether a difference in time or status can be seen at an instant.
    fn shows_time(&self, case: Case<'_, 'a>, at: Timestamp) -> bool {
        let (Some(old), Some(new)) = (case.pair.old, case.pair.new) else {
            return true;
        };
        let differ = old.in_force(at) != new.in_force(at);
        let began = |policy: &Policy| policy.from <= at;
        let ended = |policy: &Policy| policy.until.is_some_and(|until| until <= at);
        match case.about {
            About::From => differ && began(old) != began(new),
            About::Until => differ && ended(old) != ended(new),
            About::Status => [old, new]
                .iter()
                .any(|policy| policy.status == Status::Enforced && policy.in_force(at)),
            About::Word | About::Told | About::Operations => true,
        }
    }

    /// The operations about which the difference can be seen.
    fn operations(&self, pair: Pair<'a>, about: About) -> Vec<String> {
        let names = |version: Version<'a>| version.set.operations().iter().map(|o| &o.name);
        let covers = |policy: Option<&Policy>, name: &str| policy.is_some_and(|p| p.covers(name));
        let mut all: Vec<&String> = Vec::new();
        for name in names(self.new).chain(names(self.old)) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        let (both, one): (Vec<&String>, Vec<&String>) = all
            .into_iter()
            .filter(|n| covers(pair.old, n) || covers(pair.new, n))
            .partition(|n| covers(pair.old, n) && covers(pair.new, n));
        let (first, then) = match about {
            About::Operations => (one, both),
            _ => (both, one),
        };
        first.into_iter().chain(then).cloned().collect()
    }

    /// The example with the operation for which the decision changes, if there is one; rather to something milder.
    fn shown_best(
        &self,
        case: Case<'_, 'a>,
        operations: &[String],
        rank: Rank,
        facts: &Facts,
    ) -> Impact {
        let mut best: Option<Shown> = None;
        for operation in operations {
            let case = Case {
                operation: operation.as_str(),
                ..case
            };
            let facts = self.arriving(case, facts.clone());
            if self.difference(case, &facts) < Some(rank) {
                continue;
            }
            let shown = self.shown(case, rank, facts);
            if best
                .as_ref()
                .is_none_or(|best| best.preference() < shown.preference())
            {
                best = Some(shown);
            }
        }
        let shown = best.unwrap_or_else(|| self.shown(case, rank, facts.clone()));
        Impact::Shown(Box::new(shown))
    }

    fn shown(&self, case: Case<'_, 'a>, rank: Rank, facts: Facts) -> Shown {
        let facts = self.settled(case, rank, facts);
        let rank = self.difference(case, &facts).unwrap_or(rank);
        let shows = |facts: &Facts| self.difference(case, facts) >= Some(rank);
        let at = |facts: &Facts| self.time(case, facts);
        let says = |facts: &Facts| self.words(case, facts);
        // Of a policy that does not count no decision is shown.
        let facts = match case.pair.counts() {
            true => self.calmed(case.operation, &at, &shows, &says, facts),
            false => self.pruned(facts, &shows, &says),
        };
        let at = self.time(case, &facts);
        let decision = |version| decide(version, case.operation, at, &facts).0;
        let (old, new) = self.words(case, &facts);
        let said = |policy, version: Version<'a>, of: Option<&Policy>| Said {
            policy,
            not_asked: NotAsked::of(of, case.operation, at),
            decision: decision(version),
        };
        Shown {
            example: Example::of(&facts),
            operation: case.operation.to_owned(),
            at,
            old: said(old, self.old, case.pair.old),
            new: said(new, self.new, case.pair.new),
        }
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

/// The next instant at which a clock in UTC shows an hour.
fn at_hour(at: Timestamp, hour: u64) -> Timestamp {
    const HOUR_MS: u64 = 3_600_000;
    const DAY_MS: u64 = 24 * HOUR_MS;
    if at.0 / HOUR_MS % 24 == hour {
        return at;
    }
    let then = at.0 - at.0 % DAY_MS + hour % 24 * HOUR_MS;
    Timestamp(if then < at.0 { then + DAY_MS } else { then })
}

/// The conditions of a policy.
pub(super) fn nodes(policy: &Policy) -> impl Iterator<Item = &Node> {
    let conditions = policy
        .conditions
        .iter()
        .map(|condition| &condition.expression);
    conditions.chain(rules_of(policy).iter().map(|rule| &rule.when))
}

/// The rules of a policy; none of one that asks a plugin.
pub(super) fn rules_of(policy: &Policy) -> &[Rule] {
    match &policy.body {
        Body::Rules(rules) => rules,
        Body::Plugin(_) => &[],
    }
}
