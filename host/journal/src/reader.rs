//! Where records are, and reading them back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_disk::{DiskFile, How};

use crate::error::{ReadError, read_io};
use crate::frame::{self, Kind};
use crate::inspect::Damage;
use crate::journal::Shared;
use crate::limits::ANCHOR_BYTES;
use crate::scan::{Here, Window, look, reason};
use crate::segment::HEADER;

/// Where a segment's records are, every [`ANCHOR_BYTES`].
#[derive(Debug, Clone)]
pub(crate) struct SegmentIndex {
    first: u64,
    path: Arc<Path>,
    anchors: Vec<(u64, u64)>,
}

impl SegmentIndex {
    pub(crate) fn new(path: &Path, first: u64) -> SegmentIndex {
        SegmentIndex {
            first,
            path: path.into(),
            anchors: vec![(first, HEADER)],
        }
    }

    /// Whether [`SegmentIndex::note`] would keep a record at `offset`.
    pub(crate) fn wants(&self, offset: u64) -> bool {
        self.anchors
            .last()
            .is_none_or(|(_, last)| offset >= last + ANCHOR_BYTES)
    }

    pub(crate) fn note(&mut self, index: u64, offset: u64) {
        if self.wants(offset) {
            self.anchors.push((index, offset));
        }
    }
}

/// All segments, in order.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) segments: Vec<SegmentIndex>,
}

impl Index {
    /// Segment, index and offset of a place at or before a record.
    fn near(&self, index: u64) -> Option<(usize, Arc<Path>, u64, u64)> {
        let place = self
            .segments
            .partition_point(|s| s.first <= index)
            .checked_sub(1)?;
        let segment = &self.segments[place];
        let anchor = segment
            .anchors
            .partition_point(|(at, _)| *at <= index)
            .checked_sub(1)?;
        let (at, offset) = segment.anchors[anchor];
        Some((place, segment.path.clone(), at, offset))
    }
}

/// A stream of records in order, up to what was durable when it was made. Holds one piece of one file.
pub struct Records {
    shared: Arc<Shared>,
    window: Window,
    /// Open segment: its place, path and file.
    open: Option<(usize, PathBuf, Arc<dyn DiskFile>)>,
    offset: u64,
    /// Index of the frame at `offset`.
    at: u64,
    /// The next record to give.
    next: u64,
    end: u64,
}

impl Records {
    pub(crate) fn new(shared: Arc<Shared>, from: u64, end: u64, window_bytes: usize) -> Records {
        Records {
            shared,
            window: Window::new(window_bytes),
            open: None,
            offset: 0,
            at: 0,
            next: from,
            end,
        }
    }

    fn open_at(&mut self, index: u64) -> Result<(), ReadError> {
        let near = self.shared.index().near(index);
        let missing = ReadError::NoSuchRecord {
            index,
            len: self.end,
        };
        let (place, path, at, offset) = near.ok_or(missing)?;
        let file = self
            .shared
            .disk
            .open(&path, How::Read)
            .map_err(read_io(&*path))?;
        self.window.reset();
        self.open = Some((place, path.to_path_buf(), file));
        (self.at, self.offset) = (at, offset);
        Ok(())
    }

    /// Moves to the next record; its bytes.
    fn step(&mut self) -> Result<Vec<u8>, ReadError> {
        if self.open.is_none() {
            self.open_at(self.next)?;
        }
        loop {
            let Some((place, path, file)) = &self.open else {
                return Err(ReadError::NoSuchRecord {
                    index: self.next,
                    len: self.end,
                });
            };
            let damaged = |offset, what| ReadError::Damaged(Damage::at(path, offset, None, what));
            // Records that are passed by need not have their checksum compared.
            if self.at < self.next {
                let bytes = self
                    .window
                    .get(&**file, self.offset, frame::HEAD)
                    .map_err(read_io(path))?;
                let head = frame::head(bytes).map_err(|why| damaged(self.offset, reason(why)))?;
                self.offset += head.frame_bytes() as u64;
                self.at += u64::from(head.kind == Kind::Record);
                continue;
            }
            match look(&mut self.window, &**file, self.offset).map_err(read_io(path))? {
                Here::Frame(head, _) if head.kind == Kind::Mark => {
                    self.offset += head.frame_bytes() as u64
                }
                Here::Frame(head, record) if head.index == self.next => {
                    let record = record.to_vec();
                    self.offset += head.frame_bytes() as u64;
                    self.at += 1;
                    self.next += 1;
                    return Ok(record);
                }
                Here::Frame(..) => return Err(damaged(self.offset, "a frame is out of order")),
                Here::Broken(why) => return Err(damaged(self.offset, reason(why))),
                Here::Nothing => {
                    let (was, offset) = (*place, self.offset);
                    let error = damaged(offset, "a record is missing");
                    self.open_at(self.next)?;
                    if self.open.as_ref().is_none_or(|(now, ..)| *now == was) {
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl Iterator for Records {
    type Item = Result<(u64, Vec<u8>), ReadError>;

    /// The next record and its index. Ends after the first error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let step = self.step();
        if step.is_err() {
            self.end = self.next;
        }
        Some(step.map(|record| (index, record)))
    }
}
