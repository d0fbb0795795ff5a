//! A copy of the log that is verified without this program.
//!
//! | file | what it is |
//! |---|---|
//! | `checkpoint`, `log.vkey` | the signed head and the key that checks it, as in the log's directory |
//! | `cosigned`, `log.policy` | the newest checkpoint that witnesses have cosigned (C2SP `tlog-cosignature`), and who they are (`tlog-policy`); where the log has witnesses |
//! | `tile/<level>/…` | the tree's hashes, C2SP `tlog-tiles` |
//! | `tile/entries/…` | the records |
//! | `proofs/<name>.json`, `.tlog-proof` | records that were asked for, byte for byte, and that each is in the tree (C2SP `tlog-proof`) |
//! | `openings/<name>/<field>.json` | facts of such records that were released, each as it was hashed ([`commitment`](crate::commitment)) |
//! | `verify.sh` | checks all of it with `openssl` and `sha256sum` |
//! | `README.txt` | how, and with which other tools |
//!
//! What is written is what the checkpoint covers, neither more nor less: it is read from the journal, beside a running
//! host if need be, and refused when the head over it is not the one that was signed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::canonical;
use crate::checkpoint::{BadNote, Checkpoint};
use crate::commitment::{BadOpening, Opening};
use crate::covered::Covered;
use crate::error::ReadError;
use crate::files;
use crate::filter::Filter;
use crate::limits::{MAX_ID_BYTES, PROGRESS_EVERY_RECORDS};
use crate::merkle::{self, Hash};
use crate::proof::Proof;
use crate::record::{DecisionRecord, Record};
use crate::stream::RawRecord;
use crate::tiles::{self, Growing, Holds, Tile};

const SCRIPT: &str = include_str!("export/verify.sh");
/// The parts of [`SCRIPT`] that need the whole log stand between lines that begin so.
const PART: &str = "#: ";
const README: &str = include_str!("export/README.txt");

/// The script that checks proofs where the log itself is not: the records and proofs of a directory `proofs`, and the
/// `openings` of those records, under the `checkpoint` and the `log.vkey` beside it.
pub fn proofs_script() -> String {
    let mut is_kept = true;
    let mut kept = String::new();
    for line in SCRIPT.lines() {
        match line.strip_prefix(PART) {
            Some(part) => is_kept = part == "end",
            None if is_kept => kept.extend([line, "\n"]),
            None => {}
        }
    }
    kept
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Which log, and how much of it.
    pub checkpoint: Checkpoint,
    /// Records with a proof of their own.
    pub proofs: u64,
    /// Facts of those records, with what shows that they are what the record was made with.
    pub openings: u64,
    /// Bytes in all.
    pub bytes: u64,
}

/// Why nothing was exported. Where something was written already it is removed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is something.
    #[error("{} is there already; name a directory that is not, so that nothing is mixed", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The disk, the rights, the path.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being worked on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Key or checkpoint are damaged or missing.
    #[error("{}: {why}; `weft audit verify` says what has to be restored", path.display())]
    Note {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: BadNote,
    },
    /// An opening opens nothing in this log.
    #[error("the opening of {field} of decision {decision} is not exported: {why}")]
    Opening {
        /// Of which decision it says that it is.
        decision: String,
        /// Of which field.
        field: String,
        /// What is wrong.
        why: BadOpening,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal cannot be copied.
    #[error(transparent)]
    Copy(#[from] weft_journal::CopyError),
    /// The records are not what they were when they were signed.
    #[error(
        "the log is not as it was written: {what}; `weft audit verify` says more, and what has to be restored"
    )]
    Damaged {
        /// How it shows.
        what: String,
    },
}

pub(crate) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ExportError + '_ {
    |source| ExportError::Io {
        path: path.to_owned(),
        source,
    }
}

pub(crate) fn damaged<T>(what: impl Into<String>) -> Result<T, ExportError> {
    Err(ExportError::Damaged { what: what.into() })
}

fn bad_opening(opening: &Opening, why: BadOpening) -> ExportError {
    ExportError::Opening {
        decision: canonical::shown_id(opening.decision()),
        // What is no name is not told.
        field: match opening.file_name() {
            Some(_) => opening.field().to_owned(),
            None => "a field".to_owned(),
        },
        why,
    }
}

/// Openings by the decision that they say they are of.
pub struct Openings<'a>(BTreeMap<&'a str, Vec<&'a Opening>>);

impl<'a> Openings<'a> {
    /// None of them is written yet.
    pub fn new(all: &'a [Opening]) -> Openings<'a> {
        let mut by_decision: BTreeMap<&str, Vec<&Opening>> = BTreeMap::new();
        for one in all {
            by_decision.entry(one.decision()).or_default().push(one);
        }
        Openings(by_decision)
    }

    /// Those of a record, and the file for each where the record's own lies in `proofs` by that name.
    ///
    /// # Errors
    ///
    /// One of them does not open the record.
    pub fn take(
        &mut self,
        record: &DecisionRecord,
        name: &str,
    ) -> Result<Vec<(String, &'a Opening)>, ExportError> {
        let all = self.0.remove(record.decision.as_str()).unwrap_or_default();
        let file = |opening: &'a Opening| {
            let checked = opening.check(record);
            let file = opening.file_name().ok_or(BadOpening::Form);
            let file = checked.and(file).map_err(|why| bad_opening(opening, why))?;
            Ok((format!("openings/{name}/{file}"), opening))
        };
        all.into_iter().map(file).collect()
    }

    /// Whether each was taken.
    ///
    /// # Errors
    ///
    /// There was no record for one.
    pub fn are_taken(&self) -> Result<(), ExportError> {
        match self.0.values().flatten().next() {
            None => Ok(()),
            Some(opening) => Err(bad_opening(opening, BadOpening::NoRecord)),
        }
    }
}

/// Writes the log in `dir`, as far as its checkpoint covers it, to the directory `to`, which must not be there; with a
/// proof for each record that `prove` takes, and for that of each opening, which is written beside it.
pub fn export(
    dir: &Path,
    to: &Path,
    prove: Option<&Filter>,
    openings: &[Opening],
    progress: &dyn Fn(&str),
) -> Result<Exported, ExportError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(ExportError::Exists {
            path: to.to_owned(),
        });
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    fs::create_dir(&part).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists { path: part.clone() },
        _ => io_at(&part)(source),
    })?;
    let written = write(dir, &part, prove, openings, progress);
    let finished = written.and_then(|exported| {
        fs::rename(&part, to).map_err(io_at(to))?;
        Ok(exported)
    });
    if finished.is_err() {
        // What is half there is of no use, and why it is only half there is told already.
        let _ = files::remove_dir(&part);
    }
    finished
}

fn write(
    dir: &Path,
    to: &Path,
    prove: Option<&Filter>,
    openings: &[Opening],
    progress: &dyn Fn(&str),
) -> Result<Exported, ExportError> {
    // Before the records: what it covers is durable, and what comes later is not exported.
    let covered = Covered::of(dir)?;
    let mut writer = Writer {
        to,
        size: covered.checkpoint.size,
        prove,
        openings: Openings::new(openings),
        done: 0,
        growing: Growing::default(),
        bundle: Vec::new(),
        proven: Vec::new(),
        bytes: 0,
    };
    covered.read(|raw| writer.take(raw, progress))?;
    writer.openings.are_taken()?;
    let Covered {
        vkey,
        signed,
        checkpoint,
        cosigned,
        ..
    } = covered;
    writer.finish(&signed)?;
    if let Some((note, policy)) = cosigned {
        writer.put("cosigned", note.as_bytes())?;
        writer.put("log.policy", policy.as_bytes())?;
    }
    for (name, bytes) in [
        ("checkpoint", signed.as_str()),
        ("log.vkey", &vkey),
        ("verify.sh", SCRIPT),
        ("README.txt", README),
    ] {
        writer.put(name, bytes.as_bytes())?;
    }
    Ok(Exported {
        checkpoint,
        proofs: writer.proven.len() as u64,
        openings: openings.len() as u64,
        bytes: writer.bytes,
    })
}

/// Whether a decision's id can name a file, on every system: the log may come from elsewhere.
fn is_file_name(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.chars().all(is_plain)
}

struct Writer<'a> {
    to: &'a Path,
    /// How many records are exported.
    size: u64,
    prove: Option<&'a Filter>,
    /// Those whose record was not met yet.
    openings: Openings<'a>,
    /// How many records were taken.
    done: u64,
    growing: Growing,
    /// The records of the bundle that is not full.
    bundle: Vec<u8>,
    /// Index and file name of what is proven.
    proven: Vec<(u64, String)>,
    bytes: u64,
}

impl Writer<'_> {
    fn take(&mut self, raw: RawRecord<'_>, progress: &dyn Fn(&str)) -> Result<(), ExportError> {
        if self.prove.is_some() || !self.openings.0.is_empty() {
            self.take_to_prove(raw)?;
        }
        let leaf = merkle::leaf_hash(raw.bytes);
        self.done += 1;
        tiles::add_record(&mut self.bundle, raw.bytes);
        let mut full: Vec<(Tile, Vec<u8>)> = Vec::new();
        let pushed = self.growing.push(leaf, |tile, hashes| {
            full.push((tile, tiles::bytes_of(hashes)));
            Ok::<_, ExportError>(())
        });
        pushed?;
        for (tile, hashes) in full {
            self.put(&tile.to_string(), &hashes)?;
            if tile.holds == Holds::Hashes(0) {
                self.put_bundle(tile.index)?;
            }
        }
        let done = self.done;
        if done.is_multiple_of(PROGRESS_EVERY_RECORDS) {
            progress(&format!("exported {done} of {} records", self.size));
        }
        Ok(())
    }

    fn take_to_prove(&mut self, raw: RawRecord<'_>) -> Result<(), ExportError> {
        let Ok(record) = canonical::from_bytes(raw.bytes) else {
            return Ok(());
        };
        let name = match &record {
            Record::Decision(decision) if is_file_name(&decision.decision) => {
                decision.decision.clone()
            }
            _ => format!("record-{}", raw.index),
        };
        let openings = match record.decision() {
            Some(decision) => self.openings.take(decision, &name)?,
            None => Vec::new(),
        };
        let is_asked_for = self.prove.is_some_and(|filter| filter.takes(&record));
        if !is_asked_for && openings.is_empty() {
            return Ok(());
        }
        for (file, opening) in openings {
            self.put(&file, opening.bytes())?;
        }
        self.put(&format!("proofs/{name}.json"), raw.bytes)?;
        self.proven.push((raw.index, name));
        Ok(())
    }

    fn put_bundle(&mut self, index: u64) -> Result<(), ExportError> {
        if let Some(tile) = Tile::of(Holds::Records, index, self.done) {
            let bundle = std::mem::take(&mut self.bundle);
            self.put(&tile.to_string(), &bundle)?;
        }
        Ok(())
    }

    /// What is not full, and the proofs.
    fn finish(&mut self, signed: &str) -> Result<(), ExportError> {
        let growing = std::mem::take(&mut self.growing);
        for (tile, hashes) in growing.partial() {
            self.put(&tile.to_string(), &tiles::bytes_of(hashes))?;
        }
        if !self.bundle.is_empty() {
            self.put_bundle(self.size / tiles::WIDTH)?;
        }
        for (index, name) in self.proven.clone() {
            let head = |range| tiles::head(range, self.size, |tile| self.hashes(tile));
            let hashes = merkle::inclusion(index, self.size, head)?;
            let proof = Proof {
                index,
                hashes: hashes.unwrap_or_default(),
                note: signed.to_owned(),
            };
            self.put(
                &format!("proofs/{name}.tlog-proof"),
                proof.to_string().as_bytes(),
            )?;
        }
        Ok(())
    }

    /// The hashes of a tile that was written.
    fn hashes(&self, tile: Tile) -> Result<Vec<Hash>, ExportError> {
        let path = self.to.join(tile.to_string());
        let bytes = fs::read(&path).map_err(io_at(&path))?;
        match tiles::hashes_of(&bytes, tile) {
            Some(hashes) => Ok(hashes),
            None => damaged(format!("{} changed while it was exported", path.display())),
        }
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.to.join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(io_at(above))?;
        }
        fs::write(&path, bytes).map_err(io_at(&path))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}
