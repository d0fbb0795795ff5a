//! A file to a plugin, by the same steps as in a host.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_sandbox::{LoadError, Plugin, Sandbox, SandboxConfig, SandboxError, limits};

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error)]
pub(super) enum PluginFileError {
    #[error("{} cannot be read: {error}; name a component, such as target/plugins/risk-rules.wasm", .file.display())]
    Unreadable {
        file: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: {why} (`weft explain {}` tells more)", .file.display(), .why.code().id)]
    Refused { file: PathBuf, why: LoadError },
}

/// A plugin and the file that it is from.
pub(super) struct Loaded {
    pub(super) bytes: Vec<u8>,
    pub(super) plugin: Arc<Plugin>,
}

/// A sandbox for one plugin at a time.
pub(super) fn sandbox() -> Result<Sandbox, SandboxError> {
    Sandbox::new(SandboxConfig {
        max_in_flight: 1,
        cache: None,
    })
}

/// Reads, verifies, compiles and describes a component.
pub(super) fn load(sandbox: &Sandbox, file: &Path) -> Result<Loaded, PluginFileError> {
    let bytes = read(file).map_err(|error| PluginFileError::Unreadable {
        file: file.into(),
        error,
    })?;
    match sandbox.load(&bytes) {
        Ok(plugin) => Ok(Loaded { bytes, plugin }),
        Err(why) => Err(PluginFileError::Refused {
            file: file.into(),
            why,
        }),
    }
}

/// At most one byte more than a component may have: the sandbox then says so.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let most = limits::MAX_COMPONENT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
