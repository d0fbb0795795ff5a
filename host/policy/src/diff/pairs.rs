//! Which versions of a policy are compared.
//!
//! A policy that has one version in each set is compared as it is, its dates included. One that has several is
//! followed through time: in each period the version that is in force by the old set stands against the one that
//! is in force by the new set, or against none.

use std::collections::BTreeSet;

use weft_dictionary::Timestamp;

use super::Differ;
use crate::policy::{Body, Policy, Status};

/// From an instant until another, or with an open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Part of it.
    pub from: Timestamp,
    /// Not part of it.
    pub until: Option<Timestamp>,
}

impl Period {
    pub(super) fn has(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A policy in both sets; at least in one.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Policy>,
    pub(super) new: Option<&'a Policy>,
    /// When these two stand against each other, if there are several versions.
    pub(super) period: Option<Period>,
}

impl<'a> Pair<'a> {
    /// One of the two, the new one if there is one.
    pub(super) fn any(self) -> Option<&'a Policy> {
        self.new.or(self.old)
    }

    pub(super) fn versions(self) -> impl Iterator<Item = &'a Policy> {
        self.old.into_iter().chain(self.new)
    }

    /// Whether a version asks a plugin.
    pub(super) fn asks_plugin(self) -> bool {
        self.versions()
            .any(|policy| matches!(policy.body, Body::Plugin(_)))
    }

    /// Whether the policy counts in one of its versions.
    pub(super) fn counts(self) -> bool {
        self.versions()
            .any(|policy| policy.status == Status::Enforced)
    }
}

impl<'a> Differ<'a, '_> {
    /// The versions that stand against each other, by id and time.
    pub(super) fn pairs(&self) -> Vec<Pair<'a>> {
        let all = |set: &'a crate::PolicySet| set.policies().iter().map(AsRef::as_ref);
        let (old, new) = (self.old.set, self.new.set);
        let ids: BTreeSet<&str> = all(old).chain(all(new)).map(Policy::id).collect();
        let mut pairs = Vec::new();
        for id in ids {
            let versions = |set| all(set).filter(|policy| policy.id == id);
            let (old, new): (Vec<&'a Policy>, Vec<&'a Policy>) =
                (versions(old).collect(), versions(new).collect());
            match old.len().max(new.len()) {
                1 => pairs.push(Pair {
                    old: old.first().copied(),
                    new: new.first().copied(),
                    period: None,
                }),
                _ => pairs.extend(through_time(&old, &new)),
            }
        }
        pairs
    }
}

/// Versions of one policy; those of one set are never in force at the same time.
fn through_time<'a>(old: &[&'a Policy], new: &[&'a Policy]) -> Vec<Pair<'a>> {
    let versions = || old.iter().chain(new);
    let ends = versions().filter_map(|policy| policy.until);
    let instants: BTreeSet<Timestamp> = versions().map(|policy| policy.from).chain(ends).collect();
    let instants: Vec<Timestamp> = instants.into_iter().collect();
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for (number, &from) in instants.iter().enumerate() {
        let until = instants.get(number + 1).copied();
        let then = |versions: &[&'a Policy]| {
            let mut versions = versions.iter().copied();
            versions.find(|policy| policy.in_force(from))
        };
        let (old, new) = (then(old), then(new));
        let same = |one: Option<&Policy>, two: Option<&Policy>| {
            one.map(std::ptr::from_ref) == two.map(std::ptr::from_ref)
        };
        match pairs.last_mut() {
            Some(Pair {
                old: old_before,
                new: new_before,
                period: Some(period),
            }) if same(*old_before, old) && same(*new_before, new) => period.until = until,
            _ => pairs.push(Pair {
                old,
                new,
                period: Some(Period { from, until }),
            }),
        }
    }
    pairs.retain(|pair| pair.any().is_some());
    pairs
}
