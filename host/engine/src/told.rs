//! What readers are told: the messages of policies, with the facts in them that the reader may see.

use std::borrow::Cow;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::{Dictionary, Field, FieldId, Row, Treatment, Value};
use weft_intake::is_free_text;
use weft_policy::{Body, Messages, Policy, PolicySet, Reader};
use weft_redact::{Layer, Reading};
use weft_verdict::{ObligationKind, Verdict};

use crate::engine::Inner;
use crate::evaluate::treatments;
use crate::facts;
use crate::words::{Voice, Words};
use crate::{Caller, Role};

/// Who is told something, and about what.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) caller: &'a Caller,
    /// The decision that the caller looks at: what it discloses is what an agent or a customer is shown.
    pub(crate) record: &'a DecisionRecord,
    /// The decision about the payment itself, if another one is looked at.
    pub(crate) own: Option<&'a DecisionRecord>,
    pub(crate) words: &'a Words,
}

impl Inner {
    /// What a finding of a record says to this reader.
    pub(crate) fn tell(
        &self,
        record: &DecisionRecord,
        found: &FindingRecord,
        told: Told<'_>,
    ) -> Option<String> {
        let voice = self.voice(told.words, record);
        let policy = voice.policy_of(found)?;
        let words = self.render(messages_of(policy, found), &voice, told);
        Some(after_evidence(found, reader(told.caller.role), words))
    }

    fn render(&self, messages: &Messages, voice: &Voice, told: Told<'_>) -> String {
        let message = messages.to(reader(told.caller.role));
        let empty = || Row::new(&voice.dictionary);
        if message.is_fixed() {
            return message.render(&empty(), |_, _| None);
        }
        // A message that cannot name a fact says so; it is no reason to refuse the whole view.
        let row = self.told_row(&voice.dictionary, told).unwrap_or_else(empty);
        let most = most_told(voice, told);
        message.render(&row, |id, value| {
            let left = shown(most(id), value)?;
            Some(without_others(voice.dictionary.field(id), left))
        })
    }

    /// The facts of the payment, and of the request about it.
    fn told_row(&self, dictionary: &Dictionary, told: Told<'_>) -> Option<Row> {
        let restore = |record| facts::restore(dictionary, self.vault.opener(), record).ok();
        // Customers are told about payments of their own service only.
        let may = |own: &&DecisionRecord| {
            told.caller.role != Role::Service || own.caller.id == told.caller.id
        };
        let mut row = match told.own.filter(may) {
            Some(own) => restore(own)?.row,
            None => Row::new(dictionary),
        };
        for (id, value) in restore(told.record)?.row.facts() {
            row.set(dictionary, id, value.clone()).ok()?;
        }
        Some(row)
    }
}

/// The most that the reader is shown of each fact.
fn most_told(voice: &Voice, told: Told<'_>) -> impl Fn(FieldId) -> Treatment + use<> {
    let dictionary = &voice.dictionary;
    let disclosed = voice.granting().told_to(told.record, told.caller.role);
    let redacted = treatments(
        dictionary,
        &told.record.outcome.obligations,
        ObligationKind::Redact,
    );
    move |id| {
        let most = disclosed.get(&id).copied().unwrap_or(Treatment::Absent);
        redacted
            .get(&id)
            .map_or(most, |redacted| most.min(*redacted))
    }
}

/// The policy of a set that made a finding, if it is there as it was.
pub(crate) fn policy_of<'p>(set: &'p PolicySet, found: &FindingRecord) -> Option<&'p Policy> {
    let mut versions = set.versions(&found.policy);
    versions
        .find(|policy| policy.version() == found.version)
        .map(AsRef::as_ref)
}

/// Whether a reader is told why. A payment that goes on needs no words: they say why it does not. People inside are
/// told why it is flagged; its customer is not.
pub(crate) fn is_told(reader: Reader, is_payment: bool, verdict: Verdict) -> bool {
    let from = match reader {
        Reader::Customer => Verdict::Challenge,
        Reader::Agent | Reader::Auditor => Verdict::Flag,
    };
    !is_payment || verdict >= from
}

/// The messages of the reason that decided.
pub(crate) fn messages_of<'p>(policy: &'p Policy, found: &FindingRecord) -> &'p Messages {
    let Body::Rules(rules) = policy.body() else {
        return policy.messages_for(&found.fired, &found.finding);
    };
    // What asked for a step that the customer has passed is not what the rest still waits for.
    let passed = found.discharged.is_some() && !found.finding.verdict.is_granted();
    let asks = |id: &String| {
        let mut rules = rules.iter().filter(|rule| rule.id == *id);
        rules.any(|rule| {
            let mut obligations = rule.finding.obligations.iter();
            obligations.any(|o| o.kind == ObligationKind::StepUp)
        })
    };
    let fired = found.fired.iter().filter(|id| !(passed && asks(id)));
    let fired: Vec<String> = fired.cloned().collect();
    policy.messages_for(&fired, &found.finding)
}

/// Words that ask for a step are not true any more when the customer has passed it.
pub(crate) fn after_evidence(found: &FindingRecord, reader: Reader, words: String) -> String {
    if found.discharged.is_none() || !found.finding.verdict.is_granted() {
        return words;
    }
    match reader {
        Reader::Customer => "You have approved this payment.".to_owned(),
        Reader::Agent => {
            "The customer has passed the step that was asked for, so this stops nothing any more."
                .to_owned()
        }
        Reader::Auditor => format!(
            "{words} The customer passed the step that it asks for, so it counts as {}.",
            found.finding.verdict.as_str()
        ),
    }
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

/// A value as people are shown it: of what others write as they like, without what leads to a person or to money. A
/// record may have texts that nobody looked at when they came.
pub(crate) fn without_others(field: &Field, value: Value) -> Value {
    let Value::Text(text) = &value else {
        return value;
    };
    if !is_free_text(field) {
        return value;
    }
    match weft_redact::cover(text, Reading::Prose) {
        (Cow::Owned(left), found) => {
            weft_redact::covered(Layer::Egress, &found);
            Value::text(left)
        }
        (Cow::Borrowed(_), _) => value,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use weft_dictionary::{Dictionary, Treatment, Value};

    use super::{shown, without_others};

    #[test]
    fn what_others_write_is_shown_without_what_leads_to_a_person() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/dictionary.yaml");
        let dictionary = Dictionary::load(&path).expect("the project's own dictionary");
        for (field, value, seen) in [
            (
                "location.city",
                "Gent, tel 0470 12 34 56",
                "Gent, tel [covered]",
            ),
            ("location.city", "x4929123456789015", "x[covered]"),
            ("location.city", "Gent", "Gent"),
            ("payment.state", "pending", "pending"),
        ] {
            let field = dictionary.by_name(field).expect("a field");
            assert_eq!(without_others(field, Value::text(value)), Value::text(seen));
        }
    }

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
