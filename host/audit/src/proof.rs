//! A proof for one record that is checked without the log: C2SP `tlog-proof`.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 73894
//! gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
//! B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
//!
//! audit.example/eu/0
//! 109482
//! sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
//!
//! — audit.example/eu/0 hI2DJw…
//! ```
//!
//! Behind the index come the hashes of the inclusion proof (RFC 6962, section 2.1.1), from the leaf's sibling up, then the
//! signed checkpoint as it is. It is read strictly, as the checkpoint is.

use std::fmt::{self, Write};

use data_encoding::BASE64;

use crate::checkpoint::{BadNote, Checkpoint, Verifier};
use crate::limits::MAX_PROOF_HASHES;
use crate::merkle::{self, Hash};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// That a record is in the tree under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The record's index.
    pub index: u64,
    /// From the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, byte for byte.
    pub note: String,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// It does not have its form.
    #[error("line {line}: {what}")]
    Form {
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The checkpoint in it.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] BadNote),
    /// The record is another one.
    #[error(
        "it proves another record than this one, or a record at another place: record {index} with this hash is not under the \
         head of {size} records that was signed"
    )]
    NotIn {
        /// The index that the proof names.
        index: u64,
        /// The checkpoint's size.
        size: u64,
    },
}

impl Proof {
    /// Reads what [`Proof`] writes. `extra` lines, which nothing vouches for, are passed over.
    pub fn parse(text: &str) -> Result<Proof, BadProof> {
        let form = |line, what| Err(BadProof::Form { line, what });
        let Some((head, note)) = text.split_once("\n\n") else {
            return form(1, "there is no empty line, and behind it no checkpoint");
        };
        let mut lines = (1..).zip(head.split('\n')).peekable();
        if lines.next().is_none_or(|(_, line)| line != FIRST_LINE) {
            return form(1, "a proof begins with c2sp.org/tlog-proof@v1");
        }
        lines.next_if(|(_, line)| line.starts_with("extra "));
        let index = lines.next().and_then(|(_, line)| {
            let digits = line.strip_prefix("index ")?;
            let index: u64 = digits.parse().ok()?;
            (index.to_string() == digits).then_some(index)
        });
        let Some(index) = index else {
            return form(2, "this is not `index` and a number");
        };
        let mut hashes = Vec::new();
        for (number, line) in lines {
            let hash = BASE64.decode(line.as_bytes()).ok();
            let Some(hash) = hash.and_then(|hash| hash.try_into().ok()) else {
                return form(number, "this is not base64 of 32 bytes");
            };
            if hashes.len() == MAX_PROOF_HASHES {
                return form(number, "no tree is so tall");
            }
            hashes.push(hash);
        }
        Ok(Proof {
            index,
            hashes,
            note: note.to_owned(),
        })
    }

    /// Whether `record`, byte for byte, stands at the proof's index under a checkpoint that `verifier` signed; which.
    pub fn check(&self, record: &[u8], verifier: &Verifier) -> Result<Checkpoint, BadProof> {
        let (checkpoint, _) = Checkpoint::open_cosigned(self.note.as_bytes(), verifier)?;
        let leaf = merkle::leaf_hash(record);
        let Checkpoint { size, root, .. } = checkpoint;
        if merkle::verify_inclusion(&leaf, self.index, size, &self.hashes, &root) {
            return Ok(checkpoint);
        }
        Err(BadProof::NotIn {
            index: self.index,
            size,
        })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FIRST_LINE}\nindex {}\n", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", BASE64.encode(hash))?;
        }
        f.write_char('\n')?;
        f.write_str(&self.note)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::ops::Range;

    use super::*;
    use crate::checkpoint::LogKey;
    use crate::merkle::Tree;

    fn proof(size: u64, index: u64) -> (Proof, Verifier) {
        let head = |range: Range<u64>| {
            let mut tree = Tree::default();
            for n in range {
                tree.push(merkle::leaf_hash(&n.to_be_bytes()));
            }
            Ok::<_, Infallible>(tree.root())
        };
        let key = LogKey::new("audit.example/eu/0", &[7; 32]);
        let Ok(root) = head(0..size);
        let checkpoint = Checkpoint {
            origin: "audit.example/eu/0".to_owned(),
            size,
            root,
        };
        let Ok(hashes) = merkle::inclusion(index, size, head);
        let proof = Proof {
            index,
            hashes: hashes.expect("in the tree"),
            note: checkpoint.sign(&key),
        };
        (proof, key.verifier().clone())
    }

    #[test]
    fn a_proof_is_read_back_and_holds_for_its_record_only() {
        for (size, index) in [(1, 0), (2, 1), (100, 37), (1_000, 999)] {
            let (proof, verifier) = proof(size, index);
            let read = Proof::parse(&proof.to_string()).expect("as written");
            assert_eq!(read, proof);
            let checkpoint = read
                .check(&index.to_be_bytes(), &verifier)
                .expect("it holds");
            assert_eq!(checkpoint.size, size);
            assert_eq!(
                read.check(&(index + 1).to_be_bytes(), &verifier),
                Err(BadProof::NotIn { index, size })
            );
        }
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let (proof, verifier) = proof(100, 37);
        let text = proof.to_string();
        for bit in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let holds = String::from_utf8(bytes)
                .ok()
                .and_then(|text| Proof::parse(&text).ok())
                .and_then(|proof| proof.check(&37u64.to_be_bytes(), &verifier).ok());
            assert_eq!(holds, None, "bit {bit}");
        }
    }

    #[test]
    fn what_is_no_proof_is_told_with_its_line() {
        let (proof, _) = proof(100, 37);
        let text = proof.to_string();
        let line = |text: &str| match Proof::parse(text) {
            Err(BadProof::Form { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line(""), 1);
        assert_eq!(line(&text.replace("v1", "v2")), 1);
        assert_eq!(line(&text.replace("index 37", "index 037")), 2);
        assert_eq!(line(&text.replacen('=', "", 1)), 3);
        let extra = text.replace("index", "extra YWdl\nindex");
        assert_eq!(Proof::parse(&extra), Ok(proof));
    }
}
