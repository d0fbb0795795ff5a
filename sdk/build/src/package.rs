//! What cargo knows about a plugin's crate.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{BuildError, Toolchain};

/// The crate with which plugins are written.
pub(crate) const SDK: &str = "weft-sdk";

/// A crate that is a plugin.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its directory, absolute.
    pub(crate) dir: PathBuf,
    pub(crate) id: String,
    /// The directory of the workspace that it belongs to; its own if to none.
    pub(crate) workspace: PathBuf,
    /// Where the SDK is, if it is on this machine beside it.
    pub(crate) sdk: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Listed>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    id: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

impl Package {
    pub(crate) fn find(toolchain: &Toolchain, dir: &Path) -> Result<Package, BuildError> {
        let no_crate = || BuildError::NoCrate { dir: dir.into() };
        let root = dir.canonicalize().map_err(|_| no_crate())?;
        let manifest = root.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(no_crate());
        }
        let metadata = metadata(toolchain, &root, dir)?;
        let listed = metadata
            .packages
            .into_iter()
            .find(|package| package.manifest_path == manifest)
            .ok_or_else(no_crate)?;
        check(&listed)?;
        let sdk = listed.dependencies.into_iter().find(|d| d.name == SDK);
        Ok(Package {
            name: listed.name,
            dir: root,
            id: listed.id,
            workspace: metadata.workspace_root,
            sdk: sdk.and_then(|dependency| dependency.path),
        })
    }

    /// Where cargo works: beside the plugins of a workspace, so that they share what they have in common and
    /// the host's builds are not in the way; in the crate's own directory otherwise.
    pub(crate) fn target_dir(&self) -> PathBuf {
        let shared = self.dir.parent().filter(|_| self.workspace != self.dir);
        shared.unwrap_or(&self.dir).join("target")
    }

    /// Whether the workspace says how plugins are compiled.
    pub(crate) fn has_profile(&self, profile: &str) -> bool {
        let read = fs::read_to_string(self.workspace.join("Cargo.toml"));
        let table = read.ok().and_then(|text| text.parse::<toml::Table>().ok());
        table.is_some_and(|table| {
            table
                .get("profile")
                .is_some_and(|p| p.get(profile).is_some())
        })
    }
}

fn metadata(toolchain: &Toolchain, root: &Path, shown: &Path) -> Result<Metadata, BuildError> {
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(root)
        .args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = cargo.output().map_err(|error| BuildError::Start {
        tool: cargo.get_program().to_string_lossy().into_owned(),
        error,
    })?;
    let wrong = |why: String| BuildError::Metadata {
        dir: shown.into(),
        why,
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(wrong(said.trim().trim_start_matches("error: ").to_owned()));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| wrong(format!("its metadata is of another form ({error})")))
}

fn check(package: &Listed) -> Result<(), BuildError> {
    let not = |why, remedy| {
        Err(BuildError::NotAPlugin {
            name: package.name.clone(),
            why,
            remedy,
        })
    };
    if package.dependencies.iter().all(|d| d.name != SDK) {
        return not(
            "it does not depend on weft-sdk",
            "add it to `[dependencies]`; `weft plugin new` makes a crate that has everything",
        );
    }
    let types = package
        .targets
        .iter()
        .flat_map(|target| &target.crate_types);
    if types.into_iter().all(|kind| kind != "cdylib") {
        return not(
            "it is not built as a module of its own",
            "add `[lib]` with `crate-type = [\"cdylib\", \"rlib\"]` to its Cargo.toml",
        );
    }
    Ok(())
}
