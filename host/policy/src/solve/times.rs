//! Instants for examples: of those that conditions tell apart by the clock, one each.
//!
//! Conditions on the hour, the day of the week and the like compare what a clock shows with numbers, so all instants
//! between two of these numbers are the same to them. From an instant on, the hours of a day, the days of a week (of a
//! year, where a condition asks for the month or the date, or conditions for clocks of two zones) and the minutes beside the numbers are gone through, and the
//! first instant of each kind is kept.

use std::collections::BTreeSet;
use std::rc::Rc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use weft_dictionary::{Dictionary, Timestamp};

use super::numbers::Numbers;
use crate::cel::functions::{CalendarPart, Zone};
use crate::cel::node::Node;
use crate::example::{DECIDED_AT, DECIDED_HOUR};
use crate::limits::{MAX_CLOCK_INSTANTS, MAX_EXAMPLE_INSTANTS};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The mean length of a year in the Gregorian calendar.
const YEAR_MS: i64 = 31_556_952_000;

/// A part of a fact that is an instant, as a clock in a zone shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clock {
    /// The name of the fact.
    pub(super) fact: Rc<str>,
    part: CalendarPart,
    zone: Zone,
}

impl Clock {
    /// The clock that an expression reads, if it reads that of a fact.
    pub(super) fn read_by(node: &Node, dictionary: &Dictionary) -> Option<Clock> {
        match node {
            Node::Shared(inner) => Clock::read_by(inner, dictionary),
            Node::Field(id) => Clock::kept_in(&dictionary.field(*id).name),
            Node::Calendar(part, at, zone) => Some(Clock {
                fact: dictionary.field(at.field()?).name.as_str().into(),
                part: *part,
                zone: zone.clone(),
            }),
            _ => None,
        }
    }

    /// The clock that a fact is: the host says in which hour a request is decided, and when.
    pub(super) fn kept_in(name: &str) -> Option<Clock> {
        (name == DECIDED_HOUR).then(|| Clock {
            fact: DECIDED_AT.into(),
            part: CalendarPart::Hours,
            zone: Zone::utc(),
        })
    }

    fn at(&self, ms: u64) -> Option<i64> {
        self.part.of(Timestamp(ms), &self.zone)
    }

    /// Whether it shows one of these numbers at an instant.
    pub(super) fn shows(&self, ms: u64, numbers: &Numbers) -> bool {
        self.at(ms).is_some_and(|shown| numbers.holds(shown.into()))
    }
}

/// A clock, and the numbers with which it is compared.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) clock: Clock,
    numbers: BTreeSet<i64>,
}

impl Compared {
    pub(super) fn new(clock: Clock) -> Compared {
        let numbers = BTreeSet::new();
        Compared { clock, numbers }
    }

    pub(super) fn with(&mut self, numbers: &[Decimal]) {
        self.numbers
            .extend(numbers.iter().filter_map(Decimal::to_i64));
    }

    /// Where what it shows is among the numbers: at one of them, or between two.
    fn kind(&self, ms: u64) -> Option<(bool, usize)> {
        let shown = self.clock.at(ms)?;
        Some((
            self.numbers.contains(&shown),
            self.numbers.range(..shown).count(),
        ))
    }

    /// The numbers, and those beside them.
    fn near(&self) -> impl Iterator<Item = i64> {
        let numbers = self.numbers.iter();
        numbers.flat_map(|n| [*n, n.saturating_sub(1), n.saturating_add(1)])
    }
}

/// Of the instants from one on that fit, one of each kind.
pub(super) fn instants(from: u64, clocks: &[&Compared], fits: &dyn Fn(u64) -> bool) -> Vec<u64> {
    let mut kinds = BTreeSet::new();
    let steps = Steps { from, clocks };
    let all = steps.all().take(MAX_CLOCK_INSTANTS);
    let new = all.filter(|ms| {
        let kind = clocks.iter().map(|clock| clock.kind(*ms));
        fits(*ms) && kinds.insert(kind.collect::<Vec<_>>())
    });
    new.take(MAX_EXAMPLE_INSTANTS).collect()
}

/// How far from an instant the next ones are looked at.
struct Steps<'c> {
    from: u64,
    clocks: &'c [&'c Compared],
}

impl Steps<'_> {
    fn all(&self) -> impl Iterator<Item = u64> {
        let (days, hours, within) = (self.days(), self.hours(), self.within());
        let from = self.from;
        let starts = self.years().into_iter().flat_map(move |year| {
            let days = (0..days).map(move |day| year + day * DAY_MS);
            days.flat_map(move |day| (0..hours).map(move |hour| day + hour * HOUR_MS))
        });
        let all =
            starts.flat_map(move |start| within.clone().into_iter().map(move |ms| start + ms));
        all.filter_map(move |ms| from.checked_add_signed(ms))
    }

    fn asks(&self, parts: &[CalendarPart]) -> bool {
        let mut clocks = self.clocks.iter();
        clocks.any(|one| parts.contains(&one.clock.part))
    }

    /// The years that are named, from this one on.
    fn years(&self) -> Vec<i64> {
        let mut years = vec![0];
        for one in self.clocks {
            if one.clock.part == CalendarPart::FullYear
                && let Some(now) = one.clock.at(self.from)
            {
                let named = one.near().filter(|year| (1970..=9999).contains(year));
                years.extend(named.map(|year| (year - now) * YEAR_MS / DAY_MS * DAY_MS));
            }
        }
        years
    }

    fn days(&self) -> i64 {
        let of_year = [
            CalendarPart::FullYear,
            CalendarPart::Month,
            CalendarPart::Date,
            CalendarPart::DayOfMonth,
            CalendarPart::DayOfYear,
        ];
        // What two zones show differs by the season.
        let mut zones = self.clocks.windows(2);
        let of_year =
            self.asks(&of_year) || zones.any(|pair| pair[0].clock.zone != pair[1].clock.zone);
        match (of_year, self.asks(&[CalendarPart::DayOfWeek])) {
            (true, _) => 366,
            (false, true) => 7,
            (false, false) => 1,
        }
    }

    fn hours(&self) -> i64 {
        match self.asks(&[CalendarPart::Hours]) {
            true => 24,
            false => 1,
        }
    }

    /// Within an hour: until its clock shows one of the numbers, or one beside them.
    fn within(&self) -> Vec<i64> {
        let mut all = BTreeSet::from([0]);
        for (part, unit_ms, round) in [
            (CalendarPart::Minutes, MINUTE_MS, 60),
            (CalendarPart::Seconds, SECOND_MS, 60),
            (CalendarPart::Milliseconds, 1, 1_000),
        ] {
            let mut ahead = BTreeSet::from([0]);
            for one in self.clocks.iter().filter(|one| one.clock.part == part) {
                let Some(now) = one.clock.at(self.from) else {
                    continue;
                };
                let wanted = one.near().filter(|n| (0..round).contains(n));
                ahead.extend(wanted.map(|n| (n - now).rem_euclid(round)));
            }
            let more = all
                .iter()
                .flat_map(|ms| ahead.iter().map(move |n| ms + n * unit_ms));
            all = more.collect();
        }
        all.into_iter().collect()
    }
}
