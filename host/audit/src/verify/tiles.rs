//! Tiles compared with the records.

use std::path::{Path, PathBuf};

use crate::files::Files;
use crate::limits::MAX_DAMAGE;
use crate::merkle::Hash;
use crate::tile_files::TileFiles;
use crate::tiles::{self, Growing, Tile};

use super::{Damage, Remedy, Report, TMP};

/// Grows with the records, and looks at each file of a tile that is full.
pub(super) struct TileVerifier {
    files: TileFiles,
    dir: PathBuf,
    growing: Growing,
    /// Bounded as what a report lists.
    missing: Vec<PathBuf>,
}

impl TileVerifier {
    pub(super) fn begin(files: &Files) -> TileVerifier {
        TileVerifier {
            files: files.tiles(),
            dir: files.tile_dir.clone(),
            growing: Growing::default(),
            missing: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, leaf: Hash, report: &mut Report) {
        let TileVerifier {
            files,
            growing,
            missing,
            ..
        } = self;
        let Ok(()) = growing.push(leaf, |tile, hashes| {
            check(files, tile, hashes, missing, report);
            Ok::<_, std::convert::Infallible>(())
        });
    }

    /// What is missing, and what is no tile of a log of `size` records. Only a host that was stopped has written all.
    pub(super) fn finish(self, size: u64, report: &mut Report) {
        // Of what records should there be tiles, when some are missing?
        if report.is_running || report.is_refused() {
            return;
        }
        if report.closed_cleanly {
            for path in &self.missing {
                let what = "the tile is missing";
                report.note(Damage::file(path, what, Remedy::NextStart));
            }
        }
        self.strangers(&self.dir, size, report);
    }

    fn strangers(&self, dir: &Path, size: u64, report: &mut Report) {
        let Ok(entries) = std::fs::read_dir(dir) else {
            return;
        };
        let mut found: Vec<(PathBuf, bool)> = entries
            .flatten()
            .map(|entry| {
                // A link is no directory of ours.
                let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
                (entry.path(), is_dir)
            })
            .collect();
        found.sort();
        for (path, is_dir) in found {
            if is_dir {
                self.strangers(&path, size, report);
                continue;
            }
            let is_tile = path
                .strip_prefix(self.dir.parent().unwrap_or(Path::new("")))
                .ok()
                .and_then(|name| Tile::parse(name.to_str()?))
                .filter(Tile::is_full)
                .is_some_and(|tile| Tile::of(tile.holds, tile.index, size) == Some(tile));
            if is_tile {
                continue;
            }
            let (what, remedy) = if path.to_string_lossy().ends_with(TMP) {
                ("left over by a crash", Remedy::NextStart)
            } else {
                ("this file is no tile of the log", Remedy::Remove)
            };
            report.note(Damage::file(&path, what, remedy));
        }
    }
}

fn check(
    files: &TileFiles,
    tile: Tile,
    hashes: &[Hash],
    missing: &mut Vec<PathBuf>,
    report: &mut Report,
) {
    let path = files.path(tile);
    match std::fs::read(&path) {
        Ok(found) => {
            let wanted = tiles::bytes_of(hashes);
            if found != wanted {
                let same = found
                    .iter()
                    .zip(&wanted)
                    .take_while(|(a, b)| a == b)
                    .count();
                let what = "the tile is not the hash of the records";
                let damage = Damage::at(&path, same as u64, None, what, Remedy::NextStart);
                report.note(damage);
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if missing.len() <= MAX_DAMAGE {
                missing.push(path);
            }
        }
        Err(error) => {
            let what = format!("the tile cannot be read: {error}");
            report.note(Damage::file(&path, what, Remedy::NextStart));
        }
    }
}
