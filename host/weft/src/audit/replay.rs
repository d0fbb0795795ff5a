//! `weft audit replay`: past decisions, evaluated again as they were taken.

use clap::Args;
use weft_engine::replay::With;

use crate::exit::Failed;
use crate::replay::{self, Which};

/// Evaluate past decisions again, as they were taken.
///
/// Each with the policy set and the plugins that took it, which the data directory keeps. Every finding has to come out as
/// recorded, byte for byte; what does not is named, and the command ends with status 1.
///
/// Reads only, and works beside a running host. What cannot be evaluated again is counted and named. That records are
/// what the host wrote is for `weft audit verify` to check. Where there is no decision, the command ends with status 1.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  weft audit replay dec_7f3q2k6m5w4x3y2z7a6b5c4d3e --data weft-data\n  weft audit replay --data weft-data --since 2026-11-01T00:00:00Z"
)]
pub(crate) struct AuditReplay {
    /// Only these decisions [default: all].
    #[arg(value_name = "DECISION")]
    decisions: Vec<String>,
    #[command(flatten)]
    which: Which,
}

impl AuditReplay {
    pub(super) fn run(&self) -> Result<(), Failed> {
        replay::run(&self.which, &self.decisions, With::Recorded)
    }
}
