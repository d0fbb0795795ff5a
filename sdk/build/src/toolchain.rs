//! Which Rust on this machine can compile for WebAssembly.
//!
//! The one in the path, if it has the target's standard library (`rustup target add` brings it). Otherwise
//! Debian's, which has the standard library's source and compiles it for the target, once for each target
//! directory. `.ci/wasm-target` sets up one of the two and looks for the same.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::BuildError;

/// What plugins are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCES: &str = "/usr/src";

/// A Rust that compiles for WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// The one in the path, with the target installed.
    Installed,
    /// Debian's, which compiles the standard library itself.
    Debian {
        /// The linker for WebAssembly.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Looks for one.
    pub fn find() -> Result<Toolchain, BuildError> {
        let libraries = ask("rustc", &["--print", "target-libdir", "--target", TARGET]);
        if libraries.is_some_and(|dir| has_standard_library(Path::new(&dir))) {
            return Ok(Toolchain::Installed);
        }
        let none = |why: &str| BuildError::NoToolchain { why: why.into() };
        let tools = [DEBIAN_RUSTC, DEBIAN_CARGO];
        if !tools.iter().all(|tool| Path::new(tool).is_file()) {
            return Err(none(
                "the rustc in the path has no standard library for it, and there is no other",
            ));
        }
        if !has_sources(Path::new(DEBIAN_SOURCES)) {
            return Err(none(
                "neither the rustc in the path nor /usr/bin/rustc has its standard library",
            ));
        }
        match linker() {
            Some(linker) => Ok(Toolchain::Debian { linker }),
            None => Err(none("there is no linker for it, `rust-lld` or `wasm-ld`")),
        }
    }

    /// The command `cargo`, without what the environment says about other builds.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(match self {
            Toolchain::Installed => "cargo",
            Toolchain::Debian { .. } => DEBIAN_CARGO,
        });
        for (name, _) in std::env::vars_os() {
            if is_of_another_build(&name) {
                cargo.env_remove(name);
            }
        }
        if let Toolchain::Debian { linker } = self {
            cargo.env("RUSTC", DEBIAN_RUSTC);
            // The one way to compile the standard library with a stable compiler.
            cargo.env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        cargo
    }

    /// What `cargo build` needs beside the usual.
    pub(crate) fn arguments(&self) -> &'static [&'static str] {
        match self {
            Toolchain::Installed => &[],
            Toolchain::Debian { .. } => &["-Z", "build-std=std,panic_abort"],
        }
    }

    /// Where its standard library was compiled from, to be kept out of the component.
    pub(crate) fn sources(&self) -> Option<PathBuf> {
        let rustc = match self {
            Toolchain::Installed => "rustc",
            Toolchain::Debian { .. } => DEBIAN_RUSTC,
        };
        let sysroot = ask(rustc, &["--print", "sysroot"])?;
        Some(Path::new(&sysroot).join("lib/rustlib/src/rust"))
    }
}

/// Variables by which a surrounding cargo, or a person, steers another build than this one.
fn is_of_another_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    [
        "CARGO_BUILD_",
        "CARGO_TARGET_",
        "CARGO_PROFILE_",
        "CARGO_UNSTABLE_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
        || matches!(
            name.as_ref(),
            "RUSTC" | "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "RUSTC_BOOTSTRAP"
        )
}

/// The first line of what a tool prints; `None` when it is not there or fails.
fn ask(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(tool).args(arguments).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    let line = printed.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

fn has_standard_library(dir: &Path) -> bool {
    names(dir).any(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
}

fn has_sources(dir: &Path) -> bool {
    names(dir).any(|name| name.starts_with("rustc-") && dir.join(name).join("library").is_dir())
}

fn names(dir: &Path) -> impl Iterator<Item = String> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// Debian's, that of the Rust in the path, or LLVM's.
fn linker() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/bin/rust-lld");
    let of_path = || {
        let libraries = ask("rustc", &["--print", "target-libdir"])?;
        Some(Path::new(&libraries).parent()?.join("bin/rust-lld"))
    };
    let llvm = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|dir| dir.join("wasm-ld"))
            .find(|file| file.is_file())
    };
    Some(debian)
        .filter(|file| file.is_file())
        .or_else(|| of_path().filter(|file| file.is_file()))
        .or_else(llvm)
}
