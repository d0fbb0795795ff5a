//! A journal is copied whole beside its writer.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use weft_journal::{CopyError, Journal, JournalConfig, copy, inspect};

/// Copies that are taken while records are written.
const COPIES: usize = 12;

fn open(dir: &std::path::Path) -> Journal {
    let config = JournalConfig {
        segment_bytes: 1 << 20,
        at_least: 0,
    };
    Journal::open(dir, config).expect("opens").0
}

/// Record `n`, of a length of its own.
fn record(n: u64) -> Vec<u8> {
    let length = usize::try_from(n * 7_919 % 3_000).expect("small");
    let mut record = n.to_be_bytes().to_vec();
    record.resize(8 + length, (n % 251) as u8);
    record
}

#[test]
fn copies_beside_a_writer_are_whole_and_begin_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    let from = dir.path().join("from");
    let journal = open(&from);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = None;
            for n in 0.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                // Some queue up, so that there are batches of several.
                let waits = (n % 16 == 0).then(|| last.take()).flatten();
                waits.map(weft_journal::Appended::wait);
                last = Some(journal.append(record(n)).expect("taken"));
            }
        });
        for copied in 0..COPIES {
            let durable = journal.len_durable();
            let to = dir.path().join(copied.to_string());
            let records = copy(&from, &to, u64::MAX).expect("whole");
            assert!(records >= durable, "copy {copied}: {records} of {durable}");
            let mut next = 0;
            let found = inspect(&to, |index, bytes, _, _| {
                assert_eq!((index, bytes), (next, &*record(next)));
                next += 1;
            });
            let found = found.expect("readable");
            assert_eq!((next, found.damage.len()), (records, 0));
            assert!(found.closed_cleanly);
            fs::remove_dir_all(to).expect("removed");
        }
        done.store(true, Ordering::Relaxed);
    });
    let to = dir.path().join("first");
    assert_eq!(copy(&from, &to, 10).expect("whole"), 10);
    assert_eq!(open(&to).len_durable(), 10);
}

#[test]
fn damage_is_told_and_not_left_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let from = dir.path().join("from");
    let journal = open(&from);
    for n in 0..100 {
        journal
            .append(record(n))
            .expect("taken")
            .wait()
            .expect("durable");
    }
    journal.close();
    let segment = from.join("00000000000000000000.journal");
    let mut bytes = fs::read(&segment).expect("there");
    bytes[20_000] ^= 1;
    fs::write(&segment, bytes).expect("written");
    match copy(&from, &dir.path().join("to"), u64::MAX) {
        Err(CopyError::Damaged(damage)) => assert_eq!(damage.file, segment),
        other => panic!("{other:?}"),
    }
}
