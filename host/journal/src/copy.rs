//! A copy of a journal, also of one that a process writes to.
//!
//! The files themselves cannot be copied beside a writer: what is read of the last batch may be its end without its beginning.
//! So the records are read, and written to a journal of their own.

use std::io;
use std::path::{Path, PathBuf};

use crate::inspect::{Damage, inspect};
use crate::limits::COPIED_AT_ONCE;
use crate::{AppendError, Appended, Journal, JournalConfig, OpenError};

/// Why a journal cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not as it was written. Beside a writer this may be the batch that it is just writing: then another try finds it
    /// whole.
    #[error("{0}")]
    Damaged(Damage),
    /// The copy cannot be begun.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Copies the records of the journal in `from`, at most the first `at_most`, to a new journal in `to`. How many there are;
/// they are durable.
pub fn copy(from: &Path, to: &Path, at_most: u64) -> Result<u64, CopyError> {
    let config = JournalConfig {
        segment_bytes: crate::limits::SEGMENT_BYTES,
        at_least: 0,
    };
    let (journal, _) = Journal::open(to, config)?;
    let mut last: Option<Appended> = None;
    let mut failed = None;
    let inspected = inspect(from, |index, record, _, _| {
        if index >= at_most || failed.is_some() {
            return;
        }
        let waits = index
            .is_multiple_of(COPIED_AT_ONCE)
            .then(|| last.take())
            .flatten();
        let written = waits.map_or(Ok(()), |last| last.wait().map(drop));
        match written.and_then(|()| journal.append(record.to_vec())) {
            Ok(appended) => last = Some(appended),
            Err(error) => failed = Some(error),
        }
    });
    let inspected = inspected.map_err(|source| CopyError::Io {
        path: from.to_owned(),
        source,
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(damage) = inspected.damage.into_iter().next() {
        return Err(CopyError::Damaged(damage));
    }
    if let Some(last) = last {
        last.wait()?;
    }
    journal.close();
    Ok(journal.len_durable())
}
