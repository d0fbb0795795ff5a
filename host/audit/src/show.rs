//! Records for a person: `weft audit query`.
//!
//! Reads the journal only, so it works beside a running host and when the store is damaged.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

use data_encoding::HEXLOWER;
use weft_verdict::{Obligation, Reason};

use crate::canonical;
use crate::error::ReadError;
use crate::files::Files;
use crate::filter::Filter;
use crate::merkle::{self, Hash};
use crate::plain;
use crate::record::{
    DecisionRecord, DroppedRecord, EventRecord, FindingRecord, OutcomeRecord, PluginRecord, Record,
};

/// A record as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its index.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
    /// Its bytes: canonical JSON, of which the hash is.
    pub bytes: Vec<u8>,
    /// What it says.
    pub record: Record,
}

impl Entry {
    /// As one JSON object: index, leaf hash in hexadecimal, and the record byte for byte.
    pub fn json(&self) -> Vec<u8> {
        let leaf_hash = HEXLOWER.encode(&self.leaf_hash);
        let head = format!(
            r#"{{"index":{},"leaf_hash":"{leaf_hash}","record":"#,
            self.index
        );
        [head.as_bytes(), &self.bytes, b"}"].concat()
    }
}

/// The records of the log in `dir` that `filter` takes, oldest first. Bytes that are no record are passed over: to
/// find them is [`crate::verify()`]'s business.
pub fn show(dir: &Path, filter: &Filter) -> Result<Vec<Entry>, ReadError> {
    let files = Files::of(dir);
    let last = filter.last.unwrap_or(usize::MAX);
    let mut found = VecDeque::new();
    weft_journal::inspect(&files.log, |index, bytes, _, _| {
        let Ok(record) = canonical::from_bytes(bytes) else {
            return;
        };
        if !filter.takes(&record) || last == 0 {
            return;
        }
        if found.len() == last {
            found.pop_front();
        }
        found.push_back(Entry {
            index,
            leaf_hash: merkle::leaf_hash(bytes),
            bytes: bytes.to_vec(),
            record,
        });
    })
    .map_err(|source| match source.kind() {
        ErrorKind::NotFound => ReadError::NoRecords { path: files.log },
        _ => ReadError::Io {
            path: files.log,
            source,
        },
    })?;
    Ok(found.into())
}

/// An entry as Markdown. What comes from the record is text in it, on one line: no value can be taken for a part of the
/// page.
pub fn render(entry: &Entry) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = match &entry.record {
        Record::Decision(decision) => render_decision(&mut out, entry, decision),
        Record::Event(event) => render_event(&mut out, entry, event),
    };
    out
}

fn render_event(out: &mut String, entry: &Entry, event: &EventRecord) -> std::fmt::Result {
    writeln!(
        out,
        "## Record {}: {}\n",
        entry.index,
        plain::text(&event.event)
    )?;
    writeln!(out, "- at: {}", event.at)?;
    for (name, value) in &event.detail {
        writeln!(out, "- {}: {}", plain::text(name), plain::value(value))?;
    }
    writeln!(out, "- leaf hash: `{}`", HEXLOWER.encode(&entry.leaf_hash))
}

fn render_decision(out: &mut String, entry: &Entry, decision: &DecisionRecord) -> std::fmt::Result {
    writeln!(
        out,
        "## Record {}: {} {}\n",
        entry.index,
        plain::text(&decision.operation),
        decision.outcome.verdict.as_str()
    )?;
    writeln!(out, "- decision: {}", plain::code(&decision.decision))?;
    writeln!(out, "- at: {}", decision.at)?;
    for (name, value) in [
        ("transaction", &decision.transaction),
        ("case", &decision.case),
        ("session", &decision.session),
        ("follows decision", &decision.previous),
        ("feature snapshot", &decision.feature_snapshot),
    ] {
        if let Some(value) = value {
            writeln!(out, "- {name}: {}", plain::code(value))?;
        }
    }
    writeln!(
        out,
        "- asked by: {} ({})",
        plain::text(&decision.caller.id),
        plain::text(&decision.caller.role)
    )?;
    writeln!(
        out,
        "- where: region {}, tenant {}",
        plain::text(&decision.region),
        plain::text(&decision.tenant)
    )?;
    writeln!(out, "- policy set: {}", plain::code(&decision.policy_set))?;
    writeln!(out, "- leaf hash: `{}`", HEXLOWER.encode(&entry.leaf_hash))?;
    render_outcome(out, &decision.outcome)?;
    if let Some(follow) = &decision.follow {
        writeln!(
            out,
            "- what follows for the payment: {}",
            plain::value(follow)
        )?;
    }
    render_findings(out, &decision.findings)?;
    writeln!(out, "\n### Facts\n")?;
    for (name, value) in &decision.facts {
        writeln!(out, "- {}: {}", plain::text(name), plain::value(value))?;
    }
    if decision.sealed.is_some() {
        writeln!(out, "- personal facts: sealed")?;
    }
    for (name, commitment) in &decision.commitments {
        writeln!(
            out,
            "- {}: committed to as {}",
            plain::text(name),
            plain::code(commitment)
        )?;
    }
    match &decision.dropped {
        Some(dropped) => render_dropped(out, dropped),
        None => Ok(()),
    }
}

fn render_dropped(out: &mut String, dropped: &DroppedRecord) -> std::fmt::Result {
    writeln!(out, "\n### Not kept of the request: {}\n", dropped.count)?;
    for place in &dropped.places {
        let near = place.near.as_ref();
        let near = near.map_or(String::new(), |n| format!(", near {}", plain::text(n)));
        let (pointer, why) = (plain::code(&place.pointer), plain::text(&place.why));
        writeln!(out, "- {pointer}: {why}{near}")?;
    }
    Ok(())
}

fn render_outcome(out: &mut String, outcome: &OutcomeRecord) -> std::fmt::Result {
    if let Some(risk) = outcome.risk {
        writeln!(out, "- risk: {risk} of 1000")?;
    }
    for reason in &outcome.reasons {
        writeln!(out, "- reason: {}", reason_text(reason))?;
    }
    for obligation in &outcome.obligations {
        writeln!(out, "- obligation: {}", obligation_text(obligation))?;
    }
    Ok(())
}

fn render_findings(out: &mut String, findings: &[FindingRecord]) -> std::fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Findings\n")?;
    writeln!(
        out,
        "| stage | policy | version | verdict | counts | why | obligations | by |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for one in findings {
        let by = one.plugin.as_ref().map_or("rules".to_owned(), plugin_text);
        let obligations: Vec<String> = one
            .finding
            .obligations
            .iter()
            .map(obligation_text)
            .collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {by} |",
            plain::text(&one.stage),
            plain::text(&one.policy),
            plain::code(&one.version),
            one.finding.verdict.as_str(),
            if one.enforced { "yes" } else { "no, in shadow" },
            why(one).join("; "),
            obligations.join("; ")
        )?;
    }
    Ok(())
}

/// What a finding rests on.
fn why(one: &FindingRecord) -> Vec<String> {
    let mut why: Vec<String> = one.finding.reasons.iter().map(reason_text).collect();
    let fired = one.fired.iter();
    why.extend(fired.map(|rule| format!("rule {}", plain::text(rule))));
    let missing = one.missing.iter();
    why.extend(missing.map(|field| format!("missing {}", plain::text(field))));
    if let Some(failure) = &one.failure {
        let detail = plain::text(&failure.detail);
        why.push(format!("failed ({}): {detail}", failure.kind.as_str()));
        let frames = failure.frames.iter();
        why.extend(frames.map(|frame| format!("in {}", plain::text(frame))));
    }
    if let Some(verdict) = one.discharged {
        let verdict = verdict.as_str();
        why.push(format!("was {verdict} before the customer's evidence"));
    }
    why
}

fn reason_text(reason: &Reason) -> String {
    let code = plain::text(&reason.code);
    if reason.fields.is_empty() {
        return code;
    }
    format!(
        "{code} (rests on {})",
        plain::text(&reason.fields.join(", "))
    )
}

fn obligation_text(obligation: &Obligation) -> String {
    let kind = obligation.kind.as_str();
    if obligation.arguments.is_empty() {
        return kind.to_owned();
    }
    let arguments = obligation.arguments.iter();
    let arguments: Vec<String> = arguments
        .map(|(name, value)| format!("{} {}", plain::text(name), plain::text(value)))
        .collect();
    format!("{kind} ({})", arguments.join(", "))
}

fn plugin_text(plugin: &PluginRecord) -> String {
    format!(
        "{} {}, fuel {}, {} µs",
        plain::text(&plugin.name),
        plain::text(&plugin.version),
        plugin.fuel,
        plugin.elapsed_us
    )
}
