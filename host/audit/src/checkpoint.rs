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
//! files are read strictly: bytes that this host would not have written so are refused. A checkpoint that witnesses have
//! cosigned ([`cosignature`](crate::cosignature)) has a line for each of them behind the log's own.

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey};

use crate::limits::{MAX_ORIGIN_BYTES, MAX_WITNESSES};
use crate::merkle::Hash;
use crate::note::{self, NoteKey, bad};

pub use crate::note::BadNote;

/// Ed25519 in the signed-note specification.
const ALGORITHM: u8 = 0x01;

/// A line of a note, and the byte at which it begins.
pub type Line<'n> = (usize, &'n str);

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

impl Checkpoint {
    /// The text that is signed.
    pub(crate) fn text(&self) -> String {
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
        let signature = signer.key.sign(text.as_bytes()).to_bytes();
        let line = signer.verifier.0.line(&signature);
        format!("{text}\n{line}\n")
    }

    /// The checkpoint of a note that `verifier` signed, and nobody else.
    pub fn open(note: &[u8], verifier: &Verifier) -> Result<Checkpoint, BadNote> {
        let (checkpoint, others) = Checkpoint::open_cosigned(note, verifier)?;
        match others.first() {
            None => Ok(checkpoint),
            Some((at, _)) => bad(*at, "there is more behind the signature"),
        }
    }

    /// The checkpoint of a note that `verifier` signed before all others, and their lines. Nothing vouches for those.
    pub fn open_cosigned<'n>(
        note: &'n [u8],
        verifier: &Verifier,
    ) -> Result<(Checkpoint, Vec<Line<'n>>), BadNote> {
        let Ok(note) = std::str::from_utf8(note) else {
            return bad(0, "the note is not UTF-8");
        };
        let mut offset = 0;
        let lines: Vec<Line<'_>> = note
            .split_inclusive('\n')
            .map(|line| {
                let at = offset;
                offset += line.len();
                (at, line.trim_end_matches('\n'))
            })
            .collect();
        let [
            (_, origin),
            (after_origin, size),
            (_, root),
            (_, ""),
            (at, signature),
            others @ ..,
        ] = &lines[..]
        else {
            return bad(
                0,
                "a checkpoint has five lines: origin, size, root, an empty one, a signature",
            );
        };
        if *origin != verifier.origin() {
            return bad(0, "the origin is not that of the verifier key");
        }
        let (Ok(size), Some(root)) = (size.parse(), note::decode(root)) else {
            return bad(
                *after_origin,
                "the size is not a number, or the root is not base64 of 32 bytes",
            );
        };
        let checkpoint = Checkpoint {
            origin: verifier.origin().to_owned(),
            size,
            root,
        };
        let text = checkpoint.text();
        if !note.starts_with(&format!("{text}\n")) {
            return bad(
                *after_origin,
                "size or root are not in the form in which they are written",
            );
        }
        if !note.ends_with('\n') {
            return bad(
                note.len(),
                "the last line does not end with a newline character",
            );
        }
        let signature: [u8; 64] = verifier.0.signature(signature).map_err(|what| BadNote {
            offset: *at as u64,
            what,
        })?;
        let signature = Signature::from_bytes(&signature);
        if verifier.0.verify(text.as_bytes(), &signature).is_err() {
            return bad(0, "the signature does not match origin, size and root");
        }
        if others.len() > MAX_WITNESSES {
            return bad(others[MAX_WITNESSES].0, "there are too many signatures");
        }
        if let Some((at, _)) = others.iter().find(|(_, line)| !note::is_signature(line)) {
            return bad(*at, "the line is not a signature");
        }
        Ok((checkpoint, others.to_vec()))
    }
}

/// What it takes to check a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier(NoteKey);

impl Verifier {
    /// Reads `origin+key id+base64`, with or without a newline.
    pub fn parse(vkey: &str) -> Result<Verifier, BadNote> {
        NoteKey::parse(vkey, ALGORITHM).map(Verifier)
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        self.0.name()
    }
}

/// The form of `log.vkey`, without a newline.
impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
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
        let verifier = Verifier(NoteKey::new(origin, ALGORITHM, key.verifying_key()));
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
        let line = format!("\u{2014} PeterNeumann {signature}");
        let signature = verifier
            .0
            .signature(&line)
            .expect("a signature of this key");
        let signature = Signature::from_bytes(&signature);
        verifier
            .0
            .verify(text.as_bytes(), &signature)
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
