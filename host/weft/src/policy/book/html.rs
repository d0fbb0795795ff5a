//! The book as one HTML document: no scripts, nothing from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use weft_policy::{Body, PluginUse, Policy, Rule, Words};
use weft_verdict::Verdict;

use super::{Book, Family, words};

/// The style of the project's documents.
pub(crate) const STYLE: &str = include_str!("style.css");

pub(super) fn render(book: &Book<'_>) -> String {
    let families = book.families();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "The policies in force" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (front(book, &families))
                @for family in &families { (family_part(book, family)) }
                (waiting(book))
                (coverage(book))
                (who_sees_what(book))
                (dictionary(book))
            }
        }
    };
    page.into_string()
}

fn front(book: &Book<'_>, families: &[Family<'_>]) -> Markup {
    let count = book.in_force().count();
    html! {
        h1 { "The policies in force" }
        p { "On " (book.at) ", " (count) " policies decide payments and the requests for assistance about them. "
            "This document is made from the files that the host enforces; there is no second place where it is "
            "decided what happens." }
        p.soft { "Policy set " code { (book.set.digest()) } }
        p.note {
            "Every policy that applies is asked. The most severe answer counts: "
            @for (n, verdict) in Verdict::ALL.into_iter().enumerate() {
                @if n > 0 { " < " }
                (tag(verdict))
            }
            ". No policy can make another one milder."
        }
        nav {
            ul {
                @for family in families {
                    @for policy in &family.policies {
                        li { a href={ "#" (policy.id()) } { (policy.title()) } }
                    }
                }
                li { a href="#coverage" { "Which policies are asked about what" } }
                li { a href="#readers" { "Who sees what" } }
                li { a href="#dictionary" { "Every fact that the host knows" } }
            }
        }
    }
}

fn tag(verdict: Verdict) -> Markup {
    html! { span class={ "tag " (verdict.as_str()) } { (verdict.as_str()) } }
}

fn family_part(book: &Book<'_>, family: &Family<'_>) -> Markup {
    html! {
        h2 { (words::capital(family.name)) }
        @for policy in &family.policies { (policy_part(book, policy)) }
    }
}

fn policy_part(book: &Book<'_>, policy: &Policy) -> Markup {
    html! {
        section id=(policy.id()) {
            h3 { (policy.title()) }
            p.soft { code { (policy.id()) } " · " (words::status(policy.status())) " · " (words::effective(policy))
                " · version " code { (words::short(policy.version())) } }
            p { (policy.description()) }
            (about(book, policy))
            @match policy.body() {
                Body::Rules(rules) => { (rules_table(book, policy, rules)) }
                Body::Plugin(plugin) => { (plugin_part(book, policy, plugin)) }
            }
            (messages(policy))
        }
    }
}

fn about(book: &Book<'_>, policy: &Policy) -> Markup {
    html! {
        dl {
            dt { "Source" }
            dd {
                @for source in policy.sources() {
                    div {
                        (source.title) ", " (source.reference)
                        @if !source.verified { " " span.soft { "(not verified)" } }
                    }
                }
            }
            dt { "Owner" } dd { (policy.owner()) }
            dt { "Asked about" } dd { (policy.operations().join(", ")) ", in the stage " (policy.stage()) }
            @if !policy.conditions().is_empty() {
                dt { "Applies when" }
                dd {
                    @for condition in policy.conditions() {
                        div { (condition.name) ": " (said(&condition.words(book.dictionary))) }
                    }
                }
            }
            dt { "A fact is missing" }
            dd { (tag(policy.on_missing())) " the policy " (words::verdict(policy.on_missing())) }
            dt { "It cannot be told" }
            dd { (tag(policy.on_error())) " the policy " (words::verdict(policy.on_error())) }
        }
    }
}

fn rules_table(book: &Book<'_>, policy: &Policy, rules: &[Rule]) -> Markup {
    html! {
        table {
            thead { tr { th { "When" } th { "Then" } th { "Because" } th { "And" } } }
            tbody {
                @for rule in rules {
                    tr {
                        td { (said(&rule.words(book.dictionary))) }
                        td { (tag(rule.finding.verdict)) }
                        td { (reasons(policy, rule)) }
                        td { @for one in &rule.finding.obligations { div { (words::obligation(one)) } } }
                    }
                }
            }
        }
    }
}

fn reasons(policy: &Policy, rule: &Rule) -> Markup {
    html! {
        @for reason in &rule.finding.reasons {
            @match policy.reason(&reason.code) {
                Some(text) => {
                    div { (text.title)
                        @if let Some(code) = &text.status_reason { " " span.soft { "(ISO 20022 " (code) ")" } } }
                }
                None => { div { (reason.code) } }
            }
        }
    }
}

/// A condition: one sentence, or lists of sentences.
fn said(said: &Words) -> Markup {
    match said {
        Words::Say(_) => html! { (words::condition(said)) },
        Words::All(parts) => {
            html! { "all of" ul { @for part in parts { li { (self::said(part)) } } } }
        }
        Words::Any(parts) => {
            html! { "any of" ul { @for part in parts { li { (self::said(part)) } } } }
        }
    }
}

fn plugin_part(book: &Book<'_>, policy: &Policy, plugin: &PluginUse) -> Markup {
    html! {
        p { "Asks the plugin " code { (plugin.name) }
            @if let Some(digest) = &plugin.digest { ", SHA-256 " code { (digest) } }
            ", which sees what is granted here and nothing else." }
        @if !plugin.settings.is_empty() {
            table {
                thead { tr { th { "Setting" } th { "Value" } } }
                tbody {
                    @for (name, value) in &plugin.settings {
                        tr { td { (name) } td { (setting(value)) } }
                    }
                }
            }
        }
        table {
            thead { tr { th { "It may say" } th { "ISO 20022" } } }
            tbody {
                @for reason in policy.reasons() {
                    tr { td { (reason.title) " " code { (reason.code) } }
                         td { @if let Some(code) = &reason.status_reason { (code) } } }
                }
            }
        }
        p.soft { "Granted: "
            @for (n, grant) in plugin.grants.iter().enumerate() {
                @if n > 0 { ", " }
                (book.dictionary.field(grant.field).name) " (" (grant.treatment.as_str()) ")"
            }
        }
    }
}

/// A setting: lists and tables of it as lists.
fn setting(value: &serde_json::Value) -> Markup {
    match value {
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            html! {
                ul { @for item in items { li { (setting(item)) } } }
            }
        }
        serde_json::Value::Object(entries) if entries.len() > 2 => html! {
            ul { @for (name, value) in entries { li { (name) ": " (setting(value)) } } }
        },
        other => html! { (words::setting(other)) },
    }
}

fn messages(policy: &Policy) -> Markup {
    let messages = policy.messages();
    html! {
        dl {
            dt { "The customer is told" } dd { (messages.customer) }
            dt { "The agent is told" } dd { (messages.agent) }
            dt { "The auditor is told" } dd { (messages.auditor) }
        }
    }
}

fn waiting(book: &Book<'_>) -> Markup {
    let waiting = book.waiting();
    html! {
        @if !waiting.is_empty() {
            h2 { "Written, and not in force" }
            table {
                thead { tr { th { "Policy" } th { "Status" } th { "In force" } } }
                tbody {
                    @for policy in waiting {
                        tr { td { (policy.title()) " " code { (policy.id()) } }
                             td { (words::status(policy.status())) }
                             td { (words::effective(policy)) } }
                    }
                }
            }
        }
    }
}

fn coverage(book: &Book<'_>) -> Markup {
    html! {
        h2 id="coverage" { "Which policies are asked about what" }
        table {
            thead { tr { th { "Operation" } th { "Policies" } th { "When none says anything" } } }
            tbody {
                @for operation in book.set.operations() {
                    tr {
                        td { (operation.title) " " code { (operation.name) } }
                        td {
                            @for policy in book.in_force().filter(|p| p.covers(&operation.name)) {
                                div { a href={ "#" (policy.id()) } { (policy.title()) } }
                            }
                        }
                        td { (tag(operation.no_policy)) }
                    }
                }
            }
        }
    }
}

fn who_sees_what(book: &Book<'_>) -> Markup {
    html! {
        h2 id="readers" { "Who sees what" }
        p { "A plugin gets the facts that its policy grants, each at most with this treatment. What support sees is "
            "decided by the policies of the stage minimisation: what no finding discloses is not there." }
        table {
            thead { tr { th { "Reader" } th { "Purpose (policy)" } th { "Fact" } th { "At most" } } }
            tbody {
                @for (policy, plugin, field, treatment) in book.grants() {
                    tr { td { "plugin " (plugin) } td { (policy.title()) } td { code { (field) } } td { (treatment) } }
                }
            }
        }
    }
}

fn dictionary(book: &Book<'_>) -> Markup {
    html! {
        h2 id="dictionary" { "Every fact that the host knows" }
        p { "What is not in this list is dropped at the door." }
        @for (section, title) in book.dictionary.sections() {
            h3 { (title) }
            table {
                thead { tr { th { "Fact" } th { "Meaning" } th { "Class" } th { "Said by" } } }
                tbody {
                    @for field in book.dictionary.fields().filter(|f| f.section() == section) {
                        tr {
                            td { (field.title) br; code { (field.name) } }
                            td { (field.meaning) }
                            td { (words::class(field.class)) }
                            td { (words::origin(&field.origin)) }
                        }
                    }
                }
            }
        }
    }
}
