//! The features of one payment, and the text that stands for them.

use std::fmt::Write;

use weft_dictionary::{FieldId, Value};

/// The form of the text.
const FORM: &str = "weft.snapshot/1";

/// All behavioural features of one payment as they were when it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The features that are there, in the dictionary's order.
    pub values: Vec<(FieldId, Value)>,
}

impl Snapshot {
    /// The same features have the same text. They are few and small, so who has a plain hash of it finds them by trying:
    /// whoever names a snapshot does it with a key. The text is the form, then a line for each feature that is there, by
    /// name: name, tabulator, kind, colon, value; amounts as `12.50 EUR`, durations in milliseconds.
    pub fn canonical<'a>(features: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
        let mut features: Vec<_> = features.into_iter().collect();
        features.sort_unstable_by_key(|(name, _)| *name);
        let mut text = String::with_capacity(FORM.len() + 1 + features.len() * 48);
        text.push_str(FORM);
        text.push('\n');
        for (name, value) in features {
            // Writing to a text does not fail.
            let _ = match value {
                Value::Integer(n) => writeln!(text, "{name}\tinteger:{n}"),
                Value::Decimal(d) => writeln!(text, "{name}\tdecimal:{}", d.normalize()),
                Value::Money(m) => writeln!(text, "{name}\tmoney:{m}"),
                Value::Duration(d) => writeln!(text, "{name}\tduration:{}", d.0),
                // No measure gives another kind; should one come, it has a place.
                other => writeln!(text, "{name}\tjson:{}", other.to_json()),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use weft_dictionary::{Currency, DurationMs, Money};

    use super::*;

    #[test]
    fn the_text_is_by_name_and_exact() {
        let money = Money {
            minor_units: 1_250,
            currency: Currency::from_code("EUR").expect("a currency"),
        };
        let values = [
            ("behaviour.c", Value::Money(money)),
            ("behaviour.a", Value::Decimal(Decimal::new(15_000, 4))),
            ("behaviour.b", Value::Duration(DurationMs(3))),
            ("behaviour.d", Value::Integer(-1)),
        ];
        let text = Snapshot::canonical(values.iter().map(|(name, value)| (*name, value)));
        assert_eq!(
            text,
            "weft.snapshot/1\nbehaviour.a\tdecimal:1.5\nbehaviour.b\tduration:3\n\
             behaviour.c\tmoney:12.50 EUR\nbehaviour.d\tinteger:-1\n"
        );
    }
}
