//! The door of the room.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::task::{Context, Poll, ready};
use std::thread::JoinHandle;

use data_encoding::HEXLOWER;
use weft_journal::{Appended, Journal, Position};

use crate::canonical;
use crate::checkpoint::{Checkpoint, Verifier};
use crate::error::{AppendError, CloseError, OpenError, ReadError, close_io};
use crate::files::{self, Files};
use crate::keeper::Message;
use crate::keys::Link;
use crate::limits::{CHECKPOINT_EVERY_RECORDS, MAX_LINKED, MAX_NOTE_BYTES};
use crate::merkle::{self, Hash};
use crate::open::{self, Opened};
use crate::recent::{Ids, Recent};
use crate::record::{DecisionRecord, Record};
use crate::refill::{Refilling, Shelf};
use crate::store::{Store, StoreError};
use crate::sums;
use crate::witness::asking::Cosigning;
use crate::witness::{Contradiction, Witnesses};

mod proving;

/// Which log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Its name in checkpoints; the same for ever. No spaces, no plus signs.
    pub origin: String,
    /// The region of this host. Decisions of another are not taken.
    pub region: String,
    /// Who cosigns its checkpoints.
    pub witnesses: Witnesses,
}

/// What need not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// The size of a new segment of the journal.
    pub segment_bytes: u64,
    /// A checkpoint is signed after so many records.
    pub checkpoint_every: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            segment_bytes: weft_journal::limits::SEGMENT_BYTES,
            checkpoint_every: CHECKPOINT_EVERY_RECORDS,
        }
    }
}

/// Where a durable record stands. Only the log makes one, when the record is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Its index in the log.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
}

/// A decision as it stands in the log. Only the log makes one, from a record that is durable.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Stored {
    /// Its index.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
    /// What it says.
    pub record: DecisionRecord,
}

impl Stored {
    /// The hash in hexadecimal.
    pub fn leaf_hash_hex(&self) -> String {
        HEXLOWER.encode(&self.leaf_hash)
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Shared {
    pub(crate) files: Files,
    pub(crate) tuning: Tuning,
    pub(crate) journal: Journal,
    pub(crate) store: RwLock<Shelf>,
    pub(crate) recent: Mutex<Recent>,
    pub(crate) checkpoint: Mutex<Checkpoint>,
    pub(crate) cosigning: Cosigning,
    /// Set once, by a witness who knows another history.
    pub(crate) contradicted: OnceLock<Contradiction>,
    pub(crate) verifier: Verifier,
}

impl Shared {
    /// The newest checkpoint as it was signed, and what it says.
    pub(crate) fn signed(&self) -> Result<(String, Checkpoint), ReadError> {
        let path = &self.files.checkpoint;
        let note = self.files.read_small(path, MAX_NOTE_BYTES);
        let note = note.map_err(|source| ReadError::Io {
            path: path.clone(),
            source,
        })?;
        let note = String::from_utf8(note.unwrap_or_default()).unwrap_or_default();
        match Checkpoint::open(note.as_bytes(), &self.verifier) {
            Ok(checkpoint) => Ok((note, checkpoint)),
            Err(why) => Err(ReadError::Checkpoint {
                path: path.clone(),
                why,
            }),
        }
    }

    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Shelf> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_mut(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something else there, and gives what was there before.
    pub(crate) fn replace_store(&self, shelf: Shelf) -> Shelf {
        std::mem::replace(&mut *self.store_mut(), shelf)
    }
}

/// The keeper's inbox and its thread.
pub(crate) type KeeperThread = (SyncSender<Message>, JoinHandle<Result<(), CloseError>>);

/// An open log. One process and one `Log` a directory; share it behind an `Arc`.
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    pub(crate) region: String,
    pub(crate) opened: Opened,
    pub(crate) keeper: Mutex<Option<KeeperThread>>,
    /// Has checkpoints cosigned, until the keeper's thread has ended.
    pub(crate) witnesses: Mutex<Option<JoinHandle<()>>>,
}

impl Log {
    /// Opens the log in `dir`, or begins one. Reads every record, and refuses to start when they are not those that
    /// the checkpoint covers. `progress` is told what takes long.
    pub fn open(
        dir: &Path,
        config: LogConfig,
        seed: &[u8; 32],
        progress: &dyn Fn(&str),
    ) -> Result<Log, OpenError> {
        Log::open_tuned(dir, config, Tuning::default(), seed, progress)
    }

    /// [`Log::open`] with other sizes.
    pub fn open_tuned(
        dir: &Path,
        config: LogConfig,
        tuning: Tuning,
        seed: &[u8; 32],
        progress: &dyn Fn(&str),
    ) -> Result<Log, OpenError> {
        let segment_bytes = tuning.segment_bytes;
        open::open(dir, config, tuning, seed, progress)
            .map_err(|error| error.with_needed_room(dir, segment_bytes))
    }

    /// What opening found and mended.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Puts a record into the journal's queue. The order of calls is the order in the log.
    pub fn submit(&self, record: &Record) -> Result<Appending, AppendError> {
        if record
            .decision()
            .is_some_and(|decision| decision.region != self.region)
        {
            return Err(AppendError::Region);
        }
        if let Some(contradiction) = self.shared.contradicted.get() {
            return Err(AppendError::Contradicted(contradiction.clone()));
        }
        let bytes = canonical::to_bytes(record)?;
        let leaf_hash = merkle::leaf_hash(&bytes);
        Ok(Appending {
            appended: Some(self.shared.journal.append(bytes)?),
            ids: Ids::of(record),
            leaf_hash,
            shared: self.shared.clone(),
        })
    }

    /// Appends a record; returns when it is durable.
    pub async fn append(&self, record: &Record) -> Result<Receipt, AppendError> {
        self.submit(record)?.await
    }

    /// Appends a decision; returns when it is durable, with the decision as it stands in the log.
    pub async fn append_decision(&self, decision: DecisionRecord) -> Result<Stored, AppendError> {
        let record = Record::Decision(Box::new(decision));
        let receipt = self.append(&record).await?;
        let Record::Decision(record) = record else {
            unreachable!("it was made of a decision")
        };
        Ok(Stored {
            index: receipt.index,
            leaf_hash: receipt.leaf_hash,
            record: *record,
        })
    }

    /// [`Log::append`], blocking this thread.
    pub fn append_blocking(&self, record: &Record) -> Result<Receipt, AppendError> {
        self.submit(record)?.wait()
    }

    /// How many records are durable.
    pub fn len(&self) -> u64 {
        self.shared.journal.len_durable()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether queries are answered; if not, why.
    pub fn queryable(&self) -> Result<(), ReadError> {
        self.ask(|_| Ok(()))
    }

    /// Why no records are taken now, if so: a full disk, until there is room; or a witness who knows another history of
    /// this log, for good.
    pub fn stuck(&self) -> Option<AppendError> {
        let contradicted = self.shared.contradicted.get().cloned();
        let contradicted = contradicted.map(AppendError::Contradicted);
        contradicted.or_else(|| self.shared.journal.stuck().map(AppendError::from))
    }

    /// Asks the store. One that cannot answer is given up.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, ReadError> {
        let failed = match &*self.shared.store() {
            Shelf::Open(store) => match question(store) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            },
            Shelf::Refilling(why) => return Err(ReadError::Refilling(why.clone())),
            Shelf::Closed => return Err(ReadError::Closed),
        };
        if let Some((keeper, _)) = lock(&self.keeper).as_ref() {
            // A keeper whose inbox is full writes to the store, and hears of it there.
            let _ = keeper.try_send(Message::StoreFailed(failed.clone()));
        }
        Err(failed.into())
    }

    /// The exact bytes of a record.
    pub fn bytes(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        Ok(self.shared.journal.read(index)?)
    }

    /// A record; `None` when there are not so many.
    pub fn get(&self, index: u64) -> Result<Option<Record>, ReadError> {
        if index >= self.len() {
            return Ok(None);
        }
        parse(index, &self.bytes(index)?).map(Some)
    }

    /// A decision by its id.
    pub fn decision(&self, id: &str) -> Result<Option<Stored>, ReadError> {
        let recent = lock(&self.shared.recent).decision(id);
        let index = match recent {
            Some(index) => Some(index),
            None => self.ask(|store| store.decision(id))?,
        };
        Ok(index.map(|index| self.stored(index)).transpose()?.flatten())
    }

    /// The decisions about a transaction, oldest first; the newest [`MAX_LINKED`].
    pub fn by_transaction(&self, id: &str) -> Result<Vec<Stored>, ReadError> {
        self.linked(Link::Transaction, id)
    }

    /// The decisions that belong to a case, oldest first; the newest [`MAX_LINKED`].
    pub fn by_case(&self, id: &str) -> Result<Vec<Stored>, ReadError> {
        self.linked(Link::Case, id)
    }

    fn linked(&self, link: Link, id: &str) -> Result<Vec<Stored>, ReadError> {
        // First what is recent: what goes from there meanwhile is in the store.
        let recent = lock(&self.shared.recent).linked(link, id);
        let mut indexes = self.ask(|store| store.linked(link, id))?;
        indexes.extend(recent);
        indexes.sort_unstable();
        indexes.dedup();
        let newest = indexes.len().saturating_sub(MAX_LINKED);
        let stored = indexes[newest..].iter().map(|index| self.stored(*index));
        Ok(stored
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn stored(&self, index: u64) -> Result<Option<Stored>, ReadError> {
        let bytes = self.bytes(index)?;
        Ok(match parse(index, &bytes)? {
            Record::Event(_) => None,
            Record::Decision(record) => Some(Stored {
                index,
                leaf_hash: merkle::leaf_hash(&bytes),
                record: *record,
            }),
        })
    }

    /// Gives the records from `from` on that are durable now to `each`, in order.
    pub fn replay(&self, from: u64, mut each: impl FnMut(u64, Record)) -> Result<(), ReadError> {
        for entry in self.shared.journal.iter_from(from) {
            let (index, bytes) = entry?;
            each(index, parse(index, &bytes)?);
        }
        Ok(())
    }

    /// The newest checkpoint that was signed.
    pub fn checkpoint(&self) -> Checkpoint {
        lock(&self.shared.checkpoint).clone()
    }

    /// Signs a checkpoint over all records that are durable now, and waits for it.
    pub fn sign_checkpoint(&self) -> Checkpoint {
        let keeper = lock(&self.keeper)
            .as_ref()
            .map(|(keeper, _)| keeper.clone());
        if let Some(keeper) = keeper {
            let (done, signed) = sync_channel(1);
            if keeper.send(Message::Sign(done)).is_ok() {
                let _ = signed.recv();
            }
        }
        self.checkpoint()
    }

    /// Takes no more records, makes all durable, signs the last checkpoint, closes the store and sums its files. Calling
    /// it again does nothing.
    pub fn close(&self) -> Result<(), CloseError> {
        self.shared.journal.close();
        let Some((inbox, keeper)) = lock(&self.keeper).take() else {
            return Ok(());
        };
        let _ = inbox.send(Message::Stop);
        let signed = keeper.join().unwrap_or(Err(CloseError::Keeper));
        if let Some(witnesses) = lock(&self.witnesses).take() {
            // One that panicked has cosigned nothing more; the next start goes on.
            let _ = witnesses.join();
        }
        let stored = self.close_store();
        signed.and(stored)
    }

    fn close_store(&self) -> Result<(), CloseError> {
        let files = &self.shared.files;
        match self.shared.replace_store(Shelf::Closed) {
            Shelf::Open(store) => {
                store.close(&files.store)?;
                let sums = sums::compute(&files.store).map_err(close_io(&files.store))?;
                files
                    .replace(&files.sums, sums.as_bytes())
                    .map_err(close_io(&files.sums))
            }
            Shelf::Refilling(Refilling { .. }) => {
                files::remove_dir(&files.store).map_err(close_io(&files.store))
            }
            Shelf::Closed => Ok(()),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the audit log was not closed as it should");
        }
    }
}

pub(crate) fn parse(index: u64, bytes: &[u8]) -> Result<Record, ReadError> {
    canonical::from_bytes(bytes).map_err(|column| ReadError::Form { index, column })
}

/// A record on its way to the disk; resolves when it is durable, as a future or by [`Appending::wait`].
#[must_use = "the record is durable only when this resolves"]
pub struct Appending {
    appended: Option<Appended>,
    ids: Option<Ids>,
    leaf_hash: Hash,
    shared: Arc<Shared>,
}

impl Appending {
    /// Blocks this thread until the record is durable.
    pub fn wait(mut self) -> Result<Receipt, AppendError> {
        let position = match self.appended.take() {
            Some(appended) => appended.wait()?,
            None => return Err(weft_journal::AppendError::Closed.into()),
        };
        Ok(self.receipt(position))
    }

    fn receipt(&mut self, position: Position) -> Receipt {
        if let Some(ids) = self.ids.take() {
            lock(&self.shared.recent).insert(position.index, ids);
        }
        Receipt {
            index: position.index,
            leaf_hash: self.leaf_hash,
        }
    }
}

impl Future for Appending {
    type Output = Result<Receipt, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Some(appended) = &mut this.appended else {
            return Poll::Ready(Err(weft_journal::AppendError::Closed.into()));
        };
        let position = ready!(Pin::new(appended).poll(context));
        this.appended = None;
        Poll::Ready(
            position
                .map(|position| this.receipt(position))
                .map_err(AppendError::from),
        )
    }
}
