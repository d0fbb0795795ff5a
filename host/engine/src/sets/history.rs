//! Which set was in force since when, and who said so: what the log knows, in memory.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;
use weft_audit::{EventRecord, Record};
use weft_dictionary::Timestamp;

use crate::limits::MAX_CHANGES_KNOWN;
use crate::sets::described::is_described_by;

/// The event of a change.
pub(crate) const CHANGED: &str = "policy_set.changed";
/// The event of a start, which names the set that it begins with.
pub(crate) const STARTED: &str = "host.started";
/// Who the host itself is, in events.
pub(crate) const HOST: &str = "host";

/// Why another set came into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The host started, and its directories had another set than before.
    Start,
    /// The directories were read again.
    Reload,
    /// An archived set was put in force. It stays so, also over starts, until the directories are read again.
    Rollback,
}

impl Cause {
    /// The word used in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Start => "start",
            Cause::Reload => "reload",
            Cause::Rollback => "rollback",
        }
    }

    fn from_word(word: &str) -> Cause {
        match word {
            "reload" => Cause::Reload,
            "rollback" => Cause::Rollback,
            _ => Cause::Start,
        }
    }
}

/// A set that came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetChange {
    /// Its digest.
    pub policy_set: String,
    /// Since when; RFC 3339.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub since: Timestamp,
    /// The set before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// The caller who said so, `signal`, or `host`.
    pub by: String,
    /// How.
    pub cause: Cause,
    /// Why, in the words of whoever said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The set of the directories as they were read last, which a rollback overrules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruled: Option<String>,
}

impl SetChange {
    /// A set with which the host began.
    pub(crate) fn at_start(
        policy_set: &str,
        replaced: Option<&str>,
        since: Timestamp,
    ) -> SetChange {
        SetChange {
            policy_set: policy_set.to_owned(),
            since,
            replaced: replaced.map(str::to_owned),
            by: HOST.to_owned(),
            cause: Cause::Start,
            reason: None,
            overruled: None,
        }
    }

    /// What the log is told.
    pub(crate) fn detail(&self) -> Vec<(&'static str, Json)> {
        let mut detail = vec![
            ("new", Json::from(self.policy_set.as_str())),
            ("by", Json::from(self.by.as_str())),
            ("cause", Json::from(self.cause.as_str())),
        ];
        for (name, value) in [
            ("old", &self.replaced),
            ("reason", &self.reason),
            ("overruled", &self.overruled),
        ] {
            detail.extend(value.as_deref().map(|value| (name, Json::from(value))));
        }
        detail
    }

    fn of(event: &EventRecord) -> Option<SetChange> {
        Some(SetChange {
            policy_set: text(event, "new")?,
            since: event.at,
            replaced: text(event, "old"),
            by: text(event, "by").unwrap_or_else(|| HOST.to_owned()),
            cause: Cause::from_word(&text(event, "cause").unwrap_or_default()),
            reason: text(event, "reason"),
            overruled: text(event, "overruled"),
        })
    }
}

/// A text of an event.
pub(crate) fn text(event: &EventRecord, name: &str) -> Option<String> {
    event.detail.get(name)?.as_str().map(str::to_owned)
}

/// The changes, oldest first; the newest of them.
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: VecDeque<SetChange>,
    /// The sets that the log describes.
    described: BTreeSet<String>,
}

impl History {
    /// Learns from an event of the log.
    pub(crate) fn see(&mut self, event: &EventRecord) {
        match event.event.as_str() {
            CHANGED => {
                if let Some(change) = SetChange::of(event) {
                    self.add(change);
                }
            }
            STARTED => {
                let began_with = text(event, "policy_set").unwrap_or_default();
                if self.last() != Some(&began_with) {
                    let change = SetChange::at_start(&began_with, self.last(), event.at);
                    self.add(change);
                }
            }
            _ => self.described.extend(is_described_by(event)),
        }
    }

    /// Whether the log describes a set.
    pub(crate) fn is_described(&self, set: &str) -> bool {
        self.described.contains(set)
    }

    pub(crate) fn add(&mut self, change: SetChange) {
        self.changes.push_back(change);
        if self.changes.len() > MAX_CHANGES_KNOWN {
            self.changes.pop_front();
        }
    }

    /// The last change; none before the first start is recorded.
    pub(crate) fn newest(&self) -> Option<&SetChange> {
        self.changes.back()
    }

    /// The set that was in force last.
    pub(crate) fn last(&self) -> Option<&str> {
        self.newest().map(|change| change.policy_set.as_str())
    }

    /// The set that was in force before the one that is.
    pub(crate) fn before_last(&self) -> Option<&str> {
        let last = self.last()?;
        let mut earlier = self.changes.iter().rev().map(|c| c.policy_set.as_str());
        earlier.find(|set| *set != last)
    }

    /// The sets that were ever in force and whose digests begin so, each once as it came into force last; the newest first.
    pub(crate) fn that_begin(&self, with: &str) -> Vec<&SetChange> {
        let mut seen = BTreeSet::new();
        let newest = self.changes.iter().rev();
        newest
            .filter(|change| change.policy_set.starts_with(with) && seen.insert(&change.policy_set))
            .collect()
    }

    /// All that are known, the newest first.
    pub(crate) fn changes(&self) -> Vec<SetChange> {
        self.changes.iter().rev().cloned().collect()
    }
}

/// What the log of a data directory knows of its policy sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownChanges {
    /// The changes, the newest first.
    pub changes: Vec<SetChange>,
    /// Places in the log that are not as they were written, the first few in words: what stood there is not known.
    pub damage: Vec<String>,
}

/// The changes of the set in force, from a data directory. Reads only, and works beside a running host.
pub fn changes_in(data_dir: &Path) -> Result<KnownChanges, weft_audit::ReadError> {
    let mut history = History::default();
    let streamed = weft_audit::stream(&data_dir.join("audit"), |_, record| {
        if let Record::Event(event) = record {
            history.see(&event);
        }
    })?;
    Ok(KnownChanges {
        changes: history.changes(),
        damage: streamed.damage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(policy_set: &str, cause: Cause) -> SetChange {
        SetChange {
            policy_set: policy_set.to_owned(),
            since: Timestamp(7),
            replaced: Some("old".into()),
            by: "ops".into(),
            cause,
            reason: Some("why".into()),
            overruled: (cause == Cause::Rollback).then(|| "files".to_owned()),
        }
    }

    fn event(name: &str, detail: Vec<(&'static str, Json)>) -> EventRecord {
        EventRecord {
            schema: weft_audit::SCHEMA.into(),
            at: Timestamp(7),
            event: name.into(),
            detail: detail.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        }
    }

    #[test]
    fn what_the_log_is_told_is_read_back() {
        for cause in [Cause::Start, Cause::Reload, Cause::Rollback] {
            let told = change("a", cause);
            let mut history = History::default();
            history.see(&event(CHANGED, told.detail()));
            assert_eq!(history.newest(), Some(&told));
        }
    }

    #[test]
    fn a_start_counts_when_it_begins_with_another_set() {
        let mut history = History::default();
        for set in ["a", "a", "b"] {
            history.see(&event(STARTED, vec![("policy_set", set.into())]));
        }
        let sets = history.changes();
        let sets: Vec<&str> = sets.iter().map(|c| c.policy_set.as_str()).collect();
        assert_eq!(sets, ["b", "a"]);
        assert_eq!(history.before_last(), Some("a"));
        let begin: Vec<&str> = history
            .that_begin("a")
            .iter()
            .map(|c| &*c.policy_set)
            .collect();
        assert_eq!(begin, ["a"]);
        assert!(history.that_begin("c").is_empty());
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut history = History::default();
        for n in 0..=MAX_CHANGES_KNOWN {
            history.add(change(&n.to_string(), Cause::Reload));
        }
        assert_eq!(history.changes().len(), MAX_CHANGES_KNOWN);
        assert!(history.that_begin("0").is_empty());
        assert_eq!(history.last(), Some(MAX_CHANGES_KNOWN.to_string().as_str()));
    }
}
