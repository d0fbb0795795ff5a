//! Whether a data directory is whole.
//!
//! Keys, vault and log belong together: a log without its keys cannot be read, tokens without their vault
//! lead nowhere, and a host that began a new log beside old keys would sign a second history. When the first
//! start has made all of them it leaves a mark; from then on a part that is missing is told and not made
//! anew.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The mark.
const MARK: &str = "weft.data";
const FORM: &[u8] = b"weft data 1: keys.weft, vault and audit/log belong together\n";
/// What has to be there.
const PARTS: [&str; 3] = ["keys.weft", "vault", "audit/log"];

/// A part of a data directory is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is missing, and the rest of the data directory is there: restore it from a copy; to begin anew, name another directory with --data",
    .0.display()
)]
pub struct Incomplete(pub PathBuf);

/// Refuses a directory that was whole once and is not any more.
pub(crate) fn check(data: &Path) -> Result<(), Incomplete> {
    if !data.join(MARK).exists() {
        return Ok(());
    }
    match PARTS
        .iter()
        .map(|part| data.join(part))
        .find(|p| !p.exists())
    {
        Some(missing) => Err(Incomplete(missing)),
        None => Ok(()),
    }
}

/// All parts are there: leaves the mark, durably.
pub(crate) fn mark(data: &Path) -> io::Result<()> {
    let path = data.join(MARK);
    if path.exists() {
        return Ok(());
    }
    let new = data.join(format!("{MARK}.tmp"));
    let mut file = File::create(&new)?;
    file.write_all(FORM)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_goes_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path();
        assert_eq!(check(data), Ok(()), "a new directory");
        for part in PARTS {
            fs::create_dir_all(data.join(part)).expect("made");
        }
        mark(data).expect("marked");
        assert_eq!(check(data), Ok(()));
        for part in PARTS {
            fs::remove_dir(data.join(part)).expect("removed");
            assert_eq!(check(data), Err(Incomplete(data.join(part))));
            fs::create_dir(data.join(part)).expect("made");
        }
    }
}
