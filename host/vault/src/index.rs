//! Which value has which token, and where a token's row is: in memory, many locks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::INDEX_SHARDS;

/// A value's keyed hash, cut to 16 bytes. Among 50 million values two would share one with a
/// probability of about 4·10⁻²⁴ (birthday bound over 2¹²⁸).
pub(crate) type Blind = [u8; 16];

/// The random bits of a token.
pub(crate) type TokenBits = [u8; 16];

/// What is known of a value.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) token: TokenBits,
    /// Whether a row with this token is durable.
    pub(crate) durable: bool,
}

/// One part of the index of values. Held while a new value gets its token, so that a second request
/// with the same value finds it.
pub(crate) type Shard = HashMap<Blind, Known>;

/// A row gives a value another token than one before it.
#[derive(Debug)]
pub(crate) struct Contradiction;

/// Both directions of the index.
pub(crate) struct Index {
    by_blind: Vec<Mutex<Shard>>,
    by_token: Vec<Mutex<HashMap<TokenBits, u64>>>,
    values: AtomicU64,
}

impl Index {
    pub(crate) fn new() -> Index {
        Index {
            by_blind: shards(),
            by_token: shards(),
            values: AtomicU64::new(0),
        }
    }

    /// The part in which a value is or belongs.
    pub(crate) fn shard(&self, blind: &Blind) -> MutexGuard<'_, Shard> {
        lock(&self.by_blind, blind)
    }

    /// Remembers the token of a new value, whose row is not in the vault yet.
    pub(crate) fn put(&self, shard: &mut Shard, blind: Blind, token: TokenBits) {
        let known = Known {
            token,
            durable: false,
        };
        if shard.insert(blind, known).is_none() {
            self.values.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Learns of a durable row.
    pub(crate) fn learn(
        &self,
        blind: Blind,
        token: TokenBits,
        row: u64,
    ) -> Result<(), Contradiction> {
        let durable = Known {
            token,
            durable: true,
        };
        match self.shard(&blind).entry(blind) {
            Entry::Occupied(known) if known.get().token != token => return Err(Contradiction),
            Entry::Occupied(mut known) => *known.get_mut() = durable,
            Entry::Vacant(place) => {
                place.insert(durable);
                self.values.fetch_add(1, Ordering::Relaxed);
            }
        }
        lock(&self.by_token, &token).entry(token).or_insert(row);
        Ok(())
    }

    /// Where the row of a durable token is.
    pub(crate) fn row_of(&self, token: &TokenBits) -> Option<u64> {
        lock(&self.by_token, token).get(token).copied()
    }

    /// How many values have a token.
    pub(crate) fn len(&self) -> u64 {
        self.values.load(Ordering::Relaxed)
    }
}

fn shards<T: Default>() -> Vec<Mutex<T>> {
    (0..INDEX_SHARDS).map(|_| Mutex::default()).collect()
}

/// Both keys are evenly spread: one is a keyed hash, the other random. No code panics while it holds
/// a lock, so a poisoned one still guards a whole map.
fn lock<'a, T>(shards: &'a [Mutex<T>], key: &[u8; 16]) -> MutexGuard<'a, T> {
    shards[usize::from(key[0]) % shards.len()]
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
