//! The report of a replay as one HTML document.

use maud::{Markup, html};
use weft_engine::replay::report::{Change, Item, ReplayReport, What};
use weft_verdict::Verdict;

use super::no_decision;
use super::text::{about_features, sums};
use crate::document::{Width, document};

pub(super) fn render(report: &ReplayReport) -> String {
    let title = match report.change {
        None => "Past decisions, evaluated again",
        Some(_) => "What a change of policies would have decided",
    };
    let parts = html! {
        h1 { (title) }
        (about(report))
        @if !report.has_decisions() {
            p { strong { (no_decision(report)) } }
        } @else {
            @match &report.change {
                None => { (recorded(report)) }
                Some(change) => { (changed(change)) }
            }
        }
        (left_out(report))
        (trouble(report))
    };
    document(title, Width::Text, &parts)
}

fn about(report: &ReplayReport) -> Markup {
    html! {
        p {
            (report.decisions) " decisions of the audit log"
            @if let (Some(first), Some(last)) = (report.first, report.last) {
                ", the first of " (first) ", the last of " (last)
            }
            ", were evaluated again from what their records say. No personal data is in this document."
        }
        dl {
            dt { "Taken with" }
            dd {
                @for (set, count) in &report.sets {
                    div { code { (set) } ": " (count) }
                }
            }
            @if let Some(change) = &report.change {
                dt { "Compared with" } dd { code { (change.policy_set) } }
            }
        }
    }
}

fn recorded(report: &ReplayReport) -> Markup {
    html! {
        table {
            thead { tr { th { "What came of it" } th.number { "Decisions" } } }
            tbody {
                tr { td { "As recorded, every finding byte for byte" } td.number { (report.reproduced) } }
                @if report.reproduced_by_another_version > 0 {
                    tr { td { "As recorded but for fuel and the host's version" }
                         td.number { (report.reproduced_by_another_version) } }
                }
                tr { td { "Otherwise" } td.number { (report.differ) } }
            }
        }
        (items(&report.differing, report.differ))
    }
}

fn changed(change: &Change) -> Markup {
    html! {
        p.note { (about_features(change)) }
        p { strong { (change.changed) } " decisions have another verdict, " (change.unchanged) " have the same, "
            (change.otherwise) " of them with other reasons, obligations or risk." }
        @for (operation, cells) in &change.matrix {
            h2 { "From verdict to verdict: " code { (operation) } }
            table {
                thead { tr { th { "Recorded" } th { "Now" } th.number { "Decisions" } th.number { "What is paid" } } }
                tbody {
                    @for cell in cells {
                        tr class=[(cell.from == cell.to).then_some("soft")] {
                            td { (tag(cell.from)) } td { (tag(cell.to)) }
                            td.number { (cell.count) } td.number { (sums(&cell.money)) }
                        }
                    }
                }
            }
        }
        @if !change.causes.is_empty() {
            h2 { "What causes it" }
            p.soft { "A decision may have several causes, so these may count more than there are decisions." }
            table {
                thead { tr { th { "Policy" } th { "Rule or reason" } th { "Recorded" } th { "Now" }
                             th.number { "Decisions" } th.number { "What is paid" } } }
                tbody {
                    @for cause in &change.causes {
                        tr {
                            td { code { (cause.policy) } } td { (cause.what) }
                            td { (tag(cause.from)) } td { (tag(cause.to)) }
                            td.number { (cause.count) } td.number { (sums(&cause.money)) }
                        }
                    }
                }
            }
        }
        @if change.changed > 0 {
            h2 { "The decisions" }
            (items(&change.decisions, change.changed))
        }
    }
}

fn items(items: &[Item], of: u64) -> Markup {
    html! {
        @if !items.is_empty() {
            table {
                thead { tr { th { "Decision" } th { "At" } th { "What" } } }
                tbody {
                    @for item in items {
                        tr { td { code { (item.decision) } } td { (item.at) } td { (what(item)) } }
                    }
                }
            }
            @if of > items.len() as u64 {
                p.soft { "The first " (items.len()) " of " (of) "; the form csv has all." }
            }
        }
    }
}

fn what(item: &Item) -> Markup {
    html! {
        @match &item.what {
            What::Differs { differences } => {
                @for difference in differences { div { (difference.policy) ": " (difference.what) } }
            }
            What::Changes { from, to, amount, causes } => {
                div { (tag(*from)) " → " (tag(*to))
                    @if let Some((amount, currency)) = amount { " " (amount) " " (currency) } }
                @for (policy, what) in causes { div.soft { (policy) ", " (what) } }
            }
            What::LeftOut { why } => { (why) }
        }
    }
}

fn left_out(report: &ReplayReport) -> Markup {
    html! {
        @if !report.left_out.is_empty() {
            h2 { "Not evaluated again" }
            table {
                thead { tr { th { "Why" } th.number { "Decisions" } } }
                tbody {
                    @for left in report.left_out.values() {
                        tr {
                            td {
                                (left.title)
                                @if !left.decisions.is_empty() {
                                    details { summary { "which" } @for d in &left.decisions { code { (d) } " " } }
                                }
                            }
                            td.number { (left.count) }
                        }
                    }
                }
            }
            @if let Some(forgotten) = &report.forgotten {
                p { "Of " (forgotten.decisions) " decisions whose facts were not to be stored, "
                    (forgotten.findings_reproduced) " findings come out as recorded on the facts that are there; "
                    (forgotten.findings_unknown) " rest on facts that are not." }
            }
        }
    }
}

fn trouble(report: &ReplayReport) -> Markup {
    html! {
        @if !report.is_whole() {
            h2 { "What this report does not cover" }
            ul {
                @for why in report.sets_missing.values() { li { (why) } }
                @for place in &report.damage { li { "The log is damaged: " (place) } }
                @if report.unreadable > 0 { li { (report.unreadable) " records have a form that is not known" } }
            }
        }
    }
}

fn tag(verdict: Verdict) -> Markup {
    html! { span class={ "tag " (verdict.as_str()) } { (verdict.as_str()) } }
}
