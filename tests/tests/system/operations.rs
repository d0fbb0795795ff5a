//! The numbers of operations: counted from the log, by their definitions, and the same whenever they are asked for.

use std::fs;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::traffic::{assistance, held, usual};

fn report(host: &Host, more: &[&str]) -> Said {
    let data = host.data().display().to_string();
    run(&[&["report", "operations", "--data", &data], more].concat())
}

fn json_of(host: &Host, more: &[&str]) -> Json {
    let said = report(host, &[&["--format", "json"], more].concat());
    assert!(said.ok, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

fn ask(host: &Host, operation: &str, payment: &str, case: &str) -> Json {
    host.decide("agent", &assistance(operation, payment, case))
        .json()
}

/// Six usual payments; a held one that the customer and support release, within one case; one that stays held; a case about
/// a payment that went through; and one about a payment that nobody knows.
fn history() -> Host {
    let mut host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let waits = host.decide("service", &held("p-1")).json();
    // Before the first is released, which makes its device familiar.
    host.decide("service", &held("p-2"));
    assert_eq!(
        ask(&host, "assist.failed_payment", "p-1", "case-1")["verdict"],
        "allow"
    );
    let answer = json!({
        "operation": "assist.verify_identity",
        "payment": {"id": "p-1"},
        "challenge": {"id": waits["challenge"]["id"], "response": waits["challenge"]["response"]},
    });
    assert_eq!(host.decide("service", &answer).json()["verdict"], "allow");
    assert_eq!(
        ask(&host, "assist.confirm", "p-1", "case-1")["verdict"],
        "allow"
    );
    assert_eq!(
        ask(&host, "assist.failed_payment", "p-2", "case-2")["verdict"],
        "allow"
    );
    assert_eq!(
        ask(&host, "assist.failed_payment", "usual-1", "case-3")["verdict"],
        "allow"
    );
    assert_eq!(
        ask(&host, "assist.failed_payment", "nobody-1", "case-4")["verdict"],
        "deny"
    );
    host.stop();
    host
}

/// R8: how long a case took from its opening to its resolution is told, and cases that are open apart. R36: success, false
/// positives and disputes by their definitions.
#[test]
fn what_happened_is_counted_from_the_log() {
    let host = history();
    let told = json_of(&host, &[]);
    let payments = &told["payments"];
    assert_eq!(payments["decided"], 8, "{told}");
    assert_eq!(payments["by_verdict"]["hold"], 2, "{told}");
    assert_eq!(
        (
            &payments["approved"],
            &payments["denied"],
            &payments["open"]
        ),
        (&json!(7), &json!(0), &json!(1))
    );
    assert_eq!(payments["success"]["share"], 1.0);
    // The customer proved that they were the payer: it was flagged for nothing.
    assert_eq!(payments["false_positives"]["count"], 1, "{told}");
    assert_eq!(payments["false_positives"]["of"], 1, "{told}");
    let assistance = &told["assistance"];
    assert_eq!(assistance["requests"], 6, "{told}");
    let asked = &assistance["by_operation"]["assist.failed_payment"];
    assert_eq!((&asked["count"], &asked["of"]), (&json!(3), &json!(4)));
    let took = &assistance["time_to_resolution_s"];
    assert_eq!(took["count"], 2, "{told}");
    assert_eq!(assistance["resolved_at_once"], 1, "{told}");
    assert!(
        took["most"].as_f64().is_some_and(|most| most > 0.0),
        "{told}"
    );
    assert_eq!(assistance["open_s"]["count"], 1, "{told}");
    assert_eq!(assistance["about_no_payment"], 1, "{told}");
    let disclosure = &assistance["disclosure"];
    assert!(disclosure["count"].as_u64() > Some(0), "{told}");
    assert_eq!(told["disputes"]["opened"], 0);
    assert_eq!(told["retention"]["too_recent"], 4, "{told}");
    let released = told["interventions"].as_array().expect("a list");
    let by_support = released
        .iter()
        .find(|one| one["released"] == "after support's confirmation");
    assert_eq!(by_support.expect("one")["fraud"]["count"], 0, "{told}");
    // Nothing of anybody is in it.
    let text = told.to_string();
    assert!(!text.contains("tok_") && !text.contains("p-1"), "{text}");
}

#[test]
fn a_time_is_told_as_it_was_then() {
    let host = history();
    let all = json_of(&host, &[]);
    let day = all["days"][0]["day"].as_str().expect("a day").to_owned();
    let begin = format!("{day}T00:00:00Z");
    assert_eq!(
        json_of(&host, &["--from", &begin])["payments"],
        all["payments"]
    );
    let empty = report(&host, &["--to", &begin]);
    assert!(!empty.ok);
    assert!(
        empty.err.contains("no decision of that time"),
        "{}",
        empty.err
    );
    let wrong = report(&host, &["--from", &begin, "--to", &begin]);
    assert!(!wrong.ok);
    assert!(
        wrong.err.contains("give a --to that is after --from"),
        "{}",
        wrong.err
    );
}

#[test]
fn people_read_it_on_a_terminal_and_as_a_page() {
    let host = history();
    let told = report(&host, &[]);
    assert!(told.ok, "{}", told.err);
    for line in [
        "success rate",
        "time to resolution",
        "for 10,000 settled payments",
    ] {
        assert!(told.out.contains(line), "{line}: {}", told.out);
    }
    let page = host.data().with_extension("operations.html");
    let name = page.display().to_string();
    let said = report(&host, &["--format", "html", "--out", &name]);
    assert!(said.ok, "{}", said.err);
    assert!(
        said.err.contains("8 payments and 6 requests"),
        "{}",
        said.err
    );
    let text = fs::read_to_string(&page).expect("it is there");
    for part in ["<svg", "What the numbers mean", "100.0 % (7 of 7"] {
        assert!(text.contains(part), "no {part}");
    }
    assert!(!text.contains("<script"));
}

/// Of a log that was changed nothing is told.
#[test]
fn a_changed_log_is_not_counted() {
    let host = history();
    let log = host.data().join("audit/log");
    let file = fs::read_dir(&log).expect("the log").flatten().next();
    let file = file.expect("a file").path();
    let mut bytes = fs::read(&file).expect("read");
    let middle = bytes
        .windows(9)
        .position(|part| part == b"\"allow\",\"")
        .or_else(|| bytes.windows(7).position(|part| part == b"\"allow\""));
    bytes[middle.expect("a verdict") + 1] = b'b';
    fs::write(&file, bytes).expect("written");
    let told = report(&host, &[]);
    assert!(!told.ok);
    assert!(told.err.contains("no report is made of it"), "{}", told.err);
}
