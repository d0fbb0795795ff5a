//! Decisions about a payment itself: the first one, the one after the customer's evidence, and the one
//! when nobody released it in time.

use weft_assist::{Binding, Challenge, Evidence, Follow, Method, State};
use weft_audit::{DecisionRecord, Stored};
use weft_behaviour::{Observation, Seen, Snapshot};
use weft_dictionary::{FieldId, Row, Timestamp, Value};
use weft_intake::{Dropped, Problem, Request, Why};
use weft_policy::WhenStopped;
use weft_verdict::{Finding, ObligationKind, Verdict};

use crate::chains::Taken;
use crate::decide::{Asked, PaymentLock};
use crate::engine::Inner;
use crate::evaluate::{Evaluated, Question, Walked};
use crate::facts::Restored;
use crate::host_reasons::HOLD_EXPIRED;
use crate::known::{FACTOR_SECTION, PAYER_SECTIONS};
use crate::limits::EXPIRE_BATCH;
use crate::metrics::Part;
use crate::record::{Draft, Links};
use crate::{Caller, Role, ids, keyed, problems};

/// The operation of the decision that the host takes when a hold expires.
pub(crate) const EXPIRE: &str = "payment.expire";

impl Inner {
    /// The first decision about a payment.
    pub(crate) async fn decide_payment(
        &self,
        asked: &Asked,
        request: Request,
        lock: PaymentLock,
    ) -> Result<Stored, Problem> {
        let Request {
            operation,
            mut row,
            new_tokens,
            mut dropped,
            ..
        } = request;
        self.drop_not_of_payment(&mut row, &mut dropped);
        let payment = self
            .text(&row, self.known.payment_id)
            .ok_or_else(|| problems::missing("/payment/id"))?;
        if row.get(self.known.payment_amount).is_none() {
            return Err(problems::missing("/payment/amount"));
        }
        let _one_at_a_time = match lock {
            PaymentLock::Take => Some(self.payments.lock(&payment).await),
            PaymentLock::Held => None,
        };
        self.check_id_is_free(&payment, &asked.caller.id)
            .map_err(|taken| match taken {
                Taken::ByCaller => problems::payment_known(),
                Taken::ByMany => problems::identifier_used_up(),
                Taken::Unknown(problem) => problem,
            })?;
        if !self.pending.has_room() {
            return Err(problems::saturated());
        }
        // Until this payment is observed, no other of the same payer is asked about: each sees all that
        // came before it, and the time of the next is not before that of this one.
        let _one_payment_at_a_time = self.payers.lock_all(self.payer_keys(&row)).await;
        let asked = &asked.now(&self.clock);
        let decision = self.fresh_id("dec")?;
        self.say_host_facts(&mut row, &asked.caller, asked.at)?;
        self.say_evidence(&mut row, None)?;
        self.say_factors(&mut row, &asked.caller.id)?;
        let snapshot = self.timed(Part::Features, || self.behaviour.snapshot(&row, asked.at));
        for (id, value) in &snapshot.values {
            self.set(&mut row, *id, value.clone())?;
        }
        let question = self.question(&decision, &operation, asked.at, None);
        let Walked { evaluated, facts } = self
            .evaluate(&asked.set, question, row.clone(), new_tokens)
            .await?;
        let follow = self.follow_payment(&payment, (&row, &evaluated), asked)?;
        let kept = facts == WhenStopped::Keep;
        let links = Links {
            transaction: Some(payment),
            ..Links::of(self, &row)
        };
        let observation = self.seen(&row, asked.at, first_seen(follow.state));
        let row = if kept {
            row
        } else {
            self.not_forgotten(&row, &evaluated)
        };
        let named = Some(self.snapshot_name(&decision, &snapshot));
        let draft = Draft {
            shown: self.shown_to_customer(asked, &operation, &row, &[], &evaluated),
            decision,
            operation,
            links,
            observation: observation.filter(|_| kept),
            feature_snapshot: named.filter(|_| kept),
            row,
            dropped: if kept {
                dropped
            } else {
                dropped.counted_only()
            },
            evaluated,
            follow: Some(follow),
        };
        self.commit(asked, draft).await
    }

    /// Whose a payment is, is who sends it: what is said of that is not kept, because it can be any word. Nor is what is
    /// said of factors, which are enrolled by a request of their own.
    fn drop_not_of_payment(&self, row: &mut Row, dropped: &mut Dropped) {
        for field in self.dictionary.fields() {
            let is_not_of_payment =
                field.id == self.known.case_service || field.section() == FACTOR_SECTION;
            if is_not_of_payment && row.get(field.id).is_some() {
                row.clear(field.id);
                dropped.add(field.pointer(), Why::NotOfOperation, || None);
                self.metrics.dropped(1);
            }
        }
    }

    /// The name of the features that a decision was taken with. Bound to the decision, so that nobody finds them by trying
    /// payments of their own.
    fn snapshot_name(&self, decision: &str, snapshot: &Snapshot) -> String {
        let values = snapshot.values.iter();
        let named = values.map(|(id, value)| (self.dictionary.field(*id).name.as_str(), value));
        let text = Snapshot::canonical(named);
        keyed::hash(&self.snapshots, &[decision.as_bytes(), text.as_bytes()])
    }

    /// What behaviour keeps of a payment of which this became.
    fn seen(&self, row: &Row, at: Timestamp, seen: Seen) -> Option<Observation> {
        Some(self.behaviour.observation(row, at)?.seen_as(seen))
    }

    /// The account, the card and the device of a payment, as far as behaviour looks at them. Not the payee
    /// and the terminal: half a town pays at the same till, and must not queue at it here.
    fn payer_keys(&self, row: &Row) -> Vec<String> {
        let of_payer = |id: &FieldId| {
            let section = self.dictionary.field(*id).section();
            PAYER_SECTIONS.contains(&section)
        };
        let keys = self.behaviour.key_fields().filter(of_payer);
        keys.filter_map(|id| {
            let value = row.get(id)?.to_json();
            Some(format!("{}={value}", self.dictionary.field(id).name))
        })
        .collect()
    }

    /// What follows for a payment that is decided for the first time.
    fn follow_payment(
        &self,
        payment: &str,
        (row, evaluated): (&Row, &Evaluated),
        asked: &Asked,
    ) -> Result<Follow, Problem> {
        let mut follow = Follow::state(State::after(evaluated.outcome.verdict));
        if follow.state != State::Pending {
            return Ok(follow);
        }
        let expires_at = asked.at.plus(self.config.hold_expires);
        follow.expires_at = Some(expires_at);
        if let Some(method) = step_up(&evaluated.outcome.obligations) {
            let of = (payment, asked.caller.id.as_str());
            follow.challenge = self.challenge_by(of, row, method, expires_at)?;
        }
        Ok(follow)
    }

    /// What the customer has to pass, for a payment or a request about one of a service's; nothing, where there is no way
    /// in which they could.
    pub(crate) fn challenge_by(
        &self,
        (of, service): (&str, &str),
        row: &Row,
        method: Method,
        expires_at: Timestamp,
    ) -> Result<Option<Challenge>, Problem> {
        let mut factors = Vec::new();
        if method.takes_factor() {
            let whose = self.customer_of(service, row);
            let theirs = whose.map(|whose| self.factors.of(&whose, method));
            factors.extend(theirs.into_iter().flatten().map(|one| one.enrolment));
        }
        let is_possible = match method {
            Method::AppApproval => true,
            Method::Totp => !factors.is_empty(),
            Method::Passkey => !factors.is_empty() && self.config.passkeys.is_some(),
            Method::OutOfBand => self.config.out_of_band.is_some(),
        };
        if !is_possible {
            return Ok(None);
        }
        Ok(Some(Challenge {
            id: self.fresh_id("chl")?,
            method,
            binding: self.binding(of, row),
            factors,
            expires_at,
        }))
    }

    /// Decides a pending payment again, with evidence; the caller holds the payment's lock. The facts,
    /// the features and the score are the recorded ones.
    pub(crate) async fn decide_again(
        &self,
        asked: &Asked,
        payment: &str,
        before: &DecisionRecord,
        previous: &str,
        evidence: &Evidence,
    ) -> Result<(), Problem> {
        let decision = self.fresh_id("dec")?;
        let Restored { mut row, erased } = self.restored(before)?;
        // The time is a fact of the payment: a rule about nights, or a plugin's score, is about when it was
        // made and not about when the customer answered.
        let made_at = match row.get(self.known.processing_at) {
            Some(Value::Instant(at)) => *at,
            _ => before.at,
        };
        self.say_host_facts(&mut row, &asked.caller, made_at)?;
        self.say_evidence(&mut row, Some(evidence))?;
        let question = Question {
            evaluated_at: made_at,
            erased,
            ..self.question(
                &decision,
                &before.operation,
                asked.at,
                Some(evidence.method),
            )
        };
        let Walked { evaluated, .. } = self
            .evaluate(&asked.set, question, row.clone(), Vec::new())
            .await?;
        let follow = Follow {
            used: Some(evidence.challenge.clone()),
            ..Follow::state(State::after(evaluated.outcome.verdict))
        };
        // Until now the payment was an attempt, which makes nothing familiar.
        let released = follow.state == State::Released;
        let links = Links {
            transaction: Some(payment.to_owned()),
            previous: Some(previous.to_owned()),
            ..Links::of(self, &row)
        };
        let draft = Draft {
            shown: self.shown_to_customer(asked, &before.operation, &row, &[], &evaluated),
            decision,
            operation: before.operation.clone(),
            links,
            observation: released
                .then(|| self.seen(&row, made_at, Seen::Released))
                .flatten(),
            feature_snapshot: before.feature_snapshot.clone(),
            row,
            dropped: Dropped::default(),
            evaluated,
            follow: Some(follow),
        };
        // The first request's key must not answer for this decision: it belongs to another request.
        self.commit(&asked.without_mark(), draft).await.map(|_| ())
    }

    /// Refuses the payments whose time is over. How many.
    pub(crate) async fn expire_due(&self) -> Result<usize, Problem> {
        let now = self.clock.now();
        let due = self.pending.due(now, EXPIRE_BATCH);
        let mut expired = 0;
        for payment in due {
            let _one_at_a_time = self.payments.lock(&payment).await;
            // It may have been released while we waited for the lock.
            expired += usize::from(self.expire_if_due(&payment, now).await?);
        }
        Ok(expired)
    }

    /// Refuses the payments with an identifier whose time is over; whether there was one. The caller holds the
    /// payment's lock.
    pub(crate) async fn expire_if_due(
        &self,
        payment: &str,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let mut expired = false;
        for waiting in self.pending.of(payment) {
            if waiting.expires_at <= now {
                self.expire(payment, &waiting.decision, now).await?;
                expired = true;
            }
        }
        Ok(expired)
    }

    async fn expire(&self, payment: &str, previous: &str, now: Timestamp) -> Result<(), Problem> {
        let decision = self.fresh_id("dec")?;
        let caller = Caller {
            id: "host".into(),
            role: Role::Host,
        };
        let trace = self.fresh_id("trc")?;
        let mut row = Row::new(&self.dictionary);
        self.set(&mut row, self.known.payment_id, Value::text(payment))?;
        self.say_host_facts(&mut row, &caller, now)?;
        let draft = Draft {
            shown: None,
            decision,
            operation: EXPIRE.to_owned(),
            links: Links {
                transaction: Some(payment.to_owned()),
                previous: Some(previous.to_owned()),
                ..Links::default()
            },
            observation: None,
            feature_snapshot: None,
            row,
            dropped: Dropped::default(),
            evaluated: Evaluated::by_host(Finding::of(Verdict::Deny, HOLD_EXPIRED)),
            follow: Some(Follow::state(State::Expired)),
        };
        let asked = Asked {
            caller,
            set: self.sets.in_force(),
            trace,
            mark: None,
            told: None,
            at: now,
        };
        self.commit(&asked, draft).await.map(|_| ())
    }

    /// What a challenge or evidence for this payment is bound to.
    pub(crate) fn binding(&self, payment: &str, row: &Row) -> Binding {
        let amount = match row.get(self.known.payment_amount) {
            Some(Value::Money(amount)) => Some(amount),
            _ => None,
        };
        let payee = match row.get(self.known.payee_account) {
            Some(Value::Token(token)) => Some(token.as_str()),
            _ => None,
        };
        Binding::new(payment, amount, payee)
    }

    pub(crate) fn question(
        &self,
        decision: &str,
        operation: &str,
        at: Timestamp,
        evidence: Option<Method>,
    ) -> Question {
        Question {
            decision: decision.to_owned(),
            operation: operation.to_owned(),
            at,
            evaluated_at: at,
            seed: ids::seed(decision),
            evidence,
            erased: Vec::new(),
        }
    }
}

/// What a payment is for those that come after it, when it was decided for the first time.
pub(crate) fn first_seen(state: State) -> Seen {
    match state {
        State::Released => Seen::Settled,
        State::Pending
        | State::Refused
        | State::Expired
        | State::Refunded
        | State::Disputed
        | State::Recalled => Seen::Attempted,
    }
}

/// The strongest step-up that an outcome asks for, if the host knows how: it stands for all others.
pub(crate) fn step_up(obligations: &[weft_verdict::Obligation]) -> Option<Method> {
    obligations
        .iter()
        .filter(|o| o.kind == ObligationKind::StepUp)
        .filter_map(|o| o.arguments.get("method").and_then(|m| Method::from_name(m)))
        .max()
}
