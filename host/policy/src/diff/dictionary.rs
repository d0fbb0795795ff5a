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
                    changes.push(Change::words(what, None, Some(told(field, field).treated)));
                }
                (Some(field), None) => {
                    let impact = self.of_field(name, "no request says it any more");
                    changes.push(Change::new(
                        what,
                        Some(told(field, field).treated),
                        None,
                        impact,
                    ));
                }
                (Some(one), Some(two)) => {
                    let (from, to) = (told(one, two), told(two, one));
                    if from.treated != to.treated {
                        // What the host reads, keeps and shows is not all a matter of rules.
                        let why =
                            "it is read, kept or shown otherwise, which is not compared further";
                        let impact = Impact::Open(why.to_owned());
                        let (from, to) = (Some(from.treated), Some(to.treated));
                        changes.push(Change::new(what.clone(), from, to, impact));
                    }
                    for ((word, from), (_, to)) in from.words.iter().zip(&to.words) {
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

/// What a dictionary says of a field.
struct Told {
    /// How it is read, kept and shown.
    treated: String,
    /// What is there for people and for the check of policies, key by key; no decision rests on it.
    words: [(&'static str, String); 4],
}

/// All keys of a field; where it stands in messages and how long it may be only if another version says otherwise.
fn told(field: &Field, other: &Field) -> Told {
    // By name, so that no key is forgotten.
    let Field {
        id: _,
        name: _,
        kind,
        class,
        title,
        meaning,
        origin,
        format,
        one_of,
        examples,
        max_length,
        claim,
        token,
        iso20022,
    } = field;
    let mut treated = vec![kind.as_str().to_owned(), class.as_str().to_owned()];
    treated.extend(match origin {
        Origin::Request => None,
        Origin::Host => Some("said by the host".to_owned()),
        Origin::Derived { from, take } => {
            let take = format!("{take:?}").to_lowercase();
            Some(format!("{take} of {from}"))
        }
        Origin::Behaviour(spec) => Some(computed(spec)),
    });
    if !one_of.is_empty() {
        treated.push(format!("one of {}", one_of.join(", ")));
    }
    if let Some(format) = format {
        treated.push(format!("written as {}", format.as_str()));
    }
    if *max_length != other.max_length {
        treated.push(format!("at most {max_length} characters"));
    }
    if *token != other.token {
        treated.push(format!("token {}", token.as_deref().unwrap_or("none")));
    }
    if *iso20022 != other.iso20022 {
        let paths = iso20022.iter();
        let paths: Vec<String> = paths
            .map(|(message, paths)| format!("in {message} at {}", paths.join(" or ")))
            .collect();
        treated.push(match paths.is_empty() {
            true => "in no ISO 20022 message".to_owned(),
            false => paths.join(", "),
        });
    }
    let asks = match claim {
        true => "yes: who leaves it out asks for nothing",
        false => "no: the check tells where a decision gets milder without it",
    };
    Told {
        treated: treated.join(", "),
        words: [
            ("title", title.clone()),
            ("meaning", meaning.clone()),
            ("examples", examples.join(", ")),
            ("a claim", asks.to_owned()),
        ],
    }
}

fn computed(spec: &FeatureSpec) -> String {
    let FeatureSpec {
        of,
        measure,
        window,
    } = spec;
    let window = window.map(|window| format!(" within {window}"));
    let measure = serde_json::to_value(measure).unwrap_or_default();
    format!(
        "computed from what was seen before ({} of {}{})",
        measure.as_str().unwrap_or_default(),
        of.join(", "),
        window.unwrap_or_default()
    )
}
