//! The outcomes of a condition, and pairs of them: before a rise of the level of threat and after it.

use std::cmp::Ordering;

/// The outcomes of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Missing,
    True,
    Failed,
    /// It fails, and facts are missing besides.
    Lacking,
}

impl Truth {
    pub(super) const ALL: [Truth; 5] = [
        Truth::False,
        Truth::Missing,
        Truth::True,
        Truth::Failed,
        Truth::Lacking,
    ];

    pub(super) fn of(truth: bool) -> Truth {
        if truth { Truth::True } else { Truth::False }
    }

    pub(super) fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::True => Truth::False,
            gap => gap,
        }
    }

    /// What two parts lack and where they fail, if they do.
    pub(super) fn gap(self, other: Truth) -> Option<Truth> {
        let some = |of: [Truth; 2]| of.contains(&self) || of.contains(&other);
        let failed = some([Truth::Failed, Truth::Lacking]);
        let missing = some([Truth::Missing, Truth::Lacking]);
        match (failed, missing) {
            (true, true) => Some(Truth::Lacking),
            (true, false) => Some(Truth::Failed),
            (false, true) => Some(Truth::Missing),
            (false, false) => None,
        }
    }

    /// False decides, then what has no value.
    pub(super) fn and(self, other: Truth) -> Truth {
        if self == Truth::False || other == Truth::False {
            return Truth::False;
        }
        self.gap(other).unwrap_or(Truth::True)
    }

    /// Whether two truths are the same.
    pub(super) fn same(self, other: Truth) -> Truth {
        self.gap(other).unwrap_or(Truth::of(self == other))
    }

    /// One or the other, by this.
    pub(super) fn choose(self, one: Truth, two: Truth) -> Truth {
        match self {
            Truth::True => one,
            Truth::False => two,
            gap => gap,
        }
    }
}

/// Pairs of outcomes: before a rise and after it. An outcome that may come is in it; one that is in it need
/// not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Relation(u32);

impl Relation {
    pub(super) const NONE: Relation = Relation(0);
    /// Nothing is known.
    pub(super) const ANY: Relation = Relation(u32::MAX);

    pub(super) fn with(self, before: Truth, after: Truth) -> Relation {
        Relation(self.0 | 1 << (before as u32 * 5 + after as u32))
    }

    /// True before and after.
    pub(super) fn always() -> Relation {
        Relation::NONE.with(Truth::True, Truth::True)
    }

    /// One of these, and the same before and after.
    pub(super) fn unchanged(outcomes: &[Truth]) -> Relation {
        let with = |relation: Relation, truth: &Truth| relation.with(*truth, *truth);
        outcomes.iter().fold(Relation::NONE, with)
    }

    /// What is left of it where only these outcomes are possible.
    pub(super) fn among(self, outcomes: &[Truth]) -> Relation {
        let possible =
            |pair: &(Truth, Truth)| outcomes.contains(&pair.0) && outcomes.contains(&pair.1);
        let pairs = self.pairs().filter(possible);
        pairs.fold(Relation::NONE, |relation, (before, after)| {
            relation.with(before, after)
        })
    }

    pub(super) fn pairs(self) -> impl Iterator<Item = (Truth, Truth)> {
        let all = Truth::ALL
            .into_iter()
            .flat_map(|before| Truth::ALL.map(|after| (before, after)));
        all.filter(move |(before, after)| self.0 & Relation::NONE.with(*before, *after).0 != 0)
    }

    pub(super) fn not(self) -> Relation {
        self.pairs()
            .fold(Relation::NONE, |relation, (before, after)| {
                relation.with(before.not(), after.not())
            })
    }

    pub(super) fn and(self, other: Relation) -> Relation {
        self.combined(other, Truth::and)
    }

    pub(super) fn combined(
        self,
        other: Relation,
        function: impl Fn(Truth, Truth) -> Truth,
    ) -> Relation {
        let mut relation = Relation::NONE;
        for (before, after) in self.pairs() {
            for (other_before, other_after) in other.pairs() {
                let (before, after) =
                    (function(before, other_before), function(after, other_after));
                relation = relation.with(before, after);
            }
        }
        relation
    }

    /// One or the other, by this.
    pub(super) fn choose(self, one: Relation, two: Relation) -> Relation {
        let mut relation = Relation::NONE;
        for (before, after) in self.pairs() {
            let chosen = one
                .pairs()
                .flat_map(|one| two.pairs().map(move |two| (one, two)));
            for (one, two) in chosen {
                relation = relation.with(before.choose(one.0, two.0), after.choose(one.1, two.1));
            }
        }
        relation
    }

    /// Which way its truth changes, if what is missing or failed stays so; none if it goes both ways.
    pub(super) fn direction(self) -> Option<Ordering> {
        let changes = self.pairs().filter(|(before, after)| before != after);
        let mut direction = Ordering::Equal;
        for change in changes {
            let way = match change {
                (Truth::False, Truth::True) => Ordering::Greater,
                (Truth::True, Truth::False) => Ordering::Less,
                _ => return None,
            };
            direction = together(direction, way)?;
        }
        Some(direction)
    }
}

/// Of two movements that add up; none if they work against each other.
pub(super) fn together(one: Ordering, two: Ordering) -> Option<Ordering> {
    match (one, two) {
        (Ordering::Equal, other) | (other, Ordering::Equal) => Some(other),
        (one, two) => (one == two).then_some(one),
    }
}
