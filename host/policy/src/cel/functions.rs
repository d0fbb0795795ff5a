//! What functions compute, each in one place for everything that evaluates.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use weft_dictionary::{DurationMs, Money, Timestamp, Treatment, Value};

/// The longest length of time, as in CEL's standard: ten thousand years.
pub(crate) const MAX_LENGTH_MS: u64 = 315_576_000_000_000;
/// The last instant, as in CEL's standard: the end of the year 9999.
pub(crate) const MAX_INSTANT_MS: u64 = 253_402_300_799_999;
const HOUR_MS: u64 = 3_600_000;
const MINUTE_MS: u64 = 60_000;
const SECOND_MS: u64 = 1_000;

/// A time zone, by the name that the file gives it.
///
/// The database of zones is part of the program, so that a decision is the same on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    name: Box<str>,
    zone: TimeZone,
}

impl Zone {
    /// `Europe/Brussels`, `UTC`, or a fixed distance from it such as `+05:30`.
    pub(crate) fn named(name: &str) -> Option<Zone> {
        let zone = match fixed(name) {
            Some(offset) => TimeZone::fixed(offset),
            None => TimeZoneDatabase::bundled().get(name).ok()?,
        };
        Some(Zone {
            name: name.into(),
            zone,
        })
    }

    /// Coordinated universal time.
    pub(crate) fn utc() -> Zone {
        Zone {
            name: "UTC".into(),
            zone: TimeZone::UTC,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

/// `+05:30` or `-03:00`.
fn fixed(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |part: &str, below: i32| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits
            .then(|| part.parse::<i32>().ok())
            .flatten()
            .filter(|n| *n < below)
    };
    let seconds = (two(hours, 24)? * 60 + two(minutes, 60)?) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

/// A part of an instant, as the clock on a wall in a zone shows it. Named and counted as in CEL's standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CalendarPart {
    FullYear,
    /// From 0.
    Month,
    /// From 1.
    Date,
    /// From 0.
    DayOfMonth,
    /// From 0, which is Sunday.
    DayOfWeek,
    /// From 0.
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl CalendarPart {
    /// All, with the names of their functions.
    pub(crate) const ALL: [(&str, CalendarPart); 10] = [
        ("getFullYear", CalendarPart::FullYear),
        ("getMonth", CalendarPart::Month),
        ("getDate", CalendarPart::Date),
        ("getDayOfMonth", CalendarPart::DayOfMonth),
        ("getDayOfWeek", CalendarPart::DayOfWeek),
        ("getDayOfYear", CalendarPart::DayOfYear),
        ("getHours", CalendarPart::Hours),
        ("getMinutes", CalendarPart::Minutes),
        ("getSeconds", CalendarPart::Seconds),
        ("getMilliseconds", CalendarPart::Milliseconds),
    ];

    pub(crate) fn named(name: &str) -> Option<CalendarPart> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| part)
    }

    /// The part of an instant; none beyond the year 9999.
    pub(crate) fn of(self, at: Timestamp, zone: &Zone) -> Option<i64> {
        let ms = i64::try_from(at.0).ok()?;
        let instant = jiff::Timestamp::from_millisecond(ms).ok()?;
        let clock = zone.zone.to_datetime(instant);
        Some(match self {
            CalendarPart::FullYear => clock.year().into(),
            CalendarPart::Month => i64::from(clock.month()) - 1,
            CalendarPart::Date => clock.day().into(),
            CalendarPart::DayOfMonth => i64::from(clock.day()) - 1,
            CalendarPart::DayOfWeek => clock.weekday().to_sunday_zero_offset().into(),
            CalendarPart::DayOfYear => i64::from(clock.day_of_year()) - 1,
            CalendarPart::Hours => clock.hour().into(),
            CalendarPart::Minutes => clock.minute().into(),
            CalendarPart::Seconds => clock.second().into(),
            CalendarPart::Milliseconds => clock.millisecond().into(),
        })
    }
}

/// Whole units of a length of time, as in CEL's standard: hours, minutes and seconds of the whole length,
/// milliseconds beyond its last whole second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthPart {
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl LengthPart {
    pub(crate) fn named(name: &str) -> Option<LengthPart> {
        Some(match name {
            "getHours" => LengthPart::Hours,
            "getMinutes" => LengthPart::Minutes,
            "getSeconds" => LengthPart::Seconds,
            "getMilliseconds" => LengthPart::Milliseconds,
            _ => return None,
        })
    }

    pub(crate) fn of(self, length: DurationMs) -> Option<i64> {
        let whole = match self {
            LengthPart::Hours => length.0 / HOUR_MS,
            LengthPart::Minutes => length.0 / MINUTE_MS,
            LengthPart::Seconds => length.0 / SECOND_MS,
            LengthPart::Milliseconds => length.0 % SECOND_MS,
        };
        i64::try_from(whole).ok()
    }
}

/// Of two values, which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extreme {
    Least,
    Greatest,
}

impl Extreme {
    /// Whether it is the first of two that have this order.
    pub(crate) fn is_first(self, order: Ordering) -> bool {
        match self {
            Extreme::Least => order.is_le(),
            Extreme::Greatest => order.is_ge(),
        }
    }
}

/// The amount without its sign.
pub(crate) fn absolute_money(money: Money) -> Option<Money> {
    let minor_units = money.minor_units.checked_abs()?;
    Some(Money {
        minor_units,
        ..money
    })
}

/// A value as a reader with this treatment gets it, if that is a text.
pub(crate) fn treated(treatment: Treatment, value: Value) -> Option<Box<str>> {
    match treatment.apply(&value) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

impl fmt::Display for CalendarPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CalendarPart::FullYear => "year",
            CalendarPart::Month => "month (from 0)",
            CalendarPart::Date => "day of the month",
            CalendarPart::DayOfMonth => "day of the month (from 0)",
            CalendarPart::DayOfWeek => "day of the week (0 is Sunday)",
            CalendarPart::DayOfYear => "day of the year (from 0)",
            CalendarPart::Hours => "hour",
            CalendarPart::Minutes => "minute",
            CalendarPart::Seconds => "second",
            CalendarPart::Milliseconds => "millisecond",
        })
    }
}

impl fmt::Display for LengthPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LengthPart::Hours => "whole hours",
            LengthPart::Minutes => "whole minutes",
            LengthPart::Seconds => "whole seconds",
            LengthPart::Milliseconds => "milliseconds beyond whole seconds",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(part: CalendarPart, at: &str, zone: &str) -> i64 {
        let at = Timestamp::parse(at).expect("an instant");
        part.of(at, &Zone::named(zone).expect("a zone"))
            .expect("within the years")
    }

    #[test]
    fn the_clock_on_the_wall_follows_summer_time() {
        let hours = CalendarPart::Hours;
        assert_eq!(part(hours, "2026-01-15T23:30:00Z", "Europe/Brussels"), 0);
        assert_eq!(part(hours, "2026-07-15T21:30:00Z", "Europe/Brussels"), 23);
        assert_eq!(part(hours, "2026-07-15T22:30:00Z", "Europe/Brussels"), 0);
        // The hour that stands twice in the night of 25 October 2026.
        assert_eq!(part(hours, "2026-10-25T00:30:00Z", "Europe/Brussels"), 2);
        assert_eq!(part(hours, "2026-10-25T01:30:00Z", "Europe/Brussels"), 2);
        assert_eq!(part(hours, "2026-01-15T23:30:00Z", "+05:30"), 5);
        assert_eq!(
            part(
                CalendarPart::Minutes,
                "2026-01-15T23:30:00Z",
                "Asia/Kolkata"
            ),
            0
        );
    }

    #[test]
    fn parts_are_counted_as_in_cel() {
        let sunday = "2026-03-01T12:34:56.789Z";
        for (which, expected) in [
            (CalendarPart::FullYear, 2026),
            (CalendarPart::Month, 2),
            (CalendarPart::Date, 1),
            (CalendarPart::DayOfMonth, 0),
            (CalendarPart::DayOfWeek, 0),
            (CalendarPart::DayOfYear, 59),
            (CalendarPart::Hours, 12),
            (CalendarPart::Minutes, 34),
            (CalendarPart::Seconds, 56),
            (CalendarPart::Milliseconds, 789),
        ] {
            assert_eq!(part(which, sunday, "UTC"), expected, "{which}");
        }
        assert_eq!(
            LengthPart::Hours.of(DurationMs(3_600_000 * 49 + 1)),
            Some(49)
        );
        assert_eq!(LengthPart::Milliseconds.of(DurationMs(61_234)), Some(234));
    }

    #[test]
    fn what_is_no_zone_has_no_clock() {
        for bad in [
            "",
            "Europe/Brusels",
            "+5:30",
            "+24:00",
            "+00:60",
            "*05:30",
            "+é5:30",
        ] {
            assert_eq!(Zone::named(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_instant_beyond_the_calendar_has_no_parts() {
        assert_eq!(
            CalendarPart::Hours.of(Timestamp(u64::MAX), &Zone::utc()),
            None
        );
    }
}
