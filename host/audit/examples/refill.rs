//! What filling the store again costs: time, and memory while it runs and after it.
//!
//! ```text
//! cargo run --release -p weft-audit --example refill -- write DIR RECORDS
//! cargo run --release -p weft-audit --example refill -- fill DIR
//! ```
//!
//! Two runs, because memory is measured of a process that did nothing else.
#![allow(clippy::print_stdout, reason = "it reports to a person")]

use std::path::Path;
use std::time::Instant;

use weft_audit::witness::Witnesses;
use weft_audit::{Log, LogConfig};

mod record;

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
        witnesses: Witnesses::default(),
    };
    Ok(Log::open(dir, config, &[1; 32], &|_| {})?)
}

fn write(dir: &Path, records: u64) -> Result<(), Failed> {
    let log = open(dir)?;
    println!("{:>10} {:>9} {:>9}", "records", "RSS, MB", "peak, MB");
    report(0);
    let mut waiting = Vec::new();
    for n in 0..records {
        waiting.push(log.submit(&record::decision(n))?);
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
