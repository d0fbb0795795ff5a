//! `weft report minimisation`: what each reader asked for, got and did not get.
//!
//! Made from the audit log alone, which is verified first. Names of fields are in it, never a value.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use weft_audit::Report as Verified;
use weft_dictionary::Timestamp;

use super::verified;
use crate::audit::log_of;
use crate::exit::Failed;
use crate::output;
use crate::policy::instant;

mod basis;
mod csv;
mod gather;
mod html;
mod json;
mod rows;
mod totals;

use rows::Row;
use totals::Totals;

/// Tell for each case and reader which fields were requested, allowed, disclosed and withheld.
///
/// For every decision and every plugin that was asked: the fields that its manifest requests, those that the policy
/// allows, those that it got and with which treatment, those that it did not get and why; under which purpose, version of
/// the policy and legal basis; and where the record of it stands in the audit log. The same for every person in support
/// to whom a decision showed something or who read one again, for customers whose message named facts, and for who asked for a
/// value of the vault. Rules in policy files are evaluated by
/// the host itself, so nothing is disclosed to them.
///
/// The log is verified before anything is told of it, and works beside a running host. Names of fields are in the report,
/// never a value. To check a row: `weft audit query --decision ID --json` prints its record with index and leaf hash.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  weft report minimisation --data weft-data --from 2026-11-01T00:00:00Z --out november.html\n  weft report minimisation --data weft-data --case case-7 --format json"
)]
pub(crate) struct MinimisationArgs {
    /// The host's directory.
    #[arg(long, value_name = "DIR", default_value = "weft-data")]
    data: PathBuf,
    /// Only decisions from this instant on (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only decisions before this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
    /// Only decisions that belong to this case; may be given several times.
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// The verifier key that you trust, as a file. Without it the one beside the log is used.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The form. HTML puts what is alike together; CSV and JSON have a row for each decision and reader.
    #[arg(long, default_value = "html")]
    format: Form,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One HTML document without scripts, which also prints well.
    Html,
    /// A line for each decision and reader.
    Csv,
    /// One JSON object.
    Json,
}

/// All that is told.
struct Report<'a> {
    args: &'a MinimisationArgs,
    log: Verified,
    rows: Vec<Row>,
    totals: Totals,
    /// Decisions in the time and case that was asked for.
    decisions: u64,
    /// Requests for a value of the vault, likewise.
    values: u64,
    /// Decisions that support read again, likewise.
    readings: u64,
    /// Evaluations of plugins of which the record does not say what became of their needs.
    untold: u64,
    /// What cannot be told, in words.
    gaps: Vec<String>,
}

pub(crate) fn run(args: &MinimisationArgs) -> Result<(), Failed> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        return Err(Failed::because(format!(
            "no decision can be from {from} on and before {to}; give a --to that is after --from"
        )));
    }
    let dir = log_of(&args.data)?;
    let report = gather::from_log(args, verified(&dir, args.key.as_deref())?, &dir)?;
    let text = match args.format {
        Form::Html => html::render(&report),
        Form::Csv => csv::render(&report)?,
        Form::Json => json::render(&report)?,
    };
    match &args.out {
        None => output::bytes(text.as_bytes()),
        Some(file) => {
            std::fs::write(file, &text)
                .map_err(|error| Failed::because(format!("{}: {error}", file.display())))?;
            output::step(&format!("wrote {}: {}", file.display(), report.extent()));
        }
    }
    for gap in &report.gaps {
        output::step(&format!("the report has a gap: {gap}"));
    }
    if report.decisions + report.values + report.readings == 0 {
        output::error("there is no such decision in the log, so the report is empty");
        return Err(Failed::Said);
    }
    Ok(())
}

/// The report about some cases, as HTML and as CSV, and what it does not tell.
pub(crate) fn of_cases(
    data: &Path,
    cases: &[String],
    key: Option<PathBuf>,
) -> Result<(String, String, Vec<String>), Failed> {
    let args = MinimisationArgs {
        data: data.to_owned(),
        from: None,
        to: None,
        case: cases.to_vec(),
        key,
        format: Form::Html,
        out: None,
    };
    let dir = log_of(data)?;
    let report = gather::from_log(&args, verified(&dir, args.key.as_deref())?, &dir)?;
    Ok((html::render(&report), csv::render(&report)?, report.gaps))
}

/// A report about a log that is not as it was written would say what nobody can check.
impl Report<'_> {
    /// How much it is about.
    fn extent(&self) -> String {
        format!(
            "{}, {} for a value of the vault; readers were shown something, or asked for it, {}",
            output::counted_u64(self.decisions, "decision"),
            output::counted_u64(self.values, "request"),
            output::counted(self.rows.len(), "time"),
        )
    }
}
