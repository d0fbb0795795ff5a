//! The report as one JSON object, form `weft.minimisation/1`.

use std::collections::BTreeSet;

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use serde_json::json;
use weft_audit::Sight;
use weft_engine::sets::Act;

use super::Report;
use super::rows::{self, Row};
use super::totals::Sum;
use crate::exit::Failed;

const FORM: &str = "weft.minimisation/1";

#[derive(Serialize)]
struct Line<'a> {
    index: u64,
    leaf_hash: String,
    id: &'a str,
    at: &'a str,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
    reader: Reader<'a>,
    purpose: &'a str,
    policy: &'a str,
    policy_version: &'a str,
    policy_set: &'a str,
    legal_basis: &'a [Act],
    requested: BTreeSet<&'a str>,
    allowed: BTreeSet<&'a str>,
    #[serde(flatten)]
    sight: &'a Sight,
}

#[derive(Serialize)]
struct Reader<'a> {
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    caller: &'a str,
    version: &'a str,
}

impl<'a> Reader<'a> {
    fn of(reader: &'a rows::Reader) -> Reader<'a> {
        Reader {
            kind: reader.kind(),
            name: reader.name(),
            caller: reader.caller(),
            version: reader.version(),
        }
    }
}

#[derive(Serialize)]
struct Total<'a> {
    reader: Reader<'a>,
    purpose: &'a str,
    #[serde(flatten)]
    sum: &'a Sum,
}

pub(super) fn render(report: &Report<'_>) -> Result<String, Failed> {
    let totals = report.totals.by_reader.iter();
    let totals = totals.map(|((reader, purpose), sum)| Total {
        reader: Reader::of(reader),
        purpose,
        sum,
    });
    let checkpoint = report.log.checkpoint.as_ref();
    let text = serde_json::to_string_pretty(&json!({
        "form": FORM,
        "from": report.args.from.map(|at| at.to_string()),
        "to": report.args.to.map(|at| at.to_string()),
        "cases": report.args.case,
        "log": {
            "records": report.log.records,
            "checkpoint": checkpoint.map(|head| json!({
                "origin": head.origin,
                "size": head.size,
                "root": BASE64.encode(&head.root),
            })),
        },
        "decisions": report.decisions,
        "requests_for_values": report.values,
        "readings": report.readings,
        "untold": report.untold,
        "gaps": report.gaps,
        "totals": { "all": report.totals.all, "readers": totals.collect::<Vec<_>>() },
        "rows": report.rows.iter().map(line).collect::<Vec<_>>(),
    }))?;
    Ok(text + "\n")
}

fn line(Row { place, shown }: &Row) -> Line<'_> {
    Line {
        index: place.index,
        leaf_hash: HEXLOWER.encode(&place.leaf),
        id: &place.id,
        at: &place.at,
        operation: &place.operation,
        payment: place.payment.as_deref(),
        case: place.case.as_deref(),
        reader: Reader::of(&shown.reader),
        purpose: &shown.purpose,
        policy: &shown.policy,
        policy_version: &shown.version,
        policy_set: &shown.policy_set,
        legal_basis: &shown.basis.0,
        requested: shown.requested(),
        allowed: shown.allowed(),
        sight: &shown.sight,
    }
}
