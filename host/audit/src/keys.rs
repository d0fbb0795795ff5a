//! Under which keys a record is found in the store.
//!
//! All keys are in one tree, because sled's batches are atomic within one tree only. Numbers are big-endian, so
//! that order of bytes is order of records.
//!
//! | key | value |
//! |---|---|
//! | `w` | the watermark: how many records are applied |
//! | `d`, decision id | index |
//! | `t`, length of id, transaction id, index | nothing |
//! | `c`, length of id, case id, index | nothing |
//! | `a`, milliseconds, index | nothing |

use std::borrow::Cow;

use serde::Deserialize;

pub(crate) const WATERMARK: &[u8] = b"w";

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

    /// Keys and values of record `index`.
    pub(crate) fn entries(&self, index: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut entries = vec![(at(self.at, index), Vec::new())];
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
