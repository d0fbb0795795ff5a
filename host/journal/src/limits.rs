//! The bounds of a journal.

use std::time::Duration;

/// Bytes in one record.
pub const MAX_RECORD_BYTES: usize = 65_535;
/// Records waiting to be written. One more is refused with [`crate::AppendError::Saturated`].
pub const MAX_QUEUED_RECORDS: usize = 65_536;
/// Bytes waiting to be written.
pub const MAX_QUEUED_BYTES: usize = 64 * 1024 * 1024;
/// Records that a copy queues before it waits for them.
pub(crate) const COPIED_AT_ONCE: u64 = 256;
/// Bytes in one write and `fdatasync`.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// The size of a segment file, unless the configuration says otherwise.
pub const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;
/// The smallest segment: it must hold the largest record.
pub const MIN_SEGMENT_BYTES: u64 = 128 * 1024;
/// The largest segment.
pub const MAX_SEGMENT_BYTES: u64 = 1024 * 1024 * 1024;
/// Distance between the places that the index in memory keeps; a read walks at most so far.
pub(crate) const ANCHOR_BYTES: u64 = 32 * 1024;
/// Bytes that a reader holds of a file.
pub(crate) const WINDOW_BYTES: usize = 256 * 1024;
/// The same for one who reads a single record; more for a record that is longer.
pub(crate) const ONE_WINDOW_BYTES: usize = 8 * 1024;
/// How often a journal without room looks for some.
pub const ROOM_PAUSE: Duration = Duration::from_millis(250);
/// Zeros that are written at once while a segment is prepared.
pub(crate) const PREPARE_BYTES: usize = 1024 * 1024;
/// Places of damage that an inspection tells about in one segment before it goes on to the next.
pub const MAX_DAMAGE_A_SEGMENT: usize = 64;
