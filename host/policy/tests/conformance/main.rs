//! The policy language measured by CEL's public conformance cases.
//!
//! A case that the language does not have is refused when it is loaded, and that is fine: the gap has a name
//! and a reason. A case that is answered has to be answered right: a wrong answer fails this test, and so does
//! a case that passed and passes no more. What came of all cases stands in `CONFORMANCE.md`, and the names of
//! those that pass in `passing.txt`; `WEFT_UPDATE=1 cargo test -p weft-policy --test conformance` writes both.
//!
//! The cases are others' work and are fetched by `.ci/cel-spec`. Without them the test says that it was left
//! out; where `WEFT_REQUIRE_CEL_SPEC` is 1, as in `.ci/run`, it fails.

mod ask;
mod cases;
mod report;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ask::Outcome;

const VERSION: &str = "0.6.1";

fn fetched() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("target");
    target.join(format!("cel-spec/conformance-{VERSION}.json"))
}

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn no_case_is_answered_wrong_and_none_gets_lost() {
    let Ok(text) = std::fs::read_to_string(fetched()) else {
        assert!(
            std::env::var("WEFT_REQUIRE_CEL_SPEC").as_deref() != Ok("1"),
            "the conformance cases of CEL are required here and are not there; `sh .ci/cel-spec` fetches them"
        );
        // Not `eprintln`: that is shown only for tests that fail.
        let _ = writeln!(
            std::io::stderr(),
            "weft: LEFT OUT: the conformance cases of CEL are not there; `sh .ci/cel-spec` fetches them"
        );
        return;
    };
    let cases = cases::read(&text);
    let outcomes = ask::all(&cases);
    let answered: Vec<_> = cases.iter().zip(&outcomes).collect();
    let wrong: Vec<String> = answered
        .iter()
        .filter_map(|(case, outcome)| match outcome {
            Outcome::Wrong(what) => Some(format!("{}: {what}\n    {}", case.name, case.expression)),
            _ => None,
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong answers:\n{}",
        wrong.len(),
        wrong.join("\n")
    );

    let passing: BTreeSet<&str> = answered
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Passed))
        .map(|(case, _)| case.name.as_str())
        .collect();
    let page = report::page(&answered);
    let (names, doc) = (own("tests/conformance/passing.txt"), own("CONFORMANCE.md"));
    if std::env::var_os("WEFT_UPDATE").is_some() {
        let list: String = passing.iter().map(|name| format!("{name}\n")).collect();
        std::fs::write(&names, list).expect("written");
        std::fs::write(&doc, page).expect("written");
        return;
    }
    let before = std::fs::read_to_string(&names).expect("passing.txt");
    let lost: Vec<&str> = before
        .lines()
        .filter(|name| !passing.contains(name))
        .collect();
    assert!(
        lost.is_empty(),
        "passed before, and pass no more: {lost:#?}"
    );
    let told = std::fs::read_to_string(&doc).expect("CONFORMANCE.md");
    assert!(
        told == page,
        "CONFORMANCE.md is not what came of the cases: run \
         `WEFT_UPDATE=1 cargo test --release -p weft-policy --test conformance`, and look at what changed"
    );
}
