//! Which facts are there: a proof is made for each case by itself, so that all parts of a condition agree on it.

use weft_dictionary::FieldId;

use super::relation::Truth;
use crate::cel::measured::Ranges;
use crate::cel::node::Node;

/// Whether a fact is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    Absent,
    /// An earlier stage took it away: asking whether it is there has no answer.
    Withheld,
}

impl Presence {
    pub(super) const ALL: [Presence; 3] = [Presence::Present, Presence::Absent, Presence::Withheld];
}

/// What is assumed of facts; of all others, nothing.
#[derive(Debug, Clone)]
pub(super) struct Case(Vec<(FieldId, Presence)>);

impl Case {
    /// Every decision has the level of threat.
    pub(super) fn any(level: FieldId) -> Case {
        Case(vec![(level, Presence::Present)])
    }

    /// The same case, with this besides.
    pub(super) fn with(&self, field: FieldId, presence: Presence) -> Case {
        let mut assumed = self.0.clone();
        assumed.push((field, presence));
        Case(assumed)
    }

    fn of(&self, field: FieldId) -> Option<Presence> {
        let found = self.0.iter().find(|(assumed, _)| *assumed == field);
        found.map(|(_, presence)| *presence)
    }

    /// The outcomes that a condition can have in this case.
    pub(super) fn outcomes(&self, node: &Node, ranges: Ranges<'_>) -> &'static [Truth] {
        match node {
            Node::Has(field) => match self.of(*field) {
                Some(Presence::Present) => &[Truth::True],
                Some(Presence::Absent) => &[Truth::False],
                Some(Presence::Withheld) => &[Truth::Missing],
                None => &[Truth::False, Truth::Missing, Truth::True],
            },
            node => match (self.lacks(node), self.is_whole(node), ranges.can_fail(node)) {
                (true, _, true) => &[Truth::Missing, Truth::Failed, Truth::Lacking],
                (true, _, false) => &[Truth::Missing],
                (_, true, true) => &[Truth::False, Truth::True, Truth::Failed],
                (_, true, false) => &[Truth::False, Truth::True],
                (_, _, true) => &Truth::ALL,
                (_, _, false) => &[Truth::False, Truth::Missing, Truth::True],
            },
        }
    }

    /// Whether an expression cannot have a value, because of what is not there. Only logic and choices can do
    /// without some of their parts.
    fn lacks(&self, node: &Node) -> bool {
        let lacks = |part: &Node| self.lacks(part);
        match node {
            Node::Field(field) => {
                matches!(self.of(*field), Some(Presence::Absent | Presence::Withheld))
            }
            Node::Has(field) => self.of(*field) == Some(Presence::Withheld),
            Node::And(one, two) | Node::Or(one, two) => lacks(one) && lacks(two),
            Node::If(condition, one, two) => lacks(condition) || lacks(one) && lacks(two),
            node => node.children().into_iter().any(lacks),
        }
    }

    /// Whether all facts that an expression names are there, so that nothing can be missing.
    fn is_whole(&self, node: &Node) -> bool {
        match node {
            Node::Field(field) => self.of(*field) == Some(Presence::Present),
            Node::Has(field) => {
                matches!(self.of(*field), Some(Presence::Present | Presence::Absent))
            }
            node => node.children().into_iter().all(|part| self.is_whole(part)),
        }
    }
}

/// The facts, but for the level of threat, that are named more than once: only for them it matters that the parts
/// agree.
pub(super) fn repeated<'a>(
    conditions: impl Iterator<Item = &'a Node>,
    level: FieldId,
) -> Vec<FieldId> {
    let (mut once, mut again) = (Vec::new(), Vec::new());
    let mut open: Vec<&Node> = conditions.collect();
    while let Some(node) = open.pop() {
        if let Node::Field(field) | Node::Has(field) = node
            && *field != level
        {
            let known = if once.contains(field) {
                &mut again
            } else {
                &mut once
            };
            if !known.contains(field) {
                known.push(*field);
            }
        }
        open.extend(node.children());
    }
    again
}
