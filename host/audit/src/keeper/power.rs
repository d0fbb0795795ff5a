//! The log on a disk that loses power and fails: it opens again, and what was signed stays true.
//!
//! Each life is made from a seed, and the seed of one that breaks the promise is told.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use fastrand::Rng;
use weft_disk::simulated::{Ended, Faults};
use weft_disk::{Disk, Simulated};
use weft_journal::limits::MIN_SEGMENT_BYTES;
use weft_journal::{Journal, Turns};

use super::*;
use crate::error::OpenError;
use crate::files::Files;
use crate::found::Found;
use crate::log::Tuning;
use crate::merkle::Tree;
use crate::open::{self, Anchor};
use crate::recent::Recent;
use crate::witness::asking::Cosigning;

const LIVES: u64 = 2_000;
const ORIGIN: &str = "audit.example/eu";

type Batches = Arc<Mutex<Vec<(u64, Vec<Vec<u8>>)>>>;

struct Life {
    disk: Simulated,
    random: Rng,
    /// Leaves that were acknowledged, and those that were found when the log was opened.
    durable: Vec<Hash>,
    /// Every head that was signed, as far as it may have been seen.
    signed: Vec<(u64, Hash)>,
    /// The largest head of which the log was told that it is written.
    written: u64,
    power_cuts: u64,
}

fn is_of_the_disk(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::Io { .. }
            | OpenError::Journal(weft_journal::OpenError::Io { .. })
            | OpenError::Read(_)
    )
}

impl Life {
    fn new(seed: u64) -> Life {
        Life {
            disk: Simulated::new(seed),
            random: Rng::with_seed(!seed),
            durable: Vec::new(),
            signed: Vec::new(),
            written: 0,
            power_cuts: 0,
        }
    }

    fn live(mut self) -> Result<u64, String> {
        for _ in 0..self.random.usize(2..8) {
            let spoilt_from_the_start = self.random.u8(0..3) == 0;
            if spoilt_from_the_start {
                self.accidents();
            }
            match self.open() {
                Ok((keeper, turns, batches)) => {
                    self.compare(&keeper)?;
                    self.accidents();
                    self.work(keeper, turns, &batches)?;
                }
                Err(error) if spoilt_from_the_start && is_of_the_disk(&error) => {}
                Err(error) => return Err(error.to_string()),
            }
            let ended = if self.disk.is_off() || self.random.bool() {
                self.power_cuts += 1;
                Ended::PowerCut
            } else {
                Ended::Killed
            };
            self.disk.restart(ended);
        }
        let (keeper, _, _) = self.open().map_err(|error| error.to_string())?;
        self.compare(&keeper)?;
        Ok(self.power_cuts)
    }

    fn accidents(&mut self) {
        if self.random.u8(0..4) != 0 {
            let calls = if self.random.bool() { 40 } else { 800 };
            self.disk.cut_power_after(self.random.u64(0..calls));
        }
        let fails = self.random.u8(0..3) == 0;
        self.disk.set_faults(Faults {
            short_write: 0.1,
            write_error: if fails { 0.01 } else { 0.0 },
            sync_error: if fails { 0.02 } else { 0.0 },
            full: if self.random.u8(0..4) == 0 { 0.1 } else { 0.0 },
        });
    }

    /// As a host does it, but for the store and the threads.
    fn open(&self) -> Result<(Keeper, Turns, Batches), OpenError> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let files = Files::on(disk.clone(), Path::new("/data/audit"));
        let tuning = Tuning {
            segment_bytes: MIN_SEGMENT_BYTES,
            checkpoint_every: 50,
        };
        let (key, checkpoint) = open::signed(&files, ORIGIN, &[7; 32])?;
        let mut turns = None;
        let (journal, _, grown) = open::open_records(
            &files,
            &[Anchor::own(&files, &checkpoint)],
            &tuning,
            &mut Found::nothing(),
            &|_| {},
            |config| {
                let (journal, by_hand, recovery) =
                    Journal::open_in_turns(disk, &files.log, config)?;
                turns = Some(by_hand);
                Ok((journal, recovery))
            },
        )?;
        let batches = Batches::default();
        let told = batches.clone();
        journal.on_commit(move |batch| {
            let records = batch.records.iter_mut().map(std::mem::take).collect();
            lock(&told).push((batch.first, records));
        });
        let shared = Arc::new(Shared {
            files,
            tuning,
            store: RwLock::new(Shelf::Closed),
            recent: Mutex::new(Recent::starting_at(grown.tree.size())),
            checkpoint: Mutex::new(checkpoint),
            cosigning: Cosigning::default(),
            contradicted: OnceLock::new(),
            verifier: key.verifier().clone(),
            journal,
        });
        let keeper = Keeper {
            shared,
            key,
            grown,
            // Nobody sends anything: batches are given to it by hand.
            inbox: channel().1,
            signed: sync_channel(1).0,
            unsigned_since: None,
            unsigned_told: false,
            refill: None,
        };
        Ok((keeper, turns.expect("it was opened"), batches))
    }

    fn compare(&mut self, keeper: &Keeper) -> Result<(), String> {
        let mut leaves = Vec::new();
        let mut tree = Tree::default();
        let mut heads = vec![tree.root()];
        for record in keeper.shared.journal.iter_from(0) {
            let Ok((_, record)) = record else {
                // The disk fails already: what comes next finds out what is there.
                return Ok(());
            };
            leaves.push(merkle::leaf_hash(&record));
            tree.push(merkle::leaf_hash(&record));
            heads.push(tree.root());
        }
        if !leaves.starts_with(&self.durable) {
            return Err(format!(
                "{} records were durable, {} are there",
                self.durable.len(),
                leaves.len()
            ));
        }
        for (size, head) in &self.signed {
            // What was signed and never written may go with what it covers: nobody has seen it.
            let there = heads.get(*size as usize);
            if there != Some(head) {
                return Err(format!("the head over {size} records is another one"));
            }
        }
        let found = lock(&keeper.shared.checkpoint).size;
        if found < self.written {
            return Err(format!(
                "the checkpoint over {} records is lost, {found} is there",
                self.written
            ));
        }
        self.durable = leaves;
        Ok(())
    }

    fn work(
        &mut self,
        mut keeper: Keeper,
        mut turns: Turns,
        batches: &Batches,
    ) -> Result<(), String> {
        for _ in 0..self.random.usize(1..40) {
            for _ in 0..self.random.usize(1..15) {
                let record: Vec<u8> = (0..self.random.usize(8..900))
                    .map(|_| self.random.u8(..))
                    .collect();
                // What becomes of it is seen from the batches.
                let _ = keeper.shared.journal.append(record).map(drop);
            }
            let turned = turns.turn();
            for (first, records) in std::mem::take(&mut *lock(batches)) {
                self.durable
                    .extend(records.iter().map(|record| merkle::leaf_hash(record)));
                keeper.take(first, records);
                self.hear(&keeper);
            }
            if self.random.u8(0..6) == 0 {
                let head = (keeper.grown.tree.size(), keeper.grown.tree.root());
                self.signed.push(head);
                if keeper.sign().is_ok() {
                    self.hear(&keeper);
                }
            }
            if turned.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The checkpoint that the log gives out.
    fn hear(&mut self, keeper: &Keeper) {
        let checkpoint = lock(&keeper.shared.checkpoint);
        self.signed.push((checkpoint.size, checkpoint.root));
        self.written = self.written.max(checkpoint.size);
    }
}

#[test]
fn what_was_signed_stays_true_and_the_log_opens_again() {
    let mut power_cuts = 0;
    for seed in 0..LIVES {
        match Life::new(seed).live() {
            Ok(cuts) => power_cuts += cuts,
            Err(broken) => panic!("seed {seed}: {broken}"),
        }
    }
    println!("{power_cuts} power cuts");
    assert!(power_cuts > LIVES);
}
