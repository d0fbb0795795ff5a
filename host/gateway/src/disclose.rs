//! Values of the vault for people, and what opens commitments: asked for one at a time, and rarely.

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde::{Deserialize, Serialize};
use weft_engine::sets::Order;
use weft_engine::{Caller, EmergencyAsk, OpeningAsk, ReleaseAsk, Released};
use weft_intake::{Problem, ProblemCode};

use crate::accept;
use crate::answer::{self, Answer, Refusal};
use crate::callers::CallerIndex;
use crate::operate::{json, malformed};
use crate::route::Route;
use crate::service::Service;
use crate::trace::Trace;

/// Asks for one value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disclose {
    case: String,
    purpose: String,
    field: String,
    #[serde(default)]
    token: Option<String>,
}

/// Asks for what opens one commitment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenCommitment {
    decision: String,
    field: String,
    purpose: String,
}

/// Asks for emergency access.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Emergency {
    case: String,
    payment: String,
    #[serde(default)]
    service: Option<String>,
    field: String,
    reason: String,
}

/// Approves it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    id: String,
    digest: String,
}

/// Uses it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    id: String,
}

/// Says what was found afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    id: String,
    reason: String,
}

impl Service {
    pub(crate) async fn disclose(
        &self,
        index: CallerIndex,
        caller: &Caller,
        request: Request<Incoming>,
        trace: Trace,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), Route::Disclose.forms())?;
        self.take_value(index, caller)?;
        let asked: Disclose = self.asked(request).await?.ok_or_else(malformed)?;
        let ask = ReleaseAsk {
            case: asked.case,
            purpose: asked.purpose,
            field: asked.field,
            token: asked.token,
            trace: Some(trace.id().to_owned()),
        };
        let released = self.engine.release(caller, ask).await;
        answer_with(&released.map_err(Refusal::by_engine)?, form)
    }

    /// The opening stands in the answer as text: a hash is of its bytes.
    pub(crate) async fn open_commitment(
        &self,
        index: CallerIndex,
        caller: &Caller,
        request: Request<Incoming>,
        trace: Trace,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), Route::OpenCommitment.forms())?;
        self.take_value(index, caller)?;
        let asked: OpenCommitment = self.asked(request).await?.ok_or_else(malformed)?;
        let ask = OpeningAsk {
            decision: asked.decision,
            field: asked.field,
            purpose: asked.purpose,
            trace: Some(trace.id().to_owned()),
        };
        let opened = self.engine.open_commitment(caller, ask).await;
        let opened = opened.map_err(Refusal::by_engine)?;
        granted_in(&opened, "opening", serde_json::to_vec(&opened.text()), form)
    }

    /// Emergency access: asked for, approved, used, reviewed, and what waits for its review.
    pub(crate) async fn emergency(
        &self,
        route: Route,
        index: CallerIndex,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), route.forms())?;
        let engine = &self.engine;
        let by = caller.id.clone();
        let one = match route {
            Route::Emergencies if *request.method() != Method::POST => {
                let all = engine.emergencies();
                return Ok(answer::new(json(&Waiting { emergencies: all })?, form));
            }
            Route::Emergencies => {
                self.take_value(index, caller)?;
                let asked: Emergency = self.asked(request).await?.ok_or_else(malformed)?;
                let named = asked.service.as_deref();
                if named.is_some_and(|service| !self.callers.has_service(service)) {
                    return Err(no_such_service());
                }
                let ask = EmergencyAsk {
                    case: asked.case,
                    payment: asked.payment,
                    service: asked.service,
                    field: asked.field,
                };
                engine.ask_in_emergency(caller, ask, asked.reason).await
            }
            Route::Approve => {
                let asked: Approve = self.asked(request).await?.ok_or_else(malformed)?;
                engine.approve_emergency(asked.id, asked.digest, by).await
            }
            Route::Open => {
                self.take_value(index, caller)?;
                let asked: Open = self.asked(request).await?.ok_or_else(malformed)?;
                let opened = engine.open_emergency(asked.id, caller).await;
                return answer_with(&opened.map_err(Refusal::by_engine)?, form);
            }
            _ => {
                let asked: Review = self.asked(request).await?.ok_or_else(malformed)?;
                engine
                    .review_emergency(asked.id, order(by, asked.reason))
                    .await
            }
        };
        let one = one.map_err(Refusal::by_engine)?;
        Ok(answer::new(json(&one)?, form))
    }

    /// One of the few values that a caller may ask for in a minute.
    fn take_value(&self, index: CallerIndex, caller: &Caller) -> Result<(), Refusal> {
        self.buckets.take_value(index).map_err(|wait| {
            self.metrics.rate_limited(&caller.id);
            Refusal::rate_limited(wait)
        })
    }
}

/// What is said of a service stands in the log, so it has to be one.
fn no_such_service() -> Refusal {
    Problem::new(
        ProblemCode::InvalidValue,
        "no service of this host is called so",
    )
    .pointer("/service")
    .help("name the service as the host's configuration does, or leave it out")
    .into()
}

/// What waits for its review.
#[derive(Serialize)]
struct Waiting {
    emergencies: Vec<weft_engine::Emergency>,
}

fn order(by: String, reason: String) -> Order {
    Order {
        by,
        reason: Some(reason),
    }
}

/// The answer with the value in it.
fn answer_with(released: &Released, form: &'static str) -> Result<Answer, Refusal> {
    granted_in(released, "value", released.expose(serde_json::to_vec), form)
}

/// An answer with what was granted in it. All of it but that is looked at on its way out, as any answer is: of what is
/// covered there, this alone was granted.
fn granted_in(
    rest: &impl Serialize,
    name: &str,
    granted: serde_json::Result<Vec<u8>>,
    form: &'static str,
) -> Result<Answer, Refusal> {
    let written = || Refusal::internal("the answer cannot be written");
    let rest = serde_json::to_vec(rest).map_err(|_| written())?;
    let granted = granted.map_err(|_| written())?;
    answer::with_granted(rest, name, granted, form).ok_or_else(written)
}
