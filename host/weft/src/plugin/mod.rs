//! `weft plugin`: for those who write plugins.

use crate::exit::Failed;

/// Plugins.
#[derive(clap::Subcommand)]
pub(crate) enum PluginCommand {}

pub(crate) fn run(command: PluginCommand) -> Result<(), Failed> {
    match command {}
}
