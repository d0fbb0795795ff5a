//! A policy that asks a plugin: what it sets, what the plugin may say, what it is given.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Map, Value as Json};
use weft_policy::{PluginUse, Policy};
use weft_sandbox::{GivenBy, SettingInForce};

use crate::policy::book::{Book, sights, words};

pub(super) fn part(book: &Book<'_>, policy: &Policy, plugin: &PluginUse) -> Markup {
    html! {
        h4 { "Plugin" }
        p { "Asks the plugin " code { (plugin.name) }
            @if let Some(digest) = &plugin.digest { ", SHA-256 " code { (digest) } }
            ", which sees what is granted here and nothing else." }
        @match book.settings(policy) {
            Some(settings) => { (all(&settings)) }
            None => { (as_written(policy, plugin)) }
        }
        @if !policy.reasons().is_empty() {
            table {
                thead { tr { th { "It may say" } th { "ISO 20022" } } }
                tbody {
                    @for reason in policy.reasons() {
                        tr { td { (reason.title) }
                             td { @if let Some(code) = &reason.status_reason { (code) } } }
                    }
                }
            }
        }
        p.soft { "Granted: "
            @for (n, grant) in plugin.grants.iter().enumerate() {
                @if n > 0 { ", " }
                @let field = book.dictionary.field(grant.field);
                (field.title) " (" (grant.treatment.as_str()) ")"
            }
        }
    }
}

/// Every setting, in the plugin's own words.
fn all(settings: &[SettingInForce]) -> Markup {
    html! {
        @if !settings.is_empty() {
            table.small {
                thead { tr { th { "Setting" } th { "Value" } th { "Given by" } } }
                tbody {
                    @for setting in settings {
                        tr {
                            td { (setting.meaning) " " code { (setting.name) } }
                            td { @match &setting.value {
                                Some(json) => { (shown(&setting.name, json))
                                    @if let Some(unit) = &setting.unit { " " (unit) } }
                                None => { span.soft { "nothing" } }
                            } }
                            td { @if setting.given_by == GivenBy::Policy { (words::given_by(setting.given_by)) }
                                 @else { span.soft { (words::given_by(setting.given_by)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// What the file says, where the plugin is not at hand to say what it means.
fn as_written(policy: &Policy, plugin: &PluginUse) -> Markup {
    html! {
        p.note { (words::without_plugin(policy)) }
        @if !plugin.settings.is_empty() {
            table.small {
                thead { tr { th { "Setting" } th { "Value" } } }
                tbody {
                    @for (name, json) in &plugin.settings {
                        tr { td { code { (name) } } td { (shown(name, json)) } }
                    }
                }
            }
        }
    }
}

fn shown(name: &str, json: &Json) -> Markup {
    match json {
        _ if name == sights::VIEWS => html! { "see " a href="#readers" { "Who sees what" } },
        Json::Array(items) => match rows(items) {
            Some(rows) => table(&rows),
            None => html! { (words::value(json)) },
        },
        Json::Object(entries) if entries.is_empty() => html! { "none" },
        Json::Object(entries) => html! {
            @for (name, one) in entries { div { code { (name) } " " (words::value(one)) } }
        },
        _ => html! { (words::value(json)) },
    }
}

/// A list whose items are objects.
fn rows(items: &[Json]) -> Option<Vec<&Map<String, Json>>> {
    let rows: Option<Vec<_>> = items.iter().map(Json::as_object).collect();
    rows.filter(|rows| !rows.is_empty())
}

/// Such a list, a column for each name that any of them has.
fn table(rows: &[&Map<String, Json>]) -> Markup {
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.keys().map(String::as_str))
        .collect();
    // What it is called comes first.
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_key(|column| *column != "name");
    html! {
        table.compact {
            thead { tr { @for name in &names { th { code { (name) } } } } }
            tbody { @for row in rows {
                tr { @for name in &names {
                    td { @match row.get(*name) {
                        Some(one) => { (words::value(one)) }
                        None => { span.soft { "–" } }
                    } }
                } }
            } }
        }
    }
}
