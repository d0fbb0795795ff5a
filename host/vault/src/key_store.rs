//! The key journal on the disk, and how it is carried over into a new epoch while the host works.
//!
//! Each epoch has a journal of its own, in `keys-<epoch>`. To begin a new epoch:
//!
//! 1. new region and tenant keys are made, in memory, and a new journal; from now on every entry goes into both;
//! 2. every subject is carried over, its key wrapped anew; what is erased, linked and held goes with it;
//! 3. when all of that is durable, the ring is replaced: at that instant the new epoch counts and the old keys are
//!    gone; the old journal is deleted.
//!
//! A process that ends before step 3 leaves a ring that names the old epoch and a new journal that nobody can read:
//! the next start deletes it. One that ends after it leaves an old journal that nobody can read: the same. Nobody
//! waits while this goes on; a request waits for both journals instead of one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use weft_journal::{AppendError, Appended};

use crate::entry::Entry;
use crate::epoch::{Epoch, WrappedEpoch};
use crate::error::VaultError;
use crate::index::lock;
use crate::limits::{CARRIED_AT_ONCE, KEY_SEGMENT_BYTES};
use crate::ring::Ring;
use crate::row::What;
use crate::store::Store;
use crate::subject::Subject;
use crate::subjects::Subjects;

/// What the key journal hears of, and keeps.
#[derive(Clone, Copy)]
pub(crate) enum News {
    Key(Subject),
    Link { weaker: Subject, stronger: Subject },
}

#[derive(Clone)]
struct Journal {
    epoch: Arc<Epoch>,
    store: Arc<Store>,
}

/// The epoch that is begun, and its keys as the ring will hold them.
struct Next {
    journal: Journal,
    wrapped: WrappedEpoch,
}

pub(crate) struct KeyStore {
    ring: Ring,
    subjects: Arc<Subjects>,
    /// One; two while keys are carried over.
    journals: RwLock<Vec<Journal>>,
    /// Held by who carries keys over. What an attempt left that failed, for want of room say, is gone on with.
    next: Mutex<Option<Next>>,
    carried: AtomicU64,
    to_carry: AtomicU64,
    stopping: AtomicBool,
}

impl KeyStore {
    /// Opens the journal of the epoch that counts, and deletes those of others.
    pub(crate) fn open(ring: Ring, epoch: Epoch) -> Result<KeyStore, VaultError> {
        delete_others(&ring.dir, epoch.number)?;
        let epoch = Arc::new(epoch);
        let subjects = Arc::new(Subjects::new(Arc::clone(&epoch)));
        let number = epoch.number;
        let path = path(&ring.dir, number);
        let owner = ring.owner(What::Keys, number);
        let load = |_, body: &[u8]| subjects.load(number, body);
        let store = Arc::new(Store::open(
            &path,
            KEY_SEGMENT_BYTES,
            owner,
            ring.mac.clone(),
            load,
        )?);
        let journal = Journal { epoch, store };
        journal.learn(&subjects);
        Ok(KeyStore {
            ring,
            subjects,
            journals: RwLock::new(vec![journal]),
            next: Mutex::new(None),
            carried: AtomicU64::new(0),
            to_carry: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        })
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    pub(crate) fn subjects(&self) -> &Arc<Subjects> {
        &self.subjects
    }

    /// Puts what is new into the queue of every open journal.
    pub(crate) fn keep(&self, news: News, kept: &mut Vec<Appended>) -> Result<(), VaultError> {
        for journal in self.journals().iter() {
            let row = match news {
                News::Key(subject) => self.subjects.key_row(subject, &journal.epoch)?,
                News::Link { weaker, stronger } => Entry::Link { weaker, stronger }.encode(),
            };
            kept.push(journal.store.append(row)?);
        }
        Ok(())
    }

    /// Writes entries to every open journal, and returns when they are durable.
    pub(crate) fn write(&self, entries: &[Entry<'_>]) -> Result<(), VaultError> {
        let mut waiting = Vec::new();
        for journal in self.journals().iter() {
            for entry in entries {
                waiting.push(journal.store.append(entry.encode())?);
            }
        }
        wait(waiting)
    }

    /// Makes a new epoch the one that counts. Returns its number when the keys of the one before are destroyed.
    pub(crate) fn rotate(&self) -> Result<u32, VaultError> {
        let mut next = lock(&self.next);
        let begun = match next.take() {
            Some(begun) => begun,
            None => self.begin()?,
        };
        let Next { journal, wrapped } = next.insert(begun);
        let carried = self.carry_all(journal);
        let carried = carried.and_then(|()| self.ring.replace(wrapped));
        self.to_carry.store(0, Ordering::Relaxed);
        carried?;
        *next = None;
        let over = self.with_journals(|journals| journals.remove(0));
        over.store.close();
        let old = path(&self.ring.dir, over.epoch.number);
        drop(over);
        remove(&old).map_err(|source| directory(&old, source))?;
        Ok(self.epoch())
    }

    /// Opens a journal for the next epoch, into which everything goes from now on.
    fn begin(&self) -> Result<Next, VaultError> {
        let number = self.epoch().checked_add(1).ok_or(VaultError::Full)?;
        let (epoch, wrapped) = self.ring.create(number)?;
        let path = path(&self.ring.dir, number);
        remove(&path).map_err(|source| directory(&path, source))?;
        let owner = self.ring.owner(What::Keys, number);
        let mac = self.ring.mac.clone();
        let store = Store::open(&path, KEY_SEGMENT_BYTES, owner, mac, |_, _| Ok(()))?;
        let journal = Journal {
            epoch: Arc::new(epoch),
            store: Arc::new(store),
        };
        journal.learn(&self.subjects);
        self.with_journals(|journals| journals.push(journal.clone()));
        Ok(Next { journal, wrapped })
    }

    fn carry_all(&self, to: &Journal) -> Result<(), VaultError> {
        self.carried.store(0, Ordering::Relaxed);
        let parts: Vec<Vec<Subject>> = self.subjects.parts().collect();
        let all = parts.iter().map(Vec::len).sum::<usize>();
        self.to_carry.store(all as u64, Ordering::Relaxed);
        for some in parts.iter().flat_map(|part| part.chunks(CARRIED_AT_ONCE)) {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(VaultError::Stopped);
            }
            let mut waiting = Vec::new();
            for subject in some {
                for row in self.subjects.carry(*subject, &to.epoch)? {
                    waiting.push(to.store.append(row)?);
                }
            }
            wait(waiting)?;
            self.carried.fetch_add(some.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Subjects that are carried over by now, and all that have to be; none when nothing is carried over.
    pub(crate) fn progress(&self) -> Option<(u64, u64)> {
        match self.to_carry.load(Ordering::Relaxed) {
            0 => None,
            all => Some((self.carried.load(Ordering::Relaxed).min(all), all)),
        }
    }

    /// The epoch that counts.
    pub(crate) fn epoch(&self) -> u32 {
        self.journals().first().map_or(0, |j| j.epoch.number)
    }

    /// Who carries keys over stops before it is done.
    pub(crate) fn stop_rotation(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stuck(&self) -> Option<AppendError> {
        self.journals().iter().find_map(|j| j.store.stuck())
    }

    pub(crate) fn close(&self) {
        // Who carries keys over notices that the journals are closed.
        self.journals().iter().for_each(|j| j.store.close());
    }

    fn journals(&self) -> RwLockReadGuard<'_, Vec<Journal>> {
        self.journals.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes which journals are open. The subjects know it before anything is written.
    fn with_journals<R>(&self, change: impl FnOnce(&mut Vec<Journal>) -> R) -> R {
        let mut journals = self
            .journals
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut journals);
        let epochs = journals.iter().map(|j| Arc::clone(&j.epoch)).collect();
        self.subjects.set_epochs(epochs);
        result
    }
}

impl Journal {
    /// Tells the subjects what is durable in this journal.
    fn learn(&self, subjects: &Arc<Subjects>) {
        let subjects = Arc::clone(subjects);
        let number = self.epoch.number;
        self.store.on_commit(move |_, body| {
            // What was written a moment ago has a form.
            let _ = subjects.learn(number, body);
        });
    }
}

/// The directory of an epoch's journal.
pub(crate) fn path(dir: &Path, epoch: u32) -> PathBuf {
    dir.join(format!("{PREFIX}{epoch:08}"))
}

const PREFIX: &str = "keys-";

fn delete_others(dir: &Path, epoch: u32) -> Result<(), VaultError> {
    let counts = path(dir, epoch);
    let failed = |source| directory(dir, source);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_journal = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_journal && entry.path() != counts {
            remove(&entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn remove(dir: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => match dir.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        },
    }
}

fn directory(dir: &Path, source: std::io::Error) -> VaultError {
    VaultError::Directory {
        dir: dir.to_owned(),
        source,
    }
}

fn wait(waiting: Vec<Appended>) -> Result<(), VaultError> {
    for appended in waiting {
        appended.wait()?;
    }
    Ok(())
}
