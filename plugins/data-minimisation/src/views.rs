//! The settings: views, as they stand in a policy file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use weft_sdk::prelude::*;

/// In a view's readers: every role.
const ANYBODY: &str = "any";
/// The roles of the host.
const ROLES: [&str; 7] = [
    "service",
    "agent",
    "supervisor",
    "regulator",
    "operator",
    "host",
    ANYBODY,
];
/// Views in one policy. Each is two obligations for each 64 facts, and a finding has 32 of them.
const MAX_VIEWS: usize = 16;
/// Facts in one list of a view.
const MAX_FACTS: usize = 64;

/// Facts and how much of each.
pub(crate) type Facts = BTreeMap<String, Treatment>;

/// What a policy may set.
#[derive(Debug, Clone, PartialEq, Settings)]
#[settings(check = check)]
pub struct Views {
    /// The views. Each has `purpose`, `operations` (a trailing * stands for any rest), `readers` (roles), `show`
    /// and `withhold` (facts and treatments), and `after_step_up`.
    #[setting()]
    pub views: Json<Vec<View>>,
}

/// What some readers are shown for some operations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Why they read, in a word.
    pub purpose: String,
    /// For which operations.
    pub operations: Vec<String>,
    /// Which roles.
    pub readers: Vec<String>,
    /// What they are shown.
    #[serde(default)]
    pub show: BTreeMap<String, Treatment>,
    /// What is taken from them and from later stages.
    #[serde(default)]
    pub withhold: BTreeMap<String, Treatment>,
    /// Whether it is shown only when the host has verified the customer's step-up.
    #[serde(default)]
    pub after_step_up: bool,
}

/// How much of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// Nothing.
    Absent,
    /// Only that it is there.
    Present,
    /// A range.
    Band,
    /// The first character.
    Masked,
    /// The token.
    Token,
    /// The value.
    Clear,
}

impl Treatment {
    /// The host's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Absent => "absent",
            Treatment::Present => "present",
            Treatment::Band => "band",
            Treatment::Masked => "masked",
            Treatment::Token => "token",
            Treatment::Clear => "clear",
        }
    }
}

impl View {
    /// Whether it is about an operation.
    pub(crate) fn covers(&self, operation: &str) -> bool {
        self.operations
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(beginning) => operation.starts_with(beginning),
                None => pattern == operation,
            })
    }

    /// Whether a role reads by it.
    pub(crate) fn is_for(&self, role: &str) -> bool {
        self.readers
            .iter()
            .any(|reader| reader == role || reader == ANYBODY)
    }
}

/// What the manifest cannot say about views.
fn check(views: &Views) -> Vec<Problem> {
    let views = &views.views.0;
    let mut problems = Vec::new();
    if views.is_empty() || views.len() > MAX_VIEWS {
        problems.push(format!(
            "there are {} views; write 1 to {MAX_VIEWS}",
            views.len()
        ));
    }
    let mut purposes = BTreeSet::new();
    for (index, view) in views.iter().enumerate() {
        let mut found = view_problems(view);
        if !purposes.insert(view.purpose.trim()) || view.purpose.trim().is_empty() {
            found.push("it needs a purpose of its own".to_owned());
        }
        problems.extend(
            found
                .into_iter()
                .map(|why| format!("view {}: {why}", index + 1)),
        );
    }
    problems
        .into_iter()
        .map(|message| Problem {
            path: "views".to_owned(),
            message,
        })
        .collect()
}

fn view_problems(view: &View) -> Vec<String> {
    let mut problems = Vec::new();
    if view.operations.is_empty() || view.readers.is_empty() {
        problems.push("it is for no operation or no reader".to_owned());
    }
    for reader in view
        .readers
        .iter()
        .filter(|reader| !ROLES.contains(&reader.as_str()))
    {
        problems.push(format!(
            "{} is no role; there are {}",
            shown(reader),
            ROLES.join(", ")
        ));
    }
    if view.show.is_empty() && view.withhold.is_empty() {
        problems.push("it shows nothing and takes nothing away".to_owned());
    }
    for facts in [&view.show, &view.withhold] {
        if facts.len() > MAX_FACTS {
            problems.push(format!(
                "it lists {} facts; the limit is {MAX_FACTS}",
                facts.len()
            ));
        }
    }
    for fact in view
        .show
        .keys()
        .chain(view.withhold.keys())
        .filter(|fact| !is_fact(fact))
    {
        problems.push(format!(
            "{} is not the name of a fact, such as payment.amount",
            shown(fact)
        ));
    }
    for fact in view
        .show
        .iter()
        .filter(|(_, treatment)| **treatment == Treatment::Absent)
        .map(|(fact, _)| fact)
    {
        problems.push(format!("{} is shown as absent; leave it out", shown(fact)));
    }
    for fact in view
        .withhold
        .iter()
        .filter(|(_, treatment)| **treatment == Treatment::Clear)
        .map(|(fact, _)| fact)
    {
        problems.push(format!(
            "{} is taken away as clear, which takes nothing; leave it out",
            shown(fact)
        ));
    }
    for fact in view
        .show
        .keys()
        .filter(|fact| view.withhold.contains_key(*fact))
    {
        problems.push(format!(
            "{} is shown and taken away; keep one of the two",
            shown(fact)
        ));
    }
    problems
}

/// A section and a name, as in the dictionary.
fn is_fact(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    name.contains('.') && name.split('.').all(is_word)
}

/// A word of the policy file, short enough for a message.
fn shown(word: &str) -> String {
    format!("`{}`", word.chars().take(64).collect::<String>())
}
