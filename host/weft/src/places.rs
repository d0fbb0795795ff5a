//! Where things are: options that several commands share.

use std::path::PathBuf;

use clap::Args;

use crate::config::Settings;
use crate::exit::Failed;

/// Directories that a command reads and writes. What is said here goes before the configuration file.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Places")]
pub(crate) struct Places {
    /// The configuration [default: none; `weft config show` prints every key with its default].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Everything that the host writes: keys, vault, audit log, compiled plugins [default: weft-data].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The dictionary, the pipeline, the policies [default: policies].
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
    /// Plugins, each NAME.wasm; `weft plugin build` makes them [default: target/plugins].
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Decide by the policies directory, also when a rollback put another policy set in force, which else stays.
    #[arg(long)]
    pub(crate) forget_rollback: bool,
    /// Start although the vault does not have values that the audit log names: they are lost for ever. Recorded; said
    /// once.
    #[arg(long)]
    pub(crate) accept_lost_values: bool,
}

impl Places {
    /// The configuration with what the command line says.
    pub(crate) fn settings(&self) -> Result<Settings, Failed> {
        let mut settings = match &self.config {
            Some(file) => Settings::load(file)?,
            None => Settings::default(),
        };
        let engine = &mut settings.engine;
        engine.keep_rollback = !self.forget_rollback;
        engine.accept_lost_values = self.accept_lost_values;
        for (said, place) in [
            (&self.data, &mut engine.data_dir),
            (&self.policies, &mut engine.policies_dir),
            (&self.plugins, &mut engine.plugins_dir),
        ] {
            if let Some(said) = said {
                place.clone_from(said);
            }
        }
        Ok(settings)
    }
}
