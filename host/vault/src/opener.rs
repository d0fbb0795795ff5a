//! Reading back without the values.
//!
//! An [`Opener`] opens what [`Vault::seal`](crate::Vault::seal) sealed and names tokens for plugins. It needs the keys
//! and the key journal: it writes no file, makes no token, and has no way from a token to its value. So a log is read
//! and its decisions are evaluated again beside a running host.

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use hmac::Hmac;
use sha2::Sha256;
use weft_dictionary::Token;
use zeroize::Zeroizing;

use crate::binding::bind;
use crate::epoch::Scope;
use crate::error::VaultError;
use crate::key_store;
use crate::keys::Keys;
use crate::label::Label;
use crate::limits;
use crate::ring::Ring;
use crate::row::{What, keyed};
use crate::seal::Sealer;
use crate::store;
use crate::subject::Subject;
use crate::subjects::Subjects;
use crate::vault::{check_length, cut};

const BLOB_USE: &[u8] = b"weft/vault/blob/v2";
/// How often the key journal is looked for anew, when the host began a new epoch while it was read.
const READINGS: usize = 5;

/// Opens sealed bytes of one region and tenant, and names tokens for plugins.
pub struct Opener {
    scope: Scope,
    pub(crate) subjects: Arc<Subjects>,
    pseudonyms: Hmac<Sha256>,
}

/// What something is sealed for, beside region and tenant: it opens for this and nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use<'a> {
    /// Whose it is.
    pub(crate) subject: Subject,
    /// What it is.
    pub(crate) purpose: &'a str,
    /// Where it stands: the id of a record, say.
    pub(crate) place: &'a str,
}

impl Opener {
    /// Of the vault in a directory, whether or not a host works with it. What becomes of a subject later is not
    /// noticed.
    pub fn read(dir: &Path, keys: &Keys, region: &str, tenant: &str) -> Result<Opener, VaultError> {
        let ring = Ring::new(dir, keys, region, tenant)?;
        let mut reading = 1;
        loop {
            match read_subjects(&ring) {
                Ok(subjects) => return Ok(Opener::new(keys, ring.scope, Arc::new(subjects))),
                // Between ring and journal a new epoch may have begun.
                Err(VaultError::Directory { .. } | VaultError::Open(_)) if reading < READINGS => {
                    reading += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn new(keys: &Keys, scope: Scope, subjects: Arc<Subjects>) -> Opener {
        let pseudonyms = keys.derive_for(Label::Pseudonyms, &[&scope.region, &scope.tenant]);
        Opener {
            scope,
            subjects,
            pseudonyms: keyed(&pseudonyms),
        }
    }

    /// Opens what [`Vault::seal`](crate::Vault::seal) sealed for the same use, in a vault of the same region, tenant and
    /// root. Whose it is stands in the sealed bytes, bound.
    pub fn open_sealed(
        &self,
        purpose: &str,
        place: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (subject, sealed) = sealed.split_first_chunk().ok_or(VaultError::DoesNotOpen)?;
        let (born, sealed) = sealed.split_first_chunk().ok_or(VaultError::DoesNotOpen)?;
        let subject = Subject(*subject);
        let born = u32::from_be_bytes(*born);
        let what = Use {
            subject,
            purpose,
            place,
        };
        let key = self.subjects.key_of(subject)?;
        Ok(Sealer::new(key.key).open(&self.blob_use(what, born), sealed)?)
    }

    pub(crate) fn seal(&self, what: Use<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        check_length(plain, limits::MAX_SEALED_BYTES)?;
        let key = self.subjects.key_of(what.subject)?;
        let associated = self.blob_use(what, key.born);
        let mut sealed = what.subject.0.to_vec();
        sealed.extend_from_slice(&key.born.to_be_bytes());
        sealed.extend(Sealer::new(key.key).seal(&associated, plain)?);
        Ok(sealed)
    }

    /// The name under which a plugin knows a token for a purpose: always the same one, another for
    /// every plugin and purpose, so that two plugins cannot join what they saw. It comes from the root, not from an epoch:
    /// new keys leave what a plugin knows as it is, and who was erased and comes back has another token, and so another
    /// name. It has letters, so it is no number.
    pub fn pseudonym(&self, plugin: &str, purpose: &str, token: &Token) -> String {
        let parts = [plugin, purpose, token.as_str()].map(str::as_bytes);
        let bits = cut(self.pseudonyms.clone(), &parts);
        let mut name = BASE32_NOPAD.encode(&bits);
        name.make_ascii_lowercase();
        name.insert_str(0, "pse_");
        name
    }

    fn blob_use(&self, what: Use<'_>, born: u32) -> Vec<u8> {
        bind(&[
            BLOB_USE,
            self.scope.region.as_bytes(),
            self.scope.tenant.as_bytes(),
            &what.subject.0,
            what.purpose.as_bytes(),
            what.place.as_bytes(),
            &born.to_be_bytes(),
        ])
    }
}

fn read_subjects(ring: &Ring) -> Result<Subjects, VaultError> {
    let epoch = ring.read()?.ok_or_else(|| VaultError::RingMissing {
        dir: ring.dir.clone(),
    })?;
    let number = epoch.number;
    let subjects = Subjects::new(Arc::new(epoch));
    let path = key_store::path(&ring.dir, number);
    let owner = ring.owner(What::Keys, number);
    store::read_only(&path, owner, &ring.mac, |_, body| {
        subjects.load(number, body)
    })?;
    Ok(subjects)
}
