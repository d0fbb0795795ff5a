//! Two sets of policies side by side: what changed, in words, and facts for which a decision changes.
//!
//! What a change does is one of four: it is proven to change no decision; facts are shown for which it does, and
//! both sets were asked about them; it is only words; or nothing was proven and no such facts were found, and
//! then this is what is said. Plugins are not asked: what one makes of other settings is not known here.

mod compare;
mod conditions;
mod impact;
mod said;
mod surroundings;

use std::cell::Cell;

use weft_dictionary::{Dictionary, Timestamp};

use crate::cel::parse::on_large_stack;
use crate::limits::{MAX_ANALYSIS_STEPS, MAX_CALMING_CONDITIONS};
use crate::policy::Status;
use crate::solve::Solver;
use crate::{Example, PolicySet};

pub use said::{Said, Word};

/// One of two sets that are compared, with the dictionary that it was loaded with.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// The set.
    pub set: &'a PolicySet,
    /// Its dictionary.
    pub dictionary: &'a Dictionary,
}

/// What changed between two sets.
#[derive(Debug, Clone, Default)]
pub struct SetDiff {
    /// Policies that were added, removed or changed, by id.
    pub policies: Vec<PolicyDiff>,
    /// Lists that were added, removed or changed, by name.
    pub lists: Vec<ListDiff>,
    /// Changes of `pipeline.yaml`.
    pub pipeline: Vec<Change>,
    /// Changes of `dictionary.yaml`.
    pub dictionary: Vec<Change>,
    /// Whether the bound of the search was met, so that examples may be missing that there are.
    pub gave_up: bool,
}

/// What became of a policy or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is in the new set only.
    Added,
    /// It is in the old set only.
    Removed,
    /// It is in both.
    Changed,
}

/// What changed about one policy.
#[derive(Debug, Clone)]
pub struct PolicyDiff {
    /// Its id.
    pub id: String,
    /// Its title, the new one if it has one.
    pub title: String,
    /// Its file, below the set's directory.
    pub path: String,
    /// What became of it.
    pub fate: Fate,
    /// How far it was and is in force.
    pub status: (Option<Status>, Option<Status>),
    /// Its changes.
    pub changes: Vec<Change>,
}

impl PolicyDiff {
    /// Whether what it says counts with one of the two sets. Where it does not, what is shown is what it would
    /// say.
    pub fn counts(&self) -> bool {
        let enforced = Some(Status::Enforced);
        self.status.0 == enforced || self.status.1 == enforced
    }

    /// Whether a decision changes by what changed about it, or may.
    pub fn may_change_decisions(&self) -> bool {
        let mut impacts = self.changes.iter().map(|change| &change.impact);
        self.counts() && impacts.any(Impact::may_change_decisions)
    }
}

/// What changed about one list.
#[derive(Debug, Clone)]
pub struct ListDiff {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What became of it.
    pub fate: Fate,
    /// Entries that are new.
    pub added: Vec<String>,
    /// Entries that are no more.
    pub removed: Vec<String>,
    /// Its other changes, which are words.
    pub words: Vec<Change>,
    /// The policies whose conditions ask it.
    pub used_by: Vec<String>,
    /// What its entries change, and in which policy it is shown.
    pub impact: Option<(String, Impact)>,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// What changed.
    pub what: String,
    /// What it was, if it was there.
    pub from: Option<String>,
    /// What it is, if it is there.
    pub to: Option<String>,
    /// What it does.
    pub impact: Impact,
}

/// What a change does.
#[derive(Debug, Clone)]
pub enum Impact {
    /// It is only words: nothing that decides.
    Words,
    /// Every decision is the same. That is proven.
    Same,
    /// For these facts it decides otherwise.
    Shown(Box<Shown>),
    /// Decisions may change; why no facts are shown for which they do.
    Open(String),
}

impl Impact {
    /// Whether a decision changes by it, or may.
    pub fn may_change_decisions(&self) -> bool {
        matches!(self, Impact::Shown(_) | Impact::Open(_))
    }
}

/// Facts for which two sets decide otherwise, and what both say.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The facts that matter.
    pub example: Example,
    /// The operation.
    pub operation: String,
    /// When it is decided.
    pub at: Timestamp,
    /// What is said with the old set.
    pub old: Said,
    /// What is said with the new set.
    pub new: Said,
}

impl SetDiff {
    /// What changed from one set to another; examples are decided at `at`, unless they are about another time.
    pub fn of(old: Version<'_>, new: Version<'_>, at: Timestamp) -> SetDiff {
        let work = || {
            let solver = Solver::new(MAX_ANALYSIS_STEPS);
            let differ = Differ {
                old,
                new,
                at,
                solver: &solver,
                tries: Cell::new(MAX_CALMING_CONDITIONS),
            };
            SetDiff {
                policies: differ.policies(),
                lists: differ.lists(),
                pipeline: differ.pipeline(),
                dictionary: differ.dictionary(),
                gave_up: solver.is_spent() || differ.tries.get() == 0,
            }
        };
        on_large_stack(work).unwrap_or_else(|_| SetDiff {
            gave_up: true,
            ..SetDiff::default()
        })
    }

    /// Whether nothing changed at all.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
            && self.lists.is_empty()
            && self.pipeline.is_empty()
            && self.dictionary.is_empty()
    }

    /// Whether a decision changes, or may.
    pub fn may_change_decisions(&self) -> bool {
        let others = self.pipeline.iter().chain(&self.dictionary);
        let mut impacts = others.map(|change| &change.impact);
        let mut of_lists = self.lists.iter().filter_map(|list| list.impact.as_ref());
        self.policies.iter().any(PolicyDiff::may_change_decisions)
            || impacts.any(Impact::may_change_decisions)
            || of_lists.any(|(_, impact)| impact.may_change_decisions())
    }
}

/// Two sets that are being compared.
struct Differ<'a, 's> {
    old: Version<'a>,
    new: Version<'a>,
    at: Timestamp,
    solver: &'s Solver<'a>,
    /// Conditions that may still be asked to make examples better.
    tries: Cell<usize>,
}

impl Change {
    fn words(what: impl Into<String>, from: Option<String>, to: Option<String>) -> Change {
        Change {
            what: what.into(),
            from,
            to,
            impact: Impact::Words,
        }
    }

    /// Only words, if they changed.
    fn of_words(what: &str, from: &str, to: &str) -> Option<Change> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (from != to).then(|| Change::words(what, some(from), some(to)))
    }
}
