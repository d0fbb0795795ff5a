//! A recorded decision, evaluated again.
//!
//! What a decision was made from stands in its record: the row is restored from it, the question is the same, the
//! policy set is found by its digest. What the host itself said of a customer's answer is taken from the record, for
//! that is no business of policies. What cannot be evaluated again says why; nothing is guessed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use weft_assist::Method;
use weft_audit::{DecisionRecord, FindingRecord, OutcomeRecord, Sight};
use weft_dictionary::{Dictionary, Row, Value};
use weft_policy::{OperationKind, WhenStopped};
use weft_vault::Opener;
use weft_verdict::{FailureKind, Finding, combine};

use crate::evaluate::{Evaluated, Question, Walk, Walked};
use crate::facts;
use crate::host_reasons::{FINDINGS_SHORTENED, NO_POLICY, TOO_MUCH_FOUND};
use crate::ids;
use crate::known::{FACTOR_SECTION, Known};
use crate::metrics::Metrics;
use crate::payment::EXPIRE;
use crate::pipeline::Pipeline;
use crate::sets::ArchiveError;

/// Why a decision is not evaluated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAgain {
    /// The host took it by itself: no policy was asked.
    ByHost,
    /// Its facts were not to be stored here.
    Forgotten,
    /// Its personal facts do not open with these keys.
    Keys,
    /// Its personal facts belong to somebody who was erased.
    Erased,
    /// A fact is not of the kind that the dictionary says.
    Dictionary,
    /// It is about a payment whose own decision is not in the log.
    NoPayment,
    /// The policy set does not have its operation.
    Operation,
    /// A plugin was stopped by the clock or turned away under load: that depends on the machine.
    Clock,
    /// It followed from a decision that would not have been taken.
    FallsAway,
    /// Its policy set is not archived in the data directory.
    NoSet,
    /// The archived copy of its policy set is not what it was.
    SetDamaged,
}

impl NotAgain {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            NotAgain::ByHost => "by-host",
            NotAgain::Forgotten => "facts-forgotten",
            NotAgain::Keys => "keys-missing",
            NotAgain::Erased => "erased",
            NotAgain::Dictionary => "dictionary-differs",
            NotAgain::NoPayment => "payment-not-in-log",
            NotAgain::Operation => "operation-unknown",
            NotAgain::Clock => "stopped-by-the-clock",
            NotAgain::FallsAway => "falls-away",
            NotAgain::NoSet => "policy-set-not-archived",
            NotAgain::SetDamaged => "policy-set-damaged",
        }
    }

    /// Why a set is not there, where it is the set and not the disk.
    pub(crate) fn of_archive(error: &ArchiveError) -> Option<NotAgain> {
        match error {
            ArchiveError::NotThere { .. } => Some(NotAgain::NoSet),
            ArchiveError::Changed { .. }
            | ArchiveError::Missing { .. }
            | ArchiveError::Stranger { .. }
            | ArchiveError::Set(_) => Some(NotAgain::SetDamaged),
            ArchiveError::NotADigest | ArchiveError::Io { .. } | ArchiveError::Full { .. } => None,
        }
    }

    /// What it means, for people.
    pub fn title(self) -> &'static str {
        match self {
            NotAgain::ByHost => {
                "taken by the host itself when a hold was over; no policy was asked"
            }
            NotAgain::Forgotten => {
                "refused for residency: the facts were not to be stored here, so they are not in the record"
            }
            NotAgain::Keys => "the personal facts do not open with the keys of this data directory",
            NotAgain::Erased => "its personal facts belong to a person who was erased",
            NotAgain::Dictionary => "a recorded fact is not of the kind that the dictionary says",
            NotAgain::NoPayment => "the payment's own decision is not in the log",
            NotAgain::Operation => "the policy set does not have the operation",
            NotAgain::Clock => {
                "a plugin was stopped by the clock or turned away under load, which depends on the machine"
            }
            NotAgain::FallsAway => {
                "it followed from a decision that comes out otherwise, so it would not have been taken"
            }
            NotAgain::NoSet => "the policy set is not archived in the data directory",
            NotAgain::SetDamaged => {
                "the archived copy of the policy set was changed, is not whole or cannot be used"
            }
        }
    }
}

/// A policy set, and what else a decision is evaluated with.
pub(crate) struct Ground {
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) known: Known,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) opener: Arc<Opener>,
    metrics: Arc<Metrics>,
    walks: Arc<AtomicUsize>,
}

/// What a decision is evaluated from.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) row: Row,
    pub(crate) question: Question,
    pub(crate) tenant: String,
    /// What the host itself said, beside the policies.
    pub(crate) by_host: Vec<Finding>,
}

impl Ground {
    pub(crate) fn new(
        dictionary: Arc<Dictionary>,
        known: Known,
        pipeline: Arc<Pipeline>,
        opener: Arc<Opener>,
    ) -> Ground {
        Ground {
            dictionary,
            known,
            pipeline,
            opener,
            // What is evaluated again is not what this host decides.
            metrics: Arc::new(Metrics::new()),
            walks: Arc::default(),
        }
    }

    /// The row and the question of a recorded decision. `own` is the decision about the payment itself that a request
    /// for assistance was about.
    pub(crate) fn prepare(
        &self,
        record: &DecisionRecord,
        own: Option<&DecisionRecord>,
    ) -> Result<Prepared, NotAgain> {
        if record.operation == EXPIRE {
            return Err(NotAgain::ByHost);
        }
        let operation = self.pipeline.operation(&record.operation);
        let kind = operation.ok_or(NotAgain::Operation)?.kind;
        if is_forgotten(&self.pipeline, record, kind) {
            return Err(NotAgain::Forgotten);
        }
        let by_clock = |kind| matches!(kind, FailureKind::Deadline | FailureKind::Saturated);
        let mut failures = record.findings.iter().filter_map(|f| f.failure.as_ref());
        if failures.any(|failure| by_clock(failure.kind)) {
            return Err(NotAgain::Clock);
        }
        let row = self.row(record, own, kind)?;
        Ok(self.question_of(record, kind, row))
    }

    /// The same from the facts that a record still has, whatever is not there any more.
    pub(crate) fn prepare_what_is_left(
        &self,
        record: &DecisionRecord,
    ) -> Result<Prepared, NotAgain> {
        let operation = self.pipeline.operation(&record.operation);
        let kind = operation.ok_or(NotAgain::Operation)?.kind;
        let row = self.restore(record)?;
        Ok(self.question_of(record, kind, row))
    }

    fn question_of(&self, record: &DecisionRecord, kind: OperationKind, row: Row) -> Prepared {
        let evaluated_at = match row.get(self.known.processing_at) {
            Some(Value::Instant(at)) => *at,
            _ => record.at,
        };
        let evidence = match (kind, row.get(self.known.evidence_method)) {
            (OperationKind::Payment, Some(Value::Text(method))) => Method::from_name(method),
            _ => None,
        };
        let question = Question {
            decision: record.decision.clone(),
            operation: record.operation.clone(),
            at: record.at,
            evaluated_at,
            seed: ids::seed(&record.decision),
            evidence,
            erased: Vec::new(),
        };
        Prepared {
            row,
            question,
            tenant: record.tenant.clone(),
            by_host: said_by_host(record),
        }
    }

    /// What the policy set says.
    pub(crate) fn evaluate(
        &self,
        prepared: Prepared,
        before: &mut dyn FnMut(usize, &Row),
    ) -> Walked {
        let walk = Walk {
            pipeline: Arc::clone(&self.pipeline),
            dictionary: Arc::clone(&self.dictionary),
            opener: Arc::clone(&self.opener),
            metrics: Arc::clone(&self.metrics),
            tenant: prepared.tenant,
            walks: Arc::clone(&self.walks),
            question: prepared.question,
        };
        let mut walked = walk.run(prepared.row, before);
        for finding in prepared.by_host {
            walked.evaluated.add_host_finding(finding);
        }
        walked
    }

    fn row(
        &self,
        record: &DecisionRecord,
        own: Option<&DecisionRecord>,
        kind: OperationKind,
    ) -> Result<Row, NotAgain> {
        let said = self.restore(record)?;
        // A request for assistance about a payment that the host knows says how it stands.
        if kind == OperationKind::Payment || said.get(self.known.payment_state).is_none() {
            return Ok(said);
        }
        let mut row = self.restore(own.ok_or(NotAgain::NoPayment)?)?;
        for field in self.dictionary.fields() {
            if is_own_section(field.section()) {
                row.clear(field.id);
            }
        }
        for (id, value) in said.facts() {
            // It was in a row of the same dictionary a moment ago.
            let _ = row.set(&self.dictionary, id, value.clone());
        }
        Ok(row)
    }

    pub(crate) fn restore(&self, record: &DecisionRecord) -> Result<Row, NotAgain> {
        let restored = facts::restore(&self.dictionary, &self.opener, record);
        let restored = restored.map_err(|why| match why {
            facts::Unreadable::Sealed(_) => NotAgain::Keys,
            facts::Unreadable::Fact { .. } => NotAgain::Dictionary,
        })?;
        if restored.erased.is_empty() {
            Ok(restored.row)
        } else {
            Err(NotAgain::Erased)
        }
    }

    /// Whether a decision is the first about its payment: not one about helping with it, nor the one that follows the
    /// customer's evidence.
    pub(crate) fn is_first(&self, record: &DecisionRecord) -> bool {
        self.is_payment(&record.operation) && record.previous.is_none()
    }

    /// The payment that a request for assistance was about, and the service whose it is, if the host knew it: how it
    /// stood is in the record then.
    pub(crate) fn payment_of(&self, record: &DecisionRecord) -> Option<(String, String)> {
        let known = &self.known;
        let fact = |id| {
            let fact = record.facts.get(&self.dictionary.field(id).name)?;
            fact.as_str().map(str::to_owned)
        };
        if self.is_payment(&record.operation) || fact(known.payment_state).is_none() {
            return None;
        }
        Some((fact(known.payment_id)?, fact(known.case_service)?))
    }

    pub(crate) fn is_payment(&self, operation: &str) -> bool {
        self.pipeline
            .operation(operation)
            .is_some_and(|o| o.kind == OperationKind::Payment)
    }
}

/// Sections whose facts stand in the record of a request for assistance itself, all of them.
fn is_own_section(section: &str) -> bool {
    OWN_SECTIONS.contains(&section)
}

/// What the record of a request for assistance carries, besides how the payment stands.
pub(crate) const OWN_SECTIONS: [&str; 14] = [
    "case",
    "session",
    "challenge",
    FACTOR_SECTION,
    "agent",
    "evidence",
    "processing",
    "request",
    "approval",
    "refund",
    "recall",
    "dispute",
    "escalation",
    "close",
];

/// Whether a record carries but a part of the facts, because its request ended where they are forgotten.
fn is_forgotten(pipeline: &Pipeline, record: &DecisionRecord, kind: OperationKind) -> bool {
    if kind == OperationKind::Payment {
        // A payment whose facts are kept has the features that it was decided on.
        return record.feature_snapshot.is_none();
    }
    let mut so_far = Finding::abstain();
    for stage in pipeline.stages() {
        let found = record.findings.iter().filter(|f| f.stage == stage.name);
        let found = found.filter(|f| f.enforced).map(|f| &f.finding);
        so_far = combine(found.chain([&so_far]));
        if stage
            .stop_at
            .is_some_and(|stop_at| so_far.verdict >= stop_at)
        {
            return stage.when_stopped == WhenStopped::Forget;
        }
    }
    false
}

/// What the host said of a customer's answer. What it says for want of policies, or of room, it says again.
fn said_by_host(record: &DecisionRecord) -> Vec<Finding> {
    let said_again = [NO_POLICY, FINDINGS_SHORTENED, TOO_MUCH_FOUND];
    let by_host = record.findings.iter().filter(|f| f.policy == "host");
    let own = by_host.filter(|f| {
        let mut codes = f.finding.reasons.iter().map(|reason| reason.code.as_str());
        !codes.any(|code| said_again.contains(&code))
    });
    own.map(|f| f.finding.clone()).collect()
}

/// What differs between what was recorded and what comes out now: the policy, and what of its finding.
pub(crate) fn differences(recorded: &DecisionRecord, now: &Evaluated) -> Vec<Difference> {
    let mut found = Vec::new();
    for (then, again) in recorded.findings.iter().zip(&now.findings) {
        if then.policy != again.policy {
            found.push(Difference::of(
                &then.policy,
                "another policy is in its place",
            ));
            break;
        }
        let differs = parts(then, again).into_iter().filter(|(_, same)| !same);
        found.extend(differs.map(|(what, _)| Difference::of(&then.policy, what)));
    }
    if recorded.findings.len() != now.findings.len() {
        found.push(Difference::of("host", "number of findings"));
    }
    if recorded.outcome != now.outcome && found.is_empty() {
        found.push(Difference::of("host", "outcome"));
    }
    found
}

/// Each part of two findings of one policy, and whether it is the same.
fn parts(then: &FindingRecord, again: &FindingRecord) -> [(&'static str, bool); 14] {
    [
        (VERSION, then.version == again.version),
        ("stage", then.stage == again.stage),
        ("status", then.enforced == again.enforced),
        ("rules that fired", then.fired == again.fired),
        ("missing facts", then.missing == again.missing),
        ("verdict", then.finding.verdict == again.finding.verdict),
        ("risk", then.finding.risk == again.finding.risk),
        ("reasons", then.finding.reasons == again.finding.reasons),
        (
            "obligations",
            then.finding.obligations == again.finding.obligations,
        ),
        ("failure", then.failure == again.failure),
        ("discharge", then.discharged == again.discharged),
        ("plugin", plugin(then) == plugin(again)),
        (
            "what the plugin was shown",
            needs(then, then) == needs(again, then),
        ),
        (FUEL, fuel(then) == fuel(again)),
    ]
}

const VERSION: &str = "version";
const FUEL: &str = "fuel";

/// One thing that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Whose finding; `host` where it is the host's own.
    pub policy: String,
    /// What of it.
    pub what: &'static str,
}

impl Difference {
    pub(crate) fn of(policy: &str, what: &'static str) -> Difference {
        Difference {
            policy: policy.to_owned(),
            what,
        }
    }

    /// Whether another version of the host explains it: what it says of itself, and what it counts as fuel.
    pub(crate) fn is_of_host_version(&self) -> bool {
        self.what == FUEL || (self.what == VERSION && self.policy == "host")
    }
}

fn plugin(found: &FindingRecord) -> Option<(&str, &str, &str)> {
    let plugin = found.plugin.as_ref()?;
    Some((&plugin.name, &plugin.version, &plugin.digest))
}

fn fuel(found: &FindingRecord) -> Option<u64> {
    found.plugin.as_ref().map(|plugin| plugin.fuel)
}

/// Whether findings and outcome are the same, byte for byte, wall time aside.
pub(crate) fn is_same(recorded: &DecisionRecord, now: &Evaluated) -> bool {
    let bytes = |findings: &[FindingRecord], outcome: &OutcomeRecord| {
        let findings: Vec<FindingRecord> = (findings.iter().zip(&recorded.findings))
            .map(|(found, then)| comparable(found, then))
            .collect();
        serde_json::to_vec(&(findings, outcome)).ok()
    };
    let then = bytes(&recorded.findings, &recorded.outcome);
    recorded.findings.len() == now.findings.len()
        && then.is_some()
        && then == bytes(&now.findings, &now.outcome)
}

/// The same of one finding.
pub(crate) fn same_finding(then: &FindingRecord, again: &FindingRecord) -> bool {
    comparable(then, then) == comparable(again, then)
}

fn needs(found: &FindingRecord, recorded: &FindingRecord) -> Option<BTreeMap<String, Sight>> {
    comparable(found, recorded)
        .plugin
        .map(|plugin| plugin.needs)
}

/// A finding without wall time, and without what the host that recorded it did not tell.
fn comparable(found: &FindingRecord, recorded: &FindingRecord) -> FindingRecord {
    let mut found = found.clone();
    if let Some(plugin) = &mut found.plugin {
        plugin.elapsed_us = 0;
        let told = recorded
            .plugin
            .as_ref()
            .is_some_and(|p| !p.needs.is_empty());
        if !told {
            plugin.needs.clear();
        }
    }
    found
}
