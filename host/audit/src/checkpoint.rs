//! The signed checkpoint: how many records, and the tree's head over them.
//!
//! A C2SP `tlog-checkpoint` in a C2SP `signed-note`:
//!
//! ```text
//! audit.example/eu/0
//! 1024
//! XX3yGb0UQ3vt1YwRxW0MkzU0lHsxWs1gjl2yXYCUuFU=
//!
//! — audit.example/eu/0 PlkGqLqBv…
//! ```
//!
//! The verifier key (`log.vkey`) is `origin+key id in hexadecimal+base64 of the algorithm byte and the key`. Both
//! files are read strictly: bytes that this host would not have written so are refused.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::limits::MAX_ORIGIN_BYTES;
use crate::merkle::Hash;

/// Ed25519 in the signed-note specification.
const ALGORITHM: u8 = 0x01;
const KEY_ID: usize = 4;

/// The tree's size and head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The tree's head over them.
    pub root: Hash,
}

/// Why a checkpoint or a key file is refused: what, and the byte at which it is seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct BadNote {
    /// The byte.
    pub offset: u64,
    /// What.
    pub what: &'static str,
}

fn bad<T>(offset: usize, what: &'static str) -> Result<T, BadNote> {
    Err(BadNote {
        offset: offset as u64,
        what,
    })
}

impl Checkpoint {
    /// The text that is signed.
    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64.encode(&self.root)
        )
    }

    /// The whole note.
    pub(crate) fn sign(&self, signer: &LogKey) -> String {
        let text = self.text();
        let mut signature = signer.verifier.id().to_vec();
        signature.extend_from_slice(&signer.key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            BASE64.encode(&signature)
        )
    }

    /// The checkpoint of a note that `verifier` signed.
    pub fn open(note: &[u8], verifier: &Verifier) -> Result<Checkpoint, BadNote> {
        let Ok(note) = std::str::from_utf8(note) else {
            return bad(0, "the note is not UTF-8");
        };
        let mut offset = 0;
        let mut places = Vec::new();
        let lines: Vec<&str> = note
            .split_inclusive('\n')
            .inspect(|line| {
                places.push(offset);
                offset += line.len();
            })
            .map(|line| line.trim_end_matches('\n'))
            .collect();
        let [origin, size, root, "", signature] = lines[..] else {
            return bad(
                0,
                "a checkpoint has five lines: origin, size, root, an empty one, a signature",
            );
        };
        if origin != verifier.origin {
            return bad(0, "the origin is not that of the verifier key");
        }
        let (Ok(size), Some(root)) = (size.parse(), decode(root)) else {
            return bad(
                places[1],
                "the size is not a number, or the root is not base64 of 32 bytes",
            );
        };
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size,
            root,
        };
        if !note.starts_with(&format!("{}\n", checkpoint.text())) {
            return bad(
                places[1],
                "size or root are not in the form in which they are written",
            );
        }
        let at = places[4];
        let signature = signature
            .strip_prefix('\u{2014}')
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(|rest| rest.strip_prefix(&verifier.origin))
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(decode::<{ KEY_ID + 64 }>);
        let Some(signature) = signature.filter(|_| note.ends_with('\n')) else {
            return bad(at, "the signature line does not have its form");
        };
        let (id, signature) = signature.split_at(KEY_ID);
        if id != verifier.id() {
            return bad(at, "the signature is by another key than the verifier key");
        }
        let verified = Signature::from_slice(signature).and_then(|signature| {
            verifier
                .key
                .verify_strict(checkpoint.text().as_bytes(), &signature)
        });
        match verified {
            Ok(()) => Ok(checkpoint),
            Err(_) => bad(0, "the signature does not match origin, size and root"),
        }
    }
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// What it takes to check a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    origin: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads `origin+key id+base64`, with or without a newline.
    pub fn parse(vkey: &str) -> Result<Verifier, BadNote> {
        let vkey = vkey.strip_suffix('\n').unwrap_or(vkey);
        let mut parts = vkey.splitn(3, '+');
        let (Some(origin), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return bad(0, "a verifier key is origin+id+key");
        };
        if !is_origin(origin) {
            return bad(
                0,
                "the origin is empty, too long, or has spaces or plus signs",
            );
        }
        // Base64 has plus signs, too: where one of the two others is damaged, the parts are not these.
        if id.len() != 2 * KEY_ID || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return bad(0, "a verifier key is origin+id+key");
        }
        let at = origin.len() + id.len() + 2;
        let key = decode::<33>(key).filter(|key| key[0] == ALGORITHM);
        let Some(key) = key.and_then(|key| key[1..].try_into().ok()) else {
            return bad(at, "the key is not base64 of an Ed25519 key");
        };
        let Ok(key) = VerifyingKey::from_bytes(&key) else {
            return bad(at, "the key is not an Ed25519 key");
        };
        let verifier = Verifier {
            origin: origin.to_owned(),
            key,
        };
        if verifier.to_string() != vkey {
            return bad(0, "the key's id does not match origin and key");
        }
        Ok(verifier)
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// First bytes of SHA-256 of origin, newline, algorithm, key.
    fn id(&self) -> [u8; KEY_ID] {
        let hash = Sha256::new()
            .chain_update(&self.origin)
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.key.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// The form of `log.vkey`, without a newline.
impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ALGORITHM];
        key.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.origin,
            HEXLOWER.encode(&self.id()),
            BASE64.encode(&key)
        )
    }
}

/// Whether a text can name a log: the signed-note form allows no spaces and no plus signs.
pub(crate) fn is_origin(text: &str) -> bool {
    (1..=MAX_ORIGIN_BYTES).contains(&text.len())
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// What it takes to sign checkpoints. Its secret is wiped when it is dropped.
pub(crate) struct LogKey {
    key: SigningKey,
    verifier: Verifier,
}

impl LogKey {
    pub(crate) fn new(origin: &str, seed: &[u8; 32]) -> LogKey {
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier {
            origin: origin.to_owned(),
            key: key.verifying_key(),
        };
        LogKey { key, verifier }
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> (String, Verifier) {
        let key = LogKey::new("audit.example/eu/0", &[7; 32]);
        let checkpoint = Checkpoint {
            origin: "audit.example/eu/0".to_owned(),
            size: 1_024,
            root: [9; 32],
        };
        (checkpoint.sign(&key), key.verifier().clone())
    }

    #[test]
    fn the_example_of_the_reference_implementation_verifies() {
        // The package documentation of golang.org/x/mod/sumdb/note.
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let verifier = Verifier::parse(vkey).expect("a verifier key");
        assert_eq!(verifier.to_string(), vkey);
        let signature = decode::<{ KEY_ID + 64 }>(signature).expect("base64");
        assert_eq!(signature[..KEY_ID], verifier.id());
        let signature = Signature::from_slice(&signature[KEY_ID..]).expect("a signature");
        verifier
            .key
            .verify_strict(text.as_bytes(), &signature)
            .expect("it is good");
    }

    #[test]
    fn a_signed_checkpoint_opens_with_its_key() {
        let (note, verifier) = note();
        assert_eq!(Verifier::parse(&verifier.to_string()), Ok(verifier.clone()));
        let checkpoint = Checkpoint::open(note.as_bytes(), &verifier).expect("as signed");
        assert_eq!((checkpoint.size, checkpoint.root), (1_024, [9; 32]));
    }

    #[test]
    fn every_flipped_bit_of_note_and_key_is_seen() {
        let (note, verifier) = note();
        for bit in 0..note.len() * 8 {
            let mut bytes = note.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Checkpoint::open(&bytes, &verifier).is_err(), "bit {bit}");
        }
        let vkey = verifier.to_string();
        for bit in 0..vkey.len() * 8 {
            let mut bytes = vkey.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = String::from_utf8(bytes)
                .ok()
                .and_then(|text| Verifier::parse(&text).ok());
            assert_eq!(read, None, "bit {bit}");
        }
        for other in [
            note.trim_end().to_owned(),
            format!("{note}\n"),
            note.replace("1024", "01024"),
        ] {
            assert!(Checkpoint::open(other.as_bytes(), &verifier).is_err());
        }
    }
}
