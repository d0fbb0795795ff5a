//! The audit log for those who verify it: the checkpoint, and the pieces of the tree and the records (C2SP `tlog-tiles`).
//!
//! What is given is covered by a signature, and is byte for byte what the signature is about. That it was read is on
//! record.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::value::RawValue;
use weft_audit::tiles::Tile;
use weft_audit::{Entry, Page};
use weft_intake::Problem;

use crate::attempts::Kind;
use crate::engine::{Engine, Inner};
use crate::log_query::LogQuery;
use crate::{Caller, ids, problems};

/// A page as it is told.
#[derive(Serialize)]
struct Told<'a> {
    records: Vec<ToldRecord<'a>>,
    /// See [`Page::of`].
    of: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

#[derive(Serialize)]
struct ToldRecord<'a> {
    index: u64,
    leaf_hash: String,
    record: &'a RawValue,
}

impl<'a> Told<'a> {
    fn of(page: &'a Page) -> Result<Told<'a>, serde_json::Error> {
        let record = |entry: &'a Entry| {
            Ok(ToldRecord {
                index: entry.index,
                leaf_hash: HEXLOWER.encode(&entry.leaf_hash),
                record: serde_json::from_slice(&entry.bytes)?,
            })
        };
        Ok(Told {
            records: page.entries.iter().map(record).collect::<Result<_, _>>()?,
            of: page.of,
            next: page.next,
        })
    }
}

impl Engine {
    /// The newest checkpoint, as it was signed.
    pub async fn log_checkpoint(&self, caller: &Caller) -> Result<String, Problem> {
        self.read_log(caller, |inner| {
            let signed = inner.log.signed();
            Ok(signed.map_err(|why| problems::not_read(&why))?.0)
        })
        .await
    }

    /// The piece that a path names: `tile/0/x001/234`, `tile/entries/000.p/17`. A partial one is given as far as a
    /// checkpoint covers it.
    pub async fn log_tile(&self, caller: &Caller, path: &str) -> Result<Vec<u8>, Problem> {
        let tile = Tile::parse(path).ok_or_else(problems::no_tile)?;
        self.read_log(caller, move |inner| {
            let read = inner
                .log
                .tile(tile)
                .map_err(|why| problems::not_read(&why))?;
            read.ok_or_else(problems::no_such_tile)
        })
        .await
    }

    /// A proof that a decision's record is in the log (C2SP `tlog-proof`).
    pub async fn log_proof(&self, caller: &Caller, decision: &str) -> Result<String, Problem> {
        let id = decision.to_owned();
        self.read_log(caller, move |inner| {
            let stored = match ids::is_decision(&id) {
                true => inner.stored(&id)?,
                false => None,
            };
            let stored = stored.ok_or_else(problems::no_such_decision)?;
            let proof = inner.log.proof(stored.index);
            let proof = proof.map_err(|why| problems::not_read(&why))?;
            Ok(proof.ok_or_else(problems::not_signed_yet)?.to_string())
        })
        .await
    }

    /// One page of the records that a query asks for, each byte for byte as it is in the log, as one JSON object.
    pub async fn log_records(&self, caller: &Caller, query: LogQuery) -> Result<Vec<u8>, Problem> {
        self.read_log(caller, move |inner| {
            let page = inner.log.query(&query.filter, query.cursor, query.limit);
            let page = page.map_err(|why| problems::not_read(&why))?;
            let told = Told::of(&page).and_then(|told| serde_json::to_vec(&told));
            told.map_err(|_| problems::internal("the records could not be written"))
        })
        .await
    }

    async fn read_log<T: Send + 'static>(
        &self,
        caller: &Caller,
        read: impl FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(&self.inner);
        let done = self.inner.tasks.spawn_blocking(move || read(&inner)).await;
        let done = done.unwrap_or_else(|_| Err(problems::internal("the log could not be read")));
        let told = match done {
            Ok(read) => {
                let on_record = self.inner.attempted(Kind::log_read(caller), None).await;
                on_record.map(|()| read)
            }
            Err(problem) => Err(problem),
        };
        told.inspect_err(|problem| self.inner.metrics.problem(problem.code()))
    }
}
