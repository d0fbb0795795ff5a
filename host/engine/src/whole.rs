//! Whether a data directory is whole.
//!
//! Keys, vault and log belong together: a log without its keys cannot be read, tokens without their vault
//! lead nowhere, and a host that began a new log beside old keys would sign a second history. When the first
//! start has made all of them it leaves a mark; from then on a part that is missing is told and not made
//! anew. A vault that is there, and has less in it than the log names, is older than the log or was damaged:
//! that is told, too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use weft_audit::{DecisionRecord, EventRecord};
use weft_dictionary::{Dictionary, Value};
use weft_vault::{Side, Vault};

use crate::facts;

/// The mark.
const MARK: &str = "weft.data";
const FORM: &[u8] = b"weft data 1: keys.weft, vault and audit/log belong together\n";
/// What has to be there.
const PARTS: [&str; 3] = ["keys.weft", "vault", "audit/log"];

/// A part of a data directory is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is missing, and the rest of the data directory is there: restore it from a copy; to begin anew, name another directory with --data",
    .0.display()
)]
pub struct Incomplete(pub PathBuf);

/// Refuses a directory that was whole once and is not any more.
pub(crate) fn check(data: &Path) -> Result<(), Incomplete> {
    if !data.join(MARK).exists() {
        return Ok(());
    }
    match PARTS
        .iter()
        .map(|part| data.join(part))
        .find(|p| !p.exists())
    {
        Some(missing) => Err(Incomplete(missing)),
        None => Ok(()),
    }
}

/// All parts are there: leaves the mark, durably.
pub(crate) fn mark(data: &Path) -> io::Result<()> {
    let path = data.join(MARK);
    match fs::read(&path) {
        Ok(found) if found == FORM => return Ok(()),
        Ok(_) => {
            tracing::warn!(file = %path.display(), "the mark of a data directory was damaged, and is written again");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    weft_disk::replace(&weft_disk::Os, &path, FORM)
}

/// The event by which a start without values that are gone is recorded.
pub(crate) const VALUES_LOST: &str = "vault.values_lost";

/// Decisions that name values which the vault does not have, though nobody erased whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lost {
    pub(crate) decisions: u64,
    /// The first of them.
    pub(crate) first: String,
}

impl Lost {
    /// What was accepted once is not told again.
    pub(crate) fn see_event(&mut self, event: &EventRecord) {
        if event.event == VALUES_LOST {
            *self = Lost::default();
        }
    }

    pub(crate) fn see(&mut self, dictionary: &Dictionary, vault: &Vault, record: &DecisionRecord) {
        // Most records are not looked at any closer.
        let has = |text: &str| !text.starts_with("tok_") || vault.has(text);
        let mut texts = record.facts.values().filter_map(|value| value.as_str());
        if texts.all(has) {
            return;
        }
        // Another dictionary is told where it matters.
        let Ok(row) = facts::in_clear(dictionary, record) else {
            return;
        };
        let is_lost = |side: Side| {
            let mut tokens = row.facts().filter_map(|(id, value)| match value {
                Value::Token(token) if Side::of(dictionary.field(id)) == side => Some(token),
                _ => None,
            });
            // What a side brings is sealed for the strongest of its subjects.
            let whose = side.subjects(dictionary, &row);
            tokens.any(|token| !vault.has(token.as_str()))
                && !whose
                    .first()
                    .is_some_and(|subject| vault.is_erased(*subject))
        };
        if !Side::ALL.into_iter().any(is_lost) {
            return;
        }
        if self.decisions == 0 {
            self.first.clone_from(&record.decision);
        }
        self.decisions += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_goes_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path();
        assert_eq!(check(data), Ok(()), "a new directory");
        for part in PARTS {
            fs::create_dir_all(data.join(part)).expect("made");
        }
        mark(data).expect("marked");
        assert_eq!(check(data), Ok(()));
        for part in PARTS {
            fs::remove_dir(data.join(part)).expect("removed");
            assert_eq!(check(data), Err(Incomplete(data.join(part))));
            fs::create_dir(data.join(part)).expect("made");
        }
    }
}
