//! What was found, as it is shown: with the fewest facts, and what both sets say about them.

use super::case::{About, Case};
use super::cause::Cause;
use super::pairs::Pair;
use super::rank::{Rank, Seen, Way};
use super::said::{Decided, NotAsked};
use super::search::{Found, Hit};
use super::{Differ, Examples, Said, Shown};
use crate::Example;
use crate::solve::{Facts, facts_of};

impl<'a> Differ<'a, '_> {
    /// The strongest example of a milder decision, and that of a stricter one; where no verdict moves, one of
    /// another decision with the same verdict.
    pub(super) fn examples(
        &self,
        pair: Pair<'a>,
        about: About,
        cause: Option<&Cause<'a>>,
        found: &Found,
    ) -> Option<Examples> {
        let moving = Way::ALL
            .map(|way| found.best(|seen| seen.moves().is_some_and(|(moved, _)| moved == way)));
        let mut hits: Vec<&Hit> = moving.into_iter().flatten().collect();
        if hits.is_empty() {
            hits.extend(found.best(|seen| seen == Seen::Beside));
        }
        let shown = hits.into_iter().map(|hit| {
            let case = Case {
                pair,
                about,
                operation: &hit.operation,
                cause,
            };
            self.shown(case, hit)
        });
        let shown: Vec<Shown> = shown.collect();
        (!shown.is_empty()).then(|| Examples {
            shown,
            not_known: found.not_known(),
        })
    }

    /// Why no facts are shown.
    pub(super) fn why_open(
        &self,
        pair: Pair<'a>,
        about: About,
        cause: Option<&Cause<'a>>,
        found: &Found,
    ) -> String {
        let Some(hit) = found.best(|seen| seen == Seen::Covered) else {
            return "no example was found, and no proof that there is none".to_owned();
        };
        let case = Case {
            pair,
            about,
            operation: &hit.operation,
            cause,
        };
        let at = self.time(case, &hit.facts);
        let [old, new] = self.decided(&hit.operation, at, &hit.facts);
        let own = pair.any().map(|policy| policy.id.as_str());
        let names = |decided: &Decided<'a>| {
            let named = decided.by.iter().map(|id| match Some(*id) == own {
                true => "by its own other rules".to_owned(),
                false => format!("by {id}"),
            });
            named.collect::<Vec<_>>()
        };
        // Who says it with both sets stands in the way.
        let (before, mut by) = (names(&old), names(&new));
        by.retain(|name| before.contains(name) || before.is_empty());
        let who = match by.is_empty() {
            true => "whoever says it".to_owned(),
            false => by.join(" and "),
        };
        let who = match old.by.is_empty() && new.by.is_empty() {
            true => "as no policy says anything".to_owned(),
            false => who,
        };
        format!(
            "of some requests the policy says something else, but in none of the {} that were looked at does the decision \
             change; in the nearest it stays {}, {who}",
            found.looked_at,
            new.verdict.as_str()
        )
    }

    fn shown(&self, case: Case<'_, 'a>, hit: &Hit) -> Shown {
        let counts = case.pair.counts();
        let (mut rank, mut facts) = (hit.rank, hit.facts.clone());
        if !hit.is_surrounded {
            facts = self.settled(case, rank, facts);
            if counts {
                facts = self.calmed_of(case, rank, facts);
            }
            rank = self.difference(case, &facts).unwrap_or(rank);
        }
        let shows = |facts: &Facts| self.serves(case, facts, rank);
        let facts = self.pruned(facts, &shows, &|facts: &Facts| {
            let at = self.time(case, facts);
            let decided = self.decided(case.operation, at, facts);
            (
                self.words(case, facts),
                decided.map(|decided| decided.weight),
            )
        });
        let at = self.time(case, &facts);
        let (old, new) = self.words(case, &facts);
        let [before, after] = self.decided(case.operation, at, &facts);
        let said = |policy, of, decided: &Decided<'a>| Said {
            policy,
            not_asked: NotAsked::of(of, case.operation, at),
            decision: decided.verdict,
            is_cleared: decided.weight.is_cleared(),
        };
        let conditions = self.conditions_of(case.pair);
        let asks = conditions
            .iter()
            .flat_map(|(node, dictionary)| facts_of(node, dictionary));
        Shown {
            example: Example::of(&facts),
            asked: asks.map(|name| name.to_string()).collect(),
            operation: case.operation.to_owned(),
            at,
            old: said(old, case.pair.old, &before),
            new: said(new, case.pair.new, &after),
        }
    }

    /// Whether facts show a change as well as this.
    pub(super) fn serves(&self, case: Case<'_, 'a>, facts: &Facts, rank: Rank) -> bool {
        let found = self.difference(case, facts);
        found.is_some_and(|found| found.serves(rank))
    }
}
