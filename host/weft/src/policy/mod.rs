//! `weft policy`: for those who write and review policies.

use clap::Subcommand;

use crate::exit::Failed;

mod book;
mod check;
mod explain;
mod replay;
mod test;

/// Policy files.
#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Book(book::BookArgs),
    Explain(explain::ExplainArgs),
    Replay(replay::ReplayArgs),
}

pub(crate) fn run(command: PolicyCommand) -> Result<(), Failed> {
    match command {
        PolicyCommand::Check(args) => check::run(&args),
        PolicyCommand::Test(args) => test::run(&args),
        PolicyCommand::Book(args) => book::run(&args),
        PolicyCommand::Explain(args) => explain::run(&args),
        PolicyCommand::Replay(args) => replay::run(&args),
    }
}
