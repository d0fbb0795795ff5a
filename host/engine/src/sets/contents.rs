//! What a policy set is made of, by digests: from these the set's own digest is made.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use weft_policy::PolicyFiles;

use crate::pipeline::PluginInUse;

/// The form of the list.
const FORM: &str = "weft.set/1";

/// The files and the plugins of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    form: String,
    /// In the order of [`PolicyFiles::iter`].
    pub(crate) files: Vec<FileEntry>,
    /// In the order of [`Pipeline::plugins`](crate::Pipeline::plugins).
    pub(crate) plugins: Vec<PluginInUse>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileEntry {
    /// Below the directory of policies.
    pub(crate) path: String,
    /// In hexadecimal.
    pub(crate) sha256: String,
}

impl Contents {
    pub(crate) fn of(files: &PolicyFiles, plugins: &[PluginInUse]) -> Contents {
        let entry = |(path, sha256): (&str, String)| FileEntry {
            path: path.to_owned(),
            sha256,
        };
        Contents {
            form: FORM.to_owned(),
            files: files.digests().map(entry).collect(),
            plugins: plugins.to_vec(),
        }
    }

    /// Whether it has the form that this host knows.
    pub(crate) fn is_whole(&self) -> bool {
        let mut plugins = self.plugins.iter();
        self.form == FORM && plugins.all(|plugin| is_digest(&plugin.digest))
    }

    /// The digest of the set: SHA-256 over the digests of its files and its plugins, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        let files = self.files.iter();
        let files = PolicyFiles::digest_of(files.map(|entry| (&*entry.path, entry.sha256.clone())));
        let mut hash = Sha256::new();
        hash.update(files.as_bytes());
        for plugin in &self.plugins {
            for part in [&plugin.name, &plugin.version, &plugin.digest] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        HEXLOWER.encode(&hash.finalize())
    }

    /// The digests of the files by path.
    pub(crate) fn by_path(&self) -> BTreeMap<&str, &str> {
        let files = self.files.iter();
        files.map(|entry| (&*entry.path, &*entry.sha256)).collect()
    }
}

/// Whether a text is SHA-256 in hexadecimal, as this host writes it.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
