//! Two sets of policies side by side: what changed, in words, and facts for which a decision changes.
//!
//! What a change does is one of five: it is proven to change no decision; facts are shown for which it does, and
//! both sets were asked about them; it is only words that readers of a decision are told; it is only words of the
//! file; or nothing was proven and no such facts were found, and then this is what is said. Plugins are not asked:
//! what one makes of other settings is not known here, and one of the last stage is taken to allow. Tests and remarks are not compared; files that differ in
//! nothing else are named.
//!
//! | module | what is there |
//! |---|---|
//! | `pairs` | which versions of a policy are compared, in which period |
//! | `compare` | one policy in two versions, key by key |
//! | `conditions`, `order`, `parameters` | rules and `match`; the order of rules; thresholds |
//! | `plugin`, `told` | what a plugin gets; what people read |
//! | `disclosures` | what people are shown |
//! | `lists`, `pipeline`, `dictionary` | what policies stand on |
//! | `impact` | what a change does: examples or a proof |
//! | `case` | which change, about which operation, at which instant, and whether facts show it |
//! | `cause` | the policy as it would be without one change |
//! | `rank` | what an example is worth |
//! | `search`, `surroundings` | the facts with which a decision moves furthest, and what the rest of the set has to say for it |
//! | `hidden` | what is taken away from policies of later stages |
//! | `calm` | examples in which nothing is missing and nothing else is in the way |
//! | `shown` | examples as they are shown |
//! | `failing` | whether conditions can fail to be computed |
//! | `said` | what a set says about facts |

mod calm;
mod case;
mod cause;
mod compare;
mod conditions;
mod dictionary;
mod disclosures;
mod failing;
mod hidden;
mod impact;
mod lists;
mod order;
mod pairs;
mod parameters;
mod pipeline;
mod plugin;
mod rank;
mod said;
mod search;
mod shown;
mod surroundings;
mod told;

use std::cell::Cell;
use std::collections::BTreeSet;

use weft_dictionary::{Dictionary, Timestamp};

use crate::cel::parse::on_large_stack;
use crate::files::{DICTIONARY, PIPELINE};
use crate::limits::{MAX_CALMING_CONDITIONS, MAX_DIFF_STEPS};
use crate::policy::Status;
use crate::solve::Solver;
use crate::{Example, PolicySet};

use self::surroundings::Surroundings;

pub use pairs::Period;
pub use said::{NotAsked, Said, Word};

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
    /// Changes of the disclosures: what people are shown. No decision changes by them.
    pub disclosures: Vec<Change>,
    /// Changes of `pipeline.yaml`.
    pub pipeline: Vec<Change>,
    /// Changes of `dictionary.yaml`.
    pub dictionary: Vec<Change>,
    /// Files that differ in nothing that is compared: in tests, in remarks, or in how the same is written.
    pub not_compared: Vec<String>,
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
    /// Its file in the old set, if that is another.
    pub was_at: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// When these two versions stand against each other, if there are several of the policy.
    pub period: Option<Period>,
    /// How far it was and is in force.
    pub status: (Option<Status>, Option<Status>),
    /// Its changes.
    pub changes: Vec<Change>,
}

impl PolicyDiff {
    fn files(&self) -> impl Iterator<Item = &str> {
        let was = self.was_at.iter().map(String::as_str);
        was.chain([self.path.as_str()])
    }

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
    /// Its file, below the set's directory.
    pub path: String,
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
    /// It is only words of the file: nothing that decides or is told of a decision.
    Words,
    /// Every verdict is the same; readers of a decision are told something else.
    Told,
    /// Every decision is the same. That is proven.
    Same,
    /// For these facts it decides otherwise.
    Shown(Examples),
    /// Decisions may change; why no facts are shown for which they do.
    Open(String),
    /// Decisions may change by what a plugin makes of it, which only the plugin can say.
    AsksPlugin,
}

impl Impact {
    /// Whether a decision changes by it, or may.
    pub fn may_change_decisions(&self) -> bool {
        match self {
            Impact::Shown(examples) => !examples.are_only_told(),
            Impact::Open(_) | Impact::AsksPlugin => true,
            Impact::Words | Impact::Told | Impact::Same => false,
        }
    }
}

/// Examples of what a change does.
#[derive(Debug, Clone)]
pub struct Examples {
    /// The one for which the decision becomes milder by most, and the one for which it becomes stricter by most, as far
    /// as there are such; if there are none, one for which the verdict stays and something else that is said differs.
    /// At least one.
    pub shown: Vec<Shown>,
    /// What is not known, where the search ended at its bound before it could rule it out.
    pub not_known: Option<NotKnown>,
}

/// What a search did not come to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotKnown {
    /// Whether there are facts for which the decision gets milder, by more than for those that are shown.
    pub milder: bool,
    /// The same of a stricter decision.
    pub stricter: bool,
    /// How many requests both sets were asked about.
    pub looked_at: usize,
}

impl Examples {
    /// Whether all decide the same, and only what readers are told differs.
    pub fn are_only_told(&self) -> bool {
        self.shown.iter().all(Shown::is_only_told)
    }
}

/// Facts for which two sets decide otherwise, and what both say.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The facts that matter.
    pub example: Example,
    /// The names of the facts that the policy itself asks. The others matter so that no other policy is in the way.
    pub asked: BTreeSet<String>,
    /// The operation.
    pub operation: String,
    /// When it is decided.
    pub at: Timestamp,
    /// What is said with the old set.
    pub old: Said,
    /// What is said with the new set.
    pub new: Said,
}

impl Shown {
    /// Whether both decide the same, and only what readers are told differs.
    pub fn is_only_told(&self) -> bool {
        let same = match (&self.old.policy, &self.new.policy) {
            (Some(old), Some(new)) => old.decides_as(new),
            _ => false,
        };
        same && self.old.compared_with(&self.new).is_eq()
    }
}

impl SetDiff {
    /// What changed from one set to another; examples are decided at `at`, unless they are about another time.
    pub fn of(old: Version<'_>, new: Version<'_>, at: Timestamp) -> SetDiff {
        let work = || {
            let surroundings = Surroundings::new(old.set, new.set);
            let solver = Solver::new(MAX_DIFF_STEPS);
            let differ = Differ {
                old,
                new,
                at,
                surroundings: &surroundings,
                solver: &solver,
                tries: Cell::new(MAX_CALMING_CONDITIONS),
            };
            let mut diff = SetDiff {
                policies: differ.policies(),
                lists: differ.lists(),
                disclosures: differ.disclosures(),
                pipeline: differ.pipeline(),
                dictionary: differ.dictionary(),
                not_compared: Vec::new(),
                gave_up: solver.is_spent() || differ.tries.get() == 0,
            };
            diff.not_compared = diff.untold(old.set, new.set);
            diff
        };
        on_large_stack(work).unwrap_or_else(|_| SetDiff {
            gave_up: true,
            ..SetDiff::default()
        })
    }

    /// Whether nothing changed at all.
    pub fn is_empty(&self) -> bool {
        self.is_same_but_for_what_is_not_compared() && self.not_compared.is_empty()
    }

    /// Whether nothing changed but what is not compared.
    pub fn is_same_but_for_what_is_not_compared(&self) -> bool {
        let all = [&self.disclosures, &self.pipeline, &self.dictionary];
        self.policies.is_empty() && self.lists.is_empty() && all.iter().all(|c| c.is_empty())
    }

    /// Whether readers of a decision that is the same are told something else.
    pub fn changes_what_is_told(&self) -> bool {
        let told = |change: &Change| match &change.impact {
            Impact::Told => true,
            Impact::Shown(examples) => examples.are_only_told(),
            _ => false,
        };
        let mut counting = self.policies.iter().filter(|policy| policy.counts());
        counting.any(|policy| policy.changes.iter().any(told)) || self.disclosures.iter().any(told)
    }

    /// Files in both sets that are not the same, and of which no change is told.
    fn untold(&self, old: &PolicySet, new: &PolicySet) -> Vec<String> {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        told.extend(self.policies.iter().flat_map(PolicyDiff::files));
        told.extend(self.lists.iter().map(|list| list.path.as_str()));
        told.extend((!self.pipeline.is_empty()).then_some(PIPELINE));
        told.extend((!self.dictionary.is_empty()).then_some(DICTIONARY));
        let differs = |(path, digest): &(&String, &String)| {
            new.files().get(*path).is_some_and(|other| other != *digest)
        };
        let told_of = |path: &str| {
            // Changes of disclosures begin with the id of the file.
            let both = old.disclosures().iter().chain(new.disclosures());
            let mut of_file = both.filter(|one| one.path() == path);
            of_file.any(|one| {
                let mut changes = self.disclosures.iter();
                changes.any(|change| change.what.starts_with(one.id()))
            })
        };
        let files = old.files().iter().filter(differs).map(|(path, _)| path);
        files
            .filter(|path| !told.contains(path.as_str()) && !told_of(path))
            .cloned()
            .collect()
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
    surroundings: &'a Surroundings,
    solver: &'s Solver<'a>,
    /// Conditions that may still be asked to make examples better.
    tries: Cell<usize>,
}

impl Change {
    fn words(what: impl Into<String>, from: Option<String>, to: Option<String>) -> Change {
        Change::new(what, from, to, Impact::Words)
    }

    /// Only words of the file, if they changed.
    fn of_words(what: &str, from: &str, to: &str) -> Option<Change> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (from != to).then(|| Change::words(what, some(from), some(to)))
    }

    fn new(
        what: impl Into<String>,
        from: Option<String>,
        to: Option<String>,
        impact: Impact,
    ) -> Change {
        Change {
            what: what.into(),
            from,
            to,
            impact,
        }
    }
}
