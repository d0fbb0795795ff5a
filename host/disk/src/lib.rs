//! Files and directories, as what has to survive a power cut uses them.
//!
//! [`Disk`] says no more than that needs: a write goes to an offset, a sync makes a file's content durable, another one the
//! names in a directory. [`Os`] is the operating system. [`Simulated`] is a disk in memory that loses power, runs full and
//! fails, from a seed, so that each of its accidents can be had again.
//!
//! | module | what is there |
//! |---|---|
//! | [`os`] | [`Os`] |
//! | [`small`] | small files that are replaced whole |
//! | [`simulated`] | [`Simulated`], and which accidents it knows |

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod os;
pub mod simulated;
pub mod small;

pub use os::Os;
pub use simulated::Simulated;
pub use small::{TMP, read_small, remove, replace};

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// To read one that exists.
    Read,
    /// To read and write one that exists.
    Write,
    /// To read and write one that is empty: made new, or emptied.
    Create,
}

/// Where files and directories are.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Makes a directory, unless it is there. [`create_dir_durably`] makes its name durable, too.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// What is in a directory, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;
    /// Whether there is something at this path.
    fn exists(&self, path: &Path) -> bool;
    /// Opens a file.
    fn open(&self, path: &Path, how: How) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name, in place of the file that had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a file's name away.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// `fsync` of a directory: the names in it are durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Locks a directory against other processes; `None` when one has it. It is free again when this is dropped.
    fn lock(&self, dir: &Path) -> io::Result<Option<Held>>;
}

/// An open file. Dropping it closes it, and makes nothing durable.
pub trait DiskFile: Send + Sync {
    /// Its size in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Reads at an offset; how many bytes, zero at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at an offset; how many bytes.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Cuts it off, or lengthens it with zeros that have no room yet.
    fn set_size(&self, bytes: u64) -> io::Result<()>;
    /// Lengthens it with zeros that have room.
    fn allocate(&self, from: u64, bytes: u64) -> io::Result<()>;
    /// `fdatasync`: the content is durable, and what is needed to find it.
    fn sync_data(&self) -> io::Result<()>;
    /// `fsync`: everything about it is durable, but its name.
    fn sync(&self) -> io::Result<()>;
    /// Forgets what the system holds of it in memory: what is read next comes from the disk. After a sync that failed
    /// Linux takes what it could not write for clean, so that a later process reads what no disk has.
    fn drop_cache(&self) -> io::Result<()>;
}

impl dyn DiskFile + '_ {
    /// Writes all of it, or says why not: then some of it may be written.
    pub fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fills `bytes` from an offset on; how many there were before the end.
    pub fn read_full_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut full = 0;
        while full < bytes.len() {
            match self.read_at(&mut bytes[full..], offset + full as u64) {
                Ok(0) => break,
                Ok(read) => full += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(full)
    }
}

/// What keeps a directory locked.
#[derive(Debug)]
pub struct Held {
    /// `None` where there is no other process.
    _dir: Option<std::fs::File>,
}

/// Makes a directory and those above it, as far as they are missing, and makes their names durable. One that is there
/// may have been made by a process that was killed before it could sync its name: that is done again.
pub fn create_dir_durably(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    let above: Vec<&Path> = dir
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty())
        .collect();
    let there = above.iter().position(|above| disk.exists(above));
    if let Some(there) = there.map(|place| above[place]) {
        match disk.sync_dir(parent(there)) {
            // Whoever may not even read it has not made what is in it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    // One after the other, so that at most the last one that is there has a name that is not durable.
    for missing in above[..there.unwrap_or(above.len())].iter().rev() {
        disk.create_dir(missing)?;
        disk.sync_dir(parent(missing))?;
    }
    Ok(())
}

/// The directory that holds this path's name; the root holds its own.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        None => path,
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    }
}
