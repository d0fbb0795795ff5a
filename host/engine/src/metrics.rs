//! What a platform team watches.
//!
//! Labels come from closed sets (operations of the pipeline, verdicts, codes of the host's own
//! catalogues), never from requests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use weft_audit::Log;
use weft_verdict::{FailureKind, Verdict};

use crate::sets::Cause;

/// A request that is being decided.
pub(crate) struct InFlight<'a>(&'a Gauge<i64>);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The parts of a decision whose time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Bytes to facts, with the vault's writes.
    Intake,
    /// Waiting for a worker.
    Queue,
    /// Behavioural features.
    Features,
    /// The record, until it is durable.
    Record,
    /// The view of the decision.
    Reply,
}

/// All metrics of one host.
pub struct Metrics {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    decision_seconds: Histogram,
    stage_seconds: Family<StageLabels, Histogram>,
    problems: Family<CodeLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    dropped: Counter,
    replays: Counter,
    pending: Gauge,
    log_records: Gauge,
    log_cosigned_records: Gauge,
    log_not_cosigned: Gauge,
    behaviour_keys: Gauge,
    behaviour_events: Gauge,
    requests_in_flight: Gauge<i64>,
    assistance_waiting: Gauge<i64>,
    clock_set_back: Counter,
    fuel: Counter<u64, AtomicU64>,
    trials: Family<TrialLabels, Counter>,
    disclosures: Family<DisclosureLabels, Counter>,
    emergencies: Family<EmergencyLabels, Counter>,
    unreviewed: Gauge,
    set_changes: Family<CauseLabels, Counter>,
    threat_level: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DisclosureLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EmergencyLabels {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TrialLabels {
    policy: String,
    verdict: VerdictLabel,
    decided: VerdictLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    operation: String,
    verdict: VerdictLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    policy: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct VerdictLabel(Verdict);

impl EncodeLabelValue for VerdictLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        self.0.as_str().encode(encoder)
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// Metrics of which nothing is counted yet.
    pub fn new() -> Metrics {
        let seconds = || Histogram::new(exponential_buckets(0.000_01, 2.0, 20));
        let mut metrics = Metrics {
            registry: Registry::with_prefix("weft"),
            decisions: Family::default(),
            decision_seconds: seconds(),
            stage_seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.000_001, 2.0, 22))
            }),
            problems: Family::default(),
            failures: Family::default(),
            dropped: Counter::default(),
            replays: Counter::default(),
            pending: Gauge::default(),
            log_records: Gauge::default(),
            log_cosigned_records: Gauge::default(),
            log_not_cosigned: Gauge::default(),
            behaviour_keys: Gauge::default(),
            behaviour_events: Gauge::default(),
            requests_in_flight: Gauge::default(),
            assistance_waiting: Gauge::default(),
            clock_set_back: Counter::default(),
            fuel: Counter::default(),
            trials: Family::default(),
            disclosures: Family::default(),
            emergencies: Family::default(),
            unreviewed: Gauge::default(),
            set_changes: Family::default(),
            threat_level: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register(
            "decisions",
            "Decisions by operation and verdict",
            self.decisions.clone(),
        );
        r.register_with_unit(
            "decision",
            "Time from the request's last byte to the durable decision",
            Unit::Seconds,
            self.decision_seconds.clone(),
        );
        r.register_with_unit(
            "stage",
            "Time of one decision's parts",
            Unit::Seconds,
            self.stage_seconds.clone(),
        );
        r.register(
            "problems",
            "Requests refused without a decision, by code",
            self.problems.clone(),
        );
        r.register(
            "failures",
            "Policies that could not say anything, by kind",
            self.failures.clone(),
        );
        r.register(
            "dropped_fields",
            "Fields that callers sent and the host dropped",
            self.dropped.clone(),
        );
        r.register(
            "replays",
            "Requests answered from the log by their idempotency key",
            self.replays.clone(),
        );
        r.register(
            "pending_payments",
            "Payments that wait for evidence or support",
            self.pending.clone(),
        );
        r.register(
            "behaviour_keys",
            "Accounts, cards, devices and others of which something is remembered",
            self.behaviour_keys.clone(),
        );
        r.register(
            "behaviour_events",
            "What is remembered of all of them; a payment is one of each",
            self.behaviour_events.clone(),
        );
        r.register(
            "log_records",
            "Records in the audit log",
            self.log_records.clone(),
        );
        r.register(
            "log_cosigned_records",
            "Of these, those under the newest checkpoint that enough witnesses have cosigned",
            self.log_cosigned_records.clone(),
        );
        r.register(
            "log_not_cosigned",
            "How often in a row, until now, too few witnesses have cosigned the newest checkpoint",
            self.log_not_cosigned.clone(),
        );
        r.register(
            "in_flight",
            "Requests being decided",
            self.requests_in_flight.clone(),
        );
        r.register(
            "assistance_waiting",
            "Requests for assistance that wait for their turn beside payments",
            self.assistance_waiting.clone(),
        );
        r.register(
            "clock_set_back",
            "Times that the machine's clock was set back by more than a minute",
            self.clock_set_back.clone(),
        );
        r.register("plugin_fuel", "Fuel used by plugins", self.fuel.clone());
        r.register(
            "trial_findings",
            "What policies in shadow or canary said, beside what was decided without them",
            self.trials.clone(),
        );
        r.register(
            "disclosures",
            "Facts and values asked for by people: released, refused, or withheld because a budget is used up",
            self.disclosures.clone(),
        );
        r.register(
            "emergencies",
            "Emergency access, by what happened: each is to be known to supervisors",
            self.emergencies.clone(),
        );
        r.register(
            "emergencies_unreviewed",
            "Requests in emergencies that wait for their review",
            self.unreviewed.clone(),
        );
        r.register(
            "policy_set_changes",
            "Policy sets that were put in force while the host runs, by cause",
            self.set_changes.clone(),
        );
        r.register(
            "threat_level",
            "The level of threat that decisions are taken under, 0 to 3",
            self.threat_level.clone(),
        );
    }

    /// The text form that Prometheus scrapes.
    pub fn render(&self) -> String {
        self.render_with(&[])
    }

    /// The same, with the metrics of other rooms behind the engine's own.
    pub fn render_with(&self, others: &[&Registry]) -> String {
        let mut text = String::new();
        // The clock belongs to the process and is older than any metrics.
        self.clock_set_back
            .inner()
            .store(crate::clock::set_back(), Ordering::Relaxed);
        // Writing to a string cannot fail.
        for registry in std::iter::once(&self.registry).chain(others.iter().copied()) {
            let _ = encode_registry(&mut text, registry);
        }
        let _ = encode_eof(&mut text);
        text
    }

    /// Counts a request that was refused without a decision.
    pub fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&CodeLabels { code }).inc();
    }

    pub(crate) fn decision(&self, operation: &str, verdict: Verdict) {
        let labels = DecisionLabels {
            operation: operation.to_owned(),
            verdict: VerdictLabel(verdict),
        };
        self.decisions.get_or_create(&labels).inc();
    }

    /// What a policy said that does not count, and what was decided.
    pub(crate) fn trial(&self, policy: &str, verdict: Verdict, decided: Verdict) {
        let labels = TrialLabels {
            policy: policy.to_owned(),
            verdict: VerdictLabel(verdict),
            decided: VerdictLabel(decided),
        };
        self.trials.get_or_create(&labels).inc();
    }

    /// What came of a disclosure: `released`, `refused`, `over-budget`.
    pub(crate) fn disclosure(&self, outcome: &'static str) {
        let labels = DisclosureLabels { outcome };
        self.disclosures.get_or_create(&labels).inc();
    }

    /// Something happened about emergency access: the name of its event.
    pub(crate) fn emergency(&self, event: &'static str) {
        let labels = EmergencyLabels { event };
        self.emergencies.get_or_create(&labels).inc();
    }

    pub(crate) fn unreviewed(&self, count: usize) {
        self.unreviewed
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(crate) fn set_changed(&self, cause: Cause) {
        let cause = cause.as_str();
        self.set_changes.get_or_create(&CauseLabels { cause }).inc();
    }

    pub(crate) fn threat_level(&self, level: u8) {
        self.threat_level.set(level.into());
    }

    pub(crate) fn decided_in(&self, took: Duration) {
        self.decision_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn part(&self, part: Part, took: Duration) {
        let stage = match part {
            Part::Intake => "intake",
            Part::Queue => "queue",
            Part::Features => "features",
            Part::Record => "record",
            Part::Reply => "reply",
        };
        self.stage(stage, took);
    }

    /// One stage of the pipeline.
    pub(crate) fn stage(&self, stage: &str, took: Duration) {
        self.stage_seconds
            .get_or_create(&StageLabels {
                stage: stage.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn failure(&self, policy: &str, kind: FailureKind) {
        self.failures
            .get_or_create(&FailureLabels {
                policy: policy.to_owned(),
                kind: kind.as_str(),
            })
            .inc();
    }

    pub(crate) fn dropped(&self, fields: u32) {
        self.dropped.inc_by(u64::from(fields));
    }

    pub(crate) fn replayed(&self) {
        self.replays.inc();
    }

    pub(crate) fn fuel(&self, fuel: u64) {
        self.fuel.inc_by(fuel);
    }

    pub(crate) fn pending(&self, pending: usize) {
        self.pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
    }

    pub(crate) fn log(&self, log: &Log) {
        for (gauge, count) in [
            (&self.log_records, log.len()),
            (&self.log_cosigned_records, log.cosigned().unwrap_or(0)),
            (&self.log_not_cosigned, log.not_cosigned()),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    pub(crate) fn remembered(&self, all: weft_behaviour::Statistics) {
        for (gauge, count) in [
            (&self.behaviour_keys, all.keys),
            (&self.behaviour_events, all.events),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Counts those that wait for their turn.
    pub(crate) fn assistance_waiting(&self) -> Gauge<i64> {
        self.assistance_waiting.clone()
    }

    /// One more request is being decided, until the guard goes.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.requests_in_flight.inc();
        InFlight(&self.requests_in_flight)
    }
}
