//! The audit log over HTTP, for programs that verify it (C2SP `tlog-tiles`, below `/v1/log`).

use hyper::HeaderMap;
use weft_engine::Caller;

use crate::accept;
use crate::answer::{self, Answer, Refusal};
use crate::route::Route;
use crate::service::Service;

impl Service {
    /// `id` is the path below `/v1/log/tile/`, or the decision that is to be proven.
    pub(crate) async fn log(
        &self,
        route: Route,
        caller: &Caller,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, route.forms())?;
        let engine = &self.engine;
        let read = match route {
            Route::Checkpoint => engine.log_checkpoint(caller).await.map(String::into_bytes),
            Route::Proof => engine.log_proof(caller, id).await.map(String::into_bytes),
            _ => engine.log_tile(caller, &format!("tile/{id}")).await,
        };
        Ok(answer::exact(read.map_err(Refusal::by_engine)?, form))
    }
}
