//! HTTP: who asks, how much, how often.
//!
//! This is the only room besides the command line that knows hyper. It decides nothing: it finds out who
//! asks, keeps everybody within limits, hands whole bodies to the engine, and says what the engine says.
//!
//! | method and path | who | answer |
//! |---|---|---|
//! | `POST /v1/decisions` | callers; the engine knows which | the decision, whatever the verdict: 200 |
//! | `GET /v1/decisions/{id}` | callers; each sees its own view | the decision, or 404 alike for what is not there and what the caller may not see |
//! | `GET /v1/decisions/{id}/explanation` | the same | why it came out so, in the words of the caller's role |
//! | `GET /v1/openapi.yaml` | anyone | this table for programs (OpenAPI 3.1) |
//! | `GET /healthz` | anyone | 200 while the process lives |
//! | `GET /readyz` | anyone | 200 when the host decides, 503 with the reasons when not |
//! | `GET /metrics` | operators | OpenMetrics text of engine and gateway |
//! | `GET /v1/policies` | operators, regulators | the policy set in force and its policies |
//! | `GET /v1/policy-sets` | operators, regulators | which set was in force since when, by whom |
//! | `POST /v1/policies/reload`, `…/rollback` | operators | what is in force then |
//! | `GET`, `PUT /v1/threat-level` | operators; regulators look | the level of threat |
//! | `GET /v1/escalations` | supervisors | what was escalated and nobody has ended yet |
//! | `GET /v1/vault` | operators, regulators | how the vault stands |
//! | `POST /v1/vault/erase`, `…/hold`, `…/rotate` | operators | erase a person, hold one against erasure, begin new keys |
//! | `POST /v1/vault/export`, `…/import`, `…/approve` | operators | values go to another host or come from one; another operator approves |
//!
//! Health and readiness tell nothing about what is decided, and who asks for them (load balancers,
//! orchestrators) has no token; metrics tell how much is decided and refused, so they are for operators.
//! `HEAD` is answered where `GET` is.
//!
//! Payments and requests for assistance come to the same path: JSON (`application/json`) or ISO 20022
//! (`application/xml`, `text/xml`), and the answer has the form of the question. A problem is
//! `application/problem+json` (RFC 9457) for everybody.
//!
//! | header | what it does |
//! |---|---|
//! | `Authorization: Bearer` | names the caller; only the token's SHA-256 is known here |
//! | `Idempotency-Key` | one effect for a request that is sent more than once; the answer to a repetition says `Idempotent-Replayed: true` |
//! | `traceparent` | the trace that the request belongs to; the answer always has one |
//! | `Accept` | 406 if it excludes the answer's form |
//! | `Retry-After` | of the answer, with 429, 503, and 409 while the same request is being decided |
//!
//! | module | what is there |
//! |---|---|
//! | [`gateway`] | the door: bind, serve, stop |
//! | [`callers`] | who may call |
//! | [`limits`] | every bound |
//! | `connection`, `socket` | how long connections live, how they end |
//! | `seats` | how many there are, and who loses one when there are too many |
//! | `rarely` | what happens often is told rarely |
//! | `service` | one request, start to end |
//! | `operate` | what operators order and look at |
//! | `watch` | a payment's changes, as they happen |
//! | `route` | what there is, who may have it |
//! | `headers`, `accept`, `trace`, `body` | what a request says, checked |
//! | `answer`, `egress` | what goes back, without what leads to a person |
//! | `buckets` | how often |
//! | `guard` | a panic ends one request |
//! | `expiry` | payments whose time is over |
//! | `metrics` | what a platform team watches |
//!
//! What follows for the rest of the house:
//! - TLS is ended in front of this host; tokens and bodies are in clear on the way from there.
//! - No answer, log line or metric quotes what a caller sent, but for the trace id.
//! - Bodies are wiped when they have been read (see `body` for what is not).
//! - A stop answers what is under way; what was decided is in the log even if nobody read the answer.

mod accept;
mod answer;
mod body;
mod buckets;
pub mod callers;
mod connection;
mod disclose;
mod egress;
mod expiry;
pub mod gateway;
mod guard;
mod headers;
pub mod limits;
mod log;
mod metrics;
mod operate;
mod rarely;
mod route;
mod seats;
mod service;
mod socket;
mod trace;
mod watch;

pub use callers::{CallerEntry, Callers, CallersError};
pub use gateway::{Gateway, GatewayConfig, GatewayError};
pub use limits::{LimitError, Limits};
