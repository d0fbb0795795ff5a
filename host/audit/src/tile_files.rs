//! The full tiles of the tree, as files beside the journal.
//!
//! They are derived from the records and change nothing about them, so they are not synced: one that is missing or cut
//! short is computed from the records when it is asked for, and each is compared with the records and written again when
//! the log is opened.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_disk::{Disk, How, TMP, parent};
use weft_journal::Journal;

use crate::error::ReadError;
use crate::merkle::{self, Hash};
use crate::tiles::{self, Holds, Tile, WIDTH};

/// The directory of the log, as far as tiles are in it.
#[derive(Debug, Clone)]
pub(crate) struct TileFiles {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

impl TileFiles {
    pub(crate) fn of(disk: Arc<dyn Disk>, dir: &Path) -> TileFiles {
        TileFiles {
            disk,
            dir: dir.to_owned(),
        }
    }

    /// Where a tile is.
    pub(crate) fn path(&self, tile: Tile) -> PathBuf {
        self.dir.join(tile.to_string())
    }

    /// The bytes of a full tile; `None` when it is not there whole.
    pub(crate) fn read(&self, tile: Tile) -> Option<Vec<u8>> {
        let bytes = (WIDTH as usize) * size_of::<Hash>();
        let read = weft_disk::read_small(&*self.disk, &self.path(tile), bytes);
        read.ok().flatten().filter(|read| read.len() == bytes)
    }

    /// Writes a full tile, if it is not there as it should be.
    pub(crate) fn put(&self, tile: Tile, hashes: &[Hash]) -> io::Result<()> {
        let bytes = tiles::bytes_of(hashes);
        if self.read(tile).is_some_and(|there| there == bytes) {
            return Ok(());
        }
        let path = self.path(tile);
        let mut tmp = path.clone().into_os_string();
        tmp.push(TMP);
        let tmp = PathBuf::from(tmp);
        self.write(&tmp, &bytes)
            .and_then(|()| self.disk.rename(&tmp, &path))
            .inspect_err(|_| {
                let _ = self.disk.remove(&tmp);
            })
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = match self.disk.open(path, How::Create) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.create_dirs(parent(path))?;
                self.disk.open(path, How::Create)?
            }
            opened => opened?,
        };
        file.write_all_at(bytes, 0)
    }

    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        if self.disk.exists(dir) {
            return Ok(());
        }
        self.create_dirs(parent(dir))?;
        self.disk.create_dir(dir)
    }

    /// The head over a range of the tree of `size` records, all of which have to be in the journal.
    pub(crate) fn head(
        &self,
        journal: &Journal,
        range: Range<u64>,
        size: u64,
    ) -> Result<Hash, ReadError> {
        tiles::head(range, size, |tile| self.hashes(journal, tile))
    }

    /// The hashes of a tile, full or not: from its file, or from the records, all of which have to be in the journal.
    pub(crate) fn hashes(&self, journal: &Journal, tile: Tile) -> Result<Vec<Hash>, ReadError> {
        if tile.is_full()
            && let Some(bytes) = self.read(tile)
            && let Some(hashes) = tiles::hashes_of(&bytes, tile)
        {
            return Ok(hashes);
        }
        let first = tile.index * WIDTH;
        match tile.holds {
            Holds::Hashes(level @ 1..) => (first..first + tile.width)
                .map(|index| {
                    let below = Tile {
                        holds: Holds::Hashes(level - 1),
                        index,
                        width: WIDTH,
                    };
                    Ok(tiles::over(&self.hashes(journal, below)?))
                })
                .collect(),
            Holds::Hashes(_) | Holds::Records => records(journal, first, tile.width)
                .map(|record| Ok(merkle::leaf_hash(&record?)))
                .collect(),
        }
    }
}

/// So many records from `first` on.
pub(crate) fn records(
    journal: &Journal,
    first: u64,
    count: u64,
) -> impl Iterator<Item = Result<Vec<u8>, ReadError>> {
    journal
        .iter_from(first)
        .take(usize::try_from(count).unwrap_or(usize::MAX))
        .map(|entry| Ok(entry?.1))
}
