//! What an example is worth: how far it shows a decision move.

use weft_verdict::Verdict;

use crate::milder::Weight;

/// Which way a decision moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Milder,
    Stricter,
}

impl Way {
    /// Both, what is worse first.
    pub(super) const ALL: [Way; 2] = [Way::Milder, Way::Stricter];
}

/// The most severe.
const MOST: u8 = Weight::staying(Verdict::Deny).severity();

/// How far a verdict moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reach {
    /// How much more severe the one is than the other.
    pub(super) steps: u8,
    /// Of two that move as far, that is worth more which ends nearer to the end of its way.
    end: u8,
}

impl Reach {
    /// How severe the milder one of the two is.
    pub(super) fn mild(self, way: Way) -> u8 {
        match way {
            Way::Milder => MOST - self.end,
            Way::Stricter => self.end - self.steps,
        }
    }
}

/// What an example shows. The greater one is worth more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    /// The policy says another verdict, and the decision stays: others decide it.
    Covered,
    /// The verdict stays, and something else that is said differs.
    Beside,
    Stricter(Reach),
    Milder(Reach),
}

impl Seen {
    /// Of what is said before and after; none if it stays.
    pub(super) fn of(old: Weight, new: Weight) -> Option<Seen> {
        let (from, to) = (old.severity(), new.severity());
        let reach = |end| Reach {
            steps: from.abs_diff(to),
            end,
        };
        match to.cmp(&from) {
            std::cmp::Ordering::Less => Some(Seen::Milder(reach(MOST - to))),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Seen::Stricter(reach(to))),
        }
    }

    /// What both show; none if one is milder and the other stricter.
    pub(super) fn both(one: Option<Seen>, two: Option<Seen>) -> Option<Option<Seen>> {
        match (one, two) {
            (None, _) | (_, None) => Some(None),
            (Some(one), Some(two)) => one.is_like(two).then(|| Some(one.min(two))),
        }
    }

    /// Which way it moves and how far, if it moves.
    pub(super) fn moves(self) -> Option<(Way, Reach)> {
        match self {
            Seen::Covered | Seen::Beside => None,
            Seen::Stricter(reach) => Some((Way::Stricter, reach)),
            Seen::Milder(reach) => Some((Way::Milder, reach)),
        }
    }

    /// Whether it is of the same kind.
    pub(super) fn is_like(self, other: Seen) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// How good an example is. Of two that show the same, that is better in which nothing is missing and nothing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) seen: Seen,
    pub(super) is_whole: bool,
}

impl Rank {
    /// Whether an example of this rank can stand for one of another.
    pub(super) fn serves(self, wanted: Rank) -> bool {
        self.seen.is_like(wanted.seen) && self >= wanted
    }
}
