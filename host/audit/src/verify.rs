//! Checks every file of a log's directory, and alters none.
//!
//! | file | what is checked |
//! |---|---|
//! | `log/` | every byte: headers, frames, checksums, zeros behind the last frame; each record's canonical form, that its decision id is new and that the decision `previous` is before it |
//! | `checkpoint` | its form, its signature, and that the head over so many records is the one that was signed |
//! | `cosigned`, `log.policy` | the same of the newest checkpoint that witnesses have cosigned, and each cosignature |
//! | `log.vkey` | its form, that its id matches; that it is the key that the caller trusts, if told |
//! | `store.sum` | its own sum |
//! | `store/` | every block against `store.sum`; a copy is opened, and every entry compared with the records, their hashes first |
//! | `tile/` | every byte: each full tile has to be there, and to be the hashes of the records |
//! | checkpoints that were kept elsewhere | their signature, and that the log begins with the records that they cover |
//!
//! Damage has a [`Remedy`]: the store, tiles and what a crash leaves are mended by the next start, the rest has to be restored
//! from a copy. A store that knows more than the log, or another hash of a record, speaks of damage to the log. While a host runs on the directory its store is its own: it is not looked at, and the report says so.

mod cosigned;
mod kept;
mod report;
mod store;
mod tiles;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use weft_disk::TMP;

use crate::canonical;
use crate::checkpoint::{Checkpoint, Verifier};
use crate::cosignature::WitnessKey;
use crate::files::Files;
use crate::fork::Former;
use crate::limits::{MAX_DAMAGE, MAX_KEPT_CHECKPOINTS, MAX_NOTE_BYTES, PROGRESS_EVERY_RECORDS};
use crate::merkle::{self, Tree};
use crate::record::Record;
use kept::{Heads, Kept};
use store::{Place, StoreVerifier};
use tiles::TileVerifier;

pub use kept::KeptCheckpoint;
pub use report::{Damage, Key, Remedy, Report, StoreCheck};

/// What to hold the log to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// The verifier key that the caller trusts. Without it the one in the directory is taken, and a log that was
    /// forged as a whole, with another key, looks sound.
    pub vkey: Option<String>,
    /// Checkpoints that the caller kept, at most [`MAX_KEPT_CHECKPOINTS`]. Without one that is newer, an older copy of the
    /// whole directory looks sound.
    pub checkpoints: Vec<KeptCheckpoint>,
    /// Verifier keys of witnesses that the caller trusts: each has to have cosigned the checkpoint in `cosigned`. Without
    /// them, those are taken that `log.policy` beside it names.
    pub witnesses: Vec<String>,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The disk, the rights, the path.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no directory of records.
    #[error("{}: the directory of the records is missing; restore it from a copy, a host does not start without it", path.display())]
    NoRecords {
        /// `log`.
        path: PathBuf,
    },
    /// There are more checkpoints than are taken.
    #[error(
        "{count} checkpoints were given, at most {MAX_KEPT_CHECKPOINTS} are taken; the newest alone says the most"
    )]
    TooManyCheckpoints {
        /// How many.
        count: usize,
    },
    /// The key that the caller gave is not one.
    #[error("the verifier key that was given is not one: {0}")]
    Key(crate::checkpoint::BadNote),
    /// The key of a witness that the caller gave is not one.
    #[error("{vkey:?}, which was given as the key of a witness, is not one: {why}")]
    Witness {
        /// What was given.
        vkey: String,
        /// What is wrong.
        why: crate::checkpoint::BadNote,
    },
}

fn verify_io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> VerifyError {
    let path = path.into();
    move |source| VerifyError::Io { path, source }
}

/// Checks the log in `dir`. `progress` is told what takes long.
pub fn verify(
    dir: &Path,
    options: &VerifyOptions,
    progress: &dyn Fn(&str),
) -> Result<Report, VerifyError> {
    let files = Files::of(dir);
    let trusted = match &options.vkey {
        Some(vkey) => Some(Verifier::parse(vkey.trim_end()).map_err(VerifyError::Key)?),
        None => None,
    };
    let witnesses = options.witnesses.iter().map(|vkey| {
        WitnessKey::parse(vkey.trim_end()).map_err(|why| VerifyError::Witness {
            vkey: vkey.clone(),
            why,
        })
    });
    let witnesses: Vec<WitnessKey> = witnesses.collect::<Result<_, _>>()?;
    if options.checkpoints.len() > MAX_KEPT_CHECKPOINTS {
        return Err(VerifyError::TooManyCheckpoints {
            count: options.checkpoints.len(),
        });
    }
    let held = File::open(&files.log).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => VerifyError::NoRecords {
            path: files.log.clone(),
        },
        _ => verify_io(&files.log)(source),
    })?;
    // Held until the end: no host starts while files are compared with each other.
    let is_running = held.try_lock_shared().is_err();
    let mut report = Report {
        is_running,
        key: if trusted.is_some() {
            Key::Given
        } else {
            Key::Beside
        },
        ..Report::default()
    };
    strangers(&files, &mut report)?;
    let verifier = key(&files, trusted, &mut report)?;
    // The checkpoint first: what it covers was durable before it was signed.
    let (checkpoint, cosigned, kept) = match verifier {
        Some(verifier) => {
            let cosigned = cosigned::open(&files, &verifier, &witnesses, &mut report)?;
            let checkpoint = checkpoint(&files, &verifier, &mut report)?;
            let kept = options.checkpoints.iter();
            let kept = kept.map(|one| Kept::open(one, &verifier)).collect();
            (checkpoint, cosigned, kept)
        }
        None => (None, None, Vec::new()),
    };
    report.checkpoint = checkpoint;
    let store = StoreVerifier::begin(&files, &mut report)?;
    records(&files, cosigned, kept, store, &mut report, progress)?;
    drop(held);
    Ok(report)
}

fn strangers(files: &Files, report: &mut Report) -> Result<(), VerifyError> {
    for path in files.strangers().map_err(verify_io(&files.dir))? {
        let (what, remedy) = if path.to_string_lossy().ends_with(TMP) {
            if report.is_running {
                continue;
            }
            ("left over by a crash", Remedy::NextStart)
        } else {
            ("this file is no part of a log", Remedy::Remove)
        };
        report.note(Damage::file(&path, what, remedy));
    }
    Ok(())
}

/// The key to check with: the trusted one, else the one in the directory.
fn key(
    files: &Files,
    trusted: Option<Verifier>,
    report: &mut Report,
) -> Result<Option<Verifier>, VerifyError> {
    let path = &files.vkey;
    let found = match files
        .read_small(path, MAX_NOTE_BYTES)
        .map_err(verify_io(path))?
    {
        None => {
            report.note(Damage::file(path, "the file is missing", Remedy::Restore));
            return Ok(trusted);
        }
        Some(bytes) => bytes,
    };
    let parsed = match std::str::from_utf8(&found) {
        Err(error) => Err((error.valid_up_to() as u64, "the file is not UTF-8")),
        Ok(text) if !text.ends_with('\n') => Err((
            found.len().saturating_sub(1) as u64,
            "the file does not end with a newline",
        )),
        Ok(text) => Verifier::parse(text).map_err(|bad| (bad.offset, bad.what)),
    };
    match (parsed, trusted) {
        (Err((offset, what)), trusted) => {
            report.note(Damage::at(path, offset, None, what, Remedy::Restore));
            Ok(trusted)
        }
        (Ok(own), Some(trusted)) if own != trusted => {
            let what = "the key is not the one that was given as trusted";
            report.note(Damage::at(path, 0, None, what, Remedy::Restore));
            Ok(Some(trusted))
        }
        (Ok(own), _) => Ok(Some(own)),
    }
}

fn checkpoint(
    files: &Files,
    verifier: &Verifier,
    report: &mut Report,
) -> Result<Option<Checkpoint>, VerifyError> {
    let path = &files.checkpoint;
    let Some(note) = files
        .read_small(path, MAX_NOTE_BYTES)
        .map_err(verify_io(path))?
    else {
        report.note(Damage::file(path, "the file is missing", Remedy::Restore));
        return Ok(None);
    };
    Ok(match Checkpoint::open(&note, verifier) {
        Ok(checkpoint) => Some(checkpoint),
        Err(bad) => {
            report.note(Damage::at(
                path,
                bad.offset,
                None,
                bad.what,
                Remedy::Restore,
            ));
            None
        }
    })
}

fn records(
    files: &Files,
    cosigned: Option<Checkpoint>,
    kept: Vec<Kept<'_>>,
    mut store: StoreVerifier,
    report: &mut Report,
    progress: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    let mut tree = Tree::default();
    let mut tiles = TileVerifier::begin(files);
    let mut chain = Chain::default();
    // Told after what the journal itself says: a record that is missing breaks the chain behind it.
    let mut in_records = Vec::new();
    let checkpoint = report.checkpoint.clone();
    let signed_here = checkpoint.iter().chain(&cosigned).map(|c| c.size);
    let mut heads = Heads::over(signed_here.chain(kept.iter().filter_map(Kept::size)));
    let inspection = weft_journal::inspect(&files.log, |index, record, file, offset| {
        let hash = merkle::leaf_hash(record);
        tree.push(hash);
        tiles.push(hash, report);
        heads.note(&tree);
        if let Some(what) = chain.check(index, record) {
            let bytes = Some(record.len() as u64);
            in_records.push(Damage::at(file, offset, bytes, what, Remedy::Restore));
        }
        let place = Place {
            index,
            file,
            offset,
        };
        store.check(place, record, &hash, report);
        if tree.size() % PROGRESS_EVERY_RECORDS == 0 {
            progress(&format!("verified {} records", tree.size()));
        }
    })
    .map_err(verify_io(&files.log))?;
    report.records = inspection.records;
    report.segments = inspection.segments;
    report.bytes = inspection.bytes;
    report.closed_cleanly = inspection.closed_cleanly && inspection.torn.is_none();
    report.root = tree.root();
    let signed = checkpoint.as_ref().map_or(0, |c| c.size);
    report.unsigned = inspection.records.saturating_sub(signed);
    let most = signed.max(cosigned.as_ref().map_or(0, |c| c.size));
    let is_short = inspection.records < most || inspection.next < store.known();
    journal_damage(&inspection, is_short, report);
    in_records
        .into_iter()
        .for_each(|damage| report.note(damage));
    for (path, checkpoint) in [
        (&files.checkpoint, &checkpoint),
        (&files.cosigned, &cosigned),
    ] {
        if let Some(checkpoint) = checkpoint {
            against_checkpoint(path, checkpoint, heads.at(checkpoint.size), report);
        }
    }
    if let Some(checkpoint) = &checkpoint {
        of_all_that_was_closed(files, checkpoint, report);
    }
    for one in kept {
        kept::check(files, one, &chain.formers, &heads, report);
    }
    store.finish(files, inspection.next, report);
    tiles.finish(tree.size(), report);
    Ok(())
}

fn journal_damage(inspection: &weft_journal::Inspection, is_short: bool, report: &mut Report) {
    for damage in &inspection.damage {
        report.note(Damage::at(
            &damage.file,
            damage.offset,
            damage.bytes,
            damage.what.clone(),
            Remedy::Restore,
        ));
    }
    // A host that is running may be in the middle of a write.
    if let Some(torn) = inspection
        .torn
        .as_ref()
        .filter(|_| !report.is_running || is_short)
    {
        let (what, remedy) = if is_short {
            (torn.what.clone(), Remedy::Restore)
        } else {
            (
                format!("{}; nothing that was signed is concerned", torn.what),
                Remedy::NextStart,
            )
        };
        report.note(Damage::at(
            &torn.file,
            torn.offset,
            torn.bytes,
            what,
            remedy,
        ));
    }
    let strangers = if report.is_running {
        &[][..]
    } else {
        &inspection.strangers
    };
    for stranger in strangers {
        let is_tmp = stranger.to_string_lossy().ends_with(TMP);
        let remedy = if is_tmp {
            Remedy::NextStart
        } else {
            Remedy::Remove
        };
        report.note(Damage::file(
            stranger,
            "this file is no part of a journal",
            remedy,
        ));
    }
}

fn against_checkpoint(
    path: &Path,
    checkpoint: &Checkpoint,
    head: Option<merkle::Hash>,
    report: &mut Report,
) {
    let what = match head {
        None => format!(
            "it covers {} records, and there are {}: the end is missing, {} records that were signed are not there",
            checkpoint.size,
            report.records,
            checkpoint.size.saturating_sub(report.records)
        ),
        Some(head) if head != checkpoint.root => {
            format!(
                "the first {} records are not those that were signed",
                checkpoint.size
            )
        }
        Some(_) => return,
    };
    report.note(Damage::file(path, what, Remedy::Restore));
}

/// A log that was closed was signed whole.
fn of_all_that_was_closed(files: &Files, checkpoint: &Checkpoint, report: &mut Report) {
    if report.closed_cleanly && !report.is_running && checkpoint.size < report.records {
        let what = format!(
            "the log was closed with {} records, it covers {}",
            report.records, checkpoint.size
        );
        report.note(Damage::file(&files.checkpoint, what, Remedy::NextStart));
    }
}

/// Decisions that were seen, by the first half of the hash of their id.
#[derive(Default)]
struct Chain {
    seen: HashMap<[u8; 16], u64>,
    /// The logs from whose copies this one goes on.
    formers: Vec<Former>,
}

impl Chain {
    /// What is wrong with a record, if anything.
    fn check(&mut self, index: u64, bytes: &[u8]) -> Option<String> {
        let decision = match canonical::from_canonical(bytes) {
            None => {
                return Some(format!(
                    "record {index} is not the canonical JSON of a record"
                ));
            }
            Some(Record::Event(event)) => {
                self.formers.extend(Former::of(&event));
                return None;
            }
            Some(Record::Decision(decision)) => decision,
        };
        let previous = decision.previous.as_deref();
        if previous.is_some_and(|previous| !self.seen.contains_key(&short(previous))) {
            return Some(format!(
                "record {index} follows a decision that is not before it"
            ));
        }
        let earlier = self.seen.insert(short(&decision.decision), index)?;
        Some(format!(
            "record {index} has the decision id of record {earlier}"
        ))
    }
}

fn short(id: &str) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(id).into();
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

impl Report {
    fn note(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        } else {
            self.more_damage += 1;
        }
    }
}
