//! A treatment applied to a value: what a reader gets of it.
//!
//! The result never says more than the treatment's name promises, whatever the kind: where a kind
//! has no band or mask, the reader learns only that the value is there.

use crate::{DurationMs, Treatment, Value};

const DAY_MS: u64 = 86_400_000;

impl Treatment {
    /// What a reader with this treatment gets; `None` for nothing at all.
    pub fn apply(self, value: &Value) -> Option<Value> {
        Some(match self {
            Treatment::Absent => return None,
            Treatment::Present => Value::Boolean(true),
            Treatment::Band => band(value).unwrap_or(Value::Boolean(true)),
            Treatment::Masked => mask(value).unwrap_or(Value::Boolean(true)),
            Treatment::Token => match value {
                Value::Token(_) => value.clone(),
                _ => mask(value).unwrap_or(Value::Boolean(true)),
            },
            Treatment::Clear => value.clone(),
        })
    }
}

/// A range: powers of ten for numbers and amounts, the day of an instant, days of a duration.
fn band(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Integer(n) => Value::text(decade(*n, "")),
        Value::Decimal(d) => Value::text(decade(i64::try_from(d.trunc()).ok()?, "")),
        Value::Money(m) => {
            let unit = 10_i64.checked_pow(u32::from(m.currency.exponent()))?;
            Value::text(decade(m.minor_units / unit, &format!(" {}", m.currency)))
        }
        Value::Instant(at) => Value::text(at.to_string().get(..10)?),
        Value::Duration(d) => Value::text(decade(i64::try_from(d.0 / DAY_MS).ok()?, " days")),
        Value::Boolean(_) | Value::Text(_) | Value::Token(_) | Value::Texts(_) => return None,
    })
}

/// `10..99`, `0..9`, `-99..-10`.
fn decade(n: i64, unit: &str) -> String {
    let magnitude = n.unsigned_abs();
    if magnitude < 10 {
        return if n < 0 {
            format!("-9..0{unit}")
        } else {
            format!("0..9{unit}")
        };
    }
    let low = 10_u64.pow(magnitude.ilog10());
    let high = low.saturating_mul(10) - 1;
    if n < 0 {
        format!("-{high}..-{low}{unit}")
    } else {
        format!("{low}..{high}{unit}")
    }
}

/// The first character and a fixed number of dots, so that not even the length is told.
fn mask(value: &Value) -> Option<Value> {
    match value {
        Value::Text(text) => text
            .chars()
            .next()
            .map(|first| Value::text(format!("{first}•••"))),
        Value::Instant(_) | Value::Duration(DurationMs(_)) => band(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Money, Token};

    fn shown(treatment: Treatment, value: &Value) -> String {
        treatment
            .apply(value)
            .map_or("nothing".into(), |v| v.to_json().to_string())
    }

    #[test]
    fn bands_are_powers_of_ten() {
        let eur = Currency::from_code("EUR").expect("a currency");
        let amount = Value::Money(Money {
            minor_units: 123_456,
            currency: eur,
        });
        assert_eq!(shown(Treatment::Band, &amount), "\"1000..9999 EUR\"");
        assert_eq!(shown(Treatment::Band, &Value::Integer(-42)), "\"-99..-10\"");
        assert_eq!(shown(Treatment::Band, &Value::Integer(0)), "\"0..9\"");
        assert_eq!(
            shown(Treatment::Band, &Value::Integer(i64::MAX)),
            "\"1000000000000000000..9999999999999999999\""
        );
    }

    #[test]
    fn no_treatment_below_clear_shows_the_text() {
        let city = Value::text("Antwerp");
        for treatment in [
            Treatment::Absent,
            Treatment::Present,
            Treatment::Band,
            Treatment::Masked,
            Treatment::Token,
        ] {
            assert!(!shown(treatment, &city).contains("ntwerp"), "{treatment:?}");
        }
        assert_eq!(shown(Treatment::Masked, &city), "\"A•••\"");
    }

    #[test]
    fn a_token_is_shown_as_itself_or_as_present() {
        let token = Value::Token(Token::new("eu", "card", [1; 16]));
        assert_eq!(shown(Treatment::Masked, &token), "true");
        assert_eq!(shown(Treatment::Token, &token), token.to_json().to_string());
    }
}
