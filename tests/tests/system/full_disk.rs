//! A full disk is no end: nothing is answered that is not recorded, and the host goes on by itself when there is room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use weft_tests::Host;
use weft_tests::host::Answer;
use weft_tests::traffic::usual;

/// Requests to a host that has no room.
const REFUSED: usize = 30;

/// Payments by their decisions, as they were answered.
type Answered = BTreeMap<String, String>;

fn decide(host: &Host, payment: &str) -> Answer {
    let body = usual(payment).to_string();
    let key = [("Idempotency-Key", payment)];
    host.post("service", "application/json", body.as_bytes(), &key)
}

fn keep(answered: &mut Answered, payment: &str, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = answer.json()["decision"].as_str().map(str::to_owned);
    let before = answered.insert(decision.expect("a decision"), payment.to_owned());
    assert_eq!(before, None);
}

/// Sends payments until one is refused, which is given.
fn fill(host: &Host, answered: &mut Answered, name: &str) -> String {
    for n in 0.. {
        let payment = format!("{name}-{n}");
        let answer = decide(host, &payment);
        if answer.status != 200 {
            is_refused(&answer);
            return payment;
        }
        keep(answered, &payment, &answer);
    }
    unreachable!("a disk ends somewhere")
}

fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.content_type, "application/problem+json");
    assert!(answer.retry_after.is_some());
    assert_eq!(answer.json()["code"], "not-ready");
}

/// No room: all are refused alike, and those who ask for health are told why.
fn is_full(host: &Host) {
    for n in 0..REFUSED {
        is_refused(&decide(host, &format!("refused-{n}")));
    }
    let ready = host.get("operator", "/readyz");
    is_refused(&ready);
    assert!(ready.text().contains("disk full"), "{}", ready.text());
    assert_eq!(host.get("operator", "/healthz").status, 200);
}

/// What was answered is in the log, what was refused is not, and the episode was told, not the requests.
fn is_true(mut host: Host, answered: &Answered) -> String {
    let log = is_recorded(&mut host, answered);
    let told = |line: &str| {
        line.split_once("ERROR weft")
            .map(|(_, what)| what.to_owned())
    };
    let errors: Vec<String> = log.lines().filter_map(told).collect();
    assert!(!errors.is_empty(), "nothing was told");
    // The journals of the log, of the vault's values and of its keys, the store, the checkpoint: each once.
    assert!(errors.len() <= 5, "{errors:#?}");
    let different: BTreeSet<&String> = errors.iter().collect();
    assert_eq!(different.len(), errors.len(), "{errors:#?}");
    log
}

/// Stops the host; what was answered is in its log.
fn is_recorded(host: &mut Host, answered: &Answered) -> String {
    let log = host.stop();
    let mut recorded = Answered::new();
    for record in host.records() {
        if let (Some(decision), Some(payment)) =
            (record["decision"].as_str(), record["transaction"].as_str())
        {
            recorded.insert(decision.to_owned(), payment.to_owned());
        }
    }
    assert_eq!(&recorded, answered);
    log
}

fn limit_files_of(host: &Host, bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = bytes.or(maximum);
    let limit = Rlimit { current, maximum };
    prlimit(Some(host.process()), Resource::Fsize, limit).expect("a limit");
}

/// Runs everywhere: behind the limit a write fails as on a full disk, in the middle of a record.
#[test]
fn a_host_whose_files_may_not_grow_refuses_and_goes_on() {
    let host = Host::start("");
    let mut answered = Answered::new();
    keep(&mut answered, "before-1", &decide(&host, "before-1"));
    limit_files_of(&host, Some(150_000));
    let refused = fill(&host, &mut answered, "limited");
    is_full(&host);
    limit_files_of(&host, None);
    host.wait_until_ready();
    // The same request, with the same key, is decided now.
    keep(&mut answered, &refused, &decide(&host, &refused));
    for n in 0..20 {
        let payment = format!("after-{n}");
        keep(&mut answered, &payment, &decide(&host, &payment));
    }
    let log = is_true(host, &answered);
    told(&log, "no record is taken until there is some");
    told(&log, "there is room again");
}

fn told(log: &str, what: &str) {
    assert!(log.contains(what), "not told: {what}");
}

#[test]
fn a_host_on_a_full_file_system_refuses_and_goes_on() {
    let mut host = Host::prepare("");
    fs::create_dir(host.data()).expect("made");
    let Some(_mounted) = Mounted::on(&host.data()) else {
        return;
    };
    host.go_on();
    let mut answered = Answered::new();
    keep(&mut answered, "before-1", &decide(&host, "before-1"));
    let ballast = host.data().join("ballast");
    // As much as there is.
    let _ = fs::write(&ballast, vec![1; 128 << 20]);
    let refused = fill(&host, &mut answered, "filling");
    is_full(&host);
    fs::remove_file(&ballast).expect("removed");
    host.wait_until_ready();
    keep(&mut answered, &refused, &decide(&host, &refused));
    for n in 0..20 {
        let payment = format!("after-{n}");
        keep(&mut answered, &payment, &decide(&host, &payment));
    }
    // What was decided before is found again: the store is whole.
    for decision in answered.keys() {
        let got = host.get("service", &format!("/v1/decisions/{decision}"));
        assert_eq!(got.status, 200, "{decision}: {}", got.text());
    }
    let log = is_true(host, &answered);
    told(&log, "the audit store failed");
    told(&log, "the audit store is filled again");
}

/// A checkpoint that cannot be signed is told, by a status of its own, too; nothing that was answered is lost.
#[test]
fn a_host_that_stops_on_a_full_file_system_says_what_is_missing() {
    let mut host = Host::prepare("");
    fs::create_dir(host.data()).expect("made");
    let Some(_mounted) = Mounted::on(&host.data()) else {
        return;
    };
    host.go_on();
    let mut answered = Answered::new();
    let ballast = host.data().join("ballast");
    // As much as there is.
    let _ = fs::write(&ballast, vec![1; 128 << 20]);
    // The journal has room in its segment.
    keep(&mut answered, "before-1", &decide(&host, "before-1"));
    let (status, log) = host.ended();
    assert_eq!(status.code(), Some(3), "{log}");
    told(&log, "the audit log is not closed as it should be");
    told(&log, "every answered decision is in the log");
    fs::remove_file(&ballast).expect("removed");
    host.go_on();
    is_recorded(&mut host, &answered);
}

/// A small file system in memory, as long as this lives.
struct Mounted(PathBuf);

impl Mounted {
    fn on(dir: &Path) -> Option<Mounted> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=112m", "weft-test"])
            .arg(dir)
            .output();
        if mounted.is_ok_and(|mount| mount.status.success()) {
            return Some(Mounted(dir.to_owned()));
        }
        use std::io::Write;
        // Past the capture of the test runner.
        let _ = std::io::stderr().write_all(
            b"left out: no file system can be mounted here; the limit on files is tested instead\n",
        );
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A host that a failed test has left is killed by its own drop, later.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
