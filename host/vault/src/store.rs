//! A journal of rows, each authenticated, the first of which says whose it is.

use std::path::Path;

use weft_journal::{AppendError, Appended, Committed, Journal, JournalConfig};

use crate::epoch::Scope;
use crate::error::VaultError;
use crate::ring::check_owner;
use crate::row::{Head, NotARow, RowMac, What, unchecked_body};

/// The row of the head; others come after it.
pub(crate) const HEAD_ROW: u64 = 0;

/// Whose journal it has to be.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) root_id: [u8; 16],
    pub(crate) scope: &'a Scope,
    pub(crate) what: What,
    pub(crate) epoch: u32,
}

/// An open journal of rows.
pub(crate) struct Store {
    journal: Journal,
    mac: RowMac,
}

impl Store {
    /// Opens the journal, and gives every row after the head to `seen`, checked.
    pub(crate) fn open(
        dir: &Path,
        segment_bytes: u64,
        owner: Owner<'_>,
        mac: RowMac,
        mut seen: impl FnMut(u64, &[u8]) -> Result<(), NotARow>,
    ) -> Result<Store, VaultError> {
        let config = JournalConfig {
            segment_bytes,
            at_least: 0,
        };
        let (journal, recovery) = Journal::open(dir, config)?;
        if let Some(cut) = &recovery.cut {
            tracing::warn!(
                ?cut,
                "a journal of the vault ended within rows that nobody was told of"
            );
        }
        if journal.len_durable() == HEAD_ROW {
            journal.append(mac.finish(owner.head().encode()))?.wait()?;
        }
        for row in journal.iter_from(HEAD_ROW) {
            let (at, bytes) = row?;
            check(dir, owner, &mac, at, &bytes, &mut seen)?;
        }
        Ok(Store { journal, mac })
    }

    /// From now on rows are given to `learn` when they are durable, before anybody who waits for them is told. This
    /// process wrote them a moment ago, so there is nothing to check.
    pub(crate) fn on_commit(&self, learn: impl Fn(u64, &[u8]) + Send + 'static) {
        self.journal.on_commit(move |batch: Committed<'_>| {
            for (at, bytes) in (batch.first..).zip(batch.records) {
                if let Ok(body) = unchecked_body(bytes) {
                    learn(at, body);
                }
            }
        });
    }

    /// Puts a row with this body into the journal's queue.
    pub(crate) fn append(&self, body: Vec<u8>) -> Result<Appended, VaultError> {
        Ok(self.journal.append(self.mac.finish(body))?)
    }

    /// The body of a durable row, checked.
    pub(crate) fn read(&self, row: u64) -> Result<Vec<u8>, VaultError> {
        let bytes = self.journal.read(row)?;
        Ok(self.mac.check(&bytes)?.to_vec())
    }

    /// Why no rows are taken now, if so.
    pub(crate) fn stuck(&self) -> Option<AppendError> {
        self.journal.stuck()
    }

    /// Makes all durable and ends the writer.
    pub(crate) fn close(&self) {
        self.journal.close();
    }
}

/// Gives every row of a journal to `seen`, checked, whether or not a host writes to it.
pub(crate) fn read_only(
    dir: &Path,
    owner: Owner<'_>,
    mac: &RowMac,
    mut seen: impl FnMut(u64, &[u8]) -> Result<(), NotARow>,
) -> Result<(), VaultError> {
    let mut wrong = None;
    let inspected = weft_journal::inspect(dir, |at, bytes, _, _| {
        if wrong.is_none() {
            wrong = check(dir, owner, mac, at, bytes, &mut seen).err();
        }
    });
    let inspected = inspected.map_err(|source| VaultError::Directory {
        dir: dir.to_owned(),
        source,
    })?;
    match (wrong, inspected.damage.into_iter().next()) {
        (Some(error), _) => Err(error),
        (None, Some(damage)) => Err(weft_journal::OpenError::Damaged(damage).into()),
        (None, None) => Ok(()),
    }
}

impl<'a> Owner<'a> {
    fn head(&self) -> Head<'a> {
        Head {
            root_id: self.root_id,
            region: &self.scope.region,
            tenant: &self.scope.tenant,
            what: self.what,
            epoch: self.epoch,
        }
    }
}

fn check(
    dir: &Path,
    owner: Owner<'_>,
    mac: &RowMac,
    at: u64,
    bytes: &[u8],
    seen: &mut impl FnMut(u64, &[u8]) -> Result<(), NotARow>,
) -> Result<(), VaultError> {
    let tampered = |NotARow| VaultError::Tampered {
        dir: dir.to_owned(),
        row: at,
    };
    if at != HEAD_ROW {
        return mac
            .check(bytes)
            .and_then(|body| seen(at, body))
            .map_err(tampered);
    }
    let body = unchecked_body(bytes).map_err(tampered)?;
    if Head::is_older(body) {
        return Err(VaultError::OlderLayout {
            dir: dir.to_owned(),
        });
    }
    let head = Head::decode(body).map_err(tampered)?;
    let found = (&head.root_id, head.region, head.tenant);
    check_owner(dir, found, (&owner.root_id, owner.scope))?;
    mac.check(bytes).map_err(tampered)?;
    if head == owner.head() {
        Ok(())
    } else {
        Err(tampered(NotARow))
    }
}
