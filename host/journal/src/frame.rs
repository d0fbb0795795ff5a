//! One record on disk.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | magic; not valid UTF-8, so that no text holds it |
//! | 4..6 | kind: 1 record, 2 mark of a clean close |
//! | 6..8 | length of the record |
//! | 8..16 | index of the record; of the mark: the index of the next record |
//! | 16..20 | place within its batch |
//! | 20..24 | CRC-32C of bytes 0..20 and the record |
//! | 24.. | the record |
//!
//! Numbers are little-endian.

use crate::limits::MAX_RECORD_BYTES;

pub(crate) const HEAD: usize = 24;
pub(crate) const MAGIC: [u8; 4] = [0xFE, b'W', b'J', 0xFF];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Record,
    Mark,
}

/// A frame's head, decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) len: usize,
    pub(crate) index: u64,
    pub(crate) place: u32,
    crc: u32,
}

impl Head {
    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> usize {
        HEAD + self.len
    }

    /// The index of the first record of its batch.
    pub(crate) fn batch(&self) -> u64 {
        self.index.saturating_sub(u64::from(self.place))
    }
}

/// Appends one frame to `out`.
pub(crate) fn encode(out: &mut Vec<u8>, kind: Kind, index: u64, place: u32, record: &[u8]) {
    assert!(
        record.len() <= MAX_RECORD_BYTES,
        "checked when it was queued"
    );
    let mut head = [0u8; HEAD];
    head[0..4].copy_from_slice(&MAGIC);
    head[4] = match kind {
        Kind::Record => 1,
        Kind::Mark => 2,
    };
    head[6..8].copy_from_slice(&(record.len() as u16).to_le_bytes());
    head[8..16].copy_from_slice(&index.to_le_bytes());
    head[16..20].copy_from_slice(&place.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head[..20]), record);
    head[20..24].copy_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(record);
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoFrame {
    /// The file ends first.
    Short,
    /// Magic or kind is none that is written.
    Magic,
    /// The checksum does not match.
    Checksum,
}

/// The head at the start of `bytes`, with its checksum not yet compared.
pub(crate) fn head(bytes: &[u8]) -> Result<Head, NoFrame> {
    let bytes: &[u8; HEAD] = bytes.first_chunk().ok_or(NoFrame::Short)?;
    let kind = match (&bytes[0..4] == MAGIC.as_slice(), bytes[4], bytes[5]) {
        (true, 1, 0) => Kind::Record,
        (true, 2, 0) => Kind::Mark,
        _ => return Err(NoFrame::Magic),
    };
    let u32_at =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Ok(Head {
        kind,
        len: usize::from(u16::from_le_bytes([bytes[6], bytes[7]])),
        index: u64::from(u32_at(8)) | u64::from(u32_at(12)) << 32,
        place: u32_at(16),
        crc: u32_at(20),
    })
}

/// The frame at the start of `bytes`, whole and with the right checksum.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Head, &[u8]), NoFrame> {
    let head = head(bytes)?;
    let record = bytes.get(HEAD..head.frame_bytes()).ok_or(NoFrame::Short)?;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..20]), record);
    if crc == head.crc {
        Ok((head, record))
    } else {
        Err(NoFrame::Checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_frame_is_seen() {
        let mut frame = Vec::new();
        encode(&mut frame, Kind::Record, 7, 2, b"a record");
        let (head, record) = decode(&frame).expect("as written");
        assert_eq!((head.index, head.batch(), record), (7, 5, &b"a record"[..]));
        for bit in 0..frame.len() * 8 {
            frame[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&frame).is_err(), "bit {bit}");
            frame[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
