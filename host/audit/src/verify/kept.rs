//! Checkpoints that somebody kept elsewhere, against the log.
//!
//! The log has to begin with what each of them covers (RFC 6962: the head over the first so many records is the one that
//! was signed). This is how an older copy of the whole directory, put back, is told from the log itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::checkpoint::{BadNote, Checkpoint, Verifier};
use crate::files::Files;
use crate::fork::Former;
use crate::merkle::{Hash, Tree};
use crate::verify::{Damage, Remedy, Report};

/// A checkpoint that the caller kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// Where it comes from, for the report.
    pub file: PathBuf,
    /// The signed note.
    pub note: Vec<u8>,
}

/// The heads that checkpoints are to be compared with, as the tree grows over them.
#[derive(Default)]
pub(super) struct Heads(BTreeMap<u64, Option<Hash>>);

impl Heads {
    pub(super) fn over(sizes: impl Iterator<Item = u64>) -> Heads {
        let mut heads = Heads(sizes.map(|size| (size, None)).collect());
        heads.note(&Tree::default());
        heads
    }

    pub(super) fn note(&mut self, tree: &Tree) {
        if let Some(head) = self.0.get_mut(&tree.size()) {
            *head = Some(tree.root());
        }
    }

    /// The head over the first `size` records, if there are so many.
    pub(super) fn at(&self, size: u64) -> Option<Hash> {
        self.0.get(&size).copied().flatten()
    }
}

/// What came of opening one.
pub(super) enum Kept<'a> {
    /// The log's key signed it.
    Signed(&'a Path, Checkpoint),
    /// It did not; perhaps that of a log from whose copy this one goes on did.
    Unknown(&'a KeptCheckpoint, BadNote),
}

impl Kept<'_> {
    pub(super) fn open<'a>(kept: &'a KeptCheckpoint, verifier: &Verifier) -> Kept<'a> {
        match Checkpoint::open_cosigned(&kept.note, verifier) {
            Ok((checkpoint, _)) => Kept::Signed(&kept.file, checkpoint),
            Err(bad) => Kept::Unknown(kept, bad),
        }
    }

    /// How many records it covers, if that is to be believed.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Kept::Signed(_, checkpoint) => Some(checkpoint.size),
            Kept::Unknown(kept, _) => {
                let note = std::str::from_utf8(&kept.note).ok()?;
                note.lines().nth(1)?.parse().ok()
            }
        }
    }
}

/// Holds the log to one of them; `formers` are the logs from whose copies it goes on.
pub(super) fn check(
    files: &Files,
    kept: Kept<'_>,
    formers: &[Former],
    heads: &Heads,
    report: &mut Report,
) {
    match kept {
        Kept::Signed(file, checkpoint) => of_this_log(files, file, &checkpoint, heads, report),
        Kept::Unknown(kept, bad) => {
            let mut opened = formers.iter().filter_map(|former| {
                let checkpoint = former.open(&kept.note)?;
                Some((former, checkpoint))
            });
            match opened.next() {
                Some((former, checkpoint)) if checkpoint.size > former.records => {
                    let what = format!(
                        "the log goes on from a copy with {} records, and {} covers {}: {} records that were signed are not there",
                        former.records,
                        kept.file.display(),
                        checkpoint.size,
                        checkpoint.size - former.records
                    );
                    report.note(Damage::file(&files.log, what, Remedy::RestoreUnseen));
                }
                Some((_, checkpoint)) => {
                    of_this_log(files, &kept.file, &checkpoint, heads, report);
                }
                None => report.note(Damage::at(
                    &kept.file,
                    bad.offset,
                    None,
                    format!("no checkpoint of this log: {}", bad.what),
                    Remedy::CompareFile,
                )),
            }
        }
    }
}

fn of_this_log(
    files: &Files,
    file: &Path,
    checkpoint: &Checkpoint,
    heads: &Heads,
    report: &mut Report,
) {
    let what = match heads.at(checkpoint.size) {
        Some(head) if head == checkpoint.root => {
            report.kept.push((file.to_owned(), checkpoint.size));
            return;
        }
        Some(_) => format!(
            "the first {} records are not those that {} covers",
            checkpoint.size,
            file.display()
        ),
        None => format!(
            "the end is missing, {} records that were signed are not there: {} covers {}, there are {}",
            checkpoint.size.saturating_sub(report.records),
            file.display(),
            checkpoint.size,
            report.records
        ),
    };
    report.note(Damage::file(&files.log, what, Remedy::RestoreUnseen));
}
