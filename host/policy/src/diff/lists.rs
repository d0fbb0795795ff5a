//! Lists in two versions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::impact::nodes;
use super::pairs::Pair;
use super::told::sources;
use super::{Change, Differ, Fate, Impact, ListDiff};
use crate::List;
use crate::cel::node::Node;
use crate::policy::Policy;

impl<'a> Differ<'a, '_> {
    pub(super) fn lists(&self) -> Vec<ListDiff> {
        let of = |lists: &'a [Arc<List>]| {
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
        let any = new.or(old)?;
        let mut used_by: Vec<String> = users
            .iter()
            .filter_map(|pair| Some(pair.any()?.id.clone()))
            .collect();
        // A policy that has several versions is named once.
        let mut named = BTreeSet::new();
        used_by.retain(|id| named.insert(id.clone()));
        Some(ListDiff {
            name: name.to_owned(),
            title: any.title().to_owned(),
            path: any.path().to_owned(),
            fate: match (old, new) {
                (None, _) => Fate::Added,
                (_, None) => Fate::Removed,
                _ => Fate::Changed,
            },
            added: after.difference(&before).cloned().collect(),
            removed: before.difference(&after).cloned().collect(),
            words,
            used_by,
            impact: if before == after {
                None
            } else {
                self.impact_of_list(name, old, &users)
            },
        })
    }

    /// The policies whose conditions ask a list, those that count first.
    fn users(&self, name: &str) -> Vec<Pair<'a>> {
        let asks = |policy: &Policy| nodes(policy).any(|node| uses_list(node, name));
        let mut pairs = self.pairs();
        pairs.retain(|pair| pair.old.is_some_and(asks) || pair.new.is_some_and(asks));
        pairs.sort_by_key(|pair| !pair.counts());
        pairs
    }

    fn impact_of_list(
        &self,
        name: &str,
        old: Option<&List>,
        users: &[Pair<'a>],
    ) -> Option<(String, Impact)> {
        let old = old.map(|list| Arc::new(list.clone()));
        let as_it_was = |node: &mut Node| {
            if let (Node::InList(_, list), Some(old)) = (node, &old)
                && list.name() == name
            {
                *list = Arc::clone(old);
            }
        };
        let mut open = None;
        for pair in users.iter().filter(|pair| pair.counts()) {
            let id = pair.any()?.id.clone();
            match self.through(*pair, &|node| uses_list(node, name), &as_it_was) {
                shown @ Impact::Shown(_) => return Some((id, shown)),
                may @ (Impact::Open(_) | Impact::AsksPlugin) => open = open.or(Some((id, may))),
                Impact::Words | Impact::Told | Impact::Same => {}
            }
        }
        open
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
