//! Facts for which a change makes a decision milder, and stricter, and of each those for which it moves furthest.
//!
//! First the change alone is asked about: where does the policy say something else. Then the rest of the set is made to
//! let it be seen: for each verdict at which a decision could end, mildest first, that nothing else says anything
//! stricter. What is found is counted only as both sets decide it. Where the search ended at its bound before all was
//! answered, it says so.

use std::cell::{Cell, RefCell};

use weft_verdict::Verdict;

use super::case::{About, Case};
use super::cause::Cause;
use super::impact::Goals;
use super::pairs::Pair;
use super::rank::{Rank, Reach, Seen, Way};
use super::surroundings::ENDS;
use super::{Differ, NotKnown, Version};
use crate::limits::{
    MAX_CHANGE_STEPS, MAX_PLAIN_TRIES, MAX_SOLVER_STEPS, MAX_SURROUNDED_STEPS, MAX_SURROUNDED_TRIES,
};
use crate::milder::Weight;
use crate::policy::Policy;
use crate::solve::{Answer, Facts};

/// Facts that show a change.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) rank: Rank,
    pub(super) facts: Facts,
    pub(super) operation: String,
    /// Whether they are as the rest of the set wants them.
    pub(super) is_surrounded: bool,
}

/// What came of a search.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The best of each kind.
    best: Vec<Hit>,
    /// How many requests both sets were asked about.
    pub(super) looked_at: usize,
    /// Whether it is proven that the policy says the same of every request.
    pub(super) is_proven: bool,
    /// How far a decision may move each way for all that was answered.
    unanswered: [u8; 2],
}

impl Found {
    /// The best of those for which this holds.
    pub(super) fn best(&self, is_wanted: impl Fn(Seen) -> bool) -> Option<&Hit> {
        self.best.iter().find(|hit| is_wanted(hit.rank.seen))
    }

    /// How far a decision is seen to move.
    fn reach(&self, way: Way) -> Option<Reach> {
        let mut moves = self.best.iter().filter_map(|hit| hit.rank.seen.moves());
        moves
            .find(|(moved, _)| *moved == way)
            .map(|(_, reach)| reach)
    }

    fn steps(&self, way: Way) -> u8 {
        self.reach(way).map_or(0, |reach| reach.steps)
    }

    /// What the search ended before it was known: whether something moves further.
    pub(super) fn not_known(&self) -> Option<NotKnown> {
        let [milder, stricter] =
            Way::ALL.map(|way| self.unanswered[way as usize] > self.steps(way));
        (milder || stricter).then_some(NotKnown {
            milder,
            stricter,
            looked_at: self.looked_at,
        })
    }

    fn leave(&mut self, way: Way, possible: u8) {
        let left = &mut self.unanswered[way as usize];
        *left = possible.max(*left);
    }

    fn keep(&mut self, hit: Hit) {
        let kind = |other: &Hit| other.rank.seen.is_like(hit.rank.seen);
        match self.best.iter_mut().find(|other| kind(other)) {
            Some(known) if known.rank < hit.rank => *known = hit,
            Some(_) => {}
            None => self.best.push(hit),
        }
    }
}

/// A search under way.
struct Search<'c, 'a> {
    pair: Pair<'a>,
    about: About,
    cause: Option<&'c Cause<'a>>,
    found: RefCell<Found>,
}

impl<'a> Search<'_, 'a> {
    fn case<'o>(&'o self, operation: &'o str) -> Case<'o, 'a> {
        Case {
            pair: self.pair,
            about: self.about,
            operation,
            cause: self.cause,
        }
    }
}

impl<'a> Differ<'a, '_> {
    pub(super) fn search(
        &self,
        pair: Pair<'a>,
        about: About,
        cause: Option<&Cause<'a>>,
        questions: &[Goals<'a>],
    ) -> Found {
        let search = Search {
            pair,
            about,
            cause,
            found: RefCell::default(),
        };
        let operations = self.operations(pair, about);
        let first = operations.first().map_or("", String::as_str);
        let then = self.time(search.case(first), &Facts::default());
        self.solver.look_around(then);
        let open = self.search_alone(&search, &operations, questions);
        if pair.counts() {
            self.search_alone(&search, &operations, &self.hidden(pair));
            let left = self.solver.left();
            let until = left.saturating_sub(MAX_CHANGE_STEPS);
            for way in Way::ALL {
                self.search_surrounded(&search, way, &operations, &open, until);
            }
            self.search_beside_others(&search);
        }
        let mut found = search.found.into_inner();
        found.is_proven = !questions.is_empty() && open.is_empty();
        found
    }

    /// Looks at facts, and keeps them if they are better than what is known.
    fn look(
        &self,
        search: &Search<'_, 'a>,
        operation: &str,
        facts: &Facts,
        is_surrounded: bool,
    ) -> Option<Rank> {
        let case = search.case(operation);
        let facts = self.arriving(case, facts.clone());
        let mut found = search.found.borrow_mut();
        found.looked_at += 1;
        let rank = self.difference(case, &facts)?;
        found.keep(Hit {
            rank,
            facts,
            operation: operation.to_owned(),
            is_surrounded,
        });
        Some(rank)
    }

    /// The questions that were not proven to have no answer.
    fn search_alone<'q>(
        &self,
        search: &Search<'_, 'a>,
        operations: &[String],
        questions: &'q [Goals<'a>],
    ) -> Vec<&'q Goals<'a>> {
        let first = operations.first().map_or("", String::as_str);
        let beside = self.conditions_of(search.pair);
        let mut open = Vec::new();
        for goals in questions {
            let left = Cell::new(MAX_PLAIN_TRIES);
            let confirms = |facts: &Facts| {
                let shows = self.look(search, first, facts, false).is_some();
                left.set(left.get() - usize::from(shows));
                left.get() == 0
            };
            let answer = self
                .solver
                .ask_beside(goals, &beside, MAX_SOLVER_STEPS, &confirms);
            if !matches!(answer, Answer::Never(_)) {
                open.push(goals);
            }
        }
        let best = search.found.borrow().best.clone();
        for operation in operations.iter().skip(1) {
            for hit in &best {
                self.look(search, operation, &hit.facts, false);
            }
        }
        open
    }

    /// The same questions where nothing else of the set is stricter than each end, in the set with which it is milder.
    fn search_surrounded(
        &self,
        search: &Search<'_, 'a>,
        way: Way,
        operations: &[String],
        open: &[&Goals<'a>],
        until: u64,
    ) {
        let pair = search.pair;
        let (mild, strict, policy) = match way {
            Way::Milder => (self.new, self.old, pair.old),
            Way::Stricter => (self.old, self.new, pair.new),
        };
        let beside = self.conditions_of(pair);
        for (end, weight) in ENDS.iter().enumerate() {
            for operation in operations {
                let furthest = strictest(strict, policy, operation);
                let possible = furthest.severity().saturating_sub(weight.severity());
                if search.found.borrow().steps(way) >= possible {
                    continue;
                }
                let at = self.time(search.case(operation), &Facts::default());
                let around = self.ends_at(mild, operation, at, end);
                let questions = open
                    .iter()
                    .flat_map(|goals| around.iter().map(move |around| (goals, around)));
                for (goals, around) in questions {
                    if self.solver.left() <= until {
                        search.found.borrow_mut().leave(way, possible);
                        return;
                    }
                    let left = Cell::new(MAX_SURROUNDED_TRIES);
                    let is_met = Cell::new(false);
                    let confirms = |facts: &Facts| {
                        left.set(left.get() - 1);
                        let seen = self.look(search, operation, facts, true);
                        let reach = seen.and_then(|rank| rank.seen.moves());
                        let ends = |(moved, reach): (Way, Reach)| {
                            moved == way && reach.mild(way) <= weight.severity()
                        };
                        is_met.set(is_met.get() || reach.is_some_and(ends));
                        search.found.borrow().steps(way) >= possible || left.get() == 0
                    };
                    let goals: Goals<'a> = goals.iter().chain(around).copied().collect();
                    let answer =
                        self.solver
                            .ask_beside(&goals, &beside, MAX_SURROUNDED_STEPS, &confirms);
                    let is_answered = matches!(answer, Answer::Never(_)) || is_met.get();
                    let is_proven = || {
                        let cause = search.cause.as_ref();
                        cause.is_some_and(|c| {
                            self.is_out_of_reach(c, way, operation, &goals, *weight)
                        })
                    };
                    if !is_answered && !is_proven() {
                        search.found.borrow_mut().leave(way, possible);
                    }
                }
            }
        }
    }
}

impl<'a> Differ<'a, '_> {
    /// Where others decide whatever was found, they are made as quiet as can be, one fact at a time: the decision moves,
    /// or it is known who stands in the way.
    fn search_beside_others(&self, search: &Search<'_, 'a>) {
        let best = search.found.borrow().best.clone();
        let [covered] = best.as_slice() else { return };
        if covered.rank.seen != Seen::Covered {
            return;
        }
        let case = search.case(&covered.operation);
        let at = |facts: &Facts| self.time(case, facts);
        let shows = |facts: &Facts| self.difference(case, facts).is_some();
        let facts = covered.facts.clone();
        let facts = self.calmed(&covered.operation, &at, &|_| true, &shows, facts);
        if let Some(rank) = self.difference(case, &facts) {
            let mut found = search.found.borrow_mut();
            found.best = vec![Hit {
                rank,
                facts,
                ..covered.clone()
            }];
        }
    }
}

/// The strictest that a decision can be by a policy of a set, or by none.
fn strictest(version: Version<'_>, policy: Option<&Policy>, operation: &str) -> Weight {
    let default = version.set.operation(operation).map(|o| o.no_policy);
    let default = default.map(Weight::only);
    let said = policy.into_iter().flat_map(|policy| {
        let rules = policy.rules().iter();
        let rules = rules.map(|rule| Weight::of(&rule.finding));
        rules.chain([policy.on_missing, policy.on_error].map(Weight::only))
    });
    let most = Weight::only(Verdict::Deny);
    said.chain(default).max().unwrap_or(most)
}
