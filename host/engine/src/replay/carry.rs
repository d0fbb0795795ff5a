//! What a changed verdict makes of what comes after it.
//!
//! Only a released payment makes its account, device, payee and place familiar, so a set that refuses more leaves fewer
//! of them familiar. Features are computed again in the order of the log, each payment counting as what it comes out as
//! now; requests about it are told how it stands now. Decisions are evaluated one after the other, as each may rest on
//! what became of those before it.

use std::collections::HashMap;
use std::sync::Arc;

use weft_assist::{Follow, Life, State};
use weft_audit::DecisionRecord;
use weft_behaviour::{Behaviour, BehaviourError, Seen};
use weft_dictionary::{FieldId, Origin, Row, Value};
use weft_policy::WhenStopped;
use weft_verdict::Verdict;

use super::chains::Key;
use super::turn::Turn;
use crate::again::{Ground, NotAgain};
use crate::evaluate::{Evaluated, Walked};
use crate::payment::first_seen;

/// What was seen so far, as it would have been.
pub(super) struct Carry {
    ground: Arc<Ground>,
    behaviour: Behaviour,
    features: Vec<FieldId>,
    /// Payments that are asked about later.
    payments: HashMap<Key, Carried>,
}

struct Carried {
    features: Vec<(FieldId, Value)>,
    verdict: Verdict,
}

impl Carry {
    pub(super) fn new(ground: &Arc<Ground>) -> Result<Carry, BehaviourError> {
        let fields = ground.dictionary.fields();
        let features = fields.filter(|field| matches!(field.origin, Origin::Behaviour(_)));
        Ok(Carry {
            features: features.map(|field| field.id).collect(),
            behaviour: Behaviour::new(Arc::clone(&ground.dictionary))?,
            ground: Arc::clone(ground),
            payments: HashMap::new(),
        })
    }

    /// A decision as it comes out now.
    pub(super) fn turn(&mut self, turn: &Turn) -> Result<Evaluated, NotAgain> {
        let record = &turn.record;
        if self.ground.is_first(record) {
            return self.first(turn);
        }
        let mut prepared = turn.prepare()?;
        let carried = turn.key.as_ref().and_then(|key| self.payments.get(key));
        if let Some(carried) = carried {
            self.put_features(&mut prepared.row, &carried.features);
        }
        if !self.ground.is_payment(&record.operation) {
            if let (Some(carried), Some(own)) = (carried, &turn.own) {
                self.put_state(&mut prepared.row, carried.verdict, own);
            }
            return Ok(turn.walk(&prepared)?.evaluated);
        }
        // Decided again with the customer's evidence: if it still waited for that.
        let waited = carried.is_none_or(|carried| carried.verdict.is_pending());
        let Walked { evaluated, .. } = turn.walk(&prepared)?;
        let verdict = evaluated.outcome.verdict;
        if waited && State::after(verdict) == State::Released {
            self.observe(
                &prepared.row,
                prepared.question.evaluated_at,
                Seen::Released,
            );
        }
        if let Some(carried) = turn.key.as_ref().and_then(|key| self.payments.get_mut(key)) {
            carried.verdict = verdict;
        }
        Ok(evaluated)
    }

    /// The first decision about a payment, on the features of now.
    fn first(&mut self, turn: &Turn) -> Result<Evaluated, NotAgain> {
        let record = &turn.record;
        let mut prepared = turn.prepare()?;
        self.put_features(&mut prepared.row, &[]);
        let snapshot = self.behaviour.snapshot(&prepared.row, record.at);
        self.put_features(&mut prepared.row, &snapshot.values);
        let Walked { evaluated, facts } = turn.walk(&prepared)?;
        let verdict = evaluated.outcome.verdict;
        if facts == WhenStopped::Keep {
            self.observe(&prepared.row, record.at, first_seen(State::after(verdict)));
        }
        if let Some(key) = turn.key.clone() {
            let features = snapshot.values;
            self.payments.insert(key, Carried { features, verdict });
        }
        Ok(evaluated)
    }

    fn observe(&self, row: &Row, at: weft_dictionary::Timestamp, seen: Seen) {
        if let Some(observation) = self.behaviour.observation(row, at) {
            self.behaviour.observe(&observation.seen_as(seen));
        }
    }

    fn put_features(&self, row: &mut Row, features: &[(FieldId, Value)]) {
        for id in &self.features {
            row.clear(*id);
        }
        for (id, value) in features {
            // Behaviour computes values of the dictionary's kinds.
            let _ = row.set(&self.ground.dictionary, *id, value.clone());
        }
    }

    /// How the payment stands now, for a request about it.
    fn put_state(&self, row: &mut Row, verdict: Verdict, own: &DecisionRecord) {
        let known = &self.ground.known;
        let dictionary = &self.ground.dictionary;
        let _ = row.set(
            dictionary,
            known.payment_verdict,
            Value::text(verdict.as_str()),
        );
        let state = State::after(verdict);
        if state == State::after(own.outcome.verdict) {
            return;
        }
        let _ = row.set(dictionary, known.payment_state, Value::text(state.as_str()));
        if state != State::Pending {
            row.clear(known.payment_expires_at);
        }
        // What was given back of it then would not have been.
        if let Some(Value::Money(amount)) = row.get(known.payment_amount).cloned() {
            let life = Life::of([("", Follow::state(state))]);
            let money = life.map(|life| (life.captured(amount), life.refunded(amount)));
            if let Some((captured, refunded)) = money {
                let _ = row.set(dictionary, known.payment_captured, Value::Money(captured));
                let _ = row.set(dictionary, known.payment_refunded, Value::Money(refunded));
            }
        }
    }
}
