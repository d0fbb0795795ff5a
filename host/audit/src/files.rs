//! The files of a log's directory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_disk::{Disk, Os};

use crate::tile_files::TileFiles;

/// Where everything is, below the log's directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// On which all of it lies but the store, which sled keeps on the system's.
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    /// The journal.
    pub(crate) log: PathBuf,
    /// The signed checkpoint.
    pub(crate) checkpoint: PathBuf,
    /// The newest checkpoint that witnesses have cosigned.
    pub(crate) cosigned: PathBuf,
    /// Which witnesses have to.
    pub(crate) policy: PathBuf,
    /// The verifier key.
    pub(crate) vkey: PathBuf,
    /// The store, sled's directory.
    pub(crate) store: PathBuf,
    /// The directory of tiles.
    pub(crate) tile_dir: PathBuf,
    /// Sums over the store's files; there while no process has the store open.
    pub(crate) sums: PathBuf,
}

impl Files {
    pub(crate) fn of(dir: &Path) -> Files {
        Files::on(Arc::new(Os), dir)
    }

    pub(crate) fn on(disk: Arc<dyn Disk>, dir: &Path) -> Files {
        Files {
            disk,
            dir: dir.to_owned(),
            log: dir.join("log"),
            checkpoint: dir.join("checkpoint"),
            cosigned: dir.join("cosigned"),
            policy: dir.join("log.policy"),
            vkey: dir.join("log.vkey"),
            store: dir.join("store"),
            tile_dir: dir.join("tile"),
            sums: dir.join("store.sum"),
        }
    }

    /// Entries of the directory that are none of these.
    pub(crate) fn strangers(&self) -> io::Result<Vec<PathBuf>> {
        let ours = [
            &self.log,
            &self.checkpoint,
            &self.cosigned,
            &self.policy,
            &self.vkey,
            &self.store,
            &self.tile_dir,
            &self.sums,
        ];
        let mut found = self.disk.list(&self.dir)?;
        found.retain(|path| !ours.contains(&path));
        found.sort();
        Ok(found)
    }

    /// The full tiles.
    pub(crate) fn tiles(&self) -> TileFiles {
        TileFiles::of(self.disk.clone(), &self.dir)
    }

    /// Replaces one of the small files.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        weft_disk::replace(&*self.disk, path, bytes)
    }

    /// Reads one of the small files, as [`weft_disk::read_small`].
    pub(crate) fn read_small(&self, path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
        weft_disk::read_small(&*self.disk, path, max)
    }

    /// Removes a file; whether it was there.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<bool> {
        weft_disk::remove(&*self.disk, path)
    }
}

/// Bytes that this process may still write to the file system of `dir`, as far as the system says.
pub(crate) fn room(dir: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(dir)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}

/// Removes a directory with all that is in it, if it is there.
pub(crate) fn remove_dir(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
