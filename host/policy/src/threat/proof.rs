//! How the truth of a condition can change, for the same facts, when the level of threat rises by one.

use std::cell::Cell;
use std::cmp::Ordering;

use weft_dictionary::FieldId;

use super::obstacle::Obstacle;
use super::presence::Case;
use super::relation::{Relation, Truth, together};
use super::work::Work;
use crate::cel::functions::LengthPart;
use crate::cel::measured::Ranges;
use crate::cel::node::{Comparison, Constant, Node, Operator};
use crate::cel::range::Range;
use crate::cel::types::Type;
use crate::parameters::order;

/// The level of threat rises by one.
#[derive(Clone)]
pub(super) struct Rise<'a> {
    pub(super) level: FieldId,
    pub(super) from: usize,
    pub(super) ranges: Ranges<'a>,
    /// What is assumed of the facts.
    pub(super) case: Case,
    /// What first stood in the way of a proof.
    pub(super) obstacle: &'a Cell<Option<Obstacle>>,
    /// What may still be done for the set.
    pub(super) work: &'a Work,
}

impl Rise<'_> {
    /// How the truth of a condition can change.
    pub(super) fn truth(&self, node: &Node) -> Relation {
        if !self.work.looks_at(node) {
            self.meet(Obstacle::Work);
            return Relation::ANY;
        }
        if let (Some(before), Some(after)) = (self.known(node, 0), self.known(node, 1)) {
            return Relation::NONE.with(Truth::of(before), Truth::of(after));
        }
        self.change(node)
            .among(self.case.outcomes(node, self.ranges))
    }

    /// The same without regard to which facts are there.
    fn change(&self, node: &Node) -> Relation {
        match node {
            Node::Shared(inner) => self.truth(inner),
            Node::Not(inner) => self.truth(inner).not(),
            Node::And(one, two) => self.truth(one).and(self.truth(two)),
            Node::Or(one, two) => self.truth(one).not().and(self.truth(two).not()).not(),
            Node::If(condition, one, two) => self
                .truth(condition)
                .choose(self.truth(one), self.truth(two)),
            node if !depends(node, self.level) => Relation::unchanged(&Truth::ALL),
            Node::Compare(comparison, one, two) if self.ranges.kind(one) == Type::Boolean => {
                let same = self.truth(one).combined(self.truth(two), Truth::same);
                self.meet(Obstacle::Equality);
                match comparison {
                    Comparison::NotEqual => same.not(),
                    _ => same,
                }
            }
            Node::Compare(comparison, one, two) => self.comparison(*comparison, one, two),
            Node::Among(value, _) => match self.direction(value) {
                None => Relation::ANY,
                Some(Ordering::Equal) => Relation::unchanged(&Truth::ALL),
                Some(_) => self.either_way(Obstacle::Equality),
            },
            node if self.is_steady(node) => Relation::unchanged(&Truth::ALL),
            _ => {
                self.meet(Obstacle::Function);
                Relation::ANY
            }
        }
    }

    /// Whether the difference of two values grows decides how their comparison changes. What is missing or
    /// cannot be compared (other currencies) is so at every level.
    fn comparison(&self, comparison: Comparison, one: &Node, two: &Node) -> Relation {
        let unchanged = Relation::unchanged(&Truth::ALL);
        let (Some(one), Some(two)) = (self.direction(one), self.direction(two)) else {
            return Relation::ANY;
        };
        let Some(grows) = self.together(one, two.reverse()) else {
            return self.either_way(Obstacle::Opposed);
        };
        let grows = match comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => grows,
            Comparison::Less | Comparison::LessOrEqual => grows.reverse(),
            Comparison::Equal | Comparison::NotEqual if grows.is_eq() => grows,
            Comparison::Equal | Comparison::NotEqual => return self.either_way(Obstacle::Equality),
        };
        match grows {
            Ordering::Equal => unchanged,
            Ordering::Greater => unchanged.with(Truth::False, Truth::True),
            Ordering::Less => unchanged.with(Truth::True, Truth::False),
        }
    }

    /// Whether a value grows, stays or shrinks; none if that is not known, or if it can come or go.
    fn direction(&self, node: &Node) -> Option<Ordering> {
        if !self.work.looks_at(node) {
            return self.unknown(Obstacle::Work);
        }
        if !depends(node, self.level) {
            return Some(Ordering::Equal);
        }
        if let (Some(before), Some(after)) = (self.constant(node, 0), self.constant(node, 1)) {
            return order(&after, &before).or_else(|| self.unknown(Obstacle::Function));
        }
        match node {
            Node::Shared(inner) => self.direction(inner),
            Node::Minor(inner) => self.direction(inner),
            Node::Length(part, inner) if *part != LengthPart::Milliseconds => self.direction(inner),
            Node::Extreme(_, one, two) => self.together(self.direction(one)?, self.direction(two)?),
            Node::Negate(inner) => self.direction(inner).map(Ordering::reverse),
            Node::Absolute(inner) => self.signed(self.direction(inner)?, self.ranges.of(inner)),
            Node::Arithmetic(operator, one, two) => self.arithmetic(*operator, node, one, two),
            Node::If(condition, one, two) => self.choice(condition, one, two),
            // A threshold is in one currency at all levels.
            Node::Currency(inner) => self.direction(inner).map(|_| Ordering::Equal),
            node if self.is_steady(node) => Some(Ordering::Equal),
            _ => self.unknown(Obstacle::Function),
        }
    }

    fn arithmetic(
        &self,
        operator: Operator,
        node: &Node,
        one: &Node,
        two: &Node,
    ) -> Option<Ordering> {
        if !self.ranges.fits(operator, one, two) {
            return self.unknown(match (operator, self.ranges.kind(node)) {
                (Operator::Subtract, Type::Instant | Type::Duration) => Obstacle::NegativeTime,
                _ => Obstacle::TooLarge,
            });
        }
        let (first, second) = (self.direction(one)?, self.direction(two)?);
        match operator {
            Operator::Add => self.together(first, second),
            Operator::Subtract => self.together(first, second.reverse()),
            Operator::Multiply => {
                let first = self.signed(first, self.ranges.of(two))?;
                let second = self.signed(second, self.ranges.of(one))?;
                self.together(first, second)
            }
        }
    }

    /// How a value moves when its product with one of this range is taken, or its own range is turned positive.
    fn signed(&self, direction: Ordering, by: Range) -> Option<Ordering> {
        if direction.is_eq() || by.is_at_least_zero() {
            Some(direction)
        } else if by.is_at_most_zero() {
            Some(direction.reverse())
        } else {
            self.unknown(Obstacle::Sign)
        }
    }

    /// A value that a condition chooses. Where the condition changes, both have to be known without any fact.
    fn choice(&self, condition: &Node, one: &Node, two: &Node) -> Option<Ordering> {
        let within = self.together(self.direction(one)?, self.direction(two)?)?;
        let Some(changes) = self.truth(condition).direction() else {
            return self.unknown(Obstacle::Choice);
        };
        let (before, after) = match changes {
            Ordering::Equal => return Some(within),
            Ordering::Greater => (two, one),
            Ordering::Less => (one, two),
        };
        let fixed = |node, risen| self.constant(node, risen);
        match (fixed(before, 0), fixed(after, 1)) {
            (Some(before), Some(after)) => match order(&after, &before) {
                Some(switched) => self.together(within, switched),
                None => self.unknown(Obstacle::Choice),
            },
            _ => self.unknown(Obstacle::Choice),
        }
    }

    /// Whether all that it is made of stays as it is.
    fn is_steady(&self, node: &Node) -> bool {
        let children = node.children();
        !children.is_empty()
            && children
                .into_iter()
                .all(|child| match self.ranges.kind(child) {
                    Type::Boolean => self.truth(child).direction() == Some(Ordering::Equal),
                    _ => self.direction(child) == Some(Ordering::Equal),
                })
    }

    fn together(&self, one: Ordering, two: Ordering) -> Option<Ordering> {
        together(one, two).or_else(|| self.unknown(Obstacle::Opposed))
    }

    /// What is there and can be compared stays so, and its truth may change to and fro.
    fn either_way(&self, obstacle: Obstacle) -> Relation {
        self.meet(obstacle);
        Relation::unchanged(&Truth::ALL)
            .with(Truth::False, Truth::True)
            .with(Truth::True, Truth::False)
    }

    fn unknown(&self, obstacle: Obstacle) -> Option<Ordering> {
        self.meet(obstacle);
        None
    }

    pub(super) fn meet(&self, obstacle: Obstacle) {
        if self.obstacle.get().is_none() {
            self.obstacle.set(Some(obstacle));
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
