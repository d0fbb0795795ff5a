//! The engine and what its parts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use weft_assist::{ChallengeKey, Evidence, Method, Pending};
use weft_audit::{AppendError, CloseError, DecisionRecord, Log, Stored};
use weft_behaviour::Behaviour;
use weft_dictionary::{Dictionary, FieldId, Row, Timestamp, Value};
use weft_intake::{Intake, Problem, Request};
use weft_policy::{Effect, OperationKind};
use weft_vault::Vault;

use crate::alerts::Alerts;
use crate::decide::{Asked, PaymentLock};
use crate::disclosure::{Budgets, Emergencies};
use crate::idempotency::Table;
use crate::known::Known;
use crate::lanes::Lanes;
use crate::locks::Locks;
use crate::metrics::{Metrics, Part};
use crate::pipeline::Pipeline;
use crate::sets::Sets;
use crate::tasks::Tasks;
use crate::threat::Threat;
use crate::watch::Changes;
use crate::{Caller, Clock, Config, Role, facts, ids, problems};

/// The host's engine: one decision, start to end. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// Whether the host can decide now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it can.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) known: Known,
    pub(crate) vault: Arc<Vault>,
    pub(crate) intake: Intake,
    pub(crate) behaviour: Behaviour,
    pub(crate) sets: Sets,
    pub(crate) log: Log,
    pub(crate) pending: Pending,
    pub(crate) changes: Changes,
    pub(crate) challenges: ChallengeKey,
    pub(crate) idempotency: Table,
    /// Names behavioural snapshots.
    pub(crate) snapshots: weft_vault::Key,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) workers: rayon::ThreadPool,
    /// Walks that workers are on.
    pub(crate) walks: Arc<AtomicUsize>,
    pub(crate) lanes: Lanes,
    pub(crate) alerts: Alerts,
    /// One decision about a payment at a time.
    pub(crate) payments: Locks,
    /// One payment of an account, card or device at a time, and one refund of an agent.
    pub(crate) payers: Locks,
    pub(crate) tasks: Tasks,
    pub(crate) stopping: AtomicBool,
    pub(crate) threat: Threat,
    /// How often facts were shown today.
    pub(crate) budgets: Budgets,
    /// How often support gave money back.
    pub(crate) refunds: crate::refunds::Refunds,
    /// What customers have enrolled.
    pub(crate) factors: crate::factors::Factors,
    /// Disputes that are open.
    pub(crate) disputes: crate::due::Disputes,
    /// What waits for a supervisor.
    pub(crate) escalations: crate::escalations::Escalations,
    /// Requests in emergencies that wait for their review.
    pub(crate) emergencies: Emergencies,
    /// One erasure or hold at a time.
    pub(crate) custody: tokio::sync::Mutex<()>,
    /// One new epoch of keys at a time.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    pub(crate) transfers: crate::transfer::Transfers,
    /// Orders to lift a hold that wait for another operator.
    pub(crate) lifts: crate::lift::Lifts,
    /// Where the root of the keys was at start.
    pub(crate) root: weft_vault::RootPlace,
    /// Holds the data directory; no other process can.
    pub(crate) _lock: crate::lock_file::LockFile,
}

/// How the engine left its log. Every answered decision is in it in any case.
#[derive(Debug)]
pub enum Stopped {
    /// The last checkpoint covers all of it.
    Whole,
    /// The last checkpoint could not be signed, or the store could not be closed: the next start mends it.
    LogNotClosed(CloseError),
}

impl Engine {
    /// What a platform team watches.
    pub fn metrics(&self) -> &Metrics {
        let remembered = self.inner.behaviour.statistics();
        self.inner.metrics.remembered(remembered);
        self.inner.metrics.log(&self.inner.log);
        self.inner.metrics.pending(self.inner.pending.len());
        &self.inner.metrics
    }

    /// The policy set in force, with its plugins.
    pub fn pipeline(&self) -> Arc<Pipeline> {
        self.inner.sets.in_force()
    }

    /// The audit log.
    pub fn log(&self) -> &Log {
        &self.inner.log
    }

    /// The clock; a feed moves it on.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Payments that wait now.
    pub fn pending(&self) -> usize {
        self.inner.pending.len()
    }

    /// Whether the host can decide now.
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        if self.inner.is_stopping() {
            reasons.push("the host is stopping".to_owned());
        }
        reasons.extend(self.inner.cannot_record());
        Readiness {
            ready: reasons.is_empty(),
            reasons,
        }
    }

    /// Refuses the payments whose time is over, and warns of disputes that are due. How many were refused; none when the
    /// host cannot decide.
    pub async fn expire_due(&self) -> usize {
        if !self.readiness().ready {
            return 0;
        }
        let inner = Arc::clone(&self.inner);
        let turn = self
            .inner
            .tasks
            .spawn(async move {
                inner.record_clock().await;
                let expired = inner.expire_due().await?;
                inner.warn_of_disputes().await?;
                Ok::<usize, Problem>(expired)
            })
            .await;
        match turn {
            Ok(Ok(expired)) => expired,
            Ok(Err(problem)) => {
                tracing::error!(code = problem.code(), "expiry could not be decided");
                0
            }
            Err(_) => 0,
        }
    }

    /// Takes no new requests, finishes what is under way, signs the log's last checkpoint. Called again, it
    /// only waits for what is under way.
    pub async fn stop(&self) -> Stopped {
        let stops_already = self.inner.stopping.swap(true, Ordering::AcqRel);
        // The next start goes on with it.
        self.inner.vault.stop_rotation();
        self.inner.transfers.progress.stop();
        self.inner.tasks.end().await;
        if stops_already {
            return Stopped::Whole;
        }
        match self.inner.record_stop().await {
            Ok(()) => Stopped::Whole,
            Err(error) => Stopped::LogNotClosed(error),
        }
    }
}

impl Inner {
    /// Why nothing can be recorded, or read back, now.
    fn cannot_record(&self) -> Vec<String> {
        let full = |full| match full {
            true => "disk full: nothing can be recorded".to_owned(),
            false => "nothing can be recorded, see the host's log".to_owned(),
        };
        let log = self.log.stuck().map(|error| match error {
            AppendError::Contradicted(contradiction) => contradiction.to_string(),
            other => full(other.is_disk_full()),
        });
        let vault = self.vault.stuck().map(|error| full(error.is_disk_full()));
        let store = self.log.queryable().err().map(|error| error.to_string());
        let mut reasons: Vec<String> = log.into_iter().chain(vault).chain(store).collect();
        reasons.dedup();
        reasons
    }

    /// A setback of the machine's clock stands in the log, beside the times that it explains.
    async fn record_clock(&self) {
        let Some(by) = crate::clock::set_back_by() else {
            return;
        };
        let event = self.event(self.clock.now(), "clock.set_back", [("by_ms", by.0.into())]);
        if let Err(error) = self.log.append(&event).await {
            tracing::error!(%error, "a setback of the clock could not be recorded");
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Decides one request: the decision as it stands in the log.
    pub(crate) async fn decide_request(
        &self,
        asked: &Asked,
        request: Request,
        lock: PaymentLock,
    ) -> Result<Stored, Problem> {
        let operation = asked.set.operation(&request.operation).ok_or_else(|| {
            problems::unknown_operation(asked.set.did_you_mean(&request.operation))
        })?;
        match operation.kind {
            OperationKind::Payment if asked.caller.role != Role::Service => {
                Err(problems::role_may_not_pay(asked.caller.role))
            }
            OperationKind::Payment => self.decide_payment(asked, request, lock).await,
            OperationKind::Assistance => {
                let effect = operation.effect;
                match effect {
                    Effect::EnrolFactor | Effect::RemoveFactor => {
                        self.decide_enrolment(asked, effect, request).await
                    }
                    _ => self.decide_assistance(asked, effect, request).await,
                }
            }
        }
    }

    /// What the host says in every row.
    pub(crate) fn say_host_facts(
        &self,
        row: &mut Row,
        caller: &Caller,
        at: Timestamp,
    ) -> Result<(), Problem> {
        let known = &self.known;
        self.set(row, known.session_role, Value::text(caller.role.as_str()))?;
        if caller.role.is_support() {
            self.set(row, known.agent_id, Value::text(caller.id.as_str()))?;
        } else {
            row.clear(known.agent_id);
        }
        self.set(
            row,
            known.processing_region,
            Value::text(self.config.region.as_str()),
        )?;
        self.set(
            row,
            known.processing_tenant,
            Value::text(self.config.tenant.as_str()),
        )?;
        self.set(row, known.processing_at, Value::Instant(at))?;
        let hour = at.0 / 3_600_000 % 24;
        self.set(
            row,
            known.processing_hour,
            Value::Integer(i64::try_from(hour).unwrap_or_default()),
        )?;
        let level = self.threat.in_force().level;
        self.set(
            row,
            known.processing_threat_level,
            Value::Integer(level.into()),
        )
    }

    /// What the host itself verified; without evidence, that it verified nothing.
    pub(crate) fn say_evidence(
        &self,
        row: &mut Row,
        evidence: Option<&Evidence>,
    ) -> Result<(), Problem> {
        self.set(
            row,
            self.known.evidence_step_up,
            Value::Boolean(evidence.is_some()),
        )?;
        let known = &self.known;
        for id in [
            known.evidence_method,
            known.evidence_channel,
            known.evidence_enrolled_at,
            known.evidence_amount_linked,
            known.evidence_payee_linked,
        ] {
            row.clear(id);
        }
        let Some(evidence) = evidence else {
            return Ok(());
        };
        let method = evidence.method;
        self.set(row, known.evidence_method, Value::text(method.as_str()))?;
        if let Some(channel) = evidence.channel {
            self.set(row, known.evidence_channel, Value::text(channel.as_str()))?;
        }
        if let Some(factor) = &evidence.factor {
            let since = Value::Instant(factor.enrolled_at);
            self.set(row, known.evidence_enrolled_at, since)?;
        }
        // Evidence that was bound to another amount or payee is none by now.
        let linked = Value::Boolean(method.is_dynamically_linked());
        self.set(row, known.evidence_amount_linked, linked.clone())?;
        self.set(row, known.evidence_payee_linked, linked)
    }

    /// Whether the payer of a service's payment has factors.
    pub(crate) fn say_factors(&self, row: &mut Row, service: &str) -> Result<(), Problem> {
        let whose = self.customer_of(service, row);
        for (id, method) in [
            (self.known.factor_passkey, Method::Passkey),
            (self.known.factor_totp, Method::Totp),
        ] {
            let theirs = whose.as_ref().map(|whose| self.factors.of(whose, method));
            let has_one = theirs.is_some_and(|theirs| !theirs.is_empty());
            self.set(row, id, Value::Boolean(has_one))?;
        }
        Ok(())
    }

    pub(crate) fn set(&self, row: &mut Row, id: FieldId, value: Value) -> Result<(), Problem> {
        row.set(&self.dictionary, id, value).map_err(|error| {
            let field = &self.dictionary.field(id).name;
            tracing::error!(field, %error, "the host's own code broke a rule of rows");
            problems::internal("a fact does not fit its field")
        })
    }

    pub(crate) fn text(&self, row: &Row, id: FieldId) -> Option<String> {
        match row.get(id) {
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        }
    }

    pub(crate) fn fresh_id(&self, prefix: &str) -> Result<String, Problem> {
        ids::fresh(prefix).map_err(|e| problems::internal(&e.to_string()))
    }

    /// The row of a recorded decision. What is gone with a person who was erased is missing, as facts are that nobody
    /// said.
    pub(crate) fn restore(&self, record: &DecisionRecord) -> Result<Row, Problem> {
        self.restored(record).map(|restored| restored.row)
    }

    /// The same, with whose facts are gone.
    pub(crate) fn restored(&self, record: &DecisionRecord) -> Result<facts::Restored, Problem> {
        let restored = facts::restore(&self.dictionary, self.vault.opener(), record);
        restored.map_err(|why| problems::not_restored(&why))
    }

    pub(crate) fn timed<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.metrics.part(part, started.elapsed());
        result
    }
}
