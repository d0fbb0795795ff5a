//! What a decision shows to people: to support what its policies ask for, to its customer what its message names.

use std::collections::{BTreeMap, BTreeSet};

use weft_audit::{DecisionRecord, PurposeRecord, ShownRecord, Sight};
use weft_dictionary::{Class, Dictionary, FieldId, Row, Treatment};
use weft_policy::{Disclosure, OperationKind, Reader};
use weft_vault::{Side, Subject};
use weft_verdict::ObligationKind;

use super::{ERASED, Use};
use crate::Role;
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::{Evaluated, treatments};
use crate::told::{is_told, messages_of, policy_of};

/// Why a fact is withheld: a policy took it away.
const REDACTED: &str = "redacted";
/// Why a fact is withheld: the disclosure was used as often as it may be.
const OVER_BUDGET: &str = "over-budget";

impl Inner {
    /// What the decision about a request shows to whoever asked, within the budgets, which count it.
    pub(crate) fn shown(
        &self,
        asked: &Asked,
        operation: &str,
        case: Option<&str>,
        row: &Row,
        erased: &[Side],
        evaluated: &Evaluated,
    ) -> Option<ShownRecord> {
        match asked.caller.role {
            Role::Service => self.shown_to_customer(asked, operation, row, erased, evaluated),
            Role::Agent | Role::Supervisor if evaluated.outcome.verdict.is_granted() => {
                let disclose = ObligationKind::Disclose;
                let needed = treatments(&self.dictionary, &evaluated.outcome.obligations, disclose);
                self.shown_of(
                    asked,
                    asked.caller.role,
                    (operation, case),
                    (row, erased),
                    evaluated,
                    &needed,
                )
            }
            _ => None,
        }
    }

    /// What the message to the customer names. It goes to the service whose payment it is, whoever asked for this
    /// decision.
    pub(crate) fn shown_to_customer(
        &self,
        asked: &Asked,
        operation: &str,
        row: &Row,
        erased: &[Side],
        evaluated: &Evaluated,
    ) -> Option<ShownRecord> {
        let set = asked.set.set();
        let is_payment = asked.set.operation(operation)?.kind == OperationKind::Payment;
        let verdict = evaluated.outcome.verdict;
        if !is_told(Reader::Customer, is_payment, verdict) {
            return None;
        }
        let findings = evaluated.findings.iter();
        let mut decisive = findings.filter(|f| f.enforced && f.finding.verdict == verdict);
        let (found, policy) = decisive.find_map(|found| Some((found, policy_of(set, found)?)))?;
        let fields = messages_of(policy, found).to(Reader::Customer).fields();
        let needed = fields.map(|field| (field, Treatment::Clear)).collect();
        self.shown_of(
            asked,
            Role::Service,
            (operation, None),
            (row, erased),
            evaluated,
            &needed,
        )
    }

    /// What becomes of the facts that a role needs to be shown, by each disclosure.
    fn shown_of(
        &self,
        asked: &Asked,
        role: Role,
        (operation, case): (&str, Option<&str>),
        (row, erased): (&Row, &[Side]),
        evaluated: &Evaluated,
        needed: &BTreeMap<FieldId, Treatment>,
    ) -> Option<ShownRecord> {
        if needed.is_empty() {
            return None;
        }
        let obligations = &evaluated.outcome.obligations;
        let redacted = treatments(&self.dictionary, obligations, ObligationKind::Redact);
        let customer = customer(&self.dictionary, row);
        let person = self.identifiers(row);
        let mut by = BTreeMap::new();
        let mut granted = BTreeSet::new();
        let set = asked.set.set();
        for disclosure in set.shown_in_replies(role.as_str(), operation, asked.at) {
            let wanted = disclosure.grants().iter().filter_map(|grant| {
                let needed = needed.get(&grant.field)?;
                Some((grant.field, grant.treatment.min(*needed)))
            });
            let wanted: Vec<(FieldId, Treatment)> = wanted.collect();
            granted.extend(wanted.iter().map(|(field, _)| *field));
            let mut sight = self.sight(&wanted, &redacted, row, erased);
            let used = Use {
                disclosure: disclosure.id(),
                case: case.unwrap_or_default(),
                customer: &customer,
                person: &person,
                caller: &asked.caller.id,
            };
            if !sight.disclosed.is_empty() && !self.budgets.take(disclosure, used, asked.at) {
                let over = std::mem::take(&mut sight.disclosed);
                let over = over.into_values().flatten().collect();
                sight.withheld.insert(OVER_BUDGET.to_owned(), over);
                self.metrics.disclosure(OVER_BUDGET);
            }
            if !wanted.is_empty() {
                by.insert(disclosure.id().to_owned(), record_of(disclosure, sight));
            }
        }
        let not_granted = needed.keys().filter(|field| !granted.contains(field));
        let not_granted: Vec<String> = not_granted
            .map(|field| self.dictionary.field(*field).name.clone())
            .collect();
        (!by.is_empty() || !not_granted.is_empty()).then(|| ShownRecord {
            reader: role.as_str().to_owned(),
            customer,
            by,
            not_granted,
        })
    }

    /// What becomes of what is needed and granted.
    fn sight(
        &self,
        wanted: &[(FieldId, Treatment)],
        redacted: &BTreeMap<FieldId, Treatment>,
        row: &Row,
        erased: &[Side],
    ) -> Sight {
        let mut sight = Sight::default();
        for (id, treatment) in wanted {
            let field = self.dictionary.field(*id);
            let left = redacted.get(id).copied().unwrap_or(Treatment::Clear);
            let treatment = (*treatment).min(left).min(field.class.ceiling());
            match row.get(*id) {
                None if field.class == Class::Personal && erased.contains(&Side::of(field)) => {
                    sight.withhold(&field.name, ERASED);
                }
                None => sight.missing.push(field.name.clone()),
                Some(_) if treatment == Treatment::Absent => sight.withhold(&field.name, REDACTED),
                Some(_) => sight.disclose(&field.name, treatment.as_str()),
            }
        }
        sight
    }

    /// What the log says of the budgets.
    pub(crate) fn restore_budgets(&self, record: &DecisionRecord) {
        let counted = |shown: &&ShownRecord| shown.reader != Role::Service.as_str();
        let Some(shown) = record.shown.as_ref().filter(counted) else {
            return;
        };
        for (disclosure, purpose) in &shown.by {
            if purpose.sight.disclosed.is_empty() {
                continue;
            }
            let used = Use {
                disclosure,
                case: record.case.as_deref().unwrap_or_default(),
                customer: &shown.customer,
                person: &[],
                caller: &record.caller.id,
            };
            self.budgets.restore(used, record.at);
        }
    }
}

impl Inner {
    /// All identifiers of whom a payment is about, for budgets: another card of the same person is no other customer.
    pub(crate) fn identifiers(&self, row: &Row) -> Vec<String> {
        let telling = Side::Payer.telling(&self.dictionary, row);
        let all = self.vault.persons(&telling).into_iter();
        all.map(|subject| subject.to_string()).collect()
    }
}

/// Whom a payment is about, in records: by the strongest identifier in its row.
pub(crate) fn customer(dictionary: &Dictionary, row: &Row) -> String {
    let subjects = Side::Payer.subjects(dictionary, row);
    let first = subjects.first().copied().unwrap_or(Subject::NOBODY);
    first.to_string()
}

fn record_of(disclosure: &Disclosure, sight: Sight) -> PurposeRecord {
    PurposeRecord {
        purpose: disclosure.purpose().to_owned(),
        version: disclosure.version().to_owned(),
        legal_basis: disclosure.legal_basis().to_owned(),
        sight,
        names_withheld: disclosure.names_withheld(),
    }
}
