//! What people read: of a policy, and of its decisions.

use std::collections::BTreeSet;

use super::{Change, Impact};
use crate::policy::{Policy, Source};

/// What people read of a policy, and of its decisions.
pub(super) fn told(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    for (what, from, to) in [
        ("title", &old.title, &new.title),
        ("owner", &old.owner, &new.owner),
        ("family", &old.family, &new.family),
        ("description", &old.description, &new.description),
        ("file", &old.path, &new.path),
    ] {
        changes.extend(Change::of_words(what, from, to));
    }
    let risk = |policy: &Policy| policy.accepts_risk().unwrap_or_default().trim().to_owned();
    changes.extend(Change::of_words(
        "why a failure may let it go on (accepts_risk)",
        &risk(old),
        &risk(new),
    ));
    changes.extend(sources(&old.sources, &new.sources));
    for (what, reader) in [
        ("message to the customer", crate::Reader::Customer),
        ("message to the agent", crate::Reader::Agent),
        ("message to the auditor", crate::Reader::Auditor),
    ] {
        let (from, to) = (old.messages.to(reader), new.messages.to(reader));
        let change = Change::of_words(what, from.as_written(), to.as_written());
        changes.extend(change.map(is_told));
    }
    let codes = old
        .reasons
        .iter()
        .chain(&new.reasons)
        .map(|reason| &reason.code);
    for code in codes.collect::<BTreeSet<_>>() {
        let text = |policy: &Policy| {
            policy.reason(code).map(|reason| {
                let status = reason.status_reason.as_ref();
                let status = status.map(|code| format!(" ({code})")).unwrap_or_default();
                let own = reason.messages.as_ref().map(|messages| {
                    format!(
                        "; customer: {}; agent: {}; auditor: {}",
                        messages.customer, messages.agent, messages.auditor
                    )
                });
                format!("{}{status}{}", reason.title, own.unwrap_or_default())
            })
        };
        let (from, to) = (text(old), text(new));
        if from != to {
            let change = Change::words(format!("reason {code}"), from, to);
            changes.push(is_told(change));
        }
    }
    changes
}

/// It is told of decisions.
fn is_told(change: Change) -> Change {
    Change {
        impact: Impact::Told,
        ..change
    }
}

/// Sources that were added, removed or read.
pub(super) fn sources(old: &[Source], new: &[Source]) -> Vec<Change> {
    let name = |source: &Source| format!("{}, {}", source.title, source.reference);
    let text = |source: &Source| {
        let verified = if source.verified {
            "verified"
        } else {
            "not verified"
        };
        let url = source
            .url
            .as_ref()
            .map(|url| format!(", {url}"))
            .unwrap_or_default();
        format!("{verified}{url}")
    };
    let names: BTreeSet<String> = old.iter().chain(new).map(name).collect();
    let mut changes = Vec::new();
    for wanted in names {
        let find = |sources: &[Source]| sources.iter().find(|s| name(s) == wanted).map(text);
        let (from, to) = (find(old), find(new));
        if from != to {
            changes.push(Change::words(format!("source {wanted}"), from, to));
        }
    }
    changes
}
