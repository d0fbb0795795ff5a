//! `weft policy`: for those who write and review policies.

use clap::Subcommand;

use crate::exit::Failed;

mod book;
mod check;
mod diff;
mod explain;
mod replay;
mod rollback;
mod sets;
mod test;
mod threat_level;

pub(crate) use book::instant;

/// Policy files.
#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Diff(diff::DiffArgs),
    Book(book::BookArgs),
    Explain(explain::ExplainArgs),
    Replay(replay::ReplayArgs),
    Reload(rollback::ReloadArgs),
    Rollback(rollback::RollbackArgs),
    Sets(sets::SetsArgs),
    ThreatLevel(threat_level::ThreatLevelArgs),
}

pub(crate) fn run(command: PolicyCommand) -> Result<(), Failed> {
    match command {
        PolicyCommand::Check(args) => check::run(&args),
        PolicyCommand::Test(args) => test::run(&args),
        PolicyCommand::Diff(args) => diff::run(&args),
        PolicyCommand::Book(args) => book::run(&args),
        PolicyCommand::Explain(args) => explain::run(&args),
        PolicyCommand::Replay(args) => replay::run(&args),
        PolicyCommand::Reload(args) => rollback::reload(&args),
        PolicyCommand::Rollback(args) => rollback::roll_back(&args),
        PolicyCommand::Sets(args) => sets::run(&args),
        PolicyCommand::ThreatLevel(args) => threat_level::run(&args),
    }
}
