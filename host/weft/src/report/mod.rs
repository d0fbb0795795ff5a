//! `weft report`: what the audit log says about a time, for those who have to account for it.

use clap::Subcommand;

use crate::exit::Failed;

pub(crate) mod minimisation;

/// Reports from the audit log.
#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    Minimisation(minimisation::MinimisationArgs),
}

pub(crate) fn run(command: &ReportCommand) -> Result<(), Failed> {
    match command {
        ReportCommand::Minimisation(args) => minimisation::run(args),
    }
}
