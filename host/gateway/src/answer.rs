//! What goes back: an answer in the form that was asked for, or a problem (RFC 9457).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full as Whole, StreamBody};
use hyper::body::Frame;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use weft_engine::Role;
use weft_intake::{Problem, ProblemCode};

use crate::egress;
use crate::route::Route;
use crate::seats::Full;

/// An answer. Its body is whole, but for that of a stream.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Problems have one form, whatever the caller accepts.
const PROBLEM: &str = "application/problem+json";
/// Seconds after which a host that could not answer yet may be asked again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Why there is no answer, with what HTTP wants said about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the caller is told.
    pub(crate) problem: Problem,
    /// Who has counted it already.
    pub(crate) counted: Counted,
    /// If it is not the problem's own.
    status: Option<StatusCode>,
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
            ProblemCode::InFlight | ProblemCode::NotReady | ProblemCode::Saturated => {
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
            status: None,
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

    /// The resource is for other roles.
    pub(crate) fn role(roles: &[Role]) -> Refusal {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let detail = format!("only callers with the role {} get this", names.join(" or "));
        Problem::new(ProblemCode::Forbidden, detail).into()
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

    /// There is no room for the connection.
    pub(crate) fn turned_away(full: Full) -> Refusal {
        let detail = match full {
            Full::Host => "the host serves as many connections as it may",
            Full::Address => "this address has as many connections as it may",
        };
        Problem::new(ProblemCode::Saturated, detail)
            .help("connect again in a moment")
            .into()
    }

    /// What came is no request. The problem has the status that hyper has for it.
    pub(crate) fn not_http(status: StatusCode) -> Refusal {
        let detail = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "the request's header is larger than this host takes"
            }
            StatusCode::URI_TOO_LONG => "the request's path is longer than this host takes",
            _ => "what came is no HTTP/1.1 request",
        };
        Refusal {
            status: Some(status),
            header: Some((CONNECTION, HeaderValue::from_static("close"))),
            ..Refusal::from(Problem::new(ProblemCode::Malformed, detail))
        }
    }

    /// The header of a request did not come to its end in time.
    pub(crate) fn late_header() -> Refusal {
        Problem::new(
            ProblemCode::Timeout,
            "the request's header did not arrive in time",
        )
        .help("connect and send it again")
        .into()
    }

    /// A fault of the host's own.
    pub(crate) fn internal(detail: &'static str) -> Refusal {
        Problem::new(ProblemCode::Internal, detail).into()
    }

    /// As it goes back.
    pub(crate) fn into_answer(self) -> Answer {
        let status = self
            .status
            .or_else(|| StatusCode::from_u16(self.problem.status()).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut problem = self.problem.to_json();
        problem["status"] = status.as_u16().into();
        // A JSON value of texts and numbers always serialises.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut answer = new(body, PROBLEM);
        *answer.status_mut() = status;
        if let Some((name, value)) = self.header {
            answer.headers_mut().insert(name, value);
        }
        answer
    }

    /// As it goes back where hyper does not write it.
    pub(crate) async fn into_bytes(self) -> Vec<u8> {
        let (head, body) = self.into_answer().into_parts();
        // A whole body is there at once.
        let body = body.collect().await.map(|b| b.to_bytes());
        let body = body.unwrap_or_default();
        let mut bytes = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
        for (name, value) in &head.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }
}

/// An answer with status 200, without what must not leave.
pub(crate) fn new(body: impl Into<Vec<u8>>, form: &'static str) -> Answer {
    whole(egress::checked(body.into(), form).into(), form)
}

/// The same of a JSON object, with one more member that was granted as it is.
pub(crate) fn with_granted(
    object: Vec<u8>,
    name: &str,
    granted: Vec<u8>,
    form: &'static str,
) -> Option<Answer> {
    let mut body = egress::checked(object, form);
    // What an object ends with; it has other members.
    body.pop().filter(|last| *last == b'}')?;
    body.extend_from_slice(format!(",\"{name}\":").as_bytes());
    body.extend_from_slice(&granted);
    body.push(b'}');
    Some(whole(body.into(), form))
}

/// The same of a body in which no byte may be another: a signature is about it. What it is made of was looked at when it
/// was written.
pub(crate) fn exact(body: Vec<u8>, form: &'static str) -> Answer {
    whole(body.into(), form)
}

/// The same of a body that is always the same.
pub(crate) fn fixed(body: &'static str, form: &'static str) -> Answer {
    whole(Bytes::from_static(body.as_bytes()), form)
}

/// An answer that goes on: each piece passes [`piece`] before.
pub(crate) fn stream(
    pieces: impl Stream<Item = Bytes> + Send + 'static,
    form: &'static str,
) -> Answer {
    let frames = pieces.map(|piece| Ok(Frame::data(piece)));
    with_body(StreamBody::new(frames).boxed_unsync(), form)
}

/// A piece of a stream, without what must not leave.
pub(crate) fn piece(json: Vec<u8>) -> Vec<u8> {
    egress::checked(json, "application/json")
}

fn whole(body: Bytes, form: &'static str) -> Answer {
    with_body(Whole::new(body).boxed_unsync(), form)
}

fn with_body(body: UnsyncBoxBody<Bytes, Infallible>, form: &'static str) -> Answer {
    let mut answer = Response::new(body);
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

    #[tokio::test]
    async fn only_what_was_granted_leaves_as_it_is() {
        let object = br#"{"id":"dis_1","note":"+32470123456"}"#.to_vec();
        let granted = br#""+32470123456""#.to_vec();
        let answer = with_granted(object, "value", granted, "application/json").expect("an object");
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("whole")
            .to_bytes();
        assert_eq!(
            body,
            r#"{"id":"dis_1","note":"[covered]","value":"+32470123456"}"#
        );
    }

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
        let saturated = answer(Refusal::turned_away(Full::Host));
        assert_eq!(saturated.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(saturated.headers()[RETRY_AFTER], "1");
        let same = Problem::new(ProblemCode::InFlight, "the same request is under way");
        let same = answer(Refusal::by_engine(same));
        assert_eq!(same.status(), StatusCode::CONFLICT);
        assert_eq!(same.headers()[RETRY_AFTER], "1");
        let known = Problem::new(ProblemCode::Conflict, "it was decided before");
        let known = answer(Refusal::by_engine(known));
        assert_eq!(known.status(), StatusCode::CONFLICT);
        assert!(
            !known.headers().contains_key(RETRY_AFTER),
            "waiting does not help"
        );
        let internal = answer(Refusal::internal("the request was not finished"));
        assert_eq!(internal.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(internal.headers()[CONTENT_TYPE], PROBLEM);
        assert_eq!(internal.headers()[CACHE_CONTROL], "no-store");
    }
}
