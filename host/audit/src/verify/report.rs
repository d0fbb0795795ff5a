//! What a verification found.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use crate::checkpoint::Checkpoint;
use crate::merkle::Hash;

/// What to do about damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Nothing: the next start mends it, and no record is concerned.
    NextStart,
    /// Restore the file from a copy. A host refuses to start on it.
    Restore,
}

/// A place where a log is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The first byte concerned, if it is about a place in the file.
    pub offset: Option<u64>,
    /// How many bytes, as far as known.
    pub bytes: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: Remedy,
}

impl Damage {
    pub(crate) fn file(file: &Path, what: impl Into<String>, remedy: Remedy) -> Damage {
        Damage {
            file: file.to_owned(),
            offset: None,
            bytes: None,
            what: what.into(),
            remedy,
        }
    }

    pub(crate) fn at(
        file: &Path,
        offset: u64,
        bytes: Option<u64>,
        what: impl Into<String>,
        remedy: Remedy,
    ) -> Damage {
        Damage {
            offset: Some(offset),
            bytes,
            ..Damage::file(file, what, remedy)
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        match (self.offset, self.bytes) {
            (Some(from), Some(bytes)) if bytes > 0 => {
                write!(f, "bytes {from} to {}: ", from + bytes - 1)?
            }
            (Some(from), _) => write!(f, "byte {from}: ")?,
            (None, _) => {}
        }
        let remedy = match self.remedy {
            Remedy::NextStart => "the next start mends it",
            Remedy::Restore => "restore it from a copy; a host refuses to start on it",
        };
        write!(f, "{} ({remedy})", self.what)
    }
}

/// How far the store was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreCheck {
    /// A host is running on it.
    InUse,
    /// It was found damaged before its content was compared, or could not be opened.
    #[default]
    NotCompared,
    /// Every entry was compared with the records.
    Compared {
        /// How many.
        entries: u64,
        /// Whether there were sums, so that every byte of its files was compared too.
        sums: bool,
    },
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Whole records.
    pub records: u64,
    /// Segment files of the journal.
    pub segments: usize,
    /// Bytes of the journal.
    pub bytes: u64,
    /// The tree's head over all records.
    pub root: Hash,
    /// The checkpoint, if its signature is good.
    pub checkpoint: Option<Checkpoint>,
    /// Whether a host runs on the directory.
    pub is_running: bool,
    /// Whether the last host was stopped, not killed.
    pub closed_cleanly: bool,
    /// How far the store was compared.
    pub store: StoreCheck,
    /// Every place that is not as it was written, up to [`crate::limits::MAX_DAMAGE`].
    pub damage: Vec<Damage>,
    /// How many more there are.
    pub more_damage: u64,
}

impl Report {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty()
    }

    /// Whether there is damage on which a host refuses to start.
    pub fn is_refused(&self) -> bool {
        self.damage
            .iter()
            .any(|damage| damage.remedy == Remedy::Restore)
    }
}

/// For a person, several lines, without a newline at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "records     {} in {} segments, {} bytes",
            self.records, self.segments, self.bytes
        )?;
        writeln!(f, "head        {}", BASE64.encode(&self.root))?;
        match &self.checkpoint {
            Some(c) => writeln!(
                f,
                "checkpoint  {}, covers {} records, signature good",
                c.origin, c.size
            )?,
            None => writeln!(f, "checkpoint  none that is good")?,
        }
        match self.store {
            StoreCheck::InUse => {
                writeln!(f, "store       in use by a running host, not looked at")?
            }
            StoreCheck::NotCompared => writeln!(f, "store       not compared, see below")?,
            StoreCheck::Compared {
                entries,
                sums: true,
            } => {
                writeln!(
                    f,
                    "store       {entries} entries match the records, every byte matches its sum"
                )?;
            }
            StoreCheck::Compared {
                entries,
                sums: false,
            } => writeln!(
                f,
                "store       {entries} entries match the records; no sums, the host was not stopped cleanly"
            )?,
        }
        for damage in &self.damage {
            writeln!(f, "damage      {damage}")?;
        }
        if self.more_damage > 0 {
            writeln!(f, "damage      and {} more places", self.more_damage)?;
        }
        let verdict = match (self.is_sound(), self.is_refused()) {
            (true, _) => "sound",
            (false, false) => "damaged, and mended by the next start",
            (false, true) => "damaged",
        };
        write!(f, "the log is  {verdict}")
    }
}
