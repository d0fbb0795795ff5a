//! One part of all keys, in the order in which they were last observed, so that the one that was not
//! observed for the longest time can be forgotten.

use std::collections::{HashMap, HashSet};

use crate::history::{Change, Event, History, Keep};
use crate::key::{KeyDigest, Part};

/// The end of the chain of slots.
const NONE: u32 = u32::MAX;

/// What a part holds at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) keys: usize,
    pub(crate) events: usize,
}

/// What was forgotten so far, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Forgotten {
    pub(crate) keys: u64,
    pub(crate) crowded_out: u64,
    pub(crate) too_late: u64,
}

/// A part of the keys. Slots are chained from the one observed last to the one observed longest ago.
#[derive(Debug)]
pub(crate) struct Shard {
    places: HashMap<KeyDigest, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    events: usize,
    forgotten: Forgotten,
}

#[derive(Debug)]
struct Slot {
    key: KeyDigest,
    /// The tokens in the key.
    of: Box<[Part]>,
    history: History,
    newer: u32,
    older: u32,
}

impl Shard {
    pub(crate) fn new() -> Shard {
        Shard {
            places: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            events: 0,
            forgotten: Forgotten::default(),
        }
    }

    /// The past of a key. Asking for it does not make it newer: who rebuilds from observations comes to
    /// the same state.
    pub(crate) fn get(&self, key: &KeyDigest) -> Option<&History> {
        let place = *self.places.get(key)?;
        Some(&self.slots[place as usize].history)
    }

    /// Remembers an event of a key, and forgets what is too much. `of` has the tokens of a key that is new.
    pub(crate) fn observe(
        &mut self,
        key: KeyDigest,
        of: impl FnOnce() -> Box<[Part]>,
        event: Event,
        keep: Keep,
        share: Share,
    ) {
        let place = self.newest_slot(key, of);
        let change = self.slots[place as usize].history.observe(event, keep);
        self.count(change);
        self.make_room(share);
    }

    /// Remembers that an event of a key was settled after it was observed.
    pub(crate) fn settle(
        &mut self,
        key: KeyDigest,
        of: impl FnOnce() -> Box<[Part]>,
        event: Event,
        share: Share,
    ) {
        let place = self.newest_slot(key, of);
        self.slots[place as usize].history.settle(event);
        self.make_room(share);
    }

    /// Forgets every key that has one of these tokens. How many.
    pub(crate) fn forget(&mut self, gone: &HashSet<Part>) -> usize {
        let is_gone = |place: &u32| {
            let slot = &self.slots[*place as usize];
            slot.of.iter().any(|part| gone.contains(part))
        };
        let places: Vec<u32> = self.places.values().copied().filter(is_gone).collect();
        for place in &places {
            self.remove(*place);
        }
        places.len()
    }

    fn make_room(&mut self, share: Share) {
        while self.places.len() > 1
            && (self.places.len() > share.keys || self.events > share.events)
        {
            self.forget_oldest();
        }
    }

    pub(crate) fn keys(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn events(&self) -> usize {
        self.events
    }

    pub(crate) fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    fn count(&mut self, change: Change) {
        self.events = self.events + change.added - change.expired - change.crowded_out;
        self.forgotten.crowded_out += change.crowded_out as u64;
        self.forgotten.too_late += u64::from(change.too_late);
    }

    /// The slot of a key, which is the one observed last from now on.
    fn newest_slot(&mut self, key: KeyDigest, of: impl FnOnce() -> Box<[Part]>) -> u32 {
        let place = match self.places.get(&key).copied() {
            Some(place) => {
                self.unchain(place);
                place
            }
            None => self.take_slot(key, of()),
        };
        self.chain(place);
        place
    }

    fn take_slot(&mut self, key: KeyDigest, of: Box<[Part]>) -> u32 {
        let slot = Slot {
            key,
            of,
            history: History::new(),
            newer: NONE,
            older: NONE,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                // Keys are bounded far below 2³².
                (self.slots.len() - 1) as u32
            }
        };
        self.places.insert(key, place);
        place
    }

    fn forget_oldest(&mut self) {
        self.remove(self.oldest);
        self.forgotten.keys += 1;
    }

    fn remove(&mut self, place: u32) {
        self.unchain(place);
        let slot = &mut self.slots[place as usize];
        let gone = std::mem::replace(&mut slot.history, History::new());
        slot.of = Box::default();
        self.places.remove(&slot.key);
        self.free.push(place);
        self.events -= gone.len();
    }

    /// Puts a slot at the new end.
    fn chain(&mut self, place: u32) {
        let older = self.newest;
        let slot = &mut self.slots[place as usize];
        slot.newer = NONE;
        slot.older = older;
        match older {
            NONE => self.oldest = place,
            older => self.slots[older as usize].newer = place,
        }
        self.newest = place;
    }

    fn unchain(&mut self, place: u32) {
        let Slot { newer, older, .. } = self.slots[place as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use weft_dictionary::Timestamp;

    use super::*;

    const KEEP: Keep = Keep {
        ms: 1_000,
        events: 3,
    };

    fn observe(shard: &mut Shard, key: u8, at: u64, share: Share) {
        shard.observe(
            [key; 16],
            || [Part::from(key), 1_000].into(),
            Event::new(Timestamp(at), None, None, None, true),
            KEEP,
            share,
        );
    }

    fn known(shard: &Shard) -> Vec<u8> {
        (0..=u8::MAX)
            .filter(|key| shard.get(&[*key; 16]).is_some())
            .collect()
    }

    #[test]
    fn the_key_observed_longest_ago_goes_first() {
        let share = Share {
            keys: 3,
            events: 100,
        };
        let mut shard = Shard::new();
        for (key, at) in [(1, 10), (2, 11), (3, 12), (1, 13), (4, 14)] {
            observe(&mut shard, key, at, share);
        }
        assert_eq!(known(&shard), [1, 3, 4]);
        observe(&mut shard, 5, 15, share);
        observe(&mut shard, 6, 16, share);
        observe(&mut shard, 7, 17, share);
        assert_eq!(known(&shard), [5, 6, 7]);
        assert_eq!(
            (shard.keys(), shard.events(), shard.forgotten().keys),
            (3, 3, 4)
        );
    }

    #[test]
    fn too_many_events_make_room_by_keys_but_never_by_the_present_one() {
        let share = Share {
            keys: 100,
            events: 4,
        };
        let mut shard = Shard::new();
        for key in [1, 1, 1, 2, 3] {
            observe(&mut shard, key, 10, share);
        }
        assert_eq!(known(&shard), [2, 3]);
        assert_eq!(shard.events(), 2);
        let share = Share {
            keys: 100,
            events: 1,
        };
        for _ in 0..3 {
            observe(&mut shard, 9, 20, share);
        }
        assert_eq!((known(&shard), shard.events()), (vec![9], 3));
        assert_eq!(shard.forgotten().keys, 3);
    }

    #[test]
    fn keys_of_a_token_are_forgotten_and_the_rest_stays_in_its_order() {
        let share = Share {
            keys: 3,
            events: 100,
        };
        let mut shard = Shard::new();
        for key in [1, 2, 3, 2] {
            observe(&mut shard, key, 10, share);
        }
        assert_eq!(shard.forget(&[2, 9].into()), 1);
        assert_eq!((known(&shard), shard.events()), (vec![1, 3], 2));
        assert_eq!(shard.forgotten().keys, 0, "nothing was too much");
        for key in [4, 5] {
            observe(&mut shard, key, 11, share);
        }
        assert_eq!(known(&shard), [3, 4, 5]);
        assert_eq!(shard.forget(&[1_000].into()), 3);
        assert_eq!((shard.keys(), shard.events()), (0, 0));
    }

    #[test]
    fn what_a_key_loses_is_counted() {
        let share = Share {
            keys: 10,
            events: 100,
        };
        let mut shard = Shard::new();
        for at in [2_000, 2_001, 2_002, 2_003, 5] {
            observe(&mut shard, 1, at, share);
        }
        let forgotten = shard.forgotten();
        assert_eq!(
            (forgotten.crowded_out, forgotten.too_late, shard.events()),
            (1, 1, 3)
        );
        observe(&mut shard, 1, 9_000, share);
        assert_eq!((shard.forgotten().crowded_out, shard.events()), (1, 1));
    }
}
