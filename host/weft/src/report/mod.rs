//! `weft report`: what the audit log says about a time, for those who have to account for it.

use std::path::Path;

use clap::Subcommand;
use weft_audit::{Remedy, Report as Verified, VerifyOptions};

use crate::audit::read_key;
use crate::exit::Failed;
use crate::output;

pub(crate) mod minimisation;
mod operations;

/// Reports from the audit log.
#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    Minimisation(minimisation::MinimisationArgs),
    Operations(operations::OperationsArgs),
}

pub(crate) fn run(command: &ReportCommand) -> Result<(), Failed> {
    match command {
        ReportCommand::Minimisation(args) => minimisation::run(args),
        ReportCommand::Operations(args) => operations::run(args),
    }
}

/// The log in `dir`, if it is as it was written: nothing is told of another one.
fn verified(dir: &Path, key: Option<&Path>) -> Result<Verified, Failed> {
    let options = VerifyOptions {
        vkey: key.map(read_key).transpose()?,
        ..VerifyOptions::default()
    };
    let report = weft_audit::verify(dir, &options, &output::step)?;
    // What the next start mends concerns no record.
    let mut damage = report
        .damage
        .iter()
        .filter(|damage| damage.remedy != Remedy::NextStart)
        .peekable();
    if damage.peek().is_none() {
        return Ok(report);
    }
    for damage in damage {
        output::step(&damage.to_string());
    }
    Err(Failed::because(
        "the audit log is not as it was written, so no report is made of it; `weft audit verify` tells all",
    ))
}
