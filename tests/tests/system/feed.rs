//! Historical payments through the engine.

use std::fmt::Write;
use std::fs;

use weft_tests::binary::{run, shared_data};

const MAP: &str = "examples/feeds/handbook.yaml";

/// A history of our own in the columns of the map: regular customers, one of them suddenly elsewhere.
fn history(lines: u32) -> String {
    let mut text = String::from(
        "TRANSACTION_ID,TX_TIME_SECONDS,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO\n",
    );
    for n in 0..lines {
        let (customer, terminal) = (n % 17, n % 5);
        let amount = 10 + n % 30;
        let _ = writeln!(text, "{n},{},{customer},{terminal},{amount}.50,0,0", n * 40);
    }
    text
}

#[test]
fn a_history_is_decided_and_its_log_verifies() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let file = dir.path().join("history.csv");
    let mut text = history(600);
    // Two lines that are no payments do not keep the others from being decided.
    text.push_str("600,24000,1,1,not-an-amount,0,0\n601,yesterday,1,1,5.00,0,0\n");
    fs::write(&file, text).expect("written");
    let file = file.display().to_string();
    let said = run(&["feed", &file, "--map", MAP, "--data", &data]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("600 payments decided"), "{}", said.out);
    assert!(said.out.contains("2 lines were refused"), "{}", said.out);
    assert!(
        said.out.contains("line 602: ") && said.out.contains("line 603: "),
        "{}",
        said.out
    );
    assert!(said.out.contains("the log is  sound"), "{}", said.out);
    assert!(!said.out.contains("not-an-amount") && !said.err.contains("not-an-amount"));
}

/// A typo in a time does not move the clock: what is right before and behind it is decided.
#[test]
fn a_payment_of_the_future_is_refused_with_its_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let file = dir.path().join("history.csv");
    let mut text = history(20);
    // In the year 2050, and behind 9999.
    text.push_str("20,1000000000,1,1,5.00,0,0\n21,999999999999,1,1,5.00,0,0\n22,18446744073709551615,1,1,5.00,0,0\n");
    text.push_str("23,900,1,1,5.00,0,0\n");
    fs::write(&file, text).expect("written");
    let file = file.display().to_string();
    let said = run(&["feed", &file, "--map", MAP, "--data", &data]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("21 payments decided"), "{}", said.out);
    assert!(said.out.contains("3 lines were refused"), "{}", said.out);
    for line in [22, 23] {
        let expected = format!("line {line}: the payment is more than a day later");
        assert!(said.out.contains(&expected), "{}", said.out);
    }
    assert!(said.out.contains("line 24: "), "{}", said.out);
    assert!(said.out.contains("correct the time"), "{}", said.out);
}

#[test]
fn a_map_that_does_not_fit_is_told_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let map = dir.path().join("map.yaml");
    let text = "version: 1\nformat: csv\noperation: payment.authorize\ntime: {from: TX_TIME_SECONDS, unit: s}\nfields:\n  - {field: payment.amuont, from: TX_AMOUNT, currency: EUR}\n";
    fs::write(&map, text).expect("written");
    let map = map.display().to_string();
    let data = dir.path().join("data").display().to_string();
    let said = run(&["feed", "nothing.csv", "--map", &map, "--data", &data]);
    assert!(!said.ok);
    assert!(said.err.contains("map.yaml:6:13"), "{}", said.err);
    assert!(
        said.err.contains("did you mean `payment.amount`?"),
        "{}",
        said.err
    );
}

#[test]
fn a_day_of_the_handbook_is_decided_and_its_log_verifies() {
    let file = "handbook/transactions_2018-04-01_2018-07-22.csv.gz";
    let Some(file) = shared_data(file) else {
        return;
    };
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let file = file.display().to_string();
    let said = run(&[
        "feed",
        &file,
        "--map",
        MAP,
        "--data",
        &data,
        "--until",
        "2018-04-02T00:00:00Z",
    ]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("9488 payments decided"), "{}", said.out);
    assert!(
        !said.out.contains("refused without a decision"),
        "{}",
        said.out
    );
    assert!(said.out.contains("the log is  sound"), "{}", said.out);
}
