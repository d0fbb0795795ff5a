//! What has to be done for a decision to stand, in words.

use weft_verdict::{Obligation, ObligationKind};

/// An obligation on one line; `title` puts the name of a fact into words.
pub(crate) fn obligation<'a>(one: &'a Obligation, title: impl Fn(&'a str) -> &'a str) -> String {
    let argument = |name: &str| one.arguments.get(name).map_or("", String::as_str);
    match one.kind {
        ObligationKind::StepUp => format!("the customer approves it: {}", argument("method")),
        ObligationKind::Redact => {
            format!("taken from later stages and readers: {}", facts(one, title))
        }
        ObligationKind::Disclose => format!("shown to the reader: {}", facts(one, title)),
        ObligationKind::Route => format!("to be sent to the region “{}”", argument("region")),
        ObligationKind::Notify => format!("told to: {}", argument("whom")),
        ObligationKind::FourEyes => "another person approves it, in another session".to_owned(),
        ObligationKind::Limit => limit(one),
    }
}

/// Facts, each with what is left of it if that is anything.
fn facts<'a>(one: &'a Obligation, title: impl Fn(&'a str) -> &'a str) -> String {
    let facts = one
        .arguments
        .iter()
        .map(|(name, left)| match left.as_str() {
            "absent" => title(name).to_owned(),
            left => format!("{} ({left})", title(name)),
        });
    facts.collect::<Vec<String>>().join(", ")
}

fn limit(one: &Obligation) -> String {
    let mut said = Vec::new();
    for (name, value) in &one.arguments {
        match name.as_str() {
            "amount_minor" => said.push(format!("up to {value} minor units")),
            "currency" => said.push(format!("in {value}")),
            "retention_h" => said.push(format!("deleted here after {value} hours")),
            "keep_in" => said.push(format!("kept in the region “{value}”")),
            "copy_in" => said.push(format!("a copy kept in the region “{value}”")),
            other => said.push(format!("{other} {value}")),
        }
    }
    said.join(", ")
}
