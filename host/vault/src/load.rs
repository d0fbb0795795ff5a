//! Opening a vault: what its files say, into memory.

use std::collections::HashMap;
use std::fs;

use crate::epoch::Epoch;
use crate::error::VaultError;
use crate::index::{Blind, Index};
use crate::keys::Key;
use crate::ring::Ring;
use crate::row::{NotARow, TokenRow, keyed};
use crate::subject::{Subject, TokenBits};
use crate::subjects::Subjects;
use crate::vault::cut;

/// The directory of the values' journal.
pub(crate) const VALUES: &str = "values";
const COVER_USE: &[u8] = b"weft/vault/cover/v2";

/// Reads the values' rows into the index while a vault is opened.
pub(crate) struct Loading<'a> {
    index: &'a Index,
    subjects: &'a Subjects,
    /// What covers the blind indexes of a subject, unwrapped once; none for one who is not there any more.
    covers: HashMap<Subject, Option<Key>>,
    /// Rows of subjects that have no key.
    pub(crate) without_key: u64,
}

impl<'a> Loading<'a> {
    pub(crate) fn new(index: &'a Index, subjects: &'a Subjects) -> Loading<'a> {
        Loading {
            index,
            subjects,
            covers: HashMap::new(),
            without_key: 0,
        }
    }

    pub(crate) fn load(&mut self, at: u64, body: &[u8]) -> Result<(), NotARow> {
        let row = TokenRow::decode(body)?;
        let subject = Subject(row.subject);
        let cover = match self.covers.get(&subject) {
            Some(cover) => cover,
            None => {
                let cover = match self.subjects.key_of(subject) {
                    Ok(key) => Some(key.key),
                    // Its key never became durable, so nobody was told of the row.
                    Err(VaultError::Erased) => None,
                    Err(_) if self.subjects.has_no_key(subject) => {
                        self.without_key += 1;
                        None
                    }
                    Err(_) => return Err(NotARow),
                };
                self.covers.entry(subject).or_insert(cover)
            }
        };
        let Some(cover) = cover else { return Ok(()) };
        let blind = covered(cover, &row.token, &row.covered);
        if self.subjects.brings(subject, blind).is_err() {
            return Ok(());
        }
        let loaded = self.index.load(blind, row.token, subject, at);
        loaded.map_err(|_| NotARow)
    }
}

/// Covers the blind index of a token's row, and uncovers it: with a mask that only the subject's key gives.
pub(crate) fn covered(key: &Key, token: &TokenBits, blind: &Blind) -> Blind {
    let mut mask = cut(keyed(key), &[COVER_USE, token]);
    mask.iter_mut().zip(blind).for_each(|(m, b)| *m ^= b);
    mask
}

/// The epoch that counts in a directory; the first, where there is no vault yet.
pub(crate) fn epoch(ring: &Ring) -> Result<Epoch, VaultError> {
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
