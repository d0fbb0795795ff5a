//! Values in words, with their units.

use weft_dictionary::{DurationMs, Field, Value};

/// Milliseconds of each unit, the largest first.
const UNITS: [(&str, u64); 4] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1_000),
];

/// A value of a field, for people. A token stays one.
pub(super) fn said(field: &Field, value: &Value) -> String {
    let with_unit = |number: String| match field.unit() {
        Some(unit) => format!("{number} {unit}"),
        None => number,
    };
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Integer(number) => with_unit(number.to_string()),
        Value::Decimal(number) => with_unit(number.to_string()),
        Value::Text(text) => text.to_string(),
        Value::Token(token) => token.to_string(),
        Value::Money(money) => money.to_string(),
        Value::Instant(at) => at.to_string(),
        Value::Duration(length) => duration(*length),
        Value::Texts(texts) => texts.join(", "),
    }
}

/// In its two largest units, rounded down: whoever needs more has the value itself.
fn duration(length: DurationMs) -> String {
    let fits = |(_, ms): &(&str, u64)| length.0 >= *ms;
    let Some(at) = UNITS.iter().position(fits) else {
        return format!("{} ms", length.0);
    };
    let (unit, ms) = UNITS[at];
    let largest = format!("{} {unit}", length.0 / ms);
    match UNITS.get(at + 1) {
        Some((smaller, ms_smaller)) if length.0 % ms >= *ms_smaller => {
            format!("{largest} {} {smaller}", length.0 % ms / ms_smaller)
        }
        _ => largest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (ms, said) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (45_994, "45 s"),
            (60_000, "1 min"),
            (3_723_000, "1 h 2 min"),
            (86_400_000, "1 d"),
            (86_400_000 + 1_000, "1 d"),
            (200_000_000, "2 d 7 h"),
        ] {
            assert_eq!(duration(DurationMs(ms)), said);
        }
    }
}
