//! What is remembered of one key: its events in the order of their times, for as long as a window
//! needs them, and what outlives windows (when it was first seen, where it was last).

use std::collections::VecDeque;

use weft_dictionary::{Currency, Money, Timestamp};

use crate::place::Place;

/// One payment of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    minor_units: i64,
    payee: u64,
    currency: Option<Currency>,
    has_payee: bool,
    place: Option<Place>,
    is_settled: bool,
}

impl Event {
    pub(crate) fn new(
        at: Timestamp,
        amount: Option<Money>,
        payee: Option<u64>,
        place: Option<Place>,
        is_settled: bool,
    ) -> Event {
        Event {
            at,
            minor_units: amount.map_or(0, |money| money.minor_units),
            currency: amount.map(|money| money.currency),
            payee: payee.unwrap_or_default(),
            has_payee: payee.is_some(),
            place,
            is_settled,
        }
    }

    /// The amount, if it was paid and is in this currency. What was only attempted moved no money: it adds to
    /// no sum, and is nothing that the key usually pays.
    pub(crate) fn settled_units(&self, currency: Currency) -> Option<i64> {
        (self.is_settled && self.currency == Some(currency)).then_some(self.minor_units)
    }

    pub(crate) fn payee(&self) -> Option<u64> {
        self.has_payee.then_some(self.payee)
    }
}

/// How long and how many events are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) ms: u64,
    pub(crate) events: usize,
}

/// What became of the events of a key when one more came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// Events more.
    pub(crate) added: usize,
    /// Events that no window can reach any more.
    pub(crate) expired: usize,
    /// Events that a window could reach, but that are too many.
    pub(crate) crowded_out: usize,
    /// Whether the event came too late to be put in its place.
    pub(crate) too_late: bool,
}

/// One key's past.
#[derive(Debug)]
pub(crate) struct History {
    /// The first settled event; attempts are not known by it.
    first_seen: Option<Timestamp>,
    events: VecDeque<Event>,
    /// The latest place among the settled events that are gone.
    older_place: Option<(Timestamp, Place)>,
}

impl History {
    pub(crate) fn new() -> History {
        History {
            first_seen: None,
            events: VecDeque::new(),
            older_place: None,
        }
    }

    /// Puts an event where its time belongs, after those of the same time.
    pub(crate) fn observe(&mut self, event: Event, keep: Keep) -> Change {
        let mut change = Change::default();
        if event.is_settled {
            self.see(event.at);
        }
        let newest = self
            .events
            .back()
            .map_or(event.at, |last| last.at.max(event.at));
        let oldest = Timestamp(newest.0.saturating_sub(keep.ms));
        if event.at < oldest {
            self.outlive(event);
            change.too_late = true;
            return change;
        }
        let place = self.events.partition_point(|other| other.at <= event.at);
        self.events.insert(place, event);
        change.added = 1;
        while let Some(first) = self.events.front().copied() {
            if first.at < oldest {
                change.expired += 1;
            } else if self.events.len() > keep.events {
                change.crowded_out += 1;
            } else {
                break;
            }
            self.events.pop_front();
            self.outlive(first);
        }
        change
    }

    /// An attempt was released after it was observed. Whether or not it is still kept, what outlives windows is
    /// known from now on.
    pub(crate) fn settle(&mut self, event: Event) {
        self.see(event.at);
        let attempt = Event {
            is_settled: false,
            ..event
        };
        let from = self.events.partition_point(|other| other.at < event.at);
        let mut same_time = self
            .events
            .range_mut(from..)
            .take_while(|other| other.at == event.at);
        match same_time.find(|other| **other == attempt) {
            Some(attempt) => attempt.is_settled = true,
            None => self.outlive(event),
        }
    }

    fn see(&mut self, at: Timestamp) {
        self.first_seen = Some(self.first_seen.map_or(at, |first| first.min(at)));
    }

    /// The events of `[at − window, at]`. The present payment is not among them, because it is observed
    /// after it was asked about; another one of the same instant that was observed is.
    pub(crate) fn window(&self, at: Timestamp, ms: u64) -> impl Iterator<Item = &Event> {
        let (from, to) = self.window_bounds(at, ms);
        self.events.range(from..to)
    }

    /// How many events are in the window.
    pub(crate) fn count(&self, at: Timestamp, ms: u64) -> usize {
        let (from, to) = self.window_bounds(at, ms);
        to - from
    }

    /// When the key was first seen in a settled event, if that was not after `at`.
    pub(crate) fn first_seen_by(&self, at: Timestamp) -> Option<Timestamp> {
        self.first_seen.filter(|first| *first <= at)
    }

    /// Where the key was last until `at`, and when: of its last settled payment that came with a place.
    pub(crate) fn place_by(&self, at: Timestamp) -> Option<(Timestamp, Place)> {
        let end = self.until(at);
        let kept = self
            .events
            .range(..end)
            .rev()
            .filter(|event| event.is_settled)
            .find_map(|event| Some((event.at, event.place?)));
        let older = self.older_place.filter(|(when, _)| *when <= at);
        match (kept, older) {
            (Some(kept), Some(older)) if older.0 > kept.0 => Some(older),
            (kept, older) => kept.or(older),
        }
    }

    /// How many events are kept.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    fn window_bounds(&self, at: Timestamp, ms: u64) -> (usize, usize) {
        let start = Timestamp(at.0.saturating_sub(ms));
        (
            self.events.partition_point(|event| event.at < start),
            self.until(at),
        )
    }

    /// How many events were not after an instant. Mostly it is not before any of them.
    fn until(&self, at: Timestamp) -> usize {
        match self.events.back() {
            Some(last) if last.at > at => self.events.partition_point(|event| event.at <= at),
            _ => self.events.len(),
        }
    }

    /// Keeps of an event that goes what outlives windows.
    fn outlive(&mut self, event: Event) {
        if let Some(place) = event.place
            && event.is_settled
            && self.older_place.is_none_or(|(when, _)| when <= event.at)
        {
            self.older_place = Some((event.at, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Keep = Keep { ms: 100, events: 4 };

    fn event(at: u64) -> Event {
        Event::new(Timestamp(at), None, None, None, true)
    }

    fn placed(at: u64, tenths: i16) -> Event {
        let place = Place::try_from([tenths, 0]).ok();
        Event::new(Timestamp(at), None, None, place, true)
    }

    fn history(times: &[u64]) -> History {
        let mut history = History::new();
        for at in times {
            history.observe(event(*at), KEEP);
        }
        history
    }

    #[test]
    fn a_window_has_its_start_and_its_end() {
        let history = history(&[10, 20, 30]);
        let count = |at, ms| history.count(Timestamp(at), ms);
        assert_eq!(count(30, 20), 3, "10 is the start, 30 the end");
        assert_eq!(count(31, 20), 2, "10 is out");
        assert_eq!(count(29, 20), 2, "30 is out");
        assert_eq!(count(10, 20), 1);
        assert_eq!(count(9, 20), 0);
        assert_eq!(count(5, 20), 0, "a window over the beginning of time");
    }

    #[test]
    fn late_events_find_their_place_and_too_late_ones_are_told() {
        let mut history = history(&[150, 120, 200]);
        let times: Vec<u64> = history
            .window(Timestamp(201), 201)
            .map(|e| e.at.0)
            .collect();
        assert_eq!(times, [120, 150, 200]);
        assert_eq!(
            history.observe(event(100), KEEP).added,
            1,
            "exactly as old as is kept"
        );
        let late = history.observe(event(99), KEEP);
        assert!(late.too_late && late.added == 0);
        assert_eq!(history.first_seen_by(Timestamp(100)), Some(Timestamp(99)));
        assert_eq!(history.first_seen_by(Timestamp(98)), None);
    }

    #[test]
    fn old_events_expire_and_many_crowd_out_the_oldest() {
        let mut history = history(&[0, 10, 20]);
        assert_eq!(history.observe(event(110), KEEP).expired, 1);
        assert_eq!(history.observe(event(110), KEEP).crowded_out, 0);
        let change = history.observe(event(111), KEEP);
        assert_eq!((change.expired, change.crowded_out), (1, 0));
        let change = history.observe(event(112), KEEP);
        assert_eq!((change.expired, change.crowded_out), (0, 1));
        assert_eq!(history.len(), 4);
    }

    #[test]
    fn the_last_place_outlives_the_windows() {
        let mut history = History::new();
        history.observe(placed(0, 1), KEEP);
        history.observe(placed(10, 2), KEEP);
        history.observe(event(500), KEEP);
        assert_eq!(history.len(), 1);
        let last = |history: &History, at| {
            history
                .place_by(Timestamp(at))
                .map(|(when, place)| (when.0, <[i16; 2]>::from(place)[0]))
        };
        assert_eq!(last(&history, 501), Some((10, 2)));
        history.observe(placed(5, 3), KEEP);
        assert_eq!(
            last(&history, 501),
            Some((10, 2)),
            "an older place, come late"
        );
        history.observe(placed(450, 4), KEEP);
        assert_eq!(last(&history, 501), Some((450, 4)));
        assert_eq!(last(&history, 449), Some((10, 2)));
    }

    #[test]
    fn an_attempt_counts_and_is_familiar_only_once_it_is_released() {
        let attempt = Event {
            is_settled: false,
            ..placed(10, 2)
        };
        let mut history = History::new();
        history.observe(attempt, KEEP);
        let (now, known) = (Timestamp(20), |history: &History| {
            let place = history.place_by(Timestamp(20)).map(|(at, _)| at);
            (history.first_seen_by(Timestamp(20)), place)
        });
        assert_eq!(
            (history.count(now, 100), known(&history)),
            (1, (None, None))
        );
        history.settle(placed(10, 2));
        let at = Some(Timestamp(10));
        assert_eq!((history.count(now, 100), known(&history)), (1, (at, at)));
        // One that no window holds any more was there all the same.
        history.observe(event(500), KEEP);
        history.settle(placed(5, 3));
        assert_eq!(history.len(), 1);
        assert_eq!(known(&history), (Some(Timestamp(5)), at));
    }

    #[test]
    fn an_event_is_small() {
        assert!(size_of::<Event>() <= 40, "{}", size_of::<Event>());
    }
}
