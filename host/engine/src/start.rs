//! From directories to a host that decides.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::fs::Mode;
use serde_json::Value as Json;
use weft_assist::{ChallengeKey, Pending};
use weft_audit::{CloseError, DecisionRecord, EventRecord, FORKED, Log, LogConfig, Record, SCHEMA};
use weft_behaviour::{Behaviour, Observation};
use weft_dictionary::Timestamp;
use weft_intake::Intake;
use weft_sandbox::{CacheConfig, Sandbox, SandboxConfig};
use weft_vault::{Keys, Label, Side, Vault};

use crate::alerts::Alerts;
use crate::disclosure::{Budgets, Emergencies};
use crate::due::Disputes;
use crate::engine::{Engine, Inner};
use crate::erasure::Outstanding;
use crate::escalations::Escalations;
use crate::factors::Factors;
use crate::idempotency::Table;
use crate::known::{Known, MissingField};
use crate::lanes::Lanes;
use crate::lift::Lifts;
use crate::limits::KEY_WINDOW;
use crate::lock_file::{LockError, LockFile};
use crate::locks::Locks;
use crate::metrics::Metrics;
use crate::pipeline::PipelineError;
use crate::reader::follow_of;
use crate::refunds::Refunds;
use crate::root::KEY_FILE;
use crate::sets::{Archive, ArchiveError, LoadedSet, STARTED, Sets};
use crate::tasks::Tasks;
use crate::threat::{Threat, ThreatLevel};
use crate::transfer::Transfers;
use crate::watch::Changes;
use crate::whole::{Lost, VALUES_LOST};
use crate::{Clock, Config, Restored, backup, facts, whole};

/// Why a host does not start. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A part of the data directory is gone.
    #[error(transparent)]
    Incomplete(#[from] whole::Incomplete),
    /// The data directory cannot be made.
    #[error("the data directory {path} cannot be made: {source}")]
    DataDir {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The data directory is a backup.
    #[error(
        "{} is a backup, and no host runs on it: `weft restore {} --data DIR` makes a data directory of it", .0.display(), .0.display()
    )]
    Backup(PathBuf),
    /// The order to go on from a backup cannot be read or ended.
    #[error("{path}: {source}; restore the backup again, into another directory")]
    Restored {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process holds it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The dictionary lacks a field that the host needs.
    #[error(transparent)]
    Field(#[from] MissingField),
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] weft_vault::KeyFileError),
    /// The vault cannot be opened.
    #[error(transparent)]
    Vault(#[from] weft_vault::VaultError),
    /// The behavioural features do not fit the dictionary.
    #[error(transparent)]
    Behaviour(#[from] weft_behaviour::BehaviourError),
    /// The sandbox cannot be made.
    #[error(transparent)]
    Sandbox(#[from] weft_sandbox::SandboxError),
    /// The policies or plugins cannot be used.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The policies cannot be kept.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The set that a rollback put in force cannot be used any more.
    #[error(
        "a rollback by {by} put the policy set {digest} in force, and it cannot decide here: {why}; to decide by the policies \
         directory instead, start with --forget-rollback"
    )]
    Rollback {
        /// Which.
        digest: String,
        /// Who rolled back.
        by: String,
        /// Why.
        why: String,
    },
    /// The vault has less in it than the log names.
    #[error(
        "{}: the vault does not have values that {decisions} decisions of the audit log name, the first of them {first}, and \
         nobody erased them: the vault is older than the log, or was damaged; restore the whole data directory from one copy, \
         or, to go on without these values for ever, start with --accept-lost-values", path.display()
    )]
    ValuesLost {
        /// The vault's directory.
        path: PathBuf,
        /// How many decisions.
        decisions: u64,
        /// The first of them.
        first: String,
    },
    /// The audit log cannot be opened.
    #[error(transparent)]
    Log(#[from] weft_audit::OpenError),
    /// The audit log cannot be read.
    #[error(transparent)]
    Replay(#[from] weft_audit::ReadError),
    /// The threads cannot be made.
    #[error("the worker threads cannot be made: {0}")]
    Workers(#[from] rayon::ThreadPoolBuildError),
    /// The start cannot be recorded.
    #[error("the start cannot be recorded: {0}")]
    Record(#[from] weft_audit::AppendError),
}

impl Engine {
    /// Opens everything, rebuilds what the log knows, and is ready to decide. `progress` is told what
    /// takes long.
    pub fn start(
        config: Config,
        clock: Clock,
        progress: &dyn Fn(&str),
    ) -> Result<Engine, StartError> {
        if backup::is_backup(&config.data_dir) {
            return Err(StartError::Backup(config.data_dir));
        }
        make_data_dir(&config.data_dir).map_err(|source| StartError::DataDir {
            path: config.data_dir.clone(),
            source,
        })?;
        let lock = LockFile::hold(&config.data_dir.join("weft.lock"))?;
        whole::check(&config.data_dir)?;
        let keys = Keys::open_or_create(&config.data_dir.join(KEY_FILE))?;
        let vault = Vault::open(
            &config.data_dir.join("vault"),
            &keys,
            &config.region,
            &config.tenant,
        )?;
        let vault = Arc::new(vault);
        progress("loading policies and plugins");
        let sandbox = sandbox(&config, &keys)?;
        let set = LoadedSet::read(
            &config.policies_dir,
            &config.plugins_dir,
            config.pinning(),
            &sandbox,
        )?;
        let known = Known::of(set.dictionary())?;
        let archive = Archive::open(&config.data_dir);
        // No record refers to a set that is not kept.
        archive.store(&set)?;
        let dictionary = Arc::clone(set.dictionary());
        progress("opening the audit log");
        let restored = Restored::order(&config.data_dir).map_err(order_io(&config.data_dir))?;
        let log = open_log(&config, &keys, restored.as_ref(), progress)?;
        let is_restored = restored.is_some();
        let threat = ThreatLevel::at_start(config.threat_level, None, clock.now());
        let metrics = Arc::<Metrics>::default();
        let lanes = Lanes::new(
            config.max_in_flight,
            one_a_core(config.max_assistance_in_flight),
            metrics.assistance_waiting(),
        );
        let inner = Inner {
            known,
            intake: Intake::new(Arc::clone(&dictionary), Arc::clone(&vault)),
            behaviour: Behaviour::new(Arc::clone(&dictionary))?,
            sets: Sets::new(set, archive, sandbox),
            pending: Pending::default(),
            changes: Changes::default(),
            challenges: ChallengeKey::new(keys.derive(Label::ChallengeCodes)),
            idempotency: Table::new(keys.derive(Label::Idempotency)),
            snapshots: keys.derive_for(Label::FeatureSnapshots, &[&config.region, &config.tenant]),
            metrics,
            workers: workers(config.workers)?,
            walks: Arc::default(),
            lanes,
            alerts: Alerts::default(),
            payments: Locks::new(),
            payers: Locks::new(),
            tasks: Tasks::default(),
            stopping: AtomicBool::new(false),
            threat: Threat::new(threat),
            budgets: Budgets::default(),
            refunds: Refunds::default(),
            factors: Factors::default(),
            disputes: Disputes::default(),
            escalations: Escalations::default(),
            emergencies: Emergencies::default(),
            custody: tokio::sync::Mutex::default(),
            rotating: tokio::sync::Mutex::default(),
            root: keys.place().clone(),
            transfers: Transfers::default(),
            lifts: Lifts::default(),
            config,
            clock,
            dictionary,
            vault,
            log,
            _lock: lock,
        };
        let rebuilt = inner.rebuild(restored, progress)?;
        inner.refuse_lost_values(&rebuilt.lost)?;
        inner.keep_rollback(progress)?;
        inner.record_start(&rebuilt)?;
        if is_restored {
            Restored::done(&inner.config.data_dir).map_err(order_io(&inner.config.data_dir))?;
        }
        inner.finish_custody(rebuilt.outstanding, progress)?;
        whole::mark(&inner.config.data_dir).map_err(|source| StartError::DataDir {
            path: inner.config.data_dir.clone(),
            source,
        })?;
        Ok(Engine {
            inner: Arc::new(inner),
        })
    }
}

/// What a host keeps is nobody's but its owner's, also what libraries write there in ways of their own: from
/// now on this process gives no rights to others on anything that it makes.
fn make_data_dir(dir: &Path) -> io::Result<()> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

/// What the log says beside what is remembered.
struct Rebuilt {
    /// The level of threat as it was.
    threat: Option<ThreatLevel>,
    /// What the vault has to do yet.
    outstanding: Outstanding,
    /// What it does not have any more.
    lost: Lost,
    /// The backup from which the host goes on now, unless the log says so already.
    restored: Option<Restored>,
}

impl Inner {
    /// Everything that is remembered is in the log: pending payments, behaviour, idempotency keys, which policy
    /// set was in force.
    fn rebuild(
        &self,
        mut restored: Option<Restored>,
        progress: &dyn Fn(&str),
    ) -> Result<Rebuilt, StartError> {
        let records = self.log.len();
        if records > 0 {
            progress(&format!("rebuilding state from {records} records"));
        }
        let mut unreadable = 0_u64;
        let mut threat = None;
        let mut outstanding = Outstanding::default();
        let mut lost = Lost::default();
        let oldest_key = Timestamp(self.clock.now().0.saturating_sub(KEY_WINDOW.0));
        self.log.replay(0, |_, record| {
            self.clock.advance(record.at());
            let decision = match &record {
                Record::Decision(decision) => decision,
                Record::Event(event) => {
                    self.sets.history().see(event);
                    threat = ThreatLevel::after(threat.take(), event);
                    outstanding.see(event);
                    lost.see_event(event);
                    self.disputes.see_event(event);
                    restored.take_if(|order| order.is_told_by(event));
                    self.restore_release(event);
                    self.metrics.unreviewed(self.emergencies.see(event));
                    return;
                }
            };
            self.take_factor(decision);
            if let Some(follow) = follow_of(decision) {
                self.factors.see(&follow);
                if let Some(payment) = &decision.transaction {
                    let before = decision.previous.as_deref();
                    self.pending
                        .apply(payment, before, &decision.decision, &follow);
                    self.refunds.see(decision, &follow);
                    self.escalations.see(decision, &follow);
                    self.disputes.see(decision, &follow);
                }
            }
            if self.is_payment(decision) {
                self.alerts.see(decision);
            }
            lost.see(&self.dictionary, &self.vault, decision);
            self.restore_budgets(decision);
            match self.observed(decision) {
                Some(Some(observation)) => self.behaviour.observe(&observation),
                Some(None) => unreadable += 1,
                None => {}
            }
            if let Some(mark) = decision
                .idempotency
                .as_ref()
                .filter(|_| decision.at >= oldest_key)
            {
                self.idempotency
                    .restore(mark, &decision.decision, decision.at);
            }
        })?;
        if unreadable > 0 {
            tracing::warn!(
                unreadable,
                "observations of other keys or another version of this host were left out: what was seen then counts as not seen"
            );
        }
        let now = self.clock.now();
        self.threat.begin(ThreatLevel::at_start(
            self.config.threat_level,
            threat.as_ref(),
            now,
        ));
        self.metrics.threat_level(self.threat.in_force().level);
        Ok(Rebuilt {
            threat,
            outstanding,
            lost,
            restored,
        })
    }

    fn refuse_lost_values(&self, lost: &Lost) -> Result<(), StartError> {
        if lost.decisions == 0 || self.config.accept_lost_values {
            return Ok(());
        }
        Err(StartError::ValuesLost {
            path: self.vault.dir().to_owned(),
            decisions: lost.decisions,
            first: lost.first.clone(),
        })
    }

    /// What behaviour keeps of a recorded payment, if anything; if so, whether it can be read. Of a person who was
    /// erased nothing is kept.
    fn observed(&self, decision: &DecisionRecord) -> Option<Option<Observation>> {
        let recorded = decision.observation.clone()?;
        let restored = facts::restore(&self.dictionary, self.vault.opener(), decision);
        if restored
            .as_ref()
            .is_ok_and(|r| r.erased.contains(&Side::Payer))
        {
            return None;
        }
        let read = || {
            let mut observation: Observation = serde_json::from_value(recorded).ok()?;
            let row = restored.ok()?.row;
            let again = self.behaviour.observation(&row, observation.at);
            observation.place = observation.place.or(again.and_then(|o| o.place));
            Some(observation)
        };
        Some(read())
    }

    fn record_start(&self, rebuilt: &Rebuilt) -> Result<(), StartError> {
        let now = self.clock.now();
        let lost = &rebuilt.lost;
        let restored = rebuilt.restored.iter();
        let restored = restored.map(|order| self.event(now, FORKED, order.detail()));
        let mut events: Vec<Record> = restored.collect();
        events.extend(self.log.opened().events(now));
        if lost.decisions > 0 {
            let detail = [
                ("decisions", lost.decisions.into()),
                ("first", lost.first.as_str().into()),
            ];
            events.push(self.event(now, VALUES_LOST, detail));
        }
        events.extend(self.describe(&self.sets.in_force(), now));
        events.extend(self.set_changed_at_start(now));
        events.extend(self.threat_changed_at_start(rebuilt.threat.as_ref()));
        let detail = [
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("policy_set", self.sets.in_force().digest().into()),
            ("region", self.config.region.as_str().into()),
            ("threat_level", self.threat.in_force().level.into()),
        ];
        events.push(self.event(now, STARTED, detail));
        // What opening did to the log stands in the log, before anything else does.
        for event in events {
            self.log.append_blocking(&event)?;
            if let Record::Event(event) = &event {
                self.sets.history().see(event);
            }
        }
        Ok(())
    }

    pub(crate) async fn record_stop(&self) -> Result<(), CloseError> {
        let stopped = self.event(self.clock.now(), "host.stopped", []);
        if let Err(error) = self.log.append(&stopped).await {
            tracing::error!(%error, "the stop could not be recorded");
        }
        let closed = self.log.close();
        if let Err(error) = &closed {
            tracing::error!(%error, "the audit log could not be closed");
        }
        self.vault.close();
        closed
    }

    pub(crate) fn event(
        &self,
        at: Timestamp,
        event: &str,
        detail: impl IntoIterator<Item = (&'static str, Json)>,
    ) -> Record {
        let detail = detail.into_iter();
        Record::Event(EventRecord {
            schema: SCHEMA.to_owned(),
            at,
            event: event.to_owned(),
            detail: detail.map(|(k, v)| (k.to_owned(), v)).collect(),
        })
    }
}

fn sandbox(config: &Config, keys: &Keys) -> Result<Sandbox, StartError> {
    let places = one_a_core(config.workers).saturating_mul(2);
    Ok(Sandbox::new(SandboxConfig {
        max_in_flight: u32::try_from(places).unwrap_or(u32::MAX),
        cache: Some(CacheConfig {
            dir: config.data_dir.join("cache"),
            key: keys.derive(Label::ArtefactMac),
        }),
    })?)
}

fn order_io(data: &Path) -> impl FnOnce(io::Error) -> StartError {
    let path = data.to_owned();
    |source| StartError::Restored { path, source }
}

fn open_log(
    config: &Config,
    keys: &Keys,
    restored: Option<&Restored>,
    progress: &dyn Fn(&str),
) -> Result<Log, StartError> {
    let key = keys.derive(Label::AuditSigning);
    if let Some(order) = restored {
        order.fork(&config.data_dir, &key)?;
    }
    let base = format!("weft.{}.{}", config.tenant, config.region);
    let log = LogConfig {
        origin: backup::origin_of(&config.data_dir, base),
        region: config.region.clone(),
        witnesses: config.witnesses.clone(),
    };
    Ok(Log::open(
        &config.data_dir.join("audit"),
        log,
        &key,
        progress,
    )?)
}

/// What is configured; where that is 0, as many as the machine has cores.
fn one_a_core(configured: usize) -> usize {
    match configured {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        n => n,
    }
}

fn workers(workers: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(one_a_core(workers))
        .thread_name(|i| format!("weft-policy-{i}"))
        // Who waits for the evaluation learns that it was not finished; nobody else is harmed. What the
        // panic says is not told: it could quote a fact.
        .panic_handler(|_| tracing::error!("the evaluation of a policy panicked"))
        .build()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_of_a_worker_ends_one_evaluation_and_not_the_host() {
        let workers = super::workers(1).expect("a thread");
        let (answer, wait) = tokio::sync::oneshot::channel::<()>();
        workers.spawn(move || {
            let _not_sent = answer;
            panic!("on purpose");
        });
        assert!(wait.blocking_recv().is_err(), "who waits is told");
        assert_eq!(workers.install(|| 7), 7, "the next evaluation is asked");
    }
}
