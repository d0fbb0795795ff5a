//! One request, start to end.
//!
//! What is asked of a request, in this order: a path that there is (404), a method that it has (405), a
//! caller (401) with the right role (403) and something left in its bucket (429), an answer that it
//! accepts (406), a body that can be read (415), a key (422), a body of the right size (413) in time
//! (408). Only then does the engine see it. A body is not read before its caller is known.

use std::convert::Infallible;
use std::time::Instant;

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field};
use weft_engine::{Ask, Caller, Engine};
use weft_intake::{Culprit, MediaType, Problem, ProblemCode};

use crate::answer::{self, Answer, Counted, Refusal};
use crate::buckets::Buckets;
use crate::callers::CallerIndex;
use crate::guard::guard;
use crate::headers::{self, Shown};
use crate::metrics::{Cause, Metrics};
use crate::route::{Access, OPENAPI, Route};
use crate::seats::{Seat, Treatment};
use crate::trace::{TRACEPARENT, Trace};
use crate::{Callers, Limits, accept, body};

/// Says that a decision was taken before, for the same request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The label of requests to paths that are not there.
const NO_ROUTE: &str = "none";

/// What every request needs.
pub(crate) struct Service {
    pub(crate) engine: Engine,
    pub(crate) callers: Callers,
    pub(crate) limits: Limits,
    pub(crate) buckets: Buckets,
    pub(crate) metrics: Metrics,
    /// The host stops: what goes on by itself ends.
    pub(crate) stopping: CancellationToken,
}

impl Service {
    /// Answers a request, whatever happens.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        seat: &Seat,
    ) -> Result<Answer, Infallible> {
        let _busy = seat.busy();
        self.observed(request, |request, trace| self.route(request, trace, seat))
            .await
    }

    /// Something came that is no HTTP.
    pub(crate) fn not_http(&self) {
        self.metrics.not_http();
        self.engine.metrics().problem(ProblemCode::Malformed.code());
    }

    /// The header of a request did not come to its end.
    pub(crate) fn late_header(&self) {
        self.engine.metrics().problem(ProblemCode::Timeout.code());
    }

    /// A request with its span, its trace, its count, and an end even if the work panics.
    async fn observed(
        &self,
        request: Request<Incoming>,
        work: impl AsyncFnOnce(Request<Incoming>, Trace) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Infallible> {
        let started = Instant::now();
        let route = Route::of(request.uri().path()).map_or(NO_ROUTE, |(route, _)| route.label());
        let Ok(trace) = Trace::of(request.headers()) else {
            let refusal = Refusal::internal("the operating system gives no randomness");
            return Ok(self.refused(refusal));
        };
        let span = tracing::info_span!(
            "request",
            trace = trace.id(),
            route,
            caller = field::Empty,
            status = field::Empty
        );
        let named = trace.header();
        let work = guard(work(request, trace)).instrument(span.clone());
        let mut answer = match work.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => self.refused(refusal),
            Err(_) => {
                self.metrics.panicked();
                span.in_scope(|| tracing::error!("the request was ended by a panic"));
                self.refused(Refusal::internal("the request was not finished"))
            }
        };
        if let Some(named) = named {
            answer.headers_mut().insert(TRACEPARENT, named);
        }
        let (status, took) = (answer.status().as_u16(), started.elapsed());
        self.metrics.answered(route, status, took);
        span.record("status", status);
        span.in_scope(|| log(status, took.as_micros()));
        Ok(answer)
    }

    fn refused(&self, refusal: Refusal) -> Answer {
        if refusal.counted == Counted::NotYet {
            self.engine.metrics().problem(refusal.problem.code());
        }
        refusal.into_answer()
    }

    async fn route(
        &self,
        request: Request<Incoming>,
        trace: Trace,
        seat: &Seat,
    ) -> Result<Answer, Refusal> {
        let found = Route::of(request.uri().path());
        if let Treatment::TurnAway(full) = seat.treatment
            && !found.is_some_and(|(route, _)| route.is_about_health())
        {
            return Err(Refusal::turned_away(full));
        }
        let (route, id) = found.ok_or_else(Refusal::no_such_route)?;
        if !route.has(request.method()) {
            return Err(Refusal::method(route));
        }
        match route.access(request.method()) {
            Access::Anyone => self.tell(route, request.headers()),
            Access::Callers => {
                let (index, caller) = self.admit(request.headers(), seat)?;
                let answer = match route {
                    Route::Disclose => self.disclose(index, &caller, request, trace).await,
                    Route::Decide => self.decide(&caller, request, trace).await,
                    Route::Explanation => self.explanation(&caller, request.headers(), id).await,
                    Route::Watch => self.watch(&caller, request.headers(), id).await,
                    _ => self.decision(&caller, request.headers(), id).await,
                };
                self.on_record(&caller, route, answer).await
            }
            Access::Roles(roles) => {
                let (index, caller) = self.admit(request.headers(), seat)?;
                let answer = match route {
                    _ if !roles.contains(&caller.role) => Err(Refusal::role(roles)),
                    Route::Metrics => self.observe(route, request.headers()),
                    Route::Checkpoint | Route::Tile | Route::Proof => {
                        self.log(route, &caller, request.headers(), id).await
                    }
                    Route::Records => self.records(&caller, &request).await,
                    Route::Alerts => self.alerts(&caller, request.headers()).await,
                    Route::AlertStream => self.alert_stream(&caller, request.headers()),
                    Route::OpenCommitment => {
                        self.open_commitment(index, &caller, request, trace).await
                    }
                    Route::Emergencies | Route::Approve | Route::Open | Route::Review => {
                        self.emergency(route, index, &caller, request).await
                    }
                    _ => self.operate(route, &caller, request).await,
                };
                self.on_record(&caller, route, answer).await
            }
        }
    }

    /// What comes to nothing here is on record, too; the engine records its own.
    async fn on_record(
        &self,
        caller: &Caller,
        route: Route,
        answer: Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        if let Err(refusal) = &answer
            && refusal.counted == Counted::NotYet
            && refusal.problem.culprit() == Culprit::Caller
        {
            let why = refusal.problem.code();
            let recorded = self.engine.refused(caller, route.label(), why).await;
            recorded.map_err(Refusal::by_engine)?;
        }
        answer
    }

    /// Who asks, if the host lets it.
    fn admit(&self, headers: &HeaderMap, seat: &Seat) -> Result<(CallerIndex, Caller), Refusal> {
        let index = match headers::bearer(headers) {
            Shown::Token(token) => self.callers.by_token(token).ok_or(Cause::Unknown),
            Shown::NoToken => Err(Cause::Malformed),
            Shown::Nothing => Err(Cause::Missing),
        };
        let index = index.map_err(|cause| {
            self.metrics.not_authenticated(cause);
            Refusal::unauthorised()
        })?;
        seat.is_known();
        let caller = self.callers.caller(index);
        Span::current().record("caller", caller.id.as_str());
        self.buckets.take(index).map_err(|wait| {
            self.metrics.rate_limited(&caller.id);
            Refusal::rate_limited(wait)
        })?;
        Ok((index, caller))
    }

    async fn decide(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
        trace: Trace,
    ) -> Result<Answer, Refusal> {
        let media = headers::media(request.headers())?;
        let form = accept::choose(request.headers(), forms(media))?;
        let idempotency_key = headers::idempotency_key(request.headers())?;
        let (most, within) = (self.limits.body_bytes, self.limits.body_timeout);
        let ask = Ask {
            media,
            body: body::read(request.into_body(), most, within).await?,
            idempotency_key,
            trace: Some(trace.id().to_owned()),
            at: None,
        };
        let reply = self
            .engine
            .decide(caller, ask)
            .await
            .map_err(Refusal::by_engine)?;
        let mut answer = answer::new(reply.body, form);
        if reply.replayed {
            let headers = answer.headers_mut();
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        Ok(answer)
    }

    async fn decision(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, Route::Decision.forms())?;
        let view = self
            .engine
            .decision(caller, id)
            .await
            .map_err(Refusal::by_engine)?;
        let body = serde_json::to_vec(&view)
            .map_err(|_| Refusal::internal("the view of the decision cannot be written"))?;
        Ok(answer::new(body, form))
    }

    async fn explanation(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, Route::Explanation.forms())?;
        let explanation = self
            .engine
            .explanation(caller, id)
            .await
            .map_err(Refusal::by_engine)?;
        let body = serde_json::to_vec(&explanation)
            .map_err(|_| Refusal::internal("the explanation cannot be written"))?;
        Ok(answer::new(body, form))
    }

    /// What anyone may know.
    fn tell(&self, route: Route, headers: &HeaderMap) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, route.forms())?;
        match route {
            Route::Description => return Ok(answer::fixed(OPENAPI, form)),
            Route::Alive => return Ok(answer::fixed("{\"status\":\"alive\"}", form)),
            _ => {}
        }
        let readiness = self.engine.readiness();
        if !readiness.ready {
            let reasons = readiness.reasons.join("; ");
            return Err(Problem::new(ProblemCode::NotReady, reasons).into());
        }
        Ok(answer::fixed("{\"status\":\"ready\"}", form))
    }

    fn observe(&self, route: Route, headers: &HeaderMap) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, route.forms())?;
        let text = self
            .engine
            .metrics()
            .render_with(&[self.metrics.registry()]);
        Ok(answer::new(text, form))
    }
}

/// The answer has the form of the question.
fn forms(media: MediaType) -> &'static [&'static str] {
    match media {
        MediaType::Json => &["application/json"],
        MediaType::Xml => &["application/xml", "text/xml"],
    }
}

/// What went as it should is in the audit log already. That the host cannot decide now is told once, by whoever
/// finds it out, not for each request.
fn log(status: u16, took_us: u128) {
    match status {
        503 => tracing::info!(status, took_us, "answered"),
        500.. => tracing::error!(status, took_us, "answered"),
        400.. => tracing::info!(status, took_us, "answered"),
        _ => tracing::debug!(status, took_us, "answered"),
    }
}
