//! Under which keys a record is found in the store.
//!
//! All keys are in one tree, because sled's batches are atomic within one tree only. Numbers are big-endian, so
//! that order of bytes is order of records.
//!
//! | key | value |
//! |---|---|
//! | `w` | the watermark: how many records are applied |
//! | `l`, index | leaf hash, decision id |
//! | `d`, decision id | index |
//! | `t`, length of id, transaction id, index | nothing |
//! | `c`, length of id, case id, index | nothing |
//! | `a`, milliseconds, index | nothing |

use std::borrow::Cow;

use serde::Deserialize;

use crate::merkle::Hash;

pub(crate) const WATERMARK: &[u8] = b"w";
/// Before the index, in the keys of leaf hashes.
pub(crate) const LEAF: &[u8] = b"l";

/// What is indexed of a record: read from its bytes without the rest.
#[derive(Debug, Deserialize)]
pub(crate) struct Indexed<'a> {
    at: u64,
    #[serde(borrow, default)]
    decision: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    transaction: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    case: Option<Cow<'a, str>>,
}

impl<'a> Indexed<'a> {
    pub(crate) fn of(record: &'a [u8]) -> Result<Indexed<'a>, serde_json::Error> {
        serde_json::from_slice(record)
    }

    /// Keys and values of record `index`, whose hash in the tree is `hash`.
    pub(crate) fn entries(&self, index: u64, hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>)> {
        let known = [
            hash.as_slice(),
            self.decision.as_deref().unwrap_or_default().as_bytes(),
        ]
        .concat();
        let mut entries = vec![(leaf(index), known), (at(self.at, index), Vec::new())];
        if let Some(id) = &self.decision {
            entries.push((decision(id), index.to_be_bytes().to_vec()));
        }
        if let Some(id) = &self.transaction {
            entries.push((linked(Link::Transaction, id, index), Vec::new()));
        }
        if let Some(id) = &self.case {
            entries.push((linked(Link::Case, id, index), Vec::new()));
        }
        entries
    }
}

/// What the store keeps of a record to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) hash: Hash,
    /// Its decision's id; empty for an event.
    pub(crate) decision: String,
}

impl Known {
    /// From the value at [`leaf`].
    pub(crate) fn of(value: &[u8]) -> Option<Known> {
        let (hash, decision) = value.split_first_chunk()?;
        Some(Known {
            hash: *hash,
            decision: String::from_utf8(decision.to_vec()).ok()?,
        })
    }
}

pub(crate) fn leaf(index: u64) -> Vec<u8> {
    [LEAF, &index.to_be_bytes()].concat()
}

/// What links records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Link {
    Transaction,
    Case,
}

pub(crate) fn decision(id: &str) -> Vec<u8> {
    [b"d", id.as_bytes()].concat()
}

pub(crate) fn link_prefix(link: Link, id: &str) -> Vec<u8> {
    let tag = match link {
        Link::Transaction => b"t",
        Link::Case => b"c",
    };
    let len = u32::try_from(id.len()).unwrap_or(u32::MAX).to_be_bytes();
    [tag.as_slice(), &len, id.as_bytes()].concat()
}

fn linked(link: Link, id: &str, index: u64) -> Vec<u8> {
    let mut key = link_prefix(link, id);
    key.extend_from_slice(&index.to_be_bytes());
    key
}

fn at(at: u64, index: u64) -> Vec<u8> {
    [b"a".as_slice(), &at.to_be_bytes(), &index.to_be_bytes()].concat()
}

/// The index at the end of a key, or the value of a decision.
pub(crate) fn index_of(bytes: &[u8]) -> Option<u64> {
    bytes.last_chunk().map(|eight| u64::from_be_bytes(*eight))
}
