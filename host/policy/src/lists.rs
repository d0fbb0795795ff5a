//! Lists: countries, currencies, corridors and texts that policies refer to by name, one list a file.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, Place};
use weft_dictionary::Currency;

use crate::coded::is_country;
use crate::policy::Source;
use crate::{codes, limits};

/// Stands for any country on a side of a corridor.
const ANY: &str = "*";
/// Of `BE>IN`.
const CORRIDOR_BYTES: usize = 5;

/// What the entries of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListKind {
    /// ISO 3166-1 alpha-2.
    Country,
    /// ISO 4217, alphabetic.
    Currency,
    /// From a country to a country, `BE>IN`; `*` is any.
    Corridor,
    /// Texts, compared as they stand.
    Text,
}

impl fmt::Display for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ListKind::Country => "countries",
            ListKind::Currency => "currencies",
            ListKind::Corridor => "corridors",
            ListKind::Text => "texts",
        })
    }
}

/// One checked list.
#[derive(Debug, Clone)]
pub struct List {
    name: String,
    title: String,
    kind: ListKind,
    sources: Vec<Source>,
    entries: Vec<Box<str>>,
    lookup: HashSet<Box<str>>,
    path: String,
}

impl List {
    /// By which policies refer to it: `lists.NAME`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What its entries are.
    pub fn kind(&self) -> ListKind {
        self.kind
    }

    /// Where it comes from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &**entry)
    }

    /// The file, below the set's directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same without an entry.
    pub(crate) fn without(&self, entry: &str) -> List {
        let mut list = self.clone();
        list.entries.retain(|one| &**one != entry);
        list.lookup.remove(entry);
        list
    }

    /// Whether a text is in it; of corridors, one that is written `BE>IN`.
    pub fn holds(&self, text: &str) -> bool {
        match (self.kind, text.split_once('>')) {
            (ListKind::Corridor, Some((from, to))) => self.holds_corridor(from, to),
            _ => self.lookup.contains(text),
        }
    }

    /// Whether a corridor is in it, itself or by a `*`.
    pub fn holds_corridor(&self, from: &str, to: &str) -> bool {
        [(from, to), (from, ANY), (ANY, to)]
            .iter()
            .any(|(from, to)| self.holds_pair(from, to))
    }

    /// Whether this very corridor is in it. It is put together on the stack: this is asked for every payment.
    fn holds_pair(&self, from: &str, to: &str) -> bool {
        let mut corridor = [0_u8; CORRIDOR_BYTES];
        let Some(corridor) = corridor.get_mut(..from.len() + 1 + to.len()) else {
            return false;
        };
        let (left, right) = corridor.split_at_mut(from.len());
        left.copy_from_slice(from.as_bytes());
        right[0] = b'>';
        right[1..].copy_from_slice(to.as_bytes());
        std::str::from_utf8(corridor).is_ok_and(|corridor| self.lookup.contains(corridor))
    }
}

/// `BE>IN`.
pub(crate) fn corridor(from: &str, to: &str) -> String {
    format!("{from}>{to}")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    title: Spanned<String>,
    kind: ListKind,
    sources: Vec<Source>,
    entries: Vec<Spanned<String>>,
}

/// All lists of a set, and which of them a policy used.
#[derive(Default)]
pub(crate) struct Lists {
    known: BTreeMap<String, Known>,
}

struct Known {
    list: Arc<List>,
    file: String,
    place: Place,
    used: Cell<bool>,
}

impl Lists {
    /// Reads and checks one more file.
    pub(crate) fn add(&mut self, file: &str, path: &str, text: &str) -> Vec<Diagnostic> {
        let source: File = match yaml::parse(file, text) {
            Ok(source) => source,
            Err(problem) => return vec![problem],
        };
        let mut check = Check {
            file,
            problems: Vec::new(),
        };
        let list = check.list(&source, path);
        let name = &source.name;
        if let Some(other) = self.known.get(&name.value) {
            let message = format!("`{}` is the name of {}, too", name.value, other.list.path);
            check.refuse(name, message, "give one of the two another name");
            return check.problems;
        }
        let known = Known {
            list: Arc::new(list),
            file: file.to_owned(),
            place: yaml::place(name),
            used: Cell::new(false),
        };
        self.known.insert(name.value.clone(), known);
        check.problems
    }

    /// A list by its name, which is used by that.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<List>> {
        let known = self.known.get(name)?;
        known.used.set(true);
        Some(&known.list)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// A warning for each list that no policy uses.
    pub(crate) fn unused(&self) -> Vec<Diagnostic> {
        let unused = self.known.iter().filter(|(_, known)| !known.used.get());
        unused
            .map(|(name, known)| {
                let message = format!("no policy uses the list `{name}`");
                Diagnostic::error(codes::UNUSED, &known.file, known.place, message)
                    .warning()
                    .help("remove the file, or refer to it as `lists.NAME`")
            })
            .collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<List>> {
        let lists = self.known.values();
        lists.map(|known| Arc::clone(&known.list)).collect()
    }
}

struct Check<'a> {
    file: &'a str,
    problems: Vec<Diagnostic>,
}

impl Check<'_> {
    fn list(&mut self, source: &File, path: &str) -> List {
        self.head(source);
        let mut lookup = HashSet::new();
        let mut entries = Vec::new();
        for entry in &source.entries {
            if let Some(why) = wrong(source.kind, &entry.value) {
                let message = format!("`{}` {}", entry.value, why.message);
                self.refuse(entry, message, why.help);
            } else if lookup.insert(Box::from(entry.value.as_str())) {
                entries.push(Box::from(entry.value.as_str()));
            } else {
                let message = format!("`{}` stands twice", entry.value);
                self.refuse(entry, message, "keep one of the two");
            }
        }
        List {
            name: source.name.value.clone(),
            title: source.title.value.clone(),
            kind: source.kind,
            sources: source.sources.clone(),
            entries,
            lookup,
            path: path.to_owned(),
        }
    }

    fn head(&mut self, source: &File) {
        let name = &source.name;
        if !is_word(&name.value) {
            let message = format!("`{}` is not a name of a list", name.value);
            self.refuse(name, message, WORD);
        }
        if source.title.value.trim().is_empty() {
            let message = "the list has no title";
            self.refuse(&source.title, message, "say in a few words what is in it");
        }
        if source.sources.is_empty() {
            let message = "the list names no source";
            self.refuse(name, message, "name the act, standard or house rule");
        }
        if source.entries.is_empty() {
            let message = "the list is empty: nothing would ever be in it";
            self.refuse(name, message, "write its entries, or remove the list");
        }
        if source.entries.len() > limits::MAX_LIST_ENTRIES {
            let message = format!(
                "{} entries, the limit is {}",
                source.entries.len(),
                limits::MAX_LIST_ENTRIES
            );
            self.refuse(name, message, "make two lists of it");
        }
    }

    fn refuse<T>(&mut self, at: &Spanned<T>, message: impl Into<String>, help: &str) {
        self.problems
            .push(yaml::error_at(codes::LIST, self.file, at, message).help(help));
    }
}

/// How a name that expressions use is written.
pub(crate) const WORD: &str = "write small letters, digits and _, a letter first";

/// Whether expressions can use a name.
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

struct Wrong {
    message: &'static str,
    help: &'static str,
}

/// Why a text is not an entry of this kind.
fn wrong(kind: ListKind, text: &str) -> Option<Wrong> {
    let (holds, message, help) = match kind {
        ListKind::Country => (
            is_country(text),
            "is not a country",
            "write the two letters of ISO 3166-1, in upper case",
        ),
        ListKind::Currency => (
            Currency::from_code(text).is_ok(),
            "is not a currency",
            "write the three letters of ISO 4217, in upper case",
        ),
        ListKind::Corridor => (
            is_corridor(text),
            "is not a corridor",
            "write two countries, `BE>IN`; `*` on one side is any country",
        ),
        ListKind::Text => (
            !text.is_empty() && text.trim() == text,
            "is empty, or begins or ends with a space",
            "write the text as facts have it",
        ),
    };
    (!holds).then_some(Wrong { message, help })
}

fn is_corridor(text: &str) -> bool {
    let side = |text: &str| text == ANY || is_country(text);
    text.split_once('>')
        .is_some_and(|(from, to)| side(from) && side(to) && (from, to) != (ANY, ANY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_country_on_its_side() {
        let mut lists = Lists::default();
        let text = "name: x\ntitle: t\nkind: corridor\nsources: [{title: s, reference: r, verified: true}]\nentries: [BE>IN, '*>KP', NO>*]\n";
        assert_eq!(lists.add("x.yaml", "lists/x.yaml", text), Vec::new());
        let list = lists.get("x").expect("it is there");
        for (from, to, expected) in [
            ("BE", "IN", true),
            ("IN", "BE", false),
            ("FR", "KP", true),
            ("NO", "SE", true),
            ("SE", "NO", false),
            ("*", "*", false),
        ] {
            assert_eq!(list.holds_corridor(from, to), expected, "{from}>{to}");
            assert_eq!(list.holds(&corridor(from, to)), expected, "{from}>{to}");
        }
    }
}
