//! A policy set with what it was made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use weft_dictionary::Dictionary;
use weft_policy::{DICTIONARY, PolicyFiles};
use weft_sandbox::{Plugin, Sandbox};

use crate::pipeline::{Pipeline, PipelineError};
use crate::sets::components::{Component, Components, Source};
use crate::sets::contents::Contents;

/// Whether a policy must name the digest of its plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinning {
    /// It may.
    Optional,
    /// It must.
    Required,
}

/// A policy set, ready to be asked, with the bytes that it was made of: they were read once, so what is checked,
/// what the digest is of, and what is archived are the same.
pub struct LoadedSet {
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) pipeline: Pipeline,
    pub(crate) files: PolicyFiles,
    pub(crate) components: BTreeMap<String, Component>,
}

impl LoadedSet {
    /// Reads, checks, tests and binds what is in two directories: policies, and plugins as `NAME.wasm`.
    pub fn read(
        policies: &Path,
        plugins: &Path,
        pinning: Pinning,
        sandbox: &Sandbox,
    ) -> Result<LoadedSet, PipelineError> {
        let files = PolicyFiles::read(policies)?;
        LoadedSet::of(files, Source::Directory(plugins), pinning, sandbox, &[])
    }

    /// Checks, tests and binds what was read; `compiled` is not compiled again.
    pub(crate) fn of(
        files: PolicyFiles,
        source: Source<'_>,
        pinning: Pinning,
        sandbox: &Sandbox,
        compiled: &[Arc<Plugin>],
    ) -> Result<LoadedSet, PipelineError> {
        let (file, text) = files.dictionary()?;
        let dictionary = Arc::new(Dictionary::parse(file, text)?);
        let mut components = Components::new(source, sandbox, compiled);
        let pipeline = Pipeline::bind(&files, &dictionary, &mut components, pinning)?;
        Ok(LoadedSet {
            dictionary,
            pipeline,
            components: components.into_loaded(),
            files,
        })
    }

    /// The fields that its policies are about.
    pub fn dictionary(&self) -> &Arc<Dictionary> {
        &self.dictionary
    }

    /// The set itself.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Both.
    pub fn into_parts(self) -> (Arc<Dictionary>, Pipeline) {
        (self.dictionary, self.pipeline)
    }

    pub(crate) fn contents(&self) -> Contents {
        Contents::of(&self.files, self.pipeline.plugins())
    }

    /// SHA-256 of the dictionary's file.
    pub(crate) fn dictionary_sha256(&self) -> String {
        let mut digests = self.files.digests();
        let dictionary = digests.find(|(path, _)| *path == DICTIONARY);
        dictionary.map_or_else(String::new, |(_, sha256)| sha256)
    }
}
