//! How the files of the book stand to what a host decides by. Nothing else in the book says that they are in force.

use weft_dictionary::Timestamp;
use weft_engine::sets::{Cause, SetChange};

use super::{Book, words};

/// What is known of it.
pub(super) enum Standing<'a> {
    /// No data directory was named.
    NotCompared,
    /// By the log, no set was in force then.
    Nothing,
    /// The set in force has these files.
    InForce(&'a SetChange),
    /// The set in force has other files.
    Other(&'a SetChange),
    /// The files of the set in force cannot be read.
    Unreadable(&'a SetChange),
}

impl Book<'_> {
    fn standing(&self) -> Standing<'_> {
        let Some(history) = &self.history else {
            return Standing::NotCompared;
        };
        let Some(change) = history.in_force_at(self.known()) else {
            return Standing::Nothing;
        };
        match history.files_of(&change.policy_set) {
            Some(files) if files == self.set.digest() => Standing::InForce(change),
            Some(_) => Standing::Other(change),
            None => Standing::Unreadable(change),
        }
    }

    /// The last instant up to the book's of which the log can know.
    fn known(&self) -> Timestamp {
        self.at.min(self.now)
    }

    /// Whether what it says is what the host does at its time.
    pub(super) fn is_in_force(&self) -> bool {
        matches!(self.standing(), Standing::InForce(_)) && self.at <= self.now
    }

    /// What the book is of.
    pub(super) fn title(&self) -> &'static str {
        match self.standing() {
            Standing::InForce(_) if self.at <= self.now => "The policies in force",
            Standing::Other(_) => "Policies that the host does not decide by",
            _ => "Policies in files",
        }
    }

    /// The policy set in force, where it is known to be of these files.
    pub(super) fn set_in_force(&self) -> Option<&str> {
        match self.standing() {
            Standing::InForce(change) => Some(&change.policy_set),
            _ => None,
        }
    }

    /// How the files stand to what a host decides by, in sentences.
    pub(super) fn stands(&self) -> String {
        let said = self.stands_by_now();
        if self.at <= self.now {
            return said;
        }
        format!(
            "{said} What of this book is about {} is what these files say of that day, which is still to come: by which \
             files the host decides then is not known.",
            words::day(self.at)
        )
    }

    fn stands_by_now(&self) -> String {
        let day = words::day(self.known());
        let dir = self.dir.display();
        match self.standing() {
            Standing::NotCompared => format!(
                "This book is of the files in {dir}. Nobody has compared them with what a host decides by: name its \
                 directory with --data."
            ),
            Standing::Nothing => format!(
                "This book is of the files in {dir}. By the host's log no policy set was in force on {day}."
            ),
            Standing::InForce(change) => format!(
                "The host decides by these files: they are those of the policy set {}, {}.",
                change.policy_set,
                came(change)
            ),
            Standing::Other(change) => format!(
                "The host decides by other files than those of this book. In force on {day} is the policy set {}, {}. \
                 This book is of the files in {dir}, and what it says is not what the host does.",
                change.policy_set,
                came(change)
            ),
            Standing::Unreadable(change) => format!(
                "This book is of the files in {dir}. In force on {day} is the policy set {}, {}. Its files cannot be \
                 read from the host's directory, so nobody can tell whether they are those of this book.",
                change.policy_set,
                came(change)
            ),
        }
    }
}

/// Since when a set is in force, and who said so.
pub(super) fn came(change: &SetChange) -> String {
    let by = match change.by.as_str() {
        "host" => String::new(),
        by => format!(" by {by}"),
    };
    let reason = match &change.reason {
        Some(reason) => format!(": “{reason}”"),
        None => String::new(),
    };
    let since = match change.since {
        // A history that is fed begins before its first request has said what time it is.
        Timestamp(0) => "from the beginning of its log".to_owned(),
        since => format!("since {}", words::day(since)),
    };
    format!("{since} {}{by}{reason}", cause(change.cause))
}

/// How a set came into force.
fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Start => "(start)",
        Cause::Reload => "(reload)",
        Cause::Rollback => "(rollback)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_a_fed_history_is_there_from_its_beginning() {
        let change = |since| SetChange {
            policy_set: "a".to_owned(),
            since,
            replaced: None,
            by: "host".to_owned(),
            cause: Cause::Start,
            reason: None,
            overruled: None,
        };
        assert_eq!(
            came(&change(Timestamp(0))),
            "from the beginning of its log (start)"
        );
        let later = Timestamp::parse("2026-01-02T03:04:05Z").expect("an instant");
        assert!(came(&change(later)).starts_with("since 2026-01-02"));
    }
}
