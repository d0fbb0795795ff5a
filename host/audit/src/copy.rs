//! A copy of a log as far as it is signed, also beside a running host: records, checkpoint, key. The rest is derived.

use std::path::Path;

use weft_disk::{Os, create_dir_durably, replace};

use crate::checkpoint::Checkpoint;
use crate::covered::Covered;
use crate::export::{ExportError, io_at};
use crate::files::Files;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Which log, and how much of it.
    pub checkpoint: Checkpoint,
    /// That checkpoint as it was signed.
    pub signed: String,
    /// The key that checks it, as it lies beside the log.
    pub vkey: String,
}

/// Copies the log in `from` to the directory `to`, in which there is none, and reads the copy: it has the head that was
/// signed.
pub fn copy(from: &Path, to: &Path) -> Result<Copied, ExportError> {
    let covered = Covered::of(from)?;
    let files = Files::of(to);
    create_dir_durably(&Os, to).map_err(io_at(to))?;
    let size = covered.checkpoint.size;
    let from = Files::of(from);
    weft_journal::copy(&from.log, &files.log, size)?;
    for (path, text) in [
        (&files.checkpoint, &covered.signed),
        (&files.vkey, &covered.vkey),
    ] {
        replace(&Os, path, text.as_bytes()).map_err(io_at(path))?;
    }
    Covered::of(to)?.read(|_| Ok(()))?;
    Ok(Copied {
        checkpoint: covered.checkpoint,
        signed: covered.signed,
        vkey: covered.vkey,
    })
}
