//! The tree as it grows, and the files of its tiles.

use weft_journal::Journal;

use crate::limits::MAX_MISSING_TILES;
use crate::merkle::{Hash, Tree};
use crate::tile_files::TileFiles;
use crate::tiles::{Growing, Tile};

/// The tree over all records that were pushed.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    growing: Growing,
    files: TileFiles,
    /// Tiles that could not be written: there was no room, say.
    missing: Vec<Tile>,
    /// Whether that was told.
    told: bool,
}

impl Grown {
    pub(crate) fn new(files: TileFiles) -> Grown {
        Grown {
            tree: Tree::default(),
            growing: Growing::default(),
            files,
            missing: Vec::new(),
            told: false,
        }
    }

    /// Adds a record, and writes the tiles that are full by it.
    pub(crate) fn push(&mut self, leaf: Hash) {
        self.tree.push(leaf);
        let Grown {
            growing,
            files,
            missing,
            told,
            ..
        } = self;
        let Ok(()) = growing.push(leaf, |tile, hashes| {
            if !put(files, tile, hashes, told) && missing.len() < MAX_MISSING_TILES {
                missing.push(tile);
            }
            Ok::<_, std::convert::Infallible>(())
        });
    }

    /// Writes the tiles that could not be written before; more of them than are remembered wait for the next start.
    pub(crate) fn write_missing(&mut self, journal: &Journal) {
        let Grown {
            files,
            missing,
            told,
            ..
        } = self;
        while let Some(tile) = missing.last() {
            let written = match files.hashes(journal, *tile) {
                Ok(hashes) => put(files, *tile, &hashes, told),
                // Who reads this record is told of it.
                Err(_) => false,
            };
            if !written {
                return;
            }
            missing.pop();
        }
        if std::mem::take(told) {
            tracing::warn!("tiles of the audit log are written again");
        }
    }
}

/// Whether it is written. The first time that one is not, it is told.
fn put(files: &TileFiles, tile: Tile, hashes: &[Hash], told: &mut bool) -> bool {
    let Err(error) = files.put(tile, hashes) else {
        return true;
    };
    if !std::mem::replace(told, true) {
        let file = files.path(tile);
        tracing::warn!(file = %file.display(), %error, "a tile of the audit log could not be written; until it is, it is computed from the records");
    }
    false
}
