//! One policy.

use maud::{Markup, html};
use weft_policy::{Body, DecisionTable, Parameter, Policy, PolicyTests, Rule, Words};

use super::{plugin, tag, trial};
use crate::policy::book::{Book, needs, obligation, standing, words};

/// Levels of threat above the lowest.
const LEVELS: [usize; 3] = [1, 2, 3];

pub(super) fn part(book: &Book<'_>, policy: &Policy) -> Markup {
    html! {
        section id=(policy.id()) {
            h3 { (policy.title()) (trial(policy)) }
            p.soft { code { (policy.id()) } " · " (words::status(policy.status())) " · " (words::effective(policy))
                " · version " code { (words::short(policy.version())) } }
            p { (policy.description()) }
            (about(book, policy))
            @if !policy.parameters().is_empty() { (parameters(policy.parameters())) }
            @match policy.body() {
                Body::Rules(rules) => {
                    @match policy.table(book.dictionary) {
                        Some(table) => { (decision_table(book, policy, rules, &table)) }
                        None => { (rules_table(book, policy, rules)) }
                    }
                }
                Body::Plugin(usage) => { (plugin::part(book, policy, usage)) }
            }
            (messages(book, policy))
            (rests_on(book, policy))
            @if let Some(tests) = book.tests_of(policy) { (tests_part(book, tests)) }
            (history(book, policy))
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
                        (source.title) ", " (source.reference) " "
                        @if source.verified { span.mark.good { "verified" } }
                        @else { span.mark.open { "not verified" } }
                    }
                }
            }
            @if let Some(why) = policy.accepts_risk() {
                dt { "It accepts" } dd { span.mark.open { "a risk" } " " (why.trim()) }
            }
            dt { "Owner" } dd { (policy.owner()) }
            dt { "Asked about" } dd {
                @for name in book.operations_of(policy) { div { (name) } }
                div.soft { "in the stage " (policy.stage()) } }
            @if !policy.conditions().is_empty() {
                dt { "Applies when" }
                dd {
                    @for condition in policy.conditions() {
                        div { span.soft { (condition.name) ": " } (said(&condition.words(book.dictionary))) }
                    }
                }
            }
            dt { "A fact is missing" }
            dd { (tag(policy.on_missing())) " the policy " (words::verdict(policy.on_missing()))
                 div.soft { (words::when_missing(policy)) } }
            dt { "It cannot be told" }
            dd { (tag(policy.on_error())) " the policy " (words::verdict(policy.on_error()))
                 div.soft { (words::WHEN_FAILED) } }
        }
    }
}

fn parameters(parameters: &[Parameter]) -> Markup {
    let follows = parameters.iter().any(Parameter::follows_threat);
    html! {
        h4 { "Thresholds" }
        table {
            thead { tr { th { "Threshold" } th.number { "Value" }
                @if follows { @for level in LEVELS { th.number { "At threat " (level) } } }
                th { "May be" } } }
            tbody {
                @for parameter in parameters {
                    tr {
                        td { (parameter.title()) br; code { (parameter.name()) } }
                        td.number { strong { (parameter.value(0)) } }
                        @if follows { @for level in LEVELS { td.number {
                            @if parameter.follows_threat() { (parameter.value(level)) } @else { "as before" }
                        } } }
                        td { (words::range(parameter)) }
                    }
                }
            }
        }
    }
}

fn rules_table(book: &Book<'_>, policy: &Policy, rules: &[Rule]) -> Markup {
    html! {
        h4 { "Rules" }
        table {
            thead { tr { th { "When" } (outcome_head(rules)) } }
            tbody {
                @for rule in rules {
                    tr {
                        td { (said(&rule.words(book.dictionary))) }
                        (outcome(book, policy, rule, obliges(rules)))
                    }
                }
            }
        }
    }
}

fn decision_table(
    book: &Book<'_>,
    policy: &Policy,
    rules: &[Rule],
    table: &DecisionTable,
) -> Markup {
    html! {
        h4 { "Decision table" }
        p.soft { "A row holds when all its cells do; a dash stands for anything. Every row that holds counts." }
        table.decision {
            thead { tr {
                @for id in &table.columns {
                    @let field = book.dictionary.field(*id);
                    th { (field.title) br; code { (field.name) } }
                }
                (outcome_head(rules))
            } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for cell in &row.cells {
                            td { @match cell { Some(words) => { (words) } None => { span.soft { "–" } } } }
                        }
                        @if let Some(rule) = rules.get(row.rule) { (outcome(book, policy, rule, obliges(rules))) }
                    }
                }
            }
        }
    }
}

/// Whether anything has to be done by any of the rules.
fn obliges(rules: &[Rule]) -> bool {
    rules
        .iter()
        .any(|rule| !rule.finding.obligations.is_empty())
}

fn outcome_head(rules: &[Rule]) -> Markup {
    html! { th { "Then" } th { "Because" } @if obliges(rules) { th { "And" } } }
}

/// What a rule says: verdict, reasons, and obligations where the policy has any.
fn outcome(book: &Book<'_>, policy: &Policy, rule: &Rule, obliges: bool) -> Markup {
    html! {
        td { (tag(rule.finding.verdict)) }
        td {
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
        @if obliges { td { @for one in &rule.finding.obligations { div { (obligation(one, |name| book.title_of(name))) } } } }
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

fn messages(book: &Book<'_>, policy: &Policy) -> Markup {
    let messages = policy.messages();
    let told = |message| words::message(message, policy, book.dictionary);
    let own = policy
        .reasons()
        .iter()
        .filter_map(|reason| Some((reason, reason.messages.as_ref()?)));
    html! {
        h4 { "What readers are told" }
        dl {
            dt { "The customer" } dd { (told(&messages.customer)) }
            dt { "The agent" } dd { (told(&messages.agent)) }
            dt { "The auditor" } dd { (told(&messages.auditor)) }
        }
        @for (reason, messages) in own {
            p.soft { "Where the reason “" (reason.title) "” decides:" }
            dl {
                dt { "The customer" } dd { (told(&messages.customer)) }
                dt { "The agent" } dd { (told(&messages.agent)) }
                dt { "The auditor" } dd { (told(&messages.auditor)) }
            }
        }
    }
}

fn rests_on(book: &Book<'_>, policy: &Policy) -> Markup {
    let fields = book.reads(policy);
    html! {
        @if !fields.is_empty() {
            h4 { "Facts that it rests on" }
            p.small {
                @for (n, field) in fields.iter().enumerate() {
                    @if n > 0 { "; " }
                    (field.title) " " code { (field.name) }
                    @if field.claim { " " span.mark.open { (words::CLAIM) } }
                    @if needs::is_unsaid(field) { " " span.mark.open { "the host does not say it yet" } }
                }
            }
        }
    }
}

fn tests_part(book: &Book<'_>, tests: &PolicyTests) -> Markup {
    html! {
        h4 { "Tests: " (words::count(tests.cases.len(), "case holds", "cases hold")) }
        table.small {
            thead { tr { th { "Case" } th { "Given" } th { "The policy says" } } }
            tbody {
                @for case in &tests.cases {
                    tr {
                        td { (case.name) }
                        td {
                            (words::given(book, case))
                            @for name in &case.withheld { div.soft { "withheld: " (book.title_of(name)) } }
                            @for (name, value) in &case.with { div.soft { "with " (name) " " (value) } }
                        }
                        td {
                            @if case.applies { (tag(case.verdict)) } @else { span.soft { "it does not apply" } }
                            @for one in words::beside(book, case) { div.soft { (one) } }
                        }
                    }
                }
            }
        }
    }
}

/// The texts of a policy: those in the files, and those that a host had in force.
fn history(book: &Book<'_>, policy: &Policy) -> Markup {
    let versions = book.versions_of(policy);
    let lived = book.lived(policy);
    html! {
        @if versions.len() > 1 || !lived.is_empty() {
            h4 { "History" }
            table.small {
                thead { tr { th { "Text" } th { "Status" } th { "Since when" } } }
                tbody {
                    @for version in versions {
                        tr { td { code { (words::short(version.version())) } " " (version.path()) }
                             td { (words::status_name(version.status())) }
                             td { (words::effective(version)) } }
                    }
                    @for one in lived {
                        tr { td { code { (words::short(&one.version)) } ", policy set " code { (words::short(&one.change.policy_set)) } }
                             td { (words::status_name(one.status)) }
                             td { "in the host " (standing::came(&one.change)) } }
                    }
                }
            }
        }
    }
}
