//! Checkpoints that somebody kept elsewhere, against the log.
//!
//! The log has to begin with what each of them covers (RFC 6962: the head over the first so many records is the one that
//! was signed). This is how an older copy of the whole directory, put back, is told from the log itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::checkpoint::{Checkpoint, Verifier};
use crate::files::Files;
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
    pub(super) fn of<'c>(checkpoints: impl Iterator<Item = &'c Checkpoint>) -> Heads {
        let mut heads = Heads(checkpoints.map(|c| (c.size, None)).collect());
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

/// Those that the log's key signed; the others are told.
pub(super) fn open(
    kept: &[KeptCheckpoint],
    verifier: &Verifier,
    report: &mut Report,
) -> Vec<(PathBuf, Checkpoint)> {
    let mut good = Vec::new();
    for one in kept {
        match Checkpoint::open_cosigned(&one.note, verifier) {
            Ok((checkpoint, _)) => good.push((one.file.clone(), checkpoint)),
            Err(bad) => report.note(Damage::at(
                &one.file,
                bad.offset,
                None,
                format!("no checkpoint of this log: {}", bad.what),
                Remedy::CompareFile,
            )),
        }
    }
    good
}

/// Holds the log to one of them.
pub(super) fn check(
    files: &Files,
    (file, checkpoint): (PathBuf, Checkpoint),
    heads: &Heads,
    report: &mut Report,
) {
    let what = match heads.at(checkpoint.size) {
        Some(head) if head == checkpoint.root => {
            report.kept.push((file, checkpoint.size));
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
