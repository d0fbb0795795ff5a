//! `dictionary.yaml` in two versions.

use std::collections::BTreeSet;

use weft_dictionary::{Dictionary, FeatureSpec, Field, Origin};

use super::impact::nodes;
use super::{Change, Differ, Impact, Version};
use crate::policy::{Body, Status};
use crate::solve::facts_of;

impl Differ<'_, '_> {
    pub(super) fn dictionary(&self) -> Vec<Change> {
        let (old, new) = (self.old.dictionary, self.new.dictionary);
        let names: BTreeSet<&String> = old
            .fields()
            .chain(new.fields())
            .map(|field| &field.name)
            .collect();
        let mut changes = Vec::new();
        let sections = old.sections().keys().chain(new.sections().keys());
        for name in sections.collect::<BTreeSet<&String>>() {
            let title = |of: &Dictionary| of.sections().get(name).cloned().unwrap_or_default();
            let what = format!("section {name}");
            changes.extend(Change::of_words(&what, &title(old), &title(new)));
        }
        for name in names {
            let what = format!("field {name}");
            match (old.by_name(name), new.by_name(name)) {
                (None, Some(field)) => {
                    changes.push(Change::words(what, None, Some(field_words(field, field))));
                }
                (Some(field), None) => {
                    let impact = self.of_field(name, "no request says it any more");
                    changes.push(Change::new(
                        what,
                        Some(field_words(field, field)),
                        None,
                        impact,
                    ));
                }
                (Some(one), Some(two)) => {
                    let (from, to) = (field_words(one, two), field_words(two, one));
                    if from != to {
                        // What the host reads, keeps and shows is not all a matter of rules.
                        let why =
                            "it is read, kept or shown otherwise, which is not compared further";
                        let impact = Impact::Open(why.to_owned());
                        changes.push(Change::new(what.clone(), Some(from), Some(to), impact));
                    }
                    for (word, from, to) in [
                        ("title", &one.title, &two.title),
                        ("meaning", &one.meaning, &two.meaning),
                    ] {
                        changes.extend(Change::of_words(&format!("{what}: {word}"), from, to));
                    }
                }
                (None, None) => {}
            }
        }
        changes
    }
}

impl Differ<'_, '_> {
    /// What a change of a field does: nothing to decisions, if nothing that counts rests on it.
    fn of_field(&self, name: &str, why: &str) -> Impact {
        let rests = |version: Version<'_>| {
            let rests_on_it = resting_on(version.dictionary, name);
            let policies = version.set.policies().iter();
            let mut counting = policies.filter(|policy| policy.status() == Status::Enforced);
            counting.any(|policy| {
                let named = nodes(policy).any(|node| {
                    let facts = facts_of(node, version.dictionary);
                    facts.iter().any(|fact| rests_on_it.contains(&**fact))
                });
                let granted = match &policy.body {
                    Body::Plugin(plugin) => plugin.grants.iter().any(|grant| {
                        let field = version.dictionary.field(grant.field);
                        rests_on_it.contains(field.name.as_str())
                    }),
                    Body::Rules(_) => false,
                };
                named || granted
            })
        };
        match rests(self.old) || rests(self.new) {
            true => Impact::Open(why.to_owned()),
            false => Impact::Words,
        }
    }
}

/// A field, and those that are derived or computed from it.
fn resting_on<'d>(dictionary: &'d Dictionary, name: &'d str) -> BTreeSet<&'d str> {
    let rests = |field: &&Field| match &field.origin {
        Origin::Derived { from, .. } => from == name,
        Origin::Behaviour(spec) => spec.of.iter().any(|of| of == name),
        Origin::Request | Origin::Host => false,
    };
    let resting = dictionary.fields().filter(rests);
    resting
        .map(|field| field.name.as_str())
        .chain([name])
        .collect()
}

/// What matters of a field for what is decided; where it stands in messages only if another version has it elsewhere.
fn field_words(field: &Field, other: &Field) -> String {
    let mut words = vec![
        field.kind.as_str().to_owned(),
        field.class.as_str().to_owned(),
    ];
    words.extend(match &field.origin {
        Origin::Request => None,
        Origin::Host => Some("said by the host".to_owned()),
        Origin::Derived { from, take } => {
            let take = format!("{take:?}").to_lowercase();
            Some(format!("{take} of {from}"))
        }
        Origin::Behaviour(spec) => Some(computed(spec)),
    });
    if !field.one_of.is_empty() {
        words.push(format!("one of {}", field.one_of.join(", ")));
    }
    if let Some(format) = field.format {
        words.push(format!("written as {}", format.as_str()));
    }
    if field.max_length != other.max_length {
        words.push(format!("at most {} characters", field.max_length));
    }
    if field.token != other.token {
        let token = field.token.as_deref().unwrap_or("none");
        words.push(format!("token {token}"));
    }
    if field.iso20022 != other.iso20022 {
        let paths = field.iso20022.iter();
        let paths: Vec<String> = paths
            .map(|(message, paths)| format!("in {message} at {}", paths.join(" or ")))
            .collect();
        words.push(match paths.is_empty() {
            true => "in no ISO 20022 message".to_owned(),
            false => paths.join(", "),
        });
    }
    words.join(", ")
}

fn computed(spec: &FeatureSpec) -> String {
    let window = spec.window.map(|window| format!(" within {window}"));
    let measure = serde_json::to_value(spec.measure).unwrap_or_default();
    format!(
        "computed from what was seen before ({} of {}{})",
        measure.as_str().unwrap_or_default(),
        spec.of.join(", "),
        window.unwrap_or_default()
    )
}
