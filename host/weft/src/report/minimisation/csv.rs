//! The report as CSV (RFC 4180): a line for each row.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;

use super::Report;
use super::rows::Row;
use crate::exit::Failed;
use crate::output::harmless;

const COLUMNS: [&str; 20] = [
    "index",
    "leaf_hash",
    "id",
    "at",
    "operation",
    "payment",
    "case",
    "reader_kind",
    "reader",
    "reader_caller",
    "reader_version",
    "purpose",
    "policy",
    "policy_version",
    "policy_set",
    "legal_basis",
    "requested",
    "allowed",
    "disclosed",
    "withheld_or_missing",
];

pub(super) fn render(report: &Report<'_>) -> Result<String, Failed> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS)?;
    for row in &report.rows {
        out.write_record(line(row))?;
    }
    let bytes = out
        .into_inner()
        .map_err(|error| Failed::because(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(Row { place, shown }: &Row) -> [String; COLUMNS.len()] {
    let mut rest = shown.sight.withheld.clone();
    if !shown.sight.missing.is_empty() {
        rest.insert("missing".to_owned(), shown.sight.missing.clone());
    }
    [
        place.index.to_string(),
        HEXLOWER.encode(&place.leaf),
        place.id.clone(),
        place.at.clone(),
        place.operation.clone(),
        harmless(place.payment.as_deref().unwrap_or_default()),
        harmless(place.case.as_deref().unwrap_or_default()),
        shown.reader.kind().to_owned(),
        shown.reader.name().to_owned(),
        harmless(shown.reader.caller()),
        shown.reader.version().to_owned(),
        shown.purpose.clone(),
        shown.policy.clone(),
        shown.version.clone(),
        shown.policy_set.clone(),
        harmless(&shown.basis.text()),
        words(&shown.requested()),
        words(&shown.allowed()),
        grouped(&shown.sight.disclosed),
        grouped(&rest),
    ]
}

fn words(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(" ")
}

/// `clear: a b; token: c`.
fn grouped(by: &BTreeMap<String, Vec<String>>) -> String {
    let one = |(word, fields): (&String, &Vec<String>)| format!("{word}: {}", fields.join(" "));
    by.iter().map(one).collect::<Vec<_>>().join("; ")
}
