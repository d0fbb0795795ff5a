//! One file of a journal: a header, frames, and zeros to its end.
//!
//! A segment is written full of zeros and synced before it is used, so that a later `fdatasync` has
//! nothing to do but to write the batch: no size, no extent of the file changes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_disk::{Disk, DiskFile, How};

use crate::limits::{MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES, PREPARE_BYTES};

pub(crate) const HEADER: u64 = 64;
const MAGIC: [u8; 8] = *b"WEFTJRN\x01";
/// The segment that is being prepared; it is no part of the journal until it is renamed.
pub(crate) const NEXT: &str = "next.tmp";
const SUFFIX: &str = ".journal";

/// A segment's header, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The index of its first record.
    pub(crate) first: u64,
    /// The size of the file.
    pub(crate) bytes: u64,
}

impl Header {
    pub(crate) fn encode(self) -> [u8; HEADER as usize] {
        let mut out = [0u8; HEADER as usize];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..16].copy_from_slice(&self.first.to_le_bytes());
        out[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        let crc = crc32c::crc32c(&out[..60]);
        out[60..64].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header, or what is wrong with it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Header, &'static str> {
        let bytes: &[u8; HEADER as usize] = bytes
            .first_chunk()
            .ok_or("the file ends within its header")?;
        let u64_at = |at: usize| {
            let mut eight = [0u8; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let header = Header {
            first: u64_at(8),
            bytes: u64_at(16),
        };
        if header.encode() != *bytes {
            return Err("the segment's header does not match its checksum");
        }
        if !(MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&header.bytes) {
            return Err("the segment's header states a size out of range");
        }
        Ok(header)
    }
}

/// The file name of the segment whose first record is `first`.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The index of a segment's first record, by its name, and its path.
pub(crate) type Named = (u64, PathBuf);

/// Segments of a directory in order, and the files that are none.
pub(crate) fn list(disk: &dyn Disk, dir: &Path) -> io::Result<(Vec<Named>, Vec<PathBuf>)> {
    let mut segments = Vec::new();
    let mut others = Vec::new();
    for path in disk.list(dir)? {
        let file = path.file_name().and_then(|file| file.to_str());
        let first = file
            .and_then(|f| f.strip_suffix(SUFFIX))
            .and_then(|f| f.parse().ok());
        match first {
            Some(first) if file == Some(name(first).as_str()) => segments.push((first, path)),
            _ => others.push(path),
        }
    }
    segments.sort();
    others.sort();
    Ok((segments, others))
}

/// `fsync`. Its error is never one of a full disk, whatever the system says: what was written before it is in
/// doubt.
pub(crate) fn sync(file: &dyn DiskFile) -> io::Result<()> {
    file.sync().map_err(io::Error::other)
}

/// Writes zeros over `from..to` and syncs, a piece at a time so that others' syncs do not wait long.
pub(crate) fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0u8; PREPARE_BYTES];
    let mut at = from;
    while at < to {
        let piece = usize::try_from(to - at)
            .unwrap_or(usize::MAX)
            .min(PREPARE_BYTES);
        file.write_all_at(&zeros[..piece], at)?;
        sync(file)?;
        at += piece as u64;
    }
    Ok(())
}

/// A file of zeros under the name [`NEXT`], durable, without a header.
pub(crate) fn prepare(disk: &dyn Disk, dir: &Path, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
    let path = dir.join(NEXT);
    let file = disk.open(&path, How::Create)?;
    if let Err(error) = lengthen(&*file, 0, bytes) {
        // A full disk is not made fuller by half a segment.
        let _ = disk.remove(&path);
        return Err(error);
    }
    Ok(file)
}

/// Zeros from `from`, where the file ends, to `to`; durable, with the file's size.
pub(crate) fn lengthen(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    if from < to {
        file.allocate(from, to - from)?;
    }
    write_zeros(file, from, to)?;
    sync(file)
}

/// Cuts the file off at `at`, for good: this needs no room.
pub(crate) fn cut_off(file: &dyn DiskFile, at: u64) -> io::Result<()> {
    file.set_size(at)?;
    sync(file)
}

/// Gives the prepared file its header and its name; both are durable on return.
pub(crate) fn take_into_use(
    disk: &dyn Disk,
    dir: &Path,
    file: &dyn DiskFile,
    header: Header,
) -> io::Result<PathBuf> {
    file.write_all_at(&header.encode(), 0)?;
    file.sync()?;
    let path = dir.join(name(header.first));
    disk.rename(&dir.join(NEXT), &path)?;
    disk.sync_dir(dir)?;
    Ok(path)
}
