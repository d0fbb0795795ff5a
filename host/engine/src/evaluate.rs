//! A row through the stages of the pipeline: what every policy says, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::prelude::*;
use weft_assist::Method;
use weft_audit::{FindingRecord, NOT_GRANTED, OutcomeRecord, PluginRecord, Sight};
use weft_dictionary::{Class, Dictionary, FieldId, Row, Slot, Timestamp, Treatment, Value};
use weft_intake::Problem;
use weft_journal::Appended;
use weft_policy::{Applies, Body, Policy, Stage, Status, WhenStopped};
use weft_sandbox::{Context, LogLevel, LogLine, NeedValue};
use weft_vault::{NewRow, Opener, Side, Vault, VaultError};
use weft_verdict::{Failure, FailureKind, Finding, Obligation, ObligationKind, Verdict, combine};

use crate::disclosure::ERASED;
use crate::engine::Inner;
use crate::host_reasons::{FACT_MISSING, NO_POLICY, POLICY_FAILED};
use crate::metrics::{Metrics, Part};
use crate::pipeline::{Bound, BoundPlugin, Need, Pipeline};
use crate::tasks::wiped_after;
use crate::{problems, shorten};

/// Why a need of a plugin is withheld: the policy grants it not.
/// Why a need of a plugin is withheld: an earlier stage took it away.
const REDACTED: &str = "redacted";

/// What is asked of the pipeline, besides the row.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) decision: String,
    pub(crate) operation: String,
    /// Which policies are in force.
    pub(crate) at: Timestamp,
    /// What plugins are told of the time: when the payment was asked about first.
    pub(crate) evaluated_at: Timestamp,
    pub(crate) seed: u64,
    /// How the customer proved who they are, when the payment is decided again.
    pub(crate) evidence: Option<Method>,
    /// Sides whose person was erased since the facts were recorded.
    pub(crate) erased: Vec<Side>,
}

/// What the pipeline says.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    pub(crate) findings: Vec<FindingRecord>,
    pub(crate) outcome: OutcomeRecord,
}

/// What came of a walk through the stages.
pub(crate) struct Walked {
    pub(crate) evaluated: Evaluated,
    /// What is to become of the facts.
    pub(crate) facts: WhenStopped,
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
        let all = combine([&finding_of(&self.outcome), &finding]);
        self.findings.push(by_host(finding));
        self.outcome = outcome(&all);
    }
}

/// A finding of the host itself.
pub(crate) fn by_host(finding: Finding) -> FindingRecord {
    FindingRecord {
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
    }
}

impl Inner {
    /// Asks a policy set on a worker thread. The new tokens of the request are in the vault when this
    /// returns, unless its facts are to be forgotten.
    pub(crate) async fn evaluate(
        &self,
        set: &Arc<Pipeline>,
        question: Question,
        row: Row,
        new_tokens: Vec<NewRow>,
    ) -> Result<Walked, Problem> {
        let (answer, wait) = tokio::sync::oneshot::channel();
        let walk = Walk {
            pipeline: Arc::clone(set),
            dictionary: Arc::clone(&self.dictionary),
            opener: Arc::clone(self.vault.opener()),
            metrics: Arc::clone(&self.metrics),
            tenant: self.config.tenant.clone(),
            walks: Arc::clone(&self.walks),
            question,
        };
        let vault = Arc::clone(&self.vault);
        let queued = Instant::now();
        let work = move || {
            walk.metrics.part(Part::Queue, queued.elapsed());
            let mut keeping = Keeping::new(&vault, walk.pipeline.stages(), new_tokens);
            let walked = walk.run(row, &mut |stage, _| keeping.before(stage));
            let kept = keeping.finish(walked.facts);
            // Nobody waits any more only when the host is going down.
            let _ = answer.send((walked, kept));
        };
        self.workers.spawn(|| wiped_after(work));
        let (walked, kept) = wait
            .await
            .map_err(|_| problems::internal("the evaluation was not finished"))?;
        for durable in kept.map_err(|e| problems::not_tokenised(&e))? {
            durable
                .await
                .map_err(|e| problems::not_tokenised(&e.into()))?;
        }
        Ok(walked)
    }
}

/// One row's way through the stages.
pub(crate) struct Walk {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) opener: Arc<Opener>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tenant: String,
    /// Walks under way on the same threads.
    pub(crate) walks: Arc<AtomicUsize>,
    pub(crate) question: Question,
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
    /// Walks. `before` is told of each stage before it is asked, and of the row that it is asked about.
    pub(crate) fn run(&self, mut row: Row, before: &mut dyn FnMut(usize, &Row)) -> Walked {
        let _under_way = UnderWay::new(&self.walks);
        let mut facts = WhenStopped::Keep;
        let mut findings: Vec<FindingRecord> = Vec::new();
        // What the stage that was asked last says: only the last of all stages says yes.
        let mut last_word = Verdict::Abstain;
        for (index, stage) in self.pipeline.stages().iter().enumerate() {
            before(index, &row);
            let started = Instant::now();
            let found = self.ask_stage(index, &row);
            self.metrics.stage(&stage.name, started.elapsed());
            last_word = combined(&found).verdict;
            findings.extend(found);
            let so_far = combined(&findings);
            if stage
                .stop_at
                .is_some_and(|stop_at| so_far.verdict >= stop_at)
            {
                last_word = so_far.verdict;
                facts = stage.when_stopped;
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
        let default = self.pipeline.without_policy(&self.question.operation);
        shorten::to_fit(&mut evaluated, default);
        Walked { evaluated, facts }
    }

    /// The findings of one stage, in the order of its policies.
    fn ask_stage(&self, stage: usize, row: &Row) -> Vec<FindingRecord> {
        let asked = self
            .pipeline
            .asked(stage, &self.question.operation, self.question.at, row);
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
            Applies::Failed { why, missing } => {
                if !missing.is_empty() {
                    self.missing(&mut record, policy, &missing);
                }
                failed(&mut record, policy, failure(FailureKind::Reported, why));
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
            evaluated_at: self.question.evaluated_at,
            seed: self.question.seed,
        };
        let needs: Vec<NeedValue> = plugin
            .needs
            .iter()
            .map(|need| self.need(plugin, need, row))
            .collect();
        let lacking: Vec<FieldId> = (plugin.needs.iter().zip(&needs))
            .filter(|(need, value)| need.required && value.kind().is_none())
            .map(|(need, _)| need.field)
            .collect();
        let seen = self.seen(plugin, row);
        if !lacking.is_empty() {
            // It was not asked, so nothing was disclosed to it.
            record.plugin = Some(not_run(plugin));
            return self.missing(record, &bound.policy, &lacking);
        }
        let evaluation = plugin.bound.evaluate(&context, &needs);
        for line in &evaluation.logs {
            told_by_plugin(&bound.policy, plugin, line);
        }
        record.plugin = Some(PluginRecord {
            fuel: evaluation.fuel,
            elapsed_us: evaluation.elapsed_us,
            points: evaluation.points,
            needs: seen,
            ..not_run(plugin)
        });
        let answered = (evaluation.result).map_err(|why| wordless(&bound.policy, plugin, why));
        match answered.and_then(|f| self.of_known_fields(f)) {
            Ok(finding) => {
                (record.finding, record.discharged) = self.discharged(&finding);
            }
            Err(found) => failed(record, &bound.policy, found),
        }
    }

    /// A finding that shows or hides a field which is not there would show or hide nothing. The failure
    /// does not repeat the guest's words.
    fn of_known_fields(&self, finding: Finding) -> Result<Finding, Failure> {
        let about_fields = [ObligationKind::Disclose, ObligationKind::Redact];
        let unknown = (finding.obligations.iter())
            .filter(|o| about_fields.contains(&o.kind))
            .find(|o| {
                let mut names = o.arguments.keys();
                names.any(|name| self.dictionary.by_name(name).is_none())
            });
        let Some(obligation) = unknown else {
            return Ok(finding);
        };
        let kind = obligation.kind.as_str();
        let detail = format!(
            "an argument of the obligation `{kind}` is not a field of the dictionary; name fields as they \
             stand there"
        );
        Err(failure(FailureKind::BadOutput, detail))
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
                self.opener.pseudonym(&plugin.name, &need.purpose, token)
            }),
        }
    }

    /// What becomes of each need of a plugin, for the record.
    fn seen(&self, plugin: &BoundPlugin, row: &Row) -> BTreeMap<String, Sight> {
        let mut seen: BTreeMap<String, Sight> = BTreeMap::new();
        for need in &plugin.needs {
            let field = self.dictionary.field(need.field);
            let is_erased = || {
                field.class == Class::Personal && self.question.erased.contains(&Side::of(field))
            };
            let name = field.name.as_str();
            let sight = match seen.get_mut(&need.purpose) {
                Some(sight) => sight,
                None => seen.entry(need.purpose.clone()).or_default(),
            };
            let granted = need
                .granted
                .filter(|treatment| *treatment > Treatment::Absent);
            match (row.slot(need.field), granted) {
                (_, None) => sight.withhold(name, NOT_GRANTED),
                (Slot::Absent, Some(_)) if is_erased() => sight.withhold(name, ERASED),
                (Slot::Absent, Some(_)) => sight.missing.push(name.to_owned()),
                (Slot::Withheld(why), Some(_)) => sight.withhold(name, why),
                (Slot::Present(Value::Token(_)), Some(treatment)) => {
                    sight.disclose(name, treatment.min(Treatment::Token).as_str());
                }
                (Slot::Present(_), Some(treatment)) => sight.disclose(name, treatment.as_str()),
            }
        }
        seen
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
            let asked = o.arguments.get("method").and_then(|m| Method::from_name(m));
            let passed = self.question.evidence.zip(asked);
            passed.is_some_and(|(method, asked)| method.satisfies(asked))
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

/// The new tokens of a request on their way into the vault: as soon as no stage can say any more that its
/// facts are to be forgotten, so that the disk works while the policies do.
struct Keeping<'a> {
    vault: &'a Vault,
    /// The first stage before which they are put there.
    from: usize,
    rows: Vec<NewRow>,
    kept: Kept,
}

/// What to wait for until the new tokens are durable.
type Kept = Result<Vec<Appended>, VaultError>;

impl<'a> Keeping<'a> {
    fn new(vault: &'a Vault, stages: &[Stage], rows: Vec<NewRow>) -> Keeping<'a> {
        let forgets = |stage: &Stage| stage.when_stopped == WhenStopped::Forget;
        Keeping {
            vault,
            from: stages.iter().rposition(forgets).map_or(0, |last| last + 1),
            rows,
            kept: Ok(Vec::new()),
        }
    }

    fn before(&mut self, stage: usize) {
        if stage == self.from {
            self.keep();
        }
    }

    fn finish(mut self, facts: WhenStopped) -> Kept {
        if facts == WhenStopped::Keep {
            self.keep();
        }
        self.kept
    }

    fn keep(&mut self) {
        for row in self.rows.drain(..) {
            if let Ok(kept) = &mut self.kept
                && let Err(error) = self.vault.keep(row, kept)
            {
                self.kept = Err(error);
            }
        }
    }
}

fn not_run(plugin: &BoundPlugin) -> PluginRecord {
    PluginRecord {
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        digest: plugin.digest.clone(),
        fuel: 0,
        elapsed_us: 0,
        points: BTreeMap::new(),
        needs: BTreeMap::new(),
    }
}

fn finding_of(outcome: &OutcomeRecord) -> Finding {
    Finding {
        verdict: outcome.verdict,
        risk: outcome.risk,
        reasons: outcome.reasons.clone(),
        obligations: outcome.obligations.clone(),
    }
}

fn outcome(all: &Finding) -> OutcomeRecord {
    OutcomeRecord {
        verdict: all.verdict,
        risk: all.risk,
        reasons: all.reasons.clone(),
        obligations: all.obligations.clone(),
    }
}

/// A plugin's line can quote facts, and so can the place of a panic that it names: that it warned is seen by everybody who
/// reads the log, what it says only by those who asked for it.
fn told_by_plugin(policy: &Policy, plugin: &BoundPlugin, line: &LogLine) {
    if line.level >= LogLevel::Warn {
        tracing::warn!(
            policy = policy.id(),
            plugin = plugin.name,
            level = ?line.level,
            "a plugin logged a line; its text is logged at debug"
        );
    }
    tracing::debug!(policy = policy.id(), plugin = plugin.name, level = ?line.level, "{}", line.text);
}

/// The same for a failure, which stands in the record in clear for ever: what it is stays, a plugin's own words of it do not.
fn wordless(policy: &Policy, plugin: &BoundPlugin, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Reported {
        return failure;
    }
    tracing::debug!(
        policy = policy.id(),
        plugin = plugin.name,
        "{}",
        failure.detail
    );
    Failure {
        detail: "the plugin says that it cannot decide; its words are logged at debug".to_owned(),
        ..failure
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
