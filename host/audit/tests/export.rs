//! An exported log is verified by programs that are not ours, and each sees what we change.
//!
//! The programs are Go's `sumdb/note` and `sumdb/tlog`, `pymerkle`, and the exported script, which needs `openssl` and
//! `sha256sum`. `.ci/verifiers` installs the first two.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{SEED, config, copy, decision, event, files, id, records, rewrite, stopped, tuning};
use weft_audit::tiles::{self, Holds, Tile};
use weft_audit::{ExportError, Filter, Log, Proof, Record, Verifier, export};

/// Two full tiles of level 0 and one that is not.
const COUNT: u64 = 700;

fn exported(log: &Path, prove: Option<&Filter>) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    export(log, &to.path().join("export"), prove, &[], &|_| {}).expect("exported");
    to
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Go's verifier, built once.
fn go() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let to =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tlog-{}", std::process::id()));
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&to)
            .arg(project().join("tests/verifiers/tlog.go"))
            .envs([
                ("GO111MODULE", "off"),
                ("GOPATH", "/usr/share/gocode"),
                ("GOFLAGS", ""),
                ("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go-cache")),
            ])
            .output()
            .expect("Go is there: .ci/verifiers installs it");
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        to
    })
}

const VERIFIERS: [&str; 3] = ["go", "pymerkle", "openssl"];

/// What one of them says of an export, given a trusted key and checkpoints that were kept.
fn verify(with: &str, export: &Path, key: &Path, kept: &[&Path]) -> Result<String, String> {
    let mut command = match with {
        "go" => Command::new(go()),
        "pymerkle" => {
            let mut python = Command::new(project().join("target/tools/python/bin/python"));
            python.arg(project().join("tests/verifiers/merkle.py"));
            python
        }
        _ => {
            let mut sh = Command::new("sh");
            sh.arg(export.join("verify.sh"));
            sh
        }
    };
    if with != "openssl" {
        command.arg(export);
    }
    let output = command.arg(key).args(kept).output().expect("it can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// A log of [`COUNT`] decisions and an event, and what an auditor has kept of it: the key, and a checkpoint from when
/// there were 301 records.
struct Grown {
    log: tempfile::TempDir,
    auditor: tempfile::TempDir,
}

impl Grown {
    fn new() -> Grown {
        let log = stopped(300);
        let auditor = tempfile::tempdir().expect("a directory");
        for name in ["checkpoint", "log.vkey"] {
            fs::copy(log.path().join(name), auditor.path().join(name)).expect("copied");
        }
        let open = support::open(log.path());
        for n in 300..COUNT {
            open.append_blocking(&decision(n)).expect("durable");
        }
        open.close().expect("closed");
        Grown { log, auditor }
    }

    fn verify(&self, with: &str, export: &Path) -> Result<String, String> {
        let kept = self.auditor.path().join("checkpoint");
        verify(
            with,
            export,
            &self.auditor.path().join("log.vkey"),
            &[&kept],
        )
    }
}

#[test]
fn three_others_verify_what_is_exported() {
    let grown = Grown::new();
    let filter = Filter {
        case: Some("case-0".to_owned()),
        ..Filter::default()
    };
    let export = exported(grown.log.path(), Some(&filter));
    let export = export.path().join("export");
    assert_eq!(records(grown.log.path()).len() as u64, COUNT + 1);
    for with in VERIFIERS {
        let said = grown
            .verify(with, &export)
            .unwrap_or_else(|e| panic!("{with}: {e}"));
        assert!(said.contains("701 records"), "{with}: {said}");
        assert!(said.contains("10"), "{with}: {said}");
    }

    // And ours: each proof for its record.
    let key = fs::read_to_string(grown.auditor.path().join("log.vkey")).expect("the key");
    let key = Verifier::parse(&key).expect("a key");
    let mut proofs = 0;
    for path in files(&export.join("proofs")) {
        if path.extension().is_some_and(|e| e == "tlog-proof") {
            let proof = Proof::parse(&fs::read_to_string(&path).expect("text")).expect("a proof");
            let record = fs::read(path.with_extension("json")).expect("a record");
            assert_eq!(
                proof.check(&record, &key).expect("it holds").size,
                COUNT + 1
            );
            proofs += 1;
        }
    }
    assert_eq!(proofs, 10);
}

#[test]
fn small_logs_are_verified_too() {
    for count in [0, 1, 2, 255, 256] {
        let log = stopped(count);
        let export = exported(log.path(), None);
        for with in VERIFIERS {
            let said = verify(
                with,
                &export.path().join("export"),
                &log.path().join("log.vkey"),
                &[],
            );
            let said = said.unwrap_or_else(|e| panic!("{with}, {count}: {e}"));
            assert!(
                said.contains(&format!("{} records", count + 1)),
                "{with}: {said}"
            );
        }
    }
}

/// Flips one bit in the middle of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("written");
}

fn piece(export: &Path, holds: Holds, index: u64) -> PathBuf {
    export.join(
        Tile::of(holds, index, COUNT + 1)
            .expect("it is there")
            .to_string(),
    )
}

/// Changes the records of one bundle.
fn change_bundle(export: &Path, index: u64, change: impl Fn(&mut Vec<Vec<u8>>)) {
    let path = piece(export, Holds::Records, index);
    let bytes = fs::read(&path).expect("readable");
    let (mut records, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (record, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        records.push(record.to_vec());
        rest = after;
    }
    change(&mut records);
    let mut bundle = Vec::new();
    for record in &records {
        tiles::add_record(&mut bundle, record);
    }
    fs::write(&path, bundle).expect("written");
}

#[test]
fn each_of_them_sees_what_was_changed_afterwards() {
    let grown = Grown::new();
    let filter = Filter {
        decision: Some(id(555)),
        ..Filter::default()
    };
    let whole = exported(grown.log.path(), Some(&filter));
    type Change = (&'static str, fn(&Path));
    let changes: [Change; 9] = [
        ("a flipped bit in a record", |export| {
            flip(&piece(export, Holds::Records, 1));
        }),
        ("a dropped record", |export| {
            change_bundle(export, 1, |records| {
                records.remove(7);
            });
        }),
        ("a swapped pair", |export| {
            change_bundle(export, 1, |records| records.swap(7, 8));
        }),
        ("a cut tail", |export| {
            change_bundle(export, 2, |records| records.truncate(9));
        }),
        ("a bundle that ends within a record", |export| {
            let path = piece(export, Holds::Records, 2);
            let mut bytes = fs::read(&path).expect("readable");
            bytes.pop();
            fs::write(&path, bytes).expect("written");
        }),
        ("a missing bundle", |export| {
            fs::remove_file(piece(export, Holds::Records, 0)).expect("removed");
        }),
        ("a flipped bit in the checkpoint", |export| {
            let path = export.join("checkpoint");
            let text = fs::read_to_string(&path).expect("text");
            fs::write(&path, text.replacen("701", "700", 1)).expect("written");
        }),
        ("a proof of another record", |export| {
            let path = export.join("proofs").join(format!("{}.json", id(555)));
            let other = fs::read_to_string(&path)
                .expect("text")
                .replace("555", "556");
            fs::write(path, other).expect("written");
        }),
        ("a flipped bit in a proof", |export| {
            let path = export
                .join("proofs")
                .join(format!("{}.tlog-proof", id(555)));
            let text = fs::read_to_string(&path).expect("text");
            let hash = text.lines().nth(3).expect("a hash");
            let first = if hash.starts_with('A') { "B" } else { "A" };
            fs::write(
                &path,
                text.replacen(hash, &format!("{first}{}", &hash[1..]), 1),
            )
            .expect("written");
        }),
    ];
    for (what, change) in changes {
        let copy = copy(whole.path());
        let export = copy.path().join("export");
        change(&export);
        for with in VERIFIERS {
            assert!(
                grown.verify(with, &export).is_err(),
                "{with} does not see {what}"
            );
        }
    }
    // Tiles are no business of pymerkle's, which computes the tree from the records.
    for level in [0, 1] {
        let copy = copy(whole.path());
        let export = copy.path().join("export");
        flip(&piece(&export, Holds::Hashes(level), 0));
        for with in ["go", "openssl"] {
            assert!(
                grown.verify(with, &export).is_err(),
                "{with}, level {level}"
            );
        }
    }
}

#[test]
fn each_of_them_sees_a_fork_that_is_signed_again() {
    let grown = Grown::new();
    // Whoever has the host's key changes a record that was signed, and signs the whole log anew.
    let fork = copy(grown.log.path());
    let mut changed = records(fork.path());
    changed[150] = String::from_utf8(changed[150].clone())
        .expect("text")
        .replace("allow", "denyx")
        .replace("denyx", "flag")
        .into_bytes();
    sign_again(fork.path(), &changed, &SEED);
    let export = exported(fork.path(), None);
    let export = export.path().join("export");
    for with in VERIFIERS {
        let key = grown.auditor.path().join("log.vkey");
        assert!(
            verify(with, &export, &key, &[]).is_ok(),
            "{with}: sound in itself"
        );
        let said = grown.verify(with, &export).expect_err(with);
        assert!(said.len() > 10, "{with}: {said}");
    }

    // The same with a shorter log: yesterday's copy, signed again.
    let mut short = records(grown.log.path());
    short.truncate(200);
    sign_again(fork.path(), &short, &SEED);
    let export = exported(fork.path(), None);
    for with in VERIFIERS {
        assert!(
            grown.verify(with, &export.path().join("export")).is_err(),
            "{with}"
        );
    }

    // And with another key: those that know signatures see it without a checkpoint.
    sign_again(fork.path(), &records(grown.log.path()), &[9; 32]);
    let export = exported(fork.path(), None);
    for with in ["go", "openssl"] {
        let key = grown.auditor.path().join("log.vkey");
        assert!(
            verify(with, &export.path().join("export"), &key, &[]).is_err(),
            "{with}"
        );
    }
}

/// Makes a log of these records, signed with this key.
fn sign_again(dir: &Path, records: &[Vec<u8>], seed: &[u8; 32]) {
    rewrite(dir, records);
    for name in ["checkpoint", "log.vkey", "store.sum"] {
        fs::remove_file(dir.join(name)).expect("removed");
    }
    fs::remove_dir_all(dir.join("store")).expect("removed");
    // A log that has records and no checkpoint is refused: who signs again writes one himself.
    let empty = tempfile::tempdir().expect("a directory");
    let log = Log::open_tuned(empty.path(), config(), tuning(), seed, &|_| {}).expect("opens");
    log.close().expect("closed");
    for name in ["checkpoint", "log.vkey"] {
        fs::copy(empty.path().join(name), dir.join(name)).expect("copied");
    }
    let log = Log::open_tuned(dir, config(), tuning(), seed, &|_| {}).expect("opens");
    assert_eq!(log.sign_checkpoint().size, records.len() as u64);
    log.close().expect("closed");
}

#[test]
fn what_is_not_sound_is_not_exported() {
    let log = stopped(300);
    let to = tempfile::tempdir().expect("a directory");
    let target = to.path().join("export");

    fs::create_dir(&target).expect("created");
    let refused = export(log.path(), &target, None, &[], &|_| {}).expect_err("it is there");
    assert!(matches!(refused, ExportError::Exists { .. }), "{refused}");
    fs::remove_dir(&target).expect("removed");

    let mut changed = records(log.path());
    changed[100] = serde_json::to_vec(&serde_json::json!({"no": "record"})).expect("JSON");
    let other = copy(log.path());
    rewrite(other.path(), &changed);
    let refused = export(other.path(), &target, None, &[], &|_| {}).expect_err("another head");
    assert!(
        refused.to_string().contains("weft audit verify"),
        "{refused}"
    );

    changed.truncate(50);
    rewrite(other.path(), &changed);
    let refused = export(other.path(), &target, None, &[], &|_| {}).expect_err("too few");
    assert!(
        refused
            .to_string()
            .contains("50 records, and 301 were signed"),
        "{refused}"
    );

    let segment = files(&log.path().join("log")).remove(0);
    flip(&segment);
    assert!(export(log.path(), &target, None, &[], &|_| {}).is_err());
    assert_eq!(
        files(to.path()),
        Vec::<PathBuf>::new(),
        "nothing half is left"
    );
}

#[test]
fn a_log_that_grows_meanwhile_is_exported_up_to_its_checkpoint() {
    let dir = stopped(100);
    let log = support::open(dir.path());
    let signed = log.checkpoint().size;
    // Fewer than make the host sign, and younger than that.
    for n in 100..110 {
        log.append_blocking(&decision(n)).expect("durable");
    }
    log.append_blocking(&event("late")).expect("durable");
    let export = exported(dir.path(), None);
    let note = fs::read_to_string(export.path().join("export/checkpoint")).expect("text");
    let size: u64 = note
        .lines()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a size");
    assert!((signed..=112).contains(&size), "{size}");
    for with in VERIFIERS {
        verify(
            with,
            &export.path().join("export"),
            &dir.path().join("log.vkey"),
            &[],
        )
        .unwrap_or_else(|e| panic!("{with}: {e}"));
    }
}

#[test]
fn an_id_that_leads_elsewhere_names_no_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = support::open(dir.path());
    let Record::Decision(mut record) = decision(1) else {
        panic!("a decision")
    };
    record.decision = "../../elsewhere".to_owned();
    log.append_blocking(&Record::Decision(record))
        .expect("durable");
    log.close().expect("closed");
    let export = exported(dir.path(), Some(&Filter::default()));
    let names: Vec<PathBuf> = files(&export.path().join("export/proofs"));
    let names: Vec<_> = names
        .iter()
        .filter_map(|p| p.file_name()?.to_str())
        .collect();
    assert_eq!(names, ["record-0.json", "record-0.tlog-proof"]);
}

#[test]
fn what_is_proven_without_an_export_is_what_an_export_proves() {
    let dir = stopped(600);
    let filter = Filter {
        transaction: Some("pay-100".to_owned()),
        ..Filter::default()
    };
    let out = exported(dir.path(), Some(&filter));
    let proven =
        weft_audit::prove(dir.path(), &|_, record| filter.takes(record), &|_| {}).expect("proven");
    assert_eq!(proven.records.len(), 3);
    let verifier = Verifier::parse(&proven.vkey).expect("a key");
    for (entry, proof) in &proven.records {
        let id = &entry.record.decision().expect("a decision").decision;
        let place = out.path().join(format!("export/proofs/{id}.tlog-proof"));
        assert_eq!(
            proof.to_string(),
            fs::read_to_string(place).expect("exported")
        );
        let checkpoint = proof.check(&entry.bytes, &verifier).expect("proves it");
        assert_eq!(checkpoint, proven.checkpoint);
        proof.check(b"{}", &verifier).expect_err("another record");
    }
}
