//! What was answered is in the log, however the process ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::traffic::{assistance, held, usual};

/// How often a process is killed; `WEFT_KILLS` asks for more.
const KILLS: usize = 20;
/// Then another host begins, so that a start does not read more and more.
const KILLS_A_HOST: usize = 50;
/// Decisions that are answered before a kill, at most.
const ANSWERS: usize = 80;
const CLIENTS: usize = 6;

/// What happened to a payment that was sent.
enum Sent {
    /// Its answer.
    Answered(String),
    /// The host was gone before.
    Unanswered,
}

/// A host that is killed, and what its clients know.
struct Killed {
    host: Host,
    random: fastrand::Rng,
    number: AtomicUsize,
    /// The answer of each payment that has one.
    answered: BTreeMap<String, String>,
    /// Checkpoints as they lay there after each start.
    kept: Vec<PathBuf>,
    longest_start: Duration,
}

#[test]
fn a_killed_host_has_every_decision_that_it_answered_and_each_once() {
    let kills = std::env::var("WEFT_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let (mut left, mut answered, mut longest_start) = (kills, 0, Duration::ZERO);
    let mut seed = 0;
    while left > 0 {
        let mut killed = Killed {
            host: Host::start(""),
            random: fastrand::Rng::with_seed(seed),
            number: AtomicUsize::new(0),
            answered: BTreeMap::new(),
            kept: Vec::new(),
            longest_start: Duration::ZERO,
        };
        for _ in 0..left.min(KILLS_A_HOST) {
            killed.once();
        }
        answered += killed.answered.len();
        left -= left.min(KILLS_A_HOST);
        seed += 1;
        longest_start = longest_start.max(killed.stop_and_compare());
    }
    println!("{kills} kills, {answered} payments answered, longest start {longest_start:?}");
}

impl Killed {
    fn once(&mut self) {
        let wanted = self.random.usize(0..ANSWERS);
        let pause = Duration::from_micros(self.random.u64(0..3_000));
        let (tell, told) = sync_channel(CLIENTS);
        let mut unanswered = Vec::new();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let tell = tell.clone();
                let (host, number) = (&self.host, &self.number);
                scope.spawn(move || send_until_gone(host, number, &tell));
            }
            drop(tell);
            let mut hear = |told: &Receiver<(String, Sent)>, most| {
                for (id, sent) in told.iter().take(most) {
                    match sent {
                        Sent::Answered(text) => {
                            self.answered.insert(id, text);
                        }
                        Sent::Unanswered => unanswered.push(id),
                    }
                }
            };
            hear(&told, wanted);
            std::thread::sleep(pause);
            self.host.kill_now();
            // What was answered before the process was gone counts, too.
            hear(&told, usize::MAX);
        });
        self.host.kill();
        let begun = Instant::now();
        self.host.go_on();
        self.longest_start = self.longest_start.max(begun.elapsed());
        self.keep_checkpoint();
        // Who heard nothing asks again, and so does somebody who heard it.
        for id in unanswered {
            let text = send(&self.host, &id).expect("it runs");
            self.answered.insert(id, text);
        }
        if !self.answered.is_empty() {
            let one = self.random.usize(0..self.answered.len());
            let (id, text) = self.answered.iter().nth(one).expect("there are more");
            assert_eq!(&send(&self.host, id).expect("it runs"), text);
        }
    }

    fn keep_checkpoint(&mut self) {
        let kept = self
            .host
            .data()
            .with_extension(format!("kept-{}", self.kept.len()));
        fs::copy(self.host.data().join("audit/checkpoint"), &kept).expect("a checkpoint");
        self.kept.push(kept);
    }

    /// The log is sound, continues every checkpoint, and has each payment once, as it was answered. How long the longest
    /// start took.
    fn stop_and_compare(mut self) -> Duration {
        self.host.stop();
        let data = self.host.data().display().to_string();
        let mut arguments = vec!["audit", "verify", "--data", &data];
        let kept: Vec<String> = self.kept.iter().map(|k| k.display().to_string()).collect();
        arguments.extend(kept.iter().flat_map(|kept| ["--checkpoint", kept.as_str()]));
        let verified = run(&arguments);
        assert!(verified.ok, "{}", verified.out);
        let mut recorded = BTreeMap::new();
        for record in self.host.records() {
            if let (Some(decision), Some(payment)) =
                (record["decision"].as_str(), record["transaction"].as_str())
            {
                let before = recorded.insert(payment.to_owned(), decision.to_owned());
                assert_eq!(before, None, "{payment} was decided twice");
            }
        }
        for (payment, answer) in &self.answered {
            let answer: Json = serde_json::from_str(answer).expect("an answer");
            let decision = recorded.get(payment).map(String::as_str);
            assert!(decision.is_some(), "{payment} was answered: {answer}");
            assert_eq!(decision, answer["decision"].as_str());
        }
        self.longest_start
    }
}

/// Sends payments until the host is gone, and tells what became of each.
fn send_until_gone(host: &Host, number: &AtomicUsize, tell: &SyncSender<(String, Sent)>) {
    loop {
        let id = format!("crash-{}", number.fetch_add(1, Ordering::Relaxed));
        let answer = send(host, &id);
        let gone = answer.is_none();
        let sent = answer.map_or(Sent::Unanswered, Sent::Answered);
        tell.send((id, sent)).expect("somebody listens");
        if gone {
            return;
        }
    }
}

/// The answer to a payment under its own key; `None` when the host is gone.
fn send(host: &Host, id: &str) -> Option<String> {
    let body = usual(id).to_string();
    let key = [("Idempotency-Key", id)];
    let answer = host.try_post("service", "application/json", body.as_bytes(), &key);
    let answer = answer.ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Some(answer.text())
}

#[test]
fn a_payment_waits_on_after_a_crash_and_a_key_is_remembered() {
    let mut host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let body = held("waits-1").to_string();
    let key = [("Idempotency-Key", "one")];
    let first = host.post("service", "application/json", body.as_bytes(), &key);
    host.kill();
    host.go_on();
    let second = host.post("service", "application/json", body.as_bytes(), &key);
    assert_eq!(first.text(), second.text());
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

/// What is answered with a refusal, and what is read again, is in the log like what is decided.
#[test]
fn a_killed_host_has_each_refusal_that_it_answered() {
    const EACH: usize = 40;
    let mut host = Host::start("");
    host.decide("service", &held("held-1"));
    let help = assistance("assist.failed_payment", "held-1", "case-1");
    let help = host.decide("agent", &help).json()["decision"].clone();
    let help = format!("/v1/decisions/{}", help.as_str().expect("an id"));
    for _ in 0..EACH {
        let not_theirs = host.get("service", &help);
        assert_eq!(not_theirs.status, 404);
        assert_eq!(host.get("agent", &help).status, 200);
        assert_eq!(host.get("regulator", "/v1/log/records").status, 200);
        assert_eq!(host.decide("agent", &Json::Null).status, 422);
        let erase = host.post_to("/v1/vault/erase", "agent", &Json::Null);
        assert_eq!(erase.status, 403);
    }
    host.kill();
    let records = host.records();
    let of = |event: &str, what: &str| {
        let is = |record: &&Json| record["event"] == event && record["detail"]["what"] == what;
        records.iter().filter(is).count()
    };
    for (event, what) in [
        ("access.refused", "decision"),
        ("decision.read", "decision"),
        ("log.read", "records"),
        ("access.refused", "request"),
        ("access.refused", "/v1/vault/erase"),
    ] {
        assert_eq!(of(event, what), EACH, "{event}, {what}");
    }
}
