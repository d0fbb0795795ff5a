//! Nothing in a log's directory can change unseen.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use support::{SEED, config, copy, decision, files, open, records, rewrite, stopped, tuning};
use weft_audit::{Log, OpenError, Remedy, Report, StoreCheck, VerifyOptions, verify};
use weft_journal::{Journal, JournalConfig};

fn check(dir: &Path) -> Report {
    verify(dir, &VerifyOptions::default(), &|_| {}).expect("verified")
}

fn refused(dir: &Path) -> OpenError {
    Log::open_tuned(dir, config(), tuning(), &SEED, &|_| {})
        .err()
        .expect("the log is refused")
}

fn flip(path: &Path, bit: u64) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("the file opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).expect("read");
    file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8)
        .expect("written");
}

/// A small generator, so that a failing run can be run again: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

#[test]
fn a_flipped_bit_in_any_file_of_a_stopped_host_is_found_with_its_place() {
    let dir = stopped(400);
    let sound = check(dir.path());
    assert_eq!(sound.damage, []);
    assert!(
        matches!(sound.store, StoreCheck::Compared { sums: true, entries, .. } if entries > 1_000),
        "{sound}"
    );
    let all = files(dir.path());
    for kind in [
        "log/",
        "store/db",
        "store/conf",
        "checkpoint",
        "log.vkey",
        "store.sum",
    ] {
        assert!(
            all.iter().any(|f| f.to_string_lossy().contains(kind)),
            "no {kind} in {all:?}"
        );
    }
    let mut random = Random(7);
    for round in 0..40 {
        for file in &all {
            let bytes = fs::metadata(file).expect("a file").len();
            // Half of the flips in the first part, where the small structures are.
            let within = if round % 2 == 0 {
                bytes
            } else {
                bytes.min(600)
            };
            let bit = random.below(within * 8);
            flip(file, bit);
            let report = check(dir.path());
            let at = bit / 8;
            let found = report.damage.iter().find(|d| &d.file == file);
            let found =
                found.unwrap_or_else(|| panic!("bit {bit} of {}:\n{report}", file.display()));
            let from = found.offset.expect("it has a place");
            assert!(from <= at, "byte {at}: {found}");
            if let Some(bytes) = found.bytes {
                // From the frame's or block's first byte on, until the next that is whole.
                assert!(at < from + bytes.max(1) + 65_536, "byte {at}: {found}");
            }
            let is_store = file.to_string_lossy().contains("store");
            if is_store {
                assert!(!report.is_refused(), "{report}");
            }
            flip(file, bit);
        }
    }
    assert_eq!(check(dir.path()).damage, []);
}

#[test]
fn damage_to_journal_checkpoint_and_key_is_refused_at_the_start() {
    let dir = stopped(30);
    let segment = files(&dir.path().join("log")).remove(0);
    // The last record: behind it is only the mark of the clean close.
    for bit in [100 * 8, 5_000 * 8] {
        flip(&segment, bit);
        let report = check(dir.path());
        assert!(report.is_refused(), "{report}");
        let error = refused(dir.path());
        let text = error.to_string();
        assert!(
            text.contains(&segment.display().to_string()) && text.contains("byte "),
            "{text}"
        );
        flip(&segment, bit);
    }
    for (file, bit) in [("checkpoint", 30 * 8), ("log.vkey", 3)] {
        let file = dir.path().join(file);
        flip(&file, bit);
        let text = refused(dir.path()).to_string();
        assert!(
            text.starts_with(&file.display().to_string()) && text.contains("restore"),
            "{text}"
        );
        flip(&file, bit);
    }
    fs::rename(dir.path().join("checkpoint"), dir.path().join("away")).expect("moved");
    assert!(matches!(
        refused(dir.path()),
        OpenError::NoCheckpoint { .. }
    ));
    assert!(check(dir.path()).is_refused());
    fs::rename(dir.path().join("away"), dir.path().join("checkpoint")).expect("moved back");
    let other = Log::open_tuned(dir.path(), config(), tuning(), &[1; 32], &|_| {});
    assert!(matches!(other, Err(OpenError::Key { .. })));
    open(dir.path());
}

#[test]
fn a_tail_that_was_cut_off_is_missed() {
    let dir = stopped(30);
    let segment = files(&dir.path().join("log")).remove(0);
    let bytes = fs::read(&segment).expect("read");
    let used = bytes.iter().rposition(|b| *b != 0).expect("records") + 1;
    // Without the mark and the last record, filled with zeros as if they had never been.
    let last = bytes[..used - 24]
        .windows(4)
        .rposition(|w| w == [0xFE, b'W', b'J', 0xFF])
        .expect("a frame");
    let mut cut = bytes.clone();
    cut[last..].fill(0);
    fs::write(&segment, &cut).expect("written");
    let report = check(dir.path());
    assert!(
        report.is_refused() && report.to_string().contains("the end is missing"),
        "{report}"
    );
    let error = refused(dir.path());
    assert!(
        matches!(
            error,
            OpenError::Journal(weft_journal::OpenError::Short {
                expected: 31,
                found: 30,
                ..
            })
        ),
        "{error}"
    );
    assert_eq!(
        fs::read(&segment).expect("read"),
        cut,
        "a refused start alters nothing"
    );
    // All of it gone.
    fs::remove_file(&segment).expect("removed");
    assert!(check(dir.path()).is_refused());
    refused(dir.path());
}

#[test]
fn a_history_that_was_written_anew_with_right_checksums_is_found() {
    let dir = stopped(30);
    let records = records(dir.path());
    let forge = |records: Vec<Vec<u8>>| {
        let forged = copy(dir.path());
        rewrite(forged.path(), &records);
        // Without the store, which knows the records too.
        fs::remove_dir_all(forged.path().join("store")).expect("removed");
        fs::remove_file(forged.path().join("store.sum")).expect("removed");
        let report = check(forged.path());
        assert!(
            report
                .damage
                .iter()
                .any(|d| d.file.ends_with("checkpoint") && d.remedy == Remedy::Restore),
            "{report}"
        );
        assert!(matches!(
            refused(forged.path()),
            OpenError::Contradiction { size: 31, .. }
        ));
    };
    let mut milder = records.clone();
    milder[9] = String::from_utf8(milder[9].clone())
        .expect("text")
        .replace("allow", "abstain")
        .into_bytes();
    forge(milder);
    let mut swapped = records.clone();
    swapped.swap(3, 6);
    forge(swapped);
    let mut dropped = records.clone();
    dropped.remove(12);
    dropped.push(records[0].clone());
    forge(dropped);
}

#[test]
fn records_that_are_not_canonical_or_break_the_chain_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    log.append_blocking(&decision(0)).expect("durable");
    log.append_blocking(&decision(0)).expect("durable");
    log.append_blocking(&decision(5)).expect("durable");
    log.close().expect("closed");
    drop(log);
    let said: Vec<String> = check(dir.path())
        .damage
        .into_iter()
        .map(|d| d.what)
        .collect();
    assert!(
        said.contains(&"record 1 has the decision id of record 0".to_owned()),
        "{said:?}"
    );
    assert!(
        said.contains(&"record 2 follows a decision that is not before it".to_owned()),
        "{said:?}"
    );

    let config = JournalConfig {
        segment_bytes: tuning().segment_bytes,
        at_least: 0,
    };
    let (journal, _) = Journal::open(&dir.path().join("log"), config).expect("opens");
    journal
        .append(b"{\"entry\": \"event\"}".to_vec())
        .expect("queued")
        .wait()
        .expect("durable");
    drop(journal);
    let report = check(dir.path());
    assert!(
        report
            .damage
            .iter()
            .any(|d| d.what == "record 3 is not the canonical JSON of a record"),
        "{report}"
    );
}

#[test]
fn the_trusted_key_tells_a_log_that_was_forged_as_a_whole() {
    let dir = stopped(3);
    let vkey = fs::read_to_string(dir.path().join("log.vkey")).expect("a key");
    let forged = tempfile::tempdir().expect("a directory");
    let log = Log::open_tuned(forged.path(), config(), tuning(), &[1; 32], &|_| {}).expect("opens");
    log.append_blocking(&decision(0)).expect("durable");
    log.close().expect("closed");
    assert!(check(forged.path()).is_sound());
    let options = VerifyOptions {
        vkey: Some(vkey),
        ..VerifyOptions::default()
    };
    let report = verify(forged.path(), &options, &|_| {}).expect("verified");
    assert!(report.is_refused(), "{report}");
    assert!(
        verify(dir.path(), &options, &|_| {})
            .expect("verified")
            .is_sound()
    );
}

#[test]
fn strange_and_missing_files_are_named() {
    let dir = stopped(3);
    for stranger in ["notes.txt", "log/extra", "store/blobs/extra"] {
        let path = dir.path().join(stranger);
        fs::write(&path, b"x").expect("written");
        let report = check(dir.path());
        assert!(report.damage.iter().any(|d| d.file == path), "{report}");
        fs::remove_file(&path).expect("removed");
    }
    for file in files(dir.path()) {
        let away = dir.path().with_extension("away");
        fs::rename(&file, &away).expect("moved");
        assert!(!check(dir.path()).is_sound(), "{}", file.display());
        fs::rename(&away, &file).expect("moved back");
    }
    assert!(check(dir.path()).is_sound());
}
