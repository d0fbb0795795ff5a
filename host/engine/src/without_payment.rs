//! What support is told that is refused help with a payment of which it may not learn: the same, whether there is such a
//! payment or not.
//!
//! What a policy says that looks at the payment would tell: that it waits for nothing, or that nobody approved it. So only
//! policies are heard that look at nothing but the request itself; of all others there is one reason, which is always there.

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::Dictionary;
use weft_policy::{Body, Policy};
use weft_verdict::Obligation;

use crate::engine::Inner;
use crate::explain::Explanation;
use crate::host_reasons::{self, NOT_TOLD};
use crate::reader::visible_obligations;
use crate::reasons::{self, Names};
use crate::told::Told;
use crate::view::{DecisionView, ReasonView};
use crate::words::{Voice, Words};

/// Sections of what a request for assistance says, and of what the host says of the request.
const OF_THE_REQUEST: [&str; 4] = ["case", "session", "agent", "processing"];
/// The one of their fields that says whose the payment is.
const WHOSE: &str = "case.service";

impl Inner {
    /// The reasons of policies that do not look at the payment, and one for all others.
    pub(crate) fn reasons_without_payment(
        &self,
        record: &DecisionRecord,
        words: &Words,
    ) -> Vec<ReasonView> {
        let voice = self.voice(words, record);
        let heard = heard(record, &voice);
        let mut told: Vec<ReasonView> = Vec::new();
        for found in heard {
            for reason in reasons::of_finding(found, voice.policy_of(found), Names::All) {
                if !told.iter().any(|one| one.says_the_same(&reason)) {
                    told.push(reason);
                }
            }
        }
        told.push(ReasonView {
            code: NOT_TOLD.to_owned(),
            title: host_reasons::title(NOT_TOLD).map(str::to_owned),
            status_reason: None,
            fields: Vec::new(),
            missing: Vec::new(),
            decides: false,
        });
        told
    }

    /// The words of a policy that does not look at the payment, or the host's own.
    pub(crate) fn message_without_payment(&self, told: Told<'_>) -> Option<String> {
        let record = told.record;
        let voice = self.voice(told.words, record);
        let mut decisive = heard(record, &voice)
            .into_iter()
            .filter(|found| found.finding.verdict == record.outcome.verdict);
        let by_policy = decisive.find_map(|found| self.tell(record, found, told));
        by_policy.or_else(|| host_reasons::title(NOT_TOLD).map(str::to_owned))
    }

    /// What those policies want to be done.
    pub(crate) fn obligations_without_payment(
        &self,
        record: &DecisionRecord,
        words: &Words,
    ) -> Vec<Obligation> {
        let voice = self.voice(words, record);
        let heard = heard(record, &voice).into_iter();
        let asked: Vec<&Obligation> = heard.flat_map(|found| &found.finding.obligations).collect();
        let all = visible_obligations(&record.outcome.obligations).into_iter();
        all.filter(|one| asked.contains(&one)).collect()
    }
}

impl Explanation {
    /// The same of an explanation.
    pub(crate) fn without_payment(mut self, view: &DecisionView) -> Explanation {
        self.risk = None;
        self.messages = view.message.iter().cloned().collect();
        self.reasons.clone_from(&view.reasons);
        self.obligations.clone_from(&view.obligations);
        self.combined = Vec::new();
        self.stages = Vec::new();
        self.facts.clear();
        self
    }
}

/// The findings that count, of policies that do not look at the payment.
fn heard<'r>(record: &'r DecisionRecord, voice: &Voice) -> Vec<&'r FindingRecord> {
    let looks_away = |found: &&FindingRecord| {
        let policy = voice.policy_of(found);
        policy.is_some_and(|policy| !looks_at_payment(policy, &voice.dictionary))
    };
    let findings = record.findings.iter().filter(|found| found.enforced);
    findings.filter(looks_away).collect()
}

/// Whether a policy reads anything but the request itself.
fn looks_at_payment(policy: &Policy, dictionary: &Dictionary) -> bool {
    let mut read = Vec::new();
    let conditions = policy.conditions().iter();
    read.extend(conditions.flat_map(weft_policy::Condition::fields));
    match policy.body() {
        Body::Rules(rules) => read.extend(rules.iter().flat_map(weft_policy::Rule::fields)),
        Body::Plugin(usage) => read.extend(usage.grants.iter().map(|grant| grant.field)),
    }
    read.into_iter().any(|id| {
        let field = dictionary.field(id);
        field.name == WHOSE || !OF_THE_REQUEST.contains(&field.section())
    })
}
