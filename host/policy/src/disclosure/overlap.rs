//! Two disclosures that would grant one thing twice.

use std::collections::BTreeMap;

use weft_diagnostic::{Diagnostic, Place};
use weft_dictionary::Dictionary;

use super::{Disclosure, ShownIn};
use crate::codes;
use crate::pipeline::Layout;

/// A disclosure with the place of its `from`, and its file as people name it.
pub(crate) type Placed<'a> = (&'a Disclosure, Place, &'a str);

/// Versions of one disclosure that are in force at the same time, and facts that two disclosures grant to one reader
/// for one thing: it would be open which purpose and which budget count.
pub(crate) fn overlapping(
    dictionary: &Dictionary,
    layout: &Layout,
    all: &[Placed<'_>],
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, (one, place, file)) in all.iter().enumerate() {
        let mut before = all[..index].iter();
        let same = before.find(|(other, ..)| other.id == one.id && other.overlaps(one));
        if let Some((_, there, in_file)) = same {
            let message = format!(
                "`{}` is in force at the same time as in {in_file}:{}:{}",
                one.id, there.line, there.column
            );
            let help = "end the earlier with `until`, or give one of the two another metadata.id";
            problems.push(Diagnostic::error(codes::PERIODS, *file, *place, message).help(help));
        }
    }
    // By whom, for what, which field: the first that grants it.
    let mut granted: BTreeMap<(&str, String, &str), usize> = BTreeMap::new();
    for (index, (one, place, file)) in all.iter().enumerate() {
        let mut told = false;
        for key in keys(dictionary, layout, one) {
            let Some(first) = granted.get(&key).copied() else {
                granted.insert(key, index);
                continue;
            };
            let (other, _, in_file) = all[first];
            let both_count = one.is_enforced && other.is_enforced && one.overlaps(other);
            if !both_count || one.id == other.id || told {
                continue;
            }
            told = true;
            let (reader, what, field) = key;
            let message = format!("`{field}` is granted to {reader} for {what} in {in_file}, too");
            let help = "keep one of the two: else it is open which purpose and budget count";
            problems.push(Diagnostic::error(codes::DISCLOSURE, *file, *place, message).help(help));
        }
    }
    problems
}

fn keys<'a>(
    dictionary: &'a Dictionary,
    layout: &'a Layout,
    one: &'a Disclosure,
) -> impl Iterator<Item = (&'a str, String, &'a str)> {
    let whats: Vec<String> = match one.shown_in() {
        ShownIn::Release { .. } => vec![format!("the purpose {}", one.purpose)],
        ShownIn::Openings { .. } => vec![format!("openings for the purpose {}", one.purpose)],
        ShownIn::Replies(_) => {
            let operations = layout.operations.iter().map(|o| o.name.as_str());
            let covered = operations.filter(|operation| one.covers(operation));
            covered.map(|operation| format!("`{operation}`")).collect()
        }
    };
    one.readers.iter().flat_map(move |reader| {
        let whats = whats.clone();
        whats.into_iter().flat_map(move |what| {
            one.grants.iter().map(move |grant| {
                let field = dictionary.field(grant.field).name.as_str();
                (reader.as_str(), what.clone(), field)
            })
        })
    })
}
