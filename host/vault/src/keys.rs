//! The root key and what is derived from it.

use std::path::Path;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::binding::bind;
use crate::key_file::{self, KeyFileError};
use crate::label::Label;
use crate::root::{Root, RootPlace};

/// A derived key.
pub type Key = Zeroizing<[u8; 32]>;

/// The root of all keys of one host. Its only copy on disk is the key file: whoever has that file, with the PKCS#11 token
/// that seals it if one does, and the data directory can read every value in the vault, and whoever loses it has lost them.
pub struct Keys {
    derive: Hkdf<Sha256>,
    place: RootPlace,
}

impl Keys {
    /// Reads the key file, or makes a new one where there is none.
    pub fn open_or_create(path: &Path) -> Result<Keys, KeyFileError> {
        key_file::open_or_create(path).map(Keys::read)
    }

    /// Reads the key file, and makes none: for who only reads what a host wrote.
    pub fn open(path: &Path) -> Result<Keys, KeyFileError> {
        key_file::read(path).map(Keys::read)
    }

    fn read((root, place): (Root, RootPlace)) -> Keys {
        Keys {
            place,
            ..Keys::from_root(&root)
        }
    }

    /// The keys of a root that comes from elsewhere. It has to be random: 32 bytes of it.
    pub fn from_root(root: &Zeroizing<[u8; 32]>) -> Keys {
        Keys {
            derive: Hkdf::new(None, root.as_slice()),
            place: RootPlace::File,
        }
    }

    /// Where the root is.
    pub fn place(&self) -> &RootPlace {
        &self.place
    }

    /// The key for a use.
    pub fn derive(&self, label: Label) -> Key {
        self.derive_for(label, &[])
    }

    /// The key for a use within a scope, such as a region and a tenant.
    pub fn derive_for(&self, label: Label, scope: &[&str]) -> Key {
        let mut parts = vec![label.as_str().as_bytes()];
        parts.extend(scope.iter().map(|part| part.as_bytes()));
        expand(&self.derive, &bind(&parts))
    }

    /// Names the root without telling it: the same for every copy of the key file.
    pub fn root_id(&self) -> [u8; 16] {
        let key = self.derive(Label::RootId);
        let mut id = [0; 16];
        id.copy_from_slice(&key[..16]);
        id
    }
}

/// `N` bytes of key material. SHA-256 expands to at most 255 × 32 bytes (RFC 5869, 2.3).
pub(crate) fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, info: &[u8]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32) };
    let mut key = Zeroizing::new([0; N]);
    hkdf.expand(info, key.as_mut_slice())
        .expect("the length is within RFC 5869's bound, asserted above");
    key
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::from_root(&Zeroizing::new([byte; 32]))
    }

    #[test]
    fn every_label_scope_and_root_has_its_own_key() {
        let mut seen = HashSet::new();
        for root in [1, 2] {
            for label in Label::ALL {
                for scope in [&[][..], &["eu"], &["eu", "acme"], &["eua", "cme"]] {
                    assert!(
                        seen.insert(*keys(root).derive_for(label, scope)),
                        "{label:?} {scope:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_same_root_gives_the_same_keys() {
        assert_eq!(
            keys(7).derive(Label::AuditSigning),
            keys(7).derive(Label::AuditSigning)
        );
        assert_eq!(keys(7).root_id(), keys(7).root_id());
    }
}
