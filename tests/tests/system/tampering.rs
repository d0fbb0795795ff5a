//! `weft audit verify` finds every flipped bit, and says where.

use std::fs;
use std::path::Path;

use weft_tests::Answer;
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::files::files;
use weft_tests::traffic::usual;

fn log() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let said = run(&["demo", "--data", &data]);
    assert!(said.ok, "{}", said.err);
    (dir, data)
}

fn verify(data: &str) -> Said {
    run(&["audit", "verify", "--data", data])
}

#[test]
fn a_bit_flipped_in_any_file_is_found_with_its_place() {
    let (dir, data) = log();
    assert!(verify(&data).ok);
    let audit = dir.path().join("data/audit");
    let mut flipped = 0;
    for path in files(&audit) {
        let sound = fs::read(&path).expect("readable");
        // The first byte, the last one, and some between; segments of the journal are long and mostly zeros.
        let length = sound.len();
        let places = [
            0,
            length / 97,
            length / 3,
            length / 2,
            length.saturating_sub(1),
        ];
        for place in places.into_iter().filter(|p| *p < length) {
            let mut bytes = sound.clone();
            bytes[place] ^= 1 << (place % 8);
            fs::write(&path, &bytes).expect("written");
            let said = verify(&data);
            let name = path.file_name().expect("a name").to_string_lossy();
            assert!(!said.ok, "{} byte {place}:\n{}", path.display(), said.out);
            assert!(
                said.out.contains(&*name),
                "{} byte {place}:\n{}",
                path.display(),
                said.out
            );
            flipped += 1;
        }
        fs::write(&path, &sound).expect("written");
    }
    assert!(flipped >= 20, "only {flipped} bits were flipped");
    let said = verify(&data);
    assert!(said.ok, "all is as before, but: {}", said.out);
}

#[test]
fn a_log_that_was_forged_as_a_whole_does_not_match_the_key_that_is_trusted() {
    let (dir, data) = log();
    let (_other_dir, other) = log();
    let trusted = dir.path().join("data/audit/log.vkey").display().to_string();
    let good = run(&["audit", "verify", "--data", &data, "--key", &trusted]);
    assert!(good.ok, "{}{}", good.out, good.err);
    let forged = run(&["audit", "verify", "--data", &other, "--key", &trusted]);
    assert!(!forged.ok, "{}", forged.out);
}

fn decide(host: &Host, n: u32) -> Answer {
    let payment = format!("before-{n}");
    let body = usual(&payment).to_string();
    let key = [("Idempotency-Key", payment.as_str())];
    host.post("service", "application/json", body.as_bytes(), &key)
}

/// What opening did to the log stands in the log.
#[test]
fn a_torn_tail_and_a_lost_store_are_told_in_the_log() {
    let mut host = Host::start("");
    for n in 0..5 {
        decide(&host, n);
    }
    host.kill();
    tear(&host.data().join("audit/log"));
    fs::remove_dir_all(host.data().join("audit/store")).expect("removed");
    host.go_on();
    let answer = decide(&host, 3);
    assert!(answer.json()["decision"].is_string(), "{}", answer.text());
    let records = host.stop_and_read();
    let event = |name: &str| {
        let found = records.iter().find(|r| r["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let cut = event("log.tail_cut");
    assert_eq!(cut["detail"]["bytes"], TORN.len(), "{cut}");
    assert_eq!(cut["detail"]["segment"], "00000000000000000000.journal");
    let rebuilt = event("store.rebuilt");
    assert_eq!(rebuilt["detail"]["why"], "it is missing");
    let decisions = records.iter().filter(|r| r["decision"].is_string());
    assert_eq!(decisions.count(), 5, "all are there, none twice");
}

/// The beginning of a record, as a power cut leaves it.
const TORN: [u8; 12] = [0xFE, b'W', b'J', 0xFF, 1, 0, 0xFF, 0x07, 9, 9, 9, 9];

/// Leaves the beginning of another record behind the last one.
fn tear(log: &Path) {
    let segment = log.join("00000000000000000000.journal");
    let mut bytes = fs::read(&segment).expect("readable");
    let end = bytes.iter().rposition(|b| *b != 0).expect("records") + 1;
    assert_eq!(bytes[end - 1], b'}', "records are JSON");
    bytes[end..end + TORN.len()].copy_from_slice(&TORN);
    fs::write(&segment, bytes).expect("written");
}
