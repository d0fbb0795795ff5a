//! What policies stand on in two versions: lists, the pipeline, the dictionary.

use std::collections::{BTreeMap, BTreeSet};

use weft_dictionary::Field;

use super::compare::sources;
use super::impact::{Pair, counts, nodes};
use super::said::decide;
use super::{Change, Differ, Fate, Impact, ListDiff, Said, Shown};
use crate::cel::node::Node;
use crate::policy::{Body, Policy, Status};
use crate::solve::{Facts, facts_of};
use crate::{Example, List, Operation};

impl<'a> Differ<'a, '_> {
    pub(super) fn lists(&self) -> Vec<ListDiff> {
        let of = |lists: &'a [std::sync::Arc<List>]| {
            let lists = lists.iter().map(|list| (list.name(), &**list));
            lists.collect::<BTreeMap<&str, &List>>()
        };
        let (old, new) = (of(self.old.set.lists()), of(self.new.set.lists()));
        let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        let diffs = names
            .into_iter()
            .map(|name| (name, old.get(name), new.get(name)));
        diffs
            .filter_map(|(name, old, new)| self.list(name, old.copied(), new.copied()))
            .collect()
    }

    fn list(&self, name: &str, old: Option<&List>, new: Option<&List>) -> Option<ListDiff> {
        let entries = |list: Option<&List>| -> BTreeSet<String> {
            list.into_iter()
                .flat_map(List::entries)
                .map(str::to_owned)
                .collect()
        };
        let (before, after) = (entries(old), entries(new));
        let mut words = Vec::new();
        if let (Some(old), Some(new)) = (old, new) {
            words.extend(Change::of_words("title", old.title(), new.title()));
            let (one, two) = (old.kind().to_string(), new.kind().to_string());
            words.extend(Change::of_words("kind", &one, &two));
            words.extend(sources(old.sources(), new.sources()));
        }
        if before == after && words.is_empty() {
            return None;
        }
        let users = self.users(name);
        Some(ListDiff {
            name: name.to_owned(),
            title: new
                .or(old)
                .map(|list| list.title().to_owned())
                .unwrap_or_default(),
            fate: match (old, new) {
                (None, _) => Fate::Added,
                (_, None) => Fate::Removed,
                _ => Fate::Changed,
            },
            added: after.difference(&before).cloned().collect(),
            removed: before.difference(&after).cloned().collect(),
            words,
            used_by: users
                .iter()
                .filter_map(|pair| Some(pair.any()?.id.clone()))
                .collect(),
            impact: if before == after {
                None
            } else {
                self.impact_of_list(name, &users)
            },
        })
    }

    /// The policies whose conditions ask a list, those that count first.
    fn users(&self, name: &str) -> Vec<Pair<'a>> {
        let asks = |policy: &Policy| nodes(policy).any(|node| uses_list(node, name));
        let mut pairs = self.pairs();
        pairs.retain(|pair| pair.old.is_some_and(asks) || pair.new.is_some_and(asks));
        pairs.sort_by_key(|pair| !counts(*pair));
        pairs
    }

    fn impact_of_list(&self, name: &str, users: &[Pair<'a>]) -> Option<(String, Impact)> {
        let mut open = None;
        for pair in users.iter().filter(|pair| counts(**pair)) {
            let id = pair.any()?.id.clone();
            match self.through(*pair, &|node| uses_list(node, name)) {
                shown @ Impact::Shown(_) => return Some((id, shown)),
                Impact::Open(why) => open = open.or(Some((id, Impact::Open(why)))),
                Impact::Words | Impact::Same => {}
            }
        }
        open
    }

    pub(super) fn pipeline(&self) -> Vec<Change> {
        let stages = |set: &crate::PolicySet| {
            let stages = set.stages().iter().map(|stage| {
                let stop = stage.stop_at.map(|v| format!(" (ends at {})", v.as_str()));
                let forget = format!(", {:?}", stage.when_stopped).to_lowercase();
                let stop = stop
                    .map(|stop| format!("{stop}{forget}"))
                    .unwrap_or_default();
                format!("{}{stop}", stage.name)
            });
            stages.collect::<Vec<_>>().join(", ")
        };
        let mut changes = Vec::new();
        let (from, to) = (stages(self.old.set), stages(self.new.set));
        if from != to {
            let why = "stages say what ends a request early and what later stages see";
            changes.push(changed(
                "stages",
                Some(from),
                Some(to),
                Impact::Open(why.into()),
            ));
        }
        let names = |set: &'a crate::PolicySet| set.operations().iter().map(|o| &o.name);
        let all: BTreeSet<&String> = names(self.old.set).chain(names(self.new.set)).collect();
        for name in all {
            let (old, new) = (self.old.set.operation(name), self.new.set.operation(name));
            changes.extend(self.operation_changes(name, old, new));
        }
        changes
    }

    fn operation_changes(
        &self,
        name: &str,
        old: Option<&Operation>,
        new: Option<&Operation>,
    ) -> Vec<Change> {
        let title = |operation: Option<&Operation>| operation.map(|o| o.title.clone());
        let what = format!("operation {name}");
        let (Some(one), Some(two)) = (old, new) else {
            let why = "requests about it are taken by one of the two only";
            return vec![changed(
                &what,
                title(old),
                title(new),
                Impact::Open(why.into()),
            )];
        };
        let mut changes: Vec<Change> = Change::of_words(&what, &one.title, &two.title)
            .into_iter()
            .collect();
        if (one.kind, one.effect) != (two.kind, two.effect) {
            let words =
                |o: &Operation| Some(format!("{:?}, {:?}", o.kind, o.effect).to_lowercase());
            let why = "what a granted request does to its payment is not a matter of rules";
            changes.push(changed(
                &what,
                words(one),
                words(two),
                Impact::Open(why.into()),
            ));
        }
        if one.no_policy != two.no_policy {
            let words = |o: &Operation| Some(o.no_policy.as_str().to_owned());
            let what = format!("{what}: when no policy says anything");
            changes.push(changed(
                &what,
                words(one),
                words(two),
                self.without_policy(name),
            ));
        }
        changes
    }

    /// What is decided when no policy says anything.
    fn without_policy(&self, operation: &str) -> Impact {
        let differs = |facts: &Facts| {
            let decision = |version| decide(version, operation, self.at, facts).0;
            decision(self.old) != decision(self.new)
        };
        let facts = self.calmed(operation, &|_| self.at, &|_| true, Facts::default());
        if !differs(&facts) {
            let why = "no facts were found about which no policy says anything";
            return Impact::Open(why.to_owned());
        }
        let facts = facts.fewest(&differs);
        let decision = |version| decide(version, operation, self.at, &facts).0;
        let (old, new) = (decision(self.old), decision(self.new));
        let said = |decision| Said {
            policy: None,
            decision,
        };
        Impact::Shown(Box::new(Shown {
            example: Example::of(&facts),
            operation: operation.to_owned(),
            at: self.at,
            old: said(old),
            new: said(new),
        }))
    }

    pub(super) fn dictionary(&self) -> Vec<Change> {
        let (old, new) = (self.old.dictionary, self.new.dictionary);
        let names: BTreeSet<&String> = old
            .fields()
            .chain(new.fields())
            .map(|field| &field.name)
            .collect();
        let mut changes = Vec::new();
        for name in names {
            let what = format!("field {name}");
            match (old.by_name(name), new.by_name(name)) {
                (None, Some(field)) => {
                    changes.push(Change::words(what, None, Some(field_words(field))));
                }
                (Some(field), None) => {
                    let impact = self.of_field(name, "no request says it any more");
                    changes.push(changed(&what, Some(field_words(field)), None, impact));
                }
                (Some(one), Some(two)) => {
                    let (from, to) = (field_words(one), field_words(two));
                    if from != to || one.iso20022 != two.iso20022 {
                        let impact = self.of_field(name, "it is read, kept or shown otherwise");
                        changes.push(changed(&what, Some(from), Some(to), impact));
                    }
                    let people = |field: &Field| format!("{}: {}", field.title, field.meaning);
                    changes.extend(Change::of_words(&what, &people(one), &people(two)));
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
        let rests = |version: super::Version<'_>| {
            let policies = version.set.policies().iter();
            let mut counting = policies.filter(|policy| policy.status() == Status::Enforced);
            counting.any(|policy| {
                let named = nodes(policy).any(|node| {
                    facts_of(node, version.dictionary)
                        .iter()
                        .any(|n| **n == *name)
                });
                let granted = match &policy.body {
                    Body::Plugin(plugin) => plugin
                        .grants
                        .iter()
                        .any(|grant| version.dictionary.field(grant.field).name == name),
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

fn changed(what: &str, from: Option<String>, to: Option<String>, impact: Impact) -> Change {
    Change {
        what: what.to_owned(),
        from,
        to,
        impact,
    }
}

fn uses_list(node: &Node, name: &str) -> bool {
    match node {
        Node::InList(inner, list) => list.name() == name || uses_list(inner, name),
        other => other
            .children()
            .into_iter()
            .any(|child| uses_list(child, name)),
    }
}

/// What matters of a field for what is decided.
fn field_words(field: &Field) -> String {
    let mut words = format!("{}, {}", field.kind.as_str(), field.class.as_str());
    let origin = match &field.origin {
        weft_dictionary::Origin::Request => "",
        weft_dictionary::Origin::Host => ", said by the host",
        weft_dictionary::Origin::Derived { .. } => ", derived",
        weft_dictionary::Origin::Behaviour(_) => ", computed from what was seen before",
    };
    words.push_str(origin);
    if let weft_dictionary::Origin::Behaviour(spec) = &field.origin {
        let window = spec
            .window
            .map(|window| format!(" within {window}"))
            .unwrap_or_default();
        words.push_str(&format!(
            " ({:?} of {}{window})",
            spec.measure,
            spec.of.join(", ")
        ));
    }
    if !field.one_of.is_empty() {
        words.push_str(&format!(", one of {}", field.one_of.join(", ")));
    }
    if let Some(format) = field.format {
        words.push_str(&format!(", written as {}", format.as_str()));
    }
    words
}
