//! The records that the newest checkpoint covers, read once, and refused when they are not those that were signed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::canonical;
use crate::checkpoint::{BadNote, Checkpoint, Verifier};
use crate::export::{ExportError, damaged, io_at};
use crate::files::Files;
use crate::limits::{MAX_COSIGNED_BYTES, PROGRESS_EVERY_RECORDS};
use crate::merkle::{self, Hash, Tree};
use crate::proof::Proof;
use crate::record::Record;
use crate::show::Entry;
use crate::stream::{self, RawRecord};
use crate::tiles::{self, Growing, Tile};
use crate::witness::{self, BadCosigned};

/// What was signed, and by which key.
pub(crate) struct Covered {
    dir: PathBuf,
    /// The verifier key, as it lies there.
    pub(crate) vkey: String,
    /// The signed checkpoint, as it lies there.
    pub(crate) signed: String,
    /// What it says.
    pub(crate) checkpoint: Checkpoint,
    /// The newest checkpoint that witnesses have cosigned, and who they are; it covers no more.
    pub(crate) cosigned: Option<(String, String)>,
}

impl Covered {
    pub(crate) fn of(dir: &Path) -> Result<Covered, ExportError> {
        let files = Files::of(dir);
        let vkey = note(&files, &files.vkey)?;
        let verifier = Verifier::parse(&vkey).map_err(bad_note(&files.vkey))?;
        let cosigned = cosigned(&files, &verifier)?;
        let signed = note(&files, &files.checkpoint)?;
        let checkpoint =
            Checkpoint::open(signed.as_bytes(), &verifier).map_err(bad_note(&files.checkpoint))?;
        Ok(Covered {
            dir: dir.to_owned(),
            vkey,
            signed,
            checkpoint,
            cosigned,
        })
    }

    /// Gives each record to `take`, in order. What it made of them is worth nothing when this fails.
    pub(crate) fn read(
        &self,
        mut take: impl FnMut(RawRecord<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let Checkpoint { size, root, .. } = self.checkpoint;
        let mut tree = Tree::default();
        let mut failed = None;
        let streamed = stream::stream_raw(&self.dir, |raw| {
            if failed.is_some() || raw.index >= size {
                return;
            }
            if raw.index != tree.size() {
                failed = damaged::<()>(format!("record {} is missing", tree.size())).err();
                return;
            }
            tree.push(merkle::leaf_hash(raw.bytes));
            failed = take(raw).err();
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(first) = streamed.damage.first() {
            return damaged(first);
        }
        if tree.size() < size {
            let records = tree.size();
            return damaged(format!(
                "there are {records} records, and {size} were signed"
            ));
        }
        if tree.root() != root {
            return damaged("the head over the records is not the one that was signed");
        }
        Ok(())
    }
}

/// Records with a proof for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// Which log, and how much of it is covered.
    pub checkpoint: Checkpoint,
    /// That checkpoint as it was signed.
    pub signed: String,
    /// The key that checks it, as it lies beside the log.
    pub vkey: String,
    /// Oldest first.
    pub records: Vec<(Entry, Proof)>,
}

/// The records of the log in `dir` that are wanted, by index and what they say, and the newest checkpoint covers, each
/// with its proof. Reads the whole log, beside a running host if need be.
pub fn prove(
    dir: &Path,
    wanted: &dyn Fn(u64, &Record) -> bool,
    progress: &dyn Fn(&str),
) -> Result<Proven, ExportError> {
    let covered = Covered::of(dir)?;
    let size = covered.checkpoint.size;
    let mut growing = Growing::default();
    let mut pieces: HashMap<Tile, Vec<Hash>> = HashMap::new();
    let mut entries = Vec::new();
    covered.read(|raw| {
        let leaf_hash = merkle::leaf_hash(raw.bytes);
        growing.push(leaf_hash, |tile, hashes| {
            pieces.insert(tile, hashes.to_vec());
            Ok::<_, ExportError>(())
        })?;
        let done = raw.index + 1;
        if done.is_multiple_of(PROGRESS_EVERY_RECORDS) {
            progress(&format!("read {done} of {size} records"));
        }
        let record = canonical::from_bytes(raw.bytes).ok();
        if let Some(record) = record.filter(|record| wanted(raw.index, record)) {
            entries.push(Entry {
                index: raw.index,
                leaf_hash,
                bytes: raw.bytes.to_vec(),
                record,
            });
        }
        Ok(())
    })?;
    pieces.extend(
        growing
            .partial()
            .map(|(tile, hashes)| (tile, hashes.to_vec())),
    );
    let hashes = |tile: Tile| match pieces.get(&tile) {
        Some(hashes) => Ok(hashes.clone()),
        None => damaged(format!("{tile} is not part of the tree")),
    };
    let prove = |entry: Entry| {
        let head = |range| tiles::head(range, size, hashes);
        let proof = Proof {
            index: entry.index,
            hashes: merkle::inclusion(entry.index, size, head)?.unwrap_or_default(),
            note: covered.signed.clone(),
        };
        Ok((entry, proof))
    };
    let records = entries
        .into_iter()
        .map(prove)
        .collect::<Result<Vec<_>, ExportError>>()?;
    Ok(Proven {
        checkpoint: covered.checkpoint,
        signed: covered.signed,
        vkey: covered.vkey,
        records,
    })
}

/// A small file of text.
fn note(from: &Files, path: &Path) -> Result<String, ExportError> {
    let bytes = from
        .read_small(path, MAX_COSIGNED_BYTES)
        .map_err(io_at(path))?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| {
        bad_note(path)(BadNote {
            offset: 0,
            what: "the file is missing, or is not UTF-8",
        })
    })
}

/// The checkpoint that witnesses have cosigned, and the policy that names them, if there is one.
fn cosigned(files: &Files, log: &Verifier) -> Result<Option<(String, String)>, ExportError> {
    let path = &files.cosigned;
    if !files.disk.exists(path) {
        return Ok(None);
    }
    let (cosigned, policy) = (note(files, path)?, note(files, &files.policy)?);
    match witness::open_cosigned(cosigned.as_bytes(), policy.as_bytes(), log) {
        Ok(_) => Ok(Some((cosigned, policy))),
        Err(BadCosigned::Note(why)) => Err(bad_note(path)(why)),
        Err(BadCosigned::Policy) => Err(bad_note(&files.policy)(BadNote {
            offset: 0,
            what: "it is not as it was written for this log",
        })),
    }
}

fn bad_note(path: &Path) -> impl FnOnce(BadNote) -> ExportError + '_ {
    |why| ExportError::Note {
        path: path.to_owned(),
        why,
    }
}
