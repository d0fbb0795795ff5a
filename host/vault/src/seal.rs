//! Sealing: XChaCha20-Poly1305 under a key of its own for every sealed text, with a commitment to
//! that key.
//!
//! ```text
//! salt, 32 random bytes          (k_enc, k_com) = HKDF-SHA256(master, salt, "weft/seal/v1", 64)
//! nonce, 24 random bytes
//! k_com, 32 bytes                compared in constant time before anything is decrypted
//! ciphertext and tag, n + 16     XChaCha20-Poly1305(k_enc, nonce, associated data)
//! ```
//!
//! Nonces of 192 bits may be random (draft-irtf-cfrg-xchacha, 1). Poly1305 alone does not commit to
//! a key: there are ciphertexts that open under two (Len, Grubbs, Ristenpart, *Partitioning Oracle
//! Attacks*, 2021). With `k_com` a text opens under the key that sealed it and under no other.
//!
//! The associated data is not stored: who opens says what the text has to be.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keys::{Key, expand};

const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const INFO: &[u8] = b"weft/seal/v1";

/// How many bytes longer a sealed text is.
pub(crate) const OVERHEAD_BYTES: usize = SALT_BYTES + NONCE_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/// Why a text was not sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(#[from] getrandom::Error),
    #[error("longer than the cipher takes")]
    TooLong,
}

/// Not sealed by this key for this associated data, or altered since. Nobody learns which.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not sealed with this key for this use, or altered since")]
pub(crate) struct DoesNotOpen;

/// A master key that seals.
pub(crate) struct Sealer {
    master: Key,
}

impl Sealer {
    pub(crate) fn new(master: Key) -> Sealer {
        Sealer { master }
    }

    /// Seals `plain` for this associated data.
    pub(crate) fn seal(&self, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut random = [0; SALT_BYTES + NONCE_BYTES];
        getrandom::fill(&mut random)?;
        let (salt, nonce) = random.split_at(SALT_BYTES);
        let (cipher, commitment) = self.keys(salt);
        let ciphertext = cipher
            .encrypt(
                &nonce_of(nonce),
                Payload {
                    msg: plain,
                    aad: associated,
                },
            )
            .map_err(|_| SealError::TooLong)?;
        let mut sealed = Vec::with_capacity(OVERHEAD_BYTES + plain.len());
        sealed.extend_from_slice(&random);
        sealed.extend_from_slice(commitment.as_slice());
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens what [`Sealer::seal`] sealed for the same associated data.
    pub(crate) fn open(
        &self,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (salt, rest) = sealed.split_at_checked(SALT_BYTES).ok_or(DoesNotOpen)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_BYTES).ok_or(DoesNotOpen)?;
        let (commitment, ciphertext) =
            rest.split_at_checked(COMMITMENT_BYTES).ok_or(DoesNotOpen)?;
        let (cipher, expected) = self.keys(salt);
        if !bool::from(expected.as_slice().ct_eq(commitment)) {
            return Err(DoesNotOpen);
        }
        cipher
            .decrypt(
                &nonce_of(nonce),
                Payload {
                    msg: ciphertext,
                    aad: associated,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| DoesNotOpen)
    }

    fn keys(&self, salt: &[u8]) -> (XChaCha20Poly1305, Zeroizing<[u8; COMMITMENT_BYTES]>) {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), self.master.as_slice());
        let both = expand::<64>(&hkdf, INFO);
        let cipher = XChaCha20Poly1305::new_from_slice(&both[..32])
            .expect("a key of XChaCha20-Poly1305 has 32 bytes");
        let mut commitment = Zeroizing::new([0; COMMITMENT_BYTES]);
        commitment.copy_from_slice(&both[32..]);
        (cipher, commitment)
    }
}

fn nonce_of(bytes: &[u8]) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(bytes);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn it_opens_for_the_same_use_only() {
        let sealed = sealer(1).seal(b"use", b"plain").expect("seals");
        assert_eq!(sealed.len(), OVERHEAD_BYTES + 5);
        assert_eq!(
            sealer(1).open(b"use", &sealed).expect("opens").as_slice(),
            b"plain"
        );
        assert_eq!(sealer(1).open(b"other", &sealed), Err(DoesNotOpen));
        assert_eq!(sealer(2).open(b"use", &sealed), Err(DoesNotOpen));
    }

    #[test]
    fn no_bit_of_it_may_change_and_none_be_missing() {
        let sealed = sealer(1).seal(b"use", b"plain").expect("seals");
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer(1).open(b"use", &altered), Err(DoesNotOpen), "{bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(sealer(1).open(b"use", &sealed[..length]), Err(DoesNotOpen));
        }
    }

    #[test]
    fn the_commitment_is_to_the_key() {
        // The commitment of another key over the same salt: refused before the cipher is asked.
        let mut sealed = sealer(1).seal(b"use", b"plain").expect("seals");
        let (_, other) = sealer(2).keys(&sealed[..SALT_BYTES]);
        sealed[SALT_BYTES + NONCE_BYTES..][..COMMITMENT_BYTES].copy_from_slice(other.as_slice());
        assert_eq!(sealer(1).open(b"use", &sealed), Err(DoesNotOpen));
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way() {
        let seal = || sealer(1).seal(b"use", b"plain").expect("seals");
        assert_ne!(seal(), seal());
    }
}
