//! A log on a full disk, for real: it takes nothing, says so, and goes on when there is room, without being opened
//! again. A limit on the size of files does it everywhere; a small file system where one can be mounted.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{config, decision, id, open, tuning};
use tokio::signal::unix::{SignalKind, signal};
use weft_audit::{Log, ReadError, Tuning, VerifyOptions, verify};

/// The limit counts for the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Sent to a process that writes behind the limit; it ends the process, unless somebody listens.
const SIGXFSZ: i32 = 25;

/// Runs with the signal caught, alone.
fn alone(test: impl FnOnce()) {
    let _alone = ONE_AT_A_TIME.lock();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = runtime.enter();
    let _not_the_end = signal(SignalKind::from_raw(SIGXFSZ)).expect("a handler");
    test();
}

fn limit_files_to(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = bytes.or(maximum);
    setrlimit(Resource::Fsize, Rlimit { current, maximum }).expect("a limit");
}

/// Appends until something is full; how many records are in the log.
fn fill(log: &Log) -> u64 {
    loop {
        let n = log.len();
        match log.append_blocking(&decision(n)) {
            Ok(receipt) => assert_eq!(receipt.index, n),
            Err(refused) => {
                assert!(refused.is_disk_full(), "{refused}");
                assert!(log.stuck().is_some_and(|why| why.is_disk_full()));
                assert_eq!(log.len(), n);
                return n;
            }
        }
        if log.queryable().is_err() {
            return log.len();
        }
    }
}

/// Appends until the store has been given up, in step with the keeper, so that the journal does not meet the limit first.
/// A store that is made anew may answer again at once; that it was is seen by a file of ours that went with the old one.
fn fill_until_the_store_fails(log: &Log, dir: &Path) {
    let ours = dir.join("store/ours");
    fs::write(&ours, b"").expect("written");
    while ours.exists() {
        let n = log.len();
        log.append_blocking(&decision(n))
            .expect("the journal has room");
        log.sign_checkpoint();
        match log.queryable() {
            Ok(()) => {}
            // Before it is filled again it waits for room; from then on it tells how far it is.
            Err(ReadError::Refilling(refilling)) => {
                assert!(refilling.disk_full || refilling.filled > 0, "{refilling}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Appends until records are taken, and the store takes what it is given: one that failed unseen while there was no room
/// fails then.
fn wait_until_it_goes_on(log: &Log) {
    loop {
        let taken = log.append_blocking(&decision(log.len())).is_ok();
        log.sign_checkpoint();
        if taken && log.stuck().is_none() && log.queryable().is_ok() {
            return;
        }
        std::thread::yield_now();
    }
}

/// Every record is there once, found by its id, and the log verifies.
fn is_whole(log: Log, dir: &Path, records: u64) {
    assert_eq!(log.len(), records);
    for n in 0..records {
        let found = log.decision(&id(n)).expect("it answers");
        assert_eq!(found.map(|stored| stored.index), Some(n));
    }
    log.close().expect("closed");
    let report = verify(dir, &VerifyOptions::default(), &|_| {}).expect("readable");
    assert!(report.is_sound(), "{report}");
}

#[test]
fn a_log_goes_on_when_there_is_room_again() {
    alone(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let log = open(dir.path());
        for n in 0..100 {
            log.append_blocking(&decision(n)).expect("recorded");
        }
        limit_files_to(Some(120_000));
        let before = fill(&log);
        limit_files_to(None);
        wait_until_it_goes_on(&log);
        let since = log.len();
        assert!(since > before);
        for n in since..since + 100 {
            log.append_blocking(&decision(n)).expect("recorded");
        }
        is_whole(log, dir.path(), since + 100);
    });
}

/// The journal has room in its segment when the store's files may not grow any more.
#[test]
fn a_store_that_failed_is_filled_again_while_the_log_is_open() {
    alone(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let tuning = Tuning {
            segment_bytes: 32 * 1024 * 1024,
            ..tuning()
        };
        let log = Log::open_tuned(dir.path(), config(), tuning, &support::SEED, &|_| {});
        let log = log.expect("the log opens");
        // Less than sled writes at once, more than the journal's records come to.
        limit_files_to(Some(400_000));
        fill_until_the_store_fails(&log, dir.path());
        assert_eq!(log.stuck(), None, "the journal has room");
        limit_files_to(None);
        wait_until_it_goes_on(&log);
        let records = log.len();
        is_whole(log, dir.path(), records);
    });
}

/// A log that cannot begin says how much it needs.
#[test]
fn a_log_that_has_no_room_to_begin_says_how_much_it_needs() {
    alone(|| {
        let dir = tempfile::tempdir().expect("a directory");
        limit_files_to(Some(64 * 1024));
        let opened = Log::open_tuned(dir.path(), config(), tuning(), &support::SEED, &|_| {});
        limit_files_to(None);
        let Err(refused) = opened else {
            panic!("it began")
        };
        let told = refused.to_string();
        assert!(told.contains("needs 32 MB in all to begin"), "{told}");
        assert!(open(dir.path()).is_empty(), "with room it begins");
    });
}

#[test]
fn a_log_on_a_file_system_without_room_goes_on() {
    alone(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=48m", "weft-test"])
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
        let audit = dir.path().join("audit");
        let log = open(&audit);
        for n in 0..100 {
            log.append_blocking(&decision(n)).expect("recorded");
        }
        let ballast = dir.path().join("ballast");
        // As much as there is.
        let _ = fs::write(&ballast, vec![1; 48 * 1024 * 1024]);
        let before = fill(&log);
        assert!(before >= 100);
        fs::remove_file(&ballast).expect("removed");
        wait_until_it_goes_on(&log);
        let since = log.len();
        for n in since..since + 100 {
            log.append_blocking(&decision(n)).expect("recorded");
        }
        is_whole(log, &audit, since + 100);
        let unmounted = Command::new("umount").arg(dir.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    });
}
