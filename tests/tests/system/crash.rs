//! What was answered is in the log, however the process ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::traffic::{assistance, held, usual};

/// How often the process is killed.
const KILLS: usize = 5;
/// Decisions that are answered before it is.
const ANSWERS: usize = 120;

#[test]
fn a_killed_host_has_every_decision_that_it_answered() {
    let mut host = Host::start("");
    let mut answered: BTreeMap<String, String> = BTreeMap::new();
    let number = AtomicU64::new(0);
    for _ in 0..KILLS {
        let (tell, told) = sync_channel(ANSWERS);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let tell = tell.clone();
                let (host, number) = (&host, &number);
                scope.spawn(move || send_until_gone(host, number, &tell));
            }
            drop(tell);
            answered.extend(told.iter().take(ANSWERS));
            host.kill_now();
            // What was answered before the process was gone counts, too.
            answered.extend(told.iter());
        });
        host.kill();
        host.go_on();
    }
    host.stop();
    let data = host.data().display().to_string();
    let verified = run(&["audit", "verify", "--data", &data]);
    assert!(verified.ok, "{}", verified.out);
    let shown = run(&["audit", "show", "--data", &data, "--json"]);
    let mut recorded = BTreeMap::new();
    for line in shown.out.lines() {
        let entry: Json = serde_json::from_str(line).expect("a line of JSON");
        let record = &entry["record"];
        if let (Some(decision), Some(payment)) =
            (record["decision"].as_str(), record["transaction"].as_str())
        {
            let before = recorded.insert(decision.to_owned(), payment.to_owned());
            assert_eq!(before, None, "{decision} is there twice");
        }
    }
    assert!(answered.len() >= KILLS * ANSWERS);
    for (decision, payment) in &answered {
        assert_eq!(
            recorded.get(decision),
            Some(payment),
            "{decision} was answered"
        );
    }
}

/// Sends payments until the host is gone, and tells every decision with its payment.
fn send_until_gone(host: &Host, number: &AtomicU64, tell: &SyncSender<(String, String)>) {
    loop {
        let id = format!("crash-{}", number.fetch_add(1, Ordering::Relaxed));
        let body = usual(&id).to_string();
        let Ok(answer) = host.try_post("service", "application/json", body.as_bytes(), &[]) else {
            return;
        };
        let decision = answer.json()["decision"].as_str().map(str::to_owned);
        let decision = decision.unwrap_or_else(|| panic!("{}", answer.text()));
        tell.send((decision, id)).expect("somebody listens");
    }
}

#[test]
fn a_payment_waits_on_after_a_crash_and_a_key_is_remembered() {
    let mut host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let body = held("waits").to_string();
    let key = [("Idempotency-Key", "one")];
    let first = host.post("service", "application/json", body.as_bytes(), &key);
    host.kill();
    host.go_on();
    let second = host.post("service", "application/json", body.as_bytes(), &key);
    assert_eq!(first.text(), second.text());
    let asked = host.decide(
        "agent",
        &assistance("assist.failed_payment", "waits", "case-1"),
    );
    assert_eq!(
        asked.json()["payment"]["state"],
        "pending",
        "{}",
        asked.text()
    );
}
