//! Past decisions, evaluated again: as they were taken (`weft audit replay`), or with another policy set (`weft policy replay`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use weft_dictionary::Timestamp;
use weft_engine::replay::report::{Item, ReplayReport, What};
use weft_engine::replay::{Listener, Replay, With, replay};

use crate::exit::Failed;
use crate::output;
use crate::policy::instant;

mod page;
mod text;

/// Which decisions, and how it is told what comes of them.
#[derive(Args)]
pub(crate) struct Which {
    /// The host's directory.
    #[arg(long, value_name = "DIR", default_value = "weft-data")]
    data: PathBuf,
    /// Only decisions from this instant on (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only decisions before this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
    /// Name every decision that differs, changes or is left out, and not only the first of them.
    #[arg(long)]
    list: bool,
    /// The form. CSV has one line for each decision that differs, changes or is left out.
    #[arg(long, default_value = "text")]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// A line for each decision that differs, changes or is left out.
    Csv,
    /// One HTML document without scripts, which also prints well.
    Html,
}

/// Evaluates them, these alone if any is named, and tells what came of it.
pub(crate) fn run(which: &Which, decisions: &[String], with: With) -> Result<(), Failed> {
    if let (Some(since), Some(until)) = (which.since, which.until)
        && since > until
    {
        return Err(Failed::because(format!(
            "--since {since} is after --until {until}, so no decision can be between them; exchange the two"
        )));
    }
    let what = Replay {
        data_dir: which.data.clone(),
        since: which.since,
        until: which.until,
        only: decisions.iter().cloned().collect(),
        with,
    };
    let mut teller = Teller {
        bar: progress(),
        list: which.list && which.format == Form::Text,
        csv: which.format == Form::Csv,
    };
    if teller.csv {
        output::line("decision,at,operation,what,from,to,amount,currency,detail");
    }
    let report = replay(&what, &mut teller)?;
    teller.bar.finish_and_clear();
    match which.format {
        Form::Text => text::tell(&report, which.list),
        Form::Json => output::line(&serde_json::to_string_pretty(&report)?),
        Form::Csv => {}
        Form::Html => output::bytes(page::render(&report).as_bytes()),
    }
    ended(&report)
}

/// What comes of some decisions with the sets that they were taken with, and the same as an HTML document.
pub(crate) fn of_decisions(
    data: &Path,
    only: BTreeSet<String>,
) -> Result<(ReplayReport, String), Failed> {
    let what = Replay {
        data_dir: data.to_owned(),
        since: None,
        until: None,
        only,
        with: With::Recorded,
    };
    let mut teller = Teller {
        bar: ProgressBar::hidden(),
        list: false,
        csv: false,
    };
    let report = replay(&what, &mut teller)?;
    let page = page::render(&report);
    Ok((report, page))
}

/// The status: a difference where none may be, a log that was not read whole, and nothing to evaluate are no success.
fn ended(report: &ReplayReport) -> Result<(), Failed> {
    if !report.has_decisions() {
        output::error(no_decision(report));
        return Err(Failed::Said);
    }
    if report.change.is_none() && !report.is_as_recorded() || !report.is_whole() {
        return Err(Failed::Said);
    }
    Ok(())
}

/// What a report says of a time without decisions.
fn no_decision(report: &ReplayReport) -> &'static str {
    if report.since.is_some() || report.until.is_some() {
        "no decision in this range; `weft audit query --last 20` shows when the newest were taken"
    } else {
        "the audit log has no such decision that could be evaluated again"
    }
}

/// Hears of the replay while it goes on.
struct Teller {
    bar: ProgressBar,
    list: bool,
    csv: bool,
}

impl Listener for Teller {
    fn progress(&mut self, done: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    fn item(&mut self, item: &Item) {
        if self.csv {
            output::line(&csv_line(item));
        } else if self.list {
            self.bar
                .suspend(|| output::line(&format!("  {}", text::item(item))));
        }
    }
}

fn csv_line(item: &Item) -> String {
    let none = String::new;
    let (what, from, to, amount, currency, detail) = match &item.what {
        What::Differs { differences } => {
            let parts: Vec<String> = differences
                .iter()
                .map(|d| format!("{}: {}", d.policy, d.what))
                .collect();
            ("differs", none(), none(), none(), none(), parts.join("; "))
        }
        What::Changes {
            from,
            to,
            amount,
            causes,
        } => {
            let (amount, currency) = amount.clone().unwrap_or_default();
            let causes: Vec<String> = causes.iter().map(|(p, w)| format!("{p}: {w}")).collect();
            let (from, to) = (from.as_str().to_owned(), to.as_str().to_owned());
            ("changes", from, to, amount, currency, causes.join("; "))
        }
        What::LeftOut { why } => {
            let why = (*why).to_owned();
            ("left-out", none(), none(), none(), none(), why)
        }
    };
    let at = item.at.to_string();
    let cells = [
        &item.decision,
        &at,
        &item.operation,
        what,
        &from,
        &to,
        &amount,
        &currency,
        &detail,
    ];
    cells.map(csv_cell).join(",")
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(
        "  {bar:40} {pos} of {len} records, {per_sec}, {elapsed}, {eta} left",
    );
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
