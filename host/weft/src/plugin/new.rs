//! `weft plugin new`: a crate from the SDK's template.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Failed;
use crate::output;

/// Make a new plugin crate that builds and whose tests pass.
///
/// It holds an example that you change: what it needs, what a policy may set, why it decides, and the
/// function. sdk/README.md goes through it step by step.
#[derive(Args)]
pub(crate) struct New {
    /// The plugin's name, such as amount-limit.
    name: String,
    /// Where the crate goes; unless given, a directory of the plugin's name.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The SDK; unless given, it is looked for above the new crate, the current directory and this program.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// Why there is no new crate.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error(
        "this cannot be the name of a plugin; use at most 64 small letters, digits and hyphens, a letter first"
    )]
    Name,
    #[error("{} is there already; choose another name, or another place with --dir DIR", .0.display())]
    Exists(PathBuf),
    #[error(
        "weft-sdk is not found above the new crate, the current directory or this program; name its directory \
         with --sdk DIR (sdk/rust in Weft's own)"
    )]
    NoSdk,
    #[error("{} is not weft-sdk: it has no Cargo.toml of that crate; name sdk/rust of Weft's own directory", .0.display())]
    NotTheSdk(PathBuf),
    #[error("{} cannot be written: {error}", .path.display())]
    Write {
        path: PathBuf,
        error: std::io::Error,
    },
}

/// The files of the template, by name; `{{…}}` is filled in.
const FILES: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        include_str!("../../../../sdk/template/Cargo.toml.in"),
    ),
    (
        "src/lib.rs",
        include_str!("../../../../sdk/template/src/lib.rs"),
    ),
    (
        "input.json",
        include_str!("../../../../sdk/template/input.json"),
    ),
    (
        "policy.yaml",
        include_str!("../../../../sdk/template/policy.yaml.in"),
    ),
    (
        ".gitignore",
        include_str!("../../../../sdk/template/gitignore"),
    ),
];

const SDK: &str = "sdk/rust";

pub(super) fn run(args: &New) -> Result<(), Failed> {
    if !is_name(&args.name) {
        return Err(NewError::Name.into());
    }
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(&args.name));
    if dir.exists() {
        return Err(NewError::Exists(dir).into());
    }
    let place = std::path::absolute(&dir)?;
    let (sdk, why) = dependency(&find_sdk(args, &place)?, &place);
    for (file, template) in FILES {
        let text = template
            .replace("{{name}}", &args.name)
            .replace("{{sdk}}", &sdk)
            .replace("{{why}}", why);
        write(&dir.join(file), &text)?;
    }
    let shown = dir.display();
    output::line(&format!(
        "{shown} is a plugin that builds and whose tests pass. Change {shown}/src/lib.rs, then:\n\n  \
         (cd {shown} && cargo test)\n  \
         weft plugin build {shown} --out {shown}/out\n  \
         weft plugin inspect {shown}/out/{name}.wasm\n  \
         weft plugin run {shown}/out/{name}.wasm --input {shown}/input.json\n\n\
         {shown}/policy.yaml is a policy that asks it.",
        name = args.name,
    ));
    Ok(())
}

/// A name for the host and for cargo.
fn is_name(name: &str) -> bool {
    const MAX_CHARS: usize = 64;
    name.len() <= MAX_CHARS
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn find_sdk(args: &New, place: &Path) -> Result<PathBuf, NewError> {
    if let Some(given) = &args.sdk {
        let found = given.canonicalize().ok().filter(|dir| is_sdk(dir));
        return found.ok_or_else(|| NewError::NotTheSdk(given.clone()));
    }
    let starts = [
        Some(place.to_owned()),
        std::env::current_dir().ok(),
        std::env::current_exe().ok(),
    ];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|dir| dir.join(SDK))
        .find(|dir| is_sdk(dir))
        .ok_or(NewError::NoSdk)
}

fn is_sdk(dir: &Path) -> bool {
    let manifest = fs::read_to_string(dir.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.contains("name = \"weft-sdk\""))
}

/// The path that the new crate names, and what to say about it: relative within one repository, so that it
/// can be cloned elsewhere.
fn dependency(sdk: &Path, place: &Path) -> (String, &'static str) {
    let root = sdk.ancestors().nth(2);
    match root.and_then(|root| place.strip_prefix(root).ok()) {
        Some(inside) => {
            let up = "../".repeat(inside.components().count());
            (format!("{up}{SDK}"), "The SDK of this repository.")
        }
        None => (
            sdk.display().to_string(),
            "The SDK on this machine. On another machine, name its place there.",
        ),
    }
}

fn write(path: &Path, text: &str) -> Result<(), NewError> {
    let written = match path.parent() {
        Some(dir) => fs::create_dir_all(dir).and_then(|()| fs::write(path, text)),
        None => fs::write(path, text),
    };
    written.map_err(|error| NewError::Write {
        path: path.into(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_cargo_and_the_host() {
        assert!(is_name("amount-limit2"));
        for bad in ["", "2fast", "Amount", "a_b", "a b", "../a", "é"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_crate_in_the_repository_names_the_sdk_relatively() {
        let sdk = Path::new("/w/sdk/rust");
        let (path, _) = dependency(sdk, Path::new("/w/plugins/mine"));
        assert_eq!(path, "../../sdk/rust");
        let (path, _) = dependency(sdk, Path::new("/elsewhere/mine"));
        assert_eq!(path, "/w/sdk/rust");
    }
}
