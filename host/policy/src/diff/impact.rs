//! What a change of a policy does: facts for which it says something else, or the proof that there are none.

use std::rc::Rc;

use weft_dictionary::{Dictionary, Timestamp, Value};

use super::said::{Word, decide, word};
use super::{Differ, Impact, Said, Shown, Version};
use crate::Example;
use crate::cel::node::Node;
use crate::limits::{MAX_CALMED_FACTS, MAX_RULES};
use crate::policy::{Body, Policy, Rule, Status};
use crate::solve::{Answer, Facts, Goal, Mode, facts_of, values_of};

/// The field that says when a request is decided.
const DECIDED_AT: &str = "processing.at";

/// A policy in both sets; at least in one.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Policy>,
    pub(super) new: Option<&'a Policy>,
}

/// Which of its differences an example is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// What it says, as if both versions were asked.
    Word,
    /// Whether it counts: status, time.
    Counting,
    /// About which operations it is asked.
    Operations,
}

/// A question whose examples show a change.
pub(super) type Goals<'a> = Vec<Goal<'a>>;

impl<'a> Pair<'a> {
    /// One of the two, the new one if there is one.
    pub(super) fn any(self) -> Option<&'a Policy> {
        self.new.or(self.old)
    }

    fn asks_plugin(self) -> bool {
        let asks = |policy: &Policy| matches!(policy.body, Body::Plugin(_));
        self.old.is_some_and(asks) || self.new.is_some_and(asks)
    }
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
    pub(super) fn impact(&self, pair: Pair<'a>, about: About, questions: &[Goals<'a>]) -> Impact {
        if pair.asks_plugin() {
            let why = "what the plugin makes of it is not known without asking it; `weft policy replay` asks it about recorded decisions";
            return Impact::Open(why.to_owned());
        }
        let operations = self.operations(pair, about);
        let case = Case {
            pair,
            about,
            operation: operations.first().map_or("", String::as_str),
        };
        let beside = self.conditions_of(pair);
        let mut proven = !questions.is_empty();
        for wants in [Wants::Verdicts, Wants::WholeWords, Wants::AnyWords] {
            for goals in questions {
                let confirms = |facts: &Facts| self.shows(case, wants, facts);
                match self.solver.ask_beside(goals, &beside, &confirms) {
                    Answer::Example(facts) => {
                        return self.shown_best(case, &operations, wants, &facts);
                    }
                    Answer::Never(_) => {}
                    Answer::Unknown => proven = false,
                }
            }
        }
        if proven {
            return Impact::Same;
        }
        Impact::Open("no example was found, and no proof that there is none".to_owned())
    }

    /// The conditions of both versions.
    fn conditions_of(&self, pair: Pair<'a>) -> Vec<(&'a Node, &'a Dictionary)> {
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

    /// Whether the two versions say different things about these facts.
    fn shows(&self, case: Case<'a, '_>, wants: Wants, facts: &Facts) -> bool {
        let (old, new) = self.words(case, facts);
        let (old, new) = (
            old.unwrap_or_else(Word::nothing),
            new.unwrap_or_else(Word::nothing),
        );
        let is_whole = || old.is_whole() && new.is_whole();
        match wants {
            Wants::Verdicts => is_whole() && old.verdict != new.verdict,
            Wants::WholeWords => is_whole() && !old.decides_as(&new),
            Wants::AnyWords => !old.decides_as(&new),
        }
    }

    /// What both versions say; none of one that is not asked.
    fn words(&self, case: Case<'a, '_>, facts: &Facts) -> (Option<Word>, Option<Word>) {
        let at = self.time(case, facts);
        let one = |version: Version<'a>, policy: Option<&Policy>| {
            let policy = policy?;
            let is_asked = case.about == About::Word
                || policy.status() == Status::Enforced
                    && policy.in_force(at)
                    && policy.covers(case.operation);
            is_asked.then(|| word(version, policy, &facts.row(version.dictionary)))
        };
        (one(self.old, case.pair.old), one(self.new, case.pair.new))
    }

    /// When it is decided: as the facts say, or at a time at which the difference can be seen.
    fn time(&self, case: Case<'a, '_>, facts: &Facts) -> Timestamp {
        if let Some(Value::Instant(at)) = facts.0.get(DECIDED_AT) {
            return *at;
        }
        let pair = case.pair;
        let versions = || pair.old.into_iter().chain(pair.new);
        let is_in_force = |at: &Timestamp| versions().any(|policy| policy.in_force(*at));
        let differs = |at: &Timestamp| {
            let in_force = |policy: Option<&Policy>| policy.is_some_and(|p| p.in_force(*at));
            in_force(pair.old) != in_force(pair.new)
        };
        let mut times = vec![self.at];
        times.extend(
            versions()
                .flat_map(|policy| [Some(policy.from()), policy.until()])
                .flatten(),
        );
        let differing = times
            .iter()
            .find(|at| case.about == About::Counting && differs(at));
        *differing
            .or_else(|| times.iter().find(|at| is_in_force(at)))
            .unwrap_or(&self.at)
    }

    /// The operations about which the difference can be seen.
    fn operations(&self, pair: Pair<'a>, about: About) -> Vec<String> {
        let names = |version: Version<'a>| version.set.operations().iter().map(|o| &o.name);
        let covers = |policy: Option<&Policy>, name: &str| policy.is_some_and(|p| p.covers(name));
        let mut all: Vec<&String> = names(self.new).chain(names(self.old)).collect();
        all.dedup();
        let (both, one): (Vec<&String>, Vec<&String>) = all
            .into_iter()
            .filter(|n| covers(pair.old, n) || covers(pair.new, n))
            .partition(|n| covers(pair.old, n) && covers(pair.new, n));
        let (first, then) = match about {
            About::Operations => (one, both),
            About::Word | About::Counting => (both, one),
        };
        first.into_iter().chain(then).cloned().collect()
    }

    /// The example with the operation for which the decision changes, if there is one.
    fn shown_best(
        &self,
        case: Case<'a, '_>,
        operations: &[String],
        wants: Wants,
        facts: &Facts,
    ) -> Impact {
        let mut first = None;
        for operation in operations {
            let case = Case {
                operation: operation.as_str(),
                ..case
            };
            if !self.shows(case, wants, facts) {
                continue;
            }
            let shown = self.shown(case, wants, facts.clone());
            if shown.old.decision != shown.new.decision {
                return Impact::Shown(Box::new(shown));
            }
            first = first.or(Some(shown));
        }
        let shown = first.unwrap_or_else(|| self.shown(case, wants, facts.clone()));
        Impact::Shown(Box::new(shown))
    }

    fn shown(&self, case: Case<'a, '_>, wants: Wants, facts: Facts) -> Shown {
        let facts = self.settled(case, wants, facts);
        let best = [Wants::Verdicts, Wants::WholeWords].into_iter();
        let wants = best
            .filter(|wants| self.shows(case, *wants, &facts))
            .chain([wants])
            .next()
            .unwrap_or(wants);
        let shows = |facts: &Facts| self.shows(case, wants, facts);
        // Of a policy that does not count no decision is shown.
        let facts = match counts(case.pair) {
            true => {
                let at = |facts: &Facts| self.time(case, facts);
                self.calmed(case.operation, &at, &shows, facts)
            }
            false => facts.fewest(&shows),
        };
        let at = self.time(case, &facts);
        let decision = |version| decide(version, case.operation, at, &facts).0;
        let (old, new) = self.words(case, &facts);
        let said = |policy, decision| Said { policy, decision };
        Shown {
            example: Example::of(&facts),
            operation: case.operation.to_owned(),
            at,
            old: said(old, decision(self.old)),
            new: said(new, decision(self.new)),
        }
    }

    /// The same facts, and others with which the policy lacks nothing and its other rules are quiet.
    fn settled(&self, case: Case<'a, '_>, wants: Wants, facts: Facts) -> Facts {
        let unrest = |facts: &Facts| {
            let (old, new) = self.words(case, facts);
            let words = [
                old.unwrap_or_else(Word::nothing),
                new.unwrap_or_else(Word::nothing),
            ];
            let lacking = |word: &Word| word.missing.len() + usize::from(word.failure.is_some());
            (
                words[0].verdict == words[1].verdict,
                words.iter().map(lacking).sum::<usize>(),
                words
                    .iter()
                    .map(|word| word.verdict as usize * MAX_RULES + word.fired.len())
                    .sum::<usize>(),
            )
        };
        let shows = |facts: &Facts| self.shows(case, wants, facts);
        self.descend(facts, &self.conditions_of(case.pair), &unrest, &shows)
    }

    /// Whether as many conditions may still be asked to make examples better.
    fn spend(&self, conditions: usize) -> bool {
        let left = self.tries.get();
        self.tries.set(left.saturating_sub(conditions));
        left >= conditions
    }

    /// Facts are added or changed, one at a time, as long as that makes less of what is not wanted.
    fn descend(
        &self,
        facts: Facts,
        conditions: &[(&'a Node, &'a Dictionary)],
        unrest: &dyn Fn(&Facts) -> Unrest,
        shows: &dyn Fn(&Facts) -> bool,
    ) -> Facts {
        let mut names: Vec<Rc<str>> = conditions
            .iter()
            .flat_map(|(node, dictionary)| facts_of(node, dictionary))
            .collect();
        names.sort_unstable();
        names.dedup();
        let values: Vec<(Rc<str>, Vec<Value>)> = names
            .into_iter()
            .map(|name| {
                let values = values_of(&name, self.new.dictionary, conditions);
                (name, values)
            })
            .collect();
        let (mut facts, mut now) = (facts.clone(), unrest(&facts));
        for _ in 0..MAX_CALMED_FACTS {
            let moves = values
                .iter()
                .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
            let better = moves.filter_map(|(name, value)| {
                if !self.spend(conditions.len()) {
                    return None;
                }
                let mut more = facts.clone();
                more.0.insert(Rc::clone(name), value.clone());
                let then = unrest(&more);
                (then < now && shows(&more)).then_some((then, more))
            });
            match better.min_by_key(|(then, _)| *then) {
                Some((then, more)) => (now, facts) = (then, more),
                None => break,
            }
        }
        facts
    }

    /// The same facts, and others with which the rest of the set is as quiet as can be, so that the decision
    /// changes and not only what one policy says; without those that do not matter.
    pub(super) fn calmed(
        &self,
        operation: &str,
        at: &dyn Fn(&Facts) -> Timestamp,
        shows: &dyn Fn(&Facts) -> bool,
        facts: Facts,
    ) -> Facts {
        let unrest = |facts: &Facts| {
            let decided = |version| decide(version, operation, at(facts), facts);
            let (old, new) = (decided(self.old), decided(self.new));
            let lacking = old.1.len() + new.1.len();
            (old.0 == new.0, lacking, old.0 as usize + new.0 as usize)
        };
        let others = self.conditions_about(operation);
        let facts = self.descend(facts, &others, &unrest, shows);
        let now = unrest(&facts);
        // What does not matter is left out. What other policies would lack matters where the decision changes:
        // it would not change by this alone.
        facts.fewest(&|facts: &Facts| shows(facts) && (now.0 || unrest(facts) <= now))
    }

    /// The conditions of all policies that count and are asked about an operation.
    fn conditions_about(&self, operation: &str) -> Vec<(&'a Node, &'a Dictionary)> {
        let mut all = Vec::new();
        for version in [self.old, self.new] {
            let asked = version.set.policies().iter();
            let asked = asked.filter(|p| p.status() == Status::Enforced && p.covers(operation));
            all.extend(
                asked
                    .flat_map(|p| nodes(p))
                    .map(|node| (node, version.dictionary)),
            );
        }
        all
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

/// What is not wanted of an example: that both decide the same, facts that are missing, and severe verdicts of
/// many rules.
type Unrest = (bool, usize, usize);

/// A change that is looked at, and the operation for which.
#[derive(Clone, Copy)]
struct Case<'a, 'o> {
    pair: Pair<'a>,
    about: About,
    operation: &'o str,
}

/// How good an example has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Nothing is missing, nothing fails, and the verdicts differ.
    Verdicts,
    /// Nothing is missing and nothing fails.
    WholeWords,
    AnyWords,
}

/// Whether a policy counts in one of its versions.
pub(super) fn counts(pair: Pair<'_>) -> bool {
    let enforced = |policy: &Policy| policy.status == Status::Enforced;
    pair.old.is_some_and(enforced) || pair.new.is_some_and(enforced)
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
