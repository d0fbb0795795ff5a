//! What recorded decisions are evaluated again with, from a data directory: keys, archived policy sets, plugins.
//!
//! Nothing here writes to the host's own state, so it works beside a running host.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_sandbox::{CacheConfig, Sandbox, SandboxConfig, SandboxError};
use weft_vault::{KeyFileError, Keys, Label, Opener, VaultError};

use crate::again::Ground;
use crate::known::{Known, MissingField};
use crate::pipeline::PipelineError;
use crate::root::KEY_FILE;
use crate::sets::{Archive, ArchiveError, LoadedSet, Pinning};

/// Archived sets that are held ready at the same time; decisions of one set mostly follow each other.
const SETS_HELD: usize = 4;

/// Why decisions cannot be evaluated again. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// Without the keys, personal facts do not open and plugins see other names for tokens.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The vault's keys cannot be read, or are of another region or tenant.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Plugins cannot be run.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The set that decided is not there.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The set to compare with cannot be used.
    #[error(transparent)]
    Set(#[from] PipelineError),
    /// The dictionary lacks a field that the host needs.
    #[error(transparent)]
    Field(#[from] MissingField),
}

/// Makes grounds.
pub(crate) struct Grounds {
    sandbox: Sandbox,
    archive: Archive,
    opener: Arc<Opener>,
    held: VecDeque<(String, Arc<Ground>)>,
}

impl Grounds {
    pub(crate) fn open(
        data_dir: &Path,
        region: &str,
        tenant: &str,
    ) -> Result<Grounds, GroundError> {
        let keys = Keys::open(&data_dir.join(KEY_FILE))?;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let sandbox = Sandbox::new(SandboxConfig {
            max_in_flight: u32::try_from(threads.saturating_mul(2)).unwrap_or(u32::MAX),
            cache: Some(CacheConfig {
                dir: data_dir.join("cache"),
                key: keys.derive(Label::ArtefactMac),
            }),
        })?;
        Ok(Grounds {
            sandbox,
            archive: Archive::open(data_dir),
            opener: Arc::new(Opener::read(
                &data_dir.join("vault"),
                &keys,
                region,
                tenant,
            )?),
            held: VecDeque::new(),
        })
    }

    /// The set with this digest, as it decided.
    pub(crate) fn archived(&mut self, digest: &str) -> Result<Arc<Ground>, GroundError> {
        if let Some((_, ground)) = self.held.iter().find(|(held, _)| held == digest) {
            return Ok(Arc::clone(ground));
        }
        let (dictionary, pipeline) = self.archive.load(digest, &self.sandbox)?;
        let known = Known::of(&dictionary)?;
        let opener = Arc::clone(&self.opener);
        let ground = Arc::new(Ground::new(dictionary, known, Arc::new(pipeline), opener));
        if self.held.len() == SETS_HELD {
            self.held.pop_front();
        }
        self.held
            .push_back((digest.to_owned(), Arc::clone(&ground)));
        Ok(ground)
    }

    /// A set that lies in two directories.
    pub(crate) fn of(&self, policies: &Path, plugins: &Path) -> Result<Arc<Ground>, GroundError> {
        let set = LoadedSet::read(policies, plugins, Pinning::Optional, &self.sandbox)?;
        let (dictionary, pipeline) = set.into_parts();
        let known = Known::of(&dictionary)?;
        let opener = Arc::clone(&self.opener);
        Ok(Arc::new(Ground::new(
            dictionary,
            known,
            Arc::new(pipeline),
            opener,
        )))
    }
}

/// The directories of a set that is no host's yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetDirs {
    /// The dictionary, the pipeline, the policies.
    pub policies: PathBuf,
    /// Components, each `NAME.wasm`.
    pub plugins: PathBuf,
}
