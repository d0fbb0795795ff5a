//! What was put back, dropped or changed with right checksums is found by what the store or a kept checkpoint knows.

mod support;

use std::fs;
use std::path::Path;

use support::{SEED, config, copy, decision, files, open, records, rewrite, stopped, tuning};
use weft_audit::{
    Damage, Filter, KeptCheckpoint, Log, OpenError, ReadError, Record, Remedy, Report, StoreCheck,
    VerifyError, VerifyOptions, show, verify,
};
use weft_dictionary::Timestamp;
use weft_journal::OpenError as JournalError;

fn check(dir: &Path) -> Report {
    verify(dir, &VerifyOptions::default(), &|_| {}).expect("verified")
}

fn check_with(dir: &Path, kept: &[&Path]) -> Report {
    let kept = kept.iter().map(|dir| KeptCheckpoint {
        file: dir.join("checkpoint"),
        note: fs::read(dir.join("checkpoint")).expect("a checkpoint"),
    });
    let options = VerifyOptions {
        checkpoints: kept.collect(),
        ..VerifyOptions::default()
    };
    verify(dir, &options, &|_| {}).expect("verified")
}

fn refused(dir: &Path) -> OpenError {
    Log::open_tuned(dir, config(), tuning(), &SEED, &|_| {})
        .err()
        .expect("the log is refused")
}

fn said<'r>(report: &'r Report, what: &str) -> &'r Damage {
    let found = report.damage.iter().find(|d| d.what.contains(what));
    found.unwrap_or_else(|| panic!("no \"{what}\" in\n{report}"))
}

/// The same log, some records later.
fn later(dir: &Path, decisions: std::ops::Range<u64>) -> tempfile::TempDir {
    let later = copy(dir);
    let log = open(later.path());
    for n in decisions {
        log.append_blocking(&decision(n)).expect("durable");
    }
    log.close().expect("closed");
    later
}

/// Takes the mark of the clean close from the end, as if the journal's writer had been killed.
fn unmark(dir: &Path) {
    let (segment, mut bytes, _) = end(dir);
    let magic = [0xFE, b'W', b'J', 0xFF];
    let mark = bytes.windows(4).rposition(|w| w == magic);
    bytes[mark.expect("a frame")..].fill(0);
    fs::write(&segment, &bytes).expect("written");
}

fn put_back(names: &[&str], from: &Path, to: &Path) {
    for name in names {
        let (from, to) = (from.join(name), to.join(name));
        if from.is_file() {
            fs::copy(from, to).expect("copied");
            continue;
        }
        fs::remove_dir_all(&to).expect("removed");
        let whole = copy(&from);
        fs::rename(whole.keep(), &to).expect("in its place");
    }
}

/// What a kill leaves when the store has taken all 16 records, and 11 of them are signed.
fn killed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    let mut signed = Vec::new();
    for n in 0..16 {
        log.append_blocking(&decision(n)).expect("durable");
        if n == 10 {
            log.sign_checkpoint();
            signed = fs::read(dir.path().join("checkpoint")).expect("a checkpoint");
        }
    }
    let killed = copy(dir.path());
    log.close().expect("closed");
    // Sled writes when it likes; here it was done in time.
    put_back(&["store"], dir.path(), killed.path());
    fs::write(killed.path().join("checkpoint"), signed).expect("written");
    killed
}

#[test]
fn an_older_copy_of_everything_is_found_by_a_checkpoint_that_was_kept() {
    let old = stopped(20);
    let new = later(old.path(), 20..25);
    let alone = check(old.path());
    assert!(alone.is_sound(), "{alone}");
    assert!(
        alone
            .to_string()
            .contains("an older copy of the whole log would look the same"),
        "{alone}"
    );

    let report = check_with(old.path(), &[new.path()]);
    let damage = said(
        &report,
        "the end is missing, 5 records that were signed are not there",
    );
    assert_eq!(damage.remedy, Remedy::RestoreUnseen);
    assert!(!report.is_sound() && !report.is_refused(), "{report}");

    let report = check_with(new.path(), &[old.path(), new.path()]);
    assert!(report.is_sound(), "{report}");
    let sizes: Vec<u64> = report.kept.iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [21, 26]);
}

#[test]
fn a_history_that_the_host_signed_anew_is_found_by_a_checkpoint_that_was_kept() {
    let kept = stopped(20);
    let other = tempfile::tempdir().expect("a directory");
    let log = open(other.path());
    for n in 1..40 {
        log.append_blocking(&decision(n * 3)).expect("durable");
    }
    log.close().expect("closed");
    let report = check_with(other.path(), &[kept.path()]);
    let damage = said(&report, "the first 21 records are not those that");
    assert_eq!(damage.remedy, Remedy::RestoreUnseen);

    // Signed by another key: it says nothing about this log, and is told.
    let foreign = tempfile::tempdir().expect("a directory");
    let log =
        Log::open_tuned(foreign.path(), config(), tuning(), &[1; 32], &|_| {}).expect("opens");
    log.close().expect("closed");
    let report = check_with(kept.path(), &[foreign.path()]);
    assert_eq!(
        said(&report, "no checkpoint of this log").remedy,
        Remedy::CompareFile
    );
}

#[test]
fn a_log_that_was_put_back_beside_a_newer_store_is_refused_until_the_store_is_moved_away() {
    let old = stopped(20);
    for names in [
        &["log", "checkpoint"][..],
        &["log", "checkpoint", "store.sum"],
    ] {
        let dir = later(old.path(), 20..25);
        put_back(names, old.path(), dir.path());
        let report = check(dir.path());
        let damage = said(&report, "the store knows 26 records, there are 21");
        assert_eq!(damage.remedy, Remedy::Restore);
        said(
            &report,
            "record 21, decision dec_00000020: only the store has it",
        );
        // However often it is tried.
        for _ in 0..2 {
            let error = refused(dir.path());
            assert!(
                matches!(
                    error,
                    OpenError::EndMissing {
                        known: 26,
                        records: 21,
                        ..
                    }
                ),
                "{error}"
            );
            let text = error.to_string();
            assert!(
                text.contains("dec_00000020")
                    && text.contains("restore")
                    && text.contains("move")
                    && text.contains("store"),
                "{text}"
            );
            said(&check(dir.path()), "the store knows 26 records");
        }
        // Deliberately.
        fs::rename(dir.path().join("store"), old.path().join("away")).expect("moved");
        let report = check(dir.path());
        assert_eq!(report.damage.len(), 1, "{report}");
        said(&report, "the store is missing");
        let log = open(dir.path());
        assert_eq!(log.len(), 21);
        let events = log.opened().events(Timestamp(7));
        assert!(
            matches!(&events[..], [Record::Event(e)] if e.event == "store.rebuilt" && e.at == Timestamp(7)),
            "{events:?}"
        );
        log.close().expect("closed");
        assert!(check(dir.path()).is_sound());
        fs::remove_dir_all(old.path().join("away")).expect("removed");
    }
}

#[test]
fn what_no_signature_covers_is_counted() {
    let dir = killed();
    let report = check(dir.path());
    assert!(report.is_sound(), "{report}");
    assert_eq!(report.unsigned, 5);
    assert!(
        matches!(
            report.store,
            StoreCheck::Compared {
                known: 16,
                sums: false,
                ..
            }
        ),
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.contains("5 records at the end are not signed yet")
            && text.contains("sound, but for 5 records"),
        "{text}"
    );
    open(dir.path()).close().expect("closed");
    assert_eq!(check(dir.path()).unsigned, 0);
}

#[test]
fn a_last_record_that_was_dropped_or_changed_after_a_kill_is_named() {
    let dir = killed();
    let whole = records(dir.path());
    rewrite(dir.path(), &whole[..15]);
    let report = check(dir.path());
    said(
        &report,
        "record 15, decision dec_00000015: only the store has it",
    );
    assert!(matches!(
        refused(dir.path()),
        OpenError::EndMissing {
            known: 16,
            records: 15,
            ..
        }
    ));

    let mut changed = whole.clone();
    changed[15] = String::from_utf8(changed[15].clone())
        .expect("text")
        .replace("allow", "abstain")
        .into_bytes();
    rewrite(dir.path(), &changed);
    let report = check(dir.path());
    let what = "record 15, decision dec_00000015: differs from what the store has";
    let damage = said(&report, what);
    assert_eq!(
        (damage.remedy, damage.offset.is_some()),
        (Remedy::Restore, true)
    );
    let error = refused(dir.path());
    assert!(
        matches!(&error, OpenError::Differs { index: 15, decision, .. } if decision == "dec_00000015"),
        "{error}"
    );

    rewrite(dir.path(), &whole);
    unmark(dir.path());
    let report = check(dir.path());
    assert!(report.is_sound(), "{report}");
    open(dir.path());
}

#[test]
fn a_changed_record_that_was_signed_is_named_too() {
    let dir = stopped(30);
    let mut changed = records(dir.path());
    changed[7] = String::from_utf8(changed[7].clone())
        .expect("text")
        .replace("allow", "abstain")
        .into_bytes();
    rewrite(dir.path(), &changed);
    let report = check(dir.path());
    said(
        &report,
        "record 7, decision dec_00000006: differs from what the store has",
    );
    said(&report, "the first 31 records are not those");
    let differing = report
        .damage
        .iter()
        .filter(|d| d.what.contains("differs from"));
    assert_eq!(differing.count(), 1, "{report}");
}

/// The only segment, and the offset behind its last byte that is not zero.
fn end(dir: &Path) -> (std::path::PathBuf, Vec<u8>, usize) {
    let segment = files(&dir.join("log")).remove(0);
    let bytes = fs::read(&segment).expect("read");
    let used = bytes.iter().rposition(|b| *b != 0).expect("records") + 1;
    (segment, bytes, used)
}

#[test]
fn a_torn_tail_that_is_cut_is_an_event_for_the_log() {
    let dir = killed();
    let (segment, mut bytes, used) = end(dir.path());
    bytes[used + 8..used + 40].fill(0xA5);
    fs::write(&segment, bytes).expect("written");
    let log = open(dir.path());
    assert_eq!(log.len(), 16);
    let events = log.opened().events(Timestamp(7));
    let [Record::Event(event)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(event.event, "log.tail_cut");
    let cut = log.opened().journal.cut.clone().expect("it was cut");
    assert_eq!(event.detail["offset"], cut.offset);
    assert_eq!(event.detail["bytes"], cut.bytes);
    assert_eq!(event.detail["segment"], "00000000000000000000.journal");
    log.append_blocking(&events[0]).expect("durable");
    log.close().expect("closed");
    assert!(check(dir.path()).is_sound());
}

#[test]
fn a_broken_last_record_that_the_store_knows_is_no_torn_tail() {
    let dir = killed();
    let (segment, mut bytes, used) = end(dir.path());
    bytes[used - 5] ^= 1;
    fs::write(&segment, &bytes).expect("written");
    let report = check(dir.path());
    said(
        &report,
        "record 15, decision dec_00000015: only the store has it",
    );
    assert!(
        report.damage.iter().all(|d| d.remedy == Remedy::Restore),
        "{report}"
    );
    assert!(matches!(refused(dir.path()), OpenError::EndMissing { .. }));
    assert_eq!(
        fs::read(&segment).expect("read"),
        bytes,
        "a refused start alters nothing"
    );
}

#[test]
fn a_foreign_file_is_to_be_removed_and_missing_records_are_told_with_what_to_do() {
    let dir = stopped(3);
    for name in ["log/notes.txt", "notes.txt"] {
        let stranger = dir.path().join(name);
        fs::write(&stranger, "x").expect("written");
        let report = check(dir.path());
        assert_eq!(report.damage.len(), 1, "{report}");
        assert_eq!(
            (report.damage[0].remedy, &report.damage[0].file),
            (Remedy::Remove, &stranger)
        );
        assert!(report.to_string().contains("remove it"), "{report}");
        fs::remove_file(stranger).expect("removed");
    }
    let log = dir.path().join("log");
    fs::rename(&log, dir.path().join("away")).expect("moved");
    let verified = verify(dir.path(), &VerifyOptions::default(), &|_| {}).expect_err("not there");
    assert!(matches!(&verified, VerifyError::NoRecords { path } if *path == log));
    let shown = show(dir.path(), &Filter::default()).expect_err("not there");
    assert!(matches!(&shown, ReadError::NoRecords { path } if *path == log));
    let opened = refused(dir.path());
    assert!(
        matches!(opened, OpenError::NoRecords { size: 4, .. }),
        "{opened}"
    );
    for text in [verified.to_string(), shown.to_string(), opened.to_string()] {
        assert!(
            text.contains("missing") && text.contains("restore"),
            "{text}"
        );
    }
    assert!(!log.exists(), "a refused start alters nothing");
}

#[test]
fn a_log_in_use_is_told_and_its_store_left_alone() {
    let dir = stopped(3);
    let log = open(dir.path());
    assert!(matches!(
        refused(dir.path()),
        OpenError::Journal(JournalError::InUse { .. })
    ));
    log.append_blocking(&decision(3)).expect("durable");
    log.close().expect("closed");
    assert!(check(dir.path()).is_sound());
}
