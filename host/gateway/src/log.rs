//! The audit log over HTTP, below `/v1/log`: for programs that verify it (C2SP `tlog-tiles`), and for who looks something up.

use hyper::body::Incoming;
use hyper::{HeaderMap, Request};
use weft_engine::{Caller, LogQuery};

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

    /// Records that meet conditions, page by page.
    pub(crate) async fn records(
        &self,
        caller: &Caller,
        request: &Request<Incoming>,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(request.headers(), Route::Records.forms())?;
        let query = request.uri().query().unwrap_or_default();
        let query = LogQuery::parse(query).map_err(Refusal::by_engine)?;
        let read = self.engine.log_records(caller, query).await;
        Ok(answer::exact(read.map_err(Refusal::by_engine)?, form))
    }
}
