//! Witnesses cosign what the log signs, and know when an older copy of it is put back.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{SEED, config, copy, decision, tuning};
use weft_audit::cosignature::WitnessKey;
use weft_audit::witness::{BadWitnesses, Contradiction, Witness as Named, Witnesses};
use weft_audit::{
    AppendError, Log, LogConfig, OpenError, Remedy, Report, Verifier, VerifyOptions, export, verify,
};
use weft_tests::Witness;
use weft_tests::wait::until;

fn named(witness: &Witness) -> Named {
    Named {
        key: WitnessKey::parse(&witness.vkey()).expect("a key"),
        url: witness.url(),
    }
}

fn with(witnesses: &[&Witness], quorum: usize) -> LogConfig {
    let all = witnesses.iter().map(|witness| named(witness)).collect();
    LogConfig {
        witnesses: Witnesses { all, quorum },
        ..config()
    }
}

fn open_with(dir: &Path, config: LogConfig) -> Result<Log, OpenError> {
    Log::open_tuned(dir, config, tuning(), &SEED, &|_| {})
}

fn fill(log: &Log, decisions: std::ops::Range<u64>) {
    for n in decisions {
        log.append_blocking(&decision(n)).expect("durable");
    }
}

/// With all that was taken in it; another may open the directory then.
fn close(log: Log) {
    log.close().expect("closed");
}

/// A directory in which a log was begun, and witnesses that know its key.
fn begun(names: &[&str]) -> (tempfile::TempDir, Vec<Witness>) {
    let dir = tempfile::tempdir().expect("a directory");
    drop(open_with(dir.path(), config()).expect("opens"));
    let vkey = fs::read_to_string(dir.path().join("log.vkey")).expect("a key");
    let witnesses = names.iter().map(|name| Witness::start(name));
    let witnesses: Vec<Witness> = witnesses.collect();
    witnesses.iter().for_each(|witness| witness.trust(&vkey));
    (dir, witnesses)
}

fn check(dir: &Path, trusted: &[&Witness]) -> Report {
    let options = VerifyOptions {
        witnesses: trusted.iter().map(|witness| witness.vkey()).collect(),
        ..VerifyOptions::default()
    };
    verify(dir, &options, &|_| {}).expect("readable")
}

#[test]
fn what_is_signed_is_cosigned_and_every_verifier_sees_by_whom() {
    let (dir, witnesses) = begun(&["w1.example", "w2.example"]);
    let [one, two] = &witnesses[..] else { panic!() };
    let log = open_with(dir.path(), with(&[one, two], 0)).expect("opens");
    fill(&log, 0..100);
    until("cosigned", || log.cosigned() == Some(100));
    fill(&log, 100..300);
    let proof = log.proof(299).expect("readable");
    assert!(proof.is_some() || log.sign_checkpoint().size == 300);
    log.close().expect("closed");
    // The last checkpoint, too, and as others are shown it.
    let (note, checkpoint) = log.signed().expect("there");
    assert_eq!((checkpoint.size, log.cosigned()), (300, Some(300)));
    for (witness, line) in witnesses.iter().zip(note.lines().skip(5)) {
        let key = WitnessKey::parse(&witness.vkey()).expect("a key");
        let cosignature = key.check(&checkpoint, line).expect("its cosignature");
        assert_eq!(cosignature.witness, key.name());
        assert_eq!(witness.size(&checkpoint.origin), 300);
    }
    // A proof under it is read by who passes over what others signed.
    let vkey = fs::read_to_string(dir.path().join("log.vkey")).expect("a key");
    let verifier = Verifier::parse(&vkey).expect("a key");
    let proof = log.proof(7).expect("readable").expect("covered");
    assert_eq!(proof.note, note);
    let record = log.bytes(7).expect("there");
    proof.check(&record, &verifier).expect("it holds");

    let report = check(dir.path(), &[one, two]);
    assert!(report.is_sound(), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("cosigned    300 records by w1.example at 20"),
        "{text}"
    );
    let stranger = Witness::start("w3.example");
    let report = check(dir.path(), &[one, &stranger]);
    let damage = report.damage.first().expect("one is missing");
    assert!(
        damage.what.contains("no cosignature of w3.example"),
        "{damage}"
    );
    assert_eq!(damage.remedy, Remedy::CompareFile);

    let out = dir.path().with_extension("export");
    export(dir.path(), &out, None, &[], &|_| {}).expect("exported");
    let script = |key: &str| {
        let mut command = Command::new("sh");
        command.arg(out.join("verify.sh")).arg(out.join(key));
        let ran = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        (
            ran.status.success(),
            said + &String::from_utf8_lossy(&ran.stderr),
        )
    };
    let (ok, said) = script("log.vkey");
    assert!(
        ok && said.contains("cosigned: 300 records by w2.example"),
        "{said}"
    );
    // Each of the two signatures counts, and the time in it.
    let cosigned = fs::read_to_string(out.join("cosigned")).expect("there");
    for line in cosigned.lines().skip(5) {
        let at = line.len() - 100;
        let other = if line.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let changed = format!("{}{other}{}", &line[..at], &line[at + 1..]);
        fs::write(out.join("cosigned"), cosigned.replace(line, &changed)).expect("written");
        let (ok, said) = script("log.vkey");
        assert!(!ok && said.contains("cosign"), "{said}");
        fs::write(
            out.join("cosigned"),
            cosigned.replace(&format!("{line}\n"), ""),
        )
        .expect("written");
        let (ok, said) = script("log.vkey");
        assert!(
            !ok && said.contains("1 witnesses have cosigned it, and 2 have to"),
            "{said}"
        );
    }
    fs::remove_dir_all(out).expect("removed");
}

#[test]
fn a_witness_that_does_not_answer_holds_nothing_up_and_is_asked_again() {
    let (dir, witnesses) = begun(&["w1.example", "w2.example"]);
    let [one, two] = &witnesses[..] else { panic!() };
    two.is_silent(true);
    let log = open_with(dir.path(), with(&[one, two], 0)).expect("opens");
    fill(&log, 0..100);
    until("told", || log.not_cosigned() > 0);
    assert_eq!(log.cosigned(), None);
    // What is shown is what the log itself has signed.
    assert!(log.signed().expect("there").1.size <= 100);
    two.is_silent(false);
    until("cosigned", || log.cosigned() == Some(100));
    assert_eq!(log.not_cosigned(), 0);
    close(log);
    // One of two is enough where it is said so.
    two.is_silent(true);
    let log = open_with(dir.path(), with(&[one, two], 1)).expect("opens");
    fill(&log, 100..150);
    until("cosigned", || log.cosigned() == Some(150));
    close(log);
    let report = check(dir.path(), &[one]);
    assert!(report.is_sound(), "{report}");
    // A start does not need any of them. What others have cosigned than those who are named now does not count.
    let other = Witness::start("w3.example");
    other.is_silent(true);
    let log = open_with(dir.path(), with(&[&other], 0)).expect("opens");
    fill(&log, 150..160);
    assert_eq!(log.cosigned(), None);
}

#[test]
fn an_older_copy_that_is_put_back_does_not_open_and_a_fork_neither() {
    let (dir, witnesses) = begun(&["w1.example"]);
    let config = || with(&[&witnesses[0]], 0);
    let grow = |dir: &Path, decisions| {
        let log = open_with(dir, config()).expect("opens");
        fill(&log, decisions);
        close(log);
    };
    grow(dir.path(), 0..100);
    let older = copy(dir.path());
    grow(dir.path(), 100..200);
    let error = open_with(older.path(), config()).err().expect("refused");
    let OpenError::Contradicted(Contradiction::Longer { size, records, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!((*size, *records), (200, 100));
    // Refused as it lies there: the newer one opens, and so does the older one where nobody was asked.
    grow(dir.path(), 200..201);
    let log = open_with(older.path(), support::config()).expect("opens");
    fill(&log, 300..700);
    close(log);
    let error = open_with(older.path(), config()).err().expect("refused");
    let other = matches!(
        &error,
        OpenError::Contradicted(Contradiction::Other { size: 201, .. })
    );
    assert!(other, "{error}");

    // The log alone is put back: the cosigned checkpoint beside it says so, and no witness has to.
    for part in ["log", "store", "store.sum", "checkpoint"] {
        let (from, to) = (older.path().join(part), dir.path().join(part));
        let _ = fs::remove_dir_all(&to);
        let _ = fs::remove_file(&to);
        if from.is_file() {
            fs::copy(from, to).expect("copied");
        } else if part == "log" {
            fs::create_dir(&to).expect("made");
            for file in support::files(&from) {
                fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("copied");
            }
        }
    }
    let error = open_with(dir.path(), support::config())
        .err()
        .expect("refused");
    let contradicted = matches!(&error, OpenError::Contradiction { path, size: 201, .. } if path.ends_with("cosigned"));
    assert!(contradicted, "{error}");
    let report = check(dir.path(), &[]);
    assert!(report.is_refused(), "{report}");
}

#[test]
fn a_witness_that_is_heard_late_ends_a_second_history() {
    let (dir, witnesses) = begun(&["w1.example"]);
    let config = || with(&[&witnesses[0]], 0);
    let older = copy(dir.path());
    let log = open_with(dir.path(), config()).expect("opens");
    fill(&log, 0..100);
    close(log);
    witnesses[0].is_silent(true);
    let log = open_with(older.path(), config()).expect("nobody says anything against it");
    fill(&log, 200..210);
    assert_eq!(log.stuck(), None);
    witnesses[0].is_silent(false);
    until("refused", || log.stuck().is_some());
    let refused = log.append_blocking(&decision(210));
    assert!(
        matches!(&refused, Err(AppendError::Contradicted(_))),
        "{refused:?}"
    );
    close(log);
}

#[test]
fn damage_to_what_was_cosigned_is_found_and_mended() {
    let (dir, witnesses) = begun(&["w1.example"]);
    let log = open_with(dir.path(), with(&[&witnesses[0]], 0)).expect("opens");
    fill(&log, 0..80);
    close(log);
    let mut random = fastrand::Rng::with_seed(5);
    for name in ["cosigned", "log.policy"] {
        let path = dir.path().join(name);
        let sound = fs::read(&path).expect("there");
        for bit in (0..sound.len() * 8).filter(|_| random.u8(0..8) == 0) {
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, bytes).expect("written");
            let report = check(dir.path(), &[]);
            assert!(!report.is_sound(), "{name}: bit {bit}\n{report}");
            assert!(!report.is_refused(), "{name}: bit {bit}\n{report}");
        }
        let log = open_with(dir.path(), support::config()).expect("opens");
        close(log);
        let report = check(dir.path(), &[]);
        assert!(
            report.is_sound() && report.cosigned.is_none(),
            "{name}\n{report}"
        );
        let log = open_with(dir.path(), with(&[&witnesses[0]], 0)).expect("opens");
        until("cosigned", || log.cosigned() == Some(80));
        close(log);
    }
}

#[test]
fn witnesses_that_cannot_be_asked_are_told() {
    let (dir, witnesses) = begun(&["w1.example", "w2.example"]);
    let [one, two] = &witnesses[..] else { panic!() };
    for (config, wanted) in [
        (
            with(&[one, one], 0),
            BadWitnesses::Twice("w1.example".to_owned()),
        ),
        (
            with(&[one, two], 3),
            BadWitnesses::Quorum {
                quorum: 3,
                named: 2,
            },
        ),
        (with(&[one; 17], 0), BadWitnesses::TooMany(17)),
    ] {
        match open_with(dir.path(), config) {
            Err(OpenError::Witnesses(bad)) => assert_eq!(bad, wanted),
            other => panic!("{:?}", other.err()),
        }
    }
    // A key for logs is none for witnesses, and the other way round.
    let vkey = fs::read_to_string(dir.path().join("log.vkey")).expect("a key");
    assert!(WitnessKey::parse(&vkey).is_err());
    assert!(Verifier::parse(&one.vkey()).is_err());
}
