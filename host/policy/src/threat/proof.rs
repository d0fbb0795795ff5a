//! How the truth of a condition can change, for the same facts, when the level of threat rises by one.

use std::cmp::Ordering;

use weft_dictionary::FieldId;

use crate::cel::node::{Comparison, Constant, Node};
use crate::parameters::order;

/// The outcomes of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Missing,
    True,
    Failed,
}

impl Truth {
    const ALL: [Truth; 4] = [Truth::False, Truth::Missing, Truth::True, Truth::Failed];

    fn of(truth: bool) -> Truth {
        if truth { Truth::True } else { Truth::False }
    }

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::True => Truth::False,
            gap => gap,
        }
    }

    /// False decides, then a failure counts, then what is missing.
    fn and(self, other: Truth) -> Truth {
        let decisive = [Truth::False, Truth::Failed, Truth::Missing];
        let first = decisive.into_iter().find(|t| [self, other].contains(t));
        first.unwrap_or(Truth::True)
    }
}

/// Pairs of outcomes: before a rise and after it. An outcome that may come is in it; one that is in it need
/// not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Relation(u16);

impl Relation {
    const NONE: Relation = Relation(0);
    /// Nothing is known.
    const ANY: Relation = Relation(u16::MAX);

    fn with(self, before: Truth, after: Truth) -> Relation {
        Relation(self.0 | 1 << (before as u16 * 4 + after as u16))
    }

    /// True before and after.
    pub(super) fn always() -> Relation {
        Relation::NONE.with(Truth::True, Truth::True)
    }

    /// One of these, and the same before and after.
    fn unchanged(outcomes: &[Truth]) -> Relation {
        let with = |relation: Relation, truth: &Truth| relation.with(*truth, *truth);
        outcomes.iter().fold(Relation::NONE, with)
    }

    pub(super) fn pairs(self) -> impl Iterator<Item = (Truth, Truth)> {
        let all = Truth::ALL
            .into_iter()
            .flat_map(|before| Truth::ALL.map(|after| (before, after)));
        all.filter(move |(before, after)| self.0 & Relation::NONE.with(*before, *after).0 != 0)
    }

    fn not(self) -> Relation {
        self.pairs()
            .fold(Relation::NONE, |relation, (before, after)| {
                relation.with(before.not(), after.not())
            })
    }

    pub(super) fn and(self, other: Relation) -> Relation {
        let mut relation = Relation::NONE;
        for (before, after) in self.pairs() {
            for (other_before, other_after) in other.pairs() {
                relation = relation.with(before.and(other_before), after.and(other_after));
            }
        }
        relation
    }
}

/// The level of threat rises by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rise {
    pub(super) level: FieldId,
    pub(super) from: usize,
}

impl Rise {
    /// How the truth of a condition can change.
    pub(super) fn truth(&self, node: &Node) -> Relation {
        if let (Some(before), Some(after)) = (self.known(node, 0), self.known(node, 1)) {
            return Relation::NONE.with(Truth::of(before), Truth::of(after));
        }
        match node {
            Node::Shared(inner) => self.truth(inner),
            Node::Not(inner) => self.truth(inner).not(),
            Node::And(one, two) => self.truth(one).and(self.truth(two)),
            Node::Or(one, two) => self.truth(one).not().and(self.truth(two).not()).not(),
            // Whether a fact is there that an earlier stage took away is missing, too.
            Node::Has(id) if *id != self.level => {
                Relation::unchanged(&[Truth::False, Truth::Missing, Truth::True])
            }
            node if !depends(node, self.level) => Relation::unchanged(&Truth::ALL),
            Node::Compare(comparison, one, two) => self.comparison(*comparison, one, two),
            _ => Relation::ANY,
        }
    }

    /// Whether the difference of two values grows decides how their comparison changes. What is missing or
    /// cannot be compared (other currencies) is so at every level.
    fn comparison(&self, comparison: Comparison, one: &Node, two: &Node) -> Relation {
        let unchanged = Relation::unchanged(&Truth::ALL);
        let grows = match (self.direction(one), self.direction(two)) {
            (Some(one), Some(two)) => together(one, two.reverse()),
            _ => None,
        };
        let grows = match comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => grows,
            Comparison::Less | Comparison::LessOrEqual => grows.map(Ordering::reverse),
            Comparison::Equal | Comparison::NotEqual => grows.filter(|o| o.is_eq()),
        };
        match grows {
            None => Relation::ANY,
            Some(Ordering::Equal) => unchanged,
            Some(Ordering::Greater) => unchanged.with(Truth::False, Truth::True),
            Some(Ordering::Less) => unchanged.with(Truth::True, Truth::False),
        }
    }

    /// Whether a value grows, stays or shrinks; none if that is not known.
    fn direction(&self, node: &Node) -> Option<Ordering> {
        if !depends(node, self.level) {
            return Some(Ordering::Equal);
        }
        if let (Some(before), Some(after)) = (self.constant(node, 0), self.constant(node, 1)) {
            return order(&after, &before);
        }
        match node {
            Node::Shared(inner) => self.direction(inner),
            Node::Extreme(_, one, two) => together(self.direction(one)?, self.direction(two)?),
            _ => None,
        }
    }

    /// A value that the level alone decides.
    fn constant(&self, node: &Node, risen: usize) -> Option<Constant> {
        let level = self.from + risen;
        match node {
            Node::Constant(constant) => Some(constant.clone()),
            Node::Parameter(threshold) => threshold.values.get(level).cloned(),
            Node::Field(id) if *id == self.level => {
                Some(Constant::Integer(i64::try_from(level).ok()?))
            }
            Node::Shared(inner) => self.constant(inner, risen),
            Node::If(condition, one, two) => {
                let chosen = if self.known(condition, risen)? {
                    one
                } else {
                    two
                };
                self.constant(chosen, risen)
            }
            _ => None,
        }
    }

    /// The truth of a condition that the level alone decides.
    fn known(&self, node: &Node, risen: usize) -> Option<bool> {
        let both = |one: &Node, two: &Node, decisive: bool| {
            let (one, two) = (self.known(one, risen), self.known(two, risen));
            match (one, two) {
                (Some(truth), _) | (_, Some(truth)) if truth == decisive => Some(decisive),
                (Some(_), Some(_)) => Some(!decisive),
                _ => None,
            }
        };
        match node {
            Node::Constant(Constant::Boolean(truth)) => Some(*truth),
            Node::Shared(inner) => self.known(inner, risen),
            Node::Not(inner) => self.known(inner, risen).map(|truth| !truth),
            Node::And(one, two) => both(one, two, false),
            Node::Or(one, two) => both(one, two, true),
            Node::If(condition, one, two) => {
                let chosen = if self.known(condition, risen)? {
                    one
                } else {
                    two
                };
                self.known(chosen, risen)
            }
            Node::Compare(comparison, one, two) => {
                let (one, two) = (self.constant(one, risen)?, self.constant(two, risen)?);
                order(&one, &two).map(|order| comparison.holds(order))
            }
            Node::Among(value, constants) => {
                let value = self.constant(value, risen)?;
                let same = |other: &Constant| order(&value, other).map(Ordering::is_eq);
                let found: Option<Vec<bool>> = constants.iter().map(same).collect();
                found.map(|found| found.contains(&true))
            }
            _ => None,
        }
    }
}

/// Of two movements that add up; none if they work against each other.
fn together(one: Ordering, two: Ordering) -> Option<Ordering> {
    match (one, two) {
        (Ordering::Equal, other) | (other, Ordering::Equal) => Some(other),
        (one, two) => (one == two).then_some(one),
    }
}

/// Whether the level of threat has a part in an expression.
pub(super) fn depends(node: &Node, level: FieldId) -> bool {
    match node {
        Node::Field(id) | Node::Has(id) => *id == level,
        Node::Parameter(threshold) => threshold.level.is_some(),
        other => other
            .children()
            .into_iter()
            .any(|child| depends(child, level)),
    }
}
