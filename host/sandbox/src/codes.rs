//! The pages of what goes wrong with plugins.

use weft_diagnostic::Code;

/// Not a component, or one that does not compile.
pub const NOT_A_COMPONENT: Code = Code {
    id: "W0401",
    title: "the plugin is not a valid WebAssembly component",
    page: "A plugin is one WebAssembly component. The host checks the whole file before it compiles \
           any of it, with the features that give the same result everywhere: no threads, no relaxed \
           SIMD, no 64-bit or several memories, no garbage collection.\n\nBuild it with `weft plugin \
           build`. A core module (what `cargo build --target wasm32-unknown-unknown` leaves) becomes a \
           component only by that step.",
};

/// An import that no plugin gets.
pub const FORBIDDEN_IMPORT: Code = Code {
    id: "W0402",
    title: "the plugin imports what no plugin gets",
    page: "A plugin may import `weft:policy/log` and nothing else: no clock, no randomness, no files, \
           no network. Its answer then depends on its input alone, and a decision can be replayed.\n\n\
           Where a language brings WASI along, build without it: Rust for `wasm32-unknown-unknown` (not \
           `wasm32-wasip1`), JavaScript with `disableFeatures`, Python with `--stub-wasi`. Take the time \
           from `context.evaluated-at` and randomness from `context.seed`.",
};

/// Another interface.
pub const OTHER_INTERFACE: Code = Code {
    id: "W0403",
    title: "the plugin has another interface than this host",
    page: "A plugin exports `weft:policy/evaluator@0.1.0` with exactly the types of \
           `sdk/wit/policy.wit`. Rebuild it with the SDK that comes with this host.",
};

/// A manifest that is not valid or does not fit its plugin.
pub const MANIFEST: Code = Code {
    id: "W0404",
    title: "the plugin's manifest is not valid",
    page: "A plugin carries its manifest twice: as the return value of `describe`, and in the custom \
           section `weft:manifest`, so that it can be read without running the plugin. Both must be the \
           same bytes. The manifest declares everything: operations, needs, settings, reasons, \
           obligations. Unknown keys are refused, because a misspelt key is a need that is not met.\n\n\
           `weft plugin build` writes both from one Rust declaration.",
};

/// Larger than a limit.
pub const TOO_MUCH: Code = Code {
    id: "W0405",
    title: "the plugin is larger than the host allows",
    page: "Size, number of modules and functions, and the size of one function are bounded, because \
           compiling is the one step in which a hostile file could cost the host more than it gives.",
};

/// Another file than the policy pins.
pub const OTHER_DIGEST: Code = Code {
    id: "W0406",
    title: "the plugin is another file than the policy pins",
    page: "The policy names the SHA-256 of the plugin that was reviewed. The file in the plugins \
           directory has another one. Restore the reviewed file, or review the new one and change the \
           digest in the policy.",
};

/// The codes of this crate.
pub const CODES: &[Code] = &[
    NOT_A_COMPONENT,
    FORBIDDEN_IMPORT,
    OTHER_INTERFACE,
    MANIFEST,
    TOO_MUCH,
    OTHER_DIGEST,
];
