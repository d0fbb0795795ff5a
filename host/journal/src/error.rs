//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::inspect::Damage;

/// Why a journal cannot be opened.
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
    /// Another process has it open.
    #[error("{}: another process writes to this journal; stop it first", dir.display())]
    InUse {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// Bytes that were durable have changed.
    #[error("{0}; nothing was altered; restore this file from a copy before starting again")]
    Damaged(Damage),
    /// There are fewer records than the caller knows to be durable.
    #[error(
        "{}: holds {found} records where at least {expected} were durable{}; nothing was altered; restore the journal from a copy before starting again",
        dir.display(),
        broken.as_ref().map(|d| format!(" (it breaks off here: {d})")).unwrap_or_default()
    )]
    Short {
        /// The journal's directory.
        dir: PathBuf,
        /// Records that were known to be durable.
        expected: u64,
        /// Whole records that are there.
        found: u64,
        /// Where it breaks off, if it does not end cleanly.
        broken: Option<Damage>,
    },
    /// A limit of the configuration is out of range.
    #[error("{what}: {value} is not between {min} and {max}")]
    Config {
        /// Which.
        what: &'static str,
        /// What it is.
        value: u64,
        /// The least that it may be.
        min: u64,
        /// The most that it may be.
        max: u64,
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
    /// The queue is full: the disk is slower than the writers.
    #[error("the journal's queue is full")]
    Saturated,
    /// The journal is closed or closing.
    #[error("the journal is closed")]
    Closed,
    /// The disk is full. Nothing of the record is on it.
    #[error("the disk is full: {reason}; make room, and records are taken again without a restart")]
    DiskFull {
        /// What the system said.
        reason: String,
    },
    /// Another segment cannot be made. Nothing of the record was written.
    #[error("another segment of the journal cannot be made: {reason}")]
    NoSegment {
        /// What the system said.
        reason: String,
    },
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such record yet.
    #[error("the journal has no record {index}; it holds {len}")]
    NoSuchRecord {
        /// Asked for.
        index: u64,
        /// Durable records.
        len: u64,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The segment.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record's bytes have changed since it was written.
    #[error("{0}")]
    Damaged(Damage),
}

impl AppendError {
    /// Whether it is for want of room on the disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, AppendError::DiskFull { .. })
    }

    /// Why a segment could not be made.
    pub(crate) fn of_segment(error: &io::Error) -> AppendError {
        let reason = error.to_string();
        if is_disk_full(error) {
            AppendError::DiskFull { reason }
        } else {
            AppendError::NoSegment { reason }
        }
    }
}

/// Whether a write failed for want of room: a full disk, a full quota, a limit on the size of files.
pub fn is_disk_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

pub(crate) fn open_io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.into();
    move |source| OpenError::Io { path, source }
}

pub(crate) fn read_io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> ReadError {
    let path = path.into();
    move |source| ReadError::Io { path, source }
}
