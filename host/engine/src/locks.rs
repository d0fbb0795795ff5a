//! One decision about a payment at a time.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::limits::LOCK_STRIPES;

/// A lock for every payment, striped.
pub(crate) struct Locks {
    stripes: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Locks {
    pub(crate) fn new() -> Locks {
        let stripes = std::iter::repeat_with(|| Mutex::new(()))
            .take(LOCK_STRIPES)
            .collect();
        Locks {
            stripes,
            hasher: RandomState::new(),
        }
    }

    /// Waits until nobody else decides about the payment.
    pub(crate) async fn lock(&self, payment: &str) -> MutexGuard<'_, ()> {
        let stripe = self.hasher.hash_one(payment) % LOCK_STRIPES as u64;
        let stripe = usize::try_from(stripe).unwrap_or_default();
        self.stripes[stripe].lock().await
    }
}
