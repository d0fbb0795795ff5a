//! `weft policy replay`: past decisions, evaluated again with another policy set.

use std::path::PathBuf;

use clap::Args;
use weft_engine::SetDirs;
use weft_engine::replay::{Features, With};

use crate::exit::Failed;
use crate::replay::{self, Which};

/// Evaluate past decisions again with another policy set.
///
/// The report says which decisions would change, by verdict and money and by what causes it, without personal data.
/// Decisions are evaluated on the features that were recorded; with --carry, features are computed again as if the changed
/// verdicts had been given, from the beginning of the log; --since then only leaves earlier decisions out of the report.
///
/// Reads only, and works beside a running host. What cannot be evaluated again is counted and named. Where there is no
/// decision, the command ends with status 1. That past decisions come out as recorded is for `weft audit replay` to show.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  weft policy replay --data weft-data --policies changed/\n  weft policy replay --data weft-data --policies changed/ --carry --format html > change.html"
)]
pub(crate) struct ReplayArgs {
    /// The policy set: the dictionary, the pipeline, the policies.
    #[arg(long, value_name = "DIR")]
    policies: PathBuf,
    /// The plugins of that set, each NAME.wasm.
    #[arg(long, value_name = "DIR", default_value = "target/plugins")]
    plugins: PathBuf,
    /// Carry changed verdicts into the behaviour of what comes after them: a payment that is refused now makes nothing
    /// familiar. Takes longer, as decisions are evaluated one after the other.
    #[arg(long)]
    carry: bool,
    /// Only this decision; may be given several times.
    #[arg(long, value_name = "ID")]
    decision: Vec<String>,
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &ReplayArgs) -> Result<(), Failed> {
    let with = With::Set {
        dirs: SetDirs {
            policies: args.policies.clone(),
            plugins: args.plugins.clone(),
        },
        features: match args.carry {
            true => Features::Carried,
            false => Features::AsRecorded,
        },
    };
    replay::run(&args.which, &args.decision, with)
}
