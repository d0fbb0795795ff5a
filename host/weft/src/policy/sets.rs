//! `weft policy sets`: which policy set was in force since when.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};
use weft_engine::sets::{Archive, changes_in};

use crate::exit::Failed;
use crate::output;
use crate::remote::Remote;

/// List the policy sets that were in force: since when, who put them there, and why.
///
/// The newest comes first, and is in force. Every decision in the audit log names its set. A running host is asked as an
/// operator or a regulator; with --data, the log is read instead, beside a running host, too.
#[derive(Args)]
pub(crate) struct SetsArgs {
    /// A host's directory, which is read in place of asking a host.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["host", "token_file"])]
    data: Option<PathBuf>,
    /// One JSON object, as the API gives it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(args: &SetsArgs) -> Result<(), Failed> {
    let said = match &args.data {
        Some(data) => recorded(data)?,
        None => args.remote.get("/v1/policy-sets")?,
    };
    if args.json {
        output::line(&said.to_string());
        return Ok(());
    }
    for (at, change) in said["changes"].as_array().into_iter().flatten().enumerate() {
        output::line(&line(change, at == 0));
    }
    Ok(())
}

/// What the log in a directory says; a set without its files is told.
fn recorded(data: &Path) -> Result<Json, Failed> {
    let known = changes_in(data)?;
    for damage in &known.damage {
        output::step(&format!(
            "the log is damaged, and may have said more: {damage}"
        ));
    }
    let archived: BTreeSet<String> = Archive::open(data).list()?.into_iter().collect();
    let named: BTreeSet<&str> = known.changes.iter().map(|c| &*c.policy_set).collect();
    for set in named.into_iter().filter(|set| !archived.contains(*set)) {
        output::step(&format!("the files of {set} are not in {}", data.display()));
    }
    Ok(json!({"changes": known.changes}))
}

fn line(change: &Json, in_force: bool) -> String {
    let text = |name: &str| change[name].as_str().unwrap_or_default();
    let mark = if in_force { "* " } else { "  " };
    let reason = match text("reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    format!(
        "{mark}{} since {} by {} ({}){reason}",
        text("policy_set"),
        text("since"),
        text("by"),
        text("cause"),
    )
}
