//! A log with a few decisions in it.
#![allow(dead_code, reason = "not every test uses everything")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weft_audit::witness::Witnesses;
use weft_audit::{
    CallerRecord, DecisionRecord, EventRecord, Log, LogConfig, OutcomeRecord, Record, SCHEMA,
    Tuning,
};
use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

pub(crate) const SEED: [u8; 32] = [42; 32];

pub(crate) fn config() -> LogConfig {
    LogConfig {
        origin: "audit.example/eu/0".to_owned(),
        region: "eu".to_owned(),
        witnesses: Witnesses::default(),
    }
}

pub(crate) fn tuning() -> Tuning {
    Tuning {
        segment_bytes: weft_journal::limits::MIN_SEGMENT_BYTES,
        checkpoint_every: 64,
    }
}

pub(crate) fn open(dir: &Path) -> Log {
    Log::open_tuned(dir, config(), tuning(), &SEED, &|_| {}).expect("the log opens")
}

pub(crate) fn id(n: u64) -> String {
    format!("dec_{n:08}")
}

/// Decision `n`; every third one starts a payment and the two after it follow.
pub(crate) fn decision(n: u64) -> Record {
    Record::Decision(Box::new(DecisionRecord {
        schema: SCHEMA.to_owned(),
        decision: id(n),
        at: Timestamp(1_700_000_000_000 + n),
        operation: "payment.authorize".to_owned(),
        region: "eu".to_owned(),
        tenant: "demo".to_owned(),
        caller: CallerRecord {
            id: "checkout".to_owned(),
            role: "service".to_owned(),
        },
        trace: format!("{n:032x}"),
        transaction: Some(format!("pay-{}", n / 3)),
        case: (n % 3 == 1).then(|| format!("case-{}", n / 30)),
        session: None,
        previous: (!n.is_multiple_of(3)).then(|| id(n - 1)),
        idempotency: None,
        policy_set: "0".repeat(64),
        facts: BTreeMap::from([(
            "payment.note".to_owned(),
            "x".repeat((n % 7 * 90) as usize).into(),
        )]),
        sealed: None,
        commitments: BTreeMap::new(),
        dropped: None,
        feature_snapshot: None,
        observation: None,
        findings: Vec::new(),
        outcome: OutcomeRecord {
            verdict: Verdict::Allow,
            risk: Some(17),
            reasons: Vec::new(),
            obligations: Vec::new(),
        },
        follow: None,
        shown: None,
    }))
}

pub(crate) fn event(name: &str) -> Record {
    Record::Event(EventRecord {
        schema: SCHEMA.to_owned(),
        at: Timestamp(1_700_000_000_000),
        event: name.to_owned(),
        detail: BTreeMap::new(),
    })
}

/// A log that was stopped, with an event and `count` decisions.
pub(crate) fn stopped(count: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    log.append_blocking(&event("host.started"))
        .expect("durable");
    for n in 0..count {
        log.append_blocking(&decision(n)).expect("durable");
    }
    log.close().expect("closed");
    dir
}

/// All files below a directory.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub(crate) fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    for file in files(from) {
        let target = to.path().join(file.strip_prefix(from).expect("below"));
        std::fs::create_dir_all(target.parent().expect("a parent")).expect("created");
        std::fs::copy(&file, target).expect("copied");
    }
    to
}

/// The bytes of all records.
pub(crate) fn records(dir: &Path) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    weft_journal::inspect(&dir.join("log"), |_, bytes, _, _| {
        records.push(bytes.to_vec())
    })
    .expect("readable");
    records
}

/// Writes the journal anew with other records; its checksums are right.
pub(crate) fn rewrite(dir: &Path, records: &[Vec<u8>]) {
    let log = dir.join("log");
    std::fs::remove_dir_all(&log).expect("removed");
    let config = weft_journal::JournalConfig {
        segment_bytes: tuning().segment_bytes,
        at_least: 0,
    };
    let (journal, _) = weft_journal::Journal::open(&log, config).expect("opens");
    for record in records {
        journal
            .append(record.clone())
            .expect("queued")
            .wait()
            .expect("durable");
    }
}
