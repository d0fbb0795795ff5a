//! Elements of a message that say something and are not read: counted, and named by their paths.
//!
//! Every element with a text counts, unless the dictionary has its path, or this room itself reads it (the
//! identifiers that a reply repeats, counts and sums). Of a path that stands several times in a transaction
//! only the first is read. What stands above the transactions counts for the first of them.

use std::collections::HashSet;

use super::Payment;
use super::document::{Document, NodeId};
use super::plan::Plan;
use crate::dropped::{self, Why};
use crate::facts::Facts;
use crate::limits;

/// Paths below the message element that are compared or repeated, and are no facts.
const READ_HERE: [&str; 12] = [
    "GrpHdr/MsgId",
    "GrpHdr/GrpId",
    "GrpHdr/CreDtTm",
    "GrpHdr/NbOfTxs",
    "GrpHdr/CtrlSum",
    "PmtInf/PmtInfId",
    "PmtInf/NbOfTxs",
    "PmtInf/CtrlSum",
    "CdtTrfTxInf/PmtId/TxId",
    "CdtTrfTxInf/InstdAmt",
    "CdtTrfTxInf/ChrgsInf/Amt",
    "CdtTrfTxInf/ChrgsInf/ChrgsAmt",
];

/// Looks for what is not read, transaction by transaction.
pub(super) struct Unread<'d> {
    document: &'d Document,
    plan: &'d Plan,
    payment: Payment,
    /// What stands above transactions and was looked at.
    walked: HashSet<NodeId>,
    /// Paths of the dictionary that were met in this transaction.
    met: HashSet<String>,
}

/// Where the walk is.
#[derive(Clone)]
struct Place {
    /// Below the message element, as the dictionary writes paths.
    path: String,
    /// For people.
    pointer: String,
    /// Whether it is in another namespace than the message: nothing of it is read.
    foreign: bool,
}

impl<'d> Unread<'d> {
    pub(super) fn new(document: &'d Document, plan: &'d Plan, payment: Payment) -> Unread<'d> {
        Unread {
            document,
            plan,
            payment,
            walked: HashSet::new(),
            met: HashSet::new(),
        }
    }

    /// Tells the facts of a transaction, the `number`th of its message, what is not read of it.
    pub(super) fn tell(&mut self, facts: &mut Facts<'_>, chain: &[NodeId], number: usize) {
        self.met.clear();
        let mut place = Place {
            path: String::new(),
            pointer: "/Document/*".to_owned(),
            foreign: false,
        };
        for (level, node) in chain.iter().enumerate() {
            if level > 0 {
                place = self.below(&place, chain[level - 1], *node);
            }
            let repeating = self.payment.levels().get(level).copied();
            if repeating.is_none() {
                place.pointer.push_str(&format!("[{number}]"));
            } else if !self.walked.insert(*node) {
                continue;
            }
            for child in &self.document.node(*node).children {
                let name = &*self.document.node(*child).name;
                let is_level = repeating.is_some_and(|names| names.contains(&name));
                if !is_level {
                    self.walk(facts, &self.below(&place, *node, *child), *child);
                }
            }
        }
    }

    fn walk(&mut self, facts: &mut Facts<'_>, place: &Place, node: NodeId) {
        if self.document.text_of(node).is_some() && !self.is_read(place) {
            facts.drop_at(cut(&place.pointer), Why::Unknown, None);
        }
        for child in &self.document.node(node).children {
            self.walk(facts, &self.below(place, node, *child), *child);
        }
    }

    fn is_read(&mut self, place: &Place) -> bool {
        if place.foreign {
            return false;
        }
        READ_HERE.contains(&&*place.path)
            || (self.plan.reads(self.payment, &place.path) && self.met.insert(place.path.clone()))
    }

    fn below(&self, place: &Place, parent: NodeId, child: NodeId) -> Place {
        let (parent, child) = (self.document.node(parent), self.document.node(child));
        let mut below = place.clone();
        if !below.path.is_empty() {
            below.path.push('/');
        }
        below.path.push_str(&child.name);
        below.pointer.push('/');
        below.pointer.push_str(dropped::shown(&child.name));
        below.foreign |= parent.namespace != child.namespace;
        below
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
