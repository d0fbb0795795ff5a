//! `weft policy sets`: which policy set was in force since when.

use clap::Args;
use serde_json::Value as Json;

use crate::exit::Failed;
use crate::output;
use crate::policy::remote::Remote;

/// List the policy sets that were in force on a running host: since when, who put them there, and why.
///
/// The newest comes first, and is in force. Every decision in the audit log names its set. For operators and
/// regulators.
#[derive(Args)]
pub(crate) struct SetsArgs {
    /// One JSON object, as the API gives it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(args: &SetsArgs) -> Result<(), Failed> {
    let said = args.remote.get("/v1/policy-sets")?;
    if args.json {
        output::line(&said.to_string());
        return Ok(());
    }
    for (at, change) in said["changes"].as_array().into_iter().flatten().enumerate() {
        output::line(&line(change, at == 0));
    }
    Ok(())
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
