//! Better examples: what every request says is there, nothing else is in the way, and only what matters is shown.

use std::cmp::Reverse;
use std::rc::Rc;

use weft_dictionary::{Dictionary, Timestamp, Value};

use super::Differ;
use super::case::Case;
use super::impact::nodes;
use super::rank::{Rank, Seen};
use super::said::Word;
use crate::cel::node::Node;
use crate::example::{DECIDED_AT, DECIDED_HOUR, always_said};
use crate::limits::{MAX_CALMED_FACTS, MAX_FILES, MAX_RULES};
use crate::policy::Status;
use crate::solve::{Facts, facts_of};

/// What is not wanted of an example: that it shows less, facts that are missing, and severe verdicts of many rules.
type Unrest = (Reverse<Option<Seen>>, usize, usize);

impl<'a> Differ<'a, '_> {
    /// The same facts, and those that no request lacks.
    pub(super) fn arriving(&self, case: Case<'_, 'a>, facts: Facts) -> Facts {
        let at = self.time(case, &facts);
        self.arriving_at(case.operation, at, facts)
    }

    /// The same facts, and those that no request about an operation lacks at an instant.
    pub(super) fn arriving_at(&self, operation: &str, at: Timestamp, mut facts: Facts) -> Facts {
        let (old, new) = (self.old.set, self.new.set);
        let kind = new.operation(operation).or(old.operation(operation));
        for (name, value) in always_said(kind.map(|operation| operation.kind), at) {
            let dictionaries = [self.old.dictionary, self.new.dictionary];
            if dictionaries.iter().any(|d| d.by_name(name).is_some()) {
                facts.0.entry(Rc::from(name)).or_insert(value);
            }
        }
        let sources: Vec<String> = self.sources(&facts).collect();
        for source in sources {
            let mut values = self.solver.values_of(&source, self.new.dictionary, &[]);
            if !facts.0.contains_key(&*source) && !values.is_empty() {
                facts.0.insert(source.into(), values.swap_remove(0));
            }
        }
        facts
    }

    /// The same facts, and others with which the policy lacks nothing and its other rules are quiet.
    pub(super) fn settled(&self, case: Case<'_, 'a>, rank: Rank, facts: Facts) -> Facts {
        let unrest = |facts: &Facts| {
            let (old, new) = self.words(case, facts);
            let words = [
                old.unwrap_or_else(Word::nothing),
                new.unwrap_or_else(Word::nothing),
            ];
            let lacking = |word: &Word| word.missing.len() + usize::from(word.failure.is_some());
            let [old, new] = &words;
            (
                Reverse(Seen::of(old.weight, new.weight).filter(|seen| seen.is_like(rank.seen))),
                words.iter().map(lacking).sum::<usize>(),
                words
                    .iter()
                    .map(|word| word.verdict as usize * MAX_RULES + word.fired.len())
                    .sum::<usize>(),
            )
        };
        let shows = |facts: &Facts| self.serves(case, facts, rank);
        let again = |facts: Facts| self.arriving(case, facts);
        let conditions = self.conditions_of(case.pair);
        self.descend(facts, &conditions, &unrest, &shows, &again)
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
        again: &dyn Fn(Facts) -> Facts,
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
                let values = self
                    .solver
                    .values_of(&name, self.new.dictionary, conditions);
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
                let more = again(with(&facts, name, value));
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

    /// The same facts, and others with which the rest of the set is as quiet as can be, so that the decision moves
    /// further.
    pub(super) fn calmed_of(&self, case: Case<'_, 'a>, rank: Rank, facts: Facts) -> Facts {
        let at = |facts: &Facts| self.time(case, facts);
        let shows = |facts: &Facts| self.serves(case, facts, rank);
        let is_like = |seen: Seen| seen.is_like(rank.seen);
        self.calmed(case.operation, &at, &is_like, &shows, facts)
    }

    /// The same facts, and others with which a decision moves further in a way that is wanted.
    pub(super) fn calmed(
        &self,
        operation: &str,
        at: &dyn Fn(&Facts) -> Timestamp,
        is_wanted: &dyn Fn(Seen) -> bool,
        shows: &dyn Fn(&Facts) -> bool,
        facts: Facts,
    ) -> Facts {
        let unrest = |facts: &Facts| {
            let [old, new] = self.decided(operation, at(facts), facts);
            (
                Reverse(Seen::of(old.weight, new.weight).filter(|seen| is_wanted(*seen))),
                old.missing.len() + new.missing.len(),
                (old.verdict as usize + new.verdict as usize) * MAX_FILES
                    + old.by.len()
                    + new.by.len(),
            )
        };
        let others = self.conditions_about(operation);
        let again = |facts: Facts| self.arriving_at(operation, at(&facts), facts);
        self.descend(facts, &others, &unrest, shows, &again)
    }

    /// The facts that matter. What no request lacks can only be left out where nothing at all rests on it.
    pub(super) fn pruned<T: PartialEq>(
        &self,
        facts: Facts,
        holds: &dyn Fn(&Facts) -> bool,
        says: &dyn Fn(&Facts) -> T,
    ) -> Facts {
        let is_said = |name: &str| always_said(None, self.at).any(|(said, _)| said == name);
        let facts = facts.fewer(&|name| !is_said(name), holds);
        let now = says(&facts);
        facts.fewer(&is_said, &|facts| holds(facts) && says(facts) == now)
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
}

/// The same facts with another value for one of them. The instant and its hour go together.
fn with(facts: &Facts, name: &Rc<str>, value: &Value) -> Facts {
    let mut more = facts.clone();
    match &**name {
        DECIDED_AT => more.0.remove(DECIDED_HOUR),
        DECIDED_HOUR => more.0.remove(DECIDED_AT),
        _ => None,
    };
    more.0.insert(Rc::clone(name), value.clone());
    more
}
