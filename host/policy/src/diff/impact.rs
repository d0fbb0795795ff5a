//! What a change of a policy does: facts for which it says something else, or the proof that there are none.

use std::rc::Rc;

use weft_dictionary::{Timestamp, Value};
use weft_verdict::Verdict;

use super::said::{Word, decide, word};
use super::{Differ, Impact, Said, Shown, Version};
use crate::Example;
use crate::cel::node::Node;
use crate::limits::MAX_COMPLETED_FACTS;
use crate::policy::{Body, Policy, Rule, Status};
use crate::solve::{Answer, Facts, Goal, Mode, values_of};

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
        let mut proven = !questions.is_empty();
        for wants in [Wants::WholeWords, Wants::AnyWords] {
            for goals in questions {
                let confirms = |facts: &Facts| self.shows(pair, about, wants, facts);
                match self.solver.ask(goals, &confirms) {
                    Answer::Example(facts) => {
                        let facts = self.completed(pair, about, wants, facts);
                        return self.shown(pair, about, wants, facts);
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

    /// Whether the two versions say different things about these facts.
    fn shows(&self, pair: Pair<'a>, about: About, wants: Wants, facts: &Facts) -> bool {
        let (old, new) = self.words(pair, about, facts);
        let nothing = |word: Option<Word>| word.unwrap_or_else(Word::nothing);
        let (old, new) = (nothing(old), nothing(new));
        let whole = wants == Wants::AnyWords || old.is_whole() && new.is_whole();
        whole && !old.decides_as(&new)
    }

    /// What both versions say; none of one that is not asked.
    fn words(&self, pair: Pair<'a>, about: About, facts: &Facts) -> (Option<Word>, Option<Word>) {
        let at = self.time(pair, about, facts);
        let operation = self.operation(pair, about);
        let one = |version: Version<'a>, policy: Option<&Policy>| {
            let policy = policy?;
            let is_asked = about == About::Word
                || policy.status() == Status::Enforced
                    && policy.in_force(at)
                    && policy.covers(&operation);
            is_asked.then(|| word(version, policy, &facts.row(version.dictionary)))
        };
        (one(self.old, pair.old), one(self.new, pair.new))
    }

    /// When it is decided: as the facts say, or at a time at which the difference can be seen.
    fn time(&self, pair: Pair<'a>, about: About, facts: &Facts) -> Timestamp {
        if let Some(Value::Instant(at)) = facts.0.get(DECIDED_AT) {
            return *at;
        }
        let versions = || pair.old.into_iter().chain(pair.new);
        let is_in_force = |at: Timestamp| versions().any(|policy| policy.in_force(at));
        let differs = |at: Timestamp| {
            let in_force = |policy: Option<&Policy>| policy.is_some_and(|p| p.in_force(at));
            in_force(pair.old) != in_force(pair.new)
        };
        let mut times = vec![self.at];
        times.extend(
            versions()
                .flat_map(|policy| [Some(policy.from()), policy.until()])
                .flatten(),
        );
        let seen = |at: &Timestamp| match about {
            About::Word => is_in_force(*at),
            About::Counting | About::Operations => is_in_force(*at),
        };
        let differing = times
            .iter()
            .find(|at| about == About::Counting && differs(**at));
        *differing
            .or_else(|| times.iter().find(|at| seen(at)))
            .unwrap_or(&self.at)
    }

    /// An operation about which the difference can be seen.
    fn operation(&self, pair: Pair<'a>, about: About) -> String {
        let names = |version: Version<'a>| version.set.operations().iter().map(|o| &o.name);
        let covers = |policy: Option<&Policy>, name: &str| policy.is_some_and(|p| p.covers(name));
        let all = || names(self.new).chain(names(self.old));
        let of_one = all().find(|n| covers(pair.old, n) != covers(pair.new, n));
        let of_both = all().find(|n| covers(pair.old, n) && covers(pair.new, n));
        let found = match about {
            About::Operations => of_one.or(of_both),
            About::Word | About::Counting => of_both.or(of_one),
        };
        found.cloned().unwrap_or_default()
    }

    /// The same facts, and those that other policies lack, so that the decision can change and not only what
    /// one policy says.
    fn completed(&self, pair: Pair<'a>, about: About, wants: Wants, facts: Facts) -> Facts {
        let mut facts = facts;
        let missing = |facts: &Facts| self.missing(pair, about, facts);
        for _ in 0..MAX_COMPLETED_FACTS {
            let lacking = missing(&facts);
            let better = lacking.iter().find_map(|name| {
                let values = values_of(name, self.new.dictionary, &[]);
                values.into_iter().rev().find_map(|value| {
                    let mut more = facts.clone();
                    more.0.insert(Rc::from(name.as_str()), value);
                    let fewer = missing(&more).len() < lacking.len();
                    (fewer && self.shows(pair, about, wants, &more)).then_some(more)
                })
            });
            match better {
                Some(more) => facts = more,
                None => break,
            }
        }
        facts
    }

    /// The facts that any policy lacks.
    fn missing(&self, pair: Pair<'a>, about: About, facts: &Facts) -> Vec<String> {
        let (at, operation) = (self.time(pair, about, facts), self.operation(pair, about));
        let mut names = decide(self.old, &operation, at, facts).1;
        names.extend(decide(self.new, &operation, at, facts).1);
        names.sort();
        names.dedup();
        names
    }

    fn decisions(&self, pair: Pair<'a>, about: About, facts: &Facts) -> (Verdict, Verdict) {
        let (at, operation) = (self.time(pair, about, facts), self.operation(pair, about));
        let decision = |version| decide(version, &operation, at, facts).0;
        (decision(self.old), decision(self.new))
    }

    fn shown(&self, pair: Pair<'a>, about: About, wants: Wants, facts: Facts) -> Impact {
        let (old, new) = self.decisions(pair, about, &facts);
        let changes = old != new;
        let lacking = self.missing(pair, about, &facts).len();
        // What does not matter is left out: for the change itself, and for the decision if it changes. That
        // would not be by the change alone if other policies lacked facts.
        let facts = facts.fewest(&|facts: &Facts| {
            let same = || self.decisions(pair, about, facts) == (old, new);
            let lacks_more = || self.missing(pair, about, facts).len() > lacking;
            self.shows(pair, about, wants, facts) && (!changes || same() && !lacks_more())
        });
        let (old, new) = self.decisions(pair, about, &facts);
        let (old_word, new_word) = self.words(pair, about, &facts);
        let said = |policy, decision| Said { policy, decision };
        Impact::Shown(Box::new(Shown {
            example: Example::of(&facts),
            operation: self.operation(pair, about),
            at: self.time(pair, about, &facts),
            old: said(old_word, old),
            new: said(new_word, new),
        }))
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

/// How good an example has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Nothing is missing and nothing fails.
    WholeWords,
    AnyWords,
}

/// The rules of a policy; none of one that asks a plugin.
pub(super) fn rules_of(policy: &Policy) -> &[Rule] {
    match &policy.body {
        Body::Rules(rules) => rules,
        Body::Plugin(_) => &[],
    }
}
