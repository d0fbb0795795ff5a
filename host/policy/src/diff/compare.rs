//! One policy in two versions, key by key.

use super::case::About;
use super::impact::Goals;
use super::pairs::Pair;
use super::told::told;
use super::{Change, Differ, Fate, Impact, PolicyDiff};
use crate::policy::{Body, Policy, Status};

impl<'a> Differ<'a, '_> {
    pub(super) fn policies(&self) -> Vec<PolicyDiff> {
        let pairs = self.pairs().into_iter();
        pairs.filter_map(|pair| self.policy(pair)).collect()
    }

    fn policy(&self, pair: Pair<'a>) -> Option<PolicyDiff> {
        let (fate, changes) = match (pair.old, pair.new) {
            (Some(old), Some(new)) => (Fate::Changed, self.changes(pair, old, new)),
            (None, Some(new)) => (Fate::Added, self.lone_policy(pair, new)),
            (Some(old), None) => (Fate::Removed, self.lone_policy(pair, old)),
            (None, None) => return None,
        };
        let policy = pair.any()?;
        let was_at = pair.old.map(|old| &old.path);
        (!changes.is_empty()).then(|| PolicyDiff {
            id: policy.id.clone(),
            title: policy.title.clone(),
            path: policy.path.clone(),
            was_at: was_at.filter(|was_at| **was_at != policy.path).cloned(),
            fate,
            period: pair.period,
            status: (pair.old.map(Policy::status), pair.new.map(Policy::status)),
            changes,
        })
    }

    /// A policy that is in one set only: its rules, or the plugin that it asks.
    fn lone_policy(&self, pair: Pair<'a>, policy: &'a Policy) -> Vec<Change> {
        let is_new = pair.new.is_some();
        let version = if is_new { self.new } else { self.old };
        if let Body::Plugin(plugin) = &policy.body {
            let says = Some(format!("asks the plugin {}", plugin.name));
            let (from, to) = if is_new { (None, says) } else { (says, None) };
            return vec![Change::new("the policy", from, to, Impact::AsksPlugin)];
        }
        let rules = policy.rules().iter();
        rules
            .map(|rule| self.lone_rule(pair, version, rule, About::Status))
            .collect()
    }

    fn changes(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = self.counting(pair, old, new);
        changes.extend(self.parameters(pair, old, new));
        changes.extend(self.matches(pair, old, new));
        changes.extend(self.rules(pair, old, new));
        changes.extend(self.order(pair, old, new));
        changes.extend(self.plugin(old, new));
        changes.extend(self.failures(pair, old, new));
        changes.extend(told(old, new));
        changes
    }

    /// Whether it counts: status, time, operations, stage.
    fn counting(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut change = |what: &str, from: String, to: String, about: About| {
            if from == to {
                return;
            }
            let impact = match pair.counts() {
                false => Impact::Same,
                true => {
                    let cause = self.cause(pair, |policy| {
                        match about {
                            About::Status => policy.status = old.status,
                            About::From => policy.from = old.from,
                            About::Until => policy.until = old.until,
                            About::Operations => policy.on.clone_from(&old.on),
                            About::Word | About::Told => {}
                        }
                        Some(())
                    });
                    self.impact(pair, about, cause.as_ref(), &self.any_rule(pair))
                }
            };
            changes.push(Change::new(what, Some(from), Some(to), impact));
        };
        change(
            "status",
            status(old.status),
            status(new.status),
            About::Status,
        );
        // Of several versions the periods say when each is in force.
        if pair.period.is_none() {
            let from = |policy: &Policy| policy.from.to_string();
            change("in force from", from(old), from(new), About::From);
            let until =
                |policy: &Policy| policy.until.map_or("open end".into(), |at| at.to_string());
            change("in force until", until(old), until(new), About::Until);
        }
        let on = |policy: &Policy| {
            let mut on = policy.on.clone();
            on.sort_unstable();
            on.join(", ")
        };
        change("operations", on(old), on(new), About::Operations);
        if old.stage != new.stage {
            let why = "a stage says what ends a request early and what later stages see";
            changes.push(Change::new(
                "stage",
                Some(old.stage.clone()),
                Some(new.stage.clone()),
                Impact::Open(why.to_owned()),
            ));
        }
        changes
    }

    /// That any rule of any version fires.
    fn any_rule(&self, pair: Pair<'a>) -> Vec<Goals<'a>> {
        let of = |version, policy: Option<&'a Policy>| {
            policy
                .map(|policy| self.firing(version, policy))
                .unwrap_or_default()
        };
        let mut questions = of(self.new, pair.new);
        questions.extend(of(self.old, pair.old));
        questions
    }

    fn failures(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut change = |what: &str, from: &str, to: &str, impact: Impact| {
            let (from, to) = (Some(from.to_owned()), Some(to.to_owned()));
            changes.push(Change::new(what, from, to, impact));
        };
        let (from, to) = (old.on_missing, new.on_missing);
        if from != to {
            let cause = self.cause(pair, |policy| {
                policy.on_missing = from;
                Some(())
            });
            let impact = self.impact(pair, About::Word, cause.as_ref(), &self.undecided(pair));
            change("when a fact is missing", from.as_str(), to.as_str(), impact);
        }
        let (from, to) = (old.on_error, new.on_error);
        if from != to {
            let asks = pair.asks_plugin();
            let fails = self.can_fail(self.old, old) || self.can_fail(self.new, new);
            let impact = match asks || fails {
                false => Impact::Same,
                true => {
                    let cause = self.cause(pair, |policy| {
                        policy.on_error = from;
                        Some(())
                    });
                    self.impact(pair, About::Word, cause.as_ref(), &self.undecided(pair))
                }
            };
            change(
                "when it cannot be evaluated",
                from.as_str(),
                to.as_str(),
                impact,
            );
        }
        changes
    }
}

pub(super) fn status(status: Status) -> String {
    format!("{status:?}").to_lowercase()
}
