//! What a decision shows to support.

use std::collections::{BTreeMap, BTreeSet};

use weft_audit::{DecisionRecord, PurposeRecord, ShownRecord, Sight};
use weft_dictionary::{Class, Dictionary, FieldId, Row, Treatment};
use weft_policy::Disclosure;
use weft_vault::{Side, Subject};
use weft_verdict::ObligationKind;

use super::{ERASED, Use};
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::{Evaluated, treatments};
use crate::{Caller, Role};

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
        let role = asked.caller.role;
        let outcome = &evaluated.outcome;
        if !matches!(role, Role::Agent | Role::Supervisor) || !outcome.verdict.is_granted() {
            return None;
        }
        let of = |kind| treatments(&self.dictionary, &outcome.obligations, kind);
        let (needed, redacted) = (of(ObligationKind::Disclose), of(ObligationKind::Redact));
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
        let Some(shown) = &record.shown else {
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
    pub(super) fn identifiers(&self, row: &Row) -> Vec<String> {
        let telling = Side::Payer.telling(&self.dictionary, row);
        let all = self.vault.persons(&telling).into_iter();
        all.map(|subject| subject.to_string()).collect()
    }
}

/// Whom a payment is about, in records: by the strongest identifier in its row.
pub(super) fn customer(dictionary: &Dictionary, row: &Row) -> String {
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

/// What a decision shows to a role: what was recorded, and to another role than the one that asked no more than is
/// granted to both. `set` is the one that it was decided with.
pub(crate) fn shown_to(
    dictionary: &Dictionary,
    set: &weft_policy::PolicySet,
    record: &DecisionRecord,
    role: Role,
) -> BTreeMap<FieldId, Treatment> {
    let Some(shown) = &record.shown else {
        return BTreeMap::new();
    };
    let disclosed = shown.by.values().flat_map(|by| &by.sight.disclosed);
    let disclosed = disclosed.flat_map(|(word, fields)| {
        let treatment = Treatment::from_name(word).unwrap_or(Treatment::Absent);
        fields.iter().map(move |field| (field, treatment))
    });
    let most = |field: FieldId| {
        if role.as_str() == shown.reader {
            return Treatment::Clear;
        }
        let mut granted = set.shown_in_replies(role.as_str(), &record.operation, record.at);
        let granted = granted.find_map(|disclosure| disclosure.granted(field));
        granted.unwrap_or(Treatment::Absent)
    };
    disclosed
        .filter_map(|(name, treatment)| {
            let field = dictionary.by_name(name)?;
            let treatment = treatment.min(most(field.id)).min(field.class.ceiling());
            Some((field.id, treatment))
        })
        .collect()
}

/// The names of the facts that are there and withheld, where a disclosure says that its reader is told them.
pub(crate) fn withheld_names(record: &DecisionRecord, caller: &Caller) -> Vec<String> {
    let shown = record.shown.iter();
    let shown = shown.filter(|shown| shown.reader == caller.role.as_str());
    let told = shown
        .flat_map(|shown| shown.by.values())
        .filter(|by| by.names_withheld);
    let names = told.flat_map(|by| by.sight.withheld.values().flatten());
    names
        .cloned()
        .collect::<BTreeSet<String>>()
        .into_iter()
        .collect()
}
