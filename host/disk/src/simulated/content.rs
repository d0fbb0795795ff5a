//! What is in a file on a simulated disk.

use std::collections::BTreeMap;
use std::ops::Range;

use fastrand::Rng;

use super::SECTOR;

enum Change {
    Size(u64),
    Write { at: u64, bytes: Vec<u8> },
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Size(bytes) => resize(content, *bytes),
            Change::Write { at, bytes } => put(content, *at, bytes),
        }
    }
}

#[derive(Default)]
pub(super) struct Content {
    /// What a process reads.
    now: Vec<u8>,
    durable: Vec<u8>,
    /// What leads from one to the other, oldest first.
    changes: Vec<Change>,
}

/// How much of the changes a power cut keeps.
enum Keeps {
    Nothing,
    Everything,
    /// Sector by sector.
    Some,
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        self.now.len() as u64
    }

    pub(super) fn read(&self, bytes: &mut [u8], offset: u64) -> usize {
        let Some(there) = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.now.get(offset..))
        else {
            return 0;
        };
        let count = there.len().min(bytes.len());
        bytes[..count].copy_from_slice(&there[..count]);
        count
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        if end > self.size() {
            self.set_size(end);
        }
        put(&mut self.now, offset, bytes);
        self.changes.push(Change::Write {
            at: offset,
            bytes: bytes.to_vec(),
        });
    }

    pub(super) fn set_size(&mut self, bytes: u64) {
        resize(&mut self.now, bytes);
        self.changes.push(Change::Size(bytes));
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.changes) {
            change.apply(&mut self.durable);
        }
    }

    pub(super) fn drop_cache(&mut self) {
        self.now.clone_from(&self.durable);
        for change in &self.changes {
            change.apply(&mut self.now);
        }
    }

    /// Some of the changes are durable, the others are forgotten: from now on the file is what is durable.
    pub(super) fn lose_power(&mut self, random: &mut Rng) {
        self.settle(random);
        self.now.clone_from(&self.durable);
    }

    /// Some of the changes are durable, the others are taken for durable. A size is no content: a file system keeps it
    /// in order by its own journal.
    pub(super) fn fail_sync(&mut self, random: &mut Rng) {
        self.settle(random);
        let bytes = self.size();
        resize(&mut self.durable, bytes);
    }

    fn settle(&mut self, random: &mut Rng) {
        let keeps = match random.u8(0..4) {
            0 => Keeps::Nothing,
            1 => Keeps::Everything,
            _ => Keeps::Some,
        };
        match keeps {
            Keeps::Nothing => self.changes.clear(),
            Keeps::Everything => self.sync(),
            Keeps::Some => self.keep_some(random),
        }
    }

    fn keep_some(&mut self, random: &mut Rng) {
        let changes = std::mem::take(&mut self.changes);
        let sizes = changes
            .iter()
            .filter(|change| matches!(change, Change::Size(_)))
            .count();
        let mut sizes_left = random.usize(0..=sizes);
        let mut left = writes_kept(&changes, random);
        for change in &changes {
            match change {
                Change::Size(bytes) if sizes_left > 0 => {
                    sizes_left -= 1;
                    resize(&mut self.durable, *bytes);
                }
                Change::Size(_) => {}
                Change::Write { at, bytes } => {
                    for (sector, part) in sectors(*at, bytes.len() as u64) {
                        let Some(kept) = left.get_mut(&sector).filter(|kept| kept.writes > 0)
                        else {
                            continue;
                        };
                        kept.writes -= 1;
                        let mut piece = &bytes[part.clone()];
                        if kept.writes == 0 && kept.torn {
                            piece = &piece[..random.usize(0..piece.len())];
                        }
                        put(&mut self.durable, at + part.start as u64, piece);
                    }
                }
            }
        }
    }
}

struct Kept {
    writes: usize,
    torn: bool,
}

/// How many of the writes to each sector, the oldest first.
fn writes_kept(changes: &[Change], random: &mut Rng) -> BTreeMap<u64, Kept> {
    let mut writes: BTreeMap<u64, usize> = BTreeMap::new();
    for change in changes {
        if let Change::Write { at, bytes } = change {
            for (sector, _) in sectors(*at, bytes.len() as u64) {
                *writes.entry(sector).or_default() += 1;
            }
        }
    }
    writes
        .into_iter()
        .map(|(sector, count)| {
            let kept = Kept {
                writes: random.usize(0..=count),
                torn: random.u8(0..8) == 0,
            };
            (sector, kept)
        })
        .collect()
}

/// The sectors that a write touches, each with its part of the bytes.
fn sectors(at: u64, len: u64) -> impl Iterator<Item = (u64, Range<usize>)> {
    let end = at + len;
    (at / SECTOR..end.div_ceil(SECTOR)).map(move |sector| {
        let from = (sector * SECTOR).max(at) - at;
        let to = ((sector + 1) * SECTOR).min(end) - at;
        (sector, from as usize..to as usize)
    })
}

fn resize(content: &mut Vec<u8>, bytes: u64) {
    content.resize(bytes as usize, 0);
}

/// What lies behind the end is lost.
fn put(content: &mut [u8], at: u64, bytes: &[u8]) {
    let Some(room) = content.get_mut(at as usize..) else {
        return;
    };
    let count = bytes.len().min(room.len());
    room[..count].copy_from_slice(&bytes[..count]);
}
