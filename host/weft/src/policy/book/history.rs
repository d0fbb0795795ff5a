//! Which policy set a host had in force since when, and with it which text of each policy: from its data directory.

use std::collections::BTreeMap;
use std::path::Path;

use weft_diagnostic::Diagnostics;
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::sets::{Archive, SetChange, changes_in};
use weft_policy::{PolicyFiles, PolicySet, Status};

use crate::exit::Failed;
use crate::output;

/// A text of a policy that came into force in a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lived {
    /// The change of the set that brought it.
    pub(super) change: SetChange,
    /// SHA-256 of the file.
    pub(super) version: String,
    pub(super) status: Status,
}

/// What a data directory knows.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The sets that came into force, oldest first.
    pub(super) changes: Vec<SetChange>,
    /// The texts of each policy, by its id, oldest first.
    texts: BTreeMap<String, Vec<Lived>>,
    /// What cannot be told, in words.
    pub(super) gaps: Vec<String>,
    /// SHA-256 of the files of each set that can be read, by the set's digest.
    files: BTreeMap<String, String>,
}

impl History {
    /// What a data directory knows.
    pub(super) fn of(data: &Path) -> Result<History, Failed> {
        let known = changes_in(data)?;
        let archive = Archive::open(data);
        let mut history = History {
            gaps: known.damage,
            ..History::default()
        };
        let mut sets: BTreeMap<String, Vec<(String, String, Status)>> = BTreeMap::new();
        for change in known.changes.into_iter().rev() {
            let digest = &change.policy_set;
            if !sets.contains_key(digest) {
                sets.insert(digest.clone(), history.read(&archive, digest));
            }
            for (id, version, status) in &sets[digest] {
                let lived = history.texts.entry(id.clone()).or_default();
                if lived.last().is_none_or(|last| last.version != *version) {
                    lived.push(Lived {
                        change: change.clone(),
                        version: version.clone(),
                        status: *status,
                    });
                }
            }
            history.changes.push(change);
        }
        for gap in &history.gaps {
            output::step(&format!("the history has a gap: {gap}"));
        }
        Ok(history)
    }

    /// The policies of an archived set: id, version, status. What cannot be read is a gap.
    fn read(&mut self, archive: &Archive, digest: &str) -> Vec<(String, String, Status)> {
        match archive.files(digest) {
            Ok(files) => {
                let texts = texts(&files).unwrap_or_else(|why| {
                    self.gaps.push(format!("policy set {digest}: {why}"));
                    Vec::new()
                });
                self.files.insert(digest.to_owned(), files.digest());
                texts
            }
            Err(why) => {
                self.gaps.push(why.to_string());
                Vec::new()
            }
        }
    }

    /// The set that was in force at an instant, by the log.
    pub(super) fn in_force_at(&self, at: Timestamp) -> Option<&SetChange> {
        self.changes.iter().rev().find(|change| change.since <= at)
    }

    /// The digest of a set's files; none where they cannot be read.
    pub(super) fn files_of(&self, set: &str) -> Option<&str> {
        self.files.get(set).map(String::as_str)
    }

    /// The texts of a policy that a host had in force, oldest first.
    pub(super) fn texts_of(&self, policy: &str) -> &[Lived] {
        self.texts.get(policy).map_or(&[], Vec::as_slice)
    }
}

fn texts(files: &PolicyFiles) -> Result<Vec<(String, String, Status)>, String> {
    let read = || -> Result<PolicySet, Diagnostics> {
        let (file, text) = files.dictionary()?;
        let dictionary = Dictionary::parse(file, text)?;
        PolicySet::of(files, &dictionary)
    };
    let set = read().map_err(|problems| problems.to_string())?;
    let policies = set.policies().iter();
    Ok(policies
        .map(|p| (p.id().to_owned(), p.version().to_owned(), p.status()))
        .collect())
}
