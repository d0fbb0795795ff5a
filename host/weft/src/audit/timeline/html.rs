//! The story as an HTML document: the payment on the left, support on the right, time downwards.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::gather::{Side, Step, Story};
use crate::document::{Width, document};

pub(in crate::audit) fn render(story: &Story, title: &str) -> String {
    let parts = html! {
        h1 { (title) }
        (front(story))
        div.timeline {
            div.lane { "The payment" } div.lane { "Support about it" }
            @for (place, step) in story.steps.iter().enumerate() {
                (card(step, place.checked_sub(1).map(|before| &story.steps[before])))
            }
        }
        (check(story))
    };
    document(title, Width::Text, &parts)
}

fn front(story: &Story) -> Markup {
    let count = |side| story.steps.iter().filter(|step| step.side == side).count();
    html! {
        dl {
            @if let (Some(first), Some(last)) = (story.steps.first(), story.steps.last()) {
                dt { "From" } dd { (first.at) }
                dt { "To" } dd { (last.at) " (" (after(last.at.0.saturating_sub(first.at.0))) " later)" }
            }
            dt { "Records" } dd { (count(Side::Payment)) " of the payment, " (count(Side::Support)) " of support" }
            @if !story.payments.is_empty() { dt { "Payments" } dd { (list(story.payments.iter())) } }
            @if !story.cases.is_empty() { dt { "Cases" } dd { (list(story.cases.iter())) } }
            @if !story.states().is_empty() {
                dt { "Where it stands" }
                dd { @for (payment, state) in story.states() { div { code { bdi { (payment) } } ": " (state) } } }
            }
            dt { "References" }
            dd { @if story.orphans.is_empty() { "each leads to a record that was before it" } @else {
                span.deny { (story.orphans.len()) " lead nowhere" } } }
        }
        @if let Some(services) = story.several_services() {
            p.note {
                "Several services gave this identifier to payments of their own: "
                (services.into_iter().collect::<Vec<_>>().join(", ")) ". These are as many payments; who asked, and the record                  that a record is about, tell them apart."
            }
        }
        @for gap in story.gaps.iter().chain(&story.orphans) { p.note { (gap) } }
    }
}

fn list<'a>(ids: impl Iterator<Item = &'a String>) -> Markup {
    html! { @for (n, id) in ids.enumerate() { @if n > 0 { ", " } code { bdi { (id) } } } }
}

fn card(step: &Step, before: Option<&Step>) -> Markup {
    let side = match step.side {
        Side::Payment => "left",
        Side::Support => "right",
    };
    html! {
        article class=(side) id={ "r" (step.index) } {
            p.when {
                (step.at)
                @if let Some(before) = before { " · " (after(step.at.0.saturating_sub(before.at.0))) " later" }
            }
            p.what {
                strong { (step.what) }
                @if let Some(verdict) = step.verdict { " " span class={ "tag " (verdict.as_str()) } { (verdict.as_str()) } }
                @if let Some(risk) = step.risk { " " span.soft { "risk " (risk) } }
            }
            p.soft {
                @if !step.by.is_empty() { (step.by) }
                @if !step.role.is_empty() && step.role != step.by { " (" (step.role) ")" }
                @if let Some(case) = &step.case { ", case " code { bdi { (case) } } }
                @if let Some(payment) = &step.payment { ", payment " code { bdi { (payment) } } }
            }
            @if !step.reasons.is_empty() { p { "Because: " (list(step.reasons.iter())) } }
            @if !step.obligations.is_empty() { p { "Obliges: " (step.obligations.join(", ")) } }
            (fields("Shown", &step.shown)) (fields("Withheld", &step.withheld))
            @for (name, value) in &step.more { p.small { (name) ": " (value) } }
            @if let Some(state) = &step.state { p { "The payment is " strong { (state) } "." } }
            p.soft {
                "Record " (step.index)
                @for index in &step.about { ", about " a href={ "#r" (index) } { "record " (index) } }
                @if let Some(id) = &step.id { br; code { bdi { (id) } } }
            }
        }
    }
}

fn fields(title: &str, by: &BTreeMap<String, Vec<String>>) -> Markup {
    html! {
        @for (word, fields) in by { p.small { (title) ", " (word) ": " (fields.join(", ")) } }
    }
}

/// A time between two records.
fn after(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        3_600_000..86_400_000 => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
        _ => format!("{} days {} h", ms / 86_400_000, ms % 86_400_000 / 3_600_000),
    }
}

fn check(story: &Story) -> Markup {
    let (option, id) = match story.payments.first() {
        Some(payment) if story.payments.len() == 1 => ("--payment", payment),
        _ => (
            "--case",
            story.cases.first().unwrap_or(&story.steps[0].what),
        ),
    };
    html! {
        h2.plain { "To check it" }
        p.small {
            "Every card is a record of the audit log. " code { "weft audit query " (option) " " bdi { (id) } }
            " prints the records, " code { "weft audit export " (option) " " bdi { (id) } " --out DIR" }
            " writes them with proofs that other programs check, and " code { "weft audit verify" } " checks the log."
        }
    }
}
