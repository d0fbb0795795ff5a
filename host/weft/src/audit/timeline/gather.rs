//! From the log to the story.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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

/// What a story is asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Asked<'a> {
    Payment(&'a str),
    Case(&'a str),
}

/// The stories of payments and cases, each with what it leads to: the cases about a payment, the payments of a case. The
/// log is read twice, however many they are.
pub(in crate::audit) fn from_log(dir: &Path, asked: &[Asked<'_>]) -> Result<Vec<Story>, Failed> {
    let mut tellers: Vec<Teller> = asked.iter().map(Teller::of).collect();
    weft_audit::stream(dir, |_, record| {
        let (payment, case) = ids(&record);
        for (teller, asked) in tellers.iter_mut().zip(asked) {
            let is_asked = match asked {
                Asked::Payment(id) => payment == Some(*id),
                Asked::Case(id) => case == Some(*id),
            };
            if is_asked {
                teller.story.payments.extend(payment.map(str::to_owned));
                teller.story.cases.extend(case.map(str::to_owned));
            }
        }
    })?;
    let mut all: HashMap<String, u64> = HashMap::new();
    let read = weft_audit::stream(dir, |index, record| {
        for teller in &mut tellers {
            teller.hear(index, &record);
        }
        if let Record::Decision(decision) = record {
            all.insert(decision.decision, index);
        }
    })?;
    let mut gaps = read.damage;
    if read.unreadable > 0 {
        gaps.push(format!("{} records have another form", read.unreadable));
    }
    let told = tellers.into_iter().map(|teller| Story {
        gaps: gaps.clone(),
        ..teller.tell(&all)
    });
    Ok(told.collect())
}

/// A story while the log is read.
struct Teller {
    /// The case that it was asked for by, if it was one.
    case: Option<String>,
    story: Story,
    /// Its decisions.
    known: HashSet<String>,
    /// By which step which decision is named.
    named: Vec<(usize, String)>,
}

impl Teller {
    fn of(asked: &Asked<'_>) -> Teller {
        let mut story = Story::default();
        let case = match asked {
            Asked::Payment(id) => {
                story.payments.insert((*id).to_owned());
                None
            }
            Asked::Case(id) => {
                story.cases.insert((*id).to_owned());
                Some((*id).to_owned())
            }
        };
        Teller {
            case,
            story,
            known: HashSet::new(),
            named: Vec::new(),
        }
    }

    fn hear(&mut self, index: u64, record: &Record) {
        let (payment, case) = ids(record);
        let is_about = self.story.is_about(payment, case);
        let place = self.story.steps.len();
        match record {
            Record::Decision(decision) => {
                if !is_about {
                    return;
                }
                self.known.insert(decision.decision.clone());
                self.named
                    .extend(decision.previous.iter().map(|id| (place, id.clone())));
                self.story.steps.push(of_decision(index, decision));
            }
            Record::Event(event) => {
                let named = event.detail.get("decision").and_then(Json::as_str);
                if !is_about && !named.is_some_and(|id| self.known.contains(id)) {
                    return;
                }
                self.named.extend(named.map(|id| (place, id.to_owned())));
                self.story.steps.push(of_event(index, event));
            }
        }
    }

    /// With what leads from one record to another; `all` are the decisions of the log. Who names a wrong case names a
    /// decision of another story, which is there all the same.
    fn tell(self, all: &HashMap<String, u64>) -> Story {
        let Teller {
            case,
            mut story,
            known,
            named,
        } = self;
        for (place, id) in named {
            let step = &mut story.steps[place];
            match all.get(&id) {
                Some(index) if *index < step.index => {
                    step.about.extend(known.contains(&id).then_some(*index))
                }
                _ => story.orphans.push(format!(
                    "record {} names a decision that is not before it",
                    step.index
                )),
            }
        }
        for step in &story.steps {
            let is_decision = step.verdict.is_some() && step.side == Side::Support;
            if is_decision && step.payment.is_some() && step.about.is_empty() {
                let orphan = format!(
                    "record {} is about a payment without a decision",
                    step.index
                );
                story.orphans.push(orphan);
            }
        }
        if let Some(case) = case {
            story.keep_of_case(&case);
        }
        story
    }
}

impl Story {
    /// Two services may give one identifier to two payments: a case is about that to which its records lead.
    fn keep_of_case(&mut self, case: &str) {
        let is_of_case = |step: &Step| step.case.as_deref() == Some(case);
        let mut kept: BTreeSet<u64> = BTreeSet::new();
        loop {
            let before = kept.len();
            for step in &self.steps {
                let leads = step.about.iter().any(|index| kept.contains(index));
                if is_of_case(step) || leads || kept.contains(&step.index) {
                    kept.insert(step.index);
                    kept.extend(&step.about);
                }
            }
            if kept.len() == before {
                break;
            }
        }
        self.steps.retain(|step| kept.contains(&step.index));
        let steps = || self.steps.iter();
        self.payments = steps().filter_map(|step| step.payment.clone()).collect();
        self.cases = steps().filter_map(|step| step.case.clone()).collect();
    }

    /// The services that asked for payments under one of the identifiers, where they are several: these are several payments.
    pub(in crate::audit) fn several_services(&self) -> Option<BTreeSet<&str>> {
        let begins = |step: &&Step| {
            step.side == Side::Payment && step.about.is_empty() && step.role == "service"
        };
        let by: BTreeMap<&str, BTreeSet<&str>> =
            self.steps
                .iter()
                .filter(begins)
                .fold(BTreeMap::new(), |mut by, step| {
                    let payment = step.payment.as_deref().unwrap_or_default();
                    by.entry(payment)
                        .or_insert_with(BTreeSet::new)
                        .insert(step.by.as_str());
                    by
                });
        by.into_values().find(|services| services.len() > 1)
    }

    /// Where each payment stands at its end.
    pub(in crate::audit) fn states(&self) -> BTreeMap<&str, &str> {
        let mut states = BTreeMap::new();
        for step in &self.steps {
            if let (Some(payment), Some(state)) = (&step.payment, &step.state) {
                states.insert(payment.as_str(), state.as_str());
            }
        }
        states
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

#[cfg(test)]
mod tests {
    use super::*;

    fn step(index: u64, by: &str, case: Option<&str>, about: &[u64]) -> Step {
        Step {
            index,
            at: Timestamp(0),
            side: if case.is_some() {
                Side::Support
            } else {
                Side::Payment
            },
            what: "payment.authorize".to_owned(),
            by: by.to_owned(),
            role: "service".to_owned(),
            payment: Some("twin".to_owned()),
            case: case.map(str::to_owned),
            id: None,
            verdict: Some(Verdict::Allow),
            risk: None,
            reasons: Vec::new(),
            obligations: Vec::new(),
            state: None,
            shown: Fields::new(),
            withheld: Fields::new(),
            more: Vec::new(),
            about: about.to_vec(),
        }
    }

    #[test]
    fn a_case_is_about_the_payment_of_its_service_and_not_about_one_of_the_same_identifier() {
        let steps = || {
            vec![
                step(1, "shop", None, &[]),
                step(2, "till", None, &[]),
                step(3, "ana", Some("case-1"), &[1]),
                step(4, "ben", Some("case-2"), &[2]),
                step(5, "shop", None, &[1]),
            ]
        };
        let mut story = Story {
            steps: steps(),
            ..Story::default()
        };
        assert_eq!(
            story.several_services(),
            Some(BTreeSet::from(["shop", "till"]))
        );
        story.keep_of_case("case-1");
        let kept: Vec<u64> = story.steps.iter().map(|step| step.index).collect();
        assert_eq!(kept, [1, 3, 5]);
        assert_eq!(story.cases, BTreeSet::from(["case-1".to_owned()]));
        assert_eq!(story.several_services(), None);
    }
}
