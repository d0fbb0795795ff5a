//! What group commit costs: the journal beside a plain preallocated file, on the disk of the current
//! directory (or of the directory given as argument).
//!
//! ```text
//! cargo run --release -p weft-journal --example group_commit -- [DIR] [SECONDS]
//! ```
//!
//! Each writer is a thread that appends a record of 300 bytes and waits until it is durable, over and over.
#![allow(clippy::print_stdout, reason = "it reports to a person")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use weft_journal::{Journal, JournalConfig};

const RECORD: [u8; 300] = [b'x'; 300];
const PLAIN_BYTES: u64 = 256 * 1024 * 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let seconds = arguments.next().map_or(Ok(2), |s| s.parse())?;
    let for_so_long = Duration::from_secs(seconds);
    println!(
        "records of {} bytes, {seconds} s each, in {}\n",
        RECORD.len(),
        dir.display()
    );
    println!(
        "{:>8} {:>31}   {:>31}",
        "", "journal", "plain preallocated file"
    );
    println!(
        "{:>8} {:>11} {:>9} {:>9}   {:>11} {:>9} {:>9}",
        "writers", "records/s", "p50 µs", "p99 µs", "records/s", "p50 µs", "p99 µs"
    );
    for writers in [1, 16, 64, 256] {
        let ours = journal(&dir, writers, for_so_long)?;
        let plain = plain(&dir, writers, for_so_long)?;
        println!("{writers:>8} {ours}   {plain}");
    }
    Ok(())
}

struct Numbers {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
}

impl std::fmt::Display for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>11.0} {:>9.0} {:>9.0}",
            self.per_second, self.p50_us, self.p99_us
        )
    }
}

/// Runs `append` in so many threads and looks at how long each call took.
fn drive(writers: usize, for_so_long: Duration, append: impl Fn() + Send + Sync) -> Numbers {
    let started = Instant::now();
    let mut took: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|_| {
                scope.spawn(|| {
                    let mut took = Vec::new();
                    while started.elapsed() < for_so_long {
                        let at = Instant::now();
                        append();
                        took.push(at.elapsed().as_nanos() as u64);
                    }
                    took
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().expect("a writer ended"))
            .collect()
    });
    let elapsed = started.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    Numbers {
        per_second: took.len() as f64 / elapsed,
        p50_us: at(0.5),
        p99_us: at(0.99),
    }
}

fn journal(
    dir: &Path,
    writers: usize,
    for_so_long: Duration,
) -> Result<Numbers, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir_in(dir)?;
    let (journal, _) = Journal::open(dir.path(), JournalConfig::default())?;
    Ok(drive(writers, for_so_long, || {
        let appended = journal.append(RECORD.to_vec()).expect("queued");
        appended.wait().expect("durable");
    }))
}

/// The least that group commit can do: who finds no leader writes and syncs for all who queued; no checksums,
/// no index, no thread of its own, one file.
#[derive(Default)]
struct Plain {
    state: Mutex<PlainState>,
    done: Condvar,
}

#[derive(Default)]
struct PlainState {
    queued: Vec<u8>,
    queued_to: u64,
    durable_to: u64,
    is_writing: bool,
}

impl Plain {
    fn append(&self, file: &File) {
        let mut state = self.state.lock().expect("no panic");
        state.queued.extend_from_slice(&RECORD);
        state.queued_to += RECORD.len() as u64;
        let mine = state.queued_to;
        while state.durable_to < mine {
            if state.is_writing {
                state = self.done.wait(state).expect("no panic");
                continue;
            }
            state.is_writing = true;
            let batch = std::mem::take(&mut state.queued);
            let (from, to) = (state.durable_to, state.queued_to);
            drop(state);
            let at = from % (PLAIN_BYTES - batch.len() as u64);
            file.write_all_at(&batch, at).expect("written");
            file.sync_data().expect("durable");
            state = self.state.lock().expect("no panic");
            state.is_writing = false;
            state.durable_to = to;
            self.done.notify_all();
        }
    }
}

fn plain(
    dir: &Path,
    writers: usize,
    for_so_long: Duration,
) -> Result<Numbers, Box<dyn std::error::Error>> {
    let file = tempfile::tempfile_in(dir)?;
    let zeros = vec![0; 1024 * 1024];
    for at in (0..PLAIN_BYTES).step_by(zeros.len()) {
        file.write_all_at(&zeros, at)?;
    }
    file.sync_all()?;
    let plain = Arc::new(Plain::default());
    Ok(drive(writers, for_so_long, || plain.append(&file)))
}
