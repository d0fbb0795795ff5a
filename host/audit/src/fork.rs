//! A log that goes on from an older copy, under a name of its own.
//!
//! What was written behind the copy is lost to it, and others may have seen it signed. To go on under the same name would be a
//! second history; so the log that goes on has another origin, and says in an event from which one it comes. Checkpoints of
//! the old origin hold as far as the copy reaches, and [`verify`](crate::verify()) says which do not.

use std::path::Path;

use serde_json::Value;

use crate::checkpoint::{Checkpoint, LogKey, Verifier};
use crate::error::{OpenError, open_io};
use crate::files::Files;
use crate::limits::MAX_NOTE_BYTES;
use crate::record::EventRecord;

/// The event by which a log says from which other one it comes.
pub const FORKED: &str = "log.forked";

/// The origin of the log in `dir`, as its key file says; `None` when there is none that can be read.
pub fn origin(dir: &Path) -> Option<String> {
    let files = Files::of(dir);
    let vkey = files.read_small(&files.vkey, MAX_NOTE_BYTES).ok()??;
    let verifier = Verifier::parse(std::str::from_utf8(&vkey).ok()?).ok()?;
    Some(verifier.origin().to_owned())
}

/// Gives the log in `dir`, which nobody has open, another origin: what was signed is signed anew. Done again it does
/// nothing.
pub fn fork(dir: &Path, from: &str, to: &str, seed: &[u8; 32]) -> Result<(), OpenError> {
    let files = Files::of(dir);
    let (old, new) = (LogKey::new(from, seed), LogKey::new(to, seed));
    let path = &files.checkpoint;
    let note = files.read_small(path, MAX_NOTE_BYTES);
    let note = note.map_err(open_io(path))?.unwrap_or_default();
    // A process that was killed in between has signed it already.
    if Checkpoint::open(&note, new.verifier()).is_err() {
        let opened = Checkpoint::open(&note, old.verifier());
        let checkpoint = opened.map_err(|why| OpenError::Checkpoint {
            path: path.clone(),
            why,
        })?;
        let checkpoint = Checkpoint {
            origin: to.to_owned(),
            ..checkpoint
        };
        files
            .replace(path, checkpoint.sign(&new).as_bytes())
            .map_err(open_io(path))?;
    }
    let vkey = format!("{}\n", new.verifier());
    files
        .replace(&files.vkey, vkey.as_bytes())
        .map_err(open_io(&files.vkey))?;
    // Witnesses have cosigned the other one.
    for path in [&files.cosigned, &files.policy] {
        files.remove(path).map_err(open_io(path))?;
    }
    Ok(())
}

/// The log that another one comes from.
pub(crate) struct Former {
    verifier: Verifier,
    /// How many of its records that one has.
    pub(crate) records: u64,
}

impl Former {
    /// What an event says of it, if it is one of these.
    pub(crate) fn of(event: &EventRecord) -> Option<Former> {
        if event.event != FORKED {
            return None;
        }
        Some(Former {
            verifier: Verifier::parse(event.detail.get("from_key")?.as_str()?).ok()?,
            records: event.detail.get("records").and_then(Value::as_u64)?,
        })
    }

    /// The checkpoint of a note that it signed.
    pub(crate) fn open(&self, note: &[u8]) -> Option<Checkpoint> {
        let opened = Checkpoint::open_cosigned(note, &self.verifier);
        opened.ok().map(|(checkpoint, _)| checkpoint)
    }
}
