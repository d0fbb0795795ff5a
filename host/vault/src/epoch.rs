//! Region key, tenant key, subject keys: each wrapped by the one above it.
//!
//! ```text
//! root ─ seals ─▶ region key ─ seals ─▶ tenant key ─ seals ─▶ subject keys ─ seal ─▶ values, personal facts
//! ```
//!
//! Region and tenant key are random and of one **epoch**. A new epoch has new ones; when all living subject keys are
//! wrapped again, the old ones are destroyed, and with them every subject key that was not carried over. No key of an
//! epoch can be derived from anything that outlives it, or it could not be destroyed.
//!
//! The associated data of a wrapped key binds region, tenant, whose key it is, the epoch in which it was born and the
//! epoch in which it was wrapped.

use crate::binding::bind;
use crate::error::VaultError;
use crate::keys::{Key, Keys};
use crate::label::Label;
use crate::seal::{DoesNotOpen, Sealer};
use crate::subject::Subject;

const REGION_USE: &[u8] = b"weft/vault/region-key/v2";
const TENANT_USE: &[u8] = b"weft/vault/tenant-key/v2";
const SUBJECT_USE: &[u8] = b"weft/vault/subject-key/v2";

/// The region and tenant that everything is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) region: String,
    pub(crate) tenant: String,
}

/// Region and tenant key of an epoch, as the ring holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrappedEpoch {
    pub(crate) epoch: u32,
    pub(crate) region_key: Vec<u8>,
    pub(crate) tenant_key: Vec<u8>,
}

/// The tenant key of an epoch.
pub(crate) struct Epoch {
    pub(crate) number: u32,
    scope: Scope,
    tenant: Sealer,
}

impl Epoch {
    /// New random keys.
    pub(crate) fn create(
        root: &Sealer,
        scope: &Scope,
        number: u32,
    ) -> Result<(Epoch, WrappedEpoch), VaultError> {
        let region_key = random_key()?;
        let tenant_key = random_key()?;
        let sealed_region = root.seal(&region_use(scope, number), &*region_key)?;
        let sealed_tenant =
            Sealer::new(region_key).seal(&tenant_use(scope, number), &*tenant_key)?;
        let wrapped = WrappedEpoch {
            epoch: number,
            region_key: sealed_region,
            tenant_key: sealed_tenant,
        };
        Ok((Epoch::of(scope, number, tenant_key), wrapped))
    }

    /// The keys that the ring holds.
    pub(crate) fn open(
        root: &Sealer,
        scope: &Scope,
        wrapped: &WrappedEpoch,
    ) -> Result<Epoch, DoesNotOpen> {
        let number = wrapped.epoch;
        let region = root.open(&region_use(scope, number), &wrapped.region_key)?;
        let region = Sealer::new(key_of(&region)?);
        let tenant = region.open(&tenant_use(scope, number), &wrapped.tenant_key)?;
        Ok(Epoch::of(scope, number, key_of(&tenant)?))
    }

    fn of(scope: &Scope, number: u32, tenant_key: Key) -> Epoch {
        Epoch {
            number,
            scope: scope.clone(),
            tenant: Sealer::new(tenant_key),
        }
    }

    /// Wraps a subject's key.
    pub(crate) fn wrap(
        &self,
        subject: Subject,
        born: u32,
        key: &Key,
    ) -> Result<Vec<u8>, VaultError> {
        Ok(self.tenant.seal(&self.subject_use(subject, born), &**key)?)
    }

    /// The key of a subject that was wrapped in this epoch.
    pub(crate) fn unwrap(
        &self,
        subject: Subject,
        born: u32,
        wrapped: &[u8],
    ) -> Result<Key, DoesNotOpen> {
        let opened = self
            .tenant
            .open(&self.subject_use(subject, born), wrapped)?;
        key_of(&opened)
    }

    fn subject_use(&self, subject: Subject, born: u32) -> Vec<u8> {
        bind(&[
            SUBJECT_USE,
            self.scope.region.as_bytes(),
            self.scope.tenant.as_bytes(),
            &subject.0,
            &born.to_be_bytes(),
            &self.number.to_be_bytes(),
        ])
    }
}

/// 32 random bytes.
pub(crate) fn random_key() -> Result<Key, VaultError> {
    let mut key = Key::new([0; 32]);
    getrandom::fill(key.as_mut_slice())?;
    Ok(key)
}

/// What seals the region keys of a root.
pub(crate) fn root(keys: &Keys, scope: &Scope) -> Sealer {
    Sealer::new(keys.derive_for(Label::RegionKeys, &[&scope.region]))
}

fn region_use(scope: &Scope, epoch: u32) -> Vec<u8> {
    bind(&[REGION_USE, scope.region.as_bytes(), &epoch.to_be_bytes()])
}

fn tenant_use(scope: &Scope, epoch: u32) -> Vec<u8> {
    bind(&[
        TENANT_USE,
        scope.region.as_bytes(),
        scope.tenant.as_bytes(),
        &epoch.to_be_bytes(),
    ])
}

fn key_of(bytes: &[u8]) -> Result<Key, DoesNotOpen> {
    let mut key = Key::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(DoesNotOpen);
    }
    key.copy_from_slice(bytes);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn of_root(byte: u8) -> Sealer {
        let keys = Keys::from_root(&Zeroizing::new([byte; 32]));
        root(&keys, &scope("eu", "acme"))
    }

    fn scope(region: &str, tenant: &str) -> Scope {
        Scope {
            region: region.to_owned(),
            tenant: tenant.to_owned(),
        }
    }

    #[test]
    fn the_keys_of_an_epoch_open_for_their_root_region_tenant_and_number_only() {
        let here = scope("eu", "acme");
        let (_, wrapped) = Epoch::create(&of_root(1), &here, 3).expect("made");
        assert!(Epoch::open(&of_root(1), &here, &wrapped).is_ok());
        assert!(Epoch::open(&of_root(2), &here, &wrapped).is_err(), "root");
        assert!(Epoch::open(&of_root(1), &scope("us", "acme"), &wrapped).is_err());
        assert!(Epoch::open(&of_root(1), &scope("eu", "other"), &wrapped).is_err());
        let other = WrappedEpoch {
            epoch: 4,
            ..wrapped.clone()
        };
        assert!(Epoch::open(&of_root(1), &here, &other).is_err(), "epoch");
        let swapped = WrappedEpoch {
            region_key: wrapped.tenant_key.clone(),
            tenant_key: wrapped.region_key.clone(),
            epoch: 3,
        };
        assert!(
            Epoch::open(&of_root(1), &here, &swapped).is_err(),
            "swapped"
        );
    }

    /// The same tenant key everywhere, so that what is tested is the associated data alone.
    #[test]
    fn a_wrapped_key_opens_for_what_it_was_wrapped_for_only() {
        let epoch =
            |region, tenant, number| Epoch::of(&scope(region, tenant), number, Key::new([7; 32]));
        let (one, two) = (Subject([1; 16]), Subject([2; 16]));
        let here = epoch("eu", "acme", 5);
        let key = Key::new([9; 32]);
        let wrapped = here.wrap(one, 3, &key).expect("wrapped");
        assert_eq!(here.unwrap(one, 3, &wrapped), Ok(key));
        assert!(here.unwrap(two, 3, &wrapped).is_err(), "subject");
        assert!(here.unwrap(one, 4, &wrapped).is_err(), "version");
        for (what, other) in [
            ("region", epoch("us", "acme", 5)),
            ("tenant", epoch("eu", "other", 5)),
            ("epoch", epoch("eu", "acme", 6)),
        ] {
            assert!(other.unwrap(one, 3, &wrapped).is_err(), "{what}");
        }
    }
}
