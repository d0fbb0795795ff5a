//! Which records say a word, 256 at a time.
//!
//! A record names some twenty policies and plugins; a key for each would make the store several times as large, and its
//! thread as much slower. So the store has 256 bits for each word of a block of 256 records, written once, when the block
//! is full. The records behind the last full block are looked at one by one.

use std::collections::BTreeMap;

use crate::keys::{self, Indexed};

/// Records of a block.
pub(crate) const RECORDS: u64 = 256;

/// Some records of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bits([u64; 4]);

impl Bits {
    pub(crate) const ALL: Bits = Bits([u64::MAX; 4]);

    /// With record `index` of the log.
    pub(crate) fn set(&mut self, index: u64) {
        let n = index % RECORDS;
        self.0[(n / 64) as usize] |= 1 << (n % 64);
    }

    /// Those that are in both.
    pub(crate) fn and(mut self, other: Bits) -> Bits {
        for (word, of_other) in self.0.iter_mut().zip(other.0) {
            *word &= of_other;
        }
        self
    }

    /// Their indexes in the log, as those of block `block`.
    pub(crate) fn indexes(self, block: u64) -> impl Iterator<Item = u64> {
        let is_set = move |n: &u64| self.0[(n / 64) as usize] & (1 << (n % 64)) != 0;
        (0..RECORDS)
            .filter(is_set)
            .map(move |n| block * RECORDS + n)
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// From what [`Bits::to_bytes`] made.
    pub(crate) fn of(bytes: &[u8]) -> Option<Bits> {
        let mut bits = Bits::default();
        let (words, rest) = bytes.as_chunks::<8>();
        if words.len() != bits.0.len() || !rest.is_empty() {
            return None;
        }
        for (to, from) in bits.0.iter_mut().zip(words) {
            *to = u64::from_be_bytes(*from);
        }
        Some(bits)
    }
}

/// The first and the last millisecond of a block, as the store has them.
pub(crate) fn span_of(bytes: &[u8]) -> Option<(u64, u64)> {
    let (first, last) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*first), keys::number_of(last)?))
}

/// The block that is not full yet.
#[derive(Debug, Default)]
pub(crate) struct Filling {
    /// The record that comes next; a block's first one, or nothing is known.
    next: Option<u64>,
    /// By the words' keys.
    words: BTreeMap<Vec<u8>, Bits>,
    span: Option<(u64, u64)>,
}

impl Filling {
    /// Whether record `index` can come next.
    pub(crate) fn takes(&self, index: u64) -> bool {
        index.is_multiple_of(RECORDS) || self.next == Some(index)
    }

    /// Adds record `index`; gives keys and values of its block when it is the last of it. A record without keys is
    /// found by none.
    pub(crate) fn push(
        &mut self,
        index: u64,
        record: Option<&Indexed<'_>>,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        if index.is_multiple_of(RECORDS) {
            *self = Filling::default();
        }
        self.next = Some(index + 1);
        if let Some(record) = record {
            for (word, said) in record.words() {
                let bits = self.words.entry(keys::word_prefix(word, said)).or_default();
                bits.set(index);
            }
            let at = record.at();
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
        if !(index + 1).is_multiple_of(RECORDS) {
            return Vec::new();
        }
        let block = keys::number(index / RECORDS);
        let words = std::mem::take(&mut self.words).into_iter();
        let words = words.map(|(prefix, bits)| ([prefix, block.clone()].concat(), bits.to_bytes()));
        let span = self.span.take().map(|(first, last)| {
            let key = [keys::span_prefix(), block.clone()].concat();
            (key, [first.to_be_bytes(), last.to_be_bytes()].concat())
        });
        words.chain(span).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_what_was_set() {
        let mut bits = Bits::default();
        for index in [512, 575, 576, 767] {
            bits.set(index);
        }
        assert_eq!(bits.indexes(2).collect::<Vec<_>>(), [512, 575, 576, 767]);
        assert_eq!(Bits::of(&bits.to_bytes()), Some(bits));
        assert_eq!(Bits::of(&[0; 31]), None);
        assert_eq!(bits.and(Bits::ALL), bits);
        assert_eq!(bits.and(Bits::default()), Bits::default());
    }

    #[test]
    fn only_the_next_record_or_a_blocks_first_comes_next() {
        let mut filling = Filling::default();
        assert!(filling.takes(0) && filling.takes(256) && !filling.takes(3));
        filling.push(256, None);
        assert!(filling.takes(257) && !filling.takes(258));
    }
}
