//! One message, start to end: read, decided, recorded, answered.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::MutexGuard;
use tokio::time::{sleep_until, timeout_at};
use weft_audit::Stored;
use weft_dictionary::Timestamp;
use weft_intake::{MediaType, Message, Problem, Request};
use weft_policy::OperationKind;
use weft_vault::Secret;
use zeroize::Zeroizing;

use crate::chains::Taken;
use crate::engine::{Engine, Inner};
use crate::idempotency::{Mark, Seen, Table};
use crate::limits::{MAX_WAIT_FOR_THE_SAME, REFUSAL_TAKES};
use crate::metrics::Part;
use crate::pipeline::Pipeline;
use crate::{Caller, Clock, DecisionView, Role, ids, problems, reply};

/// What a caller sends.
pub struct Ask {
    /// What the body is.
    pub media: MediaType,
    /// The body; wiped when it has been read.
    pub body: Zeroizing<Vec<u8>>,
    /// The caller's key for sending the same request again.
    pub idempotency_key: Option<String>,
    /// The caller's trace id, if it has one: a W3C trace-id, a UUID, or one of this host's own. It
    /// stands in the record, so what has another form is not taken, and a new one is made.
    pub trace: Option<String>,
    /// When it was, for a host whose clock is a history; any other host asks its own clock.
    pub at: Option<Timestamp>,
}

/// What the caller gets.
pub struct Reply {
    /// Of the body.
    pub content_type: &'static str,
    /// JSON, or the message of ISO 20022 that answers the one that asked.
    pub body: Vec<u8>,
    /// The decisions in the body, as this caller may see them.
    pub decisions: Vec<DecisionView>,
    /// Whether the decisions were taken before, for the same request.
    pub replayed: bool,
    /// Binds what callers, proxies and this host say about one request.
    pub trace: String,
}

/// The body may carry the response to a challenge, so it is not printed.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("content_type", &self.content_type)
            .field("replayed", &self.replayed)
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}

/// What all decisions of one message share.
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    /// The policy set that was in force at its beginning: all of it is decided by this one.
    pub(crate) set: Arc<Pipeline>,
    pub(crate) trace: String,
    pub(crate) mark: Option<Mark>,
    /// What a history says of the time.
    pub(crate) told: Option<Timestamp>,
    pub(crate) at: Timestamp,
}

impl Asked {
    /// The same for a decision that does not answer the caller's key.
    pub(crate) fn without_mark(&self) -> Asked {
        Asked {
            caller: self.caller.clone(),
            set: Arc::clone(&self.set),
            trace: self.trace.clone(),
            mark: None,
            told: self.told,
            at: self.at,
        }
    }

    /// The same at the time that it is now: whoever waited for a lock decides when it has it.
    pub(crate) fn now(&self, clock: &Clock) -> Asked {
        Asked {
            caller: self.caller.clone(),
            set: Arc::clone(&self.set),
            trace: self.trace.clone(),
            mark: self.mark.clone(),
            told: self.told,
            at: clock.of(self.told),
        }
    }
}

impl Engine {
    /// Decides what a message asks for. When this returns a reply, every decision in it is durable; the
    /// decision is finished even if the caller goes away.
    pub async fn decide(&self, caller: &Caller, ask: Ask) -> Result<Reply, Problem> {
        let refused_at = tokio::time::Instant::now() + REFUSAL_TAKES;
        let inner = Arc::clone(&self.inner);
        let is_support = caller.role.is_support();
        let caller = caller.clone();
        let answer = match self
            .inner
            .tasks
            .spawn(async move {
                match inner.answer(caller.clone(), ask).await {
                    Err(problem) => Err(inner.refused(&caller, "request", problem).await),
                    reply => reply,
                }
            })
            .await
        {
            Ok(answer) => answer,
            Err(_) => Err(problems::internal("the decision was not finished")),
        };
        if let Err(problem) = &answer {
            self.inner.metrics.problem(problem.code());
        }
        // Nobody learns from the time whether there is such a payment: neither support, nor a service that asks for help
        // with the payment of another.
        let tells_by_time = match &answer {
            Ok(reply) => self.inner.refuses_help(reply, is_support),
            Err(_) => is_support,
        };
        if tells_by_time {
            sleep_until(refused_at).await;
        }
        answer
    }
}

impl Inner {
    /// Whether something in a reply refuses help with a payment, or refuses support anything. A service's payments are
    /// never kept waiting.
    fn refuses_help(&self, reply: &Reply, is_support: bool) -> bool {
        let set = self.sets.in_force();
        let is_payment = |view: &DecisionView| {
            let operation = set.operation(&view.operation);
            operation.is_some_and(|o| o.kind == OperationKind::Payment)
        };
        let mut views = reply.decisions.iter();
        views.any(|view| !view.verdict.is_granted() && (is_support || !is_payment(view)))
    }
}

impl Inner {
    async fn answer(self: &Arc<Self>, caller: Caller, ask: Ask) -> Result<Reply, Problem> {
        let started = Instant::now();
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        if !caller.role.may_decide() {
            return Err(problems::role_may_not_decide(caller.role));
        }
        let _place = match caller.role.is_support() {
            true => self.lanes.assistance(&caller.id).await?,
            false => self.lanes.payment()?,
        };
        let _in_flight = self.metrics.in_flight();
        let answer = self.read_and_decide(caller, ask).await;
        self.metrics.decided_in(started.elapsed());
        answer
    }

    async fn read_and_decide(self: &Arc<Self>, caller: Caller, ask: Ask) -> Result<Reply, Problem> {
        let reading = Instant::now();
        let trace = match ask.trace.filter(|trace| ids::is_trace(trace)) {
            Some(trace) => trace,
            None => ids::fresh("trc").map_err(|e| problems::internal(&e.to_string()))?,
        };
        let request_hash = self.idempotency.request(&ask.body);
        let mut message = self.intake.read(ask.media, ask.body)?;
        for request in &message.requests {
            self.metrics.dropped(request.dropped.count());
        }
        self.metrics.part(Part::Intake, reading.elapsed());
        let set = self.sets.in_force();
        // What is asked in the customer's own channel about a payment keeps no payment waiting either.
        let asks_for_help = |request: &Request| {
            let operation = set.operation(&request.operation);
            operation.is_some_and(|o| o.kind == OperationKind::Assistance)
        };
        let _beside = match message.requests.iter().any(asks_for_help) {
            true if !caller.role.is_support() => Some(self.lanes.assistance(&caller.id).await?),
            _ => None,
        };
        let of_message = |id: &Secret| Zeroizing::new(id.expose(|id| format!("iso:{id}")));
        let (key, said_in) = match (ask.idempotency_key, message.envelope.message_key()) {
            (Some(key), _) => (Some(Zeroizing::new(key)), KeyIn::Header),
            (None, id) => (id.map(of_message), KeyIn::Message),
        };
        let mark = key.map(|key| self.idempotency.mark(&caller, &key, &request_hash));
        let asked = Asked {
            caller,
            set,
            trace,
            mark,
            told: ask.at,
            at: self.clock.of(ask.at),
        };
        let decided = self.decide_once(&asked, said_in, &mut message).await?;
        let replying = Instant::now();
        let views = self
            .in_words(|words| self.views(&asked.caller, &decided, words))
            .await?;
        let reply = reply::render(&message.envelope, views, decided.replayed, asked.trace);
        self.metrics.part(Part::Reply, replying.elapsed());
        Ok(reply)
    }

    /// The decisions about a message, taken now or before.
    async fn decide_once(
        &self,
        asked: &Asked,
        said_in: KeyIn,
        message: &mut Message,
    ) -> Result<Decided, Problem> {
        let requests = std::mem::take(&mut message.requests);
        let Some(mark) = &asked.mark else {
            let mut ids = Vec::new();
            let taken_now = self.decide_rest(asked, requests, &mut ids).await?;
            return Ok(Decided {
                ids,
                taken_now,
                replayed: false,
            });
        };
        match self.begin(mark, requests.len(), asked.at).await {
            Seen::OtherRequest => Err(match said_in {
                KeyIn::Header => problems::key_used_for_another_request(),
                KeyIn::Message => {
                    let at = message.envelope.message_id_at();
                    problems::message_id_used_for_another_message(at)
                }
            }),
            Seen::InFlight(_) => Err(problems::in_flight()),
            Seen::Decided(ids) => {
                self.metrics.replayed();
                Ok(Decided {
                    ids,
                    taken_now: Vec::new(),
                    replayed: true,
                })
            }
            Seen::Undecided(decided) => {
                let mut underway = Underway {
                    table: &self.idempotency,
                    mark,
                    decided,
                    complete: false,
                };
                let taken_now = self
                    .decide_rest(asked, requests, &mut underway.decided)
                    .await?;
                underway.complete = true;
                Ok(Decided {
                    ids: underway.decided.clone(),
                    taken_now,
                    replayed: false,
                })
            }
        }
    }

    /// What is known about a key. Where the same request is under way, its end is awaited, for some time.
    async fn begin(&self, mark: &Mark, requests: usize, at: Timestamp) -> Seen {
        let deadline = tokio::time::Instant::now() + MAX_WAIT_FOR_THE_SAME;
        loop {
            match self.idempotency.begin(mark, requests, at) {
                Seen::InFlight(ended) => {
                    if timeout_at(deadline, ended.0.cancelled()).await.is_err() {
                        return Seen::InFlight(ended);
                    }
                }
                seen => return seen,
            }
        }
    }

    /// Decides the requests of a message that are not decided yet, one after the other.
    async fn decide_rest(
        &self,
        asked: &Asked,
        requests: Vec<Request>,
        decided: &mut Vec<String>,
    ) -> Result<Vec<Stored>, Problem> {
        let mut taken_now = Vec::new();
        let is_of_several = requests.len() > 1;
        let rest: Vec<(usize, Request)> = requests
            .into_iter()
            .enumerate()
            .skip(decided.len())
            .collect();
        // Who may not pay is told nothing about payments.
        let pays = |(_, request): &(usize, Request)| {
            let operation = asked.set.operation(&request.operation);
            operation.is_some_and(|one| one.kind == OperationKind::Payment)
        };
        let is_whole = is_of_several && asked.caller.role == Role::Service && rest.iter().all(pays);
        let (_whole, lock) = if is_whole {
            (
                self.hold_all(&asked.caller.id, &rest).await?,
                PaymentLock::Held,
            )
        } else {
            (Vec::new(), PaymentLock::Take)
        };
        for (_, request) in rest {
            let stored = self.decide_request(asked, request, lock).await?;
            decided.push(stored.record.decision.clone());
            taken_now.push(stored);
        }
        Ok(taken_now)
    }
}

impl Inner {
    /// Holds all payments of a message that are not decided yet, so that none of them is decided elsewhere
    /// meanwhile; what stands against one of them is a problem before the first is decided.
    async fn hold_all(
        &self,
        service: &str,
        rest: &[(usize, Request)],
    ) -> Result<Vec<MutexGuard<'_, ()>>, Problem> {
        let mut payments = Vec::with_capacity(rest.len());
        for (place, request) in rest {
            let Some(payment) = self.text(&request.row, self.known.payment_id) else {
                return Err(problems::transaction_without(*place, "identifier"));
            };
            if request.row.get(self.known.payment_amount).is_none() {
                return Err(problems::transaction_without(*place, "amount"));
            }
            payments.push(payment);
        }
        let held = self.payments.lock_all(&payments).await;
        for ((place, _), payment) in rest.iter().zip(&payments) {
            self.check_id_is_free(payment, service)
                .map_err(|taken| match taken {
                    Taken::ByCaller => problems::transaction_known(*place),
                    Taken::ByMany => problems::identifier_used_up(),
                    Taken::Unknown(problem) => problem,
                })?;
        }
        Ok(held)
    }
}

/// Where the key of a request is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyIn {
    /// In the header Idempotency-Key.
    Header,
    /// It is the identifier of an ISO 20022 message.
    Message,
}

/// Whether the lock over a payment is held already, by whoever decides the message that it came in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentLock {
    Take,
    Held,
}

/// What was decided about a message.
pub(crate) struct Decided {
    /// All decisions, in the order of its requests.
    pub(crate) ids: Vec<String>,
    /// Those of them that were taken now.
    pub(crate) taken_now: Vec<Stored>,
    /// Whether all were taken before.
    pub(crate) replayed: bool,
}

/// A key whose request is under way. When it goes, by whatever way, the key is settled, or free for the
/// part of the message that is not decided.
struct Underway<'a> {
    table: &'a Table,
    mark: &'a Mark,
    decided: Vec<String>,
    complete: bool,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let decided = std::mem::take(&mut self.decided);
        if self.complete {
            self.table.settle(self.mark, decided);
        } else {
            self.table.forget(self.mark, decided);
        }
    }
}
