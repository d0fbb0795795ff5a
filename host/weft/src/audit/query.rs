//! `weft audit query`: records that meet conditions.

use clap::Args;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use weft_audit::{Entry, Filter, Record};
use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use super::log_of;
use crate::exit::Failed;
use crate::output;
use crate::places::Places;
use crate::policy::instant;

/// Print records of the audit log, oldest first.
///
/// Those that meet all conditions; without one, all. Reads the journal, not the queryable store, so it works beside a
/// running host and where the store is damaged. A host answers the same to regulators over HTTP, at `/v1/log/records`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  weft audit query --data weft-data --last 20\n  weft audit query --data weft-data --caller ana --verdict hold --csv > held.csv"
)]
pub(crate) struct Query {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    which: Which,
    /// Only the newest so many.
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// One JSON object a line, with index, leaf hash and the record byte for byte, instead of Markdown.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// CSV (RFC 4180), a line a record: what happened, without findings and facts.
    #[arg(long)]
    csv: bool,
}

/// Conditions on records.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Conditions")]
pub(crate) struct Which {
    /// Only this decision, or request for a value or in an emergency.
    #[arg(long, value_name = "ID")]
    decision: Option<String>,
    /// Only decisions and requests about this payment.
    #[arg(long, value_name = "ID")]
    payment: Option<String>,
    /// Only decisions and requests that belong to this case.
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// Only decisions about this account or card, by its token.
    #[arg(long, value_name = "TOKEN")]
    account: Option<String>,
    /// Only what this caller asked for: an agent, a service, an operator.
    #[arg(long, value_name = "ID")]
    caller: Option<String>,
    /// Only decisions in which this plugin was asked.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Only decisions in which this policy said something.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Only decisions with this verdict.
    #[arg(long, value_parser = verdict)]
    verdict: Option<Verdict>,
    /// Only decisions about this operation, or events with this name.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only decisions of this region.
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Only from this instant on (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only before this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
}

fn verdict(text: &str) -> Result<Verdict, String> {
    let text: StrDeserializer<'_, Error> = text.into_deserializer();
    let none = |_| "no verdict; there are abstain, allow, flag, challenge, hold, deny".to_owned();
    Verdict::deserialize(text).map_err(none)
}

impl Which {
    pub(crate) fn filter(self) -> Filter {
        Filter {
            decision: self.decision,
            transaction: self.payment,
            case: self.case,
            account: self.account,
            by: self.caller,
            plugin: self.plugin,
            policy: self.policy,
            verdict: self.verdict,
            what: self.operation,
            region: self.region,
            from: self.from,
            to: self.to,
            last: None,
        }
    }
}

impl Query {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let dir = log_of(&self.places.settings()?.engine.data_dir)?;
        let filter = Filter {
            last: self.last,
            ..self.which.filter()
        };
        let entries = weft_audit::show(&dir, &filter)?;
        if entries.is_empty() {
            output::step("no record is like that");
        }
        if self.csv {
            output::bytes(&csv(&entries)?);
            return Ok(());
        }
        for entry in &entries {
            if self.json {
                output::bytes(&[&entry.json()[..], b"\n"].concat());
            } else {
                output::line(&weft_audit::render(entry));
            }
        }
        Ok(())
    }
}

fn csv(entries: &[Entry]) -> Result<Vec<u8>, Failed> {
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
    for entry in entries {
        let leaf_hash = data_encoding::HEXLOWER.encode(&entry.leaf_hash);
        let (index, at) = (entry.index.to_string(), entry.record.at().to_string());
        let cells = match &entry.record {
            Record::Decision(decision) => {
                let outcome = &decision.outcome;
                let reasons: Vec<&str> = outcome.reasons.iter().map(|r| r.code.as_str()).collect();
                [
                    index,
                    at,
                    decision.operation.clone(),
                    outcome.verdict.as_str().to_owned(),
                    outcome.risk.map_or(String::new(), |risk| risk.to_string()),
                    decision.decision.clone(),
                    decision.transaction.clone().unwrap_or_default(),
                    decision.case.clone().unwrap_or_default(),
                    decision.caller.id.clone(),
                    decision.caller.role.clone(),
                    reasons.join(" "),
                    decision.policy_set.clone(),
                    leaf_hash,
                ]
            }
            Record::Event(event) => {
                let said = |name: &str| {
                    let said = event.detail.get(name).and_then(|said| said.as_str());
                    said.unwrap_or_default().to_owned()
                };
                let none = String::new;
                [
                    index,
                    at,
                    event.event.clone(),
                    none(),
                    none(),
                    said("id"),
                    said("transaction"),
                    said("case"),
                    said("by"),
                    said("role"),
                    said("why"),
                    said("policy_set"),
                    leaf_hash,
                ]
            }
        };
        out.write_record(cells.iter().map(|cell| output::harmless(cell)))?;
    }
    Ok(out.into_inner().map_err(|error| error.into_error())?)
}
