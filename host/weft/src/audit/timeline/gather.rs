//! From the log to the story.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;
use weft_audit::{DecisionRecord, EventRecord, Record, ShownRecord};
use weft_dictionary::Timestamp;
use weft_verdict::{Obligation, ObligationKind, Verdict};

use crate::exit::Failed;

/// All that is about the payments and cases.
#[derive(Debug, Default)]
pub(in crate::audit) struct Story {
    pub(in crate::audit) payments: BTreeSet<String>,
    pub(in crate::audit) cases: BTreeSet<String>,
    /// In the order of the log.
    pub(in crate::audit) steps: Vec<Step>,
    /// References that lead to no record, in words.
    pub(in crate::audit) orphans: Vec<String>,
    /// What of the log could not be read.
    pub(in crate::audit) gaps: Vec<String>,
}

/// Whose side of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Side {
    Payment,
    Support,
}

/// One record of it.
#[derive(Debug)]
pub(in crate::audit) struct Step {
    pub(in crate::audit) index: u64,
    pub(in crate::audit) at: Timestamp,
    pub(in crate::audit) side: Side,
    /// The operation or event.
    pub(in crate::audit) what: String,
    pub(in crate::audit) by: String,
    pub(in crate::audit) role: String,
    pub(in crate::audit) payment: Option<String>,
    pub(in crate::audit) case: Option<String>,
    pub(in crate::audit) id: Option<String>,
    pub(in crate::audit) verdict: Option<Verdict>,
    pub(in crate::audit) risk: Option<u16>,
    pub(in crate::audit) reasons: Vec<String>,
    pub(in crate::audit) obligations: Vec<String>,
    /// Where the payment stands after it.
    pub(in crate::audit) state: Option<String>,
    /// What people were shown, by treatment; names of fields.
    pub(in crate::audit) shown: BTreeMap<String, Vec<String>>,
    pub(in crate::audit) withheld: BTreeMap<String, Vec<String>>,
    /// More of an event, name and value.
    pub(in crate::audit) more: Vec<(String, String)>,
    /// The records that it follows or is about, by number.
    pub(in crate::audit) about: Vec<u64>,
}

/// The story of a payment or a case.
pub(super) fn from_log(
    dir: &Path,
    payment: Option<&str>,
    case: Option<&str>,
) -> Result<Story, Failed> {
    let mut story = Story::default();
    story.payments.extend(payment.map(str::to_owned));
    story.cases.extend(case.map(str::to_owned));
    // Who is found leads to the others, one step each way.
    let asked = [payment, case];
    let mut linked = (BTreeSet::new(), BTreeSet::new());
    weft_audit::stream_raw(dir, |raw| {
        if !asked.iter().flatten().any(|id| raw.contains(id)) {
            return;
        }
        let Some(record) = raw.read() else { return };
        let (of_payment, of_case) = ids(&record);
        if of_payment.is_some() && of_payment == payment || of_case.is_some() && of_case == case {
            linked.0.extend(of_payment.map(str::to_owned));
            linked.1.extend(of_case.map(str::to_owned));
        }
    })?;
    story.payments.extend(linked.0);
    story.cases.extend(linked.1);
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut named: Vec<(usize, String)> = Vec::new();
    let read = weft_audit::stream(dir, |index, record| {
        let step = match &record {
            Record::Decision(decision) => {
                if !story.is_about(decision.transaction.as_deref(), decision.case.as_deref()) {
                    return;
                }
                known.insert(decision.decision.clone(), index);
                named.extend(
                    decision
                        .previous
                        .iter()
                        .map(|id| (story.steps.len(), id.clone())),
                );
                of_decision(index, decision)
            }
            Record::Event(event) => {
                let decisions = decisions(event);
                let (payment, case) = ids(&record);
                let is_read = decisions.iter().any(|id| known.contains_key(*id));
                if !is_read && !story.is_about(payment, case) {
                    return;
                }
                let ours = decisions
                    .into_iter()
                    .filter(|id| !is_read || known.contains_key(*id));
                named.extend(ours.map(|id| (story.steps.len(), id.to_owned())));
                of_event(index, event)
            }
        };
        story.steps.push(step);
    })?;
    for (place, id) in named {
        let step = &mut story.steps[place];
        match known.get(&id) {
            Some(index) if *index < step.index => step.about.push(*index),
            _ => story.orphans.push(format!(
                "record {} names a decision that is not before it",
                step.index
            )),
        }
    }
    for step in &story.steps {
        let begins = step.side == Side::Support && step.id.is_some() && step.verdict.is_some();
        if begins && step.payment.is_some() && step.about.is_empty() {
            let orphan = format!(
                "record {} is about a payment without a decision",
                step.index
            );
            story.orphans.push(orphan);
        }
    }
    story.gaps = read.damage;
    if read.unreadable > 0 {
        story
            .gaps
            .push(format!("{} records have another form", read.unreadable));
    }
    Ok(story)
}

impl Story {
    /// Where the payment stands at its end.
    pub(in crate::audit) fn state(&self) -> Option<&str> {
        self.steps
            .iter()
            .rev()
            .find_map(|step| step.state.as_deref())
    }

    fn is_about(&self, payment: Option<&str>, case: Option<&str>) -> bool {
        payment.is_some_and(|id| self.payments.contains(id))
            || case.is_some_and(|id| self.cases.contains(id))
    }
}

/// The payment and the case that a record names.
fn ids(record: &Record) -> (Option<&str>, Option<&str>) {
    match record {
        Record::Decision(decision) => (decision.transaction.as_deref(), decision.case.as_deref()),
        Record::Event(event) => {
            let said = |name: &str| event.detail.get(name).and_then(Json::as_str);
            (said("transaction"), said("case"))
        }
    }
}

/// The decisions that an event names.
fn decisions(event: &EventRecord) -> Vec<&str> {
    let one = event.detail.get("decision").and_then(Json::as_str);
    let more = event.detail.get("decisions").and_then(Json::as_array);
    let more = more.into_iter().flatten().filter_map(Json::as_str);
    one.into_iter().chain(more).collect()
}

fn of_decision(index: u64, decision: &DecisionRecord) -> Step {
    let outcome = &decision.outcome;
    let side = match &decision.case {
        Some(_) => Side::Support,
        None => Side::Payment,
    };
    let (shown, withheld) = decision.shown.as_ref().map(sights).unwrap_or_default();
    let state = decision
        .follow
        .as_ref()
        .and_then(|follow| follow.get("state"));
    Step {
        index,
        at: decision.at,
        side,
        what: decision.operation.clone(),
        by: decision.caller.id.clone(),
        role: decision.caller.role.clone(),
        payment: decision.transaction.clone(),
        case: decision.case.clone(),
        id: Some(decision.decision.clone()),
        verdict: Some(outcome.verdict),
        risk: outcome.risk,
        reasons: outcome
            .reasons
            .iter()
            .map(|reason| reason.code.clone())
            .collect(),
        obligations: outcome.obligations.iter().map(obligation).collect(),
        state: state.and_then(Json::as_str).map(str::to_owned),
        shown,
        withheld,
        more: Vec::new(),
        about: Vec::new(),
    }
}

/// Fields by treatment or by why they were withheld.
type Fields = BTreeMap<String, Vec<String>>;

fn sights(shown: &ShownRecord) -> (Fields, Fields) {
    let (mut disclosed, mut withheld) = (Fields::new(), Fields::new());
    for purpose in shown.by.values() {
        for (from, to) in [
            (&purpose.sight.disclosed, &mut disclosed),
            (&purpose.sight.withheld, &mut withheld),
        ] {
            for (word, fields) in from {
                to.entry(word.clone())
                    .or_default()
                    .extend(fields.iter().cloned());
            }
        }
    }
    if !shown.not_granted.is_empty() {
        withheld
            .entry(weft_audit::NOT_GRANTED.to_owned())
            .or_default()
            .extend(shown.not_granted.iter().cloned());
    }
    (disclosed, withheld)
}

/// What is redacted and disclosed is long, and what came of it stands beside it.
fn obligation(obligation: &Obligation) -> String {
    let kind = obligation.kind.as_str();
    let count = obligation.arguments.len();
    if matches!(
        obligation.kind,
        ObligationKind::Redact | ObligationKind::Disclose
    ) {
        return format!("{kind} {count} fields");
    }
    let arguments = obligation.arguments.iter();
    let arguments: Vec<String> = arguments
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    match count {
        0 => kind.to_owned(),
        _ => format!("{kind} ({})", arguments.join(", ")),
    }
}

fn of_event(index: u64, event: &EventRecord) -> Step {
    let said = |name: &str| {
        event
            .detail
            .get(name)
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    // Told elsewhere on the page, or of use only with the record itself.
    let told = [
        "by",
        "role",
        "transaction",
        "case",
        "id",
        "decision",
        "decisions",
        "what",
        "trace",
        "policy_set",
        "version",
        "digest",
        "customer",
    ];
    let more = event
        .detail
        .iter()
        .filter(|(name, _)| !told.contains(&name.as_str()));
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Step {
        index,
        at: event.at,
        side: Side::Support,
        what: event.event.clone(),
        by: said("by").unwrap_or_default(),
        role: said("role").unwrap_or_default(),
        payment: said("transaction"),
        case: said("case"),
        id: said("id"),
        verdict: None,
        risk: None,
        reasons: Vec::new(),
        obligations: Vec::new(),
        state: None,
        shown: BTreeMap::new(),
        withheld: BTreeMap::new(),
        more: more
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        about: Vec::new(),
    }
}
