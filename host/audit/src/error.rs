//! What can go wrong: which file, why, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use crate::checkpoint::BadNote;
use crate::files;
use crate::limits::STORE_SPARE_BYTES;
use crate::merkle::Hash;
use crate::store::StoreError;
use crate::witness::{BadWitnesses, Contradiction};

/// Why a log cannot be opened. Nothing of the log was altered.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk, the rights, the path.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being worked on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room on the disk.
    #[error(
        "{source}; the audit log sets {segment_mb} MB aside for its records before it takes one, and needs {spare_mb} MB in all \
         to begin; {room_mb} MB are free"
    )]
    DiskFull {
        /// The size of a segment of the journal.
        segment_mb: u64,
        /// That, and room for the store.
        spare_mb: u64,
        /// What is free.
        room_mb: u64,
        /// What could not be done.
        source: Box<OpenError>,
    },
    /// The origin is not one.
    #[error("the log's origin is empty, longer than {max} bytes, or has spaces or plus signs", max = crate::limits::MAX_ORIGIN_BYTES)]
    Origin,
    /// The key file is damaged, or of another key.
    #[error(
        "{}: {why}; if the key was changed on purpose, begin a new log in another directory, else restore key file and log from a copy",
        path.display()
    )]
    Key {
        /// `log.vkey`.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The checkpoint is damaged.
    #[error("{}: {why}; restore this file from a copy that was made after the last start", path.display())]
    Checkpoint {
        /// `checkpoint`.
        path: PathBuf,
        /// What is wrong.
        why: BadNote,
    },
    /// There are records, and no checkpoint.
    #[error(
        "{}: the file is missing although the log has records, so nobody can tell whether they are all there; restore it from a copy",
        path.display()
    )]
    NoCheckpoint {
        /// `checkpoint`.
        path: PathBuf,
    },
    /// The journal is damaged, or holds fewer records than the checkpoint covers.
    #[error(transparent)]
    Journal(#[from] weft_journal::OpenError),
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The records are not those that were signed.
    #[error(
        "{}: the checkpoint covers {size} records with the head {}, the records have the head {}: they were changed after they were signed; restore the log from a copy",
        path.display(), BASE64.encode(signed.as_slice()), BASE64.encode(computed.as_slice())
    )]
    Contradiction {
        /// `checkpoint`.
        path: PathBuf,
        /// How many records it covers.
        size: u64,
        /// The head in it.
        signed: Box<Hash>,
        /// The head of the records.
        computed: Box<Hash>,
    },
    /// There is a checkpoint over records, and no directory of records.
    #[error(
        "{}: the directory is missing although {size} records were signed; restore it from a copy",
        path.display()
    )]
    NoRecords {
        /// `log`.
        path: PathBuf,
        /// How many records the checkpoint covers.
        size: u64,
    },
    /// The store knows more records than there are.
    #[error(
        "{}: the end is missing: there are {records} records, and the store knows {known}, the first one that is missing is record {records}, decision {decision}; nothing was altered; restore the log from a copy that has them, or, to go on without them, move {} away",
        path.display(), store.display()
    )]
    EndMissing {
        /// `log`.
        path: PathBuf,
        /// `store`.
        store: PathBuf,
        /// How many records the store knows.
        known: u64,
        /// How many there are.
        records: u64,
        /// The decision of the first that is missing, as far as the store knows it.
        decision: String,
    },
    /// A record is not the one that the store was filled from.
    #[error(
        "{}: record {index}, decision {decision}, differs from what the store has: it was changed after it was written; restore the log from a copy, or, to take it as it is, move {} away",
        path.display(), store.display()
    )]
    Differs {
        /// `log`.
        path: PathBuf,
        /// `store`.
        store: PathBuf,
        /// Which record.
        index: u64,
        /// Its decision, as the store knows it.
        decision: String,
    },
    /// Another signed checkpoint than the log's own covers more records than there are.
    #[error(
        "{}: this checkpoint of the log covers {size} records, and here are {records}: an older copy of the log was put back; put back \
         the newest one",
        path.display()
    )]
    Older {
        /// Which checkpoint.
        path: PathBuf,
        /// How many records it covers.
        size: u64,
        /// How many there are.
        records: u64,
    },
    /// A witness knows another history of this log.
    #[error(transparent)]
    Contradicted(Contradiction),
    /// The witnesses cannot be asked as the configuration says.
    #[error(transparent)]
    Witnesses(#[from] BadWitnesses),
    /// The store cannot be made anew.
    #[error("{}: the store cannot be filled again from the journal: {source}; is there room on the disk?", path.display())]
    Store {
        /// The store's directory.
        path: PathBuf,
        /// What sled said.
        source: StoreError,
    },
}

/// Why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The record is too large.
    #[error("a record of {bytes} bytes is larger than {max} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// [`crate::limits::MAX_RECORD_BYTES`].
        max: usize,
    },
    /// The record has no canonical form.
    #[error("the record has no canonical JSON form")]
    NotCanonical,
    /// The decision was taken elsewhere.
    #[error("a decision of another region is not taken into the log of this one")]
    Region,
    /// The journal did not take it.
    #[error(transparent)]
    Journal(#[from] weft_journal::AppendError),
    /// A witness knows another history of this log.
    #[error(transparent)]
    Contradicted(Contradiction),
}

impl AppendError {
    /// Whether it is for want of room on the disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, AppendError::Journal(error) if error.is_disk_full())
    }
}

/// Why something cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] weft_journal::ReadError),
    /// The bytes are whole and are no record.
    #[error(
        "record {index} of the log does not have the form weft.record/1, from its column {column} on; a newer host may have written it"
    )]
    Form {
        /// Which.
        index: u64,
        /// Where in it.
        column: usize,
    },
    /// The store. It is given up and filled again from the journal.
    #[error("the store cannot answer: {0}; it is filled again from the journal")]
    Store(#[from] StoreError),
    /// The store was given up, and is not filled again yet.
    #[error("{0}")]
    Refilling(crate::refill::Refilling),
    /// There is no directory of records.
    #[error("{}: the directory of the records is missing; restore it from a copy", path.display())]
    NoRecords {
        /// `log`.
        path: PathBuf,
    },
    /// The log is closed.
    #[error("the log is closed")]
    Closed,
    /// The checkpoint is not as it was written.
    #[error("{}: {why}; restore it from a copy", path.display())]
    Checkpoint {
        /// `checkpoint`.
        path: PathBuf,
        /// What is wrong with it.
        why: BadNote,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// Says how much room a log needs, where the disk has too little.
    pub(crate) fn with_needed_room(self, dir: &Path, segment_bytes: u64) -> OpenError {
        let is_disk_full = match &self {
            OpenError::Io { source, .. } => weft_journal::is_disk_full(source),
            OpenError::Journal(weft_journal::OpenError::Io { source, .. }) => {
                weft_journal::is_disk_full(source)
            }
            OpenError::Store { source, .. } => source.is_disk_full(),
            _ => false,
        };
        if !is_disk_full {
            return self;
        }
        OpenError::DiskFull {
            segment_mb: segment_bytes >> 20,
            spare_mb: STORE_SPARE_BYTES >> 20,
            room_mb: files::room(dir).unwrap_or(0) >> 20,
            source: Box::new(self),
        }
    }
}

/// Why a log could not be closed as it should. All records are durable; the next start mends the rest.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The last checkpoint, or the sums over the store, could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The store.
    #[error("the store could not be closed: {0}")]
    Store(#[from] StoreError),
    /// The keeper's thread has died.
    #[error("the thread that signs checkpoints has died")]
    Keeper,
}

pub(crate) fn open_io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.into();
    move |source| OpenError::Io { path, source }
}

pub(crate) fn close_io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> CloseError {
    let path = path.into();
    move |source| CloseError::Io { path, source }
}
