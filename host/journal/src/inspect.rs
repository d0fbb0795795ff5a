//! A read-only check of every byte of a journal's directory, whether or not a process writes to it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use weft_disk::{Disk, DiskFile, How, Os};

use crate::limits::MAX_DAMAGE_A_SEGMENT;
use crate::scan::{self, End, Step, Walk, Window};
use crate::segment::{self, HEADER, Header};

/// A place where a journal is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The first byte concerned.
    pub offset: u64,
    /// How many bytes lie up to the next frame that is whole, if there is one.
    pub bytes: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Damage {
    pub(crate) fn at(
        file: &Path,
        offset: u64,
        bytes: Option<u64>,
        what: impl Into<String>,
    ) -> Damage {
        Damage {
            file: file.to_owned(),
            offset,
            bytes,
            what: what.into(),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: byte {}: {}",
            self.file.display(),
            self.offset,
            self.what
        )
    }
}

impl std::error::Error for Damage {}

/// What an inspection found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// Whole records that were seen.
    pub records: u64,
    /// The index after the last of them.
    pub next: u64,
    /// Segment files.
    pub segments: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Whether the last thing written is the mark of a clean close.
    pub closed_cleanly: bool,
    /// Every place that is not as it was written.
    pub damage: Vec<Damage>,
    /// A break at the very end with nothing valid behind it, as a crash leaves it. The next open cuts it.
    pub torn: Option<Damage>,
    /// Files that are no part of a journal.
    pub strangers: Vec<PathBuf>,
}

/// Reads every byte of `dir` and gives every whole record, in order, to `seen` with its index, file and
/// offset.
pub fn inspect(dir: &Path, mut seen: impl FnMut(u64, &[u8], &Path, u64)) -> io::Result<Inspection> {
    let (segments, strangers) = segment::list(&Os, dir)?;
    let mut found = Inspection {
        segments: segments.len(),
        strangers,
        ..Inspection::default()
    };
    let count = segments.len();
    for (place, (first, path)) in segments.iter().enumerate() {
        let is_last = place + 1 == count;
        one_segment((*first, path), is_last, &mut found, &mut seen)?;
    }
    Ok(found)
}

fn one_segment(
    (first, path): (u64, &Path),
    is_last: bool,
    found: &mut Inspection,
    seen: &mut impl FnMut(u64, &[u8], &Path, u64),
) -> io::Result<()> {
    let file = Os.open(path, How::Read)?;
    let size = file.size()?;
    found.bytes += size;
    let mut window = Window::new(HEADER as usize);
    let header = match Header::decode(window.get(&*file, 0, HEADER as usize)?) {
        Ok(header) => header,
        Err(what) => {
            found.damage.push(Damage::at(path, 0, Some(HEADER), what));
            Header { first, bytes: size }
        }
    };
    if header.first != found.next
        || path
            .file_name()
            .is_none_or(|n| n != segment::name(header.first).as_str())
    {
        let what = format!(
            "its first record is {}, the one before it ends at {}",
            header.first, found.next
        );
        found.damage.push(Damage::at(path, 0, Some(HEADER), what));
    }
    if size > header.bytes {
        let what = "the file is longer than its header states";
        found.damage.push(Damage::at(
            path,
            header.bytes,
            Some(size - header.bytes),
            what,
        ));
    }
    frames(path, &*file, header, is_last, found, seen)
}

fn frames(
    path: &Path,
    file: &dyn DiskFile,
    header: Header,
    is_last: bool,
    found: &mut Inspection,
    seen: &mut impl FnMut(u64, &[u8], &Path, u64),
) -> io::Result<()> {
    let mut walk = Walk::new(file, header);
    let mut broken = 0;
    loop {
        let before = walk.at;
        match walk.step()? {
            Step::Record {
                index,
                offset,
                record,
            } => {
                found.records += 1;
                found.closed_cleanly = false;
                seen(index, record, path, offset);
            }
            Step::Mark => found.closed_cleanly = true,
            Step::End(End::Clean) => break,
            Step::End(End::Broken { offset, what }) => {
                let size = file.size()?;
                let is_durable = scan::later_frame(file, before, walk.next)?.is_some();
                // A writer may have gone on between two looks. It writes in order: when a later frame is there, this one is.
                if is_last && walk.has_gone_on()? {
                    continue;
                }
                found.closed_cleanly = false;
                broken += 1;
                let resumed = scan::find_frame(file, before + 1, size, |_| true)?;
                let bytes = resumed.map(|(at, _)| at.saturating_sub(offset));
                let damage = Damage::at(path, offset, bytes, what);
                if is_last && !is_durable && found.torn.is_none() {
                    found.torn = Some(damage);
                } else {
                    found.damage.push(damage);
                }
                match resumed {
                    Some((at, head)) if broken < MAX_DAMAGE_A_SEGMENT => {
                        walk.at = at;
                        walk.next = head.index;
                    }
                    _ => break,
                }
            }
        }
    }
    found.next = walk.next;
    Ok(())
}
