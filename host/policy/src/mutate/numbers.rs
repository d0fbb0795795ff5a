//! The numbers next to a number: one unit of its scale more, or less.

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, Money, Timestamp};

use crate::cel::node::Constant;

/// To which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
}

impl Step {
    pub(super) const BOTH: [Step; 2] = [Step::Up, Step::Down];

    fn signed(self) -> i64 {
        match self {
            Step::Up => 1,
            Step::Down => -1,
        }
    }
}

const SECOND_MS: u64 = 1_000;
/// Of which a length of time is said in the greatest of which it has more than one.
const UNITS_MS: [u64; 4] = [86_400_000, 3_600_000, 60_000, SECOND_MS];

/// The next number: one more, one minor unit, one in the last place that is written, one day, hour, minute or second.
/// None of what is no number, or where there is no next.
pub(super) fn moved(constant: &Constant, step: Step) -> Option<Constant> {
    Some(match constant {
        Constant::Integer(n) => Constant::Integer(n.checked_add(step.signed())?),
        Constant::Decimal(n) => {
            let unit = Decimal::new(step.signed(), n.scale());
            Constant::Decimal(n.checked_add(unit)?)
        }
        Constant::Money(money) => Constant::Money(Money {
            minor_units: money.minor_units.checked_add(step.signed())?,
            currency: money.currency,
        }),
        Constant::Duration(DurationMs(ms)) => {
            let units = UNITS_MS.into_iter();
            let mut whole = units.filter(|unit| ms.is_multiple_of(*unit) && *ms > *unit);
            let unit = whole.next().unwrap_or(match ms {
                0 => SECOND_MS,
                _ => 1,
            });
            Constant::Duration(DurationMs(stepped(*ms, unit, step)?))
        }
        Constant::Instant(Timestamp(ms)) => {
            Constant::Instant(Timestamp(stepped(*ms, SECOND_MS, step)?))
        }
        Constant::Boolean(_) | Constant::Text(_) => return None,
    })
}

fn stepped(ms: u64, unit: u64, step: Step) -> Option<u64> {
    match step {
        Step::Up => ms.checked_add(unit),
        Step::Down => ms.checked_sub(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_least_that_is_written() {
        let decimal = |text: &str| Constant::Decimal(text.parse().expect("a number"));
        let length = |text: &str| Constant::Duration(DurationMs::parse(text).expect("a length"));
        for (one, up, down) in [
            (
                Constant::Integer(90),
                Some(Constant::Integer(91)),
                Some(Constant::Integer(89)),
            ),
            (
                decimal("0.13"),
                Some(decimal("0.14")),
                Some(decimal("0.12")),
            ),
            (length("24h"), Some(length("25h")), Some(length("23h"))),
            (length("168h"), Some(length("8d")), Some(length("6d"))),
            (length("15m"), Some(length("16m")), Some(length("14m"))),
            (length("0s"), Some(length("1s")), None),
            (
                Constant::Integer(i64::MAX),
                None,
                Some(Constant::Integer(i64::MAX - 1)),
            ),
            (Constant::Text("5".into()), None, None),
        ] {
            assert_eq!(
                (moved(&one, Step::Up), moved(&one, Step::Down)),
                (up, down),
                "{one}"
            );
        }
    }
}
