//! Which text of a policy was in force since when, from a host's data directory: its log and its archive of sets.

use std::collections::BTreeMap;
use std::path::Path;

use weft_audit::Record;
use weft_dictionary::{Dictionary, Timestamp};
use weft_policy::{PolicySet, Status};

use crate::exit::Failed;

/// A text of a policy that a host had in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lived {
    /// Since when; the start or the change that is in the log.
    pub(super) since: Timestamp,
    /// SHA-256 of the file.
    pub(super) version: String,
    pub(super) status: Status,
    /// The set, by its digest.
    pub(super) set: String,
}

/// The texts of each policy, by its id, oldest first.
pub(super) type History = BTreeMap<String, Vec<Lived>>;

/// What a data directory knows.
pub(super) fn of(data: &Path) -> Result<History, Failed> {
    let mut changes: Vec<(Timestamp, String)> = Vec::new();
    weft_audit::stream(&data.join("audit"), |_, record| {
        let Record::Event(event) = record else { return };
        let digest = event.detail.get("policy_set").and_then(|v| v.as_str());
        if let Some(digest) = digest.filter(|d| changes.last().is_none_or(|(_, last)| last != d)) {
            changes.push((event.at, digest.to_owned()));
        }
    })?;
    let mut sets: BTreeMap<String, Vec<(String, String, Status)>> = BTreeMap::new();
    let mut history = History::new();
    for (since, digest) in changes {
        if !sets.contains_key(&digest) {
            sets.insert(digest.clone(), texts(data, &digest)?);
        }
        for (id, version, status) in &sets[&digest] {
            let lived = history.entry(id.clone()).or_default();
            if lived.last().is_none_or(|last| last.version != *version) {
                lived.push(Lived {
                    since,
                    version: version.clone(),
                    status: *status,
                    set: digest.clone(),
                });
            }
        }
    }
    Ok(history)
}

/// The policies of an archived set: id, version, status. A set that was not kept, as older hosts did not, has none.
fn texts(data: &Path, digest: &str) -> Result<Vec<(String, String, Status)>, Failed> {
    let dir = data.join("policy-sets").join(digest).join("policies");
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))?;
    let set = PolicySet::load(&dir, &dictionary)?;
    let policies = set.policies().iter();
    Ok(policies
        .map(|p| (p.id().to_owned(), p.version().to_owned(), p.status()))
        .collect())
}
