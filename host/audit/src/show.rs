//! Records for a person: `weft audit show`.
//!
//! Reads the journal only, so it works beside a running host and when the store is damaged.

use std::collections::VecDeque;
use std::fmt::Write;
use std::path::Path;

use data_encoding::HEXLOWER;

use crate::canonical;
use crate::error::ReadError;
use crate::files::Files;
use crate::merkle::{self, Hash};
use crate::record::{DecisionRecord, EventRecord, FindingRecord, Record};

/// Which records; all that is told must hold. With nothing told: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The decision with this id.
    pub decision: Option<String>,
    /// Decisions about this transaction.
    pub transaction: Option<String>,
    /// Decisions that belong to this case.
    pub case: Option<String>,
    /// Only the newest so many.
    pub last: Option<usize>,
}

impl Filter {
    fn takes(&self, record: &Record) -> bool {
        let decision = record.decision();
        let is = |wanted: &Option<String>, of: fn(&DecisionRecord) -> Option<&String>| match wanted
        {
            None => true,
            Some(wanted) => decision.and_then(of) == Some(wanted),
        };
        is(&self.decision, |d| Some(&d.decision))
            && is(&self.transaction, |d| d.transaction.as_ref())
            && is(&self.case, |d| d.case.as_ref())
    }
}

/// A record as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its index.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
    /// What it says.
    pub record: Record,
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
            record,
        });
    })
    .map_err(|source| ReadError::Io {
        path: files.log,
        source,
    })?;
    Ok(found.into())
}

/// An entry as Markdown.
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
    writeln!(out, "## Record {}: {}\n", entry.index, event.event)?;
    writeln!(out, "- at: {}", event.at)?;
    for (name, value) in &event.detail {
        writeln!(out, "- {name}: {}", plain(value))?;
    }
    writeln!(out, "- leaf hash: `{}`", HEXLOWER.encode(&entry.leaf_hash))
}

fn render_decision(out: &mut String, entry: &Entry, decision: &DecisionRecord) -> std::fmt::Result {
    let outcome = &decision.outcome;
    writeln!(
        out,
        "## Record {}: {} {}\n",
        entry.index,
        decision.operation,
        outcome.verdict.as_str()
    )?;
    writeln!(out, "- decision: `{}`", decision.decision)?;
    writeln!(out, "- at: {}", decision.at)?;
    for (name, value) in [
        ("transaction", &decision.transaction),
        ("case", &decision.case),
        ("session", &decision.session),
        ("follows decision", &decision.previous),
        ("feature snapshot", &decision.feature_snapshot),
    ] {
        if let Some(value) = value {
            writeln!(out, "- {name}: `{value}`")?;
        }
    }
    writeln!(
        out,
        "- asked by: {} ({})",
        decision.caller.id, decision.caller.role
    )?;
    writeln!(
        out,
        "- where: region {}, tenant {}",
        decision.region, decision.tenant
    )?;
    writeln!(out, "- policy set: `{}`", decision.policy_set)?;
    writeln!(out, "- leaf hash: `{}`", HEXLOWER.encode(&entry.leaf_hash))?;
    if let Some(risk) = outcome.risk {
        writeln!(out, "- risk: {risk} of 1000")?;
    }
    if !outcome.reasons.is_empty() {
        let codes: Vec<&str> = outcome.reasons.iter().map(|r| r.code.as_str()).collect();
        writeln!(out, "- reasons: {}", codes.join(", "))?;
    }
    if !outcome.obligations.is_empty() {
        let kinds: Vec<&str> = outcome
            .obligations
            .iter()
            .map(|o| o.kind.as_str())
            .collect();
        writeln!(out, "- obligations: {}", kinds.join(", "))?;
    }
    render_findings(out, &decision.findings)?;
    writeln!(out, "\n### Facts\n")?;
    for (name, value) in &decision.facts {
        writeln!(out, "- {name}: {}", plain(value))?;
    }
    if decision.sealed.is_some() {
        writeln!(out, "- personal facts: sealed")?;
    }
    Ok(())
}

fn render_findings(out: &mut String, findings: &[FindingRecord]) -> std::fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Findings\n")?;
    writeln!(out, "| stage | policy | verdict | why | by |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for one in findings {
        let mut why: Vec<String> = one.finding.reasons.iter().map(|r| r.code.clone()).collect();
        why.extend(one.missing.iter().map(|field| format!("missing {field}")));
        why.extend(
            one.failure
                .iter()
                .map(|f| format!("failed: {}", f.kind.as_str())),
        );
        why.extend(
            one.discharged
                .iter()
                .map(|v| format!("was {} before the evidence", v.as_str())),
        );
        if !one.enforced {
            why.push("in shadow, does not count".to_owned());
        }
        let by = match &one.plugin {
            Some(p) => format!(
                "{} {}, fuel {}, {} µs",
                p.name, p.version, p.fuel, p.elapsed_us
            ),
            None => "rules".to_owned(),
        };
        let verdict = one.finding.verdict.as_str();
        writeln!(
            out,
            "| {} | {} | {verdict} | {} | {by} |",
            one.stage,
            one.policy,
            why.join("; ")
        )?;
    }
    Ok(())
}

/// A value on one line: control characters stay escaped.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) if !text.chars().any(char::is_control) => text.clone(),
        other => other.to_string(),
    }
}
