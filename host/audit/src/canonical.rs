//! Records to bytes and back: canonical JSON, RFC 8785.

use crate::error::AppendError;
use crate::limits::MAX_RECORD_BYTES;
use crate::record::Record;

/// The bytes that go into the log.
pub(crate) fn to_bytes(record: &Record) -> Result<Vec<u8>, AppendError> {
    let bytes = serde_json_canonicalizer::to_vec(record).map_err(|_| AppendError::NotCanonical)?;
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(AppendError::TooLarge {
            bytes: bytes.len(),
            max: MAX_RECORD_BYTES,
        });
    }
    Ok(bytes)
}

/// The record of bytes in the log, or where they are not one: messages of the parser may quote, so only the
/// column is told.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Record, usize> {
    serde_json::from_slice(bytes).map_err(|error| error.column())
}

/// Whether bytes are the canonical form of what they say, and are a record.
pub(crate) fn is_canonical(bytes: &[u8]) -> bool {
    let again = from_bytes(bytes)
        .ok()
        .and_then(|record| serde_json_canonicalizer::to_vec(&record).ok());
    again.is_some_and(|again| again == bytes)
}
