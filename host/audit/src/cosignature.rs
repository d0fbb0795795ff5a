//! Cosignatures of witnesses over checkpoints: C2SP `tlog-cosignature`, Ed25519.
//!
//! A witness says by one that at a time it saw the log with this head, and that the log began with all that the witness
//! had seen of it before. A log that shows one history to one reader and another to the next cannot get both cosigned.

use ed25519_dalek::Signature;

use crate::checkpoint::Checkpoint;
use crate::note::{BadNote, NoteKey};

/// Ed25519 cosignatures in the specification.
const ALGORITHM: u8 = 0x04;
/// Bytes of a time, and of an Ed25519 signature.
const TIME: usize = 8;
const SIGNATURE: usize = 64;

/// What it takes to check a witness's cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey(NoteKey);

/// That a witness has cosigned a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's name.
    pub witness: String,
    /// When it did, in seconds since 1970, by its own clock.
    pub at: u64,
}

impl WitnessKey {
    /// Reads a verifier key, `name+key id+base64`, of the type for cosignatures.
    pub fn parse(vkey: &str) -> Result<WitnessKey, BadNote> {
        NoteKey::parse(vkey, ALGORITHM).map(WitnessKey)
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The cosignature in a line of a note, if it is one of this witness over this checkpoint; else why not.
    pub fn check(&self, checkpoint: &Checkpoint, line: &str) -> Result<Cosignature, &'static str> {
        let bytes: [u8; TIME + SIGNATURE] = self.0.signature(line)?;
        let Some((time, signature)) = bytes.split_first_chunk::<TIME>() else {
            return Err("the signature line does not have its form");
        };
        let at = u64::from_be_bytes(*time);
        let signed = format!("cosignature/v1\ntime {at}\n{}", checkpoint.text());
        let verified = Signature::from_slice(signature)
            .and_then(|signature| self.0.verify(signed.as_bytes(), &signature));
        match verified {
            Ok(()) => Ok(Cosignature {
                witness: self.name().to_owned(),
                at,
            }),
            Err(_) => Err("the cosignature does not match time, origin, size and root"),
        }
    }
}

/// The verifier key.
impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
