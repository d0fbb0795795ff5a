//! What an append to the audit log costs, for 1, 16, 64 and 256 writers that wait for each of their records.
//!
//! ```text
//! cargo run --release -p weft-audit --example append -- [DIR] [SECONDS]
//! ```
#![allow(clippy::print_stdout, reason = "it reports to a person")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use weft_audit::witness::Witnesses;
use weft_audit::{Log, LogConfig, VerifyOptions, verify};

mod record;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let seconds = arguments.next().map_or(Ok(2), |s| s.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    println!(
        "{:>8} {:>11} {:>9} {:>9} {:>13} {:>13}",
        "writers", "records/s", "p50 µs", "p99 µs", "close, ms", "verify, ms"
    );
    for writers in [1, 16, 64, 256] {
        let dir = tempfile::tempdir_in(&dir)?;
        let config = LogConfig {
            origin: "audit.example/eu/0".to_owned(),
            region: "eu".to_owned(),
            witnesses: Witnesses::default(),
        };
        let log = std::sync::Arc::new(Log::open(dir.path(), config, &[1; 32], &|_| {})?);
        let (mut took, elapsed) =
            runtime.block_on(drive(&log, writers, Duration::from_secs(seconds)))?;
        let at = Instant::now();
        log.close()?;
        let closed = at.elapsed();
        let at = Instant::now();
        let report = verify(dir.path(), &VerifyOptions::default(), &|_| {})?;
        assert!(report.is_sound(), "{report}");
        let verified = at.elapsed();
        took.sort_unstable();
        let share = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
        println!(
            "{writers:>8} {:>11.0} {:>9.0} {:>9.0} {:>13} {:>13}",
            took.len() as f64 / elapsed.as_secs_f64(),
            share(0.5),
            share(0.99),
            closed.as_millis(),
            verified.as_millis(),
        );
    }
    Ok(())
}

type Took = Result<(Vec<u64>, Duration), Box<dyn std::error::Error>>;

async fn drive(log: &std::sync::Arc<Log>, writers: usize, for_so_long: Duration) -> Took {
    let number = std::sync::Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks: tokio::task::JoinSet<_> = (0..writers)
        .map(|_| {
            let (log, number) = (log.clone(), number.clone());
            async move {
                let mut took = Vec::new();
                while started.elapsed() < for_so_long {
                    let record = record::decision(number.fetch_add(1, Ordering::Relaxed));
                    let at = Instant::now();
                    log.append(&record).await.map(|_| ())?;
                    took.push(at.elapsed().as_nanos() as u64);
                }
                Ok::<_, weft_audit::AppendError>(took)
            }
        })
        .collect();
    let mut took = Vec::new();
    for done in tasks.join_all().await {
        took.extend(done?);
    }
    Ok((took, started.elapsed()))
}
