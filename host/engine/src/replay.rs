//! Past decisions, evaluated again.
//!
//! | module | what is there |
//! |---|---|
//! | `chains` | which payments are asked about later, so that little is held while the log streams by |
//! | `turn` | one decision, evaluated again |
//! | `carry` | what a changed verdict makes of what comes after it |
//! | `left` | decisions whose facts were not to be stored |
//! | [`report`] | what came of it |
//!
//! With the recorded sets every finding has to come out as it was recorded, byte for byte, wall time aside; with another
//! set the report says which decisions would change. What cannot be evaluated again is counted and named. The log is
//! read as a stream, twice; what is held is one batch, and the own decisions of payments that are asked about later.

mod carry;
mod chains;
mod left;
pub mod report;
mod turn;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use weft_audit::{DecisionRecord, RawRecord, Record};
use weft_dictionary::Timestamp;

use crate::again::{Ground, NotAgain};
use crate::ground::{GroundError, Grounds, SetDirs};
use carry::Carry;
use chains::Chains;
use report::{Item, ReplayReport};
use turn::{Turn, Turned};

/// Decisions that are evaluated side by side.
const BATCH: usize = 256;

/// What is to be replayed, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The host's directory. It is only read, but for the cache of compiled plugins.
    pub data_dir: PathBuf,
    /// Decisions before this instant are not reported. Where verdicts are carried they are evaluated all the same.
    pub since: Option<Timestamp>,
    /// Decisions at or after this instant are left out.
    pub until: Option<Timestamp>,
    /// Only these decisions are reported; with none, all are.
    pub only: BTreeSet<String>,
    /// With what.
    pub with: With,
}

/// The policy sets of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum With {
    /// Those that decided, from the archive.
    Recorded,
    /// Another one.
    Set {
        /// Where it is.
        dirs: SetDirs,
        /// What becomes of features when a verdict changes.
        features: Features,
    },
}

/// What becomes of the features of later decisions when a verdict changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Features {
    /// Each decision is evaluated on the features that were recorded.
    AsRecorded,
    /// A payment that comes out otherwise makes other things familiar: features are computed again.
    Carried,
}

/// Why a replay ends early. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] weft_audit::ReadError),
    /// What decisions are evaluated with is not there.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// Features cannot be computed.
    #[error(transparent)]
    Behaviour(#[from] weft_behaviour::BehaviourError),
}

/// Who hears of a replay while it goes on.
pub trait Listener {
    /// So many records of so many are done.
    fn progress(&mut self, done: u64, of: u64);
    /// A decision does not come out as recorded, would change, or is left out.
    fn item(&mut self, item: &Item);
}

/// Evaluates past decisions again.
pub fn replay(replay: &Replay, listener: &mut dyn Listener) -> Result<ReplayReport, ReplayError> {
    let audit = replay.data_dir.join("audit");
    let chains = Chains::scan(&audit)?;
    let Some((region, tenant)) = chains.of_host.clone() else {
        return Ok(ReplayReport {
            since: replay.since,
            until: replay.until,
            damage: chains.damage,
            ..ReplayReport::default()
        });
    };
    let grounds = Grounds::open(&replay.data_dir, &region, &tenant)?;
    let mut run = Run::new(replay, chains, grounds, listener)?;
    let mut failed = None;
    let mut raw_batch: Vec<(u64, Vec<u8>)> = Vec::with_capacity(BATCH);
    let streamed = weft_audit::stream_raw(&audit, |raw| {
        if failed.is_some() {
            return;
        }
        raw_batch.push((raw.index, raw.bytes.to_vec()));
        if raw_batch.len() == BATCH {
            failed = run.read(&mut raw_batch).err();
        }
    })?;
    match failed {
        Some(error) => return Err(error),
        None => run.read(&mut raw_batch)?,
    }
    run.flush()?;
    run.report.damage.clone_from(&streamed.damage);
    run.report.finish();
    Ok(run.report)
}

/// A replay under way.
struct Run<'a> {
    replay: &'a Replay,
    listener: &'a mut dyn Listener,
    grounds: Grounds,
    /// The set to compare with, if it is not the recorded one.
    other: Option<Arc<Ground>>,
    carry: Option<Carry>,
    /// Archived sets that cannot be used. Each is looked at once, and not for each of its decisions.
    unusable: HashMap<String, NotAgain>,
    chains: Chains,
    batch: Vec<Turn>,
    /// Of the host that wrote what follows, as its start recorded it.
    version: String,
    report: ReplayReport,
}

impl<'a> Run<'a> {
    fn new(
        replay: &'a Replay,
        chains: Chains,
        grounds: Grounds,
        listener: &'a mut dyn Listener,
    ) -> Result<Run<'a>, ReplayError> {
        let (other, carried) = match &replay.with {
            With::Recorded => (None, false),
            With::Set { dirs, features } => {
                let ground = grounds.of(&dirs.policies, &dirs.plugins)?;
                (Some(ground), *features == Features::Carried)
            }
        };
        let carry = match &other {
            Some(ground) if carried => Some(Carry::new(ground)?),
            _ => None,
        };
        let mut report = ReplayReport {
            since: replay.since,
            until: replay.until,
            ..ReplayReport::default()
        };
        if let Some(ground) = &other {
            report.compare_with(ground.pipeline.digest(), carried);
        }
        Ok(Run {
            replay,
            listener,
            grounds,
            other,
            carry,
            unusable: HashMap::new(),
            chains,
            batch: Vec::with_capacity(BATCH),
            version: String::new(),
            report,
        })
    }

    /// Reads records side by side, and takes them in their order.
    fn read(&mut self, batch: &mut Vec<(u64, Vec<u8>)>) -> Result<(), ReplayError> {
        let read = |(index, bytes): (u64, Vec<u8>)| {
            let raw = RawRecord {
                index,
                bytes: &bytes,
            };
            (index, raw.read())
        };
        let records: Vec<(u64, Option<Record>)> = batch.par_drain(..).map(read).collect();
        for (index, record) in records {
            match record {
                Some(record) => self.take(index, record)?,
                None => self.report.unreadable += 1,
            }
        }
        Ok(())
    }

    fn take(&mut self, index: u64, record: Record) -> Result<(), ReplayError> {
        // What was written meanwhile is not known to the first reading.
        if index >= self.chains.next {
            return Ok(());
        }
        if index.is_multiple_of(1_024) {
            self.listener.progress(index, self.chains.next);
        }
        let record = match record {
            Record::Decision(record) => *record,
            Record::Event(event) => {
                self.flush()?;
                if let Some(version) = event.detail.get("version").and_then(|v| v.as_str()) {
                    version.clone_into(&mut self.version);
                }
                return Ok(());
            }
        };
        let only = &self.replay.only;
        let reported = self.replay.since.is_none_or(|since| record.at >= since)
            && (only.is_empty() || only.contains(&record.decision));
        // What was decided before is not reported, but its changed verdicts are carried into what is.
        let wanted = (reported || self.carry.is_some())
            && self.replay.until.is_none_or(|until| record.at < until);
        let key = self.chains.key(&record);
        let own = key.as_ref().and_then(|key| self.chains.own(key, &record));
        if !wanted {
            return Ok(());
        }
        let ground = match self.ground(&record.policy_set)? {
            Ok(ground) => ground,
            Err(why) => {
                self.left_out(&record, why);
                return Ok(());
            }
        };
        self.batch.push(Turn {
            ground,
            record,
            own,
            key,
            reported,
        });
        if self.batch.len() == BATCH {
            self.flush()?;
        }
        Ok(())
    }

    /// What a decision of this set is evaluated with, or why it cannot be: one set that is not what it was keeps no
    /// decision of another from being evaluated.
    fn ground(&mut self, digest: &str) -> Result<Result<Arc<Ground>, NotAgain>, GroundError> {
        if let Some(ground) = &self.other {
            return Ok(Ok(Arc::clone(ground)));
        }
        if let Some(why) = self.unusable.get(digest) {
            return Ok(Err(*why));
        }
        let error = match self.grounds.archived(digest) {
            Ok(ground) => return Ok(Ok(ground)),
            Err(GroundError::Archive(error)) => error,
            Err(error) => return Err(error),
        };
        let Some(why) = NotAgain::of_archive(&error) else {
            return Err(error.into());
        };
        self.report.no_set(digest, &error.to_string());
        self.unusable.insert(digest.to_owned(), why);
        Ok(Err(why))
    }

    /// Evaluates the batch and takes what came of it into the report, in the order of the log.
    fn flush(&mut self) -> Result<(), ReplayError> {
        let batch = std::mem::take(&mut self.batch);
        let turned: Vec<Turned> = match &mut self.carry {
            None => batch.par_iter().map(Turn::evaluate).collect(),
            // Each may rest on what became of those before it.
            Some(carry) => batch.iter().map(|turn| carry.turn(turn).into()).collect(),
        };
        for (turn, turned) in batch.iter().zip(turned) {
            self.came(turn, turned);
        }
        Ok(())
    }

    fn came(&mut self, turn: &Turn, turned: Turned) {
        let record = &turn.record;
        let turned = self.chains.falls_away(turn, turned);
        if !turn.reported {
            return;
        }
        match turned {
            Turned::Not(NotAgain::Forgotten) if self.other.is_none() => {
                let left = left::replay(&turn.ground, record);
                self.report.forgotten(&left);
                for difference in left.differ {
                    let item = self.report.differs(record, vec![difference]);
                    self.listener.item(&item);
                }
                self.left_out(record, NotAgain::Forgotten);
            }
            Turned::Not(why) => self.left_out(record, why),
            Turned::Again(evaluated) => {
                let item = if self.other.is_some() {
                    self.report.compare(turn, &evaluated)
                } else {
                    let same_host = self.version == env!("CARGO_PKG_VERSION");
                    self.report.reproduce(record, &evaluated, same_host)
                };
                if let Some(item) = item {
                    self.listener.item(&item);
                }
            }
        }
    }

    fn left_out(&mut self, record: &DecisionRecord, why: NotAgain) {
        let item = self.report.left_out(record, why);
        if let Some(item) = item {
            self.listener.item(&item);
        }
    }
}
