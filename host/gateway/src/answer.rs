//! What goes back: an answer in the form that was asked for, or a problem (RFC 9457).

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use weft_intake::{Problem, ProblemCode};

use crate::route::Route;

/// A whole answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Problems have one form, whatever the caller accepts.
const PROBLEM: &str = "application/problem+json";
/// Seconds after which a host that could not decide may be asked again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Why there is no answer, with what HTTP wants said about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the caller is told.
    pub(crate) problem: Problem,
    /// Who has counted it already.
    pub(crate) counted: Counted,
    header: Option<(HeaderName, HeaderValue)>,
}

/// Whether a problem is in the metrics already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The engine counts its own.
    ByEngine,
    /// Not yet.
    NotYet,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        let header = match problem.kind() {
            ProblemCode::Unauthorised => Some((
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"weft\""),
            )),
            ProblemCode::NotReady | ProblemCode::Saturated => {
                Some((RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS)))
            }
            // What did not arrive cannot be skipped, so the connection cannot go on.
            ProblemCode::BodyTooLarge | ProblemCode::Timeout => {
                Some((CONNECTION, HeaderValue::from_static("close")))
            }
            _ => None,
        };
        Refusal {
            problem,
            counted: Counted::NotYet,
            header,
        }
    }
}

impl Refusal {
    /// The engine's own problem.
    pub(crate) fn by_engine(problem: Problem) -> Refusal {
        Refusal {
            counted: Counted::ByEngine,
            ..Refusal::from(problem)
        }
    }

    /// Nobody known asks. The same whether a token is missing or wrong.
    pub(crate) fn unauthorised() -> Refusal {
        Problem::new(
            ProblemCode::Unauthorised,
            "the request shows no bearer token of a known caller",
        )
        .help("send the header Authorization: Bearer TOKEN")
        .into()
    }

    /// There is nothing at this path.
    pub(crate) fn no_such_route() -> Refusal {
        Problem::new(ProblemCode::NotFound, "there is nothing at this path").into()
    }

    /// The resource has other methods.
    pub(crate) fn method(route: Route) -> Refusal {
        let problem = Problem::new(
            ProblemCode::MethodNotAllowed,
            format!("this resource has {}", route.allow()),
        );
        Refusal {
            header: Some((ALLOW, HeaderValue::from_static(route.allow()))),
            ..Refusal::from(problem)
        }
    }

    /// The caller's bucket is empty for so long.
    pub(crate) fn rate_limited(wait: Duration) -> Refusal {
        let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let problem = Problem::new(
            ProblemCode::RateLimited,
            "the caller sends more requests than it may",
        )
        .help("send it again after the time in Retry-After, with the same idempotency key");
        Refusal {
            header: Some((RETRY_AFTER, HeaderValue::from(whole.max(1)))),
            ..Refusal::from(problem)
        }
    }

    /// The host serves as many connections as it may.
    pub(crate) fn turned_away() -> Refusal {
        Problem::new(
            ProblemCode::Saturated,
            "the host serves as many connections as it may",
        )
        .help("connect again in a moment")
        .into()
    }

    /// A fault of the host's own.
    pub(crate) fn internal(detail: &'static str) -> Refusal {
        Problem::new(ProblemCode::Internal, detail).into()
    }

    /// As it goes back.
    pub(crate) fn into_answer(self) -> Answer {
        // A JSON value of texts and numbers always serialises.
        let body = serde_json::to_vec(&self.problem.to_json()).unwrap_or_default();
        let mut answer = new(body, PROBLEM);
        *answer.status_mut() = StatusCode::from_u16(self.problem.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some((name, value)) = self.header {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}

/// An answer with status 200.
pub(crate) fn new(body: impl Into<Bytes>, form: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_whole_seconds() {
        let seconds = |wait| {
            let answer = Refusal::rate_limited(wait).into_answer();
            answer.headers()[RETRY_AFTER]
                .to_str()
                .expect("text")
                .to_owned()
        };
        assert_eq!(seconds(Duration::ZERO), "1");
        assert_eq!(seconds(Duration::from_millis(1_000)), "1");
        assert_eq!(seconds(Duration::from_millis(1_001)), "2");
    }

    #[test]
    fn each_status_says_what_http_wants_of_it() {
        let answer = |refusal: Refusal| refusal.into_answer();
        let unauthorised = answer(Refusal::unauthorised());
        assert_eq!(unauthorised.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            unauthorised.headers()[WWW_AUTHENTICATE],
            "Bearer realm=\"weft\""
        );
        assert_eq!(
            answer(Refusal::method(Route::Decide)).headers()[ALLOW],
            "POST"
        );
        let saturated = answer(Refusal::turned_away());
        assert_eq!(saturated.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(saturated.headers()[RETRY_AFTER], "1");
        let internal = answer(Refusal::internal("the request was not finished"));
        assert_eq!(internal.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(internal.headers()[CONTENT_TYPE], PROBLEM);
        assert_eq!(internal.headers()[CACHE_CONTROL], "no-store");
    }
}
