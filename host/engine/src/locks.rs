//! One decision about a payment at a time, and one payment of an account, card or device at a time.
//!
//! Locks are striped: two names can share one where their hashes meet, and then wait for each other
//! without need. Who takes several takes them in the order of the stripes, each stripe once, so that
//! nobody waits in a circle. A payment's own lock is taken before those of its payer, and in another table.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::limits::LOCK_STRIPES;

/// A lock for every name, striped.
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

    /// Waits until nobody else holds the name.
    pub(crate) async fn lock(&self, name: &str) -> MutexGuard<'_, ()> {
        self.stripes[self.stripe(name)].lock().await
    }

    /// Waits until nobody else holds any of the names.
    pub(crate) async fn lock_all(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let mut stripes: Vec<usize> = (names.into_iter())
            .map(|name| self.stripe(name.as_ref()))
            .collect();
        stripes.sort_unstable();
        stripes.dedup();
        let mut held = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            held.push(self.stripes[stripe].lock().await);
        }
        held
    }

    fn stripe(&self, name: &str) -> usize {
        let stripe = self.hasher.hash_one(name) % LOCK_STRIPES as u64;
        usize::try_from(stripe).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Locks;

    /// Names in any order, also twice, and also those that share a stripe: everybody gets through.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_waits_in_a_circle() {
        let locks = Arc::new(Locks::new());
        let shared = std::iter::successors(Some(0_u64), |n| Some(n + 1))
            .map(|n| format!("account-{n}"))
            .find(|name| locks.stripe(name) == locks.stripe("card"))
            .expect("hashes meet");
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..400 {
            let mut names = vec!["account", "card", "device", "card", shared.as_str()];
            let turn = n % names.len();
            names.rotate_left(turn);
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let locks = Arc::clone(&locks);
            tasks.spawn(async move {
                let held = locks.lock_all(&names).await;
                tokio::task::yield_now().await;
                held.len()
            });
        }
        for held in tasks.join_all().await {
            assert!((1..=3).contains(&held));
        }
    }
}
