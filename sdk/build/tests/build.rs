//! Crates that become plugins, and crates that do not. Real builds, which share `plugins/target` with the
//! reference plugins, so that the standard library is compiled once.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weft_plugin_build::{BuildError, Built, Lock, Order, Toolchain, build};
use weft_sandbox::{Sandbox, SandboxConfig};

const POLICY: &str = r#"
use weft_sdk::prelude::*;

#[derive(Needs)]
struct Input {
    #[need("payment.amount", purpose = "fraud-prevention")]
    amount: Money,
}

#[policy(operations = ["payment.authorize"])]
fn limit(_: &Context, _: &(), input: &Input) -> Finding {
    assert!(input.amount.minor_units >= 0, "less than nothing");
    Finding::new(Verdict::Allow)
}
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the repository")
}

/// A crate of its own, with the dependencies of the repository.
fn new_crate(name: &str, lib: &str, dependencies: &str, source: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\n{lib}\n\
         [dependencies]\n{dependencies}\n[workspace]\n"
    );
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("written");
    fs::copy(root().join("Cargo.lock"), dir.path().join("Cargo.lock")).expect("copied");
    fs::create_dir(dir.path().join("src")).expect("a directory");
    fs::write(dir.path().join("src/lib.rs"), source).expect("written");
    dir
}

/// Each has another name, because they share a target directory.
fn plugin_crate(name: &str, source: &str) -> TempDir {
    let sdk = format!("weft-sdk = {{ path = {:?} }}", root().join("sdk/rust"));
    new_crate(name, "crate-type = [\"cdylib\", \"rlib\"]", &sdk, source)
}

fn built(dir: &Path) -> Result<Built, BuildError> {
    let toolchain = Toolchain::find().expect("`make setup` sets one up");
    let order = Order {
        dir,
        out: &dir.join("out"),
        target_dir: Some(&root().join("plugins/target")),
        lock: Lock::Update,
    };
    build(&toolchain, &order)
}

#[test]
fn a_crate_with_a_policy_becomes_a_component_that_the_host_loads() {
    let dir = plugin_crate("tiny", POLICY);
    let built = built(dir.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(built.name, "tiny");
    assert_eq!(fs::read(&built.path).expect("the file"), built.component);
    let left = fs::read_dir(dir.path().join("out"))
        .expect("a directory")
        .count();
    assert_eq!(left, 1, "nothing unfinished is left beside it");
    assert!(
        built.component.len() < 100_000,
        "{} bytes",
        built.component.len()
    );
    let sandbox = Sandbox::new(SandboxConfig::default()).expect("a sandbox");
    let plugin = sandbox
        .load(&built.component)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plugin.manifest().operations, ["payment.authorize"]);
    assert_eq!(plugin.manifest().needs[0].field, "payment.amount");
    for path in [dir.path(), &root(), &std::env::home_dir().expect("a home")] {
        let path = path.to_str().expect("text").as_bytes();
        let found = built
            .component
            .windows(path.len())
            .any(|window| window == path);
        assert!(!found, "a path of this machine is in the component");
    }
}

#[test]
fn a_crate_that_does_not_compile_is_left_to_cargo_to_explain() {
    let dir = plugin_crate("broken", "pub fn broken() -> i64 { \"text\" }");
    let error = built(dir.path()).expect_err("it does not compile");
    assert!(
        matches!(&error, BuildError::Compile { name } if name == "broken"),
        "{error}"
    );
    assert!(!dir.path().join("out").exists(), "nothing is written");
}

#[test]
fn a_crate_without_a_policy_is_told_to_have_one() {
    let dir = plugin_crate("no-policy", "");
    let error = built(dir.path()).expect_err("it has no policy");
    assert!(matches!(error, BuildError::NoPolicy), "{error}");
}

#[test]
fn what_is_no_plugin_crate_is_told_what_it_lacks() {
    let empty = tempfile::tempdir().expect("a directory");
    let error = built(empty.path()).expect_err("it is empty");
    assert!(matches!(error, BuildError::NoCrate { .. }), "{error}");

    let no_sdk = new_crate("no-sdk", "crate-type = [\"cdylib\"]", "", "");
    let error = built(no_sdk.path()).expect_err("it has no SDK").to_string();
    assert!(
        error.contains("it does not depend on weft-sdk; add it"),
        "{error}"
    );

    let sdk = format!("weft-sdk = {{ path = {:?} }}", root().join("sdk/rust"));
    let no_cdylib = new_crate("no-cdylib", "", &sdk, "");
    let error = built(no_cdylib.path())
        .expect_err("it is a plain library")
        .to_string();
    assert!(
        error.contains("`crate-type = [\"cdylib\", \"rlib\"]`"),
        "{error}"
    );

    fs::write(no_sdk.path().join("Cargo.toml"), "[package").expect("written");
    let error = built(no_sdk.path()).expect_err("its manifest is broken");
    assert!(matches!(error, BuildError::Metadata { .. }), "{error}");
}
