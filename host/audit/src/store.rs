//! sled 0.34 as the queryable store: derived from the journal, never trusted with anything that is not there.
//!
//! How it is kept safe: one thread writes, one batch at a time, with the watermark in the batch; it is opened
//! behind `catch_unwind`, because sled can panic on a damaged file; no subscribers, no `flush_async`, small
//! values. Whenever something about it is wrong it is removed and filled again from the journal.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use sled::{Batch, Config, Db, Mode};

use crate::keys::{self, Indexed, Known, Link, WATERMARK};
use crate::limits::{
    EPOCHS_A_BATCH, MAX_LINKED, RECORDS_AN_EPOCH, STORE_CACHE_BYTES, STORE_OPEN_PAUSE_MS,
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
                Ok(db) => return Ok(Store { db }),
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

    /// How many records it knows: the watermark, or more when there is a hash behind it.
    pub(crate) fn known_len(&self) -> Result<u64, StoreError> {
        let watermark = self.watermark()?;
        guarded(|| {
            let last = self.db.scan_prefix(keys::LEAF).keys().next_back();
            let last = last.transpose()?.and_then(|key| keys::index_of(&key));
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

    /// Applies records from `first` on, in one batch with the watermark.
    pub(crate) fn apply(
        &self,
        first: u64,
        records: &[Vec<u8>],
        hashes: &[Hash],
    ) -> Result<(), StoreError> {
        assert_eq!(records.len(), hashes.len(), "one hash a record");
        let mut batch = Batch::default();
        for (place, (record, hash)) in records.iter().zip(hashes).enumerate() {
            let index = first + place as u64;
            // A record without keys is known by its hash alone; verification tells of it.
            let entries = Indexed::of(record).map_or_else(
                |_| vec![(keys::leaf(index), hash.to_vec())],
                |indexed| indexed.entries(index, hash),
            );
            for (key, value) in entries {
                batch.insert(key, value);
            }
        }
        let watermark = first + records.len() as u64;
        batch.insert(WATERMARK, &watermark.to_be_bytes());
        guarded(|| Ok(self.db.apply_batch(batch)?))?;
        free_garbage(records.len());
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
        guarded(|| {
            Ok(self
                .db
                .get(keys::decision(id))?
                .and_then(|value| keys::index_of(&value)))
        })
    }

    /// The newest [`MAX_LINKED`] indexes of a transaction or case, oldest first.
    pub(crate) fn linked(&self, link: Link, id: &str) -> Result<Vec<u64>, StoreError> {
        guarded(|| {
            let mut found = Vec::new();
            for entry in self
                .db
                .scan_prefix(keys::link_prefix(link, id))
                .keys()
                .rev()
                .take(MAX_LINKED)
            {
                found.extend(keys::index_of(&entry?));
            }
            found.reverse();
            Ok(found)
        })
    }

    /// The indexes of records whose time is in `from_ms..to_ms`, at most `max`, oldest first.
    pub(crate) fn between(
        &self,
        from_ms: u64,
        to_ms: u64,
        max: usize,
    ) -> Result<Vec<u64>, StoreError> {
        let bound = |ms: u64| [b"a".as_slice(), &ms.to_be_bytes()].concat();
        guarded(|| {
            let mut found = Vec::new();
            for entry in self.db.range(bound(from_ms)..bound(to_ms)).keys().take(max) {
                found.extend(keys::index_of(&entry?));
            }
            Ok(found)
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
fn free_garbage(records: usize) {
    for _ in 0..EPOCHS_A_BATCH + records / RECORDS_AN_EPOCH {
        crossbeam_epoch::pin().flush();
    }
}

fn is_locked(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}
