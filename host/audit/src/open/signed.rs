//! What was signed of a log: its key, its checkpoints, and what witnesses say of them.

use std::path::{Path, PathBuf};

use weft_disk::create_dir_durably;
use weft_journal::Journal;

use crate::checkpoint::{Checkpoint, LogKey, Verifier};
use crate::error::{OpenError, open_io};
use crate::files::Files;
use crate::limits::{MAX_COSIGNED_BYTES, MAX_NOTE_BYTES};
use crate::log::LogConfig;
use crate::merkle::Tree;
use crate::witness::{self, asking};

/// What was signed, and by which key: the directory is this log's, or is begun.
pub(crate) fn signed(
    files: &Files,
    origin: &str,
    seed: &[u8; 32],
) -> Result<(LogKey, Checkpoint), OpenError> {
    create_dir_durably(&*files.disk, &files.dir).map_err(open_io(&files.dir))?;
    // A process that was killed may have left names that are not durable yet.
    files
        .disk
        .sync_dir(&files.dir)
        .map_err(open_io(&files.dir))?;
    let key = LogKey::new(origin, seed);
    check_key(files, key.verifier())?;
    let checkpoint = read_checkpoint(files, &key)?;
    refuse_without_records(files, &checkpoint)?;
    Ok((key, checkpoint))
}

/// The key file is of this key, or is written if there is none.
fn check_key(files: &Files, verifier: &Verifier) -> Result<(), OpenError> {
    let path = &files.vkey;
    let wanted = format!("{verifier}\n");
    let refuse = |why: String| {
        Err(OpenError::Key {
            path: path.clone(),
            why,
        })
    };
    match files
        .read_small(path, MAX_NOTE_BYTES)
        .map_err(open_io(path))?
    {
        None => files
            .replace(path, wanted.as_bytes())
            .map_err(open_io(path)),
        Some(found) if found == wanted.as_bytes() => Ok(()),
        Some(found) => match std::str::from_utf8(&found).map(Verifier::parse) {
            Ok(Ok(_)) => {
                refuse("the file is of another origin or another key than this host's".to_owned())
            }
            Ok(Err(why)) => refuse(why.to_string()),
            Err(_) => refuse("the file is not UTF-8".to_owned()),
        },
    }
}

/// The stored checkpoint; for a log without records, a first one over none.
fn read_checkpoint(files: &Files, key: &LogKey) -> Result<Checkpoint, OpenError> {
    let path = &files.checkpoint;
    if let Some(note) = files
        .read_small(path, MAX_NOTE_BYTES)
        .map_err(open_io(path))?
    {
        return Checkpoint::open(&note, key.verifier()).map_err(|why| OpenError::Checkpoint {
            path: path.clone(),
            why,
        });
    }
    if files.disk.exists(&files.log) {
        return Err(OpenError::NoCheckpoint { path: path.clone() });
    }
    let checkpoint = Checkpoint {
        origin: key.verifier().origin().to_owned(),
        size: 0,
        root: Tree::default().root(),
    };
    files
        .replace(path, checkpoint.sign(key).as_bytes())
        .map_err(open_io(path))?;
    Ok(checkpoint)
}

/// A log that had records once has a directory for them.
fn refuse_without_records(files: &Files, checkpoint: &Checkpoint) -> Result<(), OpenError> {
    if checkpoint.size == 0 || files.disk.exists(&files.log) {
        return Ok(());
    }
    Err(OpenError::NoRecords {
        path: files.log.clone(),
        size: checkpoint.size,
    })
}

/// A signed checkpoint that the records are held to.
pub(crate) struct Anchor {
    /// Where it lies.
    pub(super) path: PathBuf,
    pub(super) checkpoint: Checkpoint,
}

impl Anchor {
    /// The log's own.
    pub(crate) fn own(files: &Files, checkpoint: &Checkpoint) -> Anchor {
        Anchor {
            path: files.checkpoint.clone(),
            checkpoint: checkpoint.clone(),
        }
    }
}

/// The one that covers the most; of those that cover as many, the log's own.
pub(super) fn newest(anchors: &[Anchor]) -> Option<&Anchor> {
    anchors
        .iter()
        .rev()
        .max_by_key(|anchor| anchor.checkpoint.size)
}

pub(super) fn check_heads(tree: &Tree, anchors: &[Anchor]) -> Result<(), OpenError> {
    let here = anchors.iter().filter(|a| a.checkpoint.size == tree.size());
    for Anchor { path, checkpoint } in here {
        if tree.root() != checkpoint.root {
            return Err(OpenError::Contradiction {
                path: path.clone(),
                size: checkpoint.size,
                signed: Box::new(checkpoint.root),
                computed: Box::new(tree.root()),
            });
        }
    }
    Ok(())
}

/// The newest checkpoint that was cosigned. One that is damaged, or not by witnesses that are named, is of no use to
/// anybody, and the next one replaces it.
pub(super) fn read_cosigned(
    files: &Files,
    config: &LogConfig,
    verifier: &Verifier,
) -> Result<Option<(String, Checkpoint)>, OpenError> {
    let read = |path: &Path| {
        let bytes = files.read_small(path, MAX_COSIGNED_BYTES);
        bytes.map_err(open_io(path))
    };
    let Some(note) = read(&files.cosigned)? else {
        return Ok(None);
    };
    let policy = match config.witnesses.all.is_empty() {
        true => read(&files.policy)?.unwrap_or_default(),
        false => config.witnesses.policy(verifier).into_bytes(),
    };
    if let Ok((checkpoint, _)) = witness::open_cosigned(&note, &policy, verifier)
        && let Ok(note) = String::from_utf8(note)
    {
        return Ok(Some((note, checkpoint)));
    }
    for path in [&files.cosigned, &files.policy] {
        if files.remove(path).map_err(open_io(path))? {
            tracing::warn!(file = %path.display(), "the log is not cosigned by the witnesses that are named; the file is removed until they sign anew");
        }
    }
    Ok(None)
}

/// Shows the witnesses the checkpoint as it lies here, before a record is added to it. Those who do not answer are asked
/// later; one who knows another history is believed.
pub(super) fn ask_witnesses(
    files: &Files,
    config: &LogConfig,
    key: &LogKey,
    checkpoint: &Checkpoint,
    journal: &Journal,
    progress: &dyn Fn(&str),
) -> Result<Option<asking::Client>, OpenError> {
    if config.witnesses.all.is_empty() {
        return Ok(None);
    }
    let policy = config.witnesses.policy(key.verifier());
    files
        .replace(&files.policy, policy.as_bytes())
        .map_err(open_io(&files.policy))?;
    progress("asking the witnesses of the audit log");
    let client = asking::Client::new(config.witnesses.clone());
    let consistency = |old| asking::consistency(&files.tiles(), journal, old, checkpoint.size);
    let round = client.ask(&asking::Shown {
        note: &checkpoint.sign(key),
        checkpoint,
        records: journal.len_durable(),
        consistency: &consistency,
    });
    match round.contradiction {
        Some(contradiction) => Err(OpenError::Contradicted(contradiction)),
        None => Ok(Some(client)),
    }
}
