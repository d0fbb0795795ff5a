//! `weft`: the command line.
//!
//! | module | what is there |
//! |---|---|
//! | `serve` | a host that answers over HTTP |
//! | `demo` | a story played through a host of its own |
//! | `decide`, `feed` | one message, or a history, through the engine |
//! | `policy`, `plugin`, `audit` | for those who write policies, write plugins, verify the log |
//! | `bench` | open-loop load on a running host |
//! | `config`, `places` | one TOML file; the directories that commands share |
//! | `replay` | past decisions, evaluated again |
//! | `backup` | copies of a data directory, and a host that goes on from one |
//! | `vault` | what operators see and order of the vault |
//! | `remote` | a running host, for those who run it |
//! | `token` | bearer tokens for callers |
//! | `explain` | the page of a problem's code |
//! | `output`, `exit` | what a command says, and how it ends |
//! | `document` | what commands say as an HTML document |
//! | `process` | nobody reads this process's memory |

mod audit;
mod backup;
mod bench;
mod client;
mod config;
mod decide;
mod demo;
mod document;
mod emergency;
mod exit;
mod explain;
mod feed;
mod output;
mod places;
mod plugin;
mod policy;
mod process;
mod remote;
mod replay;
mod report;
mod serve;
mod token;
mod vault;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is wiped: bodies in buffers of the HTTP library and of parsers, too. Under it mimalloc, since with
/// the C library's allocator a fifth of the processor went into allocating under load.
#[global_allocator]
static WIPED: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

/// Decides mobile payments and the support requests about them, in one pipeline of sandboxed plugins and
/// declarative policies, and records every decision before it answers.
#[derive(Parser)]
#[command(name = "weft", version, max_term_width = 100, after_help = FIRST_STEPS)]
struct Cli {
    /// What is logged to standard error: error, warn, info, debug, or a filter such as
    /// `info,weft_engine=debug`.
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "WEFT_LOG",
        default_value = "warn"
    )]
    log: String,
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  weft demo                        play a story through a host of its own, verify its log
  weft plugin new my-policy        start a plugin that builds and whose tests pass
  weft policy check                check the policy files, with file, line and column
  weft policy book --out book.html the policies in force, as one document for people
  weft token new shop --role service   a token for a caller, and the lines for weft.toml
  weft serve --config weft.toml    a host that answers over HTTP
  weft audit verify                check every byte of the audit log";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Decide(decide::Decide),
    Feed(feed::Feed),
    /// Check, read, compare and change policies; explain and replay decisions.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Write, build, check and run plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Verify and read the audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Reports from the audit log: who was shown what.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Look after the vault: its keys, erasure, legal holds.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Get at a value of the vault in an emergency, and review that it was done.
    #[command(subcommand)]
    Emergency(emergency::EmergencyCommand),
    /// Make bearer tokens for callers.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Show and check the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Bench(bench::Bench),
    Explain(explain::Explain),
}

fn main() -> std::process::ExitCode {
    weft_engine::panics::tell_without_text();
    if let Err(error) = process::keep_memory() {
        return exit::say(error.into());
    }
    let cli = Cli::parse();
    if let Err(failed) = output::log_to_stderr(&cli.log) {
        return exit::say(failed);
    }
    let result = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Decide(args) => decide::run(args),
        Command::Feed(args) => feed::run(args),
        Command::Policy(command) => policy::run(command),
        Command::Plugin(command) => plugin::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Report(command) => report::run(&command),
        Command::Vault(command) => vault::run(command),
        Command::Emergency(command) => emergency::run(command),
        Command::Token(command) => token::run(command),
        Command::Config(command) => config::run(command),
        Command::Backup(args) => backup::back_up(args),
        Command::Restore(args) => backup::restore(args),
        Command::Bench(args) => bench::run(args),
        Command::Explain(args) => explain::run(args),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failed) => exit::say(failed),
    }
}
