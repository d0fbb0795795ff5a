//! The names on a simulated disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::parent;

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Dir,
    File(u64),
}

/// One change, which a power cut keeps or loses as a whole.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Put(PathBuf, Node),
    Take(PathBuf),
    /// From, to, and what has the name.
    Move(PathBuf, PathBuf, Node),
}

impl Change {
    /// The directory with which it becomes durable.
    fn dir(&self) -> &Path {
        match self {
            Change::Put(path, _) | Change::Take(path) | Change::Move(_, path, _) => parent(path),
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        match self {
            Change::Put(path, node) => {
                names.insert(path.clone(), *node);
            }
            Change::Take(path) => {
                names.remove(path);
            }
            Change::Move(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

pub(super) struct Names {
    now: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    /// What leads from one to the other, oldest first.
    changes: Vec<Change>,
}

impl Default for Names {
    fn default() -> Self {
        let root = BTreeMap::from([(PathBuf::from("/"), Node::Dir)]);
        Names {
            now: root.clone(),
            durable: root,
            changes: Vec::new(),
        }
    }
}

impl Names {
    pub(super) fn get(&self, path: &Path) -> Option<Node> {
        self.now.get(path).copied()
    }

    pub(super) fn change(&mut self, change: Change) -> io::Result<()> {
        self.is_dir(change.dir())?;
        change.apply(&mut self.now);
        self.changes.push(change);
        Ok(())
    }

    pub(super) fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        self.is_dir(dir)?;
        let inside = self.now.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.cloned().collect())
    }

    pub(super) fn sync(&mut self, dir: &Path) -> io::Result<()> {
        self.is_dir(dir)?;
        let (durable, later) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(|change| change.dir() == dir);
        self.changes = later;
        for change in durable {
            Change::apply(&change, &mut self.durable);
        }
        Ok(())
    }

    /// Of the changes that are not durable any are, each by itself. What lies in a directory without a name is gone.
    pub(super) fn lose_power(&mut self, random: &mut Rng) {
        for change in std::mem::take(&mut self.changes) {
            if random.bool() {
                change.apply(&mut self.durable);
            }
        }
        let there = self.durable.clone();
        self.durable.retain(|path, _| {
            path.ancestors()
                .skip(1)
                .all(|above| there.get(above) == Some(&Node::Dir))
        });
        self.now = self.durable.clone();
    }

    pub(super) fn inodes(&self) -> BTreeSet<u64> {
        self.now
            .values()
            .filter_map(|node| match node {
                Node::File(inode) => Some(*inode),
                Node::Dir => None,
            })
            .collect()
    }

    fn is_dir(&self, path: &Path) -> io::Result<()> {
        match self.get(path) {
            Some(Node::Dir) => Ok(()),
            Some(Node::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(super::missing(path)),
        }
    }
}
