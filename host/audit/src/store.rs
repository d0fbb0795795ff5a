//! sled 0.34 as the queryable store: derived from the journal, never trusted with anything that is not there.
//!
//! How it is kept safe: one thread writes, one batch at a time, with the watermark in the batch; it is opened
//! behind `catch_unwind`, because sled can panic on a damaged file; no subscribers, no `flush_async`, small
//! values. Whenever something about it is wrong it is removed and filled again from the journal.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sled::{Batch, Config, Db, Mode};

use crate::blocks::{self, Bits, Filling};
use crate::filter::Condition;
use crate::keys::{self, Indexed, Known, Link, WATERMARK};
use crate::limits::{
    ENTRIES_AN_EPOCH, EPOCHS_A_BATCH, MAX_LINKED, STORE_CACHE_BYTES, STORE_OPEN_PAUSE_MS,
    STORE_OPEN_TRIES,
};
use crate::merkle::Hash;

/// What sled said, or that it panicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct StoreError {
    text: String,
    disk_full: bool,
}

impl StoreError {
    pub(crate) fn new(text: impl Into<String>) -> StoreError {
        StoreError {
            text: text.into(),
            disk_full: false,
        }
    }

    /// Whether it is for want of room on the disk.
    pub fn is_disk_full(&self) -> bool {
        self.disk_full
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError {
            text: error.to_string(),
            disk_full: weft_journal::is_disk_full(&error),
        }
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        let disk_full = matches!(&error, sled::Error::Io(io) if weft_journal::is_disk_full(io));
        StoreError {
            text: error.to_string(),
            disk_full,
        }
    }
}

pub(crate) struct Store {
    db: Db,
    /// The block that the last records are of.
    filling: Mutex<Filling>,
}

/// Records that may be what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Their indexes, ascending.
    pub(crate) indexes: Vec<u64>,
    /// Where to go on.
    pub(crate) next: u64,
    /// How many records the store has.
    pub(crate) of: u64,
}

/// Runs what touches sled; a panic in there is an error.
fn guarded<T>(what: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(what)).unwrap_or_else(|_| Err(StoreError::new("sled panicked")))
}

impl Store {
    /// Opens or creates it.
    pub(crate) fn open(dir: &Path) -> Result<Store, StoreError> {
        let mut tries = 0;
        loop {
            let opened = guarded(|| {
                let config = Config::new()
                    .path(dir)
                    .mode(Mode::HighThroughput)
                    .cache_capacity(STORE_CACHE_BYTES)
                    .flush_every_ms(None);
                Ok(config.open())
            })?;
            match opened {
                Ok(db) => {
                    let filling = Mutex::default();
                    return Ok(Store { db, filling });
                }
                // The threads of the one before, in this process, still hold sled's lock.
                Err(sled::Error::Io(error)) if is_locked(&error) && tries < STORE_OPEN_TRIES => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(STORE_OPEN_PAUSE_MS));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// How many records are applied.
    pub(crate) fn watermark(&self) -> Result<u64, StoreError> {
        guarded(|| match self.db.get(WATERMARK)? {
            None => Ok(0),
            Some(bytes) => match <[u8; 8]>::try_from(bytes.as_ref()) {
                Ok(eight) => Ok(u64::from_be_bytes(eight)),
                Err(_) => Err(StoreError::new("the watermark is not a number")),
            },
        })
    }

    /// Whether its keys have the form that this program reads.
    pub(crate) fn has_this_form(&self) -> Result<bool, StoreError> {
        guarded(|| {
            let form = self.db.get(keys::FORM)?;
            let is_empty = || Ok::<_, StoreError>(self.db.get(WATERMARK)?.is_none());
            form.map_or_else(is_empty, |form| Ok(form == keys::THIS_FORM))
        })
    }

    /// How many records it knows: the watermark, or more when there is a hash behind it.
    pub(crate) fn known_len(&self) -> Result<u64, StoreError> {
        let watermark = self.watermark()?;
        guarded(|| {
            let last = self.db.scan_prefix(keys::LEAF).keys().next_back();
            let last = last.transpose()?.and_then(|key| keys::number_of(&key));
            Ok(last.map_or(watermark, |last| watermark.max(last.saturating_add(1))))
        })
    }

    /// What it knows of a record.
    pub(crate) fn known(&self, index: u64) -> Result<Option<Known>, StoreError> {
        guarded(|| {
            Ok(self
                .db
                .get(keys::leaf(index))?
                .and_then(|value| Known::of(&value)))
        })
    }

    /// Applies records from `first` on, in one batch with the watermark. The first ones after it was opened begin a block:
    /// what the store has of it already is written once more.
    pub(crate) fn apply(
        &self,
        first: u64,
        records: &[Vec<u8>],
        hashes: &[Hash],
    ) -> Result<(), StoreError> {
        assert_eq!(records.len(), hashes.len(), "one hash a record");
        let mut filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        if !filling.takes(first) {
            return Err(StoreError::new(format!("record {first} does not follow")));
        }
        let mut batch = Batch::default();
        let mut count = 0;
        for (place, (record, hash)) in records.iter().zip(hashes).enumerate() {
            let index = first + place as u64;
            // A record without keys is known by its hash alone; verification tells of it.
            let indexed = Indexed::of(record).ok();
            let own = match &indexed {
                None => vec![(keys::leaf(index), hash.to_vec())],
                Some(indexed) => indexed.entries(index, hash),
            };
            for (key, value) in own.into_iter().chain(filling.push(index, indexed.as_ref())) {
                batch.insert(key, value);
                count += 1;
            }
        }
        let watermark = first + records.len() as u64;
        batch.insert(WATERMARK, &watermark.to_be_bytes());
        batch.insert(keys::FORM, keys::THIS_FORM);
        guarded(|| Ok(self.db.apply_batch(batch)?))?;
        free_garbage(count);
        Ok(())
    }

    /// Writes all, lets go of it, and waits until sled's threads have let go of its files in `dir` too.
    pub(crate) fn close(self, dir: &Path) -> Result<(), StoreError> {
        guarded(|| {
            self.db.flush()?;
            Ok(())
        })?;
        drop(self);
        let file = File::open(dir.join("db"))?;
        for _ in 0..STORE_OPEN_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_millis(STORE_OPEN_PAUSE_MS))
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("sled does not let go of its files"))
    }

    /// Lets go of a store that failed.
    pub(crate) fn give_up(self) {
        // What sled still has to say about it is of no use to anybody.
        let _ = guarded(|| {
            drop(self);
            Ok(())
        });
    }

    /// The index of a decision.
    pub(crate) fn decision(&self, id: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.linked(Link::Decision, id)?.pop())
    }

    /// The newest [`MAX_LINKED`] indexes of decisions that an id links, oldest first.
    pub(crate) fn linked(&self, link: Link, id: &str) -> Result<Vec<u64>, StoreError> {
        guarded(|| {
            let mut found = Vec::new();
            let keys = self
                .db
                .scan_prefix(keys::link_prefix(link, false, id))
                .keys();
            for key in keys.rev().take(MAX_LINKED) {
                found.extend(keys::number_of(&key?));
            }
            found.reverse();
            Ok(found)
        })
    }

    /// Records from `from` on that meet all conditions, or may: some `max` of them.
    pub(crate) fn candidates(
        &self,
        conditions: &[Condition<'_>],
        from: u64,
        max: usize,
    ) -> Result<Candidates, StoreError> {
        let of = self.watermark()?;
        guarded(|| {
            let mut indexes = Vec::new();
            let mut block = from / blocks::RECORDS;
            'blocks: while block * blocks::RECORDS < of && indexes.len() < max {
                let mut bits = Bits::ALL;
                for condition in conditions {
                    match self.next_block(condition, block, of / blocks::RECORDS)? {
                        Some((at, meet)) if at == block => bits = bits.and(meet),
                        Some((later, _)) => {
                            block = later;
                            continue 'blocks;
                        }
                        None => {
                            block = u64::MAX / blocks::RECORDS;
                            break 'blocks;
                        }
                    }
                }
                let found = bits.indexes(block);
                indexes.extend(found.filter(|index| (from..of).contains(index)));
                block += 1;
            }
            let next = (block * blocks::RECORDS).min(of);
            Ok(Candidates { indexes, next, of })
        })
    }

    /// The next block from `block` on with records that meet a condition, and which. Of blocks from `full` on the store
    /// has no words.
    fn next_block(
        &self,
        condition: &Condition<'_>,
        block: u64,
        full: u64,
    ) -> Result<Option<(u64, Bits)>, StoreError> {
        match condition {
            Condition::Linked(link, id) => self.next_linked(*link, id, block),
            _ if block >= full => Ok(Some((block, Bits::ALL))),
            Condition::Says(word, said) => {
                let prefix = keys::word_prefix(*word, said);
                let Some(found) = self.numbered(&prefix, block, full).next() else {
                    return Ok(Some((full, Bits::ALL)));
                };
                let (at, value) = found?;
                let bits = Bits::of(&value).ok_or_else(|| StoreError::new("a word has no bits"))?;
                Ok(Some((at, bits)))
            }
            Condition::Within(from, to) => {
                for found in self.numbered(&keys::span_prefix(), block, full) {
                    let (at, value) = found?;
                    let span = blocks::span_of(&value);
                    let (first, last) =
                        span.ok_or_else(|| StoreError::new("a block has no time"))?;
                    if first < *to && last >= *from {
                        return Ok(Some((at, Bits::ALL)));
                    }
                }
                Ok(Some((full, Bits::ALL)))
            }
        }
    }

    fn next_linked(
        &self,
        link: Link,
        id: &str,
        block: u64,
    ) -> Result<Option<(u64, Bits)>, StoreError> {
        let prefixes = [false, true].map(|of_event| keys::link_prefix(link, of_event, id));
        let mut first = None;
        for prefix in &prefixes {
            let mut found = self.numbered(prefix, block * blocks::RECORDS, u64::MAX);
            if let Some((index, _)) = found.next().transpose()? {
                first = Some(first.map_or(index, |first: u64| first.min(index)));
            }
        }
        let Some(first) = first else { return Ok(None) };
        let block = first / blocks::RECORDS;
        let mut bits = Bits::default();
        for prefix in &prefixes {
            let begin = block * blocks::RECORDS;
            for found in self.numbered(prefix, begin, begin + blocks::RECORDS) {
                bits.set(found?.0);
            }
        }
        Ok(Some((block, bits)))
    }

    /// What is under a prefix with a number in `from..to` behind it.
    fn numbered(
        &self,
        prefix: &[u8],
        from: u64,
        to: u64,
    ) -> impl Iterator<Item = Result<(u64, sled::IVec), StoreError>> {
        let bound = |at| [prefix, &keys::number(at)].concat();
        self.db.range(bound(from)..bound(to)).map(|entry| {
            let (key, value) = entry?;
            let number = keys::number_of(&key);
            let number = number.ok_or_else(|| StoreError::new("a key has no number"))?;
            Ok((number, value))
        })
    }

    /// Whether the store has exactly these entries for a record.
    pub(crate) fn holds(&self, entries: &[(Vec<u8>, Vec<u8>)]) -> Result<bool, StoreError> {
        guarded(|| {
            for (key, value) in entries {
                if self
                    .db
                    .get(key)?
                    .is_none_or(|found| found != value.as_slice())
                {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// How many entries it has, by reading them all.
    pub(crate) fn entries(&self) -> Result<u64, StoreError> {
        guarded(|| {
            let mut count = 0;
            for entry in self.db.iter() {
                entry?;
                count += 1;
            }
            Ok(count)
        })
    }
}

/// Every entry makes sled copy a page of its tree and leave the old one to the collector of its epochs, which looks
/// only at every 128th operation, at 512 pages: of large batches it frees next to nothing, some 10 KB a record.
fn free_garbage(entries: usize) {
    for _ in 0..EPOCHS_A_BATCH + entries / ENTRIES_AN_EPOCH {
        crossbeam_epoch::pin().flush();
    }
}

fn is_locked(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}
