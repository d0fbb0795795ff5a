//! A change that is looked at: about which operation, at which instant, and how facts show it.

use weft_dictionary::{Origin, Timestamp, Value};

use super::cause::Cause;
use super::pairs::Pair;
use super::rank::{Rank, Seen};
use super::said::{Decided, NotAsked, Word, decide, word};
use super::{Differ, Version};
use crate::example::{DECIDED_AT, DECIDED_HOUR, can_arrive};
use crate::policy::{Policy, Status};
use crate::solve::Facts;

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

/// A change that is looked at, and the operation for which.
#[derive(Clone, Copy)]
pub(super) struct Case<'c, 'a> {
    pub(super) pair: Pair<'a>,
    pub(super) about: About,
    pub(super) operation: &'c str,
    /// The policy with and without the change, if that is known.
    pub(super) cause: Option<&'c Cause<'a>>,
}

impl About {
    /// Whether a version is looked at as if it were asked, whenever and about whatever it is.
    pub(super) fn as_if_asked(self) -> bool {
        matches!(self, About::Word | About::Told)
    }
}

impl<'a> Differ<'a, '_> {
    /// How facts show the change, if they do: both versions say different things about them, and would not without it.
    pub(super) fn difference(&self, case: Case<'_, 'a>, facts: &Facts) -> Option<Rank> {
        let at = self.time(case, facts);
        let pair = case.pair;
        let is_asked = || pair.versions().any(|policy| policy.in_force(at));
        let is_then = pair.period.is_none_or(|period| period.has(at));
        if !can_arrive(facts) || !self.is_derived(facts) || !is_then || pair.counts() && !is_asked()
        {
            return None;
        }
        let (old, new) = self.words(case, facts);
        let [old, new] = [old, new].map(|word| word.unwrap_or_else(Word::nothing));
        let differs = |old: &Word, new: &Word| match case.about {
            About::Told => old.told_by != new.told_by,
            _ => !old.decides_as(new),
        };
        if !differs(&old, &new) {
            return None;
        }
        let alone = case.cause.map(|cause| cause.words(case, at, facts));
        if alone
            .as_ref()
            .is_some_and(|[before, after]| !differs(before, after))
        {
            return None;
        }
        let is_whole = old.is_whole() && new.is_whole();
        let says = Seen::of(old.weight, new.weight);
        let (before, after) = alone.map_or((old.weight, new.weight), |[before, after]| {
            (before.weight, after.weight)
        });
        // Of a policy that does not count no decision is shown.
        let moved = match pair.counts() {
            false => Seen::both(says, Seen::of(before, after))?,
            true => self.decision_moves(case, at, facts)?,
        };
        let seen = moved.or_else(|| {
            let stays = says.is_none() && before == after;
            let beside = stays && (!pair.counts() || self.is_recorded(case, at, facts));
            match beside {
                true => Some(Seen::Beside),
                false => pair.counts().then_some(Seen::Covered),
            }
        })?;
        Some(Rank { seen, is_whole })
    }

    /// Whether what is computed from a fact is there only with that fact.
    fn is_derived(&self, facts: &Facts) -> bool {
        let mut sources = self.sources(facts);
        sources.all(|source| facts.0.contains_key(&*source))
    }

    /// The facts from which others of these are computed.
    pub(super) fn sources<'f>(
        &self,
        facts: &'f Facts,
    ) -> impl Iterator<Item = String> + use<'f, 'a> {
        let dictionary = self.new.dictionary;
        facts
            .0
            .keys()
            .filter_map(move |name| match &dictionary.by_name(name)?.origin {
                Origin::Derived { from, .. } => Some(from.clone()),
                _ => None,
            })
    }

    /// How the decision moves from the one set to the other, as far as the change alone moves it, too; none within
    /// where it stays, and none at all where the one makes it milder and the other stricter.
    fn decision_moves(
        &self,
        case: Case<'_, 'a>,
        at: Timestamp,
        facts: &Facts,
    ) -> Option<Option<Seen>> {
        let moves = |[one, two]: [Decided<'_>; 2]| Seen::of(one.weight, two.weight);
        let all = moves(self.decided(case.operation, at, facts));
        match case.cause {
            Some(cause) if all.is_some() => {
                Seen::both(all, moves(cause.decided(case.operation, at, facts)))
            }
            _ => Some(all),
        }
    }

    /// Whether the record of the decision is another, or what readers are told of it.
    fn is_recorded(&self, case: Case<'_, 'a>, at: Timestamp, facts: &Facts) -> bool {
        let [old, new] = self.decided(case.operation, at, facts);
        case.about == About::Told || !old.is_same(&new)
    }

    /// What both sets decide.
    pub(super) fn decided(
        &self,
        operation: &str,
        at: Timestamp,
        facts: &Facts,
    ) -> [Decided<'a>; 2] {
        [self.old, self.new].map(|version| decide(version, None, operation, at, facts))
    }

    /// What both versions say; none of one that is not asked.
    pub(super) fn words(&self, case: Case<'_, 'a>, facts: &Facts) -> (Option<Word>, Option<Word>) {
        let at = self.time(case, facts);
        let as_if = case.about.as_if_asked();
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
    pub(super) fn operations(&self, pair: Pair<'a>, about: About) -> Vec<String> {
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
