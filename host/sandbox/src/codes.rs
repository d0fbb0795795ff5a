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

/// Settings that the plugin does not take.
pub const SETTINGS: Code = Code {
    id: "W0407",
    title: "the policy's settings do not fit the plugin",
    page: "A plugin declares its settings: names, kinds, ranges, choices. What a policy writes under \
           `plugin.settings` and `plugin.budget` is checked against that before any request is decided, and \
           by the plugin itself. `weft plugin inspect FILE` lists the settings.\n\nWhere a text is due and YAML \
           reads something else (`NO` and `off` are false, `12` is a number), put it in quotes.",
};

/// Grants that are too few, or too little.
pub const GRANTS: Code = Code {
    id: "W0408",
    title: "the policy does not grant what the plugin is written for",
    page: "A plugin gets of a request what its policy grants, and nothing else. Where the plugin declares a \
           need as required, the policy must grant it under `plugin.grants`; without it the plugin could \
           never be asked. Each need has the treatment that the plugin's code reads. A grant of less \
           (`present` for an amount that is to be clear) does not make the plugin stricter: it fails on \
           each request, or takes what is left for the value itself, and a payment that it would refuse \
           gets on_error. Grant the treatment that the plugin declares (`weft plugin inspect` lists them), or, \
           where the need is not required, leave the grant out: then the plugin is told that it is withheld.",
};

/// Needs or operations that the host does not have.
pub const NEEDS: Code = Code {
    id: "W0409",
    title: "the plugin's needs do not fit the dictionary",
    page: "Every need of a plugin names a field of dictionary.yaml, and the kind in which the field arrives \
           under the need's treatment must be the one that the plugin's code reads: a field of class \
           sensitive arrives as a token, a banded amount as a text. `weft plugin check` finds the same.",
};

/// A policy that asks a plugin about what it does not decide.
pub const OPERATIONS: Code = Code {
    id: "W0410",
    title: "the policy asks the plugin about an operation that it does not decide",
    page: "A plugin declares its operations. A policy that asks it may be about those only: every operation \
           of pipeline.yaml that `on` covers must be one that the plugin declares. Narrow `on`, or declare the \
           operation in the plugin.",
};

/// No plugin, or another than the policy names.
pub const NO_PLUGIN: Code = Code {
    id: "W0411",
    title: "the plugin is not there",
    page: "A policy names a plugin. Its component is NAME.wasm in the plugins directory, and its manifest says \
           the same name: pseudonyms go by that name, so one plugin must not pass for another.",
};

/// A reason without words.
pub const REASONS: Code = Code {
    id: "W0412",
    title: "the policy does not put a reason of its plugin into words",
    page: "Readers of a decision are told a reason by its title, which the policy writes under `reasons`, with \
           the status reason of ISO 20022 and messages of its own where it has them. A reason that the \
           plugin declares and the policy does not list is given with its code alone. This is a warning: \
           the decision is the same.",
};

/// The codes of this crate.
pub const CODES: &[Code] = &[
    NOT_A_COMPONENT,
    FORBIDDEN_IMPORT,
    OTHER_INTERFACE,
    MANIFEST,
    TOO_MUCH,
    OTHER_DIGEST,
    SETTINGS,
    GRANTS,
    NEEDS,
    OPERATIONS,
    NO_PLUGIN,
    REASONS,
];
