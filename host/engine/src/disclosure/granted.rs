//! What readers are told of a decision: what was shown when it was taken, as far as it is granted by now.
//!
//! What a decision shows is computed once and stands in its record. A disclosure that was withdrawn since, or is over,
//! grants nothing any more, also of decisions that were taken before: each view is made from both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weft_audit::DecisionRecord;
use weft_dictionary::{Dictionary, FieldId, Timestamp, Treatment};
use weft_policy::{Disclosure, PolicySet, Reader};

use crate::decide::Asked;
use crate::engine::Inner;
use crate::pipeline::Pipeline;
use crate::reader::sees_context;
use crate::told::reader;
use crate::{Caller, Role};

/// The field that says where a payment stands.
pub(crate) const STATE: &str = "payment.state";
/// The field that says what was given back of it.
pub(crate) const REFUNDED: &str = "payment.refunded";
/// The field that says when its hold is over.
pub(crate) const EXPIRES_AT: &str = "payment.expires_at";
/// The field that says what was decided about it; its score and its reasons are of that decision.
pub(crate) const VERDICT: &str = "payment.verdict";
/// The field that says whether the customer has passed the step that was asked for.
pub(crate) const STEP_UP: &str = "evidence.step_up";

/// The disclosures in force.
pub(crate) struct InForce {
    dictionary: Arc<Dictionary>,
    set: Arc<Pipeline>,
    at: Timestamp,
}

impl Inner {
    /// The disclosures in force.
    pub(crate) fn grants(&self) -> InForce {
        InForce {
            dictionary: Arc::clone(&self.dictionary),
            set: self.sets.in_force(),
            at: self.clock.now(),
        }
    }

    /// Those that were in force when something was asked.
    pub(crate) fn grants_of(&self, asked: &Asked) -> InForce {
        InForce {
            dictionary: Arc::clone(&self.dictionary),
            set: Arc::clone(&asked.set),
            at: asked.at,
        }
    }
}

impl InForce {
    /// The most that a role is shown of a fact in replies to an operation.
    fn most(&self, role: Role, operation: &str, field: &str) -> Treatment {
        let field = self.dictionary.by_name(field);
        field.map_or(Treatment::Absent, |field| {
            granted(self.set.set(), role, operation, self.at, field.id)
        })
    }

    /// Whether a role that asks about a payment may learn that it is there. It is told so by every answer that rests on
    /// where the payment stands, so whoever is granted that is granted both, and nobody else. Whose payment it is, and who
    /// audits, may know.
    pub(crate) fn tells_of_payment(&self, role: Role, operation: &str) -> bool {
        reader(role) != Reader::Agent || self.most(role, operation, STATE) > Treatment::Present
    }

    /// Whether a role is shown a fact of payments anywhere.
    pub(crate) fn tells(&self, role: Role, field: &str) -> bool {
        tells_anywhere(&self.dictionary, self.set.set(), role, self.at, field)
    }
}

fn granted(
    set: &PolicySet,
    role: Role,
    operation: &str,
    at: Timestamp,
    field: FieldId,
) -> Treatment {
    let mut all = set.shown_in_replies(role.as_str(), operation, at);
    let granted = all.find_map(|disclosure| disclosure.granted(field));
    granted.unwrap_or(Treatment::Absent)
}

fn tells_anywhere(
    dictionary: &Dictionary,
    set: &PolicySet,
    role: Role,
    at: Timestamp,
    field: &str,
) -> bool {
    let Some(field) = dictionary.by_name(field) else {
        return false;
    };
    let mut all = set.disclosures().iter();
    all.any(|disclosure| {
        disclosure.is_for(role.as_str(), at)
            && (disclosure.granted(field.id)).is_some_and(|most| most > Treatment::Present)
    })
}

/// What a decision was taken with, and what is granted by now; nothing of that where nobody can know it, as beside a host.
pub(crate) struct Granting<'a> {
    /// The dictionary of the set.
    pub(crate) dictionary: &'a Dictionary,
    /// The one that the decision was taken with.
    pub(crate) set: &'a PolicySet,
    pub(crate) now: Option<&'a InForce>,
}

impl Granting<'_> {
    /// What a decision shows to a role: what was recorded, and to another role than the one that asked no more than is
    /// granted to both.
    pub(crate) fn shown_to(
        &self,
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
        let then = |field: FieldId| match role.as_str() == shown.reader {
            true => Treatment::Clear,
            false => granted(self.set, role, &record.operation, record.at, field),
        };
        disclosed
            .filter_map(|(name, treatment)| {
                let field = self.dictionary.by_name(name)?;
                let treatment = treatment.min(then(field.id)).min(field.class.ceiling());
                Some((field.id, treatment.min(self.by_now(record, role, name))))
            })
            .collect()
    }

    /// The most that is granted by now.
    fn by_now(&self, record: &DecisionRecord, role: Role, field: &str) -> Treatment {
        self.now.map_or(Treatment::Clear, |now| {
            now.most(role, &record.operation, field)
        })
    }

    /// The most that a decision tells a role of each fact, but for what is redacted: support and customers what stands in
    /// its record, who audits what is granted to them.
    pub(crate) fn told_to(
        &self,
        record: &DecisionRecord,
        role: Role,
    ) -> BTreeMap<FieldId, Treatment> {
        match reader(role) {
            Reader::Agent if !sees_context(role, record) => BTreeMap::new(),
            Reader::Agent | Reader::Customer => self.shown_to(record, role),
            Reader::Auditor => {
                let set = self.set;
                let granted = set.shown_in_replies(role.as_str(), &record.operation, record.at);
                let grants = granted.flat_map(Disclosure::grants);
                let most = grants.map(|grant| {
                    let field = self.dictionary.field(grant.field);
                    let most = grant.treatment.min(field.class.ceiling());
                    (
                        grant.field,
                        most.min(self.by_now(record, role, &field.name)),
                    )
                });
                most.collect()
            }
        }
    }

    /// Whether a decision tells a role of support something of the payment itself: in replies to requests about it what
    /// they show, and of a decision about the payment what the role is shown of payments anywhere. Whose payment it is, and
    /// who audits, is told.
    pub(crate) fn tells(
        &self,
        record: &DecisionRecord,
        is_payment: bool,
        role: Role,
        field: &str,
    ) -> bool {
        if reader(role) != Reader::Agent {
            return true;
        }
        if is_payment {
            return match self.now {
                Some(now) => now.tells(role, field),
                None => tells_anywhere(self.dictionary, self.set, role, record.at, field),
            };
        }
        let told = self.told_to(record, role);
        let field = self.dictionary.by_name(field);
        let most = field.and_then(|field| told.get(&field.id));
        most.is_some_and(|most| *most > Treatment::Present)
    }

    /// The names of the facts that are there and withheld, where a disclosure says that its reader is told them.
    pub(crate) fn withheld_names(&self, record: &DecisionRecord, caller: &Caller) -> Vec<String> {
        let shown = record.shown.iter();
        let shown = shown.filter(|shown| shown.reader == caller.role.as_str());
        let told = shown
            .flat_map(|shown| shown.by.values())
            .filter(|by| by.names_withheld);
        let names = told.flat_map(|by| by.sight.withheld.values().flatten());
        let granted = |name: &&String| self.by_now(record, caller.role, name) > Treatment::Absent;
        names
            .filter(granted)
            .cloned()
            .collect::<BTreeSet<String>>()
            .into_iter()
            .collect()
    }
}
