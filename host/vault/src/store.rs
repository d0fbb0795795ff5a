//! The journal of rows: the only truth of a vault.

use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use weft_journal::{AppendError, Appended, Committed, Journal, JournalConfig};

use crate::error::VaultError;
use crate::index::Index;
use crate::row::{Head, RowMac, TokenRow, unchecked_body};

/// The row of the head; tokens come after it.
const HEAD_ROW: u64 = 0;

/// An open journal of rows.
pub(crate) struct Store {
    journal: Journal,
    mac: RowMac,
}

impl Store {
    /// Opens the journal, checks every row, and tells the index of it: now, and whenever rows become
    /// durable from now on.
    pub(crate) fn open(
        dir: &Path,
        head: &Head<'_>,
        mac: RowMac,
        index: &Arc<Index>,
    ) -> Result<Store, VaultError> {
        let (journal, recovery) = Journal::open(dir, JournalConfig::default())?;
        if let Some(cut) = &recovery.cut {
            tracing::warn!(
                ?cut,
                "the vault's journal ended within rows that nobody was told of"
            );
        }
        if journal.len_durable() == HEAD_ROW {
            journal.append(mac.finish(head.encode()))?.wait()?;
        }
        check_rows(dir, &journal, &mac, head, index)?;
        let learning = Arc::clone(index);
        journal.on_commit(move |batch| learn(&learning, batch));
        Ok(Store { journal, mac })
    }

    /// A row as it goes into the journal.
    pub(crate) fn encode(&self, row: &TokenRow<'_>) -> Vec<u8> {
        self.mac.finish(row.encode())
    }

    /// Puts an encoded row into the journal's queue.
    pub(crate) fn append(&self, row: Vec<u8>) -> Result<Appended, VaultError> {
        Ok(self.journal.append(row)?)
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

/// Called by the journal's writer before anybody who waits for these rows is told.
fn learn(index: &Index, batch: Committed<'_>) {
    for (row, bytes) in (batch.first..).zip(batch.records) {
        // This process wrote them a moment ago, so there is nothing to check.
        let decoded = unchecked_body(bytes).and_then(TokenRow::decode);
        if let Ok(TokenRow { blind, token, .. }) = decoded
            && index.learn(blind, token, row).is_err()
        {
            tracing::error!(row, "a value was given two tokens: a fault of this program");
            std::process::abort();
        }
    }
}

fn check_rows(
    dir: &Path,
    journal: &Journal,
    mac: &RowMac,
    head: &Head<'_>,
    index: &Index,
) -> Result<(), VaultError> {
    for row in journal.iter_from(HEAD_ROW) {
        let (at, bytes) = row?;
        let tampered = |_| VaultError::Tampered {
            dir: dir.to_owned(),
            row: at,
        };
        if at == HEAD_ROW {
            check_owner(dir, head, &bytes)?;
            mac.check(&bytes).map_err(tampered)?;
            continue;
        }
        let body = mac.check(&bytes).map_err(tampered)?;
        let row = TokenRow::decode(body).map_err(tampered)?;
        index
            .learn(row.blind, row.token, at)
            .map_err(|_| VaultError::Tampered {
                dir: dir.to_owned(),
                row: at,
            })?;
    }
    Ok(())
}

/// Tells a vault of somebody else from an altered one, before its keys are used. Whether the head is
/// as it was written is for its HMAC to say.
fn check_owner(dir: &Path, expected: &Head<'_>, row: &[u8]) -> Result<(), VaultError> {
    let head = unchecked_body(row)
        .and_then(Head::decode)
        .map_err(|_| VaultError::Tampered {
            dir: dir.to_owned(),
            row: HEAD_ROW,
        })?;
    if head.root_id != expected.root_id {
        return Err(VaultError::OtherKeys {
            dir: dir.to_owned(),
            of_vault: HEXLOWER.encode(&head.root_id[..4]),
            of_file: HEXLOWER.encode(&expected.root_id[..4]),
        });
    }
    if (head.region, head.tenant) != (expected.region, expected.tenant) {
        return Err(VaultError::OtherOwner {
            dir: dir.to_owned(),
            region: head.region.to_owned(),
            tenant: head.tenant.to_owned(),
        });
    }
    Ok(())
}
