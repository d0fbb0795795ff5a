//! Instants and durations in milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Reads RFC 3339 (`2026-01-01T10:00:00Z`, an offset is required).
    pub fn parse(text: &str) -> Option<Timestamp> {
        let at: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(at.as_millisecond()).ok().map(Timestamp)
    }

    /// This instant and a duration; stops at the end of time.
    #[must_use]
    pub fn plus(self, duration: DurationMs) -> Timestamp {
        Timestamp(self.0.saturating_add(duration.0))
    }

    /// How long ago `earlier` was; zero when it is later.
    pub fn since(self, earlier: Timestamp) -> DurationMs {
        DurationMs(self.0.saturating_sub(earlier.0))
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0)
            .ok()
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        {
            Some(at) => write!(f, "{at:.3}"),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// A length of time in milliseconds. In files: a number and one of `ms`, `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DurationMs(pub u64);

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
];

impl DurationMs {
    /// Reads `24h`.
    pub fn parse(text: &str) -> Option<DurationMs> {
        let (unit, ms) = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit))?;
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(ms).map(DurationMs)
    }
}

/// In the largest unit that needs no fraction.
impl fmt::Display for DurationMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, ms) in [UNITS[1], UNITS[2], UNITS[3], UNITS[4]] {
            if self.0 >= ms && self.0.is_multiple_of(ms) {
                return write!(f, "{}{unit}", self.0 / ms);
            }
        }
        write!(f, "{}ms", self.0)
    }
}

impl Serialize for DurationMs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DurationMs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DurationMs::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(
                "a duration is a whole number and a unit: ms, s, m, h or d; for example 24h",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print() {
        for (text, ms) in [
            ("5ms", 5),
            ("30s", 30_000),
            ("15m", 900_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(DurationMs::parse(text), Some(DurationMs(ms)), "{text}");
        }
        assert_eq!(DurationMs(86_400_000).to_string(), "1d");
        for bad in ["", "h", "1", "1.5h", "-1s", "1 h", "99999999999999999999d"] {
            assert_eq!(DurationMs::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_need_an_offset() {
        assert_eq!(
            Timestamp::parse("1970-01-01T00:00:01Z"),
            Some(Timestamp(1_000))
        );
        assert_eq!(
            Timestamp::parse("1970-01-01T01:00:01+01:00"),
            Some(Timestamp(1_000))
        );
        assert_eq!(Timestamp::parse("1970-01-01T00:00:01"), None);
        assert_eq!(Timestamp(1_000).to_string(), "1970-01-01T00:00:01.000Z");
    }
}
