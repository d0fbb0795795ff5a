//! What opens a commitment is checked with the exported script, and by this crate, and each sees what we change.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{decision, id, open};
use weft_audit::export::proofs_script;
use weft_audit::{BadOpening, DecisionRecord, ExportError, Filter, Opening, Record, export};

/// Decisions that commit to facts; the others are of a host that did not.
const COMMITTED: [u64; 2] = [5, 6];
const COUNT: u64 = 20;

fn opening(n: u64, field: &str, value: Value) -> Opening {
    Opening::new(&id(n), field, &[n as u8; 32], &value)
}

fn facts(n: u64) -> [Opening; 2] {
    [
        opening(n, "payer.city", json!("Gentbrugge")),
        opening(n, "location.latitude", json!("51.0543")),
    ]
}

fn committed(n: u64) -> DecisionRecord {
    let Record::Decision(mut record) = decision(n) else {
        panic!("a decision")
    };
    if COMMITTED.contains(&n) {
        let facts = facts(n);
        let pairs = facts
            .iter()
            .map(|one| (one.field().to_owned(), one.commitment()));
        record.commitments = pairs.collect();
    }
    // A text that looks like commitments, where anybody may write.
    let hash = opening(n, "payer.city", json!("Atlantis")).commitment();
    record.case = Some(format!(
        r#"","commitments":{{"payer.city":"{hash}"}},"decision":"{}","#,
        id(n)
    ));
    *record
}

fn log() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    for n in 0..COUNT {
        let record = Record::Decision(Box::new(committed(n)));
        log.append_blocking(&record).expect("durable");
    }
    log.close().expect("closed");
    dir
}

fn verify(export: &Path) -> Result<String, String> {
    let output = Command::new("sh").arg(export.join("verify.sh")).output();
    let output = output.expect("it can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

fn exported(openings: &[Opening]) -> (tempfile::TempDir, PathBuf) {
    let to = tempfile::tempdir().expect("a directory");
    let out = to.path().join("export");
    let exported = export(log().path(), &out, None, openings, &|_| {}).expect("exported");
    assert_eq!(exported.openings, openings.len() as u64);
    (to, out)
}

/// A pack of single records beside their proofs, without the log, as evidence is.
fn pack(export: &Path) {
    fs::write(export.join("verify.sh"), proofs_script()).expect("written");
    fs::remove_dir_all(export.join("tile")).expect("removed");
    for n in COMMITTED {
        for (from, to) in [
            (
                format!("proofs/{}.json", id(n)),
                format!("proofs/record-{n}.json"),
            ),
            (
                format!("proofs/{}.tlog-proof", id(n)),
                format!("proofs/record-{n}.tlog-proof"),
            ),
            (
                format!("openings/{}", id(n)),
                format!("openings/record-{n}"),
            ),
        ] {
            fs::rename(export.join(from), export.join(to)).expect("renamed");
        }
    }
}

#[test]
fn an_opening_is_verified_beside_the_proof_of_its_record() {
    let openings = COMMITTED.map(facts).concat();
    let (_dir, export) = exported(&openings);
    let told = "openings: 4, and each is what its record was made with";
    let said = verify(&export).unwrap_or_else(|e| panic!("{e}"));
    assert!(said.contains(told), "{said}");
    assert!(said.contains("proofs: 2"), "{said}");
    // By hand: the hash of the file is what the record says.
    let hash = Command::new("sha256sum")
        .arg(export.join(format!("openings/{}/payer.city.json", id(5))))
        .output()
        .expect("it can be run");
    let hash = String::from_utf8_lossy(&hash.stdout)[..64].to_owned();
    let record = fs::read_to_string(export.join(format!("proofs/{}.json", id(5))));
    assert!(
        record
            .expect("text")
            .contains(&format!("\"payer.city\":\"{hash}\""))
    );
    pack(&export);
    let said = verify(&export).unwrap_or_else(|e| panic!("{e}"));
    assert!(said.contains(told), "{said}");
}

#[test]
fn who_opens_nothing_is_told_nothing_of_it() {
    let (_dir, export) = exported(&[]);
    assert!(!export.join("openings").exists());
    let said = verify(&export).unwrap_or_else(|e| panic!("{e}"));
    assert!(!said.contains("openings"), "{said}");
}

/// What is put in the place of an opening, and how that is wrong.
#[test]
fn another_value_salt_field_or_decision_is_seen() {
    let [city, latitude] = facts(5);
    let [other_city, _] = facts(6);
    let text = |opening: &Opening| String::from_utf8(opening.bytes().to_vec()).expect("text");
    let changed = |from: &str, to: &str| {
        let (before, after) = (text(&city), text(&city).replace(from, to));
        assert_ne!(before, after);
        Opening::parse(after.as_bytes()).expect("still an opening")
    };
    let wrong = [
        (
            "value",
            changed("Gentbrugge", "Gentbrugga"),
            BadOpening::Differs,
        ),
        ("salt", changed("0505\"", "0506\""), BadOpening::Differs),
        (
            "field",
            changed("payer.city", "payee.city"),
            BadOpening::NoCommitment,
        ),
        (
            "another field's name",
            changed("payer.city", "location.latitude"),
            BadOpening::Differs,
        ),
        ("decision", other_city, BadOpening::OtherDecision),
        (
            "a decision's name",
            changed(&id(5), &id(6)),
            BadOpening::OtherDecision,
        ),
        (
            "what a text in the record says",
            opening(5, "payer.city", json!("Atlantis")),
            BadOpening::Differs,
        ),
    ];
    for is_pack in [false, true] {
        for (what, opening, why) in &wrong {
            assert_eq!(opening.check(&committed(5)), Err(*why), "{what}");
            let (_dir, export) = exported(&COMMITTED.map(facts).concat());
            let mut name = id(5);
            if is_pack {
                pack(&export);
                name = "record-5".to_owned();
            }
            let file = export.join(format!("openings/{name}/payer.city.json"));
            fs::write(&file, opening.bytes()).expect("written");
            let said = verify(&export).expect_err(what);
            assert!(said.contains("NOT AS IT WAS WRITTEN"), "{what}: {said}");
            assert!(said.contains("payer.city.json"), "{what}: {said}");
        }
    }
    // What is no opening, whatever it hashes to.
    for bytes in [
        b"".as_slice(),
        b"{}",
        &latitude.bytes()[..9],
        &[latitude.bytes(), b"\n"].concat(),
    ] {
        let (_dir, export) = exported(&facts(5));
        fs::write(
            export.join(format!("openings/{}/payer.city.json", id(5))),
            bytes,
        )
        .expect("written");
        assert!(verify(&export).is_err());
        assert_eq!(Opening::parse(bytes), Err(BadOpening::Form));
    }
}

#[test]
fn what_lies_beside_openings_is_seen() {
    for name in [
        "fake.json",
        "{}/more/payer.city.json",
        "{}/payer.city.JSON",
        "{}/.payer.city.json",
    ] {
        let (_dir, export) = exported(&facts(5));
        let file = export.join("openings").join(name.replace("{}", &id(5)));
        fs::create_dir_all(file.parent().expect("a directory")).expect("made");
        fs::write(&file, facts(5)[0].bytes()).expect("written");
        let said = verify(&export).expect_err(name);
        assert!(said.contains("there is more than"), "{name}: {said}");
    }
    // A true one under another's name.
    let (_dir, export) = exported(&facts(5));
    let dir = export.join(format!("openings/{}", id(5)));
    fs::rename(
        dir.join("location.latitude.json"),
        dir.join("payer.city.json"),
    )
    .expect("renamed");
    let said = verify(&export).expect_err("another field");
    assert!(said.contains("an opening of location.latitude"), "{said}");
}

#[test]
fn an_opening_without_its_record_or_its_commitment_is_seen() {
    // Beside a record of a host that did not commit to facts.
    let (_dir, export) = exported(&facts(5));
    let other = opening(7, "payer.city", json!("Gentbrugge"));
    assert_eq!(other.check(&committed(7)), Err(BadOpening::NoCommitment));
    let dir = export.join(format!("openings/{}", id(7)));
    fs::create_dir(&dir).expect("made");
    fs::write(dir.join("payer.city.json"), other.bytes()).expect("written");
    let said = verify(&export).expect_err("no record");
    assert!(said.contains("there is no"), "{said}");

    // Nor does a text in such a record pass for commitments.
    let to = tempfile::tempdir().expect("a directory");
    let proven = to.path().join("export");
    let filter = Filter {
        decision: Some(id(7)),
        ..Filter::default()
    };
    weft_audit::export(log().path(), &proven, Some(&filter), &[], &|_| {}).expect("exported");
    let atlantis = opening(7, "payer.city", json!("Atlantis"));
    let record = fs::read_to_string(proven.join(format!("proofs/{}.json", id(7))));
    assert!(record.expect("text").contains(&atlantis.commitment()));
    let dir = proven.join(format!("openings/{}", id(7)));
    fs::create_dir_all(&dir).expect("made");
    fs::write(dir.join("payer.city.json"), atlantis.bytes()).expect("written");
    let said = verify(&proven).expect_err("no commitments");
    assert!(said.contains("no record of its decision"), "{said}");

    let (to, log) = (tempfile::tempdir().expect("a directory"), log());
    let out = to.path().join("export");
    for (opening, why) in [
        (other, BadOpening::NoCommitment),
        (
            opening(6, "payee.city", json!("Gentbrugge")),
            BadOpening::NoCommitment,
        ),
        (opening(6, "payer.city", json!("Gent")), BadOpening::Differs),
        (
            opening(COUNT, "payer.city", json!("Gentbrugge")),
            BadOpening::NoRecord,
        ),
    ] {
        let error = refused(&log, &out, &[facts(5)[0].clone(), opening]);
        let ExportError::Opening { why: told, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(told, why);
        assert_eq!(fs::read_dir(to.path()).expect("readable").count(), 0);
    }
}

fn refused(log: &tempfile::TempDir, out: &Path, openings: &[Opening]) -> ExportError {
    export(log.path(), out, None, openings, &|_| {}).expect_err("one of them opens nothing")
}
