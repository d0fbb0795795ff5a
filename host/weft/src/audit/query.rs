//! `weft audit query`: records that meet conditions.

mod table;

use clap::Args;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use weft_audit::Filter;
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
    after_help = "Examples:\n  weft audit query --data weft-data --last 20\n  weft audit query --data weft-data --caller ana --verdict hold --csv > held.csv\n  weft audit query --data weft-data --case C-1001 --html > case.html"
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
    /// A page for people to look at or print, with the same as --csv.
    #[arg(long, conflicts_with_all = ["csv", "json"])]
    html: bool,
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
    /// What is asked for, as a person reads it.
    fn words(&self, last: Option<usize>) -> String {
        let instant = |at: &Option<Timestamp>| at.as_ref().map(Timestamp::to_string);
        let verdict = self.verdict.map(|verdict| verdict.as_str().to_owned());
        let said = [
            ("decision", self.decision.clone()),
            ("payment", self.payment.clone()),
            ("case", self.case.clone()),
            ("account", self.account.clone()),
            ("caller", self.caller.clone()),
            ("plugin", self.plugin.clone()),
            ("policy", self.policy.clone()),
            ("verdict", verdict),
            ("operation", self.operation.clone()),
            ("region", self.region.clone()),
            ("from", instant(&self.from)),
            ("before", instant(&self.to)),
            ("the newest", last.map(|last| last.to_string())),
        ];
        let said: Vec<String> = said
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        if said.is_empty() {
            return "all of the log".to_owned();
        }
        said.join(", ")
    }

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
        let asked = self.which.words(self.last);
        let filter = Filter {
            last: self.last,
            ..self.which.filter()
        };
        let entries = weft_audit::show(&dir, &filter)?;
        if entries.is_empty() {
            output::step("no record is like that");
        }
        if self.csv {
            output::bytes(&table::csv(&entries)?);
            return Ok(());
        }
        if self.html {
            output::line(&table::page(&entries, &asked));
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
