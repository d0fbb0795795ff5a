//! Every set that decided, by its digest, below the data directory.
//!
//! A set is written beside its place, made durable, and put there by one rename: whoever looks finds all of it or
//! nothing. One host writes; any number of others may read meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_dictionary::Dictionary;
use weft_policy::PolicyFiles;
use weft_sandbox::{Plugin, Sandbox};

use crate::limits::{MAX_ARCHIVED_SETS, MAX_SET_LIST_BYTES};
use crate::pipeline::{Pipeline, PipelineError};
use crate::sets::components::Source;
use crate::sets::contents::{Contents, is_digest};
use crate::sets::loaded::{LoadedSet, Pinning};

/// Below the data directory.
pub(crate) const ARCHIVE_DIR: &str = "policy-sets";
/// The list of a set's parts.
const LIST: &str = "set.json";
/// The files of a set.
const POLICIES: &str = "policies";
/// The components of all sets.
const PLUGINS: &str = "plugins";
/// What is being written.
const UNFINISHED: &str = "tmp";
/// What was found changed, and written anew.
const DAMAGED: &str = "damaged";

/// Why a set is not kept, or not found again. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The name of a set is no digest.
    #[error(
        "this is not the digest of a policy set: it has 64 hexadecimal digits; `weft policy sets` shows them"
    )]
    NotADigest,
    /// The set was never kept here.
    #[error(
        "{dir} has no policy set {digest}: it was never in force in this data directory, or its copy was removed; `weft policy sets` shows those that are there"
    )]
    NotThere {
        /// Which set.
        digest: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A part is not what it was.
    #[error(
        "{path} is not what it was when the policy set {digest} was in force: somebody changed it; restore it from a copy of the data directory"
    )]
    Changed {
        /// Which part.
        path: PathBuf,
        /// Of which set.
        digest: String,
    },
    /// A part is gone.
    #[error(
        "{path} is missing, and the policy set {digest} had it; restore it from a copy of the data directory"
    )]
    Missing {
        /// Which part.
        path: PathBuf,
        /// Of which set.
        digest: String,
    },
    /// A file that the set did not have.
    #[error(
        "{path} is no part of the policy set {digest}: somebody put it there later; move it away"
    )]
    Stranger {
        /// Which file.
        path: PathBuf,
        /// Beside which set.
        digest: String,
    },
    /// The disk, or rights.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No more sets are kept.
    #[error(
        "{dir} has {MAX_ARCHIVED_SETS} policy sets, which is the limit; move sets away to which no record refers that is still needed"
    )]
    Full {
        /// Where.
        dir: PathBuf,
    },
    /// The files cannot be read, or this host cannot use them any more.
    #[error(transparent)]
    Set(Box<PipelineError>),
}

/// What became of a set that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// It was new.
    Added,
    /// It was there, and is what it was.
    Known,
    /// It was there and not what it was; it was written anew, and what was found is below `damaged`.
    Mended,
}

/// The sets of one data directory.
#[derive(Debug, Clone)]
pub struct Archive {
    dir: PathBuf,
}

impl Archive {
    /// The archive of a data directory. Nothing is read or made yet, so this works beside a running host.
    pub fn open(data_dir: &Path) -> Archive {
        Archive {
            dir: data_dir.join(ARCHIVE_DIR),
        }
    }

    /// The digests of all sets that are kept, in order.
    pub fn list(&self) -> Result<Vec<String>, ArchiveError> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(io_at(&self.dir)(source)),
        };
        let mut digests = Vec::new();
        for entry in entries {
            let name = entry.map_err(io_at(&self.dir))?.file_name();
            digests.extend(name.into_string().ok().filter(|name| is_digest(name)));
        }
        digests.sort();
        Ok(digests)
    }

    /// A set by its digest, ready to be asked, with the dictionary that it is about. Every byte of it is
    /// checked: what comes back is what decided then.
    pub fn load(
        &self,
        digest: &str,
        sandbox: &Sandbox,
    ) -> Result<(Arc<Dictionary>, Pipeline), ArchiveError> {
        let set = self.read(digest, Pinning::Optional, sandbox, &[])?;
        Ok(set.into_parts())
    }

    /// The files of a set, when every one is what it was. Plugins are not looked at.
    pub fn files(&self, digest: &str) -> Result<PolicyFiles, ArchiveError> {
        Ok(self.verified(digest)?.1)
    }

    /// A set with its bytes.
    pub(crate) fn read(
        &self,
        digest: &str,
        pinning: Pinning,
        sandbox: &Sandbox,
        compiled: &[Arc<Plugin>],
    ) -> Result<LoadedSet, ArchiveError> {
        let (contents, files) = self.verified(digest)?;
        let components = self.components(&contents, digest)?;
        let source = Source::Read(components);
        let set = LoadedSet::of(files, source, pinning, sandbox, compiled)
            .map_err(|e| ArchiveError::Set(Box::new(e)))?;
        // The same bytes ask the same plugins.
        if set.pipeline.digest() != digest {
            return Err(self.changed(digest, LIST));
        }
        Ok(set)
    }

    /// Keeps a set. When this returns it is durable.
    pub fn store(&self, set: &LoadedSet) -> Result<Archived, ArchiveError> {
        let digest = set.pipeline.digest();
        for dir in [&self.dir, &self.dir.join(PLUGINS)] {
            make_dir(dir)?;
        }
        let unfinished = self.dir.join(UNFINISHED);
        remove_dir(&unfinished)?;
        make_dir(&unfinished)?;
        for component in set.components.values() {
            self.store_component(component.plugin.digest(), &component.bytes)?;
        }
        let place = self.dir.join(digest);
        let archived = match self.verified(digest) {
            Ok(_) => return Ok(Archived::Known),
            Err(ArchiveError::NotThere { .. }) => Archived::Added,
            Err(ArchiveError::Io { path, source }) => {
                return Err(ArchiveError::Io { path, source });
            }
            Err(why) => {
                tracing::error!(%why, "an archived policy set is not what it was; it is written anew");
                self.set_aside(digest)?;
                Archived::Mended
            }
        };
        if self.list()?.len() >= MAX_ARCHIVED_SETS {
            return Err(ArchiveError::Full {
                dir: self.dir.clone(),
            });
        }
        let new = unfinished.join(digest);
        write_set(&new, set)?;
        rename(&new, &place)?;
        Ok(archived)
    }

    fn store_component(&self, digest: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let place = self.component(digest);
        match fs::read(&place) {
            Ok(there) if there == bytes => return Ok(()),
            Ok(_) => {
                tracing::error!(component = %place.display(), "an archived component is not what it was; it is written anew");
            }
            Err(_) => {}
        }
        let new = self.dir.join(UNFINISHED).join(format!("{digest}.wasm"));
        write(&new, bytes)?;
        rename(&new, &place)
    }

    /// Puts away what was changed, for whoever wants to know how.
    fn set_aside(&self, digest: &str) -> Result<(), ArchiveError> {
        let damaged = self.dir.join(DAMAGED);
        make_dir(&damaged)?;
        let aside = damaged.join(digest);
        remove_dir(&aside)?;
        rename(&self.dir.join(digest), &aside)
    }

    /// The list and the files of a set, when they are what they were.
    fn verified(&self, digest: &str) -> Result<(Contents, PolicyFiles), ArchiveError> {
        if !is_digest(digest) {
            return Err(ArchiveError::NotADigest);
        }
        let dir = self.dir.join(digest);
        if !dir.exists() {
            return Err(ArchiveError::NotThere {
                digest: digest.to_owned(),
                dir: self.dir.clone(),
            });
        }
        let contents = self.contents(digest)?;
        let policies = dir.join(POLICIES);
        let files = PolicyFiles::read(&policies)
            .map_err(|problems| ArchiveError::Set(Box::new(problems.into())))?;
        let mut expected = contents.by_path();
        for (path, found) in files.digests() {
            match expected.remove(path) {
                Some(sha256) if sha256 == found => {}
                Some(_) => return Err(self.changed(digest, &format!("{POLICIES}/{path}"))),
                None => {
                    return Err(ArchiveError::Stranger {
                        path: policies.join(path),
                        digest: digest.to_owned(),
                    });
                }
            }
        }
        match expected.keys().next() {
            Some(path) => Err(ArchiveError::Missing {
                path: policies.join(path),
                digest: digest.to_owned(),
            }),
            None => Ok((contents, files)),
        }
    }

    /// The list of a set's parts, when it is the one that its digest was made of.
    fn contents(&self, digest: &str) -> Result<Contents, ArchiveError> {
        let path = self.dir.join(digest).join(LIST);
        let bytes = match fs::read(&path) {
            Ok(bytes) if bytes.len() > MAX_SET_LIST_BYTES => Vec::new(),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ArchiveError::Missing {
                    path,
                    digest: digest.to_owned(),
                });
            }
            Err(source) => return Err(io_at(&path)(source)),
        };
        let contents: Option<Contents> = serde_json::from_slice(&bytes).ok();
        contents
            .filter(|contents| contents.is_whole() && contents.digest() == digest)
            .ok_or_else(|| self.changed(digest, LIST))
    }

    /// The components that a set asks, by name, when they are what they were.
    fn components(
        &self,
        contents: &Contents,
        digest: &str,
    ) -> Result<BTreeMap<String, (PathBuf, Vec<u8>)>, ArchiveError> {
        let mut components = BTreeMap::new();
        for plugin in &contents.plugins {
            let path = self.component(&plugin.digest);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(ArchiveError::Missing {
                        path,
                        digest: digest.to_owned(),
                    });
                }
                Err(source) => return Err(io_at(&path)(source)),
            };
            if HEXLOWER.encode(&Sha256::digest(&bytes)) != plugin.digest {
                return Err(ArchiveError::Changed {
                    path,
                    digest: digest.to_owned(),
                });
            }
            components.insert(plugin.name.clone(), (path, bytes));
        }
        Ok(components)
    }

    fn component(&self, digest: &str) -> PathBuf {
        self.dir.join(PLUGINS).join(format!("{digest}.wasm"))
    }

    fn changed(&self, digest: &str, part: &str) -> ArchiveError {
        ArchiveError::Changed {
            path: self.dir.join(digest).join(part),
            digest: digest.to_owned(),
        }
    }
}

/// All files of a set below a directory that is not there yet, durable.
fn write_set(dir: &Path, set: &LoadedSet) -> Result<(), ArchiveError> {
    let policies = dir.join(POLICIES);
    make_dir(&policies)?;
    for (path, text) in set.files.iter() {
        let path = policies.join(path);
        if let Some(parent) = path.parent() {
            make_dir(parent)?;
        }
        write(&path, text.as_bytes())?;
    }
    let path = dir.join(LIST);
    let list =
        serde_json::to_vec_pretty(&set.contents()).map_err(|error| io_at(&path)(error.into()))?;
    write(&path, &list)?;
    sync_dirs(dir)
}

/// The names of what was written are as durable as the files.
fn sync_dirs(dir: &Path) -> Result<(), ArchiveError> {
    let failed = io_at(dir);
    for entry in fs::read_dir(dir).map_err(&failed)? {
        let path = entry.map_err(&failed)?.path();
        if path.is_dir() {
            sync_dirs(&path)?;
        }
    }
    sync(dir)
}

fn sync(dir: &Path) -> Result<(), ArchiveError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(io_at(dir))
}

/// A file with its bytes on the disk.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(io_at(path))
}

fn rename(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    fs::rename(from, to).map_err(io_at(to))?;
    to.parent().map_or(Ok(()), sync)
}

fn make_dir(dir: &Path) -> Result<(), ArchiveError> {
    if dir.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io_at(dir))?;
    dir.parent().map_or(Ok(()), sync)
}

fn remove_dir(dir: &Path) -> Result<(), ArchiveError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_at(dir)(error)),
        _ => Ok(()),
    }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> ArchiveError + '_ {
    |source| ArchiveError::Io {
        path: path.to_owned(),
        source,
    }
}
