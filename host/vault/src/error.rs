//! Why the vault does not do what it was asked to. No message tells anything of a value.

use std::io;
use std::path::PathBuf;

use crate::limits;
use crate::row::NotARow;
use crate::seal::{DoesNotOpen, SealError};
use crate::subject::Subject;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The directory of the vault cannot be made.
    #[error("the vault's directory {} cannot be made: {source}", dir.display())]
    Directory {
        /// The vault's directory.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The journal of rows cannot be opened.
    #[error("the vault's journal cannot be opened: {0}")]
    Open(#[from] weft_journal::OpenError),
    /// The journal did not take a row.
    #[error("the vault could not store a token: {0}")]
    Store(#[from] weft_journal::AppendError),
    /// The journal did not give a row.
    #[error("the vault could not read a token's row: {0}")]
    Read(#[from] weft_journal::ReadError),
    /// The key file is sound, but of another vault.
    #[error(
        "the vault in {} was made with another key file (its root is {of_vault}, this one's is \
         {of_file}): put back the key file that belongs to it, or name another data directory",
        dir.display()
    )]
    OtherKeys {
        /// The vault's directory.
        dir: PathBuf,
        /// The name of the root that made the vault, in hexadecimal.
        of_vault: String,
        /// The name of the root that was given.
        of_file: String,
    },
    /// A vault belongs to one region and one tenant for good.
    #[error(
        "the vault in {} belongs to region `{region}`, tenant `{tenant}`, and opens for no other: \
         give these, or name another data directory", dir.display()
    )]
    OtherOwner {
        /// The vault's directory.
        dir: PathBuf,
        /// Whose vault it is.
        region: String,
        /// Whose vault it is.
        tenant: String,
    },
    /// The key ring cannot be used.
    #[error("the vault's key ring {} cannot be read or written: {source}", path.display())]
    Ring {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key ring is not as this host wrote it.
    #[error(
        "the vault's key ring {} is not as this host wrote it, and without it no value of this vault opens: put the \
         file back from a copy of the same epoch", path.display()
    )]
    RingDamaged {
        /// The file.
        path: PathBuf,
    },
    /// There are values, and no key ring.
    #[error(
        "the vault in {} has values and no key ring, without which none of them opens: put the file `ring` back from a \
         copy", dir.display()
    )]
    RingMissing {
        /// The vault's directory.
        dir: PathBuf,
    },
    /// There are values, and no journal of keys.
    #[error(
        "{} is missing: without the keys in it no value of this vault opens; put it back from a copy", dir.display()
    )]
    KeysMissing {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The vault has the form of an earlier version.
    #[error(
        "the vault in {} was written by an earlier version of this host, in a form that this one does not read: \
         begin with another data directory (--data), and keep this one for the version that wrote it", dir.display()
    )]
    OlderLayout {
        /// The vault's directory.
        dir: PathBuf,
    },
    /// A row was altered by somebody without the keys, or put there from another vault.
    #[error(
        "row {row} of the vault in {} is not as this host wrote it: no token of this vault can be \
         trusted; put the directory back from a copy", dir.display()
    )]
    Tampered {
        /// The vault's directory.
        dir: PathBuf,
        /// The first such row.
        row: u64,
    },
    /// A name of a region, tenant or kind that cannot be part of a token.
    #[error(
        "a {what} is 1 to {max} lower-case letters, digits and hyphens, for example `{example}`",
        max = limits::MAX_NAME_CHARS
    )]
    BadName {
        /// What was named.
        what: &'static str,
        /// One that would do.
        example: &'static str,
    },
    /// Nothing to make a token of.
    #[error("an empty value has no token")]
    Empty,
    /// More than the vault takes.
    #[error("a value of more than {max_bytes} bytes is not taken")]
    TooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// The vault holds as many tokens as it may.
    #[error(
        "the vault is full ({} tokens): no new value gets a token",
        limits::MAX_TOKENS
    )]
    Full,
    /// A token of another vault, or of none.
    #[error("this vault knows no such token")]
    UnknownToken,
    /// The subject's key is destroyed.
    #[error("what was sealed belongs to a person who was erased")]
    Erased,
    /// The subject was erased while its request was under way.
    #[error("a person whose values came with the request was erased meanwhile")]
    ErasedMeanwhile,
    /// A new epoch was begun and is not finished.
    #[error("the keys were not carried over to the end, because the vault is closed")]
    Stopped,
    /// Nobody of this name.
    #[error("this vault knows nobody by this token")]
    UnknownSubject,
    /// An identifier of several persons.
    #[error("the identifier belongs to {} persons: name one of them by a stronger one", subjects.len())]
    SharedBySeveral {
        /// Theirs.
        subjects: Vec<Subject>,
    },
    /// More identifiers than one person can have.
    #[error(
        "more than {} identifiers belong to this person, which no person has: look at what links them",
        limits::MAX_FAMILY
    )]
    FamilyTooLarge,
    /// Sealed by other keys or for another use, or altered.
    #[error("what was sealed does not open: sealed with other keys or for another use, or altered")]
    DoesNotOpen,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(#[from] getrandom::Error),
}

impl VaultError {
    /// Whether it is for want of room on the disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, VaultError::Store(error) if error.is_disk_full())
    }
}

impl From<SealError> for VaultError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoRandomness(error) => VaultError::NoRandomness(error),
            SealError::TooLong => VaultError::TooLong {
                max_bytes: limits::MAX_SEALED_BYTES,
            },
        }
    }
}

impl From<DoesNotOpen> for VaultError {
    fn from(DoesNotOpen: DoesNotOpen) -> Self {
        VaultError::DoesNotOpen
    }
}

impl From<NotARow> for VaultError {
    fn from(NotARow: NotARow) -> Self {
        VaultError::DoesNotOpen
    }
}
