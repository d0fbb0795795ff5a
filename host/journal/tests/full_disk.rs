//! A full disk, for real: a limit on the size of files everywhere, and a small file system where one can be mounted.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use weft_journal::limits::MIN_SEGMENT_BYTES;
use weft_journal::{AppendError, Appended, Journal, JournalConfig, Recovery, inspect};

/// The limit counts for the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Sent to a process that writes behind the limit; it ends the process, unless somebody listens.
const SIGXFSZ: i32 = 25;

fn open(dir: &Path) -> (Journal, Recovery) {
    let config = JournalConfig {
        segment_bytes: MIN_SEGMENT_BYTES,
        at_least: 0,
    };
    Journal::open(dir, config).expect("the journal opens")
}

fn record(n: u64) -> Vec<u8> {
    let mut record = vec![0x5a; 9_000];
    record.extend(n.to_be_bytes());
    record
}

fn append(journal: &Journal, n: u64) -> Result<u64, AppendError> {
    let appended = journal.append(record(n)).and_then(Appended::wait)?;
    Ok(appended.index)
}

/// Appends until there is no room; how many were taken in all.
fn fill(journal: &Journal) -> u64 {
    loop {
        let n = journal.len_durable();
        match append(journal, n) {
            Ok(index) => assert_eq!(index, n),
            Err(refused) => {
                assert!(refused.is_disk_full(), "{refused}");
                assert_eq!(journal.len_durable(), n);
                assert!(journal.stuck().is_some_and(|why| why.is_disk_full()));
                return n;
            }
        }
    }
}

fn wait_for_room(journal: &Journal) {
    while journal.stuck().is_some() {
        std::thread::yield_now();
    }
}

fn holds_exactly(dir: &Path, records: u64) {
    let mut next = 0;
    let found = inspect(dir, |index, bytes, _, _| {
        assert_eq!((index, bytes), (next, record(index).as_slice()));
        next += 1;
    });
    let found = found.expect("readable");
    assert_eq!((next, found.damage), (records, vec![]));
}

fn limit_files_to(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = bytes.or(maximum);
    setrlimit(Resource::Fsize, Rlimit { current, maximum }).expect("a limit");
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    to
}

#[test]
fn a_batch_without_room_is_cut_off_and_never_found_later() {
    let _alone = ONE_AT_A_TIME.lock();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = runtime.enter();
    let _not_the_end = signal(SignalKind::from_raw(SIGXFSZ)).expect("a handler");
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    // The write that crosses this line is done up to it.
    limit_files_to(Some(100_000));
    let before = fill(&journal);
    assert_eq!(
        before, 11,
        "eleven records end before the limit, the twelfth does not"
    );
    holds_exactly(dir.path(), before);
    // No larger than what is copied, so it fits under the limit.
    let as_it_was = copy(dir.path());
    limit_files_to(None);
    wait_for_room(&journal);
    for n in before..before + 10 {
        assert_eq!(append(&journal, n), Ok(n), "over the end of the segment");
    }
    drop(journal);
    holds_exactly(dir.path(), before + 10);
    let (_, recovery) = open(dir.path());
    assert!(recovery.closed_cleanly && recovery.cut.is_none());

    let (journal, recovery) = open(as_it_was.path());
    assert_eq!(recovery.records, before, "a crash while there was no room");
    assert_eq!(
        recovery.cut.map(|cut| cut.bytes),
        Some(0),
        "nothing was torn"
    );
    assert_eq!(append(&journal, before), Ok(before));
    drop(journal);
    holds_exactly(as_it_was.path(), before + 1);
}

#[test]
fn a_journal_that_closes_without_room_is_opened_again() {
    let _alone = ONE_AT_A_TIME.lock();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = runtime.enter();
    let _not_the_end = signal(SignalKind::from_raw(SIGXFSZ)).expect("a handler");
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = open(dir.path());
    limit_files_to(Some(100_000));
    let before = fill(&journal);
    drop(journal);
    limit_files_to(None);
    let (journal, recovery) = open(dir.path());
    assert_eq!(recovery.records, before);
    assert_eq!(append(&journal, before), Ok(before));
}

#[test]
fn a_file_system_without_room_stops_nothing_for_good() {
    let _alone = ONE_AT_A_TIME.lock();
    let dir = tempfile::tempdir().expect("a directory");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=448k", "weft-test"])
        .arg(dir.path())
        .output();
    if !mounted.is_ok_and(|mount| mount.status.success()) {
        use std::io::Write;
        // Past the capture of the test runner.
        let _ = std::io::stderr().write_all(
            b"left out: no file system can be mounted here; the limit on files is tested instead\n",
        );
        return;
    }
    let ballast = dir.path().join("ballast");
    let journal_dir = dir.path().join("journal");
    let (journal, _) = open(&journal_dir);
    fs::write(&ballast, vec![1; 128 * 1024]).expect("there is room for it");
    // Two segments of 128 KB fit beside it, a third does not.
    let before = fill(&journal);
    assert_eq!(before, 28);
    assert_eq!(fill(&journal), before, "and it stays so");
    holds_exactly(&journal_dir, before);
    fs::remove_file(&ballast).expect("removed");
    wait_for_room(&journal);
    assert_eq!(append(&journal, before), Ok(before));
    drop(journal);
    holds_exactly(&journal_dir, before + 1);
    let unmounted = Command::new("umount").arg(dir.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
}
