//! `weft plugin check`: components, looked at as the host does, and against the dictionary.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_dictionary::Dictionary;
use weft_policy::PolicySet;
use weft_sandbox::fit::{self, Unfit};
use weft_sandbox::manifest::Manifest;

use super::{load, thousands};
use crate::exit::Failed;
use crate::output;

/// Check components as the host does before it uses them.
///
/// The whole file is verified, compiled and asked for its manifest; then each of its needs is looked up in the
/// dictionary, and each of its operations in pipeline.yaml. Exits 0 when the host takes all of them.
#[derive(Args)]
pub(crate) struct Check {
    /// Components.
    #[arg(required = true, value_name = "FILE.wasm")]
    files: Vec<PathBuf>,
    /// The directory with dictionary.yaml and pipeline.yaml.
    #[arg(long, value_name = "DIR", default_value = "policies")]
    policies: PathBuf,
}

pub(super) fn run(args: &Check) -> Result<(), Failed> {
    let host = host(&args.policies)?;
    let sandbox = load::sandbox()?;
    let mut refused = 0;
    for file in &args.files {
        let loaded = match load::load(&sandbox, file) {
            Ok(loaded) => loaded,
            Err(error) => {
                output::error(&error.to_string());
                refused += 1;
                continue;
            }
        };
        let manifest = loaded.plugin.manifest();
        let problems = host
            .as_ref()
            .map_or_else(Vec::new, |host| host.unfit(manifest));
        if problems.is_empty() {
            sound(file, loaded.bytes.len(), manifest, loaded.plugin.digest());
            continue;
        }
        refused += 1;
        for problem in problems {
            output::error(&format!(
                "{}: {} ({})",
                file.display(),
                problem.message,
                problem.help
            ));
        }
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failed::Said)
    }
}

/// What the host has that a plugin may ask for.
struct Host {
    dictionary: Dictionary,
    policies: Option<PolicySet>,
}

impl Host {
    fn unfit(&self, manifest: &Manifest) -> Vec<Unfit> {
        let mut found = fit::needs(manifest, &self.dictionary);
        if let Some(set) = &self.policies {
            let known = set.operations().iter().map(|o| o.name.as_str());
            found.extend(fit::operations(manifest, known));
        }
        found
    }
}

/// What is not there is not looked up, and that is said.
fn host(policies: &Path) -> Result<Option<Host>, Failed> {
    let is_there = |name| {
        let file = policies.join(name);
        let found = file.exists();
        if !found {
            output::step(&format!(
                "there is no {}, so what a plugin asks for is not looked up there; name its directory with \
                 --policies DIR",
                file.display()
            ));
        }
        found
    };
    if !is_there("dictionary.yaml") {
        return Ok(None);
    }
    let dictionary = Dictionary::load(&policies.join("dictionary.yaml"))?;
    let policies = if is_there("pipeline.yaml") {
        Some(PolicySet::load(policies, &dictionary)?)
    } else {
        None
    };
    Ok(Some(Host {
        dictionary,
        policies,
    }))
}

fn sound(file: &Path, bytes: usize, manifest: &Manifest, digest: &str) {
    output::line(&format!(
        "{}  sound: {} {}, {} bytes, sha256 {digest}; {}, {}, {}, {}",
        file.display(),
        manifest.name,
        manifest.version,
        thousands(bytes as u64),
        output::counted(manifest.operations.len(), "operation"),
        output::counted(manifest.needs.len(), "need"),
        output::counted(manifest.settings.len(), "setting"),
        output::counted(manifest.reasons.len(), "reason"),
    ));
}
