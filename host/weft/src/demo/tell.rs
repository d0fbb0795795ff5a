//! The story in words and lines, for a person at a terminal.

use std::net::SocketAddr;

use serde_json::Value as Json;

use crate::output::{emphasise, line};

/// Characters of a line of running text.
const WIDTH: usize = 96;
/// The column at which what is said about a decision begins.
const INDENT: usize = 12;

pub(crate) fn title(title: &str, address: SocketAddr) {
    line(&format!("\n{}", emphasise("1", title)));
    line(&format!(
        "A host on http://{address}, with keys and tokens made for this story."
    ));
}

pub(crate) fn step(number: usize, title: &str) {
    line(&format!(
        "\n{}",
        emphasise("1", &format!("{number}. {title}"))
    ));
}

/// A status report of ISO 20022.
pub(crate) fn report(xml: &str) {
    let of_payment = between(xml, "<TxSts>", "</TxSts>");
    let of_recall = || between(xml, "<TxCxlSts>", "</TxCxlSts>");
    let status = of_payment.or_else(of_recall).unwrap_or("none");
    let form = between(xml, "xmlns=\"urn:iso:std:iso:20022:tech:xsd:", "\"").unwrap_or("a report");
    line(&format!(
        "   the host answers with {form}, transaction status {status}"
    ));
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

pub(crate) fn problem(from: &str, file: &str, status: u16, problem: &Json) {
    line(&format!("   {from} sends {file}"));
    let text = |key: &str| problem[key].as_str().unwrap_or_default();
    let place = match problem["pointer"].as_str() {
        Some(pointer) => format!(" at {pointer}"),
        None => String::new(),
    };
    let why = format!("{status} {}{place}: {}", text("code"), text("detail"));
    say(&label("31;1", "REFUSED"), &why);
    if let Some(help) = problem["help"].as_str() {
        said("help", help);
    }
}

/// One decision, as its caller sees it.
pub(crate) fn decision(from: &str, file: &str, decision: &Json) {
    let text = |key: &str| decision[key].as_str().unwrap_or_default();
    line(&format!("   {from} sends {file}: {}", text("operation")));
    let verdict = text("verdict");
    say(
        &label(colour(verdict), &verdict.to_uppercase()),
        text("message"),
    );
    reasons(&decision["reasons"]);
    dropped(&decision["dropped"]);
    payment(&decision["payment"]);
    challenge(&decision["challenge"]);
    context(&decision["context"]);
    if decision["decided_again"].is_object() {
        let again = &decision["decided_again"];
        let verdict = again["verdict"].as_str().unwrap_or_default();
        let shown = emphasise(colour(verdict), &verdict.to_uppercase());
        said("again", &format!("the payment is decided again: {shown}"));
        payment(&again["payment"]);
        log(again);
    }
    log(decision);
}

fn colour(verdict: &str) -> &'static str {
    match verdict {
        "allow" => "32;1",
        "flag" | "challenge" => "33;1",
        "hold" => "35;1",
        _ => "31;1",
    }
}

fn reasons(reasons: &Json) {
    for reason in reasons.as_array().into_iter().flatten() {
        said("why", &reason_text(reason));
    }
}

/// What was said and does not count.
fn dropped(dropped: &Json) {
    for place in dropped["places"].as_array().into_iter().flatten() {
        said("dropped", place["detail"].as_str().unwrap_or_default());
    }
}

fn reason_text(reason: &Json) -> String {
    let code = reason["code"].as_str().unwrap_or_default();
    let mut text = match reason["title"].as_str() {
        Some(title) => format!("{title} ({code})"),
        None => code.to_owned(),
    };
    let fields: Vec<&str> = texts(&reason["fields"]);
    if !fields.is_empty() {
        text.push_str(&format!(", from {}", fields.join(", ")));
    }
    text
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn payment(payment: &Json) {
    let (Some(id), Some(state)) = (payment["id"].as_str(), payment["state"].as_str()) else {
        return;
    };
    let until = match payment["expires_at"].as_str() {
        Some(at) => format!(", at the latest until {at}"),
        None => String::new(),
    };
    said("payment", &format!("{id} is {state}{until}"));
}

fn challenge(challenge: &Json) {
    let Some(method) = challenge["method"].as_str() else {
        return;
    };
    let passed = match challenge["passed"].as_bool() {
        Some(true) => "the customer has passed it",
        _ => "the customer has to pass it",
    };
    said("step-up", &format!("{method}: {passed}"));
}

/// What an agent gets to see of the payment.
fn context(context: &Json) {
    if !context.is_object() {
        return;
    }
    if let (Some(verdict), Some(risk)) = (context["verdict"].as_str(), context["risk"].as_u64()) {
        said(
            "score",
            &format!("{risk} of 1000, {verdict}, as computed when the payment came in"),
        );
    }
    for why in context["why"].as_array().into_iter().flatten() {
        let text = |key: &str| why[key].as_str().unwrap_or_default();
        said(
            text("verdict"),
            &format!("{}: {}", text("policy"), text("message")),
        );
        for reason in why["reasons"].as_array().into_iter().flatten() {
            said("", &format!("- {}", reason_text(reason)));
        }
    }
    let facts = context["facts"].as_object().into_iter().flatten();
    let facts: Vec<String> = facts
        .map(|(name, value)| format!("{name} = {}", plain(value)))
        .collect();
    said("sees", &facts.join("; "));
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(money) if money.contains_key("currency") => {
            format!("{} {}", plain(&money["value"]), plain(&money["currency"]))
        }
        other => other.to_string(),
    }
}

fn log(decision: &Json) {
    let log = &decision["log"];
    let hash = log["leaf_hash"].as_str().unwrap_or_default();
    let short = hash.get(..16).unwrap_or(hash);
    said(
        "log",
        &format!("record {}, leaf hash {short}…", log["index"]),
    );
}

/// Whether all is as the story says; if not, tells what is not.
pub(crate) fn surprise(surprise: Option<String>) -> bool {
    match surprise {
        Some(what) => {
            say(&label("31;1", "SURPRISE"), &what);
            false
        }
        None => true,
    }
}

/// A label in colour, as wide as every label.
fn label(colour: &str, text: &str) -> String {
    emphasise(colour, &format!("{text:<8}"))
}

/// A labelled text, wrapped.
fn said(label: &str, text: &str) {
    say(&format!("{label:<8}"), text);
}

/// The same for a label that is as wide as every label.
fn say(label: &str, text: &str) {
    let mut shown = format!("   {label} ");
    let mut column = INDENT;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column + length > WIDTH && column > INDENT {
            line(shown.trim_end());
            shown = " ".repeat(INDENT);
            column = INDENT;
        }
        shown.push_str(word);
        shown.push(' ');
        column += length + 1;
    }
    line(shown.trim_end());
}
