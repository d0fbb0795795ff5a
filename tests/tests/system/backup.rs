//! A backup taken beside a running host, and a host that goes on from it under a name of its own.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::traffic::{assistance, held, usual};

use crate::vault::events;

/// Backups that are taken while payments are decided and keys are rotated.
const BACKUPS: usize = 6;

fn weft(first: &[&str], data: &Path, more: &[&str]) -> Said {
    let data = data.display().to_string();
    run(&[first, &["--data", &data], more].concat())
}

fn restore(backup: &Path, data: &Path, more: &[&str]) -> Said {
    weft(&["restore", &backup.display().to_string()], data, more)
}

fn verify(data: &Path, kept: &Path) -> Said {
    let kept = kept.display().to_string();
    weft(&["audit", "verify"], data, &["--checkpoint", &kept])
}

#[test]
fn a_host_goes_on_from_a_backup_and_says_so_to_everybody_who_verifies() {
    let mut host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let waits = host.decide("service", &held("waits-1")).json();
    assert_eq!(waits["verdict"], "hold", "{waits}");
    let signed = || host.get("regulator", "/v1/log/checkpoint").text();
    let covers = |note: &str| {
        note.lines()
            .nth(1)
            .and_then(|n| n.parse::<u64>().ok())
            .expect("a size")
    };
    while covers(&signed()) < 8 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let keep = |name: &str| {
        let path = host.dir.path().join(name);
        fs::copy(host.data().join("audit/checkpoint"), &path).expect("a checkpoint");
        path
    };
    let early = keep("early");
    let backup = host.dir.path().join("backup");
    let out = backup.display().to_string();
    let taken = weft(&["backup", "--out", &out], &host.data(), &[]);
    assert!(taken.ok, "{}", taken.err);
    assert!(
        !weft(&["backup", "--out", &out], &host.data(), &[]).ok,
        "nothing is mixed"
    );
    // What is decided later is lost to who goes on from it.
    host.decide("service", &usual("later-1"));
    host.stop();
    let late = host.dir.path().join("late");
    fs::copy(host.data().join("audit/checkpoint"), &late).expect("a checkpoint");

    let started = weft(
        &["serve"],
        &backup,
        &[
            "--config",
            &host.dir.path().join("weft.toml").display().to_string(),
        ],
    );
    assert!(
        !started.ok && started.err.contains("is a backup, and no host runs on it"),
        "{}",
        started.err
    );
    let there = restore(&backup, &host.data(), &[]);
    assert!(
        !there.ok && there.err.contains("is there already"),
        "{}",
        there.err
    );
    let none = restore(
        &host.dir.path().join("late"),
        &host.dir.path().join("x"),
        &[],
    );
    assert!(
        !none.ok && none.err.contains("is no backup"),
        "{}",
        none.err
    );
    let mark = backup.join("weft.backup");
    let sound = fs::read_to_string(&mark).expect("there");
    fs::write(&mark, sound.replace("weft backup 1", "weft backup 2")).expect("written");
    let newer = restore(&backup, &host.dir.path().join("x"), &[]);
    assert!(
        !newer.ok && newer.err.contains("its form is \"weft backup 2\""),
        "{}",
        newer.err
    );
    fs::write(&mark, sound).expect("written");
    fs::rename(host.data(), host.dir.path().join("before")).expect("moved away");
    let restored = restore(&backup, &host.data(), &["--reason", "the disk broke"]);
    assert!(restored.ok, "{}", restored.err);
    host.go_on();
    // It knows who waits, and what was sealed opens.
    let asked = host.decide(
        "agent",
        &assistance("assist.failed_payment", "waits-1", "case-1"),
    );
    assert_eq!(
        asked.json()["payment"]["state"],
        "pending",
        "{}",
        asked.text()
    );
    assert_eq!(
        host.decide("service", &usual("later-1")).json()["verdict"],
        "allow"
    );
    host.stop();
    host.go_on();
    let records = host.stop_and_read();
    let forked = events(&records, "log.forked");
    let [forked] = &forked[..] else {
        panic!("once, and not at every start: {forked:?}")
    };
    assert_eq!(forked["from"], "weft.default.eu");
    assert_eq!(forked["reason"], "the disk broke");
    let has = forked["records"].as_u64().expect("how many");
    assert_eq!(
        records[usize::try_from(has).expect("few")]["event"],
        "log.forked"
    );
    let vkey = fs::read_to_string(host.data().join("audit/log.vkey")).expect("a key");
    assert!(vkey.starts_with("weft.default.eu.restored-20"), "{vkey}");

    let data = host.data();
    let sound = verify(&data, &early);
    assert!(
        sound.ok && sound.out.contains("the log begins with the"),
        "{}",
        sound.out
    );
    let short = verify(&data, &late);
    assert!(
        !short.ok && short.out.contains("the log goes on from a copy with"),
        "{}",
        short.out
    );
    // A note that neither has signed is none of either.
    let forged = fs::read_to_string(&early).expect("there").replacen(
        "weft.default.eu\n",
        "weft.default.us\n",
        1,
    );
    fs::write(&early, forged).expect("written");
    let other = verify(&data, &early);
    assert!(
        !other.ok && other.out.contains("no checkpoint of this log"),
        "{}",
        other.out
    );
}

#[test]
fn a_backup_is_whole_whatever_the_host_does_meanwhile() {
    let host = Host::start("");
    let token = host.dir.path().join("operator.token");
    fs::write(&token, host.token("operator")).expect("written");
    let done = AtomicBool::new(false);
    let (rotated, backups): (usize, Vec<_>) = std::thread::scope(|scope| {
        for client in 0..3 {
            let (host, done) = (&host, &done);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    let mut payment = usual(&format!("pay-{client}-{n}"));
                    payment["payer"]["customer"] = json!(format!("customer-{client}-{n}"));
                    payment["payer"]["account"] = json!(format!("{:012}", 1_000_000 * client + n));
                    host.decide("service", &payment);
                }
            });
        }
        let mut rotated = 0;
        let taken = (0..BACKUPS).map(|n| {
            let token = token.display().to_string();
            let rotating = [
                "vault",
                "rotate",
                "--host",
                host.address(),
                "--token-file",
                &token,
            ];
            if n % 2 == 1 {
                rotated += usize::from(run(&rotating).ok);
            }
            let out = host.dir.path().join(format!("backup-{n}"));
            let said = weft(
                &["backup", "--out", &out.display().to_string()],
                &host.data(),
                &[],
            );
            (out, said)
        });
        let taken: Vec<_> = taken.collect();
        done.store(true, Ordering::Relaxed);
        (rotated, taken)
    });
    assert!(rotated > 0, "no keys were rotated meanwhile");
    let mut before = 0;
    for (n, (backup, taken)) in backups.iter().enumerate() {
        assert!(taken.ok, "backup {n}: {}", taken.err);
        let data = host.dir.path().join(format!("data-{n}"));
        let restored = restore(backup, &data, &[]);
        assert!(restored.ok, "backup {n}: {}", restored.err);
        // A start tells what a record names and the vault does not have; and every record is evaluated again.
        let payment = host.dir.path().join("payment.json");
        fs::write(&payment, usual("after-1").to_string()).expect("written");
        let file = payment.display().to_string();
        let decided = weft(&["decide", &file], &data, &[]);
        assert!(decided.ok, "backup {n}: {}", decided.err);
        let replayed = weft(&["audit", "replay", "--format", "json"], &data, &[]);
        let report: serde_json::Value = serde_json::from_str(&replayed.out).expect("a report");
        assert_eq!(report["differ"], 0, "backup {n}: {report}");
        assert_eq!(
            report["left_out"]["keys-missing"]["count"]
                .as_u64()
                .unwrap_or(0),
            0,
            "backup {n}: {report}"
        );
        let reproduced = report["reproduced"].as_u64().expect("a number");
        assert!(reproduced >= before, "backup {n}: {report}");
        before = reproduced;
        let verified = weft(&["audit", "verify"], &data, &[]);
        assert!(verified.ok, "backup {n}: {}", verified.out);
    }
    assert!(before > 1, "something was decided meanwhile");
}
