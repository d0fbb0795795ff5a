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

/// Transactions of one message.
const TRANSACTIONS: usize = 100;
/// Messages that may be decided whole before the process is gone.
const TRIES: usize = 20;

/// A message of many payments of one payer.
fn message(number: usize) -> String {
    let transactions: String = (0..TRANSACTIONS)
        .map(|n| {
            format!(
                r#"<CdtTrfTxInf><PmtId><EndToEndId>e-{number}-{n}</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">1.50</InstdAmt></Amt><Cdtr><Nm>Groenten Van Damme</Nm></Cdtr><CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct></CdtTrfTxInf>"#
            )
        })
        .collect();
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>several-{number}</MsgId><CreDtTm>2026-11-23T09:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId><Dbtr><Nm>Ines Peeters</Nm></Dbtr><DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct>{transactions}</PmtInf></CstmrCdtTrfInitn></Document>"#
    )
}

/// The payments of a message that are in the log, each with how often.
fn recorded(host: &Host, number: usize) -> BTreeMap<String, usize> {
    let mut recorded = BTreeMap::new();
    for record in host.records() {
        let payment = record["transaction"].as_str().unwrap_or_default();
        if payment.starts_with(&format!("e-{number}-")) {
            *recorded.entry(payment.to_owned()).or_default() += 1;
        }
    }
    recorded
}

fn records(host: &Host) -> u64 {
    let metrics = host.get("operator", "/metrics").text();
    let line = metrics
        .lines()
        .find_map(|l| l.strip_prefix("weft_log_records "));
    line.and_then(|n| n.parse().ok()).expect("a number")
}

#[test]
fn a_message_of_several_payments_goes_on_after_a_crash() {
    let mut host = Host::start("");
    for number in 0..TRIES {
        let body = message(number);
        let before = records(&host);
        let answered = std::thread::scope(|scope| {
            let sent = scope.spawn(|| {
                host.try_post("service", "application/xml", body.as_bytes(), &[])
                    .ok()
            });
            while records(&host) < before + 5 && !sent.is_finished() {
                std::thread::yield_now();
            }
            host.kill_now();
            sent.join().expect("it was sent")
        });
        host.kill();
        let first = recorded(&host, number);
        host.go_on();
        if let Some(answer) = answered {
            // It was faster than the end of the process, or was refused, which must not be.
            assert_eq!(answer.status, 200, "{}", answer.text());
            continue;
        }
        assert!((1..=TRANSACTIONS).contains(&first.len()));
        let again = host.post("service", "application/xml", body.as_bytes(), &[]);
        assert_eq!(again.status, 200, "{}", again.text());
        assert_eq!(again.text().matches("<TxSts>").count(), TRANSACTIONS);
        host.stop();
        let all = recorded(&host, number);
        assert_eq!(all.len(), TRANSACTIONS);
        assert!(all.values().all(|times| *times == 1), "{all:?}");
        assert!(first.keys().all(|payment| all.contains_key(payment)));
        if first.len() < TRANSACTIONS {
            return;
        }
        host.go_on();
    }
    panic!("the process never ended in the middle of a message");
}
