//! On which legal basis a policy rests: what its file names as sources, in the policy set with which was decided.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use weft_dictionary::Dictionary;
use weft_engine::sets::Archive;
use weft_policy::{PolicySet, Source};

/// The sources of one text of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Basis(pub(super) Vec<Act>);

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) struct Act {
    pub(super) title: String,
    pub(super) reference: String,
    pub(super) verified: bool,
}

impl Act {
    fn of(source: &Source) -> Act {
        Act {
            title: source.title.clone(),
            reference: source.reference.clone(),
            verified: source.verified,
        }
    }
}

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

/// Finds it in the policy sets that the host keeps beside its log.
pub(super) struct Bases {
    archive: Archive,
    /// By the set's digest, then by the digest of the policy's file.
    sets: BTreeMap<String, BTreeMap<String, Rc<Basis>>>,
    nothing: Rc<Basis>,
    /// What cannot be told, in words.
    pub(super) gaps: Vec<String>,
}

impl Bases {
    pub(super) fn of(data: &Path) -> Bases {
        Bases {
            archive: Archive::open(data),
            sets: BTreeMap::new(),
            nothing: Rc::default(),
            gaps: Vec::new(),
        }
    }

    /// The basis of a text of a policy; none where the set cannot be read.
    pub(super) fn find(&mut self, set: &str, version: &str) -> Rc<Basis> {
        if !self.sets.contains_key(set) {
            let read = self.read(set);
            self.sets.insert(set.to_owned(), read);
        }
        let found = self.sets.get(set).and_then(|texts| texts.get(version));
        found.unwrap_or(&self.nothing).clone()
    }

    fn read(&mut self, set: &str) -> BTreeMap<String, Rc<Basis>> {
        match self.texts(set) {
            Ok(texts) => texts,
            Err(why) => {
                self.gaps.push(format!(
                    "the legal basis of what policy set {set} decided: {why}"
                ));
                BTreeMap::new()
            }
        }
    }

    fn texts(&self, set: &str) -> Result<BTreeMap<String, Rc<Basis>>, String> {
        let files = self.archive.files(set).map_err(|why| why.to_string())?;
        let (file, text) = files.dictionary().map_err(|why| why.to_string())?;
        let dictionary = Dictionary::parse(file, text).map_err(|why| why.to_string())?;
        let set = PolicySet::of(&files, &dictionary).map_err(|why| why.to_string())?;
        let policies = set.policies().iter();
        Ok(policies
            .map(|policy| {
                let acts = policy.sources().iter().map(Act::of).collect();
                (policy.version().to_owned(), Rc::new(Basis(acts)))
            })
            .collect())
    }
}
