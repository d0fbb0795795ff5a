//! Where things are: options that several commands share.

use std::path::PathBuf;

use clap::Args;
use weft_engine::Config;

/// Directories that a command reads and writes.
#[derive(Args, Debug, Clone)]
pub(crate) struct Places {
    /// Everything that the host writes lies below: keys, vault, audit log, compiled plugins.
    #[arg(long, value_name = "DIR", default_value = "weft-data")]
    pub(crate) data: PathBuf,
    /// The dictionary, the pipeline, the policies.
    #[arg(long, value_name = "DIR", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Plugins, each NAME.wasm; `weft plugin build` makes them.
    #[arg(long, value_name = "DIR", default_value = "target/plugins")]
    pub(crate) plugins: PathBuf,
}

impl Places {
    /// An engine on these directories, with defaults for the rest.
    pub(crate) fn engine_config(&self) -> Config {
        Config::new(self.data.clone(), self.policies.clone(), self.plugins.clone())
    }
}
