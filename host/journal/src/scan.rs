//! Walks a segment, and judges what comes where a frame should be and is not.

use std::io;

use weft_disk::DiskFile;

use crate::frame::{self, HEAD, Head, NoFrame};
use crate::limits::WINDOW_BYTES;

/// A part of a file in memory; moves along as it is asked.
pub(crate) struct Window {
    bytes: Vec<u8>,
    start: u64,
    len: usize,
}

impl Window {
    pub(crate) fn new(bytes: usize) -> Window {
        Window {
            bytes: vec![0; bytes],
            start: 0,
            len: 0,
        }
    }

    /// Forgets what it holds: it looks at another file from now on.
    pub(crate) fn reset(&mut self) {
        self.len = 0;
    }

    /// `want` bytes at `offset`; fewer where the file ends.
    pub(crate) fn get(
        &mut self,
        file: &dyn DiskFile,
        offset: u64,
        want: usize,
    ) -> io::Result<&[u8]> {
        let held = offset
            .checked_sub(self.start)
            .and_then(|skip| usize::try_from(skip).ok());
        let skip = match held {
            Some(skip) if skip + want <= self.len => skip,
            _ => {
                if self.bytes.len() < want {
                    self.bytes.resize(want, 0);
                }
                self.fill(file, offset)?;
                0
            }
        };
        Ok(&self.bytes[skip..self.len.min(skip + want)])
    }

    fn fill(&mut self, file: &dyn DiskFile, offset: u64) -> io::Result<()> {
        self.start = offset;
        self.len = 0;
        self.len = file.read_full_at(&mut self.bytes, offset)?;
        Ok(())
    }
}

/// What is at an offset.
pub(crate) enum Here<'w> {
    /// A frame, whole and with the right checksum.
    Frame(Head, &'w [u8]),
    /// Zeros where a frame's head would be, or the end of the file.
    Nothing,
    /// Bytes that are no frame.
    Broken(NoFrame),
}

/// What is at `offset`.
pub(crate) fn look<'w>(
    window: &'w mut Window,
    file: &dyn DiskFile,
    offset: u64,
) -> io::Result<Here<'w>> {
    let bytes = window.get(file, offset, HEAD)?;
    if bytes.iter().all(|b| *b == 0) {
        return Ok(Here::Nothing);
    }
    let want = match frame::head(bytes) {
        Ok(head) => head.frame_bytes(),
        Err(why) => return Ok(Here::Broken(why)),
    };
    Ok(match frame::decode(window.get(file, offset, want)?) {
        Ok((head, record)) => Here::Frame(head, record),
        Err(why) => Here::Broken(why),
    })
}

/// The first valid frame at or after `from`, for which `wanted` holds.
pub(crate) fn find_frame(
    file: &dyn DiskFile,
    from: u64,
    end: u64,
    wanted: impl Fn(&Head) -> bool,
) -> io::Result<Option<(u64, Head)>> {
    let mut window = Window::new(WINDOW_BYTES);
    let mut at = from;
    while at + HEAD as u64 <= end {
        let bytes = window.get(file, at, WINDOW_BYTES)?;
        if bytes.len() < HEAD {
            break;
        }
        let starts = bytes.len() + 1 - HEAD;
        let candidates: Vec<u64> = (0..starts)
            .filter(|start| bytes[*start..].starts_with(&frame::MAGIC))
            .map(|start| at + start as u64)
            .collect();
        let next = at + starts as u64;
        for candidate in candidates {
            if let Here::Frame(head, _) = look(&mut window, file, candidate)?
                && wanted(&head)
            {
                return Ok(Some((candidate, head)));
            }
        }
        at = next;
    }
    Ok(None)
}

/// The offset after the last byte in `from..end` that is not zero; `None` when all are zero.
pub(crate) fn last_nonzero(file: &dyn DiskFile, from: u64, end: u64) -> io::Result<Option<u64>> {
    nonzero(file, from, end).map(|found| found.map(|(_, last)| last + 1))
}

/// The offset of the first byte in `from..end` that is not zero.
pub(crate) fn first_nonzero(file: &dyn DiskFile, from: u64, end: u64) -> io::Result<Option<u64>> {
    nonzero(file, from, end).map(|found| found.map(|(first, _)| first))
}

fn nonzero(file: &dyn DiskFile, from: u64, end: u64) -> io::Result<Option<(u64, u64)>> {
    let mut window = Window::new(WINDOW_BYTES);
    let mut found: Option<(u64, u64)> = None;
    let mut at = from;
    while at < end {
        let want = usize::try_from(end - at)
            .unwrap_or(usize::MAX)
            .min(WINDOW_BYTES);
        let bytes = window.get(file, at, want)?;
        if bytes.is_empty() {
            break;
        }
        if let (Some(first), Some(last)) = (
            bytes.iter().position(|b| *b != 0),
            bytes.iter().rposition(|b| *b != 0),
        ) {
            let first = found.map_or(at + first as u64, |(first, _)| first);
            found = Some((first, at + last as u64));
        }
        at += bytes.len() as u64;
    }
    Ok(found)
}

/// In words for a person.
pub(crate) fn reason(why: NoFrame) -> &'static str {
    match why {
        NoFrame::Short => "the file ends within a frame",
        NoFrame::Magic => "these bytes are no frame",
        NoFrame::Checksum => "a frame does not match its checksum",
    }
}

/// Where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All frames are whole, the rest is zero, the file has its size.
    Clean,
    /// Something else.
    Broken {
        /// Where to look.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// One step of a walk.
pub(crate) enum Step<'w> {
    /// The next record in order.
    Record {
        index: u64,
        offset: u64,
        record: &'w [u8],
    },
    /// A mark of a clean close.
    Mark,
    /// No further.
    End(End),
}

/// A walk over the frames of one segment.
pub(crate) struct Walk<'f> {
    file: &'f dyn DiskFile,
    window: Window,
    /// Offset of the next frame.
    pub(crate) at: u64,
    /// Index of the next record.
    pub(crate) next: u64,
    /// The file's size as its header says.
    pub(crate) end: u64,
}

impl<'f> Walk<'f> {
    pub(crate) fn new(file: &'f dyn DiskFile, header: crate::segment::Header) -> Walk<'f> {
        Walk {
            file,
            window: Window::new(WINDOW_BYTES),
            at: crate::segment::HEADER,
            next: header.first,
            end: header.bytes,
        }
    }

    /// Looks once more at what was no frame: whether it is the next one now.
    pub(crate) fn has_gone_on(&mut self) -> io::Result<bool> {
        self.window.reset();
        let (next, room) = (self.next, self.end.saturating_sub(self.at));
        let here = look(&mut self.window, self.file, self.at)?;
        Ok(matches!(here, Here::Frame(head, _)
            if head.index == next && head.frame_bytes() as u64 <= room))
    }

    pub(crate) fn step(&mut self) -> io::Result<Step<'_>> {
        let offset = self.at;
        let (head, record) = match look(&mut self.window, self.file, offset)? {
            Here::Frame(head, record) => (head, record),
            Here::Nothing => return rest(self.file, offset, self.end).map(Step::End),
            Here::Broken(why) => return Ok(broken(offset, reason(why))),
        };
        if head.index != self.next {
            return Ok(broken(offset, "a frame is out of order"));
        }
        if offset + head.frame_bytes() as u64 > self.end {
            return Ok(broken(offset, "a frame lies behind the segment's end"));
        }
        self.at += head.frame_bytes() as u64;
        if head.kind == frame::Kind::Mark {
            return Ok(Step::Mark);
        }
        self.next += 1;
        Ok(Step::Record {
            index: head.index,
            offset,
            record,
        })
    }
}

fn broken(offset: u64, what: &'static str) -> Step<'static> {
    Step::End(End::Broken { offset, what })
}

/// What is behind the last frame.
fn rest(file: &dyn DiskFile, from: u64, end: u64) -> io::Result<End> {
    let size = file.size()?;
    Ok(match first_nonzero(file, from, size)? {
        Some(offset) => End::Broken {
            offset,
            what: "a byte behind the last frame is not zero",
        },
        None if size != end => End::Broken {
            offset: size.min(end),
            what: "the file does not have the size that its header states",
        },
        None => End::Clean,
    })
}

/// Whether something that was durable lies behind a break: a frame of a later batch, or a record or mark
/// that should have come no later than the break. A batch is written only after the one before it is
/// durable, so what a crash leaves has nothing of the kind behind it.
pub(crate) fn later_frame(
    file: &dyn DiskFile,
    from: u64,
    next: u64,
) -> io::Result<Option<(u64, Head)>> {
    let size = file.size()?;
    find_frame(file, from, size, |head| {
        head.batch() > next || head.index <= next
    })
}
