//! `weft policy threat-level`: how threatened a running host believes to be.

use clap::Args;
use hyper::Method;
use serde_json::{Value as Json, json};

use crate::exit::Failed;
use crate::output;
use crate::policy::rollback::with_reason;
use crate::remote::{Remote, Why};

/// Show the level of threat that a running host decides under, or set it.
///
/// Policies may be stricter at a higher level, never milder. A level that was set counts from the next request on, and is
/// kept over a restart, unless the configuration then says another one than when it was set.
#[derive(Args)]
pub(crate) struct ThreatLevelArgs {
    /// 0 to 3; without it, the level is shown.
    #[arg(value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=3))]
    level: Option<u8>,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(args: &ThreatLevelArgs) -> Result<(), Failed> {
    let path = "/v1/threat-level";
    let said = match args.level {
        None => args.remote.get(path)?,
        Some(level) => {
            let order = with_reason(json!({"level": level}), &args.why);
            args.remote.order(Method::PUT, path, &order)?
        }
    };
    output::line(&line(&said));
    Ok(())
}

fn line(said: &Json) -> String {
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let reason = match text("reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    format!(
        "threat level {} since {} by {}{reason}",
        said["level"],
        text("since"),
        text("by")
    )
}
