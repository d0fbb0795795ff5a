//! What operators order and look at: the policy set in force, the level of threat, the vault.

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use weft_engine::Caller;
use weft_engine::sets::{Order, SetChange};
use weft_intake::{MediaType, Problem, ProblemCode};

use crate::answer::{self, Answer, Refusal};
use crate::limits::MAX_ORDER_BYTES;
use crate::route::Route;
use crate::service::Service;
use crate::{accept, body, headers};

/// Asks for an archived set.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RollBack {
    /// Its digest, or where that begins; the set before, if it is not there.
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for another level of threat.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLevel {
    level: u8,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for the erasure of a person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erase {
    /// The token of an identifier of theirs.
    whose: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for a person to be held against erasure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    whose: String,
    /// RFC 3339.
    until: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for all values to be written for a recipient.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    recipient: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for all values of a file to be taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    /// Its name in the directory of transfers.
    file: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Says that what another operator ordered is to be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// The digest of the order.
    digest: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Asks for what takes nothing but a reason.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    #[serde(default)]
    reason: Option<String>,
}

/// Which sets were in force since when.
#[derive(Serialize)]
struct History {
    /// The newest first.
    changes: Vec<SetChange>,
}

impl Service {
    /// Answers an operator, a regulator who looks, or a supervisor who looks at what waits.
    pub(crate) async fn operate(
        &self,
        route: Route,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), route.forms())?;
        let looks = matches!(*request.method(), Method::GET | Method::HEAD);
        let order = |reason| Order {
            by: caller.id.clone(),
            reason,
        };
        let engine = &self.engine;
        let body = match route {
            Route::Policies => json(&engine.policies()),
            Route::PolicySets => json(&History {
                changes: engine.set_changes(),
            }),
            Route::ThreatLevel if looks => json(engine.threat_level().as_ref()),
            Route::ThreatLevel => {
                let asked: SetLevel = self.asked(request).await?.ok_or_else(malformed)?;
                let level = engine.change_threat_level(asked.level, order(asked.reason));
                json(level.await.map_err(Refusal::by_engine)?.as_ref())
            }
            Route::Reload => {
                let asked: Plain = self.asked(request).await?.unwrap_or_default();
                let ordered = engine.reload_policies(order(asked.reason)).await;
                json(&ordered.map_err(Refusal::by_engine)?)
            }
            Route::RollBack => {
                let asked: RollBack = self.asked(request).await?.unwrap_or_default();
                let ordered = engine.roll_back(asked.to, order(asked.reason)).await;
                json(&ordered.map_err(Refusal::by_engine)?)
            }
            Route::Vault => json(&engine.vault_status()),
            Route::Erase => {
                let asked: Erase = self.asked(request).await?.ok_or_else(malformed)?;
                let ordered = engine.erase(asked.whose, order(asked.reason)).await;
                json(&ordered.map_err(Refusal::by_engine)?)
            }
            Route::Hold => {
                let asked: Hold = self.asked(request).await?.ok_or_else(malformed)?;
                let ordered = engine.hold(asked.whose, &asked.until, order(asked.reason));
                json(&ordered.await.map_err(Refusal::by_engine)?)
            }
            Route::Export => {
                let asked: Export = self.asked(request).await?.ok_or_else(malformed)?;
                let ordered = engine.order_export(asked.recipient, order(asked.reason));
                json(&ordered.await.map_err(Refusal::by_engine)?)
            }
            Route::Import => {
                let asked: Import = self.asked(request).await?.ok_or_else(malformed)?;
                let ordered = engine.order_import(asked.file, order(asked.reason));
                json(&ordered.await.map_err(Refusal::by_engine)?)
            }
            Route::ApproveTransfer => {
                let asked: Approve = self.asked(request).await?.ok_or_else(malformed)?;
                let done = engine.approve_transfer(asked.digest, order(asked.reason));
                json(&done.await.map_err(Refusal::by_engine)?)
            }
            Route::Rotate => {
                let asked: Plain = self.asked(request).await?.unwrap_or_default();
                let ordered = engine.rotate_vault(order(asked.reason)).await;
                json(&ordered.map_err(Refusal::by_engine)?)
            }
            Route::Escalations => {
                let queue = engine.escalations(caller).await;
                json(&queue.map_err(Refusal::by_engine)?)
            }
            _ => return Err(Refusal::no_such_route()),
        };
        Ok(answer::new(body?, form))
    }

    /// What the body asks for; nothing, if there is none.
    pub(crate) async fn asked<T: DeserializeOwned>(
        &self,
        request: Request<Incoming>,
    ) -> Result<Option<T>, Refusal> {
        let media = headers::media(request.headers());
        let within = self.limits.body_timeout;
        let body = body::read(request.into_body(), MAX_ORDER_BYTES, within).await?;
        if body.is_empty() {
            return Ok(None);
        }
        if media? != MediaType::Json {
            let detail = "an order is JSON";
            let problem = Problem::new(ProblemCode::UnsupportedMediaType, detail);
            return Err(problem.help("send it as application/json").into());
        }
        // What serde says would quote the body.
        serde_json::from_slice(&body)
            .map(Some)
            .map_err(|_| malformed())
    }
}

pub(crate) fn malformed() -> Refusal {
    Problem::new(
        ProblemCode::Malformed,
        "the body is not a JSON object with the members that this resource takes",
    )
    .help("the description at /v1/openapi.yaml has them")
    .into()
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|_| Refusal::internal("the answer cannot be written"))
}
