//! Why there is no component: what, why, what to do.

use std::io;
use std::path::PathBuf;

/// Why a plugin is not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No Rust here can compile for WebAssembly.
    #[error(
        "no Rust on this machine can compile for wasm32-unknown-unknown: {why}; run `rustup target add \
         wasm32-unknown-unknown` or, on Debian, `apt-get install rustc-web cargo-web rust-web-src` (in Weft's \
         own directory `make setup` does one of them)"
    )]
    NoToolchain {
        /// What was looked for and not found.
        why: String,
    },
    /// A tool cannot be started.
    #[error("`{tool}` cannot be started: {error}; install Rust, see https://rustup.rs")]
    Start {
        /// The program.
        tool: String,
        /// What the system says.
        error: io::Error,
    },
    /// The directory has no crate.
    #[error("{} has no Cargo.toml; give the directory of a plugin's crate, or make one with `weft plugin new`", .dir.display())]
    NoCrate {
        /// The directory.
        dir: PathBuf,
    },
    /// Cargo cannot read the crate.
    #[error("cargo cannot read the crate in {}: {why}", .dir.display())]
    Metadata {
        /// The directory.
        dir: PathBuf,
        /// What cargo says.
        why: String,
    },
    /// A crate, but not a plugin.
    #[error("the crate `{name}` is not a plugin: {why}; {remedy}")]
    NotAPlugin {
        /// The crate.
        name: String,
        /// What it lacks.
        why: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// It does not compile.
    #[error(
        "the crate `{name}` does not compile for WebAssembly; cargo says why, above. What compiles for tests and \
         not here usually uses files, threads, clocks or randomness, which a plugin has not"
    )]
    Compile {
        /// The crate.
        name: String,
    },
    /// Cargo says that it compiled, and there is no module.
    #[error(
        "cargo built `{name}` and named no .wasm file; `[lib] crate-type` must contain \"cdylib\", and the \
         crate must not set another output"
    )]
    NoModule {
        /// The crate.
        name: String,
    },
    /// The compiled module is not whole.
    #[error("the compiled module is not a WebAssembly module: {why}; build it again")]
    NotAModule {
        /// What is wrong.
        why: &'static str,
    },
    /// It has no manifest.
    #[error(
        "the crate has no policy function, so the component would have no manifest; put `#[policy(operations = \
         [...])]` of weft-sdk before one function"
    )]
    NoPolicy,
    /// It has several.
    #[error(
        "{found} crates of the plugin have a policy function; a plugin is one policy: take the others out of its \
         dependencies"
    )]
    SeveralPolicies {
        /// How many.
        found: usize,
    },
    /// It cannot be wrapped.
    #[error(
        "the compiled module cannot be made a component: {why}; a plugin may import nothing but the log, so leave \
         out dependencies that need JavaScript or WASI (features such as `js`, crates such as wasm-bindgen)"
    )]
    Wrap {
        /// What wit-component says.
        why: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {error}; choose another directory with `--out`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}
