//! A plugin's crate to a core module.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::package::{Package, SDK};
use crate::toolchain::TARGET;
use crate::{BuildError, Lock, Toolchain};

/// The profile of the workspace by which plugins are compiled.
const PROFILE: &str = "plugin";

/// The same, for workspaces that do not say. Every evaluation starts from a fresh memory, so few pages count
/// more than speed.
const PROFILE_SETTINGS: [&str; 8] = [
    "profile.plugin.inherits=\"release\"",
    "profile.plugin.opt-level=\"s\"",
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic=\"abort\"",
    "profile.plugin.strip=\"debuginfo\"",
    "profile.plugin.debug=false",
    "profile.plugin.overflow-checks=true",
];

/// Bytes of stack in the plugin's own memory: one page of WebAssembly, wiped after each evaluation.
const STACK_BYTES: u32 = 64 << 10;

/// One of cargo's messages; the others are of no interest.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Compiles the crate and reads the module.
pub(crate) fn compile(
    toolchain: &Toolchain,
    package: &Package,
    target_dir: &Path,
    lock: Lock,
) -> Result<Vec<u8>, BuildError> {
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(&package.dir)
        .args(["build", "--lib", "--target", TARGET, "--profile", PROFILE])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(target_dir)
        .args(toolchain.arguments())
        .env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain, package))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if !package.has_profile(PROFILE) {
        for setting in PROFILE_SETTINGS {
            cargo.args(["--config", setting]);
        }
    }
    if lock == Lock::Keep {
        cargo.arg("--locked");
    }
    let output = cargo.output().map_err(|error| BuildError::Start {
        tool: cargo.get_program().to_string_lossy().into_owned(),
        error,
    })?;
    if !output.status.success() {
        return Err(BuildError::Compile {
            name: package.name.clone(),
        });
    }
    let module = module(&output.stdout, package).ok_or_else(|| BuildError::NoModule {
        name: package.name.clone(),
    })?;
    fs::read(&module).map_err(|error| BuildError::Read {
        path: module,
        error,
    })
}

/// The module among the files that cargo names.
fn module(messages: &[u8], package: &Package) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n');
    messages
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.package_id == package.id)
        .flat_map(|message| message.filenames)
        .find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        })
}

/// A small stack, and no path of this machine in what a panic says. The same for all plugins, so that they can
/// share what they have in common.
fn flags(toolchain: &Toolchain, package: &Package) -> OsString {
    let mut flags: Vec<OsString> = [
        "-C".to_owned(),
        "link-arg=-z".to_owned(),
        "-C".to_owned(),
        format!("link-arg=stack-size={STACK_BYTES}"),
    ]
    .map(OsString::from)
    .into();
    let mut hide = |path: &Path, name: &str| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(path);
        flag.push(format!("={name}"));
        flags.push(flag);
    };
    if let Some(home) = cargo_home() {
        hide(&home, "cargo");
    }
    if let Some(sources) = toolchain.sources() {
        hide(&sources, "rust");
    }
    if let Some(sdk) = &package.sdk {
        hide(sdk, SDK);
    }
    flags.join(&OsString::from("\u{1f}"))
}

fn cargo_home() -> Option<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}
