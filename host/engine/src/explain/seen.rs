//! What a reader may see of a decision's policies, facts and messages.

use std::collections::{BTreeMap, BTreeSet};

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::{Class, FieldId, Row, Slot, Treatment};
use weft_policy::{Policy, Reader};
use weft_verdict::{Obligation, ObligationKind};

use super::said::said;
use super::{Explaining, FactExplained};
use crate::Role;
use crate::again::Ground;
use crate::disclosure::{Granting, VERDICT};
use crate::evaluate::treatments;
use crate::reasons::{self, Names};
use crate::told::{after_evidence, is_told, messages_of, policy_of, reader, shown, without_others};
use crate::view::ReasonView;

/// A fact that was not there.
pub(super) const MISSING: &str = "missing";
/// A fact that is not in the record, of a decision whose facts were not to be stored.
pub(super) const NOT_RECORDED: &str = "not-recorded";

/// In whose words an explanation is.
pub(super) fn reader_name(role: Role) -> &'static str {
    match reader(role) {
        Reader::Customer => "customer",
        Reader::Agent => "support",
        Reader::Auditor => "audit",
    }
}

/// What the reader has to do. Disclosures and redactions are between the host and its policies.
pub(super) fn obligations(record: &DecisionRecord, role: Role) -> Vec<Obligation> {
    let hidden = [ObligationKind::Disclose, ObligationKind::Redact];
    let is_audit = reader(role) == Reader::Auditor;
    let all = record.outcome.obligations.iter();
    all.filter(|o| is_audit || !hidden.contains(&o.kind))
        .cloned()
        .collect()
}

/// One reader of one decision.
pub(super) struct Seen<'a> {
    pub(super) ground: &'a Ground,
    record: &'a DecisionRecord,
    role: Role,
    /// What is disclosed to the reader.
    disclosed: BTreeMap<FieldId, Treatment>,
    /// Whether the reader is told what was decided about the payment itself.
    is_told_verdict: bool,
    /// What is taken from all readers.
    redacted: BTreeMap<FieldId, Treatment>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(explaining: &'a Explaining<'a>) -> Seen<'a> {
        let Explaining {
            ground,
            record,
            role,
            now,
            ..
        } = *explaining;
        let obligations = &record.outcome.obligations;
        let granting = Granting {
            dictionary: &ground.dictionary,
            set: ground.pipeline.set(),
            now,
        };
        let is_payment = ground.is_payment(&record.operation);
        Seen {
            ground,
            record,
            role,
            disclosed: granting.told_to(record, role),
            is_told_verdict: granting.tells(record, is_payment, role, VERDICT),
            redacted: treatments(&ground.dictionary, obligations, ObligationKind::Redact),
        }
    }

    pub(super) fn is_audit(&self) -> bool {
        reader(self.role) == Reader::Auditor
    }

    pub(super) fn is_insider(&self) -> bool {
        reader(self.role) != Reader::Customer
    }

    /// The score of the payment.
    pub(super) fn risk(&self) -> Option<u16> {
        let told = self.is_insider() && self.is_told_verdict;
        self.record.outcome.risk.filter(|_| told)
    }

    /// The policy that made a finding.
    pub(super) fn policy_of(&self, found: &FindingRecord) -> Option<&'a Policy> {
        policy_of(self.ground.pipeline.set(), found)
    }

    /// What a finding tells this reader.
    pub(super) fn message(&self, found: &FindingRecord, row: &Row) -> Option<String> {
        let messages = messages_of(self.policy_of(found)?, found);
        let message = messages.to(reader(self.role));
        let words = message.render(row, |id, value| {
            let left = shown(self.most_told(id), value)?;
            Some(without_others(self.ground.dictionary.field(id), left))
        });
        Some(after_evidence(found, reader(self.role), words))
    }

    /// The words of the findings that decided. A payment that goes on needs none for its customer.
    pub(super) fn messages(&self, row: &Row) -> Vec<String> {
        let verdict = self.record.outcome.verdict;
        let mut messages = Vec::new();
        if !is_told(reader(self.role), self.is_payment(), verdict) {
            return messages;
        }
        for found in &self.record.findings {
            if !found.enforced || found.finding.verdict != verdict {
                continue;
            }
            let message = self.message(found, row);
            messages.extend(message.filter(|message| !messages.contains(message)));
        }
        // The customer is told one thing.
        if reader(self.role) == Reader::Customer {
            messages.truncate(1);
        }
        messages
    }

    fn is_payment(&self) -> bool {
        self.ground.is_payment(&self.record.operation)
    }

    /// Why, in words.
    pub(super) fn reasons(&self) -> Vec<ReasonView> {
        reasons::of_decision(self.record, self.names(), |found| self.policy_of(found))
    }

    /// The reasons of one finding.
    pub(super) fn reasons_of(&self, found: &FindingRecord) -> Vec<ReasonView> {
        reasons::of_finding(found, self.policy_of(found), self.names())
    }

    /// Customers do not learn on which facts a reason rests.
    fn names(&self) -> Names {
        if self.is_insider() {
            Names::All
        } else {
            Names::Missing
        }
    }

    /// The most that a message to this reader says of a fact.
    fn most_told(&self, id: FieldId) -> Treatment {
        let most = self.disclosed.get(&id).copied();
        let most = most.unwrap_or(Treatment::Absent);
        let redacted = self.redacted.get(&id).copied();
        redacted.map_or(most, |redacted| most.min(redacted))
    }

    /// The most that an explanation shows of a fact: nothing personal in clear, whoever reads.
    fn most(&self, id: FieldId) -> Treatment {
        let class = self.ground.dictionary.field(id).class;
        let of_class = match class {
            Class::Public | Class::Operational => Treatment::Clear,
            Class::Personal if self.is_audit() => Treatment::Present,
            Class::Personal => Treatment::Masked,
            Class::Sensitive | Class::Cardholder => Treatment::Present,
            Class::Secret => Treatment::Absent,
        };
        self.most_told(id).min(of_class)
    }

    /// Facts by name, as the reader may see them; those that support is shown nothing of are left out.
    pub(super) fn facts(
        &self,
        row: &Row,
        last: Option<&Row>,
        names: &BTreeSet<String>,
    ) -> BTreeMap<String, FactExplained> {
        let dictionary = &self.ground.dictionary;
        let mut facts = BTreeMap::new();
        for field in names.iter().filter_map(|name| dictionary.by_name(name)) {
            let most = self.most(field.id);
            if !self.is_audit() && most == Treatment::Absent {
                continue;
            }
            let withheld = |row: &Row| matches!(row.slot(field.id), Slot::Withheld(_));
            let (seen_as, left) = match row.get(field.id) {
                None => (MISSING, None),
                Some(value) => {
                    let left = most.apply(value).filter(|_| most > Treatment::Present);
                    let left = left.map(|left| without_others(field, left));
                    let seen_as = if self.is_audit() && last.is_some_and(withheld) {
                        "withheld"
                    } else {
                        most.as_str()
                    };
                    (seen_as, left)
                }
            };
            let fact = FactExplained {
                title: field.title.clone(),
                class: field.class.as_str(),
                seen_as,
                said: left.as_ref().map(|value| said(field, value)),
                value: left.map(|value| value.to_json()),
            };
            facts.insert(field.name.clone(), fact);
        }
        facts
    }
}
