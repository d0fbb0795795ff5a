//! Elements of a message that say something and are not read: counted, and named by their paths.
//!
//! Every element with a text counts, unless the dictionary has its path, or this room itself reads it (the
//! identifiers that a reply repeats, counts and sums). Of a path that stands several times in a transaction
//! only the first is read. What stands above the transactions counts for the first of them.

use std::collections::HashSet;

use super::MessageKind;
use super::assignment::is_code_of_party;
use super::document::{Document, Node, NodeId};
use super::elements;
use super::plan::Plan;
use crate::dropped::{self, Why};
use crate::facts::Facts;
use crate::limits;

/// Looks for what is not read, transaction by transaction.
pub(super) struct Unread<'d> {
    document: &'d Document,
    plan: &'d Plan,
    kind: MessageKind,
    /// What stands above transactions and was looked at.
    walked: HashSet<NodeId>,
    /// Paths of the dictionary that were met in this transaction.
    met: HashSet<String>,
}

/// Where the walk is.
struct Place {
    /// Below the message element, as the dictionary writes paths.
    path: String,
    /// For people.
    pointer: String,
    /// Whether it is in another namespace than the message, or below a name that no path has: nothing of it is read.
    foreign: bool,
}

/// Where the walk was before it went on to a child.
struct Before {
    path: usize,
    pointer: usize,
    foreign: bool,
}

impl Place {
    /// Goes on to a child. Every name is bounded, so that a long one costs its children nothing.
    fn enter(&mut self, parent: &Node, child: &Node) -> Before {
        let before = Before {
            path: self.path.len(),
            pointer: self.pointer.len(),
            foreign: self.foreign,
        };
        self.foreign |=
            parent.namespace != child.namespace || child.name.len() > limits::MAX_PATH_NAME_CHARS;
        if !self.foreign {
            if !self.path.is_empty() {
                self.path.push('/');
            }
            self.path.push_str(&child.name);
        }
        self.pointer.push('/');
        self.pointer.push_str(shown(&child.name));
        before
    }

    fn leave(&mut self, before: &Before) {
        self.path.truncate(before.path);
        self.pointer.truncate(before.pointer);
        self.foreign = before.foreign;
    }
}

impl<'d> Unread<'d> {
    pub(super) fn new(document: &'d Document, plan: &'d Plan, kind: MessageKind) -> Unread<'d> {
        Unread {
            document,
            plan,
            kind,
            walked: HashSet::new(),
            met: HashSet::new(),
        }
    }

    /// Tells the facts of a transaction, the `number`th of its message, what is not read of it.
    pub(super) fn tell(&mut self, facts: &mut Facts<'_>, chain: &[NodeId], number: usize) {
        let document = self.document;
        self.met.clear();
        let mut place = Place {
            path: String::new(),
            pointer: "/Document/*".to_owned(),
            foreign: false,
        };
        for (level, node) in chain.iter().enumerate() {
            if level > 0 {
                place.enter(document.node(chain[level - 1]), document.node(*node));
            }
            let repeating = self.kind.shape().levels.get(level).copied();
            if repeating.is_none() {
                place.pointer.push_str(&format!("[{number}]"));
            } else if !self.walked.insert(*node) {
                continue;
            }
            for child in &document.node(*node).children {
                let name = &*document.node(*child).name;
                let is_level = repeating.is_some_and(|names| names.contains(&name));
                if !is_level {
                    self.walk(facts, &mut place, *node, *child);
                }
            }
        }
    }

    fn walk(&mut self, facts: &mut Facts<'_>, place: &mut Place, parent: NodeId, node: NodeId) {
        let document = self.document;
        let before = place.enter(document.node(parent), document.node(node));
        if document.text_of(node).is_some() && !self.is_read(place) {
            facts.drop_at(cut(&place.pointer), Why::Unknown);
        }
        for child in &document.node(node).children {
            self.walk(facts, place, node, *child);
        }
        place.leave(&before);
    }

    fn is_read(&mut self, place: &Place) -> bool {
        if place.foreign {
            return false;
        }
        let shape = self.kind.shape();
        shape.read_here.contains(&&*place.path)
            || (shape.parties.is_some() && is_code_of_party(&place.path))
            || (self.plan.reads(self.kind, &place.path) && self.met.insert(place.path.clone()))
            || shape.repeats(&place.path)
    }
}

/// A name that ISO 20022 has; any other could be somebody's.
fn shown(name: &str) -> &str {
    match elements::NAMES.binary_search(&name) {
        Ok(_) => name,
        Err(_) => dropped::WITHHELD,
    }
}

/// The end of a long path.
fn cut(pointer: &str) -> String {
    if pointer.len() <= limits::MAX_UNREAD_PATH_CHARS {
        return pointer.to_owned();
    }
    // Names that are shown are ASCII, so every byte is a character.
    let end = &pointer[pointer.len() - limits::MAX_UNREAD_PATH_CHARS..];
    let from = end.find('/').unwrap_or_default();
    format!("…{}", &end[from..])
}
