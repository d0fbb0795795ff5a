//! The journal's door.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use weft_disk::{Disk, DiskFile, Held, Os, create_dir_durably};

use crate::error::{AppendError, OpenError, ReadError, open_io};
use crate::limits::{
    MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES, ONE_WINDOW_BYTES, SEGMENT_BYTES, WINDOW_BYTES,
};
use crate::queue::{Appended, Queue, lock};
use crate::reader::{Index, Records};
use crate::recover::{Recovery, recover};
use crate::segment;
use crate::turns::Turns;
use crate::writer::{Threads, Writer};

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct JournalConfig {
    /// The size of new segment files. Those that exist keep theirs.
    pub segment_bytes: u64,
    /// How many records the caller knows to be durable (from a signed checkpoint, say). If fewer are there,
    /// opening is refused and nothing is altered.
    pub at_least: u64,
}

impl Default for JournalConfig {
    fn default() -> Self {
        JournalConfig {
            segment_bytes: SEGMENT_BYTES,
            at_least: 0,
        }
    }
}

/// Where a durable record is: the first is 0, each next one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Its index.
    pub index: u64,
}

/// A batch that has just become durable, as the commit hook gets it.
#[derive(Debug)]
pub struct Committed<'a> {
    /// The index of the first record.
    pub first: u64,
    /// The records. The journal needs them no more: the hook may take them out.
    pub records: &'a mut [Vec<u8>],
}

pub(crate) type Hook = Box<dyn FnMut(Committed<'_>) + Send>;

pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) segment_bytes: u64,
    pub(crate) queue: Mutex<Queue>,
    pub(crate) wake: Condvar,
    pub(crate) durable: AtomicU64,
    pub(crate) hook: Mutex<Option<Hook>>,
    index: RwLock<Index>,
}

impl Shared {
    /// The next segment, without its name.
    pub(crate) fn prepare(&self) -> std::io::Result<Arc<dyn DiskFile>> {
        segment::prepare(&*self.disk, &self.dir, self.segment_bytes)
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open journal. One process and one `Journal` a directory; share it behind an `Arc`.
pub struct Journal {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Holds the lock on the directory.
    _dir: Held,
}

impl Journal {
    /// Opens the journal in `dir`, or begins one. Tells what was found, and whether a torn tail was cut.
    pub fn open(dir: &Path, config: JournalConfig) -> Result<(Journal, Recovery), OpenError> {
        let (journal, writer, recovery) =
            Journal::recover(Arc::new(Os), dir, config, Threads::Many)?;
        let thread = std::thread::Builder::new()
            .name("weft-journal".to_owned())
            .spawn(move || writer.run())
            .map_err(open_io(dir))?;
        *lock(&journal.writer) = Some(thread);
        Ok((journal, recovery))
    }

    /// The same on any disk and without a thread: what is queued is written by [`Turns`], in the order of the calls. So
    /// what a simulated disk does to it can be had again.
    pub fn open_in_turns(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: JournalConfig,
    ) -> Result<(Journal, Turns, Recovery), OpenError> {
        let (journal, writer, recovery) = Journal::recover(disk, dir, config, Threads::One)?;
        Ok((journal, Turns::of(writer), recovery))
    }

    fn recover(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: JournalConfig,
        threads: Threads,
    ) -> Result<(Journal, Writer, Recovery), OpenError> {
        if !(MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&config.segment_bytes) {
            return Err(OpenError::Config {
                what: "segment_bytes",
                value: config.segment_bytes,
                min: MIN_SEGMENT_BYTES,
                max: MAX_SEGMENT_BYTES,
            });
        }
        let held = create_and_lock(&*disk, dir)?;
        let recovered = recover(&*disk, dir, config.at_least)?;
        let next = dir.join(segment::NEXT);
        match disk.remove(&next) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(open_io(next)(error));
            }
            _ => {}
        }
        let shared = Arc::new(Shared {
            disk,
            dir: dir.to_owned(),
            segment_bytes: config.segment_bytes,
            queue: Mutex::default(),
            wake: Condvar::new(),
            durable: AtomicU64::new(recovered.recovery.records),
            hook: Mutex::default(),
            index: RwLock::new(recovered.index),
        });
        let writer = Writer::new(shared.clone(), recovered.tail, threads).map_err(open_io(dir))?;
        let journal = Journal {
            shared,
            writer: Mutex::new(None),
            _dir: held,
        };
        Ok((journal, writer, recovered.recovery))
    }

    /// Queues a record. Does not block; the result resolves when the record is durable.
    pub fn append(&self, record: Vec<u8>) -> Result<Appended, AppendError> {
        let mut queue = lock(&self.shared.queue);
        let was_empty = queue.is_empty();
        let appended = queue.push(record)?;
        drop(queue);
        if was_empty {
            self.shared.wake.notify_one();
        }
        Ok(appended)
    }

    /// From now on the writer thread calls `hook` after each durable batch, before those who wait for it
    /// wake: what the hook did is visible to them. It delays them, and the next batch; a panic in it ends the
    /// process.
    pub fn on_commit(&self, hook: impl FnMut(Committed<'_>) + Send + 'static) {
        *lock(&self.shared.hook) = Some(Box::new(hook));
    }

    /// How many records are durable: those with an index below this.
    pub fn len_durable(&self) -> u64 {
        self.shared.durable.load(Ordering::Acquire)
    }

    /// Why no records are taken now, if so: a full disk. The writer looks for room by itself.
    pub fn stuck(&self) -> Option<AppendError> {
        lock(&self.shared.queue).stuck().cloned()
    }

    /// One durable record.
    pub fn read(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let len = self.len_durable();
        let missing = ReadError::NoSuchRecord { index, len };
        if index >= len {
            return Err(missing);
        }
        let mut one = Records::new(self.shared.clone(), index, index + 1, ONE_WINDOW_BYTES);
        one.next().unwrap_or(Err(missing)).map(|(_, record)| record)
    }

    /// The records from `index` on that are durable now.
    pub fn iter_from(&self, index: u64) -> Records {
        Records::new(self.shared.clone(), index, self.len_durable(), WINDOW_BYTES)
    }

    /// Takes no more records, writes those that wait, leaves the mark of a clean close. Returns when it is
    /// done; calling it again does nothing.
    pub fn close(&self) {
        lock(&self.shared.queue).close();
        self.shared.wake.notify_one();
        if let Some(writer) = lock(&self.writer).take() {
            // A panic in the writer has ended the process already.
            let _ = writer.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

fn create_and_lock(disk: &dyn Disk, dir: &Path) -> Result<Held, OpenError> {
    create_dir_durably(disk, dir).map_err(open_io(dir))?;
    let held = disk.lock(dir).map_err(open_io(dir))?;
    held.ok_or_else(|| OpenError::InUse {
        dir: dir.to_owned(),
    })
}
