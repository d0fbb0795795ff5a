//! `weft plugin build`: crates to components.

use std::path::PathBuf;

use clap::Args;
use weft_plugin_build::{Lock, Order, Toolchain, build};

use super::{load, thousands};
use crate::exit::Failed;
use crate::output;

/// Build plugin crates into components.
///
/// Finds out which Rust of this machine compiles for WebAssembly, compiles each crate, wraps it into a
/// component and looks at the result as the host will. What does not compile, cargo explains.
#[derive(Args)]
pub(crate) struct Build {
    /// Directories of plugin crates.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Where the components go, each as NAME.wasm.
    #[arg(long, value_name = "DIR", default_value = "target/plugins")]
    out: PathBuf,
    /// Where cargo works; unless given, `target` beside the crates of a workspace or in the crate itself.
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,
    /// Use Cargo.lock as it is, or fail.
    #[arg(long)]
    locked: bool,
}

pub(super) fn run(args: &Build) -> Result<(), Failed> {
    let toolchain = Toolchain::find()?;
    if matches!(toolchain, Toolchain::Debian { .. }) {
        output::step(
            "compiling with Debian's Rust; the first build compiles the standard library as well",
        );
    }
    let sandbox = load::sandbox()?;
    for dir in &args.dirs {
        output::step(&format!("building {}", dir.display()));
        let built = build(
            &toolchain,
            &Order {
                dir,
                out: &args.out,
                target_dir: args.target_dir.as_deref(),
                lock: if args.locked {
                    Lock::Keep
                } else {
                    Lock::Update
                },
            },
        )?;
        let loaded = load::load(&sandbox, &built.path)?;
        let manifest = loaded.plugin.manifest();
        output::line(&format!(
            "{}  {} {}, {} bytes, sha256 {}",
            built.path.display(),
            manifest.name,
            manifest.version,
            thousands(loaded.bytes.len() as u64),
            loaded.plugin.digest(),
        ));
    }
    Ok(())
}
