//! Records as a table: a line each, what happened, without findings and facts.

use maud::html;
use weft_audit::{Entry, Record};
use weft_verdict::Verdict;

use crate::document::{Width, document};
use crate::exit::Failed;
use crate::output;

/// One record.
#[derive(Default)]
struct Row {
    index: u64,
    at: String,
    /// The operation or event.
    what: String,
    verdict: Option<Verdict>,
    risk: Option<u16>,
    decision: String,
    payment: String,
    case: String,
    caller: String,
    role: String,
    reasons: String,
    policy_set: String,
    leaf_hash: String,
}

impl Row {
    fn of(entry: &Entry) -> Row {
        let row = Row {
            index: entry.index,
            at: entry.record.at().to_string(),
            leaf_hash: data_encoding::HEXLOWER.encode(&entry.leaf_hash),
            ..Row::default()
        };
        match &entry.record {
            Record::Decision(decision) => {
                let outcome = &decision.outcome;
                let reasons: Vec<&str> = outcome.reasons.iter().map(|r| r.code.as_str()).collect();
                Row {
                    what: decision.operation.clone(),
                    verdict: Some(outcome.verdict),
                    risk: outcome.risk,
                    decision: decision.decision.clone(),
                    payment: decision.transaction.clone().unwrap_or_default(),
                    case: decision.case.clone().unwrap_or_default(),
                    caller: decision.caller.id.clone(),
                    role: decision.caller.role.clone(),
                    reasons: reasons.join(" "),
                    policy_set: decision.policy_set.clone(),
                    ..row
                }
            }
            Record::Event(event) => {
                let said = |name: &str| {
                    let said = event.detail.get(name).and_then(|said| said.as_str());
                    said.unwrap_or_default().to_owned()
                };
                Row {
                    what: event.event.clone(),
                    decision: said("id"),
                    payment: said("transaction"),
                    case: said("case"),
                    caller: said("by"),
                    role: said("role"),
                    reasons: said("why"),
                    policy_set: said("policy_set"),
                    ..row
                }
            }
        }
    }

    fn verdict(&self) -> &'static str {
        self.verdict.map_or("", Verdict::as_str)
    }

    fn risk(&self) -> String {
        self.risk.map_or(String::new(), |risk| risk.to_string())
    }
}

/// CSV (RFC 4180).
pub(super) fn csv(entries: &[Entry]) -> Result<Vec<u8>, Failed> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "index",
        "at",
        "what",
        "verdict",
        "risk",
        "decision",
        "payment",
        "case",
        "caller",
        "role",
        "reasons",
        "policy_set",
        "leaf_hash",
    ])?;
    for row in entries.iter().map(Row::of) {
        let (verdict, risk) = (row.verdict().to_owned(), row.risk());
        let cells = [
            row.index.to_string(),
            row.at,
            row.what,
            verdict,
            risk,
            row.decision,
            row.payment,
            row.case,
            row.caller,
            row.role,
            row.reasons,
            row.policy_set,
            row.leaf_hash,
        ];
        out.write_record(cells.iter().map(|cell| output::harmless(cell)))?;
    }
    Ok(out.into_inner().map_err(|error| error.into_error())?)
}

/// A page for people; `asked` says which records, in words.
pub(super) fn page(entries: &[Entry], asked: &str) -> String {
    let count = output::counted(entries.len(), "record");
    let parts = html! {
        h1 { "Records of the audit log" }
        p.lead { (count) ": " (asked) "." }
        p.soft {
            "A line is one record, oldest first. That the log is sound is what "
            code { "weft audit verify" }
            " says; the hash of a record is its leaf in the log's tree (RFC 6962)."
        }
        table.compact {
            thead {
                tr {
                    th.number { "record" }
                    th { "at" }
                    th { "what" }
                    th { "verdict" }
                    th.number { "risk" }
                    th { "payment, case" }
                    th { "asked by" }
                    th { "why" }
                    th { "decision, hash" }
                }
            }
            tbody {
                @for row in entries.iter().map(Row::of) {
                    tr.soft[row.verdict.is_none()] {
                        td.number { (row.index) }
                        td.place { (row.at) }
                        td { bdi { (row.what) } }
                        td { @if row.verdict.is_some() { span class={ "tag " (row.verdict()) } { (row.verdict()) } } }
                        td.number { (row.risk()) }
                        td {
                            bdi { (row.payment) }
                            @if !row.case.is_empty() { p.soft { "case " bdi { (row.case) } } }
                        }
                        td { bdi { (row.caller) } @if !row.role.is_empty() { p.soft { (row.role) } } }
                        td { bdi { (row.reasons) } }
                        td { code { (row.decision) } p.soft { code { (row.leaf_hash.get(..16).unwrap_or_default()) "…" } } }
                    }
                }
            }
        }
    };
    document("Records of the audit log", Width::Tables, &parts)
}
