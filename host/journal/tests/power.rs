//! A journal on a disk that loses power, fails and runs full: what it acknowledged is there, what it refused is not.
//!
//! Each life of a disk is made from a seed, and the seed of one that breaks the promise is told. `WEFT_POWER_CUTS` says how
//! many power cuts there are at the least, `WEFT_POWER_SEED` runs one seed alone.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use weft_disk::simulated::{Ended, Faults};
use weft_disk::{Disk, DiskFile, Held, How, Simulated};
use weft_journal::limits::MIN_SEGMENT_BYTES;
use weft_journal::{AppendError, Appended, Journal, JournalConfig, OpenError, Turns};

const DIR: &str = "/data/log";

/// What a test without a wish runs.
const POWER_CUTS: u64 = 10_000;

/// What happened in a life.
#[derive(Debug, Default)]
struct Told {
    power_cuts: u64,
    kills: u64,
    failures: u64,
    refused: u64,
    acknowledged: u64,
    torn: u64,
}

struct Life {
    disk: Simulated,
    /// What the journal is given: the disk, or something that spoils it.
    given: Arc<dyn Disk>,
    random: Rng,
    /// What has to be there.
    durable: Vec<Vec<u8>>,
    /// What may come behind it: any number of these, from the first.
    in_doubt: Vec<Vec<u8>>,
    refused: BTreeSet<Vec<u8>>,
    written: u64,
    told: Told,
}

/// What the promise is broken by.
#[derive(Debug)]
struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Life {
    fn new(seed: u64, spoil: impl FnOnce(Simulated) -> Arc<dyn Disk>) -> Life {
        let disk = Simulated::new(seed);
        Life {
            given: spoil(disk.clone()),
            disk,
            random: Rng::with_seed(!seed),
            durable: Vec::new(),
            in_doubt: Vec::new(),
            refused: BTreeSet::new(),
            written: 0,
            told: Told::default(),
        }
    }

    fn live(mut self) -> Result<Told, Broken> {
        for _ in 0..self.random.usize(2..8) {
            if self.random.u8(0..4) == 0 {
                self.accidents();
                // A disk that fails while the journal is opened may keep it from being opened, and no more.
                if let Ok((journal, turns)) = self.open()? {
                    self.work(&journal, turns)?;
                }
            } else {
                match self.open()? {
                    Ok((journal, turns)) => {
                        self.accidents();
                        self.work(&journal, turns)?;
                    }
                    Err(error) => return Err(Broken(format!("a sound disk, and {error}"))),
                }
            }
            self.end();
        }
        match self.open()? {
            Ok(_) => Ok(self.told),
            Err(error) => Err(Broken(format!("a sound disk, and {error}"))),
        }
    }

    /// What is to happen until the process ends.
    fn accidents(&mut self) {
        let random = &mut self.random;
        if random.u8(0..4) != 0 {
            let calls = if random.bool() { 60 } else { 1_500 };
            self.disk.cut_power_after(random.u64(0..calls));
        }
        let mut some = |out_of: u8, how_likely| {
            if random.u8(0..out_of) == 0 {
                how_likely
            } else {
                0.0
            }
        };
        self.disk.set_faults(Faults {
            short_write: some(2, 0.3),
            write_error: some(6, 0.02),
            sync_error: some(4, 0.02),
            full: some(4, 0.2),
        });
    }

    fn end(&mut self) {
        let ended = if self.disk.is_off() || self.random.u8(0..3) == 0 {
            self.told.power_cuts += 1;
            Ended::PowerCut
        } else {
            self.told.kills += 1;
            Ended::Killed
        };
        self.disk.restart(ended);
    }

    /// Opens the journal, and compares what is in it. A disk that fails meanwhile is no breach.
    fn open(&mut self) -> Result<Result<(Journal, Turns), OpenError>, Broken> {
        let config = JournalConfig {
            segment_bytes: MIN_SEGMENT_BYTES,
            at_least: self.durable.len() as u64,
        };
        let opened = Journal::open_in_turns(self.given.clone(), Path::new(DIR), config);
        let (journal, turns, recovery) = match opened {
            Ok(opened) => opened,
            Err(error @ OpenError::Io { .. }) => return Ok(Err(error)),
            Err(error) => return Err(Broken(error.to_string())),
        };
        self.told.torn += u64::from(recovery.cut.is_some());
        let mut found = Vec::new();
        for record in journal.iter_from(0) {
            match record {
                Ok((_, record)) => found.push(record),
                Err(weft_journal::ReadError::Io { path, source }) => {
                    return Ok(Err(OpenError::Io { path, source }));
                }
                Err(error) => return Err(Broken(error.to_string())),
            }
        }
        self.compare(found)?;
        Ok(Ok((journal, turns)))
    }

    fn compare(&mut self, mut found: Vec<Vec<u8>>) -> Result<(), Broken> {
        if let Some(record) = found.iter().find(|record| self.refused.contains(*record)) {
            return Err(Broken(format!(
                "{:?} was refused, and is there",
                name(record)
            )));
        }
        let durable = self.durable.len();
        if found.len() < durable || found[..durable] != self.durable {
            return Err(Broken(format!(
                "{durable} records were acknowledged, and {} are there, not all of them the same",
                found.len()
            )));
        }
        let more = found.split_off(durable);
        if !self.in_doubt.starts_with(&more) {
            return Err(Broken(format!(
                "{:?} is there, and was not written next",
                more.first().map(|record| name(record))
            )));
        }
        // From now on it stays.
        self.durable.extend(more);
        self.in_doubt.clear();
        Ok(())
    }

    fn work(&mut self, journal: &Journal, mut turns: Turns) -> Result<(), Broken> {
        for _ in 0..self.random.usize(1..60) {
            let waiting = self.submit(journal)?;
            let turned = turns.turn();
            self.hear(waiting, turned.is_err())?;
            if turned.is_err() {
                self.told.failures += 1;
                return Ok(());
            }
        }
        if self.random.bool() {
            // Whether this is done or not, nothing waits for it.
            let _ = turns.close();
        }
        Ok(())
    }

    fn submit(&mut self, journal: &Journal) -> Result<Vec<(Vec<u8>, Appended)>, Broken> {
        let mut waiting = Vec::new();
        for _ in 0..self.random.usize(1..20) {
            let record = self.record();
            match journal.append(record.clone()) {
                Ok(appended) => waiting.push((record, appended)),
                Err(error) if error.is_disk_full() => {
                    self.told.refused += 1;
                    self.refused.insert(record);
                }
                Err(AppendError::NoSegment { .. }) => {
                    self.refused.insert(record);
                }
                Err(error) => return Err(Broken(error.to_string())),
            }
        }
        Ok(waiting)
    }

    fn record(&mut self) -> Vec<u8> {
        self.written += 1;
        let bytes = match self.random.u8(0..10) {
            0 => self.random.usize(0..20_000),
            _ => self.random.usize(0..600),
        };
        let mut record = self.written.to_be_bytes().to_vec();
        record.extend((0..bytes).map(|_| self.random.u8(..)));
        record
    }

    /// What became of what was submitted.
    fn hear(&mut self, waiting: Vec<(Vec<u8>, Appended)>, ended: bool) -> Result<(), Broken> {
        for (record, appended) in waiting {
            match now(appended) {
                Poll::Ready(Ok(position)) if position.index == self.durable.len() as u64 => {
                    self.told.acknowledged += 1;
                    self.durable.push(record);
                }
                Poll::Ready(Ok(position)) => {
                    return Err(Broken(format!(
                        "{:?} is said to be at {}, behind {} records",
                        name(&record),
                        position.index,
                        self.durable.len()
                    )));
                }
                Poll::Ready(Err(_)) => {
                    self.told.refused += 1;
                    self.refused.insert(record);
                }
                Poll::Pending if ended => self.in_doubt.push(record),
                Poll::Pending => {
                    return Err(Broken(format!("{:?} was left waiting", name(&record))));
                }
            }
        }
        Ok(())
    }
}

/// By which number a record is known.
fn name(record: &[u8]) -> Option<u64> {
    record
        .first_chunk()
        .map(|number| u64::from_be_bytes(*number))
}

fn now(mut appended: Appended) -> Poll<Result<weft_journal::Position, AppendError>> {
    Pin::new(&mut appended).poll(&mut Context::from_waker(Waker::noop()))
}

fn asked(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

#[test]
fn what_was_acknowledged_survives_and_what_was_refused_is_gone() {
    let sound = |disk| Arc::new(disk) as Arc<dyn Disk>;
    if let Some(seed) = asked("WEFT_POWER_SEED") {
        let told = Life::new(seed, sound).live();
        println!("seed {seed}: {told:?}");
        told.expect("the promise holds");
        return;
    }
    let wanted = asked("WEFT_POWER_CUTS").unwrap_or(POWER_CUTS);
    let mut sum = Told::default();
    for seed in 0.. {
        let told = match Life::new(seed, sound).live() {
            Ok(told) => told,
            Err(broken) => panic!("WEFT_POWER_SEED={seed}: {broken}"),
        };
        sum.power_cuts += told.power_cuts;
        sum.kills += told.kills;
        sum.failures += told.failures;
        sum.refused += told.refused;
        sum.acknowledged += told.acknowledged;
        sum.torn += told.torn;
        if sum.power_cuts >= wanted {
            break;
        }
    }
    println!("{sum:?}");
    // All of it happened.
    assert!(sum.kills > 0 && sum.failures > 0 && sum.refused > 0 && sum.torn > 0);
}

/// Says that it synced.
#[derive(Debug)]
struct Liar(Simulated);

struct LyingFile(Arc<dyn DiskFile>);

impl Disk for Liar {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.create_dir(dir)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        self.0.list(dir)
    }
    fn exists(&self, path: &Path) -> bool {
        self.0.exists(path)
    }
    fn open(&self, path: &Path, how: How) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(LyingFile(self.0.open(path, how)?)))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.sync_dir(dir)
    }
    fn lock(&self, dir: &Path) -> io::Result<Option<Held>> {
        self.0.lock(dir)
    }
}

impl DiskFile for LyingFile {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }
    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.0.set_size(bytes)
    }
    fn allocate(&self, from: u64, bytes: u64) -> io::Result<()> {
        self.0.allocate(from, bytes)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
    fn drop_cache(&self) -> io::Result<()> {
        self.0.drop_cache()
    }
}

#[test]
fn a_disk_that_only_says_that_it_synced_is_found_out() {
    let found_out = (0..50)
        .filter(|seed| {
            Life::new(*seed, |disk| Arc::new(Liar(disk)))
                .live()
                .is_err()
        })
        .count();
    assert!(found_out > 25, "{found_out} of 50");
}

#[test]
fn the_same_seed_has_the_same_accidents() {
    let sound = |disk| Arc::new(disk) as Arc<dyn Disk>;
    for seed in 0..20 {
        let [one, other] = [(); 2].map(|()| format!("{:?}", Life::new(seed, sound).live()));
        assert_eq!(one, other);
    }
}
