//! The tree and the records in pieces that never change once they are full: C2SP `tlog-tiles`.
//!
//! A tile holds up to 256 hashes of one level; each is the head over 256 to the power of the level records (RFC 6962,
//! section 2.1), so only full tiles have a hash in the level above. An entry bundle holds the records under a tile of
//! level 0, each behind its length in two bytes.
//!
//! [`Growing`] makes tiles from leaf hashes, [`head`] computes from tiles what proofs are made of.

use std::fmt;
use std::ops::Range;

use crate::merkle::{self, Hash, Tree};

/// Hashes of a full tile, records of a full bundle.
pub const WIDTH: u64 = 256;
/// Levels above one another in the tallest tree: 256 to the power of 8 is more than any index.
const LEVELS: u8 = 8;
/// A tile's subtree has so many levels of the tree.
const HEIGHT: u32 = WIDTH.trailing_zeros();

/// What a piece holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// Hashes of this level.
    Hashes(u8),
    /// Records.
    Records,
}

/// Which piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub holds: Holds,
    /// Its number within its level.
    pub index: u64,
    /// How many hashes or records, from 1 to [`WIDTH`]; fewer than that make it partial.
    pub width: u64,
}

impl Tile {
    /// The piece `index` of a tree of `size` records; `None` when there is nothing in it.
    pub fn of(holds: Holds, index: u64, size: u64) -> Option<Tile> {
        let level = match holds {
            Holds::Hashes(level) => level,
            Holds::Records => 0,
        };
        let there = size.checked_shr(HEIGHT * u32::from(level)).unwrap_or(0);
        let width = there.checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        (width > 0).then_some(Tile {
            holds,
            index,
            width,
        })
    }

    /// Whether nothing can be added to it.
    pub fn is_full(&self) -> bool {
        self.width == WIDTH
    }

    /// All pieces of a tree of `size` records: level by level, then the bundles.
    pub fn all(size: u64) -> impl Iterator<Item = Tile> {
        (0..LEVELS)
            .map(Holds::Hashes)
            .chain([Holds::Records])
            .flat_map(move |holds| (0..).map_while(move |index| Tile::of(holds, index, size)))
    }

    /// The piece that a path names: `tile/0/x001/234`, `tile/entries/000.p/17`. Only the one form that [`Tile`] is
    /// written in.
    pub fn parse(path: &str) -> Option<Tile> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let holds = match level {
            "entries" => Holds::Records,
            level => Holds::Hashes(level.parse().ok().filter(|level| *level < LEVELS)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|w| *w < WIDTH)?),
            None => (rest, WIDTH),
        };
        let mut index: u64 = 0;
        for part in number.split('/') {
            let digits: u64 = part.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1_000)?.checked_add(digits)?;
        }
        let tile = Tile {
            holds,
            index,
            width,
        };
        (width > 0 && tile.to_string() == path).then_some(tile)
    }
}

/// The path below a log's prefix.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holds {
            Holds::Hashes(level) => write!(f, "tile/{level}/")?,
            Holds::Records => f.write_str("tile/entries/")?,
        }
        let mut above = Vec::new();
        let mut rest = self.index / 1_000;
        while rest > 0 {
            above.push(rest % 1_000);
            rest /= 1_000;
        }
        for part in above.iter().rev() {
            write!(f, "x{part:03}/")?;
        }
        write!(f, "{:03}", self.index % 1_000)?;
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

/// A level that grows.
#[derive(Debug, Clone, Default)]
struct Level {
    /// Tiles that are full.
    full: u64,
    /// The hashes of the one that is not.
    hashes: Vec<Hash>,
}

/// The tiles of a tree that grows by one leaf at a time: those that are not full yet.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    levels: Vec<Level>,
}

impl Growing {
    /// Adds the hash of a leaf; `full` gets each tile that is full by it, the lowest first.
    pub fn push<E>(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(Tile, &[Hash]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Level::default());
            }
            let here = &mut self.levels[usize::from(level)];
            here.hashes.push(hash);
            if (here.hashes.len() as u64) < WIDTH {
                return Ok(());
            }
            let tile = Tile {
                holds: Holds::Hashes(level),
                index: here.full,
                width: WIDTH,
            };
            full(tile, &here.hashes)?;
            hash = over(&here.hashes);
            here.full += 1;
            here.hashes.clear();
        }
        Ok(())
    }

    /// The tiles that are partial.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        (0..)
            .zip(&self.levels)
            .filter(|(_, level)| !level.hashes.is_empty())
            .map(|(number, level)| {
                let tile = Tile {
                    holds: Holds::Hashes(number),
                    index: level.full,
                    width: level.hashes.len() as u64,
                };
                (tile, level.hashes.as_slice())
            })
    }
}

/// The head over hashes of one level.
pub(crate) fn over(hashes: &[Hash]) -> Hash {
    let mut tree = Tree::default();
    for hash in hashes {
        tree.push(*hash);
    }
    tree.root()
}

/// The head over a range of the records of a tree of `size`, as [`merkle::inclusion`] and [`merkle::consistency`] ask
/// for it. `tile` gives the hashes of a tile of that tree, or of the full tile in place of a partial one.
pub fn head<E>(
    range: Range<u64>,
    size: u64,
    mut tile: impl FnMut(Tile) -> Result<Vec<Hash>, E>,
) -> Result<Hash, E> {
    let mut subtrees = Vec::new();
    let mut at = range.start;
    while at < range.end {
        // The largest whole subtree that begins here.
        let height = (range.end - at).ilog2().min(at.trailing_zeros());
        subtrees.push(subtree(at, height, size, &mut tile)?);
        at += 1 << height;
    }
    let mut from_right = subtrees.into_iter().rev();
    Ok(match from_right.next() {
        None => Tree::default().root(),
        Some(last) => from_right.fold(last, |right, left| merkle::node_hash(&left, &right)),
    })
}

/// The head over 2 to the power of `height` records from `at` on.
fn subtree<E>(
    at: u64,
    height: u32,
    size: u64,
    tile: &mut impl FnMut(Tile) -> Result<Vec<Hash>, E>,
) -> Result<Hash, E> {
    let level = height / HEIGHT;
    let first = at >> (HEIGHT * level);
    let holds = Holds::Hashes(u8::try_from(level).unwrap_or(LEVELS));
    let Some(wanted) = Tile::of(holds, first / WIDTH, size) else {
        unreachable!("a range lies within its tree")
    };
    let hashes = tile(wanted)?;
    let from = (first % WIDTH) as usize;
    Ok(over(&hashes[from..from + (1 << (height % HEIGHT))]))
}

/// Hashes as they lie in a tile.
pub fn bytes_of(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// The hashes in a tile's bytes; `None` when these are not a tile of so many.
pub fn hashes_of(bytes: &[u8], tile: Tile) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks();
    (rest.is_empty() && hashes.len() as u64 == tile.width).then(|| hashes.to_vec())
}

/// Adds a record to a bundle. A record is no longer than two bytes can say: [`crate::limits::MAX_RECORD_BYTES`].
pub fn add_record(bundle: &mut Vec<u8>, record: &[u8]) {
    debug_assert!(record.len() <= usize::from(u16::MAX), "it is in a journal");
    bundle.extend_from_slice(&(record.len() as u16).to_be_bytes());
    bundle.extend_from_slice(record);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn tile(holds: Holds, index: u64, width: u64) -> Tile {
        Tile {
            holds,
            index,
            width,
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        for (path, wanted) in [
            (
                "tile/0/x001/x234/067",
                tile(Holds::Hashes(0), 1_234_067, 256),
            ),
            ("tile/1/000.p/17", tile(Holds::Hashes(1), 0, 17)),
            ("tile/entries/x001/000", tile(Holds::Records, 1_000, 256)),
            ("tile/entries/999.p/255", tile(Holds::Records, 999, 255)),
        ] {
            assert_eq!(wanted.to_string(), path);
            assert_eq!(Tile::parse(path), Some(wanted));
        }
        for other in [
            "tile/0/1",
            "tile/0/0001",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001/x001",
            "tile/00/001",
            "tile/8/000",
            "tile/entries/000.p/0",
            "tile/entries/000.p/256",
            "tile/entries/000.p/01",
            "tile/entries/000/",
            "tile/entries/../000",
            "tile/0/+01",
            "/tile/0/001",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "checkpoint",
            "",
        ] {
            assert_eq!(Tile::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_of_the_specifications_example() {
        let mut counts: BTreeMap<Holds, (u64, Vec<u64>)> = BTreeMap::new();
        for tile in Tile::all(70_000) {
            let (full, partial) = counts.entry(tile.holds).or_default();
            if tile.is_full() {
                *full += 1;
            } else {
                partial.push(tile.width);
            }
        }
        let wanted = BTreeMap::from([
            (Holds::Hashes(0), (273, vec![112])),
            (Holds::Hashes(1), (1, vec![17])),
            (Holds::Hashes(2), (0, vec![1])),
            (Holds::Records, (273, vec![112])),
        ]);
        assert_eq!(counts, wanted);
        assert_eq!(Tile::all(0).count(), 0);
        assert_eq!(
            Tile::of(Holds::Hashes(7), 0, u64::MAX).map(|t| t.width),
            Some(255)
        );
    }

    /// The leaves and all tiles of a tree.
    fn grown(size: u64) -> (Vec<Hash>, BTreeMap<Tile, Vec<Hash>>) {
        let leaves: Vec<Hash> = (0..size)
            .map(|n| merkle::leaf_hash(&n.to_be_bytes()))
            .collect();
        let mut tiles = BTreeMap::new();
        let mut growing = Growing::default();
        for leaf in &leaves {
            let Ok(()) = growing.push(*leaf, |tile, hashes| {
                tiles.insert(tile, hashes.to_vec());
                Ok::<_, Infallible>(())
            });
        }
        for (tile, hashes) in growing.partial() {
            tiles.insert(tile, hashes.to_vec());
        }
        (leaves, tiles)
    }

    #[test]
    fn what_grows_is_all_that_a_tree_has() {
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537] {
            let (_, tiles) = grown(size);
            let wanted = Tile::all(size).filter(|tile| tile.holds != Holds::Records);
            assert!(tiles.keys().copied().eq(wanted), "{size}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn proofs_from_tiles_are_those_from_leaves(
            size in 1u64..70_000,
            index in any::<prop::sample::Index>(),
            old in any::<prop::sample::Index>(),
        ) {
            let (leaves, tiles) = grown(size);
            let from_leaves = |range: Range<u64>| {
                Ok::<_, Infallible>(over(&leaves[range.start as usize..range.end as usize]))
            };
            let from_tiles = |range| head(range, size, |tile| Ok::<_, Infallible>(tiles[&tile].clone()));
            prop_assert_eq!(from_tiles(0..size), from_leaves(0..size));
            let index = index.index(leaves.len()) as u64;
            prop_assert_eq!(
                merkle::inclusion(index, size, from_tiles),
                merkle::inclusion(index, size, from_leaves)
            );
            let old = old.index(leaves.len()) as u64 + 1;
            prop_assert_eq!(
                merkle::consistency(old, size, from_tiles),
                merkle::consistency(old, size, from_leaves)
            );
        }
    }
}
