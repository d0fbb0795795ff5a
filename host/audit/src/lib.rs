//! The audit log: every decision, durable before it is answered, and nothing in it can change unseen.
//!
//! The truth is a journal of records (canonical JSON). Over their exact bytes grows a Merkle tree (RFC 6962),
//! whose head is signed in a checkpoint (C2SP signed note, Ed25519). A sled store answers questions; it
//! is derived from the journal and filled again whenever something about it is wrong.
//!
//! | module | what is there |
//! |---|---|
//! | [`limits`] | the bounds of records, batches, queries |
//! | [`record`] | what one entry says, form `weft.record/1` |
//! | `canonical` | records to bytes and back |
//! | [`commitment`] | what a record says of private facts, and what opens it |
//! | [`merkle`] | the tree, inclusion and consistency proofs |
//! | [`checkpoint`], `note` | the signed checkpoint and the verifier key |
//! | [`cosignature`], [`witness`] | others who sign it, and how they are asked |
//! | [`tiles`] | tree and records in pieces that others' tools read |
//! | `tile_files` | the full tiles, beside the journal |
//! | [`proof`] | that one record is in the tree, for who does not have the log |
//! | `covered` | the records under a checkpoint, and proofs for some of them |
//! | [`export`] | a directory that can be verified without this program |
//! | [`copy()`], [`fork()`] | a copy of a log; one that goes on from such a copy, under another name |
//! | `filter` | which records somebody asks for |
//! | `keys`, `blocks` | under which keys a record is found, and which of many say a word |
//! | `store`, `sums` | sled, and the sums over its files at rest |
//! | `found` | the store as it lies there when a log is opened |
//! | `query` | records page by page |
//! | `recent` | what is durable and not yet in the store |
//! | `refill` | what becomes of a store that failed, while the log is open |
//! | `grown` | the tree as it grows, and its tiles |
//! | `keeper` | the one thread that grows the tree, fills the store, signs |
//! | `open` | opening: everything is read, the head recomputed, the store mended |
//! | [`log`] | the door: [`Log`] |
//! | [`verify`] | checks every file of a directory, read-only |
//! | [`stream`] | every record, one at a time, read-only |
//! | [`show`], `plain` | records for a person, and their text in Markdown |
//!
//! What follows for the rest of the house:
//!
//! * [`Log::append`] returns when the journal's `fdatasync` returned. The tree, the store and the checkpoint follow on
//!   a thread of their own; a read after the append sees the record all the same.
//! * A checkpoint covers durable records only, so there are never fewer records than it says: if there are, or if the
//!   head over them is another, opening is refused.
//! * Damage to journal, checkpoint or key is refused; damage to the store is mended at the next start. A store that
//!   fails while the log is open (a full disk) is given up and filled again; until then [`Log::queryable`] says why
//!   queries are not answered. On a full disk no record is taken, and [`Log::stuck`] says so.
//! * A store that knows more records than the log, or another hash of one, says that the log was put back or changed:
//!   that is refused too. Only a missing or unreadable store is filled again.
//! * A decision of another region is not taken into this log.

mod blocks;
mod canonical;
pub mod checkpoint;
pub mod commitment;
mod copy;
pub mod cosignature;
mod covered;
mod error;
pub mod export;
mod files;
mod filter;
mod fork;
mod found;
mod grown;
mod keeper;
mod keys;
pub mod limits;
pub mod log;
pub mod merkle;
mod note;
mod open;
mod plain;
pub mod proof;
mod query;
mod recent;
pub mod record;
mod refill;
pub mod show;
mod store;
mod stream;
mod sums;
mod tile_files;
pub mod tiles;
pub mod verify;
pub mod witness;

pub use checkpoint::{Checkpoint, Verifier};
pub use commitment::{BadOpening, Opening};
pub use copy::{Copied, copy};
pub use covered::{Proven, prove};
pub use error::{AppendError, CloseError, OpenError, ReadError};
pub use export::{ExportError, Exported, export};
pub use filter::Filter;
pub use fork::{FORKED, fork, origin};
pub use log::{Appending, Log, LogConfig, Receipt, Stored, Tuning};
pub use merkle::Hash;
pub use open::Opened;
pub use proof::{BadProof, Proof};
pub use query::Page;
pub use record::{
    CallerRecord, DecisionRecord, DroppedPlace, DroppedRecord, EventRecord, FindingRecord,
    IdempotencyRecord, NOT_GRANTED, OutcomeRecord, PluginRecord, PurposeRecord, Record, SCHEMA,
    ShownRecord, Sight,
};
pub use refill::Refilling;
pub use show::{Entry, render, show};
pub use stream::{RawRecord, Streamed, stream, stream_raw};
pub use verify::{
    Damage, KeptCheckpoint, Key, Remedy, Report, StoreCheck, VerifyError, VerifyOptions, verify,
};
