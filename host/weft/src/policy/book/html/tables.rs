//! What is about all policies: operations, readers, facts, lists.

use maud::{Markup, html};
use weft_dictionary::Treatment;
use weft_policy::Status;

use super::tag;
use crate::policy::book::{Book, standing, words};

/// What a host had in force, by its log.
pub(super) fn sets(book: &Book<'_>) -> Markup {
    html! {
        @if let Some(history) = &book.history {
            h2 id="sets" { "Which policy set was in force since when" }
            p { "By the host's log: its starts with other files, reloads and rollbacks, the newest first." }
            table.compact {
                thead { tr { th { "Policy set" } th { "In force" } th { "Files" } } }
                tbody { @for change in history.changes.iter().rev() {
                    tr { td { code { (words::short(&change.policy_set)) } }
                         td { (standing::came(change)) }
                         td { @match history.files_of(&change.policy_set) {
                             Some(files) if files == book.set.digest() => { "those of this book" }
                             Some(_) => { "others" }
                             None => { span.mark.open { "cannot be read" } }
                         } } }
                } }
            }
            @for gap in &history.gaps { p.small { span.mark.open { "gap" } " " (gap) } }
        }
    }
}

pub(super) fn coverage(book: &Book<'_>) -> Markup {
    html! {
        h2 id="coverage" { "Which policies are asked about what" }
        p { "Policies on trial are asked, too; they do not count and are not in this table." }
        table {
            thead { tr { th { "Operation" } th { "Policies" } th { "When none says anything" } } }
            tbody {
                @for operation in book.set.operations() {
                    tr {
                        td { (operation.title) br; code { (operation.name) } }
                        td {
                            @for policy in book.effective()
                                .filter(|p| p.status() == Status::Enforced && p.covers(&operation.name)) {
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

pub(super) fn who_sees_what(book: &Book<'_>) -> Markup {
    let purposes = book.purposes();
    let told = book.told_in_messages();
    html! {
        h2 id="readers" { "Who sees what" }
        p { "What no disclosure grants is not there. A fact is shown for a purpose, where a request or a message needs \
             it, and at most with this treatment; what a policy withholds is not shown either." }
        @for purpose in &purposes {
            h3 { "Purpose: " (purpose.name()) }
            p { (purpose.disclosure.title()) ". " (purpose.disclosure.description()) }
            p.soft { (words::capital(&purpose.place()))
                @if purpose.after_step_up { ", only once the customer has passed the step that the host asked for" }
                ", " (purpose.budget()) ". Legal basis: " (purpose.disclosure.legal_basis()) ". File: "
                code { (purpose.disclosure.path()) } "." }
            table.compact {
                thead { tr { th { "Fact" } th { "Class" }
                    @for reader in Book::readers() { th { (words::capital(reader)) } } } }
                tbody { @for (name, readers) in &purpose.facts {
                    tr {
                        td { (book.title_of(name)) " " code { (name) } }
                        td { (book.class_of(name)) }
                        @for treatment in readers {
                            td { @match treatment { Some(t) => { (t.as_str()) } None => { span.soft { "nothing" } } } }
                        }
                    }
                } }
            }
        }
        h3 { "Withheld while it is decided" }
        p { "Of these requests, these facts are not handed on to later stages, to plugins there, or to any reader of the \
             decision. Another request about the same payment, for another purpose, has its own table above." }
        table.compact {
            thead { tr { th { "About" } th { "Facts" } th { "By" } } }
            tbody { @for one in book.withheld() {
                tr { td { (book.operations_of(one.policy).join("; ")) }
                     td { @for (n, (name, treatment)) in one.facts.iter().enumerate() {
                         @if n > 0 { ", " } (book.title_of(name))
                         @if *treatment != Treatment::Absent { " (" (treatment.as_str()) " is left)" } } }
                     td { a href={ "#" (one.policy.id()) } { (one.policy.title()) } } }
            } }
        }
        h3 { "Other readers" }
        dl {
            dt { "Customers" }
            dd { "Their own payment, in the words of the policies, which name: " (named(book, &told[0])) "." }
            dt { "Auditors" }
            dd { "Every finding and every policy, and of facts what is disclosed to a regulator. Messages to them name: " (named(book, &told[2])) "." }
        }
        h3 { "Plugins" }
        p { "A plugin gets the facts that its policy grants, each at most with this treatment; names of accounts, cards \
             and people only as pseudonyms of its own." }
        @for policy in book.effective() {
            @if let weft_policy::Body::Plugin(plugin) = policy.body() {
                h4 { (policy.title()) ", plugin " code { (plugin.name) } }
                p.small { @for (n, grant) in plugin.grants.iter().enumerate() {
                    @let field = book.dictionary.field(grant.field);
                    @if n > 0 { "; " } (field.title) " " code { (field.name) } " " em { (grant.treatment.as_str()) }
                } }
            }
        }
    }
}

fn named(book: &Book<'_>, names: &[&str]) -> String {
    let titles: Vec<&str> = names.iter().map(|name| book.title_of(name)).collect();
    match titles.as_slice() {
        [] => "no fact".to_owned(),
        some => some.join(", "),
    }
}

pub(super) fn unsaid(book: &Book<'_>) -> Markup {
    let unsaid = book.unsaid();
    html! {
        h2 id="unsaid" { "Facts that policies need and nobody says yet" }
        @if unsaid.is_empty() {
            p { "There are none: the host says every fact that is left to it." }
        } @else {
            p { "These facts have a place in the dictionary, and the host does not fill it yet. A policy that needs one \
                 takes its answer for a missing fact; most such policies are drafts." }
            table {
                thead { tr { th { "Fact" } th { "Meaning" } th { "Needed by" } } }
                tbody { @for one in unsaid {
                    tr {
                        td { (one.field.title) br; code { (one.field.name) } }
                        td { (one.field.meaning) }
                        td { @for policy in one.policies {
                            div { (policy.title()) " " span.soft { (words::status_name(policy.status())) } } } }
                    }
                } }
            }
        }
    }
}

pub(super) fn lists(book: &Book<'_>) -> Markup {
    html! {
        h2 id="lists" { "Lists" }
        @for list in book.set.lists() {
            section id={ "list-" (list.name()) } {
                h3 { (list.title()) }
                p.soft { code { (list.name()) } " · " (list.kind()) " · " (list.path()) }
                @for source in list.sources() {
                    p.small { (source.title) ", " (source.reference) " "
                        @if source.verified { span.mark.good { "verified" } }
                        @else { span.mark.open { "not verified" } } }
                }
                p { (list.entries().collect::<Vec<_>>().join(", ")) }
            }
        }
        @if book.set.lists().is_empty() { p { "The policies use none." } }
    }
}

pub(super) fn dictionary(book: &Book<'_>) -> Markup {
    html! {
        h2 id="dictionary" { "Every fact that the host knows" }
        p { "What is not in this list is dropped at the door. " (words::claims(book.dictionary)) " The last column says how many policies, effective or not, \
             read the fact." }
        @for (section, title) in book.dictionary.sections() {
            h3 { (title) }
            table.compact {
                thead { tr { th { "Fact" } th { "Meaning" } th { "Class" } th { "At most" } th { "Auditors" }
                    th { "Said by" } th.number { "Read by" } } }
                tbody {
                    @for field in book.dictionary.fields().filter(|f| f.section() == section) {
                        tr {
                            td { (field.title) br; code { (field.name) } }
                            td { (field.meaning) }
                            td { (field.class.as_str()) }
                            td { (field.class.ceiling().as_str()) }
                            td { (book.for_auditors(field.id)) }
                            td { (words::said_by(field))
                                @if field.claim { br; span.mark.open { (words::CLAIM) } } }
                            td.number { (book.readers_of(field).len()) }
                        }
                    }
                }
            }
        }
    }
}
