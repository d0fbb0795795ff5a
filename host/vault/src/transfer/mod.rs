//! Values that go to another host with their tokens: written to a file for a recipient's key, read from one.
//!
//! The file is an age file (age-encryption.org/v1): who has the recipient's key reads it, and nobody alters it. A host's
//! own key is derived from its root, per region and tenant, so what was written for it opens nowhere else. See `form` for
//! what is in the file.
//!
//! What is promised:
//! - who is erased is not in the file, and who is erased here does not come back from one; a hold travels along;
//! - a token stays what it is, in its region and tenant; a file of another region or tenant is refused;
//! - a file is read to its end and compared with what is here before a byte of it is written: one that is not for this
//!   host, not whole, of another form, or contradicts what is here changes nothing;
//! - to read a file twice is the same as once, also when the first time did not come to its end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::VaultError;
use crate::keys::Keys;
use crate::label::Label;

mod export;
mod form;
mod import;

pub use export::Recipient;

/// Human-readable part of a secret key (age-encryption.org/v1, "The X25519 recipient type").
const SECRET_KEY: &str = "age-secret-key-";

/// How much went from one host to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Subjects.
    pub subjects: u64,
    /// Values, once for each subject.
    pub values: u64,
    /// Subjects that were left out, because they are erased where they should go to.
    pub left_out: u64,
}

/// How far it is, for others to see; and whether it is to stop.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    of: AtomicU64,
    stopping: AtomicBool,
}

/// Why values do not go to another host, or do not come from one. No message tells anything of a value.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The file cannot be used.
    #[error("the file cannot be read or written: {0}")]
    Io(std::io::Error),
    /// No key of a recipient.
    #[error(
        "this is no recipient's key: it begins with age1, as `weft vault status` of the other host prints it"
    )]
    BadRecipient,
    /// Written for somebody else.
    #[error(
        "the file was not written for this host's key: have it written for the recipient that `weft vault status` prints \
         here"
    )]
    NotForThisHost,
    /// Not an age file, cut, or altered.
    #[error(
        "the file is not whole: it was cut or altered after entry {entry}; nothing of it was taken, fetch it again from \
         where it was written"
    )]
    Damaged {
        /// The entries that could be read.
        entry: u64,
    },
    /// Of another version.
    #[error(
        "the file has a form that this host does not know; nothing of it was taken, write it with the version of weft \
         that runs here"
    )]
    OtherForm,
    /// An entry that no host writes.
    #[error(
        "entry {entry} of the file is not as a host writes it ({what}); nothing of the file was taken"
    )]
    BadEntry {
        /// Which, from 1 on.
        entry: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A token stays in its region and tenant.
    #[error(
        "the file is of region `{region}`, tenant `{tenant}`, whose tokens are of no use here; nothing of it was taken, \
         take it to a host of that region and tenant"
    )]
    OtherScope {
        /// Of the file.
        region: String,
        /// Of the file.
        tenant: String,
    },
    /// A value has a token, or a token a value.
    #[error(
        "entry {entry} of the file contradicts this host or an entry before it: {what}; nothing of the file was taken, \
         take it to a host that has not seen these values"
    )]
    Contradicts {
        /// Which, from 1 on.
        entry: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The host goes down.
    #[error("it was stopped before its end; order it again, what was taken already stays")]
    Stopped,
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Progress {
    /// How much is done, of how much; none when nothing is under way.
    pub fn get(&self) -> Option<(u64, u64)> {
        match self.of.load(Ordering::Relaxed) {
            0 => None,
            of => Some((self.done.load(Ordering::Relaxed).min(of), of)),
        }
    }

    /// What is under way stops before its end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn begin(&self, of: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }

    fn advance(&self, by: u64) -> Result<(), TransferError> {
        self.done.fetch_add(by, Ordering::Relaxed);
        if self.stopping.load(Ordering::Relaxed) {
            return Err(TransferError::Stopped);
        }
        Ok(())
    }

    fn end(&self) {
        self.of.store(0, Ordering::Relaxed);
    }
}

/// The key with which a host reads what was written for it.
pub(crate) fn identity(
    keys: &Keys,
    region: &str,
    tenant: &str,
) -> Result<age::x25519::Identity, VaultError> {
    use bech32::{ToBase32, Variant};
    use zeroize::Zeroizing;
    let key = keys.derive_for(Label::TransferKey, &[region, tenant]);
    let text = bech32::encode(SECRET_KEY, key.as_slice().to_base32(), Variant::Bech32);
    let text = Zeroizing::new(text.map_err(|_| VaultError::DoesNotOpen)?);
    text.to_ascii_uppercase()
        .parse()
        .map_err(|_| VaultError::DoesNotOpen)
}
