//! The audit log for those who verify it: the checkpoint, and the pieces of the tree and the records (C2SP `tlog-tiles`).
//!
//! What is given is covered by a signature, and is byte for byte what the signature is about. That it was read is on
//! record.

use std::sync::Arc;

use weft_audit::tiles::Tile;
use weft_audit::{Filter, Page};
use weft_intake::Problem;

use crate::attempts::Attempt;
use crate::engine::{Engine, Inner};
use crate::log_query::LogQuery;
use crate::{Caller, ids, problems};

impl Engine {
    /// The newest checkpoint, as it was signed.
    pub async fn log_checkpoint(&self, caller: &Caller) -> Result<String, Problem> {
        self.read_log(Attempt::log_read(caller, "checkpoint"), |inner| {
            let signed = inner.log.signed();
            Ok(signed.map_err(|why| problems::not_read(&why))?.0)
        })
        .await
    }

    /// The piece that a path names: `tile/0/x001/234`, `tile/entries/000.p/17`. A partial one is given as far as a
    /// checkpoint covers it.
    pub async fn log_tile(&self, caller: &Caller, path: &str) -> Result<Vec<u8>, Problem> {
        let tile = Tile::parse(path).ok_or_else(problems::no_tile)?;
        let attempt = Attempt::log_read(caller, "tile").at(tile.to_string());
        self.read_log(attempt, move |inner| {
            let read = inner
                .log
                .tile(tile)
                .map_err(|why| problems::not_read(&why))?;
            read.ok_or_else(problems::no_such_tile)
        })
        .await
    }

    /// A proof that the record of a decision, or the first one of a request for a value or in an emergency, is in the log
    /// (C2SP `tlog-proof`).
    pub async fn log_proof(&self, caller: &Caller, decision: &str) -> Result<String, Problem> {
        let id = decision.to_owned();
        // What is not there is not named: it is somebody's made-up text.
        let is_there = ids::is_decision(decision) && self.inner.stored(decision)?.is_some();
        let known = is_there.then(|| decision.to_owned());
        let attempt = Attempt::log_read(caller, "proof").about(known);
        self.read_log(attempt, move |inner| {
            let index = if ids::is_decision(&id) {
                inner.stored(&id)?.map(|stored| stored.index)
            } else {
                // A request for a value, or in an emergency.
                let filter = Filter {
                    decision: Some(id),
                    ..Filter::default()
                };
                let page = inner.log.query(&filter, 0, 1);
                let page = page.map_err(|why| problems::not_read(&why))?;
                page.entries.first().map(|entry| entry.index)
            };
            let index = index.ok_or_else(problems::no_such_decision)?;
            let proof = inner.log.proof(index);
            let proof = proof.map_err(|why| problems::not_read(&why))?;
            Ok(proof.ok_or_else(problems::not_signed_yet)?.to_string())
        })
        .await
    }

    /// One page of the records that a query asks for, each byte for byte as it is in the log, as one JSON object.
    pub async fn log_records(&self, caller: &Caller, query: LogQuery) -> Result<Vec<u8>, Problem> {
        self.read_log(Attempt::log_read(caller, "records"), move |inner| {
            let page = inner.log.query(&query.filter, query.cursor, query.limit);
            let page = page.map_err(|why| problems::not_read(&why))?;
            Ok(told(&page))
        })
        .await
    }

    async fn read_log<T: Send + 'static>(
        &self,
        attempt: Attempt,
        read: impl FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(&self.inner);
        let done = self.inner.tasks.spawn_blocking(move || read(&inner)).await;
        let done = done.unwrap_or_else(|_| Err(problems::internal("the log could not be read")));
        let told = match done {
            Ok(read) => {
                let on_record = self.inner.on_record(attempt).await;
                on_record.map(|()| read)
            }
            Err(problem) => Err(problem),
        };
        told.inspect_err(|problem| self.inner.metrics.problem(problem.code()))
    }
}

/// A page as one JSON object. The records stand in it as they are: they are JSON, and their hashes are of these bytes.
fn told(page: &Page) -> Vec<u8> {
    let mut out = br#"{"records":["#.to_vec();
    for (place, entry) in page.entries.iter().enumerate() {
        out.extend_from_slice(if place > 0 { b"," } else { b"" });
        out.extend_from_slice(&entry.json());
    }
    out.extend_from_slice(format!(r#"],"of":{}"#, page.of).as_bytes());
    out.extend(
        page.next
            .iter()
            .flat_map(|next| format!(r#","next":{next}"#).into_bytes()),
    );
    out.push(b'}');
    out
}
