//! Every query, page by page, gives what looking at every record gives.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use support::{config, decision, open, stopped, tuning};
use weft_audit::{
    EventRecord, Filter, FindingRecord, Log, PluginRecord, Record, SCHEMA, show, verify,
};
use weft_dictionary::Timestamp;
use weft_verdict::{Finding, Verdict};

const RECORDS: u64 = 900;

fn finding(policy: &str, plugin: Option<&str>) -> FindingRecord {
    FindingRecord {
        policy: policy.to_owned(),
        version: "0".repeat(64),
        stage: "decision".to_owned(),
        enforced: true,
        plugin: plugin.map(|name| PluginRecord {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            digest: "0".repeat(64),
            fuel: 1,
            elapsed_us: 1,
            points: BTreeMap::new(),
            needs: BTreeMap::new(),
        }),
        fired: Vec::new(),
        missing: Vec::new(),
        finding: Finding::abstain(),
        failure: None,
        discharged: None,
    }
}

/// Records of all kinds; what each says depends on its place in many ways, and their times are in no order.
fn record(n: u64) -> Record {
    let at = Timestamp(1_700_000_000_000 + n * 7_919 % 1_000);
    if n.is_multiple_of(11) {
        let detail: &[(&str, Json)] = match n % 4 {
            0 => &[
                ("by", json!("ana")),
                ("case", json!(format!("case-{}", n / 30))),
            ],
            1 => &[
                ("transaction", json!(format!("pay-{}", n / 3))),
                ("id", json!("dis_1")),
            ],
            2 => &[("by", json!(7)), ("emergency", json!("emg_1"))],
            _ => &[],
        };
        let named = detail
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let event = if n.is_multiple_of(2) {
            "disclosure.released"
        } else {
            "host.started"
        };
        return Record::Event(EventRecord {
            schema: SCHEMA.to_owned(),
            at,
            event: event.to_owned(),
            detail: named.collect(),
        });
    }
    let Record::Decision(mut decision) = decision(n) else {
        unreachable!("it makes decisions")
    };
    decision.at = at;
    decision.previous = None;
    decision.caller.id = ["checkout", "ana", "ben"][(n % 3) as usize].to_owned();
    decision.operation = ["payment.authorize", "assist.confirm"][(n / 300 % 2) as usize].to_owned();
    decision.outcome.verdict =
        [Verdict::Allow, Verdict::Hold, Verdict::Deny][(n % 13 % 3) as usize];
    for (field, token) in [
        ("payer.account", n % 50),
        ("payee.account", n % 9),
        ("instrument.pan", n),
    ] {
        let token = format!("tok_eu_account_{token}");
        decision.facts.insert(field.to_owned(), token.into());
    }
    decision.findings = vec![finding("risk.behaviour", Some("risk-rules"))];
    if n / 256 == 1 && n.is_multiple_of(5) {
        decision.findings.push(finding("risk.rare", Some("rare")));
    }
    Record::Decision(decision)
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    let value = select(values).prop_map(str::to_owned);
    prop_oneof![3 => Just(None), 1 => value.prop_map(Some)]
}

prop_compose! {
    fn filters()(
        decision in some(&["dec_00000005", "dec_00000899", "dis_1", "emg_1", "none"]),
        transaction in some(&["pay-0", "pay-100", "pay-299", "pay-11"]),
        case in some(&["case-0", "case-7", "case-29"]),
        account in some(&["tok_eu_account_3", "tok_eu_account_44", "tok_eu_account_600", "tok"]),
        by in some(&["ana", "ben", "nobody"]),
        plugin in some(&["risk-rules", "rare", "none"]),
        policy in some(&["risk.behaviour", "risk.rare"]),
        verdict in prop_oneof![Just(None), Just(Some(Verdict::Hold)), Just(Some(Verdict::Challenge))],
        what in some(&["payment.authorize", "assist.confirm", "disclosure.released"]),
        region in some(&["eu", "us"]),
        from in proptest::option::weighted(0.3, 0..1_000_u64),
        to in proptest::option::weighted(0.3, 0..1_000_u64),
    ) -> Filter {
        let at = |ms: Option<u64>| ms.map(|ms| Timestamp(1_700_000_000_000 + ms));
        Filter {
            decision, transaction, case, account, by, plugin, policy, verdict, what, region,
            from: at(from), to: at(to), last: None,
        }
    }
}

/// All pages of a query, and how many records there were to look at.
fn pages(log: &Log, filter: &Filter, limit: usize) -> (Vec<u64>, u64) {
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let page = log.query(filter, from, limit).expect("answered");
        assert!(page.entries.len() <= limit);
        found.extend(page.entries.iter().map(|entry| entry.index));
        match page.next {
            Some(next) => assert!(next > from, "it goes on"),
            None => return (found, page.of),
        }
        from = page.next.unwrap_or(from);
    }
}

fn filled(dir: &std::path::Path) {
    // Stopped within a block, and gone on with.
    for part in [0..300, 300..301, 301..RECORDS] {
        let log = open(dir);
        for n in part {
            log.append_blocking(&record(n)).expect("durable");
        }
    }
}

#[test]
fn every_query_gives_what_looking_at_every_record_gives() {
    let dir = tempfile::tempdir().expect("a directory");
    filled(dir.path());
    let log = open(dir.path());
    assert_eq!(log.opened().store_rebuilt, None);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut not_empty = 0;
    runner
        .run(&(filters(), 1..400_usize), |(filter, limit)| {
            let all = show(dir.path(), &filter).expect("readable");
            let all: Vec<u64> = all.iter().map(|entry| entry.index).collect();
            prop_assert_eq!(pages(&log, &filter, limit), (all, RECORDS));
            Ok(())
        })
        .expect("alike");
    for filter in [
        Filter::default(),
        Filter {
            policy: Some("risk.rare".to_owned()),
            ..Filter::default()
        },
        Filter {
            account: Some("tok_eu_account_3".to_owned()),
            ..Filter::default()
        },
        Filter {
            case: Some("case-7".to_owned()),
            by: Some("ana".to_owned()),
            ..Filter::default()
        },
    ] {
        not_empty += usize::from(!pages(&log, &filter, 100).0.is_empty());
    }
    assert_eq!(not_empty, 4);
}

#[test]
fn a_page_says_where_to_go_on_and_gives_the_bytes_of_the_log() {
    let dir = stopped(40);
    let log = open(dir.path());
    let page = log.query(&Filter::default(), 7, 2).expect("answered");
    assert_eq!((page.next, page.of), (Some(9), 41));
    for entry in &page.entries {
        assert_eq!(entry.bytes, log.bytes(entry.index).expect("readable"));
    }
    let end = log.query(&Filter::default(), 41, 2).expect("answered");
    assert_eq!((end.entries.len(), end.next, end.of), (0, None, 41));
    log.append_blocking(&decision(40)).expect("durable");
    drop(log);
    let log = open(dir.path());
    let more = log.query(&Filter::default(), end.of, 2).expect("answered");
    assert_eq!(
        more.entries
            .iter()
            .map(|entry| entry.index)
            .collect::<Vec<_>>(),
        [41]
    );
}

/// Every entry of the store is one that the records make: one more or one less is found, and mended.
#[test]
fn the_store_is_exactly_what_the_records_make() {
    let dir = tempfile::tempdir().expect("a directory");
    filled(dir.path());
    let check = || verify(dir.path(), &Default::default(), &|_| {}).expect("readable");
    let report = check();
    assert!(report.is_sound(), "{report}");
    let change = |change: &dyn Fn(&sled::Db)| {
        std::fs::remove_file(dir.path().join("store.sum")).expect("removed");
        let db = sled::open(dir.path().join("store")).expect("opens");
        change(&db);
        db.flush().expect("written");
        drop(db);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let report = check().to_string();
        let log = Log::open_tuned(dir.path(), config(), tuning(), &support::SEED, &|_| {});
        drop(log.expect("opens"));
        report
    };
    let word = |db: &sled::Db| {
        let (key, _) = db
            .scan_prefix(b"bp")
            .next()
            .expect("a word")
            .expect("readable");
        db.insert(key, vec![0; 32]).expect("changed");
    };
    let report = change(&word);
    assert!(
        report.contains("entries of 1 records are missing or changed"),
        "{report}"
    );
    let form = |db: &sled::Db| {
        db.insert(b"f", b"1").expect("changed");
    };
    let report = change(&form);
    assert!(report.contains("its keys have an older form"), "{report}");
    // The second one was made anew when it was opened.
    let report = check();
    assert!(report.is_sound(), "{report}");
}
