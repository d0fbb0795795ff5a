//! The store as it lies there when a log is opened, before anything is altered.
//!
//! It is filled from durable records only, so it never knows of a record that the log did not have. When it does, the
//! end of the log is gone, and when it knows another hash of a record, the record is not the one that was written: both
//! are refused. What the store lacks itself is no damage to the log; it is filled again.

use crate::canonical;
use crate::error::{OpenError, open_io};
use crate::files::Files;
use crate::merkle::Hash;
use crate::store::{Store, StoreError};
use crate::sums;

/// See above.
pub(crate) struct Found {
    store: Option<Store>,
    watermark: u64,
    known: u64,
    had_sums: bool,
    /// Why it cannot be used, if so.
    unusable: Option<String>,
}

impl Found {
    /// No store.
    pub(crate) fn nothing() -> Found {
        Found {
            store: None,
            watermark: 0,
            known: 0,
            had_sums: false,
            unusable: None,
        }
    }

    /// Compares the store with its sums, and opens it. Nobody else may have the log open.
    pub(crate) fn look(files: &Files) -> Result<Found, OpenError> {
        let mut found = Found::nothing();
        let sums = match std::fs::read(&files.sums) {
            Ok(sums) => Some(sums),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(open_io(&files.sums)(error)),
        };
        if !files.store.exists() {
            files.remove(&files.sums).map_err(open_io(&files.sums))?;
            found.unusable = Some("it is missing".to_owned());
            return Ok(found);
        }
        if let Some(sums) = sums {
            found.unusable = compare(files, &sums)?;
            found.had_sums = found.unusable.is_none();
        }
        found.open(files);
        Ok(found)
    }

    /// Also a store that does not match its sums is asked: it may know of records that are gone.
    fn open(&mut self, files: &Files) {
        let opened = Store::open(&files.store).and_then(|store| {
            let (watermark, known) = (store.watermark()?, store.known_len()?);
            Ok((store, watermark, known))
        });
        match opened {
            Ok((store, watermark, known)) => {
                match store.has_this_form() {
                    Ok(true) => {}
                    Ok(false) => self.unusable_because("its keys have an older form".to_owned()),
                    Err(error) => self.unusable_because(error.to_string()),
                }
                self.store = Some(store);
                (self.watermark, self.known) = (watermark, known);
            }
            Err(error) => self.unusable_because(error.to_string()),
        }
    }

    fn unusable_because(&mut self, why: String) {
        self.unusable.get_or_insert(why);
    }

    /// How many records it knows.
    pub(crate) fn known(&self) -> u64 {
        self.known
    }

    /// The decision that it knows under this index.
    pub(crate) fn decision(&self, index: u64) -> Option<String> {
        let known = self.store.as_ref()?.known(index).ok()??;
        Some(canonical::shown_id(&known.decision))
    }

    /// Compares a record's hash with the one that it knows.
    pub(crate) fn compare(
        &mut self,
        files: &Files,
        index: u64,
        hash: &Hash,
    ) -> Result<(), OpenError> {
        let Some(store) = self.store.as_ref().filter(|_| index < self.known) else {
            return Ok(());
        };
        match store.known(index) {
            Ok(Some(known)) if known.hash == *hash => {}
            Ok(Some(known)) => {
                return Err(OpenError::Differs {
                    path: files.log.clone(),
                    store: files.store.clone(),
                    index,
                    decision: canonical::shown_id(&known.decision),
                });
            }
            Ok(None) => self.unusable_because(format!("it lacks record {index}")),
            Err(error) => self.unusable_because(error.to_string()),
        }
        Ok(())
    }

    /// From here on the sums are of the past: the store is used, or made anew.
    pub(crate) fn take(self, files: &Files) -> Result<Result<(Store, u64), String>, OpenError> {
        if files.remove(&files.sums).map_err(open_io(&files.sums))? {
            files
                .disk
                .sync_dir(&files.dir)
                .map_err(open_io(&files.dir))?;
        }
        Ok(match (self.unusable, self.store) {
            (None, Some(store)) => Ok((store, self.watermark)),
            (None, None) => Err("it is missing".to_owned()),
            (Some(why), _) => Err(why),
        })
    }

    /// A start is refused: leaves the store at rest, with sums if it had them.
    pub(crate) fn put_back(self, files: &Files) {
        let Some(store) = self.store else { return };
        let rest = || -> Result<(), StoreError> {
            store.close(&files.store)?;
            if self.had_sums {
                let sums = sums::compute(&files.store)?;
                files.replace(&files.sums, sums.as_bytes())?;
            }
            Ok(())
        };
        if let Err(error) = rest() {
            tracing::warn!(%error, "the audit store could not be closed");
        }
    }
}

/// Why the store is not as it was when it was closed, if so.
fn compare(files: &Files, sums: &[u8]) -> Result<Option<String>, OpenError> {
    let differs = sums::compare(&files.store, sums, &files.sums).map_err(open_io(&files.store))?;
    Ok(differs.first().map(|first| {
        let file = first.file.strip_prefix(&files.dir).unwrap_or(&first.file);
        format!(
            "{}: from byte {}: {}",
            file.display(),
            first.offset,
            first.what
        )
    }))
}
