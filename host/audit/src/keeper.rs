//! The one thread behind the journal: grows the tree, fills the store, signs checkpoints.
//!
//! It hears of a batch when the batch is durable, so what it signs is durable. It is not in the way of
//! a reply, unless it is [`MAX_BATCHES_BEHIND`] batches behind: then the journal waits for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::checkpoint::{Checkpoint, LogKey};
use crate::error::{CloseError, close_io};
use crate::grown::Grown;
use crate::limits::{CHECKPOINT_AFTER_MS, MAX_BATCHES_BEHIND, MAX_STORE_BATCH, STORE_GATHER_MS};
use crate::log::{Shared, lock};
use crate::merkle::{self, Hash};
use crate::refill::{Refill, Shelf};
use crate::store::StoreError;

pub(crate) enum Message {
    /// A batch that is durable.
    Batch { first: u64, records: Vec<Vec<u8>> },
    /// The store could not answer a question.
    StoreFailed(StoreError),
    /// Sign what you have heard of so far, and say when it is done.
    Sign(SyncSender<()>),
    /// The journal is closed: sign, and end.
    Stop,
}

pub(crate) fn channel() -> (SyncSender<Message>, Receiver<Message>) {
    sync_channel(MAX_BATCHES_BEHIND)
}

pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: LogKey,
    pub(crate) grown: Grown,
    pub(crate) inbox: Receiver<Message>,
    /// Who has checkpoints cosigned hears here that there is a new one.
    pub(crate) signed: SyncSender<()>,
    /// When the first record came that the checkpoint does not cover.
    pub(crate) unsigned_since: Option<Instant>,
    /// Whether it was told that the checkpoint cannot be written.
    pub(crate) unsigned_told: bool,
    /// Filling the store again, while it has to be.
    pub(crate) refill: Option<Refill>,
}

impl Keeper {
    /// Until the log closes.
    pub(crate) fn run(mut self) -> Result<(), CloseError> {
        if self.grown.tree.size() > lock(&self.shared.checkpoint).size {
            self.sign_or_log();
        }
        loop {
            let message = match self.wait() {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    self.do_what_is_due();
                    continue;
                }
                // The log is gone without a word: the journal is closed by its drop.
                Err(RecvTimeoutError::Disconnected) => Message::Stop,
            };
            match message {
                Message::Batch { first, records } => {
                    if let Some(Message::Stop) = self.take(first, records) {
                        return self.sign();
                    }
                }
                Message::StoreFailed(error) => self.store_failed(&error),
                Message::Sign(done) => self.sign_for(&done),
                Message::Stop => return self.sign(),
            }
        }
    }

    /// Until the checkpoint has to be signed.
    fn until_signing(&self) -> Option<Duration> {
        let after = Duration::from_millis(CHECKPOINT_AFTER_MS);
        self.unsigned_since
            .map(|since| after.saturating_sub(since.elapsed()))
    }

    fn wait(&self) -> Result<Message, RecvTimeoutError> {
        let until_refill = self.refill.as_ref().map(Refill::until_due);
        match self.until_signing().into_iter().chain(until_refill).min() {
            None => self
                .inbox
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(pause) => self.inbox.recv_timeout(pause),
        }
    }

    fn do_what_is_due(&mut self) {
        if self.until_signing().is_some_and(|pause| pause.is_zero()) {
            self.sign_or_log();
        }
        if let Some(refill) = self.refill.as_mut().filter(|r| r.until_due().is_zero())
            && refill.go_on(&self.shared, self.grown.tree.size())
        {
            self.refill = None;
        }
    }

    /// From now on the store is filled again; until that is done nobody asks it.
    fn store_failed(&mut self, error: &StoreError) {
        if self.refill.is_none() {
            self.refill = Some(Refill::begin(&self.shared, error));
        }
    }

    /// Takes a batch and what comes soon after it, as one batch of the store: each makes sled write its file, which slows
    /// the journal down. Gives back a stop that came with them.
    fn take(&mut self, first: u64, mut records: Vec<Vec<u8>>) -> Option<Message> {
        let mut other = None;
        let gathering = Instant::now();
        let for_so_long = Duration::from_millis(STORE_GATHER_MS);
        while records.len() < MAX_STORE_BATCH {
            match self
                .inbox
                .recv_timeout(for_so_long.saturating_sub(gathering.elapsed()))
            {
                Ok(Message::Batch { records: more, .. }) => records.extend(more),
                Ok(message) => {
                    other = Some(message);
                    break;
                }
                Err(_) => break,
            }
        }
        assert_eq!(
            first,
            self.grown.tree.size(),
            "the journal tells of every batch, in order"
        );
        let hashes: Vec<Hash> = records.iter().map(|r| merkle::leaf_hash(r)).collect();
        for hash in &hashes {
            self.grown.push(*hash);
        }
        self.fill(first, &records, &hashes);
        self.unsigned_since.get_or_insert_with(Instant::now);
        if self.grown.tree.size() - lock(&self.shared.checkpoint).size
            >= self.shared.tuning.checkpoint_every
        {
            self.sign_or_log();
        }
        match other {
            Some(Message::Sign(done)) => {
                self.sign_for(&done);
                None
            }
            Some(Message::StoreFailed(error)) => {
                self.store_failed(&error);
                None
            }
            other => other,
        }
    }

    /// A store that is being filled again gets the records from the journal.
    fn fill(&mut self, first: u64, records: &[Vec<u8>], hashes: &[Hash]) {
        let applied = match &*self.shared.store() {
            Shelf::Open(store) => store.apply(first, records, hashes),
            Shelf::Refilling(_) | Shelf::Closed => Ok(()),
        };
        if let Err(error) = applied {
            self.store_failed(&error);
        }
        lock(&self.shared.recent).applied(first + records.len() as u64);
    }

    fn sign_for(&mut self, done: &SyncSender<()>) {
        self.sign_or_log();
        // Who asked may be gone.
        let _ = done.send(());
    }

    /// A checkpoint that cannot be written now is written later; it is told once.
    fn sign_or_log(&mut self) {
        match self.sign() {
            Ok(()) if self.unsigned_told => {
                tracing::warn!("the checkpoint is written again");
                self.unsigned_told = false;
            }
            Ok(()) => {}
            Err(error) => {
                if !self.unsigned_told {
                    tracing::error!(%error, "the checkpoint could not be written");
                }
                self.unsigned_told = true;
                self.unsigned_since = Some(Instant::now());
            }
        }
    }

    fn sign(&mut self) -> Result<(), CloseError> {
        self.grown.write_missing(&self.shared.journal);
        let size = self.grown.tree.size();
        assert!(
            size <= self.shared.journal.len_durable(),
            "only what is durable is signed"
        );
        if size == lock(&self.shared.checkpoint).size {
            self.unsigned_since = None;
            return Ok(());
        }
        let checkpoint = Checkpoint {
            origin: self.key.verifier().origin().to_owned(),
            size,
            root: self.grown.tree.root(),
        };
        let path = &self.shared.files.checkpoint;
        let note = checkpoint.sign(&self.key);
        self.shared
            .files
            .replace(path, note.as_bytes())
            .map_err(close_io(path))?;
        *lock(&self.shared.checkpoint) = checkpoint;
        // One that was told and not heard yet stands for this one, too; a log without witnesses tells nobody.
        let _ = self.signed.try_send(());
        self.unsigned_since = None;
        Ok(())
    }
}

#[cfg(test)]
mod power;
