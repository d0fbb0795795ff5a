//! What becomes of a condition where a fact is not there: when it is still true, and when it is false.

use weft_dictionary::{Dictionary, FieldId};

use crate::cel::measured::{Facts, Ranges};
use crate::cel::node::{Comparison, Constant, Node};
use crate::cel::types::Type;
use crate::limits::MAX_READ_NODES;

/// Two conditions that do not name the fact. Where neither is true, the condition has no value.
#[derive(Debug, Clone)]
pub(super) struct Without {
    /// It is true when this is.
    pub(super) yes: Node,
    /// It is false when this is true.
    pub(super) no: Node,
}

/// Takes one fact away.
pub(super) struct Absent<'a> {
    pub(super) field: FieldId,
    pub(super) dictionary: &'a Dictionary,
}

impl Absent<'_> {
    /// Whether an expression names the fact.
    pub(super) fn is_named(&self, node: &Node) -> bool {
        match node {
            Node::Field(field) | Node::Has(field) => *field == self.field,
            other => other.children().into_iter().any(|part| self.is_named(part)),
        }
    }

    /// What becomes of a condition; none if that gets too large.
    pub(super) fn of(&self, node: &Node) -> Option<Without> {
        let mut left = MAX_READ_NODES;
        self.condition(node, &mut left)
    }

    fn condition(&self, node: &Node, left: &mut usize) -> Option<Without> {
        *left = left.checked_sub(1)?;
        if !self.is_named(node) {
            let yes = node.clone();
            let no = not(yes.clone());
            return Some(Without { yes, no });
        }
        Some(match node {
            Node::Shared(inner) => self.condition(inner, left)?,
            Node::Has(_) => Without::known(false),
            Node::Not(inner) => self.condition(inner, left)?.turned(),
            Node::And(one, two) => self.condition(one, left)?.and(self.condition(two, left)?),
            Node::Or(one, two) => {
                let (one, two) = (self.condition(one, left)?, self.condition(two, left)?);
                one.turned().and(two.turned()).turned()
            }
            Node::If(when, one, two) => self.choice(when, one, two, left)?,
            Node::Compare(comparison, one, two) if self.is_truth(one) => {
                let (one, two) = (self.condition(one, left)?, self.condition(two, left)?);
                *left = left.checked_sub(one.size() + two.size())?;
                let same = Without {
                    yes: or(
                        and(one.yes.clone(), two.yes.clone()),
                        and(one.no.clone(), two.no.clone()),
                    ),
                    no: or(and(one.yes, two.no), and(one.no, two.yes)),
                };
                match comparison {
                    Comparison::NotEqual => same.turned(),
                    _ => same,
                }
            }
            Node::Among(value, constants) if self.is_truth(value) => {
                let value = self.condition(value, left)?;
                let has = |truth| constants.contains(&Constant::Boolean(truth));
                let pick = |yes: bool, no: bool| {
                    let part = |taken, node: &Node| if taken { node.clone() } else { known(false) };
                    or(part(yes, &value.yes), part(no, &value.no))
                };
                Without {
                    yes: pick(has(true), has(false)),
                    no: pick(!has(true), !has(false)),
                }
            }
            other => match other.first_choice() {
                Some(when) => {
                    *left = left.checked_sub(other.size())?;
                    self.choice(when, &other.chosen(true), &other.chosen(false), left)?
                }
                // It rests on the value that is not there.
                None => Without::nothing(),
            },
        })
    }

    fn choice(&self, when: &Node, one: &Node, two: &Node, left: &mut usize) -> Option<Without> {
        let when = self.condition(when, left)?;
        *left = left.checked_sub(when.size())?;
        let (one, two) = (self.condition(one, left)?, self.condition(two, left)?);
        Some(Without {
            yes: or(
                and(when.yes.clone(), one.yes),
                and(when.no.clone(), two.yes),
            ),
            no: or(and(when.yes, one.no), and(when.no, two.no)),
        })
    }

    fn is_truth(&self, node: &Node) -> bool {
        let ranges = Ranges {
            dictionary: self.dictionary,
            facts: Facts::Any,
        };
        ranges.kind(node) == Type::Boolean
    }
}

impl Without {
    fn known(truth: bool) -> Without {
        Without {
            yes: known(truth),
            no: known(!truth),
        }
    }

    /// Neither true nor false.
    fn nothing() -> Without {
        Without {
            yes: known(false),
            no: known(false),
        }
    }

    /// What it takes to write it twice.
    fn size(&self) -> usize {
        self.yes.size() + self.no.size()
    }

    fn turned(self) -> Without {
        Without {
            yes: self.no,
            no: self.yes,
        }
    }

    fn and(self, other: Without) -> Without {
        Without {
            yes: and(self.yes, other.yes),
            no: or(self.no, other.no),
        }
    }

    /// That it has a value.
    pub(super) fn value(&self) -> Node {
        or(self.yes.clone(), self.no.clone())
    }
}

fn known(truth: bool) -> Node {
    Node::Constant(Constant::Boolean(truth))
}

fn is_known(node: &Node) -> Option<bool> {
    match node {
        Node::Constant(Constant::Boolean(truth)) => Some(*truth),
        _ => None,
    }
}

fn not(node: Node) -> Node {
    match is_known(&node) {
        Some(truth) => known(!truth),
        None => Node::Not(Box::new(node)),
    }
}

fn and(one: Node, two: Node) -> Node {
    match (is_known(&one), is_known(&two)) {
        (Some(false), _) | (_, Some(false)) => known(false),
        (Some(true), _) => two,
        (_, Some(true)) => one,
        _ => Node::And(Box::new(one), Box::new(two)),
    }
}

fn or(one: Node, two: Node) -> Node {
    match (is_known(&one), is_known(&two)) {
        (Some(true), _) | (_, Some(true)) => known(true),
        (Some(false), _) => two,
        (_, Some(false)) => one,
        _ => Node::Or(Box::new(one), Box::new(two)),
    }
}
