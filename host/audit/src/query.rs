//! Records page by page.

use crate::error::ReadError;
use crate::filter::Filter;
use crate::limits::{MAX_PAGE, MAX_PAGE_BYTES, MAX_READ_FOR_PAGE};
use crate::log::{self, Log};
use crate::merkle;
use crate::show::Entry;

/// A part of the records that a filter takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// From which index on to ask for what comes after them; none when all were looked at. A page may have few records,
    /// or none, and there is more all the same.
    pub next: Option<u64>,
    /// How many records of the log were there to look at: the store's. Who asks later goes on from there.
    pub of: u64,
}

impl Log {
    /// The records from index `from` on that `filter` takes, at most `limit` and [`MAX_PAGE`] of them. Whatever is asked
    /// for, each record is read and looked at before it is given: the store says where to look, and nothing more.
    pub fn query(&self, filter: &Filter, from: u64, limit: usize) -> Result<Page, ReadError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let conditions = filter.conditions();
        let (mut entries, mut bytes_in_all, mut read) = (Vec::new(), 0, 0);
        let mut next = from;
        loop {
            let found = self.ask(|store| store.candidates(&conditions, next, limit))?;
            for index in found.indexes {
                let is_full = entries.len() == limit || bytes_in_all >= MAX_PAGE_BYTES;
                if is_full || read == MAX_READ_FOR_PAGE {
                    let (next, of) = (Some(index), found.of);
                    return Ok(Page { entries, next, of });
                }
                read += 1;
                let bytes = self.bytes(index)?;
                let record = log::parse(index, &bytes)?;
                if filter.takes(&record) {
                    bytes_in_all += bytes.len();
                    entries.push(Entry {
                        index,
                        leaf_hash: merkle::leaf_hash(&bytes),
                        bytes,
                        record,
                    });
                }
            }
            next = found.next;
            if next >= found.of {
                let (next, of) = (None, found.of);
                return Ok(Page { entries, next, of });
            }
        }
    }
}
