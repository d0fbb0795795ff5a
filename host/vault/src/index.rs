//! Which value has which token, who brought it, and where its rows are: in memory, many locks.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::limits::{INDEX_SHARDS, UNBROUGHT_FOR};
use crate::subject::{Subject, TokenBits};

/// A value's keyed hash, cut to 16 bytes. Among 50 million values two would share one with a
/// probability of about 4·10⁻²⁴ (birthday bound over 2¹²⁸).
pub(crate) type Blind = [u8; 16];

/// A row that is not durable yet.
const NO_ROW: u64 = u64::MAX;

/// What is known of a value.
pub(crate) struct Known {
    pub(crate) token: TokenBits,
    brought: Brought,
}

/// The subjects who brought a value, each with its row. Most values have one; an expiry date has thousands.
enum Brought {
    /// Since when, as far as it was asked for; what an import is about to bring has no such time.
    ByNobody(Option<Instant>),
    By(Subject, u64),
    ByMany(HashMap<Subject, u64>),
}

/// One part of the index of values. Held while a new value gets its token, so that a second request
/// with the same value finds it.
pub(crate) type Shard = HashMap<Blind, Known>;

/// A row gives a value another token than one before it, or a token another value.
#[derive(Debug)]
pub(crate) struct Contradiction;

/// Both directions of the index.
pub(crate) struct Index {
    by_blind: Shards<Blind, Known>,
    by_token: Shards<TokenBits, Blind>,
    values: AtomicU64,
    /// Values that were asked for before anybody had brought them, in the order in which they were.
    asked: Mutex<VecDeque<(Instant, Blind)>>,
}

impl Index {
    pub(crate) fn new() -> Index {
        Index {
            by_blind: Shards::new(),
            by_token: Shards::new(),
            values: AtomicU64::new(0),
            asked: Mutex::default(),
        }
    }

    /// The part in which a value is or belongs.
    pub(crate) fn shard(&self, blind: &Blind) -> MutexGuard<'_, Shard> {
        self.by_blind.of(blind)
    }

    /// Remembers the token of a new value, which nobody has brought yet.
    /// Since when it waits for who brings it, is told unless an import will.
    pub(crate) fn put(
        &self,
        shard: &mut Shard,
        blind: Blind,
        token: TokenBits,
        asked: Option<Instant>,
    ) {
        let known = Known {
            token,
            brought: Brought::ByNobody(asked),
        };
        if shard.insert(blind, known).is_none() {
            self.values.fetch_add(1, Ordering::Relaxed);
        }
        self.by_token.of(&token).insert(token, blind);
    }

    /// Learns of a durable row while the vault is opened.
    pub(crate) fn load(
        &self,
        blind: Blind,
        token: TokenBits,
        subject: Subject,
        row: u64,
    ) -> Result<(), Contradiction> {
        let mut shard = self.shard(&blind);
        match shard.get(&blind) {
            Some(known) if known.token != token => return Err(Contradiction),
            Some(_) => {}
            None if self.has_token(&token) => return Err(Contradiction),
            None => self.put(&mut shard, blind, token, None),
        }
        if let Some(known) = shard.get_mut(&blind) {
            known.is_brought(subject);
            known.is_durable(subject, row);
        }
        Ok(())
    }

    /// Learns that the row of a subject who brought a value is durable; nothing, if the subject was erased meanwhile.
    pub(crate) fn learn(&self, token: &TokenBits, subject: Subject, row: u64) {
        let blind = self.by_token.of(token).get(token).copied();
        let Some(blind) = blind else { return };
        if let Some(known) = self.shard(&blind).get_mut(&blind) {
            known.is_durable(subject, row);
        }
    }

    /// A subject is erased: what nobody else brought has no token any more. The tokens that are gone.
    pub(crate) fn forget(&self, subject: Subject, blinds: &[Blind]) -> Vec<TokenBits> {
        let mut gone = Vec::new();
        for blind in blinds {
            let mut shard = self.shard(blind);
            let Some(known) = shard.get_mut(blind) else {
                continue;
            };
            known.forget(subject);
            if matches!(known.brought, Brought::ByNobody(_)) {
                gone.extend(self.remove(shard, blind));
            }
        }
        gone
    }

    /// Keeps in mind that a request asked for a value that nobody had brought, and forgets what was asked for long ago and
    /// never brought.
    pub(crate) fn asked(&self, at: Instant, blind: Blind) {
        let is_stale = |since: Instant| since.elapsed() > UNBROUGHT_FOR;
        let mut asked = lock(&self.asked);
        asked.push_back((at, blind));
        while let Some((since, blind)) = asked.front().copied() {
            let shard = self.shard(&blind);
            let last = shard.get(&blind).and_then(Known::asked);
            if last.is_some() && !is_stale(since) {
                return;
            }
            if last.is_some_and(is_stale) {
                self.remove(shard, &blind);
            }
            asked.pop_front();
        }
    }

    fn remove(&self, mut shard: MutexGuard<'_, Shard>, blind: &Blind) -> Option<TokenBits> {
        let known = shard.remove(blind)?;
        self.values.fetch_sub(1, Ordering::Relaxed);
        drop(shard);
        self.by_token.of(&known.token).remove(&known.token);
        Some(known.token)
    }

    /// Whether a token has a value.
    pub(crate) fn has_token(&self, token: &TokenBits) -> bool {
        self.by_token.of(token).contains_key(token)
    }

    /// Of these values, forgets those that nobody brought.
    pub(crate) fn forget_unbrought(&self, blinds: &[Blind]) {
        for blind in blinds {
            let shard = self.shard(blind);
            if let Some(known) = shard.get(blind)
                && matches!(known.brought, Brought::ByNobody(_))
            {
                self.remove(shard, blind);
            }
        }
    }

    /// Where the durable row is with which a subject brought a value.
    pub(crate) fn row_by(&self, blind: &Blind, subject: Subject) -> Option<u64> {
        self.shard(blind).get(blind)?.row_by(subject)
    }

    /// Where a durable row of a token is.
    pub(crate) fn row_of(&self, token: &TokenBits) -> Option<u64> {
        let blind = self.by_token.of(token).get(token).copied()?;
        self.shard(&blind).get(&blind)?.row()
    }

    /// How many values are kept, once for each subject who brought them, by looking at all.
    pub(crate) fn kept(&self) -> u64 {
        let parts = self.by_blind.all();
        parts
            .map(|part| part.values().map(Known::rows).sum::<u64>())
            .sum()
    }

    /// How many values have a token.
    pub(crate) fn len(&self) -> u64 {
        self.values.load(Ordering::Relaxed)
    }
}

impl Known {
    /// When it was asked for last, if nobody brought it yet.
    fn asked(&self) -> Option<Instant> {
        match self.brought {
            Brought::ByNobody(since) => since,
            _ => None,
        }
    }

    /// A request asks for it. Whether nobody brought it yet.
    pub(crate) fn ask(&mut self, at: Instant) -> bool {
        match &mut self.brought {
            Brought::ByNobody(Some(since)) => {
                *since = at;
                true
            }
            _ => false,
        }
    }

    /// An import is about to bring it, which may take long.
    pub(crate) fn wait_for_import(&mut self) {
        if let Brought::ByNobody(since) = &mut self.brought {
            *since = None;
        }
    }

    /// Whether the subject's row is durable. The subject has brought it from now on.
    pub(crate) fn is_brought(&mut self, subject: Subject) -> bool {
        match &mut self.brought {
            Brought::ByNobody(_) => {
                self.brought = Brought::By(subject, NO_ROW);
                false
            }
            Brought::By(by, row) if *by == subject => *row != NO_ROW,
            Brought::By(by, row) => {
                let both = [(*by, *row), (subject, NO_ROW)];
                self.brought = Brought::ByMany(both.into());
                false
            }
            Brought::ByMany(by) => *by.entry(subject).or_insert(NO_ROW) != NO_ROW,
        }
    }

    /// Whether the subject brought it.
    pub(crate) fn is_of(&self, subject: Subject) -> bool {
        match &self.brought {
            Brought::ByNobody(_) => false,
            Brought::By(by, _) => *by == subject,
            Brought::ByMany(by) => by.contains_key(&subject),
        }
    }

    fn is_durable(&mut self, subject: Subject, at: u64) {
        match &mut self.brought {
            Brought::By(by, row) if *by == subject => *row = at,
            Brought::ByMany(by) => {
                if let Some(row) = by.get_mut(&subject) {
                    *row = at;
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, subject: Subject) {
        match &mut self.brought {
            Brought::By(by, _) if *by == subject => self.brought = Brought::ByNobody(None),
            Brought::ByMany(by) => {
                by.remove(&subject);
                if by.is_empty() {
                    self.brought = Brought::ByNobody(None);
                }
            }
            _ => {}
        }
    }

    fn row_by(&self, subject: Subject) -> Option<u64> {
        let row = match &self.brought {
            Brought::By(by, row) if *by == subject => Some(*row),
            Brought::ByMany(by) => by.get(&subject).copied(),
            _ => None,
        };
        row.filter(|row| *row != NO_ROW)
    }

    /// How many durable rows it has.
    fn rows(&self) -> u64 {
        match &self.brought {
            Brought::ByNobody(_) => 0,
            Brought::By(_, row) => u64::from(*row != NO_ROW),
            Brought::ByMany(by) => by.values().filter(|row| **row != NO_ROW).count() as u64,
        }
    }

    fn row(&self) -> Option<u64> {
        match &self.brought {
            Brought::ByNobody(_) => None,
            Brought::By(_, row) => Some(*row).filter(|row| *row != NO_ROW),
            Brought::ByMany(by) => by.values().copied().find(|row| *row != NO_ROW),
        }
    }
}

/// A map in many parts, each with its lock. The keys are evenly spread: keyed hashes, or random.
pub(crate) struct Shards<K, V>(Vec<Mutex<HashMap<K, V>>>);

impl<K: AsRef<[u8]>, V> Shards<K, V> {
    pub(crate) fn new() -> Shards<K, V> {
        Shards((0..INDEX_SHARDS).map(|_| Mutex::default()).collect())
    }

    /// The part of a key.
    pub(crate) fn of(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let first = key.as_ref().first().copied().unwrap_or_default();
        lock(&self.0[usize::from(first) % self.0.len()])
    }

    /// All parts, one after the other.
    pub(crate) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, HashMap<K, V>>> {
        self.0.iter().map(lock)
    }
}

/// No code panics while it holds such a lock, so a poisoned one still guards a whole map.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
