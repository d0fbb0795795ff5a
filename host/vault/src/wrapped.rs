//! A subject's key as it lies in memory: wrapped.

use std::sync::Arc;

use crate::entry::Entry;
use crate::epoch::Epoch;
use crate::error::VaultError;
use crate::keys::Key;
use crate::subject::Subject;

/// In which of the last two epochs something is durable, each in the place of its parity. There are never more
/// than two journals of keys.
#[derive(Clone, Copy, Default)]
pub(crate) struct Durable([u32; 2]);

impl Durable {
    pub(crate) fn learn(&mut self, epoch: u32) {
        self.0[(epoch & 1) as usize] = epoch;
    }

    pub(crate) fn is_in(self, epoch: u32) -> bool {
        self.0[(epoch & 1) as usize] == epoch
    }
}

pub(crate) struct Wrapped {
    pub(crate) born: u32,
    pub(crate) epoch: u32,
    pub(crate) bytes: Box<[u8]>,
    pub(crate) durable: Durable,
}

/// A subject's key, for one use.
pub(crate) struct SubjectKey {
    pub(crate) born: u32,
    pub(crate) key: Key,
}

pub(crate) fn unwrap(
    epochs: &[Arc<Epoch>],
    subject: Subject,
    wrapped: &Wrapped,
) -> Result<SubjectKey, VaultError> {
    let epoch = epochs.iter().find(|epoch| epoch.number == wrapped.epoch);
    let epoch = epoch.ok_or(VaultError::DoesNotOpen)?;
    Ok(SubjectKey {
        born: wrapped.born,
        key: epoch.unwrap(subject, wrapped.born, &wrapped.bytes)?,
    })
}

pub(crate) fn key_row(
    epochs: &[Arc<Epoch>],
    subject: Subject,
    wrapped: &Wrapped,
    to: &Epoch,
) -> Result<Vec<u8>, VaultError> {
    let again;
    let bytes: &[u8] = if wrapped.epoch == to.number {
        &wrapped.bytes
    } else {
        let key = unwrap(epochs, subject, wrapped)?;
        again = to.wrap(subject, wrapped.born, &key.key)?;
        &again
    };
    Ok(Entry::Key {
        subject,
        born: wrapped.born,
        wrapped: bytes,
    }
    .encode())
}
