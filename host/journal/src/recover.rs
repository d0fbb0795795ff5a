//! Opening: walks all segments, tells a torn tail from damage, cuts the torn tail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_disk::{Disk, DiskFile, How};

use crate::error::{OpenError, open_io};
use crate::inspect::Damage;
use crate::reader::{Index, SegmentIndex};
use crate::scan::{self, End, Step, Walk};
use crate::segment::{self, HEADER, Header};

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Whole records.
    pub records: u64,
    /// Segment files.
    pub segments: usize,
    /// Whether the last process that wrote closed the journal.
    pub closed_cleanly: bool,
    /// The torn tail that was cut, if there was one.
    pub cut: Option<Cut>,
}

/// A torn tail: bytes that no writer was told to be durable, replaced by zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub file: PathBuf,
    /// The first byte.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What was wrong with them.
    pub what: &'static str,
}

/// What the writer goes on from.
pub(crate) struct Tail {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) at: u64,
    pub(crate) end: u64,
    pub(crate) marked: bool,
}

pub(crate) struct Recovered {
    pub(crate) recovery: Recovery,
    pub(crate) index: Index,
    /// `None` when there is no segment yet.
    pub(crate) tail: Option<Tail>,
}

/// Walks `dir`. Alters nothing unless all that was durable is there: `at_least` records.
pub(crate) fn recover(disk: &dyn Disk, dir: &Path, at_least: u64) -> Result<Recovered, OpenError> {
    // The name of a segment may not be durable yet: its writer was killed before it synced the directory.
    disk.sync_dir(dir).map_err(open_io(dir))?;
    let (segments, _) = segment::list(disk, dir).map_err(open_io(dir))?;
    let mut index = Index::default();
    let mut next = 0;
    let mut last: Option<Opened> = None;
    let count = segments.len();
    for (place, (_, path)) in segments.into_iter().enumerate() {
        let opened = walk(disk, path, next, place + 1 == count)?;
        next = opened.next;
        index.segments.push(opened.index.clone());
        last = Some(opened);
    }
    if next < at_least {
        return Err(OpenError::Short {
            dir: dir.to_owned(),
            expected: at_least,
            found: next,
            broken: last.and_then(|l| l.torn.map(|torn| torn.damage)),
        });
    }
    let closed_cleanly = last.as_ref().is_none_or(|l| l.marked && l.torn.is_none());
    let (cut, tail) = match last {
        None => (None, None),
        Some(last) => mend(last).map(|(cut, tail)| (cut, Some(tail)))?,
    };
    let recovery = Recovery {
        records: next,
        segments: count,
        closed_cleanly,
        cut,
    };
    Ok(Recovered {
        recovery,
        index,
        tail,
    })
}

struct Torn {
    damage: Damage,
    what: &'static str,
}

struct Opened {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    header: Header,
    index: SegmentIndex,
    next: u64,
    at: u64,
    marked: bool,
    torn: Option<Torn>,
}

fn walk(disk: &dyn Disk, path: PathBuf, first: u64, is_last: bool) -> Result<Opened, OpenError> {
    let damaged = |offset, what: &str| OpenError::Damaged(Damage::at(&path, offset, None, what));
    let file = disk.open(&path, How::Write).map_err(open_io(&path))?;
    if is_last {
        // What the last process wrote may be in memory alone; if its sync failed, it stays there and looks durable.
        file.sync().map_err(open_io(&path))?;
        file.drop_cache().map_err(open_io(&path))?;
    }
    let header = read_header(&*file, &path)?;
    if header.first != first
        || path
            .file_name()
            .is_none_or(|n| n != segment::name(first).as_str())
    {
        return Err(damaged(
            0,
            &format!(
                "its first record is {}, the one before it ends at {first}",
                header.first
            ),
        ));
    }
    if file.size().map_err(open_io(&path))? > header.bytes {
        return Err(damaged(
            header.bytes,
            "the file is longer than its header states",
        ));
    }
    let mut index = SegmentIndex::new(&path, first);
    let mut marked = false;
    let mut walk = Walk::new(&*file, header);
    let end = loop {
        match walk.step().map_err(open_io(&path))? {
            Step::Record {
                index: at, offset, ..
            } => {
                index.note(at, offset);
                marked = false;
            }
            Step::Mark => marked = true,
            Step::End(end) => break end,
        }
    };
    let (at, next) = (walk.at, walk.next);
    let torn = match end {
        End::Clean => None,
        End::Broken { offset, what } if !is_last => return Err(damaged(offset, what)),
        End::Broken { offset, what } => {
            if let Some((later, _)) = scan::later_frame(&*file, at, next).map_err(open_io(&path))? {
                let damage = Damage::at(&path, offset, Some(later.saturating_sub(offset)), what);
                return Err(OpenError::Damaged(damage));
            }
            Some(Torn {
                damage: Damage::at(&path, offset, None, what),
                what,
            })
        }
    };
    Ok(Opened {
        path,
        file,
        header,
        index,
        next,
        at,
        marked,
        torn,
    })
}

fn read_header(file: &dyn DiskFile, path: &Path) -> Result<Header, OpenError> {
    let mut window = scan::Window::new(HEADER as usize);
    let bytes = window
        .get(file, 0, HEADER as usize)
        .map_err(open_io(path))?;
    Header::decode(bytes)
        .map_err(|what| OpenError::Damaged(Damage::at(path, 0, Some(HEADER), what)))
}

/// Cuts a torn tail, and makes durable what a killed process left to the kernel.
fn mend(last: Opened) -> Result<(Option<Cut>, Tail), OpenError> {
    let io = || open_io(&last.path);
    let mut cut = None;
    if let Some(torn) = &last.torn {
        let size = last.file.size().map_err(io())?;
        let nonzero = scan::last_nonzero(&*last.file, last.at, size)
            .map_err(io())?
            .unwrap_or(last.at);
        segment::write_zeros(&*last.file, last.at, nonzero).map_err(io())?;
        if size < last.header.bytes {
            segment::write_zeros(&*last.file, size, last.header.bytes).map_err(io())?;
        }
        cut = Some(Cut {
            file: last.path.clone(),
            offset: last.at,
            bytes: nonzero - last.at,
            what: torn.what,
        });
    }
    last.file.sync().map_err(io())?;
    let tail = Tail {
        at: last.at,
        end: last.header.bytes,
        marked: last.marked,
        file: last.file,
    };
    Ok((cut, tail))
}
