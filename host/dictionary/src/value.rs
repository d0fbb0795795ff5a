//! Kinds and values.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{DurationMs, Money, Timestamp, Token};

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// 64 bits, signed.
    Integer,
    /// Exact decimal with at most 28 digits; never a float.
    Decimal,
    /// Text; bounded by the field's `max_length`.
    Text,
    /// ISO 3166-1 alpha-2, upper case. A text in rules.
    Country,
    /// Amount and currency.
    Money,
    /// Milliseconds since the epoch; RFC 3339 in messages.
    Instant,
    /// Milliseconds; `24h` in messages.
    Duration,
    /// A list of texts.
    Texts,
}

impl Kind {
    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Decimal => "decimal",
            Kind::Text => "text",
            Kind::Country => "country",
            Kind::Money => "money",
            Kind::Instant => "instant",
            Kind::Duration => "duration",
            Kind::Texts => "texts",
        }
    }
}

/// One fact's value. There is no variant for a sensitive value in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// See [`Kind::Boolean`].
    Boolean(bool),
    /// See [`Kind::Integer`].
    Integer(i64),
    /// See [`Kind::Decimal`].
    Decimal(Decimal),
    /// See [`Kind::Text`]; also the value of [`Kind::Country`].
    Text(Box<str>),
    /// In place of a sensitive value of any kind.
    Token(Token),
    /// See [`Kind::Money`].
    Money(Money),
    /// See [`Kind::Instant`].
    Instant(Timestamp),
    /// See [`Kind::Duration`].
    Duration(DurationMs),
    /// See [`Kind::Texts`].
    Texts(Vec<Box<str>>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Box<str>>) -> Value {
        Value::Text(text.into())
    }

    /// Whether a field of this kind may hold it (a token stands for any kind; the row checks the
    /// class).
    pub fn is_of(&self, kind: Kind) -> bool {
        match self {
            Value::Boolean(_) => kind == Kind::Boolean,
            Value::Integer(_) => kind == Kind::Integer,
            Value::Decimal(_) => kind == Kind::Decimal,
            Value::Text(_) => matches!(kind, Kind::Text | Kind::Country),
            Value::Token(_) => true,
            Value::Money(_) => kind == Kind::Money,
            Value::Instant(_) => kind == Kind::Instant,
            Value::Duration(_) => kind == Kind::Duration,
            Value::Texts(_) => kind == Kind::Texts,
        }
    }

    /// The value as JSON: exact (decimals and amounts as text), the form of replies and records.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Value::Boolean(b) => json!(b),
            Value::Integer(i) => json!(i),
            Value::Decimal(d) => json!(d.to_string()),
            Value::Text(t) => json!(t),
            Value::Token(t) => json!(t.as_str()),
            Value::Money(m) => json!({ "value": m.amount(), "currency": m.currency.code() }),
            Value::Instant(t) => json!(t.to_string()),
            Value::Duration(d) => json!(d.to_string()),
            Value::Texts(ts) => json!(ts),
        }
    }

    /// Reads what [`Value::to_json`] wrote, for a field of this kind; `None` if it is not of it.
    pub fn from_json(kind: Kind, json: &serde_json::Value) -> Option<Value> {
        if let Some(token) = json.as_str().and_then(|s| Token::parse(s).ok()) {
            return Some(Value::Token(token));
        }
        Some(match kind {
            Kind::Boolean => Value::Boolean(json.as_bool()?),
            Kind::Integer => Value::Integer(json.as_i64()?),
            Kind::Decimal => Value::Decimal(Decimal::from_str_exact(json.as_str()?).ok()?),
            Kind::Text | Kind::Country => Value::text(json.as_str()?),
            Kind::Money => {
                let currency = crate::Currency::from_code(json.get("currency")?.as_str()?).ok()?;
                Value::Money(Money::parse(json.get("value")?.as_str()?, currency).ok()?)
            }
            Kind::Instant => Value::Instant(Timestamp::parse(json.as_str()?)?),
            Kind::Duration => Value::Duration(DurationMs::parse(json.as_str()?)?),
            Kind::Texts => Value::Texts(
                json.as_array()?
                    .iter()
                    .map(|t| t.as_str().map(Into::into))
                    .collect::<Option<_>>()?,
            ),
        })
    }
}
