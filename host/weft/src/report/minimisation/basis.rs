//! On which legal basis a policy rests: what its file names as sources, as the log says of each policy set.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use weft_audit::EventRecord;
use weft_engine::sets::{Act, described};

/// The sources of one text of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Basis(pub(super) Vec<Act>);

impl Basis {
    /// As the record itself has it.
    pub(super) fn recorded(text: &str) -> Rc<Basis> {
        Rc::new(Basis(vec![Act {
            title: text.to_owned(),
            reference: String::new(),
            verified: true,
        }]))
    }

    /// On one line.
    pub(super) fn text(&self) -> String {
        let one = |act: &Act| {
            let open = if act.verified { "" } else { " (not verified)" };
            let comma = if act.reference.is_empty() { "" } else { ", " };
            format!("{}{comma}{}{open}", act.title, act.reference)
        };
        self.0.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// What the log says of the policies of each set, before anything was decided by it.
#[derive(Default)]
pub(super) struct Bases {
    /// By the set's digest, then by the digest of the policy's file.
    sets: BTreeMap<String, BTreeMap<String, Rc<Basis>>>,
    nothing: Rc<Basis>,
    /// Sets of which the log does not say it.
    unknown: BTreeSet<String>,
}

impl Bases {
    /// Learns from an event of the log.
    pub(super) fn see(&mut self, event: &EventRecord) {
        let Some((set, policies)) = described(event) else {
            return;
        };
        let known = self.sets.entry(set).or_default();
        known.extend(
            policies
                .into_iter()
                .map(|(version, policy)| (version, Rc::new(Basis(policy.sources)))),
        );
    }

    /// The basis of a text of a policy; none where the log does not say.
    pub(super) fn find(&mut self, set: &str, version: &str) -> Rc<Basis> {
        let found = self.sets.get(set).and_then(|texts| texts.get(version));
        match found {
            Some(basis) => basis.clone(),
            None => {
                self.unknown.insert(set.to_owned());
                self.nothing.clone()
            }
        }
    }

    /// What cannot be told, in words.
    pub(super) fn gaps(&self) -> Vec<String> {
        let gap = |set: &String| {
            format!(
                "the legal basis of what policy set {set} decided: the host that wrote the log did not record it"
            )
        };
        self.unknown.iter().map(gap).collect()
    }
}
