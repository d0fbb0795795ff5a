//! One policy in two versions, key by key.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use weft_dictionary::Dictionary;

use super::impact::{About, Goals, Pair, rules_of};
use super::{Change, Differ, Fate, Impact, PolicyDiff};
use crate::policy::{Body, PluginUse, Policy, Source, Status};

/// Why nothing is shown of what a plugin makes.
const ASKS_PLUGIN: &str =
    "plugins are not asked here; `weft policy replay` asks them about recorded decisions";

impl<'a> Differ<'a, '_> {
    pub(super) fn policies(&self) -> Vec<PolicyDiff> {
        let pairs = self.pairs().into_iter();
        let mut changed: Vec<PolicyDiff> = pairs.filter_map(|pair| self.policy(pair)).collect();
        changed.sort_by(|one, two| (&one.id, &one.path).cmp(&(&two.id, &two.path)));
        changed
    }

    /// The versions that belong together: of one id, by path, then by the time from which they are in force.
    pub(super) fn pairs(&self) -> Vec<Pair<'a>> {
        let mut left: Vec<&'a Policy> = self.new.set.policies().iter().map(AsRef::as_ref).collect();
        let mut pairs = Vec::new();
        let mut alone: Vec<&'a Policy> = Vec::new();
        let mut take = |same: &dyn Fn(&Policy) -> bool| {
            let at = left.iter().position(|policy| same(policy))?;
            Some(left.remove(at))
        };
        for old in self.old.set.policies() {
            let same = |new: &Policy| new.id == old.id && new.path == old.path;
            match take(&same) {
                Some(new) => pairs.push(Pair {
                    old: Some(old),
                    new: Some(new),
                }),
                None => alone.push(old),
            }
        }
        for old in alone {
            let same_time = |new: &Policy| new.id == old.id && new.from == old.from;
            let same_id = |new: &Policy| new.id == old.id;
            let new = take(&same_time).or_else(|| take(&same_id));
            pairs.push(Pair {
                old: Some(old),
                new,
            });
        }
        pairs.extend(left.into_iter().map(|new| Pair {
            old: None,
            new: Some(new),
        }));
        pairs
    }

    fn policy(&self, pair: Pair<'a>) -> Option<PolicyDiff> {
        let (fate, changes) = match (pair.old, pair.new) {
            (Some(old), Some(new)) => (Fate::Changed, self.changes(pair, old, new)),
            (None, Some(new)) => (Fate::Added, self.lone_policy(pair, new)),
            (Some(old), None) => (Fate::Removed, self.lone_policy(pair, old)),
            (None, None) => return None,
        };
        let policy = pair.any()?;
        (!changes.is_empty()).then(|| PolicyDiff {
            id: policy.id.clone(),
            title: policy.title.clone(),
            path: policy.path.clone(),
            fate,
            status: (pair.old.map(Policy::status), pair.new.map(Policy::status)),
            changes,
        })
    }

    /// A policy that is in one set only: its rules, or the plugin that it asks.
    fn lone_policy(&self, pair: Pair<'a>, policy: &'a Policy) -> Vec<Change> {
        let version = if pair.new.is_some() {
            self.new
        } else {
            self.old
        };
        if let Body::Plugin(plugin) = &policy.body {
            let says = Some(format!("asks the plugin {}", plugin.name));
            let (from, to) = if pair.new.is_some() {
                (None, says)
            } else {
                (says, None)
            };
            return vec![Change {
                what: "the policy".to_owned(),
                from,
                to,
                impact: Impact::Open(ASKS_PLUGIN.to_owned()),
            }];
        }
        let rules = rules_of(policy).iter();
        rules
            .map(|rule| self.lone_rule(pair, version, rule, About::Counting))
            .collect()
    }

    fn changes(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = self.counting(pair, old, new);
        changes.extend(self.parameters(pair, old, new));
        changes.extend(self.matches(pair, old, new));
        changes.extend(self.rules(pair, old, new));
        changes.extend(self.plugin(old, new));
        changes.extend(self.failures(pair, old, new));
        changes.extend(words(old, new));
        if changes.is_empty() && old.version != new.version {
            let what = "the file: tests or remarks, or the same written otherwise";
            changes.push(Change::words(what, None, None));
        }
        changes
    }

    /// Whether it counts: status, time, operations, stage.
    fn counting(&self, pair: Pair<'a>, old: &'a Policy, new: &'a Policy) -> Vec<Change> {
        let mut changes = Vec::new();
        let counts = |policy: &Policy| policy.status == Status::Enforced;
        let mut change = |what: &str, from: String, to: String, about: About| {
            if from == to {
                return;
            }
            let impact = match (counts(old), counts(new)) {
                (false, false) => Impact::Same,
                _ => self.impact(pair, about, &self.any_rule(pair)),
            };
            changes.push(Change {
                what: what.to_owned(),
                from: Some(from),
                to: Some(to),
                impact,
            });
        };
        let status = |policy: &Policy| format!("{:?}", policy.status).to_lowercase();
        change("status", status(old), status(new), About::Counting);
        let from = |policy: &Policy| policy.from.to_string();
        change("in force from", from(old), from(new), About::Counting);
        let until = |policy: &Policy| policy.until.map_or("open end".into(), |at| at.to_string());
        change("in force until", until(old), until(new), About::Counting);
        let on = |policy: &Policy| policy.on.join(", ");
        change("operations", on(old), on(new), About::Operations);
        if old.stage != new.stage {
            let why = "a stage says what ends a request early and what later stages see";
            changes.push(Change {
                what: "stage".to_owned(),
                from: Some(old.stage.clone()),
                to: Some(new.stage.clone()),
                impact: Impact::Open(why.to_owned()),
            });
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
        for (what, from, to) in [
            ("when a fact is missing", old.on_missing, new.on_missing),
            ("when it cannot be evaluated", old.on_error, new.on_error),
        ] {
            if from != to {
                changes.push(Change {
                    what: what.to_owned(),
                    from: Some(from.as_str().to_owned()),
                    to: Some(to.as_str().to_owned()),
                    impact: self.impact(pair, About::Word, &self.undecided(pair)),
                });
            }
        }
        changes
    }

    fn plugin(&self, old: &Policy, new: &Policy) -> Vec<Change> {
        let (one, two) = match (&old.body, &new.body) {
            (Body::Rules(_), Body::Rules(_)) => return Vec::new(),
            (Body::Plugin(one), Body::Plugin(two)) => (one, two),
            (one, two) => {
                let words = |body: &Body| match body {
                    Body::Rules(_) => "has rules of its own".to_owned(),
                    Body::Plugin(plugin) => format!("asks the plugin {}", plugin.name),
                };
                return vec![open("the policy", Some(words(one)), Some(words(two)))];
            }
        };
        let mut changes = Vec::new();
        let mut change = |what: &str, from: Option<String>, to: Option<String>| {
            if from != to {
                changes.push(open(what, from, to));
            }
        };
        change("plugin", Some(one.name.clone()), Some(two.name.clone()));
        change(
            "digest of the plugin",
            one.digest.clone(),
            two.digest.clone(),
        );
        let names: BTreeSet<&String> = one.settings.keys().chain(two.settings.keys()).collect();
        for name in names {
            let setting = |plugin: &PluginUse| plugin.settings.get(name).cloned();
            settings(
                &format!("setting {name}"),
                setting(one),
                setting(two),
                &mut change,
            );
        }
        let budget = |plugin: &PluginUse| {
            let part = |word: &str, n: Option<u64>| n.map(|n| format!("{word} {n}"));
            let budget = &plugin.budget;
            let parts = [
                part("fuel", budget.fuel),
                part("ms", budget.time_ms),
                part("MiB", budget.memory_mib),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            Some(parts.join(", ")).filter(|text| !text.is_empty())
        };
        change("budget of the plugin", budget(one), budget(two));
        let grants = |plugin: &PluginUse, dictionary: &Dictionary| {
            let grants = plugin.grants.iter().map(|grant| {
                let name = dictionary.field(grant.field).name.clone();
                (name, grant.treatment.as_str().to_owned())
            });
            grants.collect::<std::collections::BTreeMap<_, _>>()
        };
        let (one, two) = (
            grants(one, self.old.dictionary),
            grants(two, self.new.dictionary),
        );
        let fields: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
        for field in fields {
            change(
                &format!("what the plugin gets of {field}"),
                one.get(field).cloned(),
                two.get(field).cloned(),
            );
        }
        changes
    }
}

fn open(what: &str, from: Option<String>, to: Option<String>) -> Change {
    Change {
        what: what.to_owned(),
        from,
        to,
        impact: Impact::Open(ASKS_PLUGIN.to_owned()),
    }
}

/// Tells what it is, what it was and what it is now.
type Tell<'t> = dyn FnMut(&str, Option<String>, Option<String>) + 't;

/// Settings that differ, by path; lists are told as a whole unless they are of the same length.
fn settings(path: &str, old: Option<Json>, new: Option<Json>, change: &mut Tell<'_>) {
    match (old, new) {
        (Some(Json::Object(one)), Some(Json::Object(two))) => {
            let names: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
            for name in names {
                let (one, two) = (one.get(name).cloned(), two.get(name).cloned());
                settings(&format!("{path}.{name}"), one, two, change);
            }
        }
        (Some(Json::Array(one)), Some(Json::Array(two)))
            if one.len() == two.len() && one.iter().all(Json::is_object) =>
        {
            for (number, (one, two)) in (1..).zip(one.into_iter().zip(two)) {
                settings(&format!("{path}[{number}]"), Some(one), Some(two), change);
            }
        }
        (one, two) => {
            let words = |json: Option<Json>| {
                json.map(|json| match json {
                    Json::String(text) => text,
                    other => other.to_string(),
                })
            };
            change(path, words(one), words(two));
        }
    }
}

/// What only people read.
fn words(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    for (what, from, to) in [
        ("title", &old.title, &new.title),
        ("owner", &old.owner, &new.owner),
        ("family", &old.family, &new.family),
        ("description", &old.description, &new.description),
        ("file", &old.path, &new.path),
    ] {
        changes.extend(Change::of_words(what, from, to));
    }
    changes.extend(sources(&old.sources, &new.sources));
    for (what, reader) in [
        ("message to the customer", crate::Reader::Customer),
        ("message to the agent", crate::Reader::Agent),
        ("message to the auditor", crate::Reader::Auditor),
    ] {
        let (from, to) = (old.messages.to(reader), new.messages.to(reader));
        changes.extend(Change::of_words(what, from.as_written(), to.as_written()));
    }
    let codes = old
        .reasons
        .iter()
        .chain(&new.reasons)
        .map(|reason| &reason.code);
    for code in codes.collect::<BTreeSet<_>>() {
        let text = |policy: &Policy| {
            policy.reason(code).map(|reason| {
                let status = reason.status_reason.as_ref();
                let status = status.map(|code| format!(" ({code})")).unwrap_or_default();
                let own = reason.messages.as_ref().map(|messages| {
                    format!(
                        "; customer: {}; agent: {}; auditor: {}",
                        messages.customer, messages.agent, messages.auditor
                    )
                });
                format!("{}{status}{}", reason.title, own.unwrap_or_default())
            })
        };
        let (from, to) = (text(old), text(new));
        if from != to {
            changes.push(Change::words(format!("reason {code}"), from, to));
        }
    }
    changes
}

/// Sources that were added, removed or read.
pub(super) fn sources(old: &[Source], new: &[Source]) -> Vec<Change> {
    let name = |source: &Source| format!("{}, {}", source.title, source.reference);
    let text = |source: &Source| {
        let verified = if source.verified {
            "verified"
        } else {
            "not verified"
        };
        let url = source
            .url
            .as_ref()
            .map(|url| format!(", {url}"))
            .unwrap_or_default();
        format!("{verified}{url}")
    };
    let names: BTreeSet<String> = old.iter().chain(new).map(name).collect();
    let mut changes = Vec::new();
    for wanted in names {
        let find = |sources: &[Source]| sources.iter().find(|s| name(s) == wanted).map(text);
        let (from, to) = (find(old), find(new));
        if from != to {
            changes.push(Change::words(format!("source {wanted}"), from, to));
        }
    }
    changes
}
