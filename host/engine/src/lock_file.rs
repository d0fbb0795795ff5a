//! One process a data directory.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Another process holds the data directory, or the lock cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error(
        "{0} is held by another process: stop the host that runs on this data directory, or name another with --data"
    )]
    Held(PathBuf),
    /// The file cannot be made.
    #[error("{path} cannot be made: {source}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Held as long as it lives; the operating system gives it free when the process ends in any way.
pub(crate) struct LockFile {
    _file: File,
}

impl LockFile {
    pub(crate) fn hold(path: &Path) -> Result<LockFile, LockError> {
        let io = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(LockFile { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held(path.to_owned())),
            Err(errno) => Err(io(errno.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_holder() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("weft.lock");
        let held = LockFile::hold(&path).expect("free");
        assert!(matches!(LockFile::hold(&path), Err(LockError::Held(_))));
        drop(held);
        assert!(LockFile::hold(&path).is_ok());
    }
}
