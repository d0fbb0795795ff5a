//! The journal from its door: what it acknowledged is there, whatever happens to the rest.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use weft_journal::limits::{MAX_RECORD_BYTES, MIN_SEGMENT_BYTES};
use weft_journal::{
    AppendError, Appended, Inspection, Journal, JournalConfig, OpenError, ReadError, Recovery,
    inspect,
};

fn config() -> JournalConfig {
    JournalConfig {
        segment_bytes: MIN_SEGMENT_BYTES,
        at_least: 0,
    }
}

fn open(dir: &Path) -> (Journal, Recovery) {
    Journal::open(dir, config()).expect("the journal opens")
}

fn put(journal: &Journal, record: impl Into<Vec<u8>>) -> u64 {
    journal
        .append(record.into())
        .expect("queued")
        .wait()
        .expect("durable")
        .index
}

fn all(journal: &Journal) -> Vec<Vec<u8>> {
    let records: Result<Vec<_>, ReadError> = journal.iter_from(0).collect();
    let records = records.expect("all records are readable");
    assert!(
        records
            .iter()
            .enumerate()
            .all(|(at, (index, _))| at as u64 == *index)
    );
    records.into_iter().map(|(_, record)| record).collect()
}

fn look(dir: &Path) -> Inspection {
    inspect(dir, |_, _, _, _| {}).expect("the directory is readable")
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the directory is readable");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files
}

fn copy_dir(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    for file in segments(from) {
        fs::copy(&file, to.path().join(file.file_name().expect("a name"))).expect("copied");
    }
    to
}

fn flip(file: &Path, bit: u64) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .expect("the file opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).expect("read");
    file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8)
        .expect("written");
}

/// The offset after the last byte that is not zero.
fn used(file: &Path) -> usize {
    let bytes = fs::read(file).expect("read");
    bytes
        .iter()
        .rposition(|b| *b != 0)
        .map_or(0, |last| last + 1)
}

#[test]
fn what_was_acknowledged_is_there_after_opening_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, recovery) = open(dir.path());
    assert_eq!((recovery.records, recovery.cut), (0, None));
    let wanted: Vec<Vec<u8>> = (0..500u32)
        .map(|n| vec![n as u8; (n * 7 % 1_900) as usize])
        .collect();
    for (index, record) in wanted.iter().enumerate() {
        assert_eq!(put(&journal, record.clone()), index as u64);
    }
    assert_eq!(journal.len_durable(), 500);
    assert_eq!(all(&journal), wanted);
    journal.close();
    assert_eq!(journal.append(vec![1]).err(), Some(AppendError::Closed));
    drop(journal);

    let (journal, recovery) = open(dir.path());
    assert_eq!(
        (recovery.records, recovery.closed_cleanly, recovery.cut),
        (500, true, None)
    );
    assert!(recovery.segments > 2, "the test is to cross segments");
    assert_eq!(all(&journal), wanted);
    for index in (0..500).rev() {
        assert_eq!(
            journal.read(index).expect("readable"),
            wanted[index as usize]
        );
    }
    assert_eq!(put(&journal, b"one more"), 500);
    let from_250: Vec<u64> = journal
        .iter_from(250)
        .map(|r| r.expect("readable").0)
        .collect();
    assert_eq!(from_250, (250..=500).collect::<Vec<_>>());
    assert!(matches!(
        journal.read(501),
        Err(ReadError::NoSuchRecord {
            index: 501,
            len: 501
        })
    ));
}

#[test]
fn many_writers_share_batches_and_each_gets_its_own_index() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    let batches = Arc::new(Mutex::new(Vec::new()));
    let seen = batches.clone();
    journal.on_commit(move |batch| {
        seen.lock()
            .expect("no panic")
            .push((batch.first, batch.records.to_vec()));
    });
    let mut got: Vec<(u64, Vec<u8>)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..32u8)
            .map(|writer| {
                let journal = &journal;
                let batches = &batches;
                scope.spawn(move || {
                    let mut got = Vec::new();
                    for n in 0..100u8 {
                        let record = vec![writer, n];
                        let index = put(journal, record.clone());
                        // The hook ran before this thread woke.
                        let batches = batches.lock().expect("no panic");
                        let known: u64 = batches
                            .iter()
                            .map(|(_, records): &(u64, Vec<Vec<u8>>)| records.len() as u64)
                            .sum();
                        assert!(known > index);
                        got.push((index, record));
                    }
                    got
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|w| w.join().expect("no panic"))
            .collect()
    });
    got.sort();
    let (indexes, records): (Vec<u64>, Vec<Vec<u8>>) = got.into_iter().unzip();
    assert_eq!(indexes, (0..3_200).collect::<Vec<_>>());
    assert_eq!(all(&journal), records);
    let batches = batches.lock().expect("no panic");
    let mut next = 0;
    for (first, batch) in batches.iter() {
        assert_eq!(*first, next);
        next += batch.len() as u64;
    }
    let told: Vec<Vec<u8>> = batches
        .iter()
        .flat_map(|(_, records)| records.clone())
        .collect();
    assert_eq!(told, records);
}

#[tokio::test]
async fn tasks_wait_without_a_thread_each() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    let waiting: Vec<_> = (0..1_000u32)
        .map(|n| journal.append(n.to_le_bytes().to_vec()).expect("queued"))
        .collect();
    for (n, appended) in waiting.into_iter().enumerate() {
        assert_eq!(appended.await.expect("durable").index, n as u64);
    }
}

#[test]
fn limits_hold() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    assert_eq!(put(&journal, vec![7; MAX_RECORD_BYTES]), 0);
    assert_eq!(put(&journal, vec![]), 1);
    let refused = journal.append(vec![7; MAX_RECORD_BYTES + 1]).err();
    assert_eq!(
        refused,
        Some(AppendError::TooLarge {
            bytes: MAX_RECORD_BYTES + 1,
            max: MAX_RECORD_BYTES
        })
    );
    assert_eq!(journal.read(0).expect("readable").len(), MAX_RECORD_BYTES);
    // One journal a directory.
    assert!(matches!(
        Journal::open(dir.path(), config()),
        Err(OpenError::InUse { .. })
    ));
    let too_small = JournalConfig {
        segment_bytes: 1,
        ..config()
    };
    assert!(matches!(
        Journal::open(dir.path(), too_small),
        Err(OpenError::Config { .. })
    ));
}

/// A directory with `records` in batches of one, as a killed process leaves it: no mark at the end.
fn killed(records: &[&[u8]]) -> (tempfile::TempDir, PathBuf, usize) {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    let mut used_before_last = 0;
    for record in records {
        used_before_last = segments(dir.path()).last().map_or(0, |file| used(file));
        put(&journal, *record);
    }
    let copy = copy_dir(dir.path());
    let file = segments(copy.path()).pop().expect("a segment");
    (copy, file, used_before_last)
}

#[test]
fn a_tail_cut_at_any_byte_of_the_last_batch_is_cut_and_what_was_before_it_stays() {
    let (copy, file, last_from) = killed(&[
        b"the first record",
        b"the second",
        b"the last one, which is torn",
    ]);
    let whole = fs::read(&file).expect("read");
    let last_to = used(&file);
    for cut in last_from..last_to {
        for truncated in [false, true] {
            let mut bytes = whole.clone();
            bytes[cut..].fill(0);
            if truncated {
                bytes.truncate(cut);
            }
            fs::write(&file, &bytes).expect("written");
            let (journal, recovery) = open(copy.path());
            assert_eq!(recovery.records, 2, "cut at {cut}");
            assert_eq!(
                recovery.cut.is_some(),
                cut > last_from || truncated,
                "cut at {cut}"
            );
            assert_eq!(all(&journal), [&b"the first record"[..], b"the second"]);
            assert_eq!(put(&journal, b"after the cut"), 2);
            drop(journal);
            let found = look(copy.path());
            assert_eq!((found.damage, found.torn, found.records), (vec![], None, 3));
            assert_eq!(
                fs::metadata(&file).expect("a file").len(),
                MIN_SEGMENT_BYTES
            );
        }
    }
}

#[test]
fn garbage_behind_the_last_batch_is_cut() {
    let (copy, file, _) = killed(&[b"one", b"two"]);
    let whole = fs::read(&file).expect("read");
    let end = used(&file);
    for (at, garbage) in [
        (end, vec![0xFF; 100]),
        (end, whole[64..90].to_vec()),
        (end, vec![0xFE, b'W', b'J', 0xFF]),
        (end + 5_000, vec![1]),
        (whole.len() - 1, vec![0x80]),
    ] {
        let mut bytes = whole.clone();
        // An old frame would be something valid behind the tail: break it.
        let garbage: Vec<u8> = garbage.iter().map(|b| b ^ 0x10).collect();
        bytes[at..at + garbage.len()].copy_from_slice(&garbage);
        fs::write(&file, &bytes).expect("written");
        let torn = look(copy.path()).torn.expect("an inspection tells of it");
        assert_eq!(
            (torn.offset, torn.file.as_path()),
            ((at) as u64, file.as_path())
        );
        let (journal, recovery) = open(copy.path());
        let cut = recovery.cut.expect("it is cut");
        assert_eq!((recovery.records, cut.offset), (2, end as u64));
        assert_eq!(cut.bytes as usize, at + garbage.len() - end);
        assert_eq!(all(&journal), [b"one", b"two"]);
        drop(journal);
        assert_eq!(look(copy.path()).torn, None);
    }
}

#[test]
fn a_batch_with_a_hole_is_torn_because_its_pages_reach_the_disk_in_any_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    put(&journal, b"alone");
    let before = used(&segments(dir.path())[0]);
    // While the writer is held in the hook all of these queue, and are one batch.
    let (hold, held) = std::sync::mpsc::sync_channel::<()>(1);
    let (entered, entering) = std::sync::mpsc::sync_channel(16);
    journal.on_commit(move |_| {
        let _ = entered.send(());
        let _ = held.recv();
    });
    let holding = journal.append(b"holds".to_vec()).expect("queued");
    entering.recv().expect("the hook runs");
    let waiting: Vec<_> = (0..10u8)
        .map(|n| journal.append(vec![n; 50]).expect("queued"))
        .collect();
    drop(hold);
    holding.wait().expect("durable");
    for appended in waiting {
        appended.wait().expect("durable");
    }
    let copy = copy_dir(dir.path());
    let file = segments(copy.path()).pop().expect("a segment");
    let frame = 24 + 50;
    let batch = before + 24 + 5;
    for hole in 0..10 {
        let whole = fs::read(&file).expect("read");
        let mut bytes = whole.clone();
        bytes[batch + hole * frame..batch + (hole + 1) * frame].fill(0);
        fs::write(&file, &bytes).expect("written");
        let (journal, recovery) = open(copy.path());
        assert_eq!(recovery.records, 2 + hole as u64, "hole {hole}");
        // Without its last frame the batch ends like any other.
        assert_eq!(recovery.cut.is_some(), hole < 9);
        drop(journal);
        fs::write(&file, &whole).expect("written");
    }
}

#[test]
fn every_flipped_bit_of_a_closed_journal_is_seen_and_damage_is_refused_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    for n in 0..3u8 {
        put(&journal, vec![n + 1; 20]);
    }
    drop(journal);
    let file = segments(dir.path()).pop().expect("a segment");
    let end = used(&file) as u64;
    let mark = end - 24;
    for bit in (0..end * 8).chain([end * 8, MIN_SEGMENT_BYTES * 8 - 1]) {
        flip(&file, bit);
        let found = look(dir.path());
        let place = found
            .damage
            .iter()
            .chain(&found.torn)
            .next()
            .expect("it is seen");
        assert_eq!(place.file, file);
        assert!(place.offset <= bit / 8, "bit {bit}: {place}");
        let frame = if bit / 8 < 64 {
            0
        } else {
            64 + (bit / 8 - 64) / 44 * 44
        };
        assert!(place.offset >= frame.min(mark), "bit {bit}: {place}");
        if bit / 8 < mark {
            let refused = Journal::open(dir.path(), config())
                .err()
                .expect("damage is refused");
            let OpenError::Damaged(damage) = &refused else {
                panic!("bit {bit}: {refused}")
            };
            assert_eq!(damage.offset, place.offset);
            assert!(
                refused
                    .to_string()
                    .contains(&format!("byte {}", place.offset)),
                "{refused}"
            );
        }
        flip(&file, bit);
    }
    assert_eq!(look(dir.path()).damage, []);
}

#[test]
fn damage_in_an_earlier_segment_and_missing_segments_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    for n in 0..40u8 {
        put(&journal, vec![n; 10_000]);
    }
    drop(journal);
    let files = segments(dir.path());
    assert!(files.len() >= 3);
    // The very last frame of a segment that others follow.
    flip(&files[0], (used(&files[0]) as u64 - 1) * 8);
    assert!(matches!(
        Journal::open(dir.path(), config()),
        Err(OpenError::Damaged(_))
    ));
    flip(&files[0], (used(&files[0]) as u64 - 1) * 8);
    open(dir.path());

    let away = dir.path().with_extension("away");
    for missing in [0, 1] {
        fs::rename(&files[missing], &away).expect("moved");
        let refused = Journal::open(dir.path(), config())
            .err()
            .expect("a gap is refused");
        assert!(
            refused.to_string().contains("its first record is"),
            "{refused}"
        );
        assert!(!look(dir.path()).damage.is_empty());
        fs::rename(&away, &files[missing]).expect("moved back");
    }
    // Without the last segment only who knows how many there were can tell.
    fs::rename(files.last().expect("a segment"), &away).expect("moved");
    let known = JournalConfig {
        at_least: 40,
        ..config()
    };
    let refused = Journal::open(dir.path(), known)
        .err()
        .expect("fewer than known");
    assert!(
        matches!(refused, OpenError::Short { expected: 40, .. }),
        "{refused}"
    );
    fs::rename(&away, files.last().expect("a segment")).expect("moved back");
}

#[test]
fn a_refused_opening_alters_nothing() {
    let (copy, file, last_from) = killed(&[b"one", b"two"]);
    flip(&file, (last_from as u64 + 25) * 8);
    let before = fs::read(&file).expect("read");
    let known = JournalConfig {
        at_least: 2,
        ..config()
    };
    let refused = Journal::open(copy.path(), known)
        .err()
        .expect("fewer than known");
    let OpenError::Short {
        found: 1,
        broken: Some(place),
        ..
    } = &refused
    else {
        panic!("{refused}")
    };
    assert_eq!((place.offset, &place.file), (last_from as u64, &file));
    assert_eq!(fs::read(&file).expect("read"), before);
}

#[test]
fn a_segment_that_was_only_prepared_is_not_missed() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    put(&journal, b"one");
    drop(journal);
    fs::write(dir.path().join("next.tmp"), b"half").expect("written");
    assert_eq!(look(dir.path()).strangers, [dir.path().join("next.tmp")]);
    let (journal, recovery) = open(dir.path());
    assert_eq!(recovery.records, 1);
    drop(journal);
    assert_eq!(look(dir.path()).strangers, Vec::<PathBuf>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_crash_leaves_behind_the_last_batch_the_records_before_it_are_whole(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..12),
        keep in any::<prop::sample::Index>(),
        garbage in prop::collection::vec(any::<u8>(), 0..600),
        gap in 0usize..400,
    ) {
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let (copy, file, _) = killed(&records);
        let mut bytes = fs::read(&file).expect("read");
        let frames: usize = records.iter().map(|record| 24 + record.len()).sum();
        let last_to = 64 + frames;
        let last_from = last_to - 24 - records[records.len() - 1].len();
        let last = bytes[last_from..last_to].to_vec();
        // A part of the last batch reached the disk, and behind it lies anything.
        let kept_to = last_from + keep.index(last.len() + 1);
        bytes[kept_to..last_to].fill(0);
        bytes[kept_to + gap..kept_to + gap + garbage.len()].copy_from_slice(&garbage);
        let is_whole = bytes[last_from..last_to] == last;
        fs::write(&file, &bytes).expect("written");
        let (journal, recovery) = open(copy.path());
        let whole = if is_whole { records.len() } else { records.len() - 1 };
        prop_assert_eq!(recovery.records, whole as u64);
        let found = all(&journal);
        prop_assert_eq!(found.iter().map(Vec::as_slice).collect::<Vec<_>>(), &records[..whole]);
        drop(journal);
        let found = look(copy.path());
        prop_assert_eq!((found.damage, found.torn, found.closed_cleanly), (vec![], None, true));
    }
}

/// The next segment cannot be made.
#[test]
fn without_a_further_segment_records_are_refused_and_nothing_is_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    // Something is in the way of the file that is to become the next segment.
    let in_the_way = dir.path().join("next.tmp");
    fs::create_dir(&in_the_way).expect("made");
    let large = vec![7; 40_000];
    let append = |record: Vec<u8>| journal.append(record).and_then(Appended::wait);
    for index in 0..3 {
        assert_eq!(append(large.clone()).expect("it fits").index, index);
    }
    for _ in 0..2 {
        let refused = append(large.clone()).expect_err("it does not fit");
        assert!(
            matches!(refused, AppendError::NoSegment { .. }),
            "{refused}"
        );
        assert_eq!(journal.stuck(), Some(refused));
        assert_eq!(journal.len_durable(), 3);
    }
    fs::remove_dir(&in_the_way).expect("removed");
    while journal.stuck().is_some() {
        std::thread::yield_now();
    }
    assert_eq!(put(&journal, large.clone()), 3, "there is room again");
    drop(journal);
    let (journal, recovery) = open(dir.path());
    assert_eq!((recovery.records, recovery.cut.is_some()), (4, false));
    let lengths: Vec<usize> = all(&journal).iter().map(Vec::len).collect();
    assert_eq!(lengths, [40_000; 4]);
}

#[test]
fn a_journal_closes_cleanly_where_the_next_segment_could_not_be_prepared() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    let in_the_way = dir.path().join("next.tmp");
    fs::create_dir(&in_the_way).expect("made");
    // More than half of the segment, so that the next one is prepared ahead.
    put(&journal, vec![1; 50_000]);
    put(&journal, vec![2; 30_000]);
    drop(journal);
    fs::remove_dir(&in_the_way).expect("removed");
    let (_, recovery) = open(dir.path());
    assert_eq!((recovery.records, recovery.cut.is_some()), (2, false));
}
