//! Values of the manifest, as the host hands them over.

use iso_currency::Currency;
use serde_json::Value as Json;

use crate::value::{Decimal, Duration, Instant, Money, Value};

/// The value of that kind. What is of another form cannot be in a manifest that was compiled.
#[track_caller]
pub(crate) fn value(kind: &str, json: &Json) -> Value {
    parse(kind, json).unwrap_or_else(|| {
        panic!("`{json}` in the plugin's declaration is not what the host reads as {kind}; correct it there")
    })
}

fn parse(kind: &str, json: &Json) -> Option<Value> {
    let text = json.as_str();
    Some(match kind {
        "boolean" => Value::Boolean(json.as_bool()?),
        "integer" => Value::Integer(json.as_i64()?),
        "decimal" => Value::Decimal(Decimal::from_str_exact(text?).ok()?),
        "text" => Value::Text(text?.to_owned()),
        "duration" => Value::Duration(duration(text?)?),
        "instant" => Value::Instant(instant(text?)?),
        "money" => Value::Money(money(
            json.get("value")?.as_str()?,
            json.get("currency")?.as_str()?,
        )?),
        "texts" => Value::Texts(serde_json::from_value(json.clone()).ok()?),
        _ => Value::Json(json.to_string()),
    })
}

fn duration(text: &str) -> Option<Duration> {
    let units = [
        ("ms", 1),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let (unit, ms) = units.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(ms).map(Duration)
}

fn instant(text: &str) -> Option<Instant> {
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok().map(Instant)
}

fn money(amount: &str, currency: &str) -> Option<Money> {
    let exponent = Currency::from_code(currency)?.exponent()?;
    let mut minor = Decimal::from_str_exact(amount).ok()?.normalize();
    if minor.scale() > u32::from(exponent) {
        return None;
    }
    minor.rescale(u32::from(exponent));
    Some(Money {
        minor_units: i64::try_from(minor.mantissa()).ok()?,
        currency: currency.to_owned(),
        exponent: u8::try_from(exponent).ok()?,
    })
}
