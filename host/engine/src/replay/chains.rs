//! Which payments are asked about later.
//!
//! A request for assistance is evaluated on the payment's own row, which stands in an earlier record. The log is read
//! once to count, for each payment, the requests that need it; the second reading holds a payment's own decision from
//! where it stands to the last request that needs it, and no other.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use weft_audit::{DecisionRecord, ReadError, Record};
use weft_verdict::Verdict;

use super::turn::{Turn, Turned};
use crate::again::NotAgain;
use crate::payment::EXPIRE;

/// The fact that tells a request about a payment that the host knew.
const STATE: &str = "payment.state";
/// How it stands in a record, and likewise the link to the decision before.
const STATE_KEY: &str = "\"payment.state\":";
const PREVIOUS_KEY: &str = "\"previous\":";
const PAYMENT: &str = "payment.id";
/// Whose payment it is: another service may have one of the same identifier.
const SERVICE: &str = "case.service";

/// A payment: its identifier, and the service whose it is.
pub(super) type Key = (String, String);

/// The payments that are asked about later.
#[derive(Default)]
pub(super) struct Chains {
    /// The index after the last record of the first reading.
    pub(super) next: u64,
    /// The region and the tenant of the host that wrote the log.
    pub(super) of_host: Option<(String, String)>,
    /// Places of the log that are not as they were written.
    pub(super) damage: Vec<String>,
    payments: HashMap<Key, Asked>,
    /// Decisions after which nobody released the payment in time, and what they come out as now.
    expired: HashMap<String, Option<Verdict>>,
    /// The payments that requests for assistance were about, by decision.
    assistance: HashMap<String, Key>,
}

#[derive(Default)]
struct Asked {
    /// Decisions that still come and need the payment's own.
    coming: usize,
    own: Option<Arc<DecisionRecord>>,
    /// What the payment's own decision comes out as now.
    now: Option<Verdict>,
}

impl Chains {
    pub(super) fn scan(audit: &Path) -> Result<Chains, ReadError> {
        let mut chains = Chains::default();
        let streamed = weft_audit::stream_raw(audit, |raw| {
            // Most decisions neither follow another one nor are about a payment that was decided before.
            let may_need = raw.contains(STATE_KEY) || raw.contains(PREVIOUS_KEY);
            if chains.of_host.is_some() && !may_need {
                return;
            }
            let record = raw.read();
            let Some(record) = record.as_ref().and_then(Record::decision) else {
                return;
            };
            let host = || (record.region.clone(), record.tenant.clone());
            chains.of_host.get_or_insert_with(host);
            if let Some(key) = assistance_about(record) {
                let asked = chains.payments.entry(key.clone()).or_default();
                asked.coming += 1;
                chains.assistance.insert(record.decision.clone(), key);
            } else if let Some(key) = chains.decided_again(record) {
                chains.payments.entry(key).or_default().coming += 1;
            } else if let (EXPIRE, Some(before)) = (record.operation.as_str(), &record.previous) {
                chains.expired.insert(before.clone(), None);
            }
        })?;
        chains.next = streamed.next;
        chains.damage = streamed.damage;
        Ok(chains)
    }

    /// The payment that a decision is about, if any other decision needs to know what came of it.
    pub(super) fn key(&self, record: &DecisionRecord) -> Option<Key> {
        let key = assistance_about(record).or_else(|| self.decided_again(record));
        let key = key.or_else(|| first_of(record))?;
        self.payments.contains_key(&key).then_some(key)
    }

    /// The payment's own decision that a decision needs; keeps this one if it is the payment's own.
    pub(super) fn own(
        &mut self,
        key: &Key,
        record: &DecisionRecord,
    ) -> Option<Arc<DecisionRecord>> {
        let is_assistance = record.facts.contains_key(STATE);
        let is_again = !is_assistance && record.previous.is_some();
        let asked = self.payments.get_mut(key)?;
        if !is_assistance && !is_again {
            asked.own = Some(Arc::new(record.clone()));
            return None;
        }
        asked.coming = asked.coming.saturating_sub(1);
        let own = asked.own.take();
        if asked.coming > 0 {
            asked.own = if is_again {
                Some(Arc::new(record.clone()))
            } else {
                own.clone()
            };
        }
        own
    }

    /// What followed from a payment's own decision would not have been taken, had that come out otherwise: a payment
    /// that does not wait is not decided again, and does not expire.
    pub(super) fn falls_away(&mut self, turn: &Turn, turned: Turned) -> Turned {
        let record = &turn.record;
        if record.operation == EXPIRE {
            let before = record.previous.as_ref();
            let now = before.and_then(|before| self.comes_out_as(before));
            return match now {
                Some(now) if !now.is_pending() => Turned::Not(NotAgain::FallsAway),
                _ => turned,
            };
        }
        if !turn.ground.is_payment(&record.operation) {
            return turned;
        }
        let mut asked = turn.key.as_ref().and_then(|key| self.payments.get_mut(key));
        let before = asked.as_ref().and_then(|asked| asked.now);
        if record.previous.is_some() && before.is_some_and(|now| !now.is_pending()) {
            return Turned::Not(NotAgain::FallsAway);
        }
        if let Turned::Again(evaluated) = &turned {
            let now = Some(evaluated.outcome.verdict);
            if let Some(asked) = &mut asked {
                asked.now = now;
            }
            if let Some(expired) = self.expired.get_mut(&record.decision) {
                *expired = now;
            }
        }
        turned
    }

    /// What the payment's own decision comes out as now that stood at a decision about it.
    fn comes_out_as(&self, decision: &str) -> Option<Verdict> {
        let about = self.assistance.get(decision);
        match about.and_then(|key| self.payments.get(key)) {
            Some(asked) => asked.now,
            None => self.expired.get(decision).copied().flatten(),
        }
    }

    /// The payment that was decided again, with the customer's evidence: the request that led to it comes before it.
    fn decided_again(&self, record: &DecisionRecord) -> Option<Key> {
        record.feature_snapshot.as_ref()?;
        self.assistance.get(record.previous.as_ref()?).cloned()
    }
}

/// The payment that a request for assistance is about, if the host knew it.
fn assistance_about(record: &DecisionRecord) -> Option<Key> {
    record.facts.get(STATE)?;
    let text = |name: &str| record.facts.get(name).and_then(|fact| fact.as_str());
    Some((text(PAYMENT)?.to_owned(), text(SERVICE)?.to_owned()))
}

/// The payment that a decision is the first about.
fn first_of(record: &DecisionRecord) -> Option<Key> {
    let payment = record
        .transaction
        .as_ref()
        .filter(|_| record.previous.is_none())?;
    Some((payment.clone(), record.caller.id.clone()))
}
