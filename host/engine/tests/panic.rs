//! A panic in the host quotes what it was working on; what is told of it does not.

use std::process::Command;
use std::thread;

use weft_engine::panics::tell_without_text;
use weft_tests::search::Canary;

/// Set for the process that panics.
const WORKS_ON: &str = "WEFT_TEST_WORKS_ON";
const CARD: &str = "4111 1111 1111 1111";

/// A panic ends no process and no test here: its thread is joined.
#[allow(
    clippy::disallowed_methods,
    reason = "lines are looked through as the binary's are"
)]
fn panic_while_working() {
    let work = || {
        let value = std::env::var(WORKS_ON).expect("the value");
        let work = move || panic!("cannot store {value}");
        let thread = thread::Builder::new().name("work".into()).spawn(work);
        thread.expect("a thread").join()
    };
    tell_without_text();
    let before: thread::Result<()> = work();
    tracing_subscriber::fmt()
        .with_writer(|| weft_redact::LogWriter::new(std::io::stderr()))
        .init();
    let after = work();
    assert!(before.is_err() && after.is_err());
}

#[test]
fn a_panic_is_told_by_its_place_alone() {
    if std::env::var(WORKS_ON).is_ok() {
        return panic_while_working();
    }
    let program = std::env::current_exe().expect("this program");
    let said = Command::new(program)
        .args([
            "--exact",
            "a_panic_is_told_by_its_place_alone",
            "--nocapture",
        ])
        .env(WORKS_ON, CARD)
        .output()
        .expect("it runs");
    let all = [said.stdout, said.stderr].concat();
    let text = String::from_utf8_lossy(&all);
    assert!(said.status.success(), "{text}");
    assert_eq!(text.matches("panicked").count(), 2, "{text}");
    assert_eq!(text.matches("tests/panic.rs:").count(), 2, "{text}");
    assert!(!Canary::new("card number", CARD).is_in(&all), "{text}");
    assert!(!text.contains("cannot store"), "{text}");
}
