//! Disclosures in two versions: who is shown what, for what, how often.

use std::collections::{BTreeMap, BTreeSet};

use weft_dictionary::Dictionary;

use super::{Change, Differ, Impact};
use crate::disclosure::{Disclosure, ShownIn};

/// The parts of a disclosure in words, by name.
type Parts = BTreeMap<String, String>;

impl Differ<'_, '_> {
    /// Each change begins with the id of its disclosure.
    pub(super) fn disclosures(&self) -> Vec<Change> {
        let of = |version: &super::Version<'_>| {
            let all = version.set.disclosures().iter();
            // Versions of one disclosure are told apart by when they begin.
            let parts = all.map(|one| {
                let key = (one.id().to_owned(), one.from());
                (key, (one.is_enforced(), parts(one, version.dictionary)))
            });
            parts.collect::<BTreeMap<_, _>>()
        };
        let (old, new) = (of(&self.old), of(&self.new));
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let mut changes = Vec::new();
        for key in keys {
            let none = (false, Parts::new());
            let (was, before) = old.get(key).unwrap_or(&none);
            let (is, after) = new.get(key).unwrap_or(&none);
            let counts = *was || *is;
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (from, to) = (before.get(name), after.get(name));
                if from == to {
                    continue;
                }
                let is_told = counts && !WORDS.contains(&name.as_str());
                let impact = if is_told { Impact::Told } else { Impact::Words };
                let what = format!("{}: {name}", key.0);
                changes.push(Change::new(what, from.cloned(), to.cloned(), impact));
            }
        }
        changes
    }
}

/// What only people read.
const WORDS: [&str; 5] = ["title", "owner", "description", "sources", "legal basis"];

fn parts(one: &Disclosure, dictionary: &Dictionary) -> Parts {
    let place = match one.shown_in() {
        ShownIn::Replies(on) => format!("in replies about {}", on.join(", ")),
        ShownIn::Release { within } => format!("on request, within {within}"),
        ShownIn::Openings { within } => format!("as openings on request, within {within}"),
    };
    let sources = one.sources().iter().map(|source| {
        let read = if source.verified {
            "verified"
        } else {
            "not verified"
        };
        format!("{}, {} ({read})", source.title, source.reference)
    });
    let status = if one.is_enforced() {
        "enforced"
    } else {
        "draft"
    };
    let until = one.until().map(|until| until.to_string());
    let mut parts = Parts::from([
        ("title".to_owned(), one.title().to_owned()),
        ("owner".to_owned(), one.owner().to_owned()),
        ("description".to_owned(), one.description().to_owned()),
        ("sources".to_owned(), sources.collect::<Vec<_>>().join("; ")),
        ("legal basis".to_owned(), one.legal_basis().to_owned()),
        ("purpose".to_owned(), one.purpose().to_owned()),
        ("status".to_owned(), status.to_owned()),
        ("readers".to_owned(), one.readers().join(", ")),
        ("shown".to_owned(), place),
        (
            "names of what is withheld".to_owned(),
            told(one.names_withheld()).to_owned(),
        ),
    ]);
    if let Some(budget) = one.budget() {
        for (about, times) in [
            ("about one case", budget.per_case),
            ("about one customer", budget.per_customer),
            ("to one caller", budget.per_day),
        ] {
            let next = u64::from(times) + 1;
            let words = format!("{times} times; request {next} gets over-budget in its place");
            parts.insert(format!("shown within a day (UTC) {about}"), words);
        }
    }
    parts.extend(until.map(|until| ("until".to_owned(), until)));
    for grant in one.grants() {
        let name = &dictionary.field(grant.field).name;
        parts.insert(format!("`{name}`"), grant.treatment.as_str().to_owned());
    }
    parts
}

fn told(is: bool) -> &'static str {
    if is { "told" } else { "not told" }
}
