//! Why a condition holds of a row, or does not: the parts that decide, in words.
//!
//! What is said of a part is computed like the condition itself, by the same compiled code, so an explanation
//! cannot say something else than the decision did. A trace names fields; what a reader may see of their values is
//! not this room's to say.

use std::collections::BTreeSet;

use weft_dictionary::{Dictionary, FieldId, Row};

use crate::cel::compile::{Gap, Program};
use crate::cel::node::Node;
use crate::policy::{Condition, Rule};
use crate::words::Speaker;

/// What came of a condition or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It rests on a fact that is missing.
    Missing,
    /// It cannot be computed.
    Failed,
}

/// A part of a condition that decides what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What came of the part; the same as of the condition, but where one case of several was chosen by others.
    pub truth: Truth,
    /// What would have to hold, in words.
    pub says: String,
    /// The facts that it reads.
    pub fields: Vec<FieldId>,
    /// Those of them that are missing.
    pub missing: Vec<FieldId>,
}

/// What came of a condition, and the parts that decide it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What came of it.
    pub truth: Truth,
    /// Of a condition that holds: all that it needed. Of one that does not: what did not hold. Of one that is
    /// missing: what is.
    pub parts: Vec<Part>,
}

impl Rule {
    /// Why it fires on a row, or does not.
    pub fn trace(&self, dictionary: &Dictionary, row: &Row) -> Trace {
        Tracer { dictionary, row }.trace(&self.when, true)
    }

    /// The facts that it reads.
    pub fn fields(&self) -> Vec<FieldId> {
        fields(&self.when)
    }
}

impl Condition {
    /// Why it holds of a row, or does not.
    pub fn trace(&self, dictionary: &Dictionary, row: &Row) -> Trace {
        Tracer { dictionary, row }.trace(&self.expression, true)
    }

    /// The facts that it reads.
    pub fn fields(&self) -> Vec<FieldId> {
        fields(&self.expression)
    }
}

struct Tracer<'a> {
    dictionary: &'a Dictionary,
    row: &'a Row,
}

impl Tracer<'_> {
    /// A boolean expression, or its contrary.
    fn trace(&self, node: &Node, holds: bool) -> Trace {
        match node {
            Node::Not(inner) => self.trace(inner, !holds),
            Node::Shared(inner) => self.trace(inner, holds),
            Node::And(one, two) | Node::Or(one, two) => {
                let (truth, _) = self.truth(node, holds);
                let both = [self.trace(one, holds), self.trace(two, holds)];
                let decide = both.into_iter().filter(|trace| trace.truth == truth);
                let mut parts: Vec<Part> = Vec::new();
                for part in decide.flat_map(|trace| trace.parts) {
                    // What two parts of a rule share is said once.
                    if !parts.contains(&part) {
                        parts.push(part);
                    }
                }
                Trace { truth, parts }
            }
            Node::If(condition, one, two) => self.choice(node, condition, [one, two], holds),
            leaf => {
                let (truth, missing) = self.truth(leaf, holds);
                let speaker = Speaker {
                    dictionary: self.dictionary,
                };
                let part = Part {
                    truth,
                    says: speaker.truth(leaf, holds).one_line(),
                    fields: fields(leaf),
                    missing,
                };
                Trace {
                    truth,
                    parts: vec![part],
                }
            }
        }
    }

    /// Why one case was chosen, and what came of it.
    fn choice(&self, node: &Node, condition: &Node, [one, two]: [&Node; 2], holds: bool) -> Trace {
        let (truth, _) = self.truth(node, holds);
        let chosen = self.trace(condition, true);
        let mut parts = match chosen.truth {
            Truth::Holds => [chosen.parts, self.trace(one, holds).parts].concat(),
            Truth::Fails => {
                let otherwise = self.trace(condition, false);
                [otherwise.parts, self.trace(two, holds).parts].concat()
            }
            Truth::Missing | Truth::Failed => chosen.parts,
        };
        parts.dedup();
        Trace { truth, parts }
    }

    fn truth(&self, node: &Node, holds: bool) -> (Truth, Vec<FieldId>) {
        let mut missing = Vec::new();
        let truth = match Program::compile(node, self.dictionary).truth(self.row, &mut missing) {
            Ok(truth) if truth == holds => Truth::Holds,
            Ok(_) => Truth::Fails,
            Err(Gap::Missing) => Truth::Missing,
            Err(Gap::Failed(_)) => Truth::Failed,
        };
        missing.sort_unstable();
        missing.dedup();
        (truth, missing)
    }
}

/// The fields that an expression reads, in the dictionary's order.
fn fields(node: &Node) -> Vec<FieldId> {
    let mut found = BTreeSet::new();
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        if let Node::Field(id) | Node::Has(id) = node {
            found.insert(*id);
        }
        rest.extend(node.children());
    }
    found.into_iter().collect()
}
