//! Values of the vault for people: asked for one at a time, and rarely.

use hyper::Request;
use hyper::body::Incoming;
use serde::Deserialize;
use weft_engine::{Caller, ReleaseAsk, Released};

use crate::accept;
use crate::answer::{self, Answer, Refusal};
use crate::callers::CallerIndex;
use crate::operate::malformed;
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

impl Service {
    pub(crate) async fn disclose(
        &self,
        index: CallerIndex,
        caller: &Caller,
        request: Request<Incoming>,
        trace: Trace,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), Route::Disclose.forms())?;
        self.buckets.take_value(index).map_err(|wait| {
            self.metrics.rate_limited(&caller.id);
            Refusal::rate_limited(wait)
        })?;
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
}

/// The answer with the value in it. All of it but the value is looked at on its way out, as any answer is: of what is
/// covered there, the value alone was granted.
fn answer_with(released: &Released, form: &'static str) -> Result<Answer, Refusal> {
    let written = || Refusal::internal("the answer cannot be written");
    let rest = serde_json::to_vec(released).map_err(|_| written())?;
    let value = released.expose(serde_json::to_vec).map_err(|_| written())?;
    answer::with_granted(rest, "value", value, form).ok_or_else(written)
}
