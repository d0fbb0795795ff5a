//! The bounds of the log.

use std::time::Duration;

/// Bytes of one record.
pub const MAX_RECORD_BYTES: usize = weft_journal::limits::MAX_RECORD_BYTES;
/// Bytes of the opening of one fact: no more than of the record that it is sealed in.
pub const MAX_OPENING_BYTES: usize = MAX_RECORD_BYTES;
/// Batches that the journal has made durable and the store has not yet taken. One more makes the journal wait.
pub const MAX_BATCHES_BEHIND: usize = 1_024;
/// Records that the store takes in one batch.
pub const MAX_STORE_BATCH: usize = 1_024;
/// How long records are gathered for one batch of the store. Reads see them all the same.
pub const STORE_GATHER_MS: u64 = 10;
/// A checkpoint is signed after so many records, unless the configuration says otherwise.
pub const CHECKPOINT_EVERY_RECORDS: u64 = 4_096;
/// A checkpoint is signed at the latest so long after the first record that it is to cover.
pub const CHECKPOINT_AFTER_MS: u64 = 1_000;
/// Entries of one transaction or one case that a query gives; the newest.
pub const MAX_LINKED: usize = 1_000;
/// Records on one page of a query.
pub const MAX_PAGE: usize = 1_000;
/// Records that are read for one page at the most; what is behind them is on the next one.
pub const MAX_READ_FOR_PAGE: usize = 20_000;
/// Bytes of records on one page at the most, but for the last of them.
pub const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of the log's origin.
pub const MAX_ORIGIN_BYTES: usize = 255;
/// Bytes of the checkpoint's and the key's file.
pub const MAX_NOTE_BYTES: usize = 4_096;
/// Witnesses of one log.
pub const MAX_WITNESSES: usize = 16;
/// Bytes of a checkpoint with the cosignatures of so many witnesses.
pub const MAX_COSIGNED_BYTES: usize = MAX_NOTE_BYTES + MAX_WITNESSES * (MAX_ORIGIN_BYTES + 256);
/// How long a witness may take to answer.
pub const WITNESS_ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// Between two checkpoints that witnesses are asked to cosign.
pub const WITNESS_PAUSE: Duration = Duration::from_secs(1);
/// The same, after too few have cosigned again and again.
pub const MAX_WITNESS_PAUSE: Duration = Duration::from_secs(30);
/// Bytes of a witness's answer.
pub(crate) const MAX_WITNESS_ANSWER_BYTES: usize = 16 * 1024;
/// How often one checkpoint is given to a witness that names another size of the log than was thought.
pub(crate) const WITNESS_TRIES: usize = 3;
/// How often the collector of sled's garbage is called after a batch: three times until a page is free.
pub(crate) const EPOCHS_A_BATCH: usize = 4;
/// And once more for so many entries; each leaves some three pages, and a call frees 512.
pub(crate) const ENTRIES_AN_EPOCH: usize = 64;
/// Bytes of the store's pages that sled may keep in memory. Beside them it keeps where each page is: half a kilobyte a
/// record, measured with `examples/refill.rs`, and without a bound.
pub const STORE_CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Room that the disk has to have before a store that failed for want of it is filled again: some for the store, and a
/// segment of the journal.
pub const STORE_SPARE_BYTES: u64 = 2 * weft_journal::limits::SEGMENT_BYTES;
/// How long it takes until a store that failed is filled again, the first time.
pub(crate) const REFILL_PAUSE: Duration = Duration::from_millis(250);
/// And when it has failed again and again.
pub(crate) const MAX_REFILL_PAUSE: Duration = Duration::from_secs(8);
/// Bytes under one sum of `store.sum`.
pub const SUM_BLOCK_BYTES: usize = 64 * 1024;
/// Places of damage that a verification lists.
pub const MAX_DAMAGE: usize = 256;
/// How often progress is told while records are read.
pub const PROGRESS_EVERY_RECORDS: u64 = 50_000;
/// How often opening the store is tried while its last owner is still letting go of it.
pub const STORE_OPEN_TRIES: u32 = 100;
/// Pause between these.
pub const STORE_OPEN_PAUSE_MS: u64 = 20;
/// Tiles that could not be written, and are tried again before a checkpoint is signed.
pub(crate) const MAX_MISSING_TILES: usize = 1_024;
/// Bytes of a decision's id in a message.
pub const MAX_ID_BYTES: usize = 64;
/// Records that are not what the store knows, and that a verification names one by one.
pub const MAX_NAMED_RECORDS: u64 = 16;
/// Checkpoints that a verification takes from its caller.
pub const MAX_KEPT_CHECKPOINTS: usize = 256;
/// Hashes of an inclusion proof: no tree of 64-bit indexes is taller.
pub const MAX_PROOF_HASHES: usize = 64;
