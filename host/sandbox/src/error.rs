//! Why a sandbox or a plugin is refused: what, why, what to do.

use std::path::PathBuf;

use weft_diagnostic::Code;

use crate::codes;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The configuration asks for what cannot be.
    #[error("{what} is {given}, the limit is 1 to {limit}; set it within the limit")]
    OutOfRange {
        /// Which value.
        what: &'static str,
        /// What was asked for.
        given: u64,
        /// The most there can be.
        limit: u64,
    },
    /// The engine refuses its configuration on this machine.
    #[error(
        "the WebAssembly engine does not start on this machine: {0}; it needs a 64-bit Linux, macOS or Windows"
    )]
    Engine(String),
    /// No thread can be started.
    #[error(
        "a thread of the sandbox cannot be started: {0}; raise the limit of processes and threads"
    )]
    Thread(std::io::Error),
    /// The cache directory cannot be used.
    #[error("the directory for compiled plugins, {}, cannot be used: {why}; {remedy}", .dir.display())]
    CacheDir {
        /// The directory.
        dir: PathBuf,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Why a plugin is not loaded. Its text says what is wrong, which limit, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Larger than a component may be.
    #[error(
        "the plugin has {bytes} bytes, the limit is {limit}; strip debug information from it or build it with `opt-level = \"s\"`"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The file is another than the policy asks for.
    #[error(
        "the plugin's SHA-256 is {actual}, the policy pins {expected}; the file was replaced or damaged: restore it, or review the new one and pin its digest"
    )]
    OtherDigest {
        /// What the policy pins.
        expected: String,
        /// What the file has.
        actual: String,
    },
    /// Not WebAssembly at all.
    #[error(
        "the file is not a WebAssembly component (it does not begin with the header of one); build it with `weft plugin build`"
    )]
    NotWasm,
    /// A core module.
    #[error(
        "the file is a core WebAssembly module, not a component; wrap it with `weft plugin build`, which adds the plugin interface"
    )]
    CoreModule,
    /// Damaged, truncated, or of a proposal that is not allowed.
    #[error(
        "the component is not valid at byte {offset}: {why}; it is damaged, or uses a WebAssembly feature that the host does not allow (threads, 64-bit or several memories, relaxed SIMD, garbage collection): build it again for `wasm32-unknown-unknown`"
    )]
    Invalid {
        /// Where.
        offset: usize,
        /// What the validator says.
        why: String,
    },
    /// More of something than there may be.
    #[error("the component has {given} {what}, the limit is {limit}; {remedy}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much it has.
        given: u64,
        /// The limit.
        limit: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// It asks for what no plugin gets.
    #[error(
        "the component imports `{name}`; a plugin may import `weft:policy/log` and nothing else, because everything it needs is declared in its manifest and handed to it: {remedy}"
    )]
    ForbiddenImport {
        /// The import.
        name: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It is not a policy plugin.
    #[error(
        "the component does not export `weft:policy/evaluator@0.1.0`; implement the world `policy` of `sdk/wit/policy.wit`"
    )]
    NoEvaluator,
    /// The interface has the right name and another form.
    #[error(
        "the component was built against another form of `weft:policy`: {why}; rebuild it with the SDK of this host's version"
    )]
    OtherInterface {
        /// The difference.
        why: String,
    },
    /// No manifest section, or several.
    #[error(
        "the component has {found} custom sections `weft:manifest`, there must be exactly one; `weft plugin build` adds it"
    )]
    ManifestSection {
        /// How many there are.
        found: u32,
    },
    /// The manifest was written for another host.
    #[error(
        "the manifest's schema is `{found}`, this host reads `weft.manifest/1`; it needs a newer host, or the plugin must be built with the SDK of this one"
    )]
    UnknownSchema {
        /// The schema it names.
        found: String,
    },
    /// The manifest is not of the expected form.
    #[error("the manifest is not valid: {why}; {remedy}")]
    Manifest {
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The manifest that people read is not the one that the code gives.
    #[error(
        "the manifest in the section `weft:manifest` and the one that `describe` returns differ at byte {at}; a reviewer would read another manifest than the one that applies: rebuild the plugin, and do not edit the section"
    )]
    LyingManifest {
        /// The first byte in which they differ.
        at: usize,
    },
    /// `describe` does not come to an end as it should.
    #[error(
        "`describe` failed: {why}; it must return the manifest without imports, within {fuel} units of fuel and {time_ms} ms"
    )]
    Describe {
        /// What happened.
        why: String,
        /// Its fuel.
        fuel: u64,
        /// Its time.
        time_ms: u64,
    },
    /// The compiler refuses it.
    #[error(
        "the component cannot be compiled: {why}; build it again, or with a lower optimisation level"
    )]
    Compile {
        /// What the compiler says.
        why: String,
    },
    /// The compiler failed in a way that it must not.
    #[error(
        "the compiler failed on this component; nothing else is harmed: keep the file and report it, and build the plugin with another optimisation level"
    )]
    CompilerPanicked,
    /// The host could not start the thread that compiles.
    #[error(
        "the thread that compiles plugins cannot be started: {0}; raise the limit of processes and threads"
    )]
    Thread(std::io::Error),
}

impl LoadError {
    /// The class of problem, with a page of its own.
    pub fn code(&self) -> Code {
        match self {
            LoadError::TooLarge { .. } | LoadError::TooMuch { .. } => codes::TOO_MUCH,
            LoadError::OtherDigest { .. } => codes::OTHER_DIGEST,
            LoadError::NotWasm
            | LoadError::CoreModule
            | LoadError::Invalid { .. }
            | LoadError::Compile { .. }
            | LoadError::CompilerPanicked
            | LoadError::Thread(_) => codes::NOT_A_COMPONENT,
            LoadError::ForbiddenImport { .. } => codes::FORBIDDEN_IMPORT,
            LoadError::NoEvaluator | LoadError::OtherInterface { .. } => codes::OTHER_INTERFACE,
            LoadError::ManifestSection { .. }
            | LoadError::UnknownSchema { .. }
            | LoadError::Manifest { .. }
            | LoadError::LyingManifest { .. }
            | LoadError::Describe { .. } => codes::MANIFEST,
        }
    }
}
