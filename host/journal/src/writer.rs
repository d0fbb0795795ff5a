//! The one thread that writes: takes what queued, writes it, syncs it, runs the hook, wakes who waits.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use weft_disk::DiskFile;

use crate::error::{AppendError, is_disk_full};
use crate::frame::{self, HEAD, Kind};
use crate::journal::{Committed, Shared};
use crate::limits::MAX_BATCH_BYTES;
use crate::queue::{Outcome, lock};
use crate::reader::SegmentIndex;
use crate::recover::Tail;
use crate::segment::{self, HEADER, Header};

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) at: u64,
    pub(crate) end: u64,
    next: u64,
    /// Whether the file ends at `at`: a batch for which there was no room was cut off.
    pub(crate) cut_off: bool,
    /// Whether the last thing in the file is a mark.
    marked: bool,
    /// The segment after this one, while it is prepared.
    preparing: Option<Preparing>,
    threads: Threads,
    /// What is being written.
    taken: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    /// Offset of each record of the batch in `buffer`.
    offsets: Vec<u64>,
}

/// Whether the writer may use threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// A segment is prepared beside what is written meanwhile.
    Many,
    /// Everything happens in one order.
    One,
}

type Prepared = io::Result<Arc<dyn DiskFile>>;

enum Preparing {
    Beside(JoinHandle<Prepared>),
    Done(Prepared),
}

impl Preparing {
    fn done(self) -> Option<Prepared> {
        match self {
            Preparing::Beside(thread) => thread.join().ok(),
            Preparing::Done(prepared) => Some(prepared),
        }
    }
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        tail: Option<Tail>,
        threads: Threads,
    ) -> io::Result<Writer> {
        let next = shared.durable.load(Ordering::Acquire);
        let tail = match tail {
            Some(tail) => tail,
            None => {
                let file = shared.prepare()?;
                begin(&shared, &*file, next)?;
                Tail {
                    file,
                    at: HEADER,
                    end: shared.segment_bytes,
                    marked: false,
                }
            }
        };
        Ok(Writer {
            file: tail.file,
            at: tail.at,
            end: tail.end,
            next,
            cut_off: false,
            marked: tail.marked,
            preparing: None,
            threads,
            taken: Vec::new(),
            buffer: Vec::new(),
            offsets: Vec::new(),
            shared,
        })
    }

    /// Until the journal closes. Ends the process on an error that leaves in doubt what is durable.
    pub(crate) fn run(mut self) {
        let ended = catch_unwind(AssertUnwindSafe(|| self.serve()));
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => fatal(&self.shared.dir, &error.to_string()),
            Err(_) => fatal(&self.shared.dir, "the writer thread panicked"),
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            self.wait()?;
            if !self.write_queued()? {
                return self.finish();
            }
        }
    }

    /// Writes what has queued; whether there was anything.
    pub(crate) fn write_queued(&mut self) -> io::Result<bool> {
        let mut records = std::mem::take(&mut self.taken);
        let group = lock(&self.shared.queue).take(&mut records);
        let Some(group) = group else {
            return Ok(false);
        };
        let outcome = self.write_group(&mut records)?;
        self.taken = records;
        self.note_room(outcome.error.as_ref());
        group.finish(outcome);
        self.prepare_ahead();
        Ok(true)
    }

    /// Writes a group in as few batches as the limits allow: one, unless it is very large or the segment ends.
    fn write_group(&mut self, records: &mut [Vec<u8>]) -> io::Result<Outcome> {
        let first = self.next;
        let mut rest = records;
        let mut error = None;
        while !rest.is_empty() {
            let taken = self.encode(rest);
            let done = if taken == 0 || self.cut_off {
                self.make_room()?
            } else {
                let (batch, later) = rest.split_at_mut(taken);
                rest = later;
                self.commit(batch)?
            };
            if let Err(no_room) = done {
                error = Some(no_room);
                break;
            }
        }
        let written = (self.next - first) as u32;
        Ok(Outcome {
            first,
            written,
            error,
        })
    }

    /// Frames of as many records as fit into the batch and the segment, into the buffer.
    fn encode(&mut self, records: &[Vec<u8>]) -> usize {
        self.buffer.clear();
        self.offsets.clear();
        // The mark of a clean close always has room.
        let room = usize::try_from(self.end - self.at)
            .unwrap_or(usize::MAX)
            .saturating_sub(HEAD);
        let room = room.min(MAX_BATCH_BYTES);
        for (place, record) in records.iter().enumerate() {
            if self.buffer.len() + HEAD + record.len() > room {
                break;
            }
            self.offsets.push(self.at + self.buffer.len() as u64);
            let index = self.next + place as u64;
            frame::encode(&mut self.buffer, Kind::Record, index, place as u32, record);
        }
        self.offsets.len()
    }

    /// One write, one `fdatasync`; then it is durable, and the hook hears of it. Or there is no room for it, and
    /// nothing of it is on the disk.
    fn commit(&mut self, records: &mut [Vec<u8>]) -> io::Result<Result<(), AppendError>> {
        match self.file.write_all_at(&self.buffer, self.at) {
            Err(error) if is_disk_full(&error) => {
                self.cut_off()?;
                return Ok(Err(AppendError::of_segment(&error)));
            }
            written => written?,
        }
        self.file.sync_data()?;
        self.note_anchors();
        let first = self.next;
        self.at += self.buffer.len() as u64;
        self.next += records.len() as u64;
        self.marked = false;
        self.shared.durable.store(self.next, Ordering::Release);
        if let Some(hook) = lock(&self.shared.hook).as_mut() {
            hook(Committed { first, records });
        }
        Ok(Ok(()))
    }

    fn note_anchors(&self) {
        let last = self.offsets.last().copied().unwrap_or(self.at);
        let wanted = self
            .shared
            .index()
            .segments
            .last()
            .is_some_and(|s| s.wants(last));
        if wanted && let Some(segment) = self.shared.index_mut().segments.last_mut() {
            for (place, offset) in self.offsets.iter().enumerate() {
                segment.note(self.next + place as u64, *offset);
            }
        }
    }

    /// Starts to prepare the next segment when half of this one is used.
    fn prepare_ahead(&mut self) {
        if self.preparing.is_some() || self.at < self.end / 2 {
            return;
        }
        let (shared, left) = (self.shared.clone(), self.end - self.at);
        let prepare = move || {
            let prepared = shared.prepare();
            if let Err(error) = &prepared {
                let dir = shared.dir.display();
                tracing::warn!(%dir, %error, left, "there is no room for the journal's next segment; this one has some bytes left");
            }
            prepared
        };
        self.preparing = match self.threads {
            Threads::One => Some(Preparing::Done(prepare())),
            Threads::Many => std::thread::Builder::new()
                .name("weft-journal-prepare".to_owned())
                .spawn(prepare)
                .ok()
                .map(Preparing::Beside),
        };
    }

    /// Goes on in the next segment. On an error nothing has changed, and the next record tries again.
    pub(crate) fn next_segment(&mut self) -> io::Result<()> {
        let ahead = self.preparing.take().and_then(Preparing::done);
        let prepared = match ahead {
            Some(Ok(file)) => Ok(file),
            // There may be room by now.
            Some(Err(_)) | None => self.shared.prepare(),
        };
        let file = prepared?;
        begin(&self.shared, &*file, self.next)?;
        self.file = file;
        self.at = HEADER;
        self.end = self.shared.segment_bytes;
        self.marked = false;
        Ok(())
    }

    /// The mark of a clean close, and no file that is half prepared.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if let Some(preparing) = self.preparing.take() {
            let _ = preparing.done();
            // No record is in it: where it stays (a full disk, a power cut), the next opening removes it.
            let _ = self
                .shared
                .disk
                .remove(&self.shared.dir.join(segment::NEXT));
        }
        if self.cut_off && self.make_room()?.is_err() {
            // The next opening finds a file that ends with its last record, and lengthens it.
            return Ok(());
        }
        if self.marked || self.end - self.at < HEAD as u64 {
            return Ok(());
        }
        self.buffer.clear();
        frame::encode(&mut self.buffer, Kind::Mark, self.next, 0, &[]);
        match self.file.write_all_at(&self.buffer, self.at) {
            Err(error) if is_disk_full(&error) => return self.cut_off(),
            written => written?,
        }
        self.file.sync_data()
    }
}

/// The prepared file becomes the segment of which `first` is the first record.
fn begin(shared: &Shared, file: &dyn DiskFile, first: u64) -> io::Result<()> {
    let header = Header {
        first,
        bytes: shared.segment_bytes,
    };
    let path = segment::take_into_use(&*shared.disk, &shared.dir, file, header)?;
    shared
        .index_mut()
        .segments
        .push(SegmentIndex::new(&path, first));
    Ok(())
}

/// Whether the disk holds what was written is unknown, and asking it again gives no honest answer.
fn fatal(dir: &Path, reason: &str) -> ! {
    tracing::error!(dir = %dir.display(), reason, "the journal cannot be written; the process ends");
    std::process::abort()
}
