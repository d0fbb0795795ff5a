//! Every record of a log, one at a time, beside a running host.
//!
//! Reads the journal only. What is held is one record; what is damaged or of another form is counted and named, so
//! that nobody takes a part of a log for the whole.

use std::io::ErrorKind;
use std::path::Path;

use crate::canonical;
use crate::error::ReadError;
use crate::files::Files;
use crate::record::Record;

/// How much of a log was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Streamed {
    /// The index after the last record.
    pub next: u64,
    /// Records that are whole and do not have the form `weft.record/1`.
    pub unreadable: u64,
    /// Places in the files that are not as they were written, the first few in words.
    pub damage: Vec<String>,
}

/// Damage that is told in words; `weft audit verify` tells all.
const DAMAGE_SHOWN: usize = 5;

/// A record as it lies in the log.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Its index.
    pub index: u64,
    /// Its bytes: canonical JSON.
    pub bytes: &'a [u8],
}

impl RawRecord<'_> {
    /// What it says; nothing when it does not have the form `weft.record/1`.
    pub fn read(&self) -> Option<Record> {
        canonical::from_bytes(self.bytes).ok()
    }

    /// Whether a text stands in it: a cheap question before it is read.
    pub fn contains(&self, text: &str) -> bool {
        let text = text.as_bytes();
        !text.is_empty() && self.bytes.windows(text.len()).any(|bytes| bytes == text)
    }
}

/// Gives every record of the log in `dir` to `seen`, oldest first, with its index.
pub fn stream(dir: &Path, mut seen: impl FnMut(u64, Record)) -> Result<Streamed, ReadError> {
    let mut unreadable = 0;
    let streamed = stream_raw(dir, |raw| match raw.read() {
        Some(record) => seen(raw.index, record),
        None => unreadable += 1,
    })?;
    Ok(Streamed {
        unreadable,
        ..streamed
    })
}

/// The same as they lie in the log, for who reads them elsewhere, and counts those that are none.
pub fn stream_raw(dir: &Path, mut seen: impl FnMut(RawRecord<'_>)) -> Result<Streamed, ReadError> {
    let files = Files::of(dir);
    let inspected = weft_journal::inspect(&files.log, |index, bytes, _, _| {
        seen(RawRecord { index, bytes });
    });
    let inspected = inspected.map_err(|source| match source.kind() {
        ErrorKind::NotFound => ReadError::NoRecords { path: files.log },
        _ => ReadError::Io {
            path: files.log,
            source,
        },
    })?;
    let damage = inspected.damage.iter().take(DAMAGE_SHOWN);
    Ok(Streamed {
        next: inspected.next,
        unreadable: 0,
        damage: damage.map(ToString::to_string).collect(),
    })
}
