//! Small files, whole or not there.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Disk, How, parent};

/// What is appended to a name while the file is being written. Who finds such a file after a crash removes it.
pub const TMP: &str = ".tmp";

/// Puts a file in the place of another: temporary name, `fsync`, rename, `fsync` of the directory. After a power cut it is
/// the one or the other. On an error the other is still there, or the new one is and may not be durable.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut tmp = path.as_os_str().to_owned();
    tmp.push(TMP);
    let tmp = PathBuf::from(tmp);
    if let Err(error) = write(disk, &tmp, bytes) {
        // What was written of it takes room, and may be why there is none.
        let _ = disk.remove(&tmp);
        return Err(error);
    }
    disk.rename(&tmp, path)?;
    disk.sync_dir(parent(path))
}

fn write(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = disk.open(path, How::Create)?;
    file.write_all_at(bytes, 0)?;
    file.sync()
}

/// What is in a small file; `None` when it is not there. One that is larger than `max` comes back cut behind `max`.
pub fn read_small(disk: &dyn Disk, path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, How::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let size = usize::try_from(file.size()?).unwrap_or(usize::MAX);
    let mut bytes = vec![0; size.min(max + 1)];
    let read = file.read_full_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Removes a file; whether it was there.
pub fn remove(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    match disk.remove(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
