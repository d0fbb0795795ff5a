//! Keys and payees as fixed-size digests: a text of any length takes the same memory, and what is
//! remembered names nobody.

use sha2::{Digest, Sha256};

/// 128 bits of a SHA-256 over the fields' names and values.
pub(crate) type KeyDigest = [u8; 16];

/// The digest of a key: the names and values of its fields.
pub(crate) fn key_digest<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> KeyDigest {
    let mut hash = Sha256::new();
    for (name, value) in parts {
        for text in [name, value] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
    first(&hash.finalize())
}

/// A token that is part of a key, as 64 bits: enough to forget no other key with it (of a million keys with a
/// probability of 10⁻¹³).
pub(crate) type Part = u64;

/// The digest of a token's body.
pub(crate) fn part_digest(body: &str) -> Part {
    u64::from_be_bytes(first(&Sha256::digest(body)))
}

/// The digest of a payee: 64 bits, enough to tell apart the few thousand payees of one key (two of
/// 4,096 coincide with a probability of 5·10⁻¹³).
pub(crate) fn payee_digest(payee: &str) -> u64 {
    u64::from_be_bytes(first(&Sha256::digest(payee)))
}

fn first<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&hash[..N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_borders_count() {
        let digests = [
            key_digest([("a.b", "x")]),
            key_digest([("a.c", "x")]),
            key_digest([("a.b", "x"), ("a.c", "y")]),
            key_digest([("a.b", "xa.c"), ("", "y")]),
        ];
        for (i, one) in digests.iter().enumerate() {
            assert!(digests[i + 1..].iter().all(|other| other != one));
        }
    }
}
