//! What is durable and not yet in the store, so that a read sees what was appended before it.
//!
//! Bounded by what the keeper may be behind. The keeper empties it as the store takes records.

use std::collections::{BTreeMap, HashMap};

use crate::keys::Link;
use crate::record::Record;

/// Ids under which a record is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    decision: String,
    links: Vec<(Link, String)>,
}

impl Ids {
    /// Those of a decision; an event has none.
    pub(crate) fn of(record: &Record) -> Option<Ids> {
        let decision = record.decision()?;
        let transaction = decision
            .transaction
            .iter()
            .map(|id| (Link::Transaction, id.clone()));
        let case = decision.case.iter().map(|id| (Link::Case, id.clone()));
        Some(Ids {
            decision: decision.decision.clone(),
            links: transaction.chain(case).collect(),
        })
    }
}

#[derive(Default)]
pub(crate) struct Recent {
    applied: u64,
    by_index: BTreeMap<u64, Ids>,
    decisions: HashMap<String, u64>,
    links: HashMap<(Link, String), Vec<u64>>,
}

impl Recent {
    pub(crate) fn starting_at(applied: u64) -> Recent {
        Recent {
            applied,
            ..Recent::default()
        }
    }

    pub(crate) fn insert(&mut self, index: u64, ids: Ids) {
        if index < self.applied {
            return;
        }
        self.decisions.insert(ids.decision.clone(), index);
        for link in &ids.links {
            self.links.entry(link.clone()).or_default().push(index);
        }
        self.by_index.insert(index, ids);
    }

    /// The store holds all below `applied`.
    pub(crate) fn applied(&mut self, applied: u64) {
        self.applied = applied;
        let later = self.by_index.split_off(&applied);
        for (index, ids) in std::mem::replace(&mut self.by_index, later) {
            self.decisions.remove(&ids.decision);
            for link in ids.links {
                if let Some(indexes) = self.links.get_mut(&link) {
                    indexes.retain(|i| *i != index);
                    if indexes.is_empty() {
                        self.links.remove(&link);
                    }
                }
            }
        }
    }

    pub(crate) fn decision(&self, id: &str) -> Option<u64> {
        self.decisions.get(id).copied()
    }

    pub(crate) fn linked(&self, link: Link, id: &str) -> Vec<u64> {
        self.links
            .get(&(link, id.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}
