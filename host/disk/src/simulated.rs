//! A disk in memory that loses power, runs full and fails, all from a seed.
//!
//! What was written and not synced is kept beside what is durable, as it was written. A power cut chooses from it: of each
//! sector of [`SECTOR`] bytes some of the writes to it, the last of them perhaps torn, in no order between sectors; of the
//! sizes of a file one that it had; of the changes to names any. So it does whatever a real disk may do, and more. A sync
//! that fails chooses in the same way and then calls everything clean, as Linux does, so that a later sync succeeds all
//! the same.
//!
//! The same seed and the same calls have the same accidents.

mod content;
mod names;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use crate::{Disk, DiskFile, Held, How};
use content::Content;
use names::{Change, Names, Node};

/// What a disk writes whole or not at all, but for a torn one.
pub const SECTOR: u64 = 512;

/// What goes wrong while there is power: how likely each call is to fail so, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    /// A write takes a part of the bytes, and says how many.
    pub short_write: f64,
    /// A write takes a part of the bytes, and fails.
    pub write_error: f64,
    /// A sync makes a part durable, and fails.
    pub sync_error: f64,
    /// A call that may need room finds none (`ENOSPC`), having taken a part of the bytes.
    pub full: f64,
}

/// How a process ended that used the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was killed; the system goes on, and nothing that it wrote is lost.
    Killed,
    /// With the whole machine.
    PowerCut,
}

/// The disk. A clone is the same disk.
#[derive(Clone)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
}

struct State {
    random: Rng,
    faults: Faults,
    names: Names,
    contents: BTreeMap<u64, Content>,
    next_inode: u64,
    /// Files that were opened before the last end of a process are closed.
    process: u64,
    calls: u64,
    power_until: Option<u64>,
    off: bool,
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated disk")
    }
}

impl Simulated {
    /// An empty disk with its root directory.
    pub fn new(seed: u64) -> Simulated {
        Simulated {
            state: Arc::new(Mutex::new(State {
                random: Rng::with_seed(seed),
                faults: Faults::default(),
                names: Names::default(),
                contents: BTreeMap::new(),
                next_inode: 0,
                process: 0,
                calls: 0,
                power_until: None,
                off: false,
            })),
        }
    }

    /// From now on these accidents happen.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// The power is cut in the call that comes after `calls` more. What that call does is done, but not durable; it and all
    /// that follow fail, until [`Simulated::restart`].
    pub fn cut_power_after(&self, calls: u64) {
        let mut state = self.state();
        state.power_until = Some(state.calls + calls);
    }

    /// Whether the power was cut.
    pub fn is_off(&self) -> bool {
        self.state().off
    }

    /// The process that used the disk is gone, its files are closed, there is power, and nothing fails until it is told
    /// to.
    pub fn restart(&self, ended: Ended) {
        let state = &mut *self.state();
        if ended == Ended::PowerCut {
            state.names.lose_power(&mut state.random);
            let kept = state.names.inodes();
            state.contents.retain(|inode, _| kept.contains(inode));
            for content in state.contents.values_mut() {
                content.lose_power(&mut state.random);
            }
        }
        state.process += 1;
        state.power_until = None;
        state.off = false;
        state.faults = Faults::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_power() -> io::Error {
    io::Error::other("the power is cut")
}

fn broken() -> io::Error {
    io::Error::other("the disk reports an error (EIO)")
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, path.display().to_string())
}

impl State {
    /// Counts a call; whether the power is cut in it.
    fn call(&mut self) -> io::Result<bool> {
        if self.off {
            return Err(no_power());
        }
        self.off = self.power_until.is_some_and(|until| self.calls >= until);
        self.calls += 1;
        Ok(self.off)
    }

    fn happens(&mut self, how_likely: f64) -> bool {
        how_likely > 0.0 && self.random.f64() < how_likely
    }

    /// A call that changes names.
    fn change_names(
        &mut self,
        change: impl FnOnce(&mut Names) -> io::Result<()>,
    ) -> io::Result<()> {
        let cut = self.call()?;
        change(&mut self.names)?;
        if cut { Err(no_power()) } else { Ok(()) }
    }

    fn content(&mut self, inode: u64) -> io::Result<&mut Content> {
        self.contents.get_mut(&inode).ok_or_else(broken)
    }

    fn open(&mut self, path: &Path, how: How) -> io::Result<u64> {
        let cut = self.call()?;
        let inode = match (self.names.get(path), how) {
            (Some(Node::Dir), _) => return Err(io::ErrorKind::IsADirectory.into()),
            (Some(Node::File(inode)), How::Create) => {
                self.content(inode)?.set_size(0);
                inode
            }
            (Some(Node::File(inode)), _) => inode,
            (None, How::Create) => {
                if self.happens(self.faults.full) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                let inode = self.next_inode;
                self.names
                    .change(Change::Put(path.to_owned(), Node::File(inode)))?;
                self.next_inode += 1;
                self.contents.insert(inode, Content::default());
                inode
            }
            (None, _) => return Err(missing(path)),
        };
        if cut { Err(no_power()) } else { Ok(inode) }
    }

    fn write(&mut self, inode: u64, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let cut = self.call()?;
        let refusal = if self.happens(self.faults.write_error) {
            Some(broken())
        } else if self.happens(self.faults.full) {
            Some(io::ErrorKind::StorageFull.into())
        } else {
            None
        };
        let in_part = refusal.is_some() || self.happens(self.faults.short_write);
        let written = match bytes.len() {
            len if in_part && len > 0 => {
                let least = usize::from(refusal.is_none());
                self.random.usize(least..=len)
            }
            len => len,
        };
        self.content(inode)?.write(&bytes[..written], offset);
        match refusal {
            Some(error) => Err(error),
            None if cut => Err(no_power()),
            None => Ok(written),
        }
    }

    fn set_size(&mut self, inode: u64, bytes: u64) -> io::Result<()> {
        let cut = self.call()?;
        self.content(inode)?.set_size(bytes);
        if cut { Err(no_power()) } else { Ok(()) }
    }

    fn allocate(&mut self, inode: u64, end: u64) -> io::Result<()> {
        let cut = self.call()?;
        if self.happens(self.faults.full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let content = self.content(inode)?;
        if content.size() < end {
            content.set_size(end);
        }
        if cut { Err(no_power()) } else { Ok(()) }
    }

    fn sync(&mut self, inode: u64) -> io::Result<()> {
        if self.call()? {
            return Err(no_power());
        }
        let fails = self.happens(self.faults.sync_error);
        let random = &mut self.random;
        let content = self.contents.get_mut(&inode).ok_or_else(broken)?;
        if fails {
            content.fail_sync(random);
            return Err(broken());
        }
        content.sync();
        Ok(())
    }

    fn sync_dir(&mut self, dir: &Path) -> io::Result<()> {
        if self.call()? {
            return Err(no_power());
        }
        if self.happens(self.faults.sync_error) {
            return Err(broken());
        }
        self.names.sync(dir)
    }
}

impl Disk for Simulated {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.state().change_names(|names| match names.get(dir) {
            Some(Node::Dir) => Ok(()),
            Some(Node::File(_)) => Err(io::ErrorKind::AlreadyExists.into()),
            None => names.change(Change::Put(dir.to_owned(), Node::Dir)),
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let mut state = self.state();
        if state.call()? {
            return Err(no_power());
        }
        state.names.list(dir)
    }

    fn exists(&self, path: &Path) -> bool {
        self.state().names.get(path).is_some()
    }

    fn open(&self, path: &Path, how: How) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let inode = state.open(path, how)?;
        Ok(Arc::new(SimulatedFile {
            disk: self.clone(),
            inode,
            process: state.process,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().change_names(|names| {
            let node = names.get(from).ok_or_else(|| missing(from))?;
            names.change(Change::Move(from.to_owned(), to.to_owned(), node))
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().change_names(|names| match names.get(path) {
            Some(Node::File(_)) => names.change(Change::Take(path.to_owned())),
            Some(Node::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(missing(path)),
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.state().sync_dir(dir)
    }

    fn lock(&self, _: &Path) -> io::Result<Option<Held>> {
        Ok(Some(Held { _dir: None }))
    }
}

struct SimulatedFile {
    disk: Simulated,
    inode: u64,
    process: u64,
}

impl SimulatedFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.process == self.process {
            Ok(state)
        } else {
            Err(io::Error::other(
                "the process that opened this file is gone",
            ))
        }
    }
}

impl DiskFile for SimulatedFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.state()?.content(self.inode)?.size())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state()?;
        if state.call()? {
            return Err(no_power());
        }
        Ok(state.content(self.inode)?.read(bytes, offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.state()?.write(self.inode, bytes, offset)
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.state()?.set_size(self.inode, bytes)
    }

    fn allocate(&self, from: u64, bytes: u64) -> io::Result<()> {
        self.state()?.allocate(self.inode, from + bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.state()?.sync(self.inode)
    }

    fn sync(&self) -> io::Result<()> {
        self.state()?.sync(self.inode)
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.state()?.content(self.inode)?.drop_cache();
        Ok(())
    }
}
