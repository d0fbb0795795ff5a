//! Disputes that are due: somebody is to know before one is late, also when nobody asks.
//!
//! What is open, and what was warned of, is a projection of the log. A warning is an event in it, one before the time and
//! one after; who takes up events passes it on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;
use weft_assist::{Follow, State, Step};
use weft_audit::{DecisionRecord, EventRecord, Record};
use weft_dictionary::Timestamp;
use weft_intake::Problem;

use crate::engine::Inner;
use crate::limits::{DISPUTE_WARNING, MAX_DISPUTES, WARN_BATCH};
use crate::problems;

/// The event of a dispute that is due soon, or late.
const DUE: &str = "dispute.due";
/// Where the record of a request says whose payment it is about.
const SERVICE: &str = "case.service";

/// A dispute that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    dispute: String,
    credit_due_at: Timestamp,
    answer_due_at: Timestamp,
    is_credited: bool,
    warned: Warned,
}

/// What was warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Warned {
    Nothing,
    DueSoon,
    Late,
}

/// Whose payment, and which.
type Key = (String, String);

/// All disputes that are open.
#[derive(Default)]
pub(crate) struct Disputes(Mutex<All>);

#[derive(Default)]
struct All {
    open: BTreeMap<Key, Open>,
    /// When somebody is to be warned next.
    by_time: BTreeSet<(Timestamp, Key)>,
}

impl Open {
    /// The one that the record opened which says this; nothing where it does not say by when it is due.
    fn of(record: &DecisionRecord, dispute: &str) -> Option<Open> {
        let at = |name: &str| record.facts.get(name)?.as_str().and_then(Timestamp::parse);
        Some(Open {
            dispute: dispute.to_owned(),
            credit_due_at: at("dispute.credit_due_at")?,
            answer_due_at: at("dispute.answer_due_at")?,
            is_credited: false,
            warned: Warned::Nothing,
        })
    }

    /// By when something has to be done.
    fn due_at(&self) -> Timestamp {
        match self.is_credited {
            true => self.answer_due_at,
            false => self.credit_due_at,
        }
    }

    /// When somebody is to be warned next.
    fn warns_at(&self) -> Option<Timestamp> {
        let due_at = self.due_at();
        match self.warned {
            Warned::Nothing => Some(Timestamp(due_at.0.saturating_sub(DISPUTE_WARNING.0))),
            Warned::DueSoon => Some(due_at),
            Warned::Late => None,
        }
    }
}

impl All {
    fn take(&mut self, key: &Key) -> Option<Open> {
        let open = self.open.remove(key)?;
        if let Some(at) = open.warns_at() {
            self.by_time.remove(&(at, key.clone()));
        }
        Some(open)
    }

    fn put(&mut self, key: Key, open: Open) {
        self.take(&key);
        if let Some(at) = open.warns_at() {
            self.by_time.insert((at, key.clone()));
        }
        self.open.insert(key, open);
    }
}

impl Disputes {
    /// Takes over what a durable decision says.
    pub(crate) fn see(&self, record: &DecisionRecord, follow: &Follow) {
        let service = record.facts.get(SERVICE).and_then(Json::as_str);
        let (Some(payment), Some(service)) = (&record.transaction, service) else {
            return;
        };
        let key = (service.to_owned(), payment.clone());
        let mut all = self.lock();
        let before = match follow.state {
            State::Disputed => all.open.get(&key).cloned(),
            _ => all.take(&key).and(None),
        };
        let after = match (&follow.request, before) {
            (Some(Step::Disputed { dispute, .. }), _) => Open::of(record, &dispute.id),
            // Once there is a provisional credit it is the answer that is due.
            (Some(Step::Refunded { .. }), Some(open)) if !open.is_credited => Some(Open {
                is_credited: true,
                warned: Warned::Nothing,
                ..open
            }),
            _ => None,
        };
        if let Some(open) = after {
            all.put(key, open);
        }
    }

    /// Takes over a warning that is in the log.
    pub(crate) fn see_event(&self, event: &EventRecord) {
        let text = |name: &str| event.detail.get(name).and_then(Json::as_str);
        let (DUE, Some(service), Some(payment)) =
            (event.event.as_str(), text("service"), text("payment"))
        else {
            return;
        };
        let key = (service.to_owned(), payment.to_owned());
        let mut all = self.lock();
        if let Some(open) = all.open.get(&key).cloned() {
            let warned = match event.detail.get("late").and_then(Json::as_bool) {
                Some(true) => Warned::Late,
                _ => Warned::DueSoon,
            };
            all.put(key, Open { warned, ..open });
        }
    }

    /// Whether one more may be open.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().open.len() < MAX_DISPUTES
    }

    /// Whether a dispute is open as it was.
    fn has(&self, key: &Key, open: &Open) -> bool {
        self.lock().open.get(key) == Some(open)
    }

    /// Those of which somebody is to be warned now, the longest overdue first.
    fn due(&self, now: Timestamp) -> Vec<(Key, Open)> {
        let all = self.lock();
        let due = all.by_time.iter().take_while(|(at, _)| *at <= now);
        let due = due.filter_map(|(_, key)| Some((key.clone(), all.open.get(key)?.clone())));
        due.take(WARN_BATCH).collect()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Warns of the disputes that are due soon, and of those that are late.
    pub(crate) async fn warn_of_disputes(&self) -> Result<(), Problem> {
        let now = self.clock.now();
        for (key, open) in self.disputes.due(now) {
            let _one_at_a_time = self.payments.lock(&key.1).await;
            // It may have ended while we waited for the lock.
            if !self.disputes.has(&key, &open) {
                continue;
            }
            let (service, payment) = key;
            let due_at = open.due_at();
            let what = if open.is_credited { "answer" } else { "credit" };
            let detail = vec![
                ("payment", Json::from(payment)),
                ("service", service.into()),
                ("dispute", open.dispute.into()),
                ("what", what.into()),
                ("due_at", due_at.to_string().into()),
                ("late", (now >= due_at).into()),
            ];
            let record = self.event(now, DUE, detail);
            let recorded = self.log.append(&record).await;
            recorded.map_err(|why| problems::not_recorded(&why))?;
            if let Record::Event(event) = &record {
                self.disputes.see_event(event);
            }
        }
        Ok(())
    }
}
