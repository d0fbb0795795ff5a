//! What a plugin gets, in two versions of the policy that asks it.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use weft_dictionary::Dictionary;

use super::{Change, Differ, Impact};
use crate::policy::{Body, PluginUse, Policy};

impl Differ<'_, '_> {
    pub(super) fn plugin(&self, old: &Policy, new: &Policy) -> Vec<Change> {
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
        impact: Impact::AsksPlugin,
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
