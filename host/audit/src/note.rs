//! Signed notes (C2SP `signed-note`): keys by name, and lines of signatures.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, SignatureError, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::checkpoint::is_origin;

/// Bytes of a key's id.
const KEY_ID: usize = 4;
/// With which a line of a signature begins.
const DASH: &str = "\u{2014} ";

/// Why a note or a key is refused: what, and the byte at which it is seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct BadNote {
    /// The byte.
    pub offset: u64,
    /// What.
    pub what: &'static str,
}

pub(crate) fn bad<T>(offset: usize, what: &'static str) -> Result<T, BadNote> {
    Err(BadNote {
        offset: offset as u64,
        what,
    })
}

pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Whether a line has the form of a signature, by whomever.
pub(crate) fn is_signature(line: &str) -> bool {
    let parts = line
        .strip_prefix(DASH)
        .and_then(|rest| rest.split_once(' '));
    parts.is_some_and(|(name, signature)| {
        let bytes = BASE64.decode(signature.as_bytes());
        is_origin(name) && bytes.is_ok_and(|bytes| bytes.len() > KEY_ID)
    })
}

/// An Ed25519 key with the name and for the purpose that its id is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoteKey {
    name: String,
    algorithm: u8,
    key: VerifyingKey,
}

impl NoteKey {
    pub(crate) fn new(name: &str, algorithm: u8, key: VerifyingKey) -> NoteKey {
        NoteKey {
            name: name.to_owned(),
            algorithm,
            key,
        }
    }

    /// Reads `name+key id+base64`, with or without a newline.
    pub(crate) fn parse(vkey: &str, algorithm: u8) -> Result<NoteKey, BadNote> {
        let vkey = vkey.strip_suffix('\n').unwrap_or(vkey);
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return bad(0, "a verifier key is origin+id+key");
        };
        if !is_origin(name) {
            return bad(
                0,
                "the origin is empty, too long, or has spaces or plus signs",
            );
        }
        // Base64 has plus signs, too: where one of the two others is damaged, the parts are not these.
        if id.len() != 2 * KEY_ID || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return bad(0, "a verifier key is origin+id+key");
        }
        let at = name.len() + id.len() + 2;
        let Some([kind, key @ ..]) = decode::<33>(key) else {
            return bad(at, "the key is not base64 of an Ed25519 key");
        };
        if kind != algorithm {
            return bad(at, "the key is for another purpose, or not an Ed25519 key");
        }
        let Ok(key) = VerifyingKey::from_bytes(&key) else {
            return bad(at, "the key is not an Ed25519 key");
        };
        let parsed = NoteKey::new(name, algorithm, key);
        if parsed.to_string() != vkey {
            return bad(0, "the key's id does not match origin and key");
        }
        Ok(parsed)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// First bytes of SHA-256 of name, newline, algorithm, key.
    fn id(&self) -> [u8; KEY_ID] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.algorithm])
            .chain_update(self.key.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The line of a signature by this key.
    pub(crate) fn line(&self, signature: &[u8]) -> String {
        let bytes = [&self.id()[..], signature].concat();
        format!("{DASH}{} {}", self.name, BASE64.encode(&bytes))
    }

    /// The signature of a line by this key; else why it is none.
    pub(crate) fn signature<const N: usize>(&self, line: &str) -> Result<[u8; N], &'static str> {
        let bytes = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.strip_prefix(self.name.as_str()))
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let Some((id, signature)) = bytes.as_deref().and_then(|b| b.split_at_checked(KEY_ID))
        else {
            return Err("the signature line does not have its form");
        };
        if id != self.id() {
            return Err("the signature is by another key than the verifier key");
        }
        <[u8; N]>::try_from(signature).map_err(|_| "the signature line does not have its form")
    }

    pub(crate) fn verify(&self, text: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        self.key.verify_strict(text, signature)
    }
}

impl std::fmt::Display for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![self.algorithm];
        key.extend_from_slice(self.key.as_bytes());
        let id = HEXLOWER.encode(&self.id());
        write!(f, "{}+{id}+{}", self.name, BASE64.encode(&key))
    }
}
