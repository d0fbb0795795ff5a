//! A row through the stages of the pipeline: what every policy says, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::prelude::*;
use weft_assist::Method;
use weft_audit::{FindingRecord, OutcomeRecord, PluginRecord};
use weft_dictionary::{Dictionary, FieldId, Row, Slot, Timestamp, Treatment};
use weft_intake::Problem;
use weft_policy::{Applies, Body, Policy, Status};
use weft_sandbox::{Context, NeedValue};
use weft_vault::Vault;
use weft_verdict::{Failure, FailureKind, Finding, Obligation, ObligationKind, Verdict, combine};

use crate::engine::Inner;
use crate::metrics::{Metrics, Part};
use crate::pipeline::{Bound, BoundPlugin, Need, Pipeline};
use crate::problems;

/// Why a need of a plugin is withheld: the policy grants it not.
const NOT_GRANTED: &str = "not-granted";
/// Why a need of a plugin is withheld: an earlier stage took it away.
const REDACTED: &str = "redacted";
/// The reason of a decision about which no policy said anything.
const NO_POLICY: &str = "no-policy-applies";
/// The reason of a finding that stands for a failure.
const POLICY_FAILED: &str = "policy-failed";
/// The reason of a finding that stands for a missing fact.
const FACT_MISSING: &str = "fact-missing";

/// What is asked of the pipeline, besides the row.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) decision: String,
    pub(crate) operation: String,
    pub(crate) at: Timestamp,
    pub(crate) seed: u64,
    /// How the customer proved who they are, when the payment is decided again.
    pub(crate) evidence: Option<Method>,
}

/// What the pipeline says.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    pub(crate) findings: Vec<FindingRecord>,
    pub(crate) outcome: OutcomeRecord,
}

impl Evaluated {
    /// What the host itself says, without asking a policy.
    pub(crate) fn by_host(finding: Finding) -> Evaluated {
        let mut evaluated = Evaluated {
            findings: Vec::new(),
            outcome: outcome(&Finding::abstain()),
        };
        evaluated.add_host_finding(finding);
        evaluated
    }

    /// One more finding, of the host itself.
    pub(crate) fn add_host_finding(&mut self, finding: Finding) {
        self.findings.push(FindingRecord {
            policy: "host".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            stage: "host".into(),
            enforced: true,
            plugin: None,
            fired: Vec::new(),
            missing: Vec::new(),
            finding,
            failure: None,
            discharged: None,
        });
        self.outcome = outcome(&combined(&self.findings));
    }
}

impl Inner {
    /// Asks the pipeline on a worker thread.
    pub(crate) async fn evaluate(
        &self,
        question: Question,
        row: Row,
    ) -> Result<Evaluated, Problem> {
        let (answer, wait) = tokio::sync::oneshot::channel();
        let walk = Walk {
            pipeline: Arc::clone(&self.pipeline),
            dictionary: Arc::clone(&self.dictionary),
            vault: Arc::clone(&self.vault),
            metrics: Arc::clone(&self.metrics),
            tenant: self.config.tenant.clone(),
            walks: Arc::clone(&self.walks),
            question,
        };
        let queued = Instant::now();
        self.workers.spawn(move || {
            walk.metrics.part(Part::Queue, queued.elapsed());
            // Nobody waits any more only when the host is going down.
            let _ = answer.send(walk.run(row));
        });
        wait.await
            .map_err(|_| problems::internal("the evaluation was not finished"))
    }
}

/// One row's way through the stages.
struct Walk {
    pipeline: Arc<Pipeline>,
    dictionary: Arc<Dictionary>,
    vault: Arc<Vault>,
    metrics: Arc<Metrics>,
    tenant: String,
    walks: Arc<AtomicUsize>,
    question: Question,
}

/// A walk under way. Goes with it, also when a policy panics.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn new(walks: &'a AtomicUsize) -> UnderWay<'a> {
        walks.fetch_add(1, Ordering::AcqRel);
        UnderWay(walks)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Walk {
    fn run(&self, mut row: Row) -> Evaluated {
        let _under_way = UnderWay::new(&self.walks);
        let mut findings: Vec<FindingRecord> = Vec::new();
        // What the stage that was asked last says: only the last of all stages says yes.
        let mut last_word = Verdict::Abstain;
        for (index, stage) in self.pipeline.stages().iter().enumerate() {
            let started = Instant::now();
            let found = self.ask_stage(index, &row);
            self.metrics.part(Part::Stage(index), started.elapsed());
            last_word = combined(&found).verdict;
            findings.extend(found);
            let so_far = combined(&findings);
            if stage
                .stop_at
                .is_some_and(|stop_at| so_far.verdict >= stop_at)
            {
                last_word = so_far.verdict;
                break;
            }
            self.redact(&mut row, &so_far.obligations);
        }
        self.count(&findings);
        let outcome = outcome(&combined(&findings));
        let mut evaluated = Evaluated { findings, outcome };
        // That a payment's data may be processed here is no reason to let the payment go on.
        if last_word == Verdict::Abstain {
            let default = self.pipeline.without_policy(&self.question.operation);
            evaluated.add_host_finding(Finding::of(default, NO_POLICY));
        }
        evaluated
    }

    /// The findings of one stage, in the order of its policies.
    fn ask_stage(&self, stage: usize, row: &Row) -> Vec<FindingRecord> {
        let asked = self
            .pipeline
            .asked(stage, &self.question.operation, self.question.at);
        let plugins = asked.iter().filter(|b| b.plugin.is_some()).count();
        // Handing work to another thread costs about as much as one small plugin. And a thread that waits
        // for what it handed on takes up the next walk on top of its stack: where every thread has a walk of
        // its own, each does its policies itself, so that walks do not pile up.
        let others_idle = self.walks.load(Ordering::Acquire) < rayon::current_num_threads();
        if plugins > 1 && others_idle {
            asked
                .par_iter()
                .filter_map(|bound| self.ask(bound, row))
                .collect()
        } else {
            asked
                .iter()
                .filter_map(|bound| self.ask(bound, row))
                .collect()
        }
    }

    /// What one policy says; nothing, if it does not apply.
    fn ask(&self, bound: &Bound, row: &Row) -> Option<FindingRecord> {
        let policy = &bound.policy;
        let mut record = FindingRecord {
            policy: policy.id().to_owned(),
            version: policy.version().to_owned(),
            stage: policy.stage().to_owned(),
            enforced: policy.status() == Status::Enforced,
            plugin: None,
            fired: Vec::new(),
            missing: Vec::new(),
            finding: Finding::abstain(),
            failure: None,
            discharged: None,
        };
        match policy.matches(row) {
            Applies::No => return None,
            Applies::Missing(fields) => self.missing(&mut record, policy, &fields),
            Applies::Failed(detail) => {
                failed(&mut record, policy, failure(FailureKind::Reported, detail))
            }
            Applies::Yes => match policy.body() {
                Body::Rules(_) => self.ask_rules(&mut record, policy, row),
                Body::Plugin(_) => self.ask_plugin(&mut record, bound, row),
            },
        }
        Some(record)
    }

    fn ask_rules(&self, record: &mut FindingRecord, policy: &Policy, row: &Row) {
        let outcome = policy.evaluate(row);
        record.finding = outcome.finding;
        record.fired = outcome.fired;
        self.discharge_rules(record, policy);
        if !outcome.missing.is_empty() {
            self.missing(record, policy, &outcome.missing);
        }
        if let Some(detail) = outcome.failure {
            failed(record, policy, failure(FailureKind::Reported, detail));
        }
    }

    fn ask_plugin(&self, record: &mut FindingRecord, bound: &Bound, row: &Row) {
        let Some(plugin) = &bound.plugin else {
            let none = failure(FailureKind::Reported, "the plugin is not loaded".into());
            return failed(record, &bound.policy, none);
        };
        let context = Context {
            request_id: self.question.decision.clone(),
            operation: self.question.operation.clone(),
            tenant: self.tenant.clone(),
            policy: bound.policy.id().to_owned(),
            evaluated_at: self.question.at,
            seed: self.question.seed,
        };
        let needs: Vec<NeedValue> = plugin
            .needs
            .iter()
            .map(|need| self.need(plugin, need, row))
            .collect();
        let evaluation = plugin.bound.evaluate(&context, &needs);
        for line in &evaluation.logs {
            tracing::debug!(policy = bound.policy.id(), level = ?line.level, "{}", line.text);
        }
        record.plugin = Some(PluginRecord {
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            digest: plugin.digest.clone(),
            fuel: evaluation.fuel,
            elapsed_us: evaluation.elapsed_us,
        });
        match evaluation.result {
            Ok(finding) => {
                (record.finding, record.discharged) = self.discharged(&finding);
            }
            Err(found) => failed(record, &bound.policy, found),
        }
    }

    /// What a plugin gets for one of its needs.
    fn need(&self, plugin: &BoundPlugin, need: &Need, row: &Row) -> NeedValue {
        let slot = row.slot(need.field);
        let Slot::Present(value) = slot else {
            return NeedValue::from_slot(slot, |_| String::new());
        };
        match need.granted.and_then(|treatment| treatment.apply(value)) {
            None => NeedValue::Withheld(NOT_GRANTED),
            Some(value) => NeedValue::from_slot(&Slot::Present(value), |token| {
                self.vault.pseudonym(&plugin.name, &need.purpose, token)
            }),
        }
    }

    fn missing(&self, record: &mut FindingRecord, policy: &Policy, fields: &[FieldId]) {
        let names: Vec<String> = fields
            .iter()
            .map(|id| self.dictionary.field(*id).name.clone())
            .collect();
        let mut stands_for = Finding::of(policy.on_missing(), FACT_MISSING);
        stands_for.reasons[0].fields.clone_from(&names);
        record.missing = names;
        record.finding = combine([&record.finding, &stands_for]);
    }

    /// Each rule that fired is discharged for itself: a hold of one rule is not cleared by the step-up
    /// that another asks for. What stands for missing facts and failures comes later, and stays.
    fn discharge_rules(&self, record: &mut FindingRecord, policy: &Policy) {
        let (Some(_), Body::Rules(rules)) = (self.question.evidence, policy.body()) else {
            return;
        };
        let fired = rules.iter().filter(|rule| record.fired.contains(&rule.id));
        let (findings, discharged): (Vec<Finding>, Vec<Option<Verdict>>) =
            fired.map(|rule| self.discharged(&rule.finding)).unzip();
        record.finding = combine(&findings);
        record.discharged = discharged.into_iter().max().flatten();
    }

    /// A finding, and what it said before, if the customer has passed all that it asks for: it then
    /// counts as a flag.
    fn discharged(&self, finding: &Finding) -> (Finding, Option<Verdict>) {
        let passed = |o: &Obligation| {
            let method = self.question.evidence.map(Method::as_str);
            method.is_some() && o.arguments.get("method").map(String::as_str) == method
        };
        let mut step_ups = finding
            .obligations
            .iter()
            .filter(|o| o.kind == ObligationKind::StepUp)
            .peekable();
        let asks = step_ups.peek().is_some();
        if !finding.verdict.is_pending() || !asks || !step_ups.all(passed) {
            return (finding.clone(), None);
        }
        let mut flag = finding.clone();
        flag.verdict = Verdict::Flag;
        flag.obligations
            .retain(|o| o.kind != ObligationKind::StepUp);
        (flag, Some(finding.verdict))
    }

    /// Takes from later stages what this one says they may not see.
    fn redact(&self, row: &mut Row, obligations: &[Obligation]) {
        for (field, treatment) in treatments(&self.dictionary, obligations, ObligationKind::Redact)
        {
            if treatment < Treatment::Token {
                row.withhold(field, REDACTED);
            }
        }
    }

    fn count(&self, findings: &[FindingRecord]) {
        for found in findings {
            if let Some(failure) = &found.failure {
                self.metrics.failure(&found.policy, failure.kind);
            }
            if let Some(plugin) = &found.plugin {
                self.metrics.fuel(plugin.fuel);
            }
        }
    }
}

/// What obligations of one kind say about fields; of two treatments the stricter.
pub(crate) fn treatments(
    dictionary: &Dictionary,
    obligations: &[Obligation],
    kind: ObligationKind,
) -> BTreeMap<FieldId, Treatment> {
    let mut treatments = BTreeMap::new();
    for (name, word) in obligations
        .iter()
        .filter(|o| o.kind == kind)
        .flat_map(|o| &o.arguments)
    {
        let Some(field) = dictionary.by_name(name) else {
            continue;
        };
        let treatment = Treatment::from_name(word).unwrap_or(Treatment::Absent);
        treatments
            .entry(field.id)
            .and_modify(|t: &mut Treatment| *t = (*t).min(treatment))
            .or_insert(treatment);
    }
    treatments
}

fn combined(findings: &[FindingRecord]) -> Finding {
    combine(findings.iter().filter(|f| f.enforced).map(|f| &f.finding))
}

fn outcome(all: &Finding) -> OutcomeRecord {
    OutcomeRecord {
        verdict: all.verdict,
        risk: all.risk,
        reasons: all.reasons.clone(),
        obligations: all.obligations.clone(),
    }
}

/// A policy that could not say anything says its `on_error`.
fn failed(record: &mut FindingRecord, policy: &Policy, failure: Failure) {
    record.finding = combine([
        &record.finding,
        &Finding::of(policy.on_error(), POLICY_FAILED),
    ]);
    record.failure = Some(failure);
}

fn failure(kind: FailureKind, detail: String) -> Failure {
    Failure {
        kind,
        detail,
        frames: Vec::new(),
    }
}
