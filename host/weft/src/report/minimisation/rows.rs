//! A row: one decision, one reader, one purpose.

use std::collections::BTreeSet;
use std::rc::Rc;

use weft_audit::{Hash, Sight};
use weft_engine::disclosure::is_not_granted;

use super::basis::Basis;

/// Who was shown something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reader {
    /// A plugin, by name and version.
    Plugin { name: String, version: String },
    /// Somebody of a role, whose request a decision answered.
    Person { role: String, caller: String },
    /// Somebody of a role, who read a decision again: at the most what it showed.
    Again { role: String, caller: String },
    /// Somebody of a role, who asked for a value of the vault.
    OfVault { role: String, caller: String },
}

impl Reader {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Reader::Plugin { .. } => "plugin",
            Reader::Person { .. } => "person",
            Reader::Again { .. } => "reader of a decision",
            Reader::OfVault { .. } => "reader of the vault",
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Reader::Plugin { name, .. } => name,
            Reader::Person { role, .. }
            | Reader::Again { role, .. }
            | Reader::OfVault { role, .. } => role,
        }
    }

    /// Which caller of the role it was; nothing for a plugin.
    pub(super) fn caller(&self) -> &str {
        match self {
            Reader::Plugin { .. } => "",
            Reader::Person { caller, .. }
            | Reader::Again { caller, .. }
            | Reader::OfVault { caller, .. } => caller,
        }
    }

    pub(super) fn version(&self) -> &str {
        match self {
            Reader::Plugin { version, .. } => version,
            Reader::Person { .. } | Reader::Again { .. } | Reader::OfVault { .. } => "",
        }
    }
}

/// What one reader was shown for one purpose, by which policy or disclosure. Many decisions share one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    pub(super) reader: Reader,
    pub(super) purpose: String,
    pub(super) policy: String,
    /// SHA-256 of its file.
    pub(super) version: String,
    /// SHA-256 of the policy set with its plugins.
    pub(super) policy_set: String,
    pub(super) basis: Rc<Basis>,
    /// What became of the fields, as the record has it.
    pub(super) sight: Sight,
}

impl Shown {
    pub(super) fn requested(&self) -> BTreeSet<&str> {
        let Sight {
            disclosed,
            withheld,
            missing,
        } = &self.sight;
        names(disclosed.values().chain(withheld.values()).chain([missing]))
    }

    pub(super) fn allowed(&self) -> BTreeSet<&str> {
        let withheld = self.sight.withheld.iter();
        let refused = withheld.filter(|(why, _)| is_not_granted(why));
        let refused = names(refused.map(|(_, fields)| fields));
        self.requested().difference(&refused).copied().collect()
    }
}

fn names<'a>(all: impl Iterator<Item = &'a Vec<String>>) -> BTreeSet<&'a str> {
    all.flatten().map(String::as_str).collect()
}

/// Where a record stands: of a decision, of somebody who read one again, or who asked for a value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) leaf: Hash,
    /// The decision, or the request for a value.
    pub(super) id: String,
    pub(super) at: String,
    pub(super) operation: String,
    pub(super) payment: Option<String>,
    pub(super) case: Option<String>,
}

/// One decision, one reader, one purpose.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) place: Rc<Place>,
    pub(super) shown: Rc<Shown>,
}
