//! What a verification found.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use weft_dictionary::Timestamp;

use crate::checkpoint::Checkpoint;
use crate::cosignature::Cosignature;
use crate::merkle::Hash;

/// What to do about damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Nothing: the next start mends it, and no record is concerned.
    NextStart,
    /// Restore the file from a copy. A host refuses to start on it.
    Restore,
    /// Restore the log from a copy. A host cannot know of it: only who kept a checkpoint does.
    RestoreUnseen,
    /// Remove the file, it is not of the log. A host starts all the same.
    Remove,
    /// Look whether the caller gave the right file. If so, this is not the log that was signed.
    CompareFile,
}

impl Remedy {
    fn as_str(self) -> &'static str {
        match self {
            Remedy::NextStart => "the next start mends it",
            Remedy::Restore => "restore it from a copy; a host refuses to start on it",
            Remedy::RestoreUnseen => {
                "restore the whole log from a copy that has them; a host that starts on it cannot know"
            }
            Remedy::Remove => "remove it; a host passes it over",
            Remedy::CompareFile => {
                "is it the right file? then this log was not signed by the key that signed the file"
            }
        }
    }
}

/// With which key signatures were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Key {
    /// The one that the caller trusts.
    Given,
    /// The one that lies beside the log, so that a log that was forged as a whole looks sound.
    #[default]
    Beside,
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
        write!(f, "{} ({})", self.what, self.remedy.as_str())
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
        /// How many records it knows; those behind them it was not yet told of.
        known: u64,
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
    /// How many records the newest checkpoint covers that witnesses have cosigned, and who has; if there is one.
    pub cosigned: Option<(u64, Vec<Cosignature>)>,
    /// Records at the end that no signature covers yet.
    pub unsigned: u64,
    /// With which key it was checked.
    pub key: Key,
    /// Checkpoints that were kept elsewhere, and how many records each covers: the log begins with these.
    pub kept: Vec<(PathBuf, u64)>,
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

    /// Whether the next start mends all that is damaged.
    fn is_mended(&self) -> bool {
        self.more_damage == 0
            && self
                .damage
                .iter()
                .all(|damage| damage.remedy == Remedy::NextStart)
    }

    /// What the verification rests on.
    fn fmt_trust(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unsigned > 0 {
            let are = if self.unsigned == 1 { "is" } else { "are" };
            let count = count(self.unsigned, "record");
            writeln!(f, "unsigned    {count} at the end {are} not signed yet")?;
        }
        match self.key {
            Key::Given => writeln!(f, "key         the one that was given")?,
            Key::Beside => writeln!(
                f,
                "key         only the one that lies beside the log: a log that was forged as a whole would look the same; give --key"
            )?,
        }
        for (file, size) in &self.kept {
            let (file, count) = (file.display(), count(*size, "record"));
            writeln!(
                f,
                "kept        {file}: the log begins with the {count} that it covers"
            )?;
        }
        if self.kept.is_empty() {
            writeln!(
                f,
                "kept        no checkpoint that was kept elsewhere: an older copy of the whole log would look the same; give --checkpoint"
            )?;
        }
        Ok(())
    }

    fn fmt_cosigned(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((size, cosignatures)) = &self.cosigned else {
            return Ok(());
        };
        let by = cosignatures.iter().map(|one| {
            let at = Timestamp(one.at.saturating_mul(1_000));
            format!("{} at {at}", one.witness)
        });
        let by = by.collect::<Vec<_>>().join(", ");
        writeln!(f, "cosigned    {} by {by}", count(*size, "record"))
    }

    fn fmt_store(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entries, known, sums) = match self.store {
            StoreCheck::InUse => {
                return writeln!(f, "store       in use by a running host, not looked at");
            }
            StoreCheck::NotCompared => {
                return writeln!(f, "store       not compared, see below");
            }
            StoreCheck::Compared {
                entries,
                known,
                sums,
            } => (entries, known, sums),
        };
        write!(f, "store       {entries} entries match the records")?;
        if known < self.records {
            let behind = count(self.records - known, "record");
            write!(f, ", it does not have {behind} at the end")?;
        }
        let sums = if sums {
            "every byte matches its sum"
        } else {
            "no sums, the host was not stopped cleanly"
        };
        writeln!(f, "; {sums}")
    }
}

/// `1 record`, `2 records`.
fn count(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
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
        self.fmt_cosigned(f)?;
        self.fmt_trust(f)?;
        self.fmt_store(f)?;
        for damage in &self.damage {
            writeln!(f, "damage      {damage}")?;
        }
        if self.more_damage > 0 {
            writeln!(f, "damage      and {} more places", self.more_damage)?;
        }
        let verdict = match (self.is_sound(), self.unsigned) {
            (true, unsigned @ 1..) => {
                return write!(
                    f,
                    "the log is  sound, but for {} at the end that no signature covers yet",
                    count(unsigned, "record")
                );
            }
            (true, _) => "sound",
            (false, _) if self.is_mended() => "damaged, and mended by the next start",
            (false, _) => "damaged",
        };
        write!(f, "the log is  {verdict}")
    }
}
