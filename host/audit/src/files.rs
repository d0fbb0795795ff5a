//! The files of a log's directory, and writing small ones so that they are whole or not there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where everything is, below the log's directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) dir: PathBuf,
    /// The journal.
    pub(crate) log: PathBuf,
    /// The signed checkpoint.
    pub(crate) checkpoint: PathBuf,
    /// The verifier key.
    pub(crate) vkey: PathBuf,
    /// The store, sled's directory.
    pub(crate) store: PathBuf,
    /// Sums over the store's files; there while no process has the store open.
    pub(crate) sums: PathBuf,
}

/// What is appended to a name while the file is being written.
pub(crate) const TMP: &str = ".tmp";

impl Files {
    pub(crate) fn of(dir: &Path) -> Files {
        Files {
            dir: dir.to_owned(),
            log: dir.join("log"),
            checkpoint: dir.join("checkpoint"),
            vkey: dir.join("log.vkey"),
            store: dir.join("store"),
            sums: dir.join("store.sum"),
        }
    }

    /// Entries of the directory that are none of these.
    pub(crate) fn strangers(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if ![
                &self.log,
                &self.checkpoint,
                &self.vkey,
                &self.store,
                &self.sums,
            ]
            .contains(&&path)
            {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Replaces a file: temporary name, `fsync`, rename, `fsync` of the directory.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut tmp = path.as_os_str().to_owned();
    tmp.push(TMP);
    let tmp = PathBuf::from(tmp);
    if let Err(error) = write(&tmp, bytes) {
        // What was written of it takes room, and may be why there is none.
        let _ = std::fs::remove_file(&tmp);
        return Err(error);
    }
    std::fs::rename(&tmp, path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Bytes that this process may still write to the file system of `dir`, as far as the system says.
pub(crate) fn room(dir: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(dir)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}

/// A small file; `None` when it is not there. One that is larger than `max` comes back cut behind `max`.
pub(crate) fn read_small(path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a directory with all that is in it, if it is there.
pub(crate) fn remove_dir(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
