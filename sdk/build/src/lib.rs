//! Builds policy plugins: from a crate with `weft-sdk` to one component that the host loads.
//!
//! The crate is compiled to a core module for `wasm32-unknown-unknown`, so that it imports nothing but
//! `weft:policy/log`, and wrapped into a component. The manifest, which the compiler put together from the
//! plugin's structs, moves from the module's section to the component's, where the host and people read it.
//!
//! | module | what is there |
//! |---|---|
//! | [`toolchain`] | which Rust on this machine can compile for WebAssembly |
//! | `package` | what cargo knows about the crate |
//! | `compile` | the crate to a core module |
//! | `component` | the core module to a component |
//! | `names` | names of functions, for traps, as their author wrote them |
//! | `section` | custom sections of a module |
//! | [`error`] | why there is no component |
//!
//! What is built on one machine twice is the same file, byte for byte: no path of the machine gets in.

mod compile;
mod component;
pub mod error;
mod names;
mod package;
mod section;
pub mod toolchain;

pub use component::componentize;
pub use error::BuildError;
pub use toolchain::Toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use package::Package;

/// Whether `Cargo.lock` may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// It is brought up to date, as cargo usually does.
    Update,
    /// It is used as it is, or the build fails.
    Keep,
}

/// What is to be built.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The plugin's crate.
    pub dir: &'a Path,
    /// Where `NAME.wasm` goes; made when missing.
    pub out: &'a Path,
    /// Where cargo works. Unless given, `target` beside the plugins of a workspace, or in the crate's own
    /// directory when it belongs to none.
    pub target_dir: Option<&'a Path>,
    /// Whether `Cargo.lock` may change.
    pub lock: Lock,
}

/// A component that was built.
#[derive(Clone, PartialEq, Eq)]
pub struct Built {
    /// The plugin's name: that of the crate.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub component: Vec<u8>,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Built")
            .field("name", &self.name)
            .field("path", &self.path)
            .field("bytes", &self.component.len())
            .finish()
    }
}

/// Builds a plugin and writes the whole file or none. Cargo reports its progress, and what does not compile,
/// on stderr.
pub fn build(toolchain: &Toolchain, order: &Order<'_>) -> Result<Built, BuildError> {
    let package = Package::find(toolchain, order.dir)?;
    let target_dir = match order.target_dir {
        Some(dir) => std::path::absolute(dir).map_err(|error| BuildError::Write {
            path: dir.into(),
            error,
        })?,
        None => package.target_dir(),
    };
    let module = compile::compile(toolchain, &package, &target_dir, order.lock)?;
    let component = component::componentize(&module)?;
    let path = order.out.join(format!("{}.wasm", package.name));
    write_whole(&path, &component).map_err(|error| BuildError::Write {
        path: path.clone(),
        error,
    })?;
    Ok(Built {
        name: package.name,
        path,
        component,
    })
}

/// A host that looks at the file at any moment sees the old one or the new one.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let unfinished = path.with_extension(format!("wasm.{}", std::process::id()));
    fs::write(&unfinished, bytes)?;
    fs::rename(&unfinished, path).inspect_err(|_| {
        // Nothing more can be done about it when this fails as well.
        let _ = fs::remove_file(&unfinished);
    })
}
