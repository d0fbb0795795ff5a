//! `weft report operations`: how payments and assistance go, by the same definitions every time.
//!
//! Made from the audit log alone, which is verified first; no value of anybody is in it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weft_dictionary::Timestamp;

use super::verified;
use crate::audit::log_of;
use crate::exit::Failed;
use crate::output;
use crate::policy::instant;

mod gather;
mod html;
mod numbers;
mod retention;
mod statistics;
mod text;

use numbers::Numbers;

/// Tell how payments and assistance went: success, false positives, time to resolution, disputes, retention.
///
/// Counted are payments that were first decided, requests that were made, and cases that were resolved within the time; what
/// came after its end is not looked at, so the report about a time is the same whenever it is made.
///
/// What a payment was is said by what followed. Fraudulent: it was recalled, or disputed and given back. Legitimate: the
/// customer proved that they were the payer, and it was neither. Of all others nobody knows.
///
/// The log is verified before anything is told of it, and works beside a running host.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  weft report operations --data weft-data\n  weft report operations --data weft-data --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --format html --out november.html"
)]
pub(crate) struct OperationsArgs {
    /// The host's directory.
    #[arg(long, value_name = "DIR", default_value = "weft-data")]
    data: PathBuf,
    /// Only what happened from this instant on (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only what happened before this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
    /// The verifier key that you trust, as a file. Without it the one beside the log is used.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The form.
    #[arg(long, default_value = "text")]
    format: Form,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Text,
    /// One JSON object, form `weft.operations/1`.
    Json,
    /// One HTML document without scripts, which also prints well.
    Html,
}

pub(crate) fn run(args: &OperationsArgs) -> Result<(), Failed> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        return Err(Failed::because(format!(
            "nothing can be from {from} on and before {to}; give a --to that is after --from"
        )));
    }
    let dir = log_of(&args.data)?;
    let log = verified(&dir, args.key.as_deref())?;
    let (gathered, damage) = gather::from_log(&dir, log.records, args.from, args.to)?;
    let numbers = Numbers::of(&gathered);
    let told = match args.format {
        Form::Text => text::render(&numbers),
        Form::Json => serde_json::to_string_pretty(&numbers)? + "\n",
        Form::Html => html::render(&numbers),
    };
    match &args.out {
        None => output::bytes(told.as_bytes()),
        Some(file) => {
            std::fs::write(file, &told)
                .map_err(|error| Failed::because(format!("{}: {error}", file.display())))?;
            output::step(&format!(
                "wrote {}: {} and {} for assistance",
                file.display(),
                output::counted_u64(numbers.payments.decided, "payment"),
                output::counted_u64(numbers.assistance.requests, "request")
            ));
        }
    }
    for damage in damage {
        output::step(&format!("the report has a gap: {damage}"));
    }
    if numbers.payments.decided + numbers.assistance.requests == 0 {
        output::error("the log has no decision of that time, so the report is empty");
        return Err(Failed::Said);
    }
    Ok(())
}
