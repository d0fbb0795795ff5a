//! Sets that decided before, to look back with: what they said is explained, nothing is decided by them any more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use weft_dictionary::Dictionary;

use crate::limits::{MAX_EXPLAINED, MAX_SETS_HELD};
use crate::pipeline::Pipeline;
use crate::sets::archive::ArchiveError;
use crate::sets::in_force::Sets;
use crate::sets::loaded::Pinning;

/// A set and the dictionary that it is about.
pub(crate) type Past = (Arc<Dictionary>, Arc<Pipeline>);

/// Those that were looked at lately, the newest first.
pub(crate) struct Back {
    held: Mutex<VecDeque<Past>>,
    /// Looking back must not keep the host from deciding.
    turns: Semaphore,
}

impl Default for Back {
    fn default() -> Back {
        Back {
            held: Mutex::default(),
            turns: Semaphore::new(MAX_EXPLAINED),
        }
    }
}

impl Back {
    /// A turn to look back; who comes later waits.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }
}

impl Sets {
    /// The set with this digest, as it decided. Takes long where it is read from the archive: no request that is to be
    /// decided waits for it.
    pub(crate) fn past(&self, digest: &str) -> Result<Past, ArchiveError> {
        // One reading at a time.
        let mut held = self
            .back
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = held.iter().position(|(_, set)| set.digest() == digest);
        let past = match found.and_then(|place| held.remove(place)) {
            Some(past) => past,
            None => self.read_past(digest)?,
        };
        held.push_front(past.clone());
        held.truncate(MAX_SETS_HELD);
        Ok(past)
    }

    fn read_past(&self, digest: &str) -> Result<Past, ArchiveError> {
        let compiled = self.compiled();
        let set = self
            .archive
            .read(digest, Pinning::Optional, &self.sandbox, &compiled)?;
        let (dictionary, pipeline) = set.into_parts();
        Ok((dictionary, Arc::new(pipeline)))
    }
}
