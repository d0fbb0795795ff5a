//! What becomes of a store that failed while the log is open: it is given up, and filled again from the journal.
//!
//! sled remembers its first error for good, so a store that met a full disk never works again. The keeper makes a new
//! one, a piece at a time between its other work. For want of room the old files stay where they are until the disk
//! has [`STORE_SPARE_BYTES`] beside them; other failures are tried again after a pause that grows.

use std::fmt;
use std::time::{Duration, Instant};

use crate::error::ReadError;
use crate::files;
use crate::limits::{MAX_REFILL_PAUSE, MAX_STORE_BATCH, REFILL_PAUSE, STORE_SPARE_BYTES};
use crate::log::Shared;
use crate::merkle::{self, Hash};
use crate::store::{Store, StoreError};

/// Where the store is, for those who ask it.
pub(crate) enum Shelf {
    /// It answers.
    Open(Store),
    /// It was given up.
    Refilling(Refilling),
    /// The log is closed.
    Closed,
}

/// Why the store does not answer at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refilling {
    /// Whether it waits for room on the disk.
    pub disk_full: bool,
    /// How many records are in it again.
    pub filled: u64,
    /// Of how many.
    pub records: u64,
}

impl fmt::Display for Refilling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.disk_full {
            let spare = STORE_SPARE_BYTES >> 20;
            return write!(
                f,
                "disk full: the audit store is filled again when there is room for it ({spare} MB)"
            );
        }
        let Refilling {
            filled, records, ..
        } = self;
        write!(
            f,
            "the audit store is being filled again from the journal: {filled} of {records} records"
        )
    }
}

/// Filling the store again, piece by piece.
pub(crate) struct Refill {
    /// The new store; none as long as there is no room for it.
    store: Option<Store>,
    next: u64,
    not_before: Instant,
    pause: Duration,
    disk_full: bool,
}

impl Refill {
    /// Gives the store up. Whoever asks from now on is told that it is filled again.
    pub(crate) fn begin(shared: &Shared, error: &StoreError) -> Refill {
        let disk_full = is_disk_full(shared, error);
        tracing::error!(%error, disk_full, "the audit store failed; it is filled again from the journal");
        let records = shared.journal.len_durable();
        let told = Shelf::Refilling(Refilling {
            disk_full,
            filled: 0,
            records,
        });
        if let Shelf::Open(store) = shared.replace_store(told) {
            store.give_up();
        }
        Refill {
            store: None,
            next: 0,
            not_before: Instant::now(),
            pause: REFILL_PAUSE,
            disk_full,
        }
    }

    /// How long until there is something to do.
    pub(crate) fn until_due(&self) -> Duration {
        self.not_before.saturating_duration_since(Instant::now())
    }

    /// Does the next piece, up to record `size`. Whether the store is filled, and answers again.
    pub(crate) fn go_on(&mut self, shared: &Shared, size: u64) -> bool {
        if self.store.is_none() && !self.has_room(shared) {
            self.not_before = Instant::now() + REFILL_PAUSE;
            return false;
        }
        if let Err(error) = self.fill_piece(shared, size) {
            self.try_later(shared, size, &error);
            return false;
        }
        if self.next < size {
            self.tell(shared, size);
            return false;
        }
        let Some(store) = self.store.take() else {
            return false;
        };
        shared.replace_store(Shelf::Open(store));
        tracing::warn!(
            records = size,
            "the audit store is filled again: queries are answered"
        );
        true
    }

    /// Only a store that failed for want of room waits for some.
    fn has_room(&self, shared: &Shared) -> bool {
        // Where the system does not say how much room there is, it has to be tried.
        let room = files::room(&shared.files.dir).unwrap_or(u64::MAX);
        !self.disk_full || room >= STORE_SPARE_BYTES
    }

    fn fill_piece(&mut self, shared: &Shared, size: u64) -> Result<(), StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => {
                files::remove_dir(&shared.files.store)?;
                self.next = 0;
                Store::open(&shared.files.store)?
            }
        };
        let store = self.store.insert(store);
        let (records, hashes) = piece(shared, self.next, size)
            .map_err(|error| StoreError::new(format!("the journal cannot be read: {error}")))?;
        if !records.is_empty() {
            store.apply(self.next, &records, &hashes)?;
        }
        self.next += records.len() as u64;
        Ok(())
    }

    fn try_later(&mut self, shared: &Shared, size: u64, error: &StoreError) {
        tracing::debug!(%error, "the audit store could not be filled again");
        self.disk_full = is_disk_full(shared, error);
        if let Some(store) = self.store.take() {
            store.give_up();
        }
        self.next = 0;
        self.not_before = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(MAX_REFILL_PAUSE);
        self.tell(shared, size);
    }

    fn tell(&self, shared: &Shared, size: u64) {
        shared.replace_store(Shelf::Refilling(Refilling {
            disk_full: self.disk_full && self.store.is_none(),
            filled: self.next,
            records: size,
        }));
    }
}

/// sled does not always say why it failed.
fn is_disk_full(shared: &Shared, error: &StoreError) -> bool {
    error.is_disk_full()
        || files::room(&shared.files.dir).is_ok_and(|room| room < STORE_SPARE_BYTES)
}

/// The next records of the journal, and their hashes.
fn piece(shared: &Shared, from: u64, size: u64) -> Result<(Vec<Vec<u8>>, Vec<Hash>), ReadError> {
    let most = usize::try_from(size - from).unwrap_or(usize::MAX);
    let records = shared
        .journal
        .iter_from(from)
        .take(most.min(MAX_STORE_BATCH));
    let records: Vec<Vec<u8>> = records
        .map(|entry| entry.map(|(_, record)| record))
        .collect::<Result<_, _>>()?;
    let hashes = records.iter().map(|r| merkle::leaf_hash(r)).collect();
    Ok((records, hashes))
}
