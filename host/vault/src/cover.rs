//! The blind index in a value's row, covered so that it says nothing without the subject's key.
//!
//! HMAC-SHA-256 of the token under the subject's key gives 32 bytes: sixteen are the mask over the index, the next eight
//! stand beside it. By those a row is known whose key was lost before it was durable, after a power cut between the two:
//! the subject has another key since, and under that one the row would have an index of nobody's.

use crate::index::Blind;
use crate::keys::Key;
use crate::row::{Cover, keyed};
use crate::subject::TokenBits;
use crate::vault::hash;

const USE: &[u8] = b"weft/vault/cover/v3";

/// Covers the blind index of a token's row.
pub(crate) fn cover(key: &Key, token: &TokenBits, blind: &Blind) -> Cover {
    let mask = hash(keyed(key), &[USE, token]);
    let mut cover: Cover = std::array::from_fn(|at| mask[at]);
    cover.iter_mut().zip(blind).for_each(|(c, b)| *c ^= b);
    cover
}

/// The blind index again; `None` when another key covered it.
pub(crate) fn uncover(key: &Key, token: &TokenBits, covered: &Cover) -> Option<Blind> {
    // Covering covers once more what was covered, and leaves the check as it is.
    let (covered_blind, check) = covered.split_first_chunk()?;
    let opened = cover(key, token, covered_blind);
    let (blind, found) = opened.split_first_chunk()?;
    (found == check).then_some(*blind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_covered_by_its_subject_and_token() {
        let key = Key::new([7; 32]);
        let covered = cover(&key, &[1; 16], &[5; 16]);
        assert_ne!(covered[..16], [5; 16]);
        assert_eq!(uncover(&key, &[1; 16], &covered), Some([5; 16]));
        assert_eq!(uncover(&key, &[2; 16], &covered), None);
        assert_eq!(uncover(&Key::new([8; 32]), &[1; 16], &covered), None);
    }
}
