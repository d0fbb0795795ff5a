//! An append-only file of records: what it has acknowledged is on the disk.
//!
//! Promise: when [`Appended`] resolves, the record and all records before it survive a loss of power,
//! because `fdatasync` returned. Writers share one `fdatasync`: whatever queued while the previous one ran
//! is the next batch. There are no timers, so a lone writer waits for one `fdatasync` and no longer.
//!
//! | module | what is there |
//! |---|---|
//! | [`limits`] | the bounds of records, batches, the queue, segments |
//! | `frame` | one record on disk: magic, length, index, CRC-32C |
//! | `segment` | one file: header, frames, zeros to its end |
//! | `scan` | walks a segment; tells a torn tail from damage |
//! | `recover` | open: walks all segments, cuts a torn tail |
//! | [`inspect`] | read-only check of every byte of a directory |
//! | [`copy()`] | a copy, also beside a writer |
//! | `queue` | the bounded queue, and [`Appended`] |
//! | `writer` | the one thread that writes |
//! | `room` | what the writer does when there is no room |
//! | [`Turns`] | the writer without a thread, for a simulated disk |
//! | `reader` | [`Records`], a stream of records, and reading one by its index |
//!
//! What follows for the rest of the house:
//!
//! * An `fdatasync` error ends the process: after a failed `fsync` the kernel may call lost pages clean, so no
//!   later success can be believed. So does a write error, but for a full disk.
//! * A **full disk** (also a full quota, a limit on the size of files) is not the end: the batch is cut off
//!   again before anybody hears that it was refused, [`Journal::stuck`] says so, further records are refused at
//!   once, and the writer looks for room until there is some.
//! * A **torn tail** is what a crash leaves: the last batch written in part, nothing valid after it. Nobody
//!   was told that it is durable, so [`Journal::open`] cuts it and says so in [`Recovery`]. A broken
//!   frame that a later batch follows is **damage**: open refuses and names file and offset.
//! * Closing leaves a mark behind the last record. A record that breaks in a closed journal is thus
//!   followed by something valid, and is damage, never a torn tail.
//! * Every byte of a segment is covered: header and frames by CRC-32C, the rest must be zero.

pub mod limits;

mod copy;
mod error;
mod frame;
pub mod inspect;
mod journal;
mod queue;
mod reader;
mod recover;
mod room;
mod scan;
mod segment;
mod turns;
mod writer;

pub use copy::{CopyError, copy};
pub use error::{AppendError, OpenError, ReadError, is_disk_full};
pub use inspect::{Damage, Inspection, inspect};
pub use journal::{Committed, Journal, JournalConfig, Position};
pub use queue::Appended;
pub use reader::Records;
pub use recover::{Cut, Recovery};
pub use turns::Turns;
