//! What an open log shows to those who verify it: checkpoints, proofs, tiles.

use std::sync::atomic::Ordering;

use super::{Log, lock};
use crate::checkpoint::Checkpoint;
use crate::error::ReadError;
use crate::merkle::{self, Hash};
use crate::proof::Proof;
use crate::tile_files;
use crate::tiles::{self, Holds, Tile};

impl Log {
    /// The newest checkpoint as others are shown it (C2SP `signed-note`), and what it says: with the cosignatures of the
    /// witnesses (`tlog-cosignature`), where the log has witnesses and enough of them have cosigned one.
    pub fn signed(&self) -> Result<(String, Checkpoint), ReadError> {
        match lock(&self.shared.cosigning.note).clone() {
            Some(cosigned) => Ok(cosigned),
            None => self.shared.signed(),
        }
    }

    /// How many records a checkpoint covers that enough witnesses have cosigned; `None` when there is none.
    pub fn cosigned(&self) -> Option<u64> {
        let note = lock(&self.shared.cosigning.note);
        note.as_ref().map(|(_, checkpoint)| checkpoint.size)
    }

    /// How often in a row, until now, too few witnesses have cosigned the newest checkpoint.
    pub fn not_cosigned(&self) -> u64 {
        self.shared.cosigning.failures.load(Ordering::Relaxed)
    }

    /// That record `index` is in the log, for who has the key and nothing else of it (C2SP `tlog-proof`): under a cosigned
    /// checkpoint, if there is one that covers it. `None` when the newest checkpoint does not cover it yet.
    pub fn proof(&self, index: u64) -> Result<Option<Proof>, ReadError> {
        let mut signed = self.signed()?;
        if signed.1.size <= index {
            signed = self.shared.signed()?;
        }
        let (note, checkpoint) = signed;
        Ok(self.inclusion(index, checkpoint.size)?.map(|hashes| Proof {
            index,
            hashes,
            note,
        }))
    }

    /// The tree's head over the first `size` records. `None` when there are not so many.
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        (size <= self.len())
            .then(|| self.head(0..size, size))
            .transpose()
    }

    /// A proof that record `index` is in the tree of `size` records.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        if size > self.len() {
            return Ok(None);
        }
        merkle::inclusion(index, size, |range| self.head(range, size))
    }

    /// A proof that the tree of `size` records begins with the tree of `old` records.
    pub fn consistency(&self, old: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        if size > self.len() {
            return Ok(None);
        }
        merkle::consistency(old, size, |range| self.head(range, size))
    }

    /// A piece of the tree or of the records, as C2SP `tlog-tiles` has it. `None` when the newest checkpoint does not cover
    /// so much.
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, ReadError> {
        let there = Tile::of(tile.holds, tile.index, self.checkpoint().size);
        if there.is_none_or(|there| there.width < tile.width) {
            return Ok(None);
        }
        let journal = &self.shared.journal;
        if tile.holds != Holds::Records {
            let hashes = self.shared.files.tiles().hashes(journal, tile)?;
            return Ok(Some(tiles::bytes_of(&hashes)));
        }
        let mut bundle = Vec::new();
        for record in tile_files::records(journal, tile.index * tiles::WIDTH, tile.width) {
            tiles::add_record(&mut bundle, &record?);
        }
        Ok(Some(bundle))
    }

    /// The head over a range of the tree of `size` records.
    fn head(&self, range: std::ops::Range<u64>, size: u64) -> Result<Hash, ReadError> {
        let files = self.shared.files.tiles();
        files.head(&self.shared.journal, range, size)
    }
}
