//! What filling the store again costs: time, and memory while it runs and after it.
//!
//! ```text
//! cargo run --release -p weft-audit --example refill -- write DIR RECORDS
//! cargo run --release -p weft-audit --example refill -- fill DIR
//! ```
//!
//! Two runs, because memory is measured of a process that did nothing else.
#![allow(clippy::print_stdout, reason = "it reports to a person")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use weft_audit::{
    CallerRecord, DecisionRecord, FindingRecord, Log, LogConfig, OutcomeRecord, Record, SCHEMA,
};
use weft_dictionary::Timestamp;
use weft_verdict::{Finding, Verdict};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["write", dir, records] => write(Path::new(dir), records.parse()?),
        ["fill", dir] => fill(Path::new(dir)),
        _ => Err("write DIR RECORDS, or fill DIR".into()),
    }
}

fn open(dir: &Path) -> Result<Log, Failed> {
    let config = LogConfig {
        origin: "audit.example/eu/0".to_owned(),
        region: "eu".to_owned(),
    };
    Ok(Log::open(dir, config, &[1; 32], &|_| {})?)
}

fn write(dir: &Path, records: u64) -> Result<(), Failed> {
    let log = open(dir)?;
    println!("{:>10} {:>9} {:>9}", "records", "RSS, MB", "peak, MB");
    report(0);
    let mut waiting = Vec::new();
    for n in 0..records {
        waiting.push(log.submit(&decision(n))?);
        if waiting.len() == 256 {
            for appending in waiting.drain(..) {
                appending.wait()?;
            }
        }
        if (n + 1) % (records / 5).max(1) == 0 {
            report(n + 1);
        }
    }
    for appending in waiting {
        appending.wait()?;
    }
    log.close()?;
    Ok(())
}

fn fill(dir: &Path) -> Result<(), Failed> {
    std::fs::remove_dir_all(dir.join("store"))?;
    println!("{:>10} {:>9} {:>9}", "records", "RSS, MB", "peak, MB");
    report(0);
    let started = Instant::now();
    let log = open(dir)?;
    let took = started.elapsed();
    report(log.len());
    println!("filled in {:.1} s", took.as_secs_f64());
    log.close()?;
    report(log.len());
    Ok(())
}

/// Memory of this process, as the kernel counts it.
fn report(records: u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1_024)
    };
    println!(
        "{records:>10} {:>9} {:>9}",
        of("VmRSS:").unwrap_or(0),
        of("VmHWM:").unwrap_or(0)
    );
}

/// A decision of some 1,800 bytes, of a payment of its own.
fn decision(n: u64) -> Record {
    let finding = |policy: &str| FindingRecord {
        policy: policy.to_owned(),
        version: "0".repeat(64),
        stage: "risk".to_owned(),
        enforced: true,
        plugin: None,
        fired: vec!["a-rule".to_owned()],
        missing: Vec::new(),
        finding: Finding::of(Verdict::Flag, "velocity-card"),
        failure: None,
        discharged: None,
    };
    let fact = |n: u64| (format!("payment.field_{n}"), format!("value {n}").into());
    // Identifiers are random in service, so that no two records are neighbours in the store.
    let scattered = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Record::Decision(Box::new(DecisionRecord {
        schema: SCHEMA.to_owned(),
        decision: format!("dec_{scattered:026x}"),
        at: Timestamp(1_700_000_000_000 + n),
        operation: "payment.authorize".to_owned(),
        region: "eu".to_owned(),
        tenant: "demo".to_owned(),
        caller: CallerRecord {
            id: "checkout".to_owned(),
            role: "service".to_owned(),
        },
        trace: format!("{n:032x}"),
        transaction: Some(format!("payment-{scattered:020x}")),
        case: None,
        session: None,
        previous: None,
        idempotency: None,
        policy_set: "0".repeat(64),
        facts: (0..12).map(fact).collect::<BTreeMap<_, _>>(),
        sealed: Some("c".repeat(300)),
        dropped: None,
        feature_snapshot: Some("0".repeat(64)),
        observation: None,
        findings: ["one", "two", "three"].map(finding).to_vec(),
        outcome: OutcomeRecord {
            verdict: Verdict::Flag,
            risk: Some(300),
            reasons: Vec::new(),
            obligations: Vec::new(),
        },
        follow: None,
    }))
}
