//! `store.sum`: SHA-256 over every block of the store's files, written when the store is closed.
//!
//! sled's checksums do not cover the areas that it does not use, and its file changes while it runs. So the
//! whole of it is summed when it has come to rest, and a flipped bit is found with file and block. The file goes when
//! the store is opened.
//!
//! ```text
//! 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae 0 65536 db
//! …
//! 9e107d9d372bb6826bd81d3542a419d6… sum
//! ```
//!
//! Each line: hash, offset, length, name. The last: hash over all lines before it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::limits::SUM_BLOCK_BYTES;

/// Where a file differs from its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Differs {
    pub(crate) file: PathBuf,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) what: &'static str,
}

impl Differs {
    /// Whether the other one begins where this one ends, and says the same.
    pub(crate) fn is_continued_by(&self, next: &Differs) -> bool {
        self.file == next.file && self.what == next.what && self.offset + self.bytes == next.offset
    }
}

/// Sums of one file's blocks, by offset: length and hash.
type Blocks = BTreeMap<u64, (u64, String)>;

/// All files below `dir`, by relative name.
fn all_files(dir: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(dir)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, path);
            }
        }
    }
    Ok(found)
}

fn blocks(path: &Path) -> io::Result<Blocks> {
    let mut file = File::open(path)?;
    let mut found = Blocks::new();
    let mut offset = 0;
    loop {
        let mut block = Vec::with_capacity(SUM_BLOCK_BYTES);
        let read = file
            .by_ref()
            .take(SUM_BLOCK_BYTES as u64)
            .read_to_end(&mut block)? as u64;
        // An empty file has one block of no bytes, so that it is missed when it goes.
        if read == 0 && offset > 0 {
            return Ok(found);
        }
        found.insert(offset, (read, HEXLOWER.encode(&Sha256::digest(&block))));
        offset += read;
        if read == 0 {
            return Ok(found);
        }
    }
}

/// The text of `store.sum` for `dir` as it is now.
pub(crate) fn compute(dir: &Path) -> io::Result<String> {
    let mut text = String::new();
    for (name, path) in all_files(dir)? {
        for (offset, (bytes, hash)) in blocks(&path)? {
            text.push_str(&format!("{hash} {offset} {bytes} {name}\n"));
        }
    }
    let sum = HEXLOWER.encode(&Sha256::digest(&text));
    text.push_str(&format!("{sum} sum\n"));
    Ok(text)
}

/// The sums in a text, or the offset from which it is not as it was written.
fn parse(text: &[u8]) -> Option<BTreeMap<String, Blocks>> {
    let text = std::str::from_utf8(text).ok()?;
    let lines = text.strip_suffix(" sum\n")?;
    let (lines, sum) = lines.split_at_checked(lines.len().checked_sub(64)?)?;
    if HEXLOWER.encode(&Sha256::digest(lines)) != sum {
        return None;
    }
    let mut found: BTreeMap<String, Blocks> = BTreeMap::new();
    for line in lines.lines() {
        let mut parts = line.splitn(4, ' ');
        let hash = parts.next()?.to_owned();
        let (offset, bytes) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        found
            .entry(parts.next()?.to_owned())
            .or_default()
            .insert(offset, (bytes, hash));
    }
    Some(found)
}

/// Where `dir` differs from the sums in `text`, which are in file `sums`.
pub(crate) fn compare(dir: &Path, text: &[u8], sums: &Path) -> io::Result<Vec<Differs>> {
    let differs = |file: &Path, offset, bytes, what| Differs {
        file: file.to_owned(),
        offset,
        bytes,
        what,
    };
    let Some(mut wanted) = parse(text) else {
        return Ok(vec![differs(
            sums,
            0,
            text.len() as u64,
            "the sums do not match their own sum",
        )]);
    };
    let mut found = Vec::new();
    for (name, path) in all_files(dir)? {
        let Some(wanted) = wanted.remove(&name) else {
            found.push(differs(
                &path,
                0,
                0,
                "this file was not there when the store was closed",
            ));
            continue;
        };
        let is = blocks(&path)?;
        let offsets: std::collections::BTreeSet<u64> =
            is.keys().chain(wanted.keys()).copied().collect();
        for offset in offsets {
            let (now, was) = (is.get(&offset), wanted.get(&offset));
            if now != was {
                let bytes = now.or(was).map_or(0, |(bytes, _)| *bytes);
                found.push(differs(
                    &path,
                    offset,
                    bytes,
                    "the block is not what it was when the store was closed",
                ));
            }
        }
    }
    for name in wanted.keys() {
        found.push(differs(&dir.join(name), 0, 0, "the file is missing"));
    }
    Ok(found)
}
