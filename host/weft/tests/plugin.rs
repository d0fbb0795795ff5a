//! A newcomer's way: a new crate, a component, what it says of itself, one evaluation; and what goes wrong.
//! The crate is compiled in `plugins/target`, so that the standard library is compiled once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value as Json;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the repository")
}

fn weft(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weft"))
        .arg("plugin")
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("weft starts")
}

/// What it says, when all is well.
fn said(arguments: &[&str]) -> String {
    let output = weft(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// What it says, when something is wrong.
fn told(arguments: &[&str]) -> String {
    let output = weft(arguments);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{arguments:?}: {}",
        text(&output.stdout)
    );
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// A new plugin, built once for all tests.
struct Story {
    dir: TempDir,
}

impl Story {
    fn get() -> &'static Story {
        static STORY: OnceLock<Story> = OnceLock::new();
        STORY.get_or_init(|| {
            let story = Story {
                dir: tempfile::tempdir().expect("a directory"),
            };
            let plugin = story.path("plugin");
            said(&["new", "story-limit", "--dir", &plugin]);
            // The dependencies of the repository, which are here already.
            fs::copy(root().join("Cargo.lock"), story.path("plugin/Cargo.lock")).expect("copied");
            let out = story.path("out");
            let built = said(&[
                "build",
                &plugin,
                "--out",
                &out,
                "--target-dir",
                "plugins/target",
            ]);
            assert!(built.contains("story-limit 0.1.0, "), "{built}");
            story
        })
    }

    fn path(&self, name: &str) -> String {
        self.dir
            .path()
            .join(name)
            .to_str()
            .expect("text")
            .to_owned()
    }

    fn component(&self) -> String {
        self.path("out/story-limit.wasm")
    }

    /// A file of that name and text.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        path
    }
}

#[test]
fn a_new_plugin_is_sound_and_says_what_it_is() {
    let story = Story::get();
    let checked = said(&["check", &story.component()]);
    assert!(checked.contains("sound: story-limit 0.1.0"), "{checked}");
    let page = said(&["inspect", &story.component()]);
    for part in [
        "imports  weft:policy/types@0.1.0, weft:policy/log@0.1.0\n",
        "payment.amount               money     clear  required  for fraud-prevention\n",
        "limit_minor  integer   = 50000         at least 0 ",
        "over-limit  The amount is over the limit\n",
    ] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    let json: Json =
        serde_json::from_str(&said(&["inspect", &story.component(), "--json"])).expect("JSON");
    assert_eq!(json["manifest"]["needs"][0]["field"], "payment.amount");
    assert_eq!(
        json["bytes"],
        fs::metadata(story.component()).expect("a file").len()
    );
}

#[test]
fn its_own_input_is_challenged_and_a_policy_can_raise_the_limit() {
    let story = Story::get();
    let input = story.path("plugin/input.json");
    let ran = said(&["run", &story.component(), "--input", &input]);
    assert!(
        ran.starts_with("verdict  challenge   risk 400 of 1000\n"),
        "{ran}"
    );
    assert!(
        ran.contains("rests on payment.amount, behaviour.account_payee.age\n"),
        "{ran}"
    );
    assert!(
        ran.contains("oblige   step-up  method = app-approval\n"),
        "{ran}"
    );
    assert!(ran.contains("log      info: over the limit\n"), "{ran}");
    let settings = story.file("settings.yaml", "limit_minor: 50100\n");
    let ran = said(&[
        "run",
        &story.component(),
        "--input",
        &input,
        "--settings",
        &settings,
    ]);
    assert!(ran.starts_with("verdict  abstain\n"), "{ran}");
}

#[test]
fn what_is_wrong_with_an_evaluation_is_named() {
    let story = Story::get();
    let component = story.component();
    let with = |name: &str, input: &str| {
        let input = story.file(name, input);
        told(&["run", &component, "--input", &input])
    };
    let misspelt = with("misspelt.json", r#"{"payment.amuont": 1}"#);
    assert!(
        misspelt.contains("did you mean `payment.amount`?"),
        "{misspelt}"
    );
    let number = with("number.json", r#"{"payment.amount": 4711}"#);
    assert!(
        number.contains("`payment.amount` is not an amount"),
        "{number}"
    );
    assert!(!number.contains("4711"), "a value is quoted: {number}");
    let absent = with("absent.json", "{}");
    assert!(
        absent.contains("`payment.amount` is required by the plugin"),
        "{absent}"
    );
    let broken = with("broken.json", "{\"payment.amount\": ");
    assert!(broken.contains("broken.json:1:1"), "{broken}");

    let input = story.path("plugin/input.json");
    let settings = story.file("wrong.yaml", "limit_minor: -1\nmetod: fax\n");
    let wrong = told(&[
        "run",
        &component,
        "--input",
        &input,
        "--settings",
        &settings,
    ]);
    assert!(
        wrong.contains("setting metod: ") && wrong.contains("setting limit_minor: "),
        "{wrong}"
    );
    let other = told(&[
        "run",
        &component,
        "--input",
        &input,
        "--operation",
        "assist.refund",
    ]);
    assert!(other.contains("it decides payment.authorize"), "{other}");
}

#[test]
fn a_file_that_the_host_refuses_is_told_with_its_code_and_the_others_are_checked() {
    let story = Story::get();
    let no_wasm = story.file("no.wasm", "text");
    let output = weft(&["check", &no_wasm, &story.component()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("sound: story-limit"));
    let told = text(&output.stderr);
    assert!(
        told.contains("not a WebAssembly component") && told.contains("weft explain W0401"),
        "{told}"
    );
}

#[test]
fn needs_that_no_request_has_are_found() {
    let story = Story::get();
    let dictionary = root().join("policies/dictionary.yaml");
    let dictionary = fs::read_to_string(dictionary).expect("the dictionary");
    let other = dictionary.replace(
        "name: behaviour.account_payee.age",
        "name: behaviour.account_payee.years",
    );
    fs::create_dir_all(story.path("policies")).expect("a directory");
    story.file("policies/dictionary.yaml", &other);
    let told = told(&[
        "check",
        &story.component(),
        "--policies",
        &story.path("policies"),
    ]);
    assert!(
        told.contains(
            "needs the field `behaviour.account_payee.age`, which the dictionary does not have"
        ) && told.contains("did you mean `behaviour.account_payee.years`?"),
        "{told}"
    );
}

#[test]
fn what_is_there_is_not_overwritten() {
    let story = Story::get();
    let told = told(&["new", "story-limit", "--dir", &story.path("plugin")]);
    assert!(told.contains("is there already"), "{told}");
}
