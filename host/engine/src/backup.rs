//! A copy of a data directory, taken beside a running host; and a host that goes on from one.
//!
//! What is copied: the keys, the audit log as far as it is signed, behind it the vault, so that whatever a record names is
//! there, and the policy sets. What is derived is left out. The copy has a mark, and no host starts on it.
//!
//! A host that goes on from a copy lacks what was decided since, and others may have seen that signed. So its audit log goes on
//! under a name of its own, and says so in its first record ([`weft_audit::FORKED`]): [`restore`] leaves an order for it
//! in the new directory, which the first start carries out.
//!
//! A copy keeps the keys of persons who are erased later. It is to be destroyed when an erasure must have reached every
//! copy, and is as secret as the host's own directory.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use weft_audit::{EventRecord, FORKED};
use weft_dictionary::Timestamp;
use weft_disk::{Os, replace};

use crate::limits::{BACKUP_PAUSE, BACKUP_TRIES};
use crate::root::KEY_FILE;
use crate::sets::ARCHIVE_DIR;
use crate::whole;

/// The mark of a copy.
const BACKUP: &str = "weft.backup";
/// The order in a directory that was made from a copy.
const RESTORED: &str = "weft.restored";
/// What a mark says of its own form; another one is of another version of this program.
const FORM: &str = "weft backup 1";
const AUDIT: &str = "audit";
const VAULT: &str = "vault";
/// The file of the vault that says which of its keys count.
const RING: &str = "ring";

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    form: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The name of the audit log.
    pub origin: String,
    /// How many records of it there are.
    pub records: u64,
    /// The key that checks what it signs.
    key: String,
    /// The signed checkpoint over these records.
    checkpoint: String,
}

/// What was made of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// The copy.
    pub backup: Backup,
    /// When.
    pub restored_at: Timestamp,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// The name under which the audit log goes on.
    pub origin: String,
}

/// Why a copy is not taken or not restored. Nothing that was there is altered.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something.
    #[error("{} is there already; name a directory that is not, so that nothing is mixed", .0.display())]
    Exists(PathBuf),
    /// It is no copy.
    #[error("{} is no backup: {why}; name a directory that `weft backup` wrote", path.display())]
    NoBackup {
        /// Where.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The disk, the rights, the path.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being worked on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The audit log.
    #[error(transparent)]
    Log(#[from] weft_audit::ExportError),
    /// The vault's journals.
    #[error("{}: {source}; `weft vault status` says more", path.display())]
    Vault {
        /// Which.
        path: PathBuf,
        /// Why.
        source: weft_journal::CopyError,
    },
    /// The keys changed each time.
    #[error(
        "the vault's keys are being rotated; take the backup when `weft vault status` says that it is done"
    )]
    Rotating,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    |source| BackupError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Copies the data directory `data`, whether or not a host runs on it, to the directory `to`, which must not be there.
pub fn backup(
    data: &Path,
    to: &Path,
    at: Timestamp,
    progress: &dyn Fn(&str),
) -> Result<Backup, BackupError> {
    whole_into(to, |part| {
        copy_file(&data.join(KEY_FILE), &part.join(KEY_FILE))?;
        progress("copying the audit log");
        let copied = again(|| Ok(weft_audit::copy(&data.join(AUDIT), &fresh(part, AUDIT)?)?))?;
        progress("copying the vault");
        again(|| copy_vault(&data.join(VAULT), &fresh(part, VAULT)?))?;
        progress("copying the policy sets");
        copy_dir(&data.join(ARCHIVE_DIR), &part.join(ARCHIVE_DIR))?;
        whole::mark(part).map_err(io_at(part))?;
        let backup = Backup {
            form: FORM.to_owned(),
            taken_at: at,
            origin: copied.checkpoint.origin,
            records: copied.checkpoint.size,
            key: copied.vkey.trim_end().to_owned(),
            checkpoint: copied.signed,
        };
        put(&part.join(BACKUP), &backup)?;
        Ok(backup)
    })
}

/// Makes the data directory `data`, which must not be there, of the copy `from`. A host that starts on it goes on from there.
pub fn restore(
    from: &Path,
    data: &Path,
    at: Timestamp,
    reason: Option<String>,
    progress: &dyn Fn(&str),
) -> Result<Restored, BackupError> {
    let mark = from.join(BACKUP);
    let no_backup = |why: String| BackupError::NoBackup {
        path: from.to_owned(),
        why: format!("{}: {why}", mark.display()),
    };
    let backup: Backup = read(&mark).map_err(|error| no_backup(error.to_string()))?;
    if backup.form != FORM {
        let form = &backup.form;
        return Err(no_backup(format!(
            "its form is {form:?}, and this program knows {FORM:?}"
        )));
    }
    whole_into(data, |part| {
        progress("copying the backup");
        for entry in fs::read_dir(from).map_err(io_at(from))? {
            let path = entry.map_err(io_at(from))?.path();
            let to = part.join(path.file_name().unwrap_or_default());
            if path == mark {
                continue;
            } else if path.is_dir() {
                copy_dir(&path, &to)?;
            } else {
                copy_file(&path, &to)?;
            }
        }
        let digits = |c: &char| c.is_ascii_alphanumeric();
        let name: String = at.to_string().chars().filter(digits).collect();
        let base = base_of(&backup.origin);
        let restored = Restored {
            origin: format!("{base}{FORKED_NAME}{name}"),
            backup,
            restored_at: at,
            reason,
        };
        put(&part.join(RESTORED), &restored)?;
        Ok(restored)
    })
}

/// What stands behind the name of a log that goes on from a copy; the instant follows.
const FORKED_NAME: &str = ".restored-";

/// The name without what a restoration has put behind it.
fn base_of(origin: &str) -> &str {
    origin
        .split_once(FORKED_NAME)
        .map_or(origin, |(base, _)| base)
}

/// The name of the audit log of a data directory: that which it has, if it may have it; else `base`.
pub(crate) fn origin_of(data: &Path, base: String) -> String {
    let there = weft_audit::origin(&data.join(AUDIT));
    there.filter(|there| base_of(there) == base).unwrap_or(base)
}

/// The copy that a directory is, if it is one.
pub(crate) fn is_backup(data: &Path) -> bool {
    data.join(BACKUP).exists()
}

impl Restored {
    /// The order to go on from a copy, if there is one.
    pub(crate) fn order(data: &Path) -> io::Result<Option<Restored>> {
        match read(&data.join(RESTORED)) {
            Ok(order) => Ok(Some(order)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives the log its new name.
    pub(crate) fn fork(&self, data: &Path, seed: &[u8; 32]) -> Result<(), weft_audit::OpenError> {
        weft_audit::fork(&data.join(AUDIT), &self.backup.origin, &self.origin, seed)
    }

    /// Whether this event is what the log says of it.
    pub(crate) fn is_told_by(&self, event: &EventRecord) -> bool {
        event.event == FORKED && event.detail.get("origin") == Some(&self.origin.as_str().into())
    }

    /// What the log says of it.
    pub(crate) fn detail(&self) -> Vec<(&'static str, Json)> {
        let Backup {
            taken_at,
            origin,
            records,
            key,
            checkpoint,
            ..
        } = &self.backup;
        let mut detail = vec![
            ("origin", self.origin.as_str().into()),
            ("from", origin.as_str().into()),
            ("from_key", key.as_str().into()),
            ("from_checkpoint", checkpoint.as_str().into()),
            ("records", (*records).into()),
            ("taken_at", taken_at.to_string().into()),
            ("restored_at", self.restored_at.to_string().into()),
        ];
        detail.extend(self.reason.iter().map(|r| ("reason", r.as_str().into())));
        detail
    }

    /// It is carried out, and on record.
    pub(crate) fn done(data: &Path) -> io::Result<()> {
        fs::remove_file(data.join(RESTORED))?;
        File::open(data)?.sync_all()
    }
}

/// Writes a directory under another name, and gives it its own when it is whole and durable.
fn whole_into<T>(
    to: &Path,
    write: impl FnOnce(&Path) -> Result<T, BackupError>,
) -> Result<T, BackupError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    own_dir(&part).map_err(|error| match error {
        BackupError::Io { path, source } if source.kind() == io::ErrorKind::AlreadyExists => {
            BackupError::Exists(path)
        }
        other => other,
    })?;
    let written = write(&part).and_then(|written| {
        fs::rename(&part, to).map_err(io_at(to))?;
        let above = weft_disk::parent(to);
        let synced = File::open(above).and_then(|dir| dir.sync_all());
        synced.map_err(io_at(above))?;
        Ok(written)
    });
    if written.is_err() {
        // What is half there is of no use, and why it is only half there is told already.
        let _ = fs::remove_dir_all(&part);
    }
    written
}

/// A directory that only its owner may use.
fn own_dir(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(io_at(path))
}

/// Where a part of the copy goes; what another try left there is gone.
fn fresh(part: &Path, name: &str) -> Result<PathBuf, BackupError> {
    let path = part.join(name);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_at(&path)(error)),
        _ => Ok(path),
    }
}

/// Tries again what may be in the middle of a change.
fn again<T>(mut copy: impl FnMut() -> Result<T, BackupError>) -> Result<T, BackupError> {
    let mut tried = copy();
    for _ in 1..BACKUP_TRIES {
        if tried.is_ok() {
            break;
        }
        std::thread::sleep(BACKUP_PAUSE);
        tried = copy();
    }
    tried
}

/// The ring last: what it names was copied, if it is still the one that it was before.
fn copy_vault(from: &Path, to: &Path) -> Result<(), BackupError> {
    own_dir(to)?;
    let ring = from.join(RING);
    let before = fs::read(&ring).map_err(io_at(&ring))?;
    for entry in fs::read_dir(from).map_err(io_at(from))? {
        let path = entry.map_err(io_at(from))?.path();
        if path.is_dir() {
            let to = to.join(path.file_name().unwrap_or_default());
            own_dir(&to)?;
            let copied = weft_journal::copy(&path, &to, u64::MAX);
            copied.map_err(|source| BackupError::Vault { path, source })?;
        }
    }
    if fs::read(&ring).map_err(io_at(&ring))? != before {
        return Err(BackupError::Rotating);
    }
    let to = to.join(RING);
    replace(&Os, &to, &before).map_err(io_at(&to))?;
    fs::set_permissions(&to, Permissions::from_mode(0o600)).map_err(io_at(&to))
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), BackupError> {
    own_dir(to)?;
    for entry in fs::read_dir(from).map_err(io_at(from))? {
        let path = entry.map_err(io_at(from))?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_dir(&path, &to)?;
        } else {
            copy_file(&path, &to)?;
        }
    }
    let synced = File::open(to).and_then(|dir| dir.sync_all());
    synced.map_err(io_at(to))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::copy(from, to).map_err(io_at(from))?;
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(io_at(to))
}

fn put(path: &Path, content: &impl Serialize) -> Result<(), BackupError> {
    let text = serde_json::to_string_pretty(content).map_err(io::Error::from);
    let text = text.map_err(io_at(path))? + "\n";
    replace(&Os, path, text.as_bytes()).map_err(io_at(path))
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
