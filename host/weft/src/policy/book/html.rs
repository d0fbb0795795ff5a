//! The book as one HTML document.

use maud::{Markup, html};
use weft_dictionary::{Class, Treatment};
use weft_policy::{Policy, Status};
use weft_verdict::Verdict;

use super::{Book, Family, words};
use crate::document::{Width, document};

mod plugin;
mod policy;
mod tables;

pub(super) fn render(book: &Book<'_>) -> String {
    let families = book.families();
    let parts = html! {
        (front(book))
        (contents(book, &families))
        (how_to_read())
        @for family in &families { (family_part(book, family)) }
        (waiting(book))
        (tables::sets(book))
        (tables::coverage(book))
        (tables::who_sees_what(book))
        (tables::unsaid(book))
        (tables::lists(book))
        (tables::dictionary(book))
    };
    document(book.title(), Width::Text, &parts)
}

fn front(book: &Book<'_>) -> Markup {
    let count = |status: Status| book.effective().filter(|p| p.status() == status).count();
    let trial = count(Status::Shadow) + count(Status::Canary);
    let unverified = book
        .effective()
        .filter(|p| p.sources().iter().any(|s| !s.verified));
    html! {
        header {
            h1 { (book.title()) }
            p.lead { "On " (words::day(book.at)) ", " (words::count(count(Status::Enforced), "policy", "policies"))
                @if book.is_in_force() { " decide" } @else { " of these files would decide" }
                " payments and the requests for assistance about them"
                @if trial > 0 { "; " (words::count(trial, "more is on trial and does not count",
                    "more are on trial and do not count")) }
                "." }
            p.note { (book.stands()) }
            p { "What stands here about a rule is computed from the rule itself, as a host enforces it; there is no \
                 second place where it is decided what happens." }
            dl.facts {
                dt { "Files" } dd { "SHA-256 " code { (book.set.digest()) } }
                dt { "Tests" } dd { (words::count(book.set.tests().passed, "case in the files holds", "cases in the files hold")) }
                dt { "Not verified" }
                dd { (words::count(unverified.count(), "of these policies rests", "of these policies rest"))
                    " on a source that nobody has compared with the policy yet" }
            }
        }
    }
}

fn contents(book: &Book<'_>, families: &[Family<'_>]) -> Markup {
    let countries = book.by_country();
    html! {
        nav {
            h2.plain { "Contents" }
            div.columns {
                @for family in families {
                    div.group {
                        h4 { (words::capital(family.name)) }
                        ul { @for policy in &family.policies {
                            li { a href={ "#" (policy.id()) } { (policy.title()) } (trial(policy)) }
                        } }
                    }
                }
                div.group {
                    h4 { "Tables" }
                    ul {
                        @if !book.waiting().is_empty() { li { a href="#waiting" { "Written, and not effective" } } }
                        @if book.history.is_some() { li { a href="#sets" { "Which policy set was in force since when" } } }
                        li { a href="#coverage" { "Which policies are asked about what" } }
                        li { a href="#readers" { "Who sees what" } }
                        li { a href="#unsaid" { "Facts that policies need and nobody says yet" } }
                        li { a href="#lists" { "Lists" } }
                        li { a href="#dictionary" { "Every fact that the host knows" } }
                    }
                }
            }
            @if !countries.is_empty() {
                h4 { "By country or group of countries" }
                table.compact {
                    tbody {
                        @for (country, policies) in &countries {
                            tr { th scope="row" { (country) }
                                 td { @for (n, policy) in policies.iter().enumerate() {
                                     @if n > 0 { "; " } a href={ "#" (policy.id()) } { (policy.title()) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        h2.flow { "How to read this" }
        p { "Every policy that applies is asked, and the most severe answer counts. No policy can make another one \
             milder, and what is missing never makes a decision milder: a policy says itself what happens then." }
        table {
            thead { tr { th { "Answer, the mildest first" } th { "What it means for a payment" } } }
            tbody { @for verdict in Verdict::ALL {
                tr { td { (tag(verdict)) } td { "The policy " (words::verdict(verdict)) } }
            } }
        }
        div.pair {
            table {
                thead { tr { th { "Class of a fact" } th { "What becomes of its value" } } }
                tbody { @for class in CLASSES {
                    tr { td { (words::class_name(class)) } td { (words::class(class)) } }
                } }
            }
            table {
                thead { tr { th { "Treatment" } th { "What a reader gets" } } }
                tbody { @for treatment in Treatment::ALL {
                    tr { td { (treatment.as_str()) } td { (words::treatment(treatment)) } }
                } }
            }
        }
    }
}

const CLASSES: [Class; 6] = [
    Class::Public,
    Class::Operational,
    Class::Personal,
    Class::Sensitive,
    Class::Cardholder,
    Class::Secret,
];

fn tag(verdict: Verdict) -> Markup {
    html! { span class={ "tag " (verdict.as_str()) } { (verdict.as_str()) } }
}

/// That a policy does not count, where that is so.
fn trial(policy: &Policy) -> Markup {
    html! {
        @if policy.status() != Status::Enforced {
            " " span.tag.status { (words::status_name(policy.status())) }
        }
    }
}

fn family_part(book: &Book<'_>, family: &Family<'_>) -> Markup {
    html! {
        h2 { (words::capital(family.name)) }
        @for policy in &family.policies { (policy::part(book, policy)) }
    }
}

fn waiting(book: &Book<'_>) -> Markup {
    let waiting = book.waiting();
    html! {
        @if !waiting.is_empty() {
            h2 id="waiting" { "Written, and not effective" }
            p { "These files are checked and their tests are run, and nothing is decided by them on that day." }
            @if book.all {
                @for policy in waiting { (policy::part(book, policy)) }
            } @else {
                table {
                    thead { tr { th { "Policy" } th { "Status" } th { "Effective" } th { "What it waits for" } } }
                    tbody { @for policy in waiting {
                        tr { td { (policy.title()) br; code { (policy.id()) } }
                             td { (words::status_name(policy.status())) }
                             td { (words::effective(policy)) }
                             td { (book.waits_for(policy).join("; ")) } }
                    } }
                }
            }
        }
    }
}
