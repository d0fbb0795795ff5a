//! The report as one HTML document.
//!
//! What is alike is put together: rows of a case with the same reader, purpose and fields are one line with the places of
//! its records.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use data_encoding::{BASE64, HEXLOWER};
use maud::{Markup, html};
use weft_audit::Key;

use super::Report;
use super::rows::{Place, Reader, Shown};
use super::totals::Sum;
use crate::document::{Width, document};

const TITLE: &str = "Who was shown what";
/// Cases that are told one by one.
const MAX_CASES: usize = 1_000;
/// Places of records that a line names.
const MAX_PLACES: usize = 5;
/// Characters of a digest that tell it from others on a page.
const SHORT: usize = 12;

pub(super) fn render(report: &Report<'_>) -> String {
    let parts = html! {
        (front(report))
        (totals(report))
        (cases(report))
        (policies(report))
        (check(report))
    };
    document(TITLE, Width::Tables, &parts)
}

fn front(report: &Report<'_>) -> Markup {
    let all = &report.totals.all;
    html! {
        h1 { (TITLE) }
        p.lead {
            (report.extent()) ", " (period(report)) ". Of " (all.requested) " fields that readers requested, "
            (all.disclosed()) " were disclosed" (share(all)) ", " (all.withheld()) " withheld; " (all.missing)
            " the request did not have."
        }
        p.note {
            "Readers are the plugins that the host asked, people in support (who reads a decision again gets at the most \
             what it showed), and customers in messages about their payments: each gets the fields that a policy or a \
             disclosure allows, and no others. Rules in policy files are evaluated by the host itself and disclose \
             nothing. This document has names of fields, never a value of one."
        }
        @if report.untold > 0 {
            p.note { (report.untold) " evaluations of plugins are not in it: their records do not say what became of each \
                     field." }
        }
        @for gap in &report.gaps { p.note { "Gap: " (gap) } }
    }
}

fn period(report: &Report<'_>) -> String {
    let cases = &report.args.case;
    let case = match cases.len() {
        0 => String::new(),
        1 => format!("of the case {}, ", cases[0]),
        _ => format!("of the cases {}, ", cases.join(", ")),
    };
    let time = match (report.args.from, report.args.to) {
        (None, None) => "from all of the log".to_owned(),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(to)) => format!("before {to}"),
        (Some(from), Some(to)) => format!("from {from} on and before {to}"),
    };
    case + &time
}

/// Of what was requested, in tenths of a percent.
fn share(sum: &Sum) -> String {
    match (sum.disclosed() * 1_000).checked_div(sum.requested) {
        None => String::new(),
        Some(share) => format!(" ({}.{} %)", share / 10, share % 10),
    }
}

fn totals(report: &Report<'_>) -> Markup {
    html! {
        h2.flow { "Totals" }
        p { "Counts of fields; times is how often the reader was shown something for the purpose." }
        table.compact {
            thead { tr {
                th { "Reader" } th { "Purpose" } th.number { "Times" } th.number { "Requested" } th.number { "Allowed" }
                th { "Disclosed, by treatment" } th { "Withheld, by why" } th.number { "Not in the request" }
            } }
            tbody {
                @for ((reader, purpose), sum) in &report.totals.by_reader {
                    tr {
                        td { (named(reader)) }
                        td { (purpose) } td.number { (sum.times) } td.number { (sum.requested) }
                        td.number { (sum.allowed) } td { (counts(&sum.disclosed)) } td { (counts(&sum.withheld)) }
                        td.number { (sum.missing) }
                    }
                }
                @let all = &report.totals.all;
                tr {
                    th { "Together" } th {} td.number { (all.times) } td.number { (all.requested) }
                    td.number { (all.allowed) } td { (counts(&all.disclosed)) } td { (counts(&all.withheld)) }
                    td.number { (all.missing) }
                }
            }
        }
    }
}

/// What it is, what it is called, and who or which of them it was.
fn named(reader: &Reader) -> Markup {
    html! {
        (reader.kind()) " " code { (reader.name()) } " " (reader.caller()) span.soft { (reader.version()) }
    }
}

fn counts(by: &BTreeMap<String, u64>) -> Markup {
    html! {
        @for (n, (word, count)) in by.iter().enumerate() { @if n > 0 { ", " } (count) " " (word) }
        @if by.is_empty() { "none" }
    }
}

/// Rows that say the same, with the places of all.
type Alike<'a> = BTreeMap<&'a Rc<Shown>, BTreeSet<&'a Rc<Place>>>;

fn cases(report: &Report<'_>) -> Markup {
    let mut cases: BTreeMap<Option<&str>, Alike<'_>> = BTreeMap::new();
    for row in &report.rows {
        let alike = cases.entry(row.place.case.as_deref()).or_default();
        alike.entry(&row.shown).or_default().insert(&row.place);
    }
    let outside = cases.remove(&None);
    html! {
        @if !cases.is_empty() {
            h2 { "By case" }
            @for (case, alike) in cases.iter().take(MAX_CASES) {
                h3 { "Case " (case.unwrap_or_default()) }
                (table(alike))
            }
            @if cases.len() > MAX_CASES {
                p.note { (cases.len() - MAX_CASES) " more cases are not told here; the report as CSV or JSON has each, and \
                         --case tells one." }
            }
        }
        @if let Some(alike) = outside {
            h2 { "Decisions that belong to no case" }
            (table(&alike))
        }
    }
}

fn table(alike: &Alike<'_>) -> Markup {
    html! {
        table.compact {
            thead { tr {
                th { "Reader, purpose" } th { "Allowed by" } th { "Requested and disclosed" } th { "Requested and not disclosed" }
                th { "Records of the log" }
            } }
            tbody { @for (shown, places) in alike {
                tr {
                    td {
                        p { (named(&shown.reader)) }
                        @if !shown.purpose.is_empty() { p { "for " (shown.purpose) } }
                    }
                    td {
                        @if shown.version.is_empty() { (shown.policy) }
                        @else { a href={ "#p-" (shown.version) } { (shown.policy) } br; code { (short(&shown.version)) } }
                    }
                    td { (fields(&shown.sight.disclosed)) @if shown.sight.disclosed.is_empty() { "nothing" } }
                    td {
                        (fields(&shown.sight.withheld))
                        @if !shown.sight.missing.is_empty() {
                            p { em { "not in the request: " } (shown.sight.missing.join(", ")) }
                        }
                    }
                    td { (records(places)) }
                }
            } }
        }
    }
}

fn fields(by: &BTreeMap<String, Vec<String>>) -> Markup {
    html! { @for (word, fields) in by { p { em { (word) ": " } (fields.join(", ")) } } }
}

fn records(places: &BTreeSet<&Rc<Place>>) -> Markup {
    html! {
        @for place in places.iter().take(MAX_PLACES) {
            div.place { (place.index) ": " code { (place.id) } }
        }
        @if places.len() > MAX_PLACES { div { "and " (places.len() - MAX_PLACES) " more" } }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

fn policies(report: &Report<'_>) -> Markup {
    let mut texts: BTreeMap<(&str, &str), (&Shown, BTreeSet<&str>)> = BTreeMap::new();
    for row in report
        .rows
        .iter()
        .filter(|row| !row.shown.version.is_empty())
    {
        let shown = &row.shown;
        let text = texts.entry((&shown.policy, &shown.version));
        let (_, sets) = text.or_insert_with(|| (shown, BTreeSet::new()));
        sets.insert(&shown.policy_set);
    }
    html! {
        h2 { "Policies, disclosures and their legal basis" }
        table.compact {
            thead { tr { th { "Policy or disclosure" } th { "SHA-256 of its file" } th { "Policy sets" } th { "Legal basis" } } }
            tbody { @for ((policy, version), (shown, sets)) in &texts {
                tr id={ "p-" (version) } {
                    td { (policy) } td { code { (version) } }
                    td { @for set in sets { div { code { (short(set)) } } } }
                    td {
                        @for act in &shown.basis.0 {
                            p { (act.title) @if !act.reference.is_empty() { ", " } (act.reference)
                                @if !act.verified { " " span.mark.open { "not verified" } } }
                        }
                        @if shown.basis.0.is_empty() { span.mark.open { "cannot be told" } }
                    }
                }
            } }
        }
    }
}

fn check(report: &Report<'_>) -> Markup {
    let log = &report.log;
    html! {
        h2.flow { "How to check it" }
        p { "The log was verified when this report was made: every byte of " (log.records) " records, against the signed \
             head of the log." }
        dl {
            @if let Some(head) = &log.checkpoint {
                dt { "Log" } dd { code { (head.origin) } }
                dt { "Signed head" } dd { (head.size) " records, root " code { (BASE64.encode(&head.root)) } }
            }
            dt { "Key" } dd { @match log.key {
                Key::Given => { "the one that was given" }
                Key::Beside => { "only the one that lies beside the log; with " code { "--key" } " one that you trust" }
            } }
            @if let Some(last) = report.rows.last() {
                dt { "Last record" } dd { (last.place.index) ", leaf hash " code { (HEXLOWER.encode(&last.place.leaf)) } }
            }
        }
        p { code { "weft audit verify" } " checks the log again; "
            code { "weft audit query --decision ID --json" } " prints the record behind a row, with its index and leaf hash. \
            The report as CSV or JSON has the leaf hash of each." }
    }
}
