//! Opening a vault: what its files say, into memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use weft_journal::limits::SEGMENT_BYTES;

use crate::cover::uncover;
use crate::epoch::Epoch;
use crate::error::VaultError;
use crate::index::Index;
use crate::key_store::{self, KeyStore};
use crate::keys::{Key, Keys};
use crate::label::Label;
use crate::opener::Opener;
use crate::ring::Ring;
use crate::row::{NotARow, TokenRow, What, keyed};
use crate::store::Store;
use crate::subject::Subject;
use crate::subjects::Subjects;
use crate::transfer;
use crate::vault::Vault;

/// The directory of the values' journal.
const VALUES: &str = "values";

impl Vault {
    /// Opens the vault in a directory, or makes one there. Every row is checked, none is decrypted.
    pub fn open(dir: &Path, keys: &Keys, region: &str, tenant: &str) -> Result<Vault, VaultError> {
        let ring = Ring::new(dir, keys, region, tenant)?;
        make_directory(dir)?;
        let epoch = epoch(&ring)?;
        let journal = key_store::path(dir, epoch.number);
        // The keys' journal is made before the values'. Without it every value would count as nobody's.
        if dir.join(VALUES).exists() && !journal.exists() {
            return Err(VaultError::KeysMissing { dir: journal });
        }
        let scope = ring.scope.clone();
        let key_store = KeyStore::open(ring, epoch)?;
        let subjects = Arc::clone(key_store.subjects());
        let index = Arc::new(Index::new());
        let ring = key_store.ring();
        let (owner, mac) = (ring.owner(What::Values, 0), ring.mac.clone());
        let mut loading = Loading::new(&index, &subjects);
        let store = Store::open(&dir.join(VALUES), SEGMENT_BYTES, owner, mac, |at, body| {
            loading.load(at, body)
        })?;
        if loading.without_key > 0 {
            let rows = loading.without_key;
            tracing::warn!(
                rows,
                "rows of values were left out whose key did not reach the disk"
            );
        }
        let learning = Arc::clone(&index);
        store.on_commit(move |at, body| {
            if let Ok(row) = TokenRow::decode(body) {
                learning.learn(&row.token, Subject(row.subject), at);
            }
        });
        let vault = Vault {
            dir: dir.to_owned(),
            store,
            index,
            blind: keyed(&keys.derive_for(Label::BlindIndex, &[region, tenant])),
            identity: transfer::identity(keys, region, tenant)?,
            opener: Arc::new(Opener::new(keys, scope.clone(), subjects)),
            keys: key_store,
            scope,
        };
        // What is nobody's has a key from the beginning.
        let mut kept = Vec::new();
        for row in vault.bring(&[Subject::NOBODY], &[])? {
            vault.keep(row, &mut kept)?;
        }
        for durable in kept {
            durable.wait()?;
        }
        Ok(vault)
    }
}

/// Reads the values' rows into the index while a vault is opened.
struct Loading<'a> {
    index: &'a Index,
    subjects: &'a Subjects,
    /// The keys of subjects, unwrapped once.
    keys: HashMap<Subject, Found>,
    /// Rows whose key never became durable.
    without_key: u64,
}

/// What there is of a subject's key.
enum Found {
    Key(Key),
    Erased,
    Nothing,
}

impl<'a> Loading<'a> {
    fn new(index: &'a Index, subjects: &'a Subjects) -> Loading<'a> {
        Loading {
            index,
            subjects,
            keys: HashMap::new(),
            without_key: 0,
        }
    }

    fn load(&mut self, at: u64, body: &[u8]) -> Result<(), NotARow> {
        let row = TokenRow::decode(body)?;
        let subject = Subject(row.subject);
        let key = match self.keys.entry(subject) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(empty) => empty.insert(match self.subjects.key_of(subject) {
                Ok(key) => Found::Key(key.key),
                Err(VaultError::Erased) => Found::Erased,
                Err(_) if self.subjects.has_no_key(subject) => Found::Nothing,
                Err(_) => return Err(NotARow),
            }),
        };
        let blind = match key {
            Found::Erased => return Ok(()),
            Found::Key(key) => uncover(key, &row.token, &row.cover),
            Found::Nothing => None,
        };
        let Some(blind) = blind else {
            self.without_key += 1;
            return Ok(());
        };
        if self.subjects.brings(subject, blind).is_err() {
            return Ok(());
        }
        let loaded = self.index.load(blind, row.token, subject, at);
        loaded.map_err(|_| NotARow)
    }
}

/// The epoch that counts in a directory; the first, where there is no vault yet.
fn epoch(ring: &Ring) -> Result<Epoch, VaultError> {
    if let Some(epoch) = ring.read()? {
        return Ok(epoch);
    }
    let dir = &ring.dir;
    // The ring is made first of all.
    if dir.join(VALUES).exists() {
        return Err(VaultError::RingMissing {
            dir: dir.to_owned(),
        });
    }
    let failed = |source| VaultError::Directory {
        dir: dir.to_owned(),
        source,
    };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|end| end == "journal") {
            return Err(VaultError::OlderLayout {
                dir: dir.to_owned(),
            });
        }
    }
    let (epoch, wrapped) = ring.create(1)?;
    ring.replace(&wrapped)?;
    Ok(epoch)
}

/// Only the owner looks into a vault.
fn make_directory(dir: &Path) -> Result<(), VaultError> {
    let result = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    result.map_err(|source: io::Error| VaultError::Directory {
        dir: dir.to_owned(),
        source,
    })
}
