//! What a decision shows to people: to support what its policies ask for, to its customer what its message names.

use std::collections::{BTreeMap, BTreeSet};

use weft_audit::{DecisionRecord, PurposeRecord, ShownRecord, Sight};
use weft_dictionary::{Dictionary, FieldId, Row, Treatment};
use weft_policy::{Disclosure, OperationKind, PolicySet, Reader};
use weft_vault::{Side, Subject};
use weft_verdict::ObligationKind;

use super::Use;
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::{Evaluated, treatments};
use crate::reader::sees_context;
use crate::told::{is_told, messages_of, policy_of, reader};
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
        evaluated: &Evaluated,
    ) -> Option<ShownRecord> {
        match asked.caller.role {
            Role::Service => self.shown_to_customer(asked, operation, row, evaluated),
            Role::Agent | Role::Supervisor if evaluated.outcome.verdict.is_granted() => {
                let disclose = ObligationKind::Disclose;
                let needed = treatments(&self.dictionary, &evaluated.outcome.obligations, disclose);
                self.shown_of(
                    asked,
                    asked.caller.role,
                    (operation, case),
                    row,
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
            row,
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
        row: &Row,
        evaluated: &Evaluated,
        needed: &BTreeMap<FieldId, Treatment>,
    ) -> Option<ShownRecord> {
        if needed.is_empty() {
            return None;
        }
        let obligations = &evaluated.outcome.obligations;
        let redacted = treatments(&self.dictionary, obligations, ObligationKind::Redact);
        let customer = customer(&self.dictionary, row);
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
            let mut sight = self.sight(&wanted, &redacted, row);
            let used = Use {
                disclosure: disclosure.id(),
                case: case.unwrap_or_default(),
                customer: &customer,
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
    ) -> Sight {
        let mut sight = Sight::default();
        for (id, treatment) in wanted {
            let field = self.dictionary.field(*id);
            let left = redacted.get(id).copied().unwrap_or(Treatment::Clear);
            let treatment = (*treatment).min(left).min(field.class.ceiling());
            match row.get(*id) {
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
                caller: &record.caller.id,
            };
            self.budgets.restore(used, record.at);
        }
    }
}

/// Whom a payment is about, for budgets.
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
    set: &PolicySet,
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

/// The most that a decision tells a role of each fact, but for what is redacted: support and customers what stands in its
/// record, who audits what is granted to them. `set` is the one that it was decided with.
pub(crate) fn told_to(
    dictionary: &Dictionary,
    set: &PolicySet,
    record: &DecisionRecord,
    role: Role,
) -> BTreeMap<FieldId, Treatment> {
    match reader(role) {
        Reader::Agent if !sees_context(role, record) => BTreeMap::new(),
        Reader::Agent | Reader::Customer => shown_to(dictionary, set, record, role),
        Reader::Auditor => {
            let granted = set.shown_in_replies(role.as_str(), &record.operation, record.at);
            let grants = granted.flat_map(Disclosure::grants);
            let most = grants.map(|grant| {
                let ceiling = dictionary.field(grant.field).class.ceiling();
                (grant.field, grant.treatment.min(ceiling))
            });
            most.collect()
        }
    }
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
