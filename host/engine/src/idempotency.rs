//! One effect for a request that is sent more than once.
//!
//! A key is remembered for [`KEY_WINDOW`]; the records of the log carry keyed hashes of key and request, so
//! that the table is rebuilt at start and nothing that a caller sent is stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use weft_audit::IdempotencyRecord;
use weft_dictionary::Timestamp;
use zeroize::Zeroizing;

use crate::limits::{KEY_WINDOW, MAX_KEYS};
use crate::{Caller, keyed};

/// Keyed hashes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    key: String,
    request: String,
}

/// A keyed hash of a request's bytes.
pub(crate) struct RequestHash(String);

/// What is known about a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Go on, and [`Table::settle`] or [`Table::forget`] it. Of a message with several payments some
    /// may have been decided before the host stopped: these.
    Undecided(Vec<String>),
    /// The same request is being decided right now, until this ends.
    InFlight(Ended),
    /// The same request was decided.
    Decided(Vec<String>),
    /// The key was used for another request.
    OtherRequest,
}

/// Is told when a request is settled, or its key is free again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ended(pub(crate) CancellationToken);

/// One end is as good as another.
impl PartialEq for Ended {
    fn eq(&self, _: &Ended) -> bool {
        true
    }
}

impl Eq for Ended {}

/// The keys of the last [`KEY_WINDOW`].
pub(crate) struct Table {
    key: Zeroizing<[u8; 32]>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_key: HashMap<String, Entry>,
    /// Every key once, by when it came first.
    by_age: BTreeMap<Age, String>,
    /// Keys so far, so that two of the same instant are told apart.
    keys: u64,
}

type Age = (Timestamp, u64);

struct Entry {
    request: String,
    decisions: Vec<String>,
    in_flight: Option<Ended>,
    age: Age,
}

impl Table {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>) -> Table {
        Table {
            key,
            inner: Mutex::default(),
        }
    }

    /// The keyed hash of a request's bytes.
    pub(crate) fn request(&self, body: &[u8]) -> RequestHash {
        RequestHash(keyed::hash(&self.key, &[b"request", body]))
    }

    /// The mark of a request under a key.
    pub(crate) fn mark(&self, caller: &Caller, key: &str, request: &RequestHash) -> Mark {
        let key = keyed::hash(&self.key, &[b"key", caller.id.as_bytes(), key.as_bytes()]);
        Mark {
            key,
            request: request.0.clone(),
        }
    }

    /// What is known about the key of a message with so many payments. If there is something to
    /// decide, it is under way from now on.
    pub(crate) fn begin(&self, mark: &Mark, payments: usize, now: Timestamp) -> Seen {
        let mut inner = self.lock();
        inner.expire(now);
        let Some(entry) = inner.by_key.get_mut(&mark.key) else {
            let age = inner.next_age(now);
            let entry = Entry {
                request: mark.request.clone(),
                decisions: Vec::new(),
                in_flight: Some(Ended::default()),
                age,
            };
            inner.insert(mark.key.clone(), entry);
            return Seen::Undecided(Vec::new());
        };
        if entry.request != mark.request {
            Seen::OtherRequest
        } else if let Some(ended) = &entry.in_flight {
            Seen::InFlight(ended.clone())
        } else if entry.decisions.len() < payments {
            entry.in_flight = Some(Ended::default());
            Seen::Undecided(entry.decisions.clone())
        } else {
            Seen::Decided(entry.decisions.clone())
        }
    }

    /// The request was decided.
    pub(crate) fn settle(&self, mark: &Mark, decisions: Vec<String>) {
        if let Some(entry) = self.lock().by_key.get_mut(&mark.key) {
            entry.decisions = decisions;
            entry.end();
        }
    }

    /// The request was refused without a decision about the rest of it: it may be sent again.
    pub(crate) fn forget(&self, mark: &Mark, decided: Vec<String>) {
        let mut inner = self.lock();
        if decided.is_empty() {
            inner.remove(&mark.key);
        } else if let Some(entry) = inner.by_key.get_mut(&mark.key) {
            entry.decisions = decided;
            entry.end();
        }
    }

    /// Takes over what a record says, at start.
    pub(crate) fn restore(&self, record: &IdempotencyRecord, decision: &str, at: Timestamp) {
        let mut inner = self.lock();
        if let Some(entry) = inner.by_key.get_mut(&record.key)
            && entry.request == record.request
        {
            entry.decisions.push(decision.to_owned());
            return;
        }
        // The first record of this request; another one had the key before it, and was forgotten.
        inner.remove(&record.key);
        let age = inner.next_age(at);
        let entry = Entry {
            request: record.request.clone(),
            decisions: vec![decision.to_owned()],
            in_flight: None,
            age,
        };
        inner.insert(record.key.clone(), entry);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mark {
    /// What the records of the request carry.
    pub(crate) fn record(&self) -> IdempotencyRecord {
        IdempotencyRecord {
            key: self.key.clone(),
            request: self.request.clone(),
        }
    }
}

impl Entry {
    fn end(&mut self) {
        if let Some(ended) = self.in_flight.take() {
            ended.0.cancel();
        }
    }
}

/// Whoever waits is told, also when the key is forgotten.
impl Drop for Entry {
    fn drop(&mut self) {
        self.end();
    }
}

impl Inner {
    fn next_age(&mut self, at: Timestamp) -> Age {
        self.keys += 1;
        (at, self.keys)
    }

    fn insert(&mut self, key: String, entry: Entry) {
        self.by_age.insert(entry.age, key.clone());
        self.by_key.insert(key, entry);
        if self.by_key.len() > MAX_KEYS {
            self.drop_oldest();
        }
        debug_assert_eq!(self.by_age.len(), self.by_key.len(), "every key once");
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_age.remove(&entry.age);
        }
    }

    fn expire(&mut self, now: Timestamp) {
        while self
            .by_age
            .first_key_value()
            .is_some_and(|((at, _), _)| now.since(*at) > KEY_WINDOW)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, key)) = self.by_age.pop_first() {
            self.by_key.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn table() -> Table {
        Table::new(Zeroizing::new([1; 32]))
    }

    fn caller(id: &str) -> Caller {
        Caller {
            id: id.into(),
            role: Role::Service,
        }
    }

    fn new() -> Seen {
        Seen::Undecided(Vec::new())
    }

    fn decided(ids: &[&str]) -> Seen {
        Seen::Decided(ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_same_request_is_decided_once() {
        let table = table();
        let mark = table.mark(&caller("a"), "k", &table.request(b"body"));
        assert_eq!(table.begin(&mark, 1, Timestamp(0)), new());
        assert_eq!(
            table.begin(&mark, 1, Timestamp(1)),
            Seen::InFlight(Ended::default())
        );
        table.settle(&mark, vec!["dec_1".into()]);
        assert_eq!(table.begin(&mark, 1, Timestamp(2)), decided(&["dec_1"]));
        let other_body = table.mark(&caller("a"), "k", &table.request(b"other"));
        assert_eq!(
            table.begin(&other_body, 1, Timestamp(2)),
            Seen::OtherRequest
        );
        let other_caller = table.mark(&caller("b"), "k", &table.request(b"body"));
        assert_eq!(table.begin(&other_caller, 1, Timestamp(2)), new());
    }

    #[test]
    fn a_refused_request_may_come_again_and_old_keys_are_forgotten() {
        let table = table();
        let mark = table.mark(&caller("a"), "k", &table.request(b"body"));
        table.begin(&mark, 1, Timestamp(0));
        table.forget(&mark, Vec::new());
        assert_eq!(table.begin(&mark, 1, Timestamp(1)), new());
        table.settle(&mark, vec!["dec_1".into()]);
        assert_eq!(table.begin(&mark, 1, Timestamp(KEY_WINDOW.0 + 2)), new());
    }

    #[test]
    fn a_key_that_was_refused_first_is_remembered_from_when_it_was_decided() {
        let table = table();
        let mark = table.mark(&caller("a"), "k", &table.request(b"body"));
        table.begin(&mark, 1, Timestamp(0));
        table.forget(&mark, Vec::new());
        let late = Timestamp(KEY_WINDOW.0 - 1);
        table.begin(&mark, 1, late);
        table.settle(&mark, vec!["dec_1".into()]);
        let a_day_after_the_first = Timestamp(KEY_WINDOW.0 + 1);
        assert_eq!(
            table.begin(&mark, 1, a_day_after_the_first),
            decided(&["dec_1"])
        );
    }

    #[test]
    fn a_restart_remembers_and_goes_on_where_it_stopped() {
        let (before, after) = (table(), table());
        let mark = before.mark(&caller("a"), "k", &before.request(b"body"));
        after.restore(&mark.record(), "dec_1", Timestamp(0));
        after.restore(&mark.record(), "dec_2", Timestamp(0));
        let again = after.mark(&caller("a"), "k", &after.request(b"body"));
        assert_eq!(
            after.begin(&again, 2, Timestamp(1)),
            decided(&["dec_1", "dec_2"])
        );
        let half = Seen::Undecided(vec!["dec_1".into(), "dec_2".into()]);
        assert_eq!(after.begin(&again, 3, Timestamp(1)), half);
        assert_eq!(
            after.begin(&again, 3, Timestamp(1)),
            Seen::InFlight(Ended::default())
        );
    }
}
