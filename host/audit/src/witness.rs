//! Witnesses: others who see the log grow, and cosign its checkpoints (C2SP `tlog-witness`, as the client).
//!
//! Each is given the newest checkpoint, and a proof that it continues the last one that the witness has cosigned. When enough
//! of them have cosigned it, the checkpoint with their signatures replaces the one before in `cosigned`. This happens on a
//! thread of its own, and no decision waits for it: a witness that does not answer is told, and asked again.
//!
//! What a witness has cosigned it remembers. So it is the one who can tell that an older copy of a data directory was put
//! back: it knows more records than there are. Then this log takes no more records, and does not open again: to go on would be
//! a second history under one name.
//!
//! Witnesses are asked in clear (`http`): what is sent is public to the witness, and what comes back is signed. To reach one
//! over TLS, end it in a proxy beside this host.

pub(crate) mod asking;

use std::fmt::Write;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::checkpoint::{Checkpoint, Verifier};
use crate::cosignature::{Cosignature, WitnessKey};
use crate::limits::MAX_WITNESSES;
use crate::note::BadNote;

/// One who cosigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Whose signatures count.
    pub key: WitnessKey,
    /// Where it takes checkpoints: the submission prefix, such as `http://127.0.0.1:7380/eu`.
    pub url: String,
}

/// Those who cosign a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witnesses {
    /// Each.
    pub all: Vec<Witness>,
    /// How many of them have to cosign a checkpoint before it is shown as cosigned; 0 for all.
    pub quorum: usize,
}

/// Why witnesses cannot be asked. Says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWitnesses {
    /// More than are asked.
    #[error("{0} witnesses are named, at most {MAX_WITNESSES} are asked: name fewer")]
    TooMany(usize),
    /// Two of one name.
    #[error("the witness {0} is named twice: name each once")]
    Twice(String),
    /// A quorum that cannot be reached.
    #[error(
        "{quorum} witnesses have to cosign, and {named} are named: name more, or ask for fewer"
    )]
    Quorum {
        /// How many have to.
        quorum: usize,
        /// How many there are.
        named: usize,
    },
}

impl Witnesses {
    /// How many have to cosign.
    pub fn quorum(&self) -> usize {
        match self.quorum {
            0 => self.all.len(),
            quorum => quorum,
        }
    }

    /// Whether they can be asked.
    pub fn check(&self) -> Result<(), BadWitnesses> {
        if self.all.len() > MAX_WITNESSES {
            return Err(BadWitnesses::TooMany(self.all.len()));
        }
        for (place, witness) in self.all.iter().enumerate() {
            let name = witness.key.name();
            if self.all[..place].iter().any(|w| w.key.name() == name) {
                return Err(BadWitnesses::Twice(name.to_owned()));
            }
        }
        if self.quorum > self.all.len() {
            return Err(BadWitnesses::Quorum {
                quorum: self.quorum,
                named: self.all.len(),
            });
        }
        Ok(())
    }

    /// Who has to cosign, for others (C2SP `tlog-policy`), with a sum over it.
    pub(crate) fn policy(&self, log: &Verifier) -> String {
        let mut text = format!("log {log}\n");
        let mut names = String::new();
        for Witness { key, .. } in &self.all {
            // Writing to a text does not fail.
            let _ = writeln!(text, "witness {} {key}", key.name());
            let _ = write!(names, " {}", key.name());
        }
        let _ = writeln!(text, "group witnesses {}{names}", self.quorum());
        text.push_str("quorum witnesses\n");
        summed(&text)
    }
}

/// A text behind a comment with its sum.
fn summed(text: &str) -> String {
    let sum = HEXLOWER.encode(&Sha256::digest(text));
    format!("# SHA-256 of what follows: {sum}\n{text}")
}

/// The keys of the witnesses that a policy names; `None` when it is not as [`Witnesses::policy`] wrote it for this log.
pub(crate) fn keys_of(policy: &str, log: &Verifier) -> Option<Vec<WitnessKey>> {
    let (_, text) = policy.split_once('\n')?;
    if summed(text) != policy {
        return None;
    }
    let mut lines = text.lines();
    if lines.next() != Some(&format!("log {log}")) {
        return None;
    }
    lines
        .map_while(|line| line.strip_prefix("witness "))
        .map(|line| WitnessKey::parse(line.split_once(' ')?.1).ok())
        .collect()
}

/// What is wrong with the files of a cosigned checkpoint: in the policy, or in the note, and at which byte of it.
pub(crate) enum BadCosigned {
    Policy,
    Note(BadNote),
}

/// The checkpoint that witnesses have cosigned, as it lies there with the policy that names them, and who has cosigned it.
pub(crate) fn open_cosigned(
    note: &[u8],
    policy: &[u8],
    log: &Verifier,
) -> Result<(Checkpoint, Vec<Cosignature>), BadCosigned> {
    let policy = std::str::from_utf8(policy).ok();
    let keys = policy.and_then(|policy| keys_of(policy, log));
    let keys = keys.ok_or(BadCosigned::Policy)?;
    let opened = Checkpoint::open_cosigned(note, log);
    let (checkpoint, lines) = opened.map_err(BadCosigned::Note)?;
    let cosignatures = lines.into_iter().map(|(at, line)| {
        let mut found = keys.iter().map(|key| key.check(&checkpoint, line));
        let found = found.find_map(Result::ok);
        found.ok_or(BadCosigned::Note(BadNote {
            offset: at as u64,
            what: "the line is no cosignature of a witness that log.policy names",
        }))
    });
    let cosignatures = cosignatures.collect::<Result<_, _>>()?;
    Ok((checkpoint, cosignatures))
}

/// A witness knows another history of the log than the one that is here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// It knows more of it.
    #[error(
        "the witness {witness} has cosigned {size} records of this log, and here are {records}: an older copy of the data \
         directory was put back; put back the newest one, or begin a log of its own with `weft restore`"
    )]
    Longer {
        /// Who.
        witness: String,
        /// How many it knows.
        size: u64,
        /// How many there are.
        records: u64,
    },
    /// It knows other records.
    #[error(
        "the witness {witness} has cosigned {size} other records of this log than those that are here: an older copy of the \
         data directory was put back and written to, or the log was changed; put back the newest copy, or begin a log of its own \
         with `weft restore`"
    )]
    Other {
        /// Who.
        witness: String,
        /// How many it knows.
        size: u64,
    },
}
