//! What readers are told: the messages of policies, with the facts in them that the reader may see.

use std::collections::BTreeMap;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::{Dictionary, FieldId, Row, Timestamp, Treatment, Value};
use weft_policy::{Messages, Policy, Reader};
use weft_verdict::{Obligation, ObligationKind};

use crate::engine::Inner;
use crate::evaluate::treatments;
use crate::pipeline::Pipeline;
use crate::reader::sees_context;
use crate::{Caller, Role};

/// Who is told something, and about what.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) caller: &'a Caller,
    /// The decision that the caller looks at: what it discloses is what an agent is shown.
    pub(crate) record: &'a DecisionRecord,
    /// The decision about the payment itself, if another one is looked at.
    pub(crate) own: Option<&'a DecisionRecord>,
}

impl Inner {
    /// What a finding of a record says to this reader.
    pub(crate) fn tell(
        &self,
        record: &DecisionRecord,
        found: &FindingRecord,
        told: Told<'_>,
    ) -> Option<String> {
        let set = self.sets.of(record);
        let policy = policy_of(&set, found)?;
        Some(self.render(policy.messages_for(&found.fired, &found.finding), told))
    }

    fn render(&self, messages: &Messages, told: Told<'_>) -> String {
        let message = messages.to(reader(told.caller.role));
        let empty = || Row::new(&self.dictionary);
        if message.is_fixed() {
            return message.render(&empty(), |_, _| None);
        }
        // A message that cannot name a fact says so; it is no reason to refuse the whole view.
        let row = self.told_row(told).unwrap_or_else(empty);
        let most = self.most_told(told);
        message.render(&row, |id, value| shown(most(id), value))
    }

    /// The facts of the payment, and of the request about it.
    fn told_row(&self, told: Told<'_>) -> Option<Row> {
        // Customers are told about payments of their own service only.
        let may = |own: &&DecisionRecord| {
            told.caller.role != Role::Service || own.caller.id == told.caller.id
        };
        let mut row = match told.own.filter(may) {
            Some(own) => self.restore(own).ok()?,
            None => Row::new(&self.dictionary),
        };
        for (id, value) in self.restore(told.record).ok()?.facts() {
            row.set(&self.dictionary, id, value.clone()).ok()?;
        }
        Some(row)
    }

    /// The most that the reader is shown of each fact.
    fn most_told(&self, told: Told<'_>) -> impl Fn(FieldId) -> Treatment {
        let disclosed = match reader(told.caller.role) {
            Reader::Agent if sees_context(told.caller.role, told.record) => {
                Some(self.most_disclosed(told.record))
            }
            Reader::Agent => Some(BTreeMap::new()),
            Reader::Customer | Reader::Auditor => None,
        };
        let redacted = treatments(
            &self.dictionary,
            &told.record.outcome.obligations,
            ObligationKind::Redact,
        );
        move |id| {
            let most = match &disclosed {
                Some(disclosed) => disclosed.get(&id).copied().unwrap_or(Treatment::Absent),
                None => Treatment::Clear,
            };
            redacted
                .get(&id)
                .map_or(most, |redacted| most.min(*redacted))
        }
    }

    /// The fields that a decision discloses to support, each with the strictest treatment that anything says.
    pub(crate) fn most_disclosed(&self, record: &DecisionRecord) -> BTreeMap<FieldId, Treatment> {
        disclosed(&self.dictionary, &record.outcome.obligations)
    }
}

/// The fields that obligations disclose to support, each with the strictest treatment that anything says: the
/// disclosure, a redaction, the class.
pub(crate) fn disclosed(
    dictionary: &Dictionary,
    obligations: &[Obligation],
) -> BTreeMap<FieldId, Treatment> {
    let redacted = treatments(dictionary, obligations, ObligationKind::Redact);
    let mut disclosed = treatments(dictionary, obligations, ObligationKind::Disclose);
    for (id, treatment) in &mut disclosed {
        let ceiling = dictionary.field(*id).class.ceiling();
        let redacted = redacted.get(id).copied().unwrap_or(Treatment::Clear);
        *treatment = (*treatment).min(redacted).min(ceiling);
    }
    disclosed
}

/// The policy of a set that made a finding, if it is there as it was.
pub(crate) fn policy_of<'s>(set: &'s Pipeline, found: &FindingRecord) -> Option<&'s Policy> {
    let mut versions = set.set().versions(&found.policy);
    versions
        .find(|policy| policy.version() == found.version)
        .map(AsRef::as_ref)
}

/// The version of a finding's policy that is in force at an instant by the files of a set.
pub(crate) fn policy_then<'s>(
    set: &'s Pipeline,
    found: &FindingRecord,
    at: Timestamp,
) -> Option<&'s Policy> {
    set.set().policy(&found.policy, at).map(AsRef::as_ref)
}

/// To whom a role reads.
pub(crate) fn reader(role: Role) -> Reader {
    match role {
        Role::Service => Reader::Customer,
        Role::Agent | Role::Supervisor => Reader::Agent,
        Role::Regulator | Role::Operator | Role::Host => Reader::Auditor,
    }
}

/// What is said of a fact; nothing, where all that may be said is that it is there.
pub(crate) fn shown(treatment: Treatment, value: &Value) -> Option<Value> {
    let left = treatment
        .apply(value)
        .filter(|_| treatment > Treatment::Present)?;
    let says = !matches!(left, Value::Boolean(_)) || matches!(value, Value::Boolean(_));
    says.then_some(left)
}

#[cfg(test)]
mod tests {
    use weft_dictionary::{Treatment, Value};

    use super::shown;

    #[test]
    fn that_a_fact_is_there_is_nothing_to_say() {
        let city = Value::text("Antwerp");
        assert_eq!(shown(Treatment::Absent, &city), None);
        assert_eq!(shown(Treatment::Present, &city), None);
        assert_eq!(shown(Treatment::Band, &city), None);
        assert_eq!(shown(Treatment::Masked, &city), Some(Value::text("A•••")));
        assert_eq!(shown(Treatment::Clear, &city), Some(city));
        let yes = Value::Boolean(true);
        assert_eq!(shown(Treatment::Present, &yes), None);
        assert_eq!(shown(Treatment::Clear, &yes), Some(yes));
    }
}
