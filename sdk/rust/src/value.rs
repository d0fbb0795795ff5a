//! What a plugin gets: values of needs and settings.

use std::cmp::Ordering;
use std::fmt;

pub use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

/// One need or setting, as the host hands it over.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not in this request.
    Absent,
    /// In this request, but not for this plugin. The code says why.
    Withheld(String),
    /// `true` or `false`.
    Boolean(bool),
    /// 64 bits, signed.
    Integer(i64),
    /// Exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// A pseudonym: the same for the same value within this plugin and purpose.
    Token(Token),
    /// Amount and currency.
    Money(Money),
    /// A moment.
    Instant(Instant),
    /// A length of time.
    Duration(Duration),
    /// A list of texts.
    Texts(Vec<String>),
    /// JSON in canonical form.
    Json(String),
}

impl Value {
    /// The kind in the manifest; `None` when there is no value.
    pub fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Value::Absent | Value::Withheld(_) => return None,
            Value::Boolean(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Token(_) => "token",
            Value::Money(_) => "money",
            Value::Instant(_) => "instant",
            Value::Duration(_) => "duration",
            Value::Texts(_) => "texts",
            Value::Json(_) => "json",
        })
    }
}

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// In the currency's minor unit: cents for EUR.
    pub minor_units: i64,
    /// ISO 4217.
    pub currency: String,
    /// Decimals of the minor unit, ISO 4217.
    pub exponent: u8,
}

/// Amounts of different currencies meet: there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherCurrency;

impl Money {
    /// An amount in minor units of a currency with two decimals.
    pub fn cents(minor_units: i64, currency: &str) -> Money {
        Money {
            minor_units,
            currency: currency.to_owned(),
            exponent: 2,
        }
    }

    /// Compares two amounts of one currency.
    pub fn compare(&self, other: &Money) -> Result<Ordering, OtherCurrency> {
        self.same(other)
            .map(|()| self.minor_units.cmp(&other.minor_units))
    }

    /// The sum of two amounts of one currency; stops at the largest.
    pub fn add(&self, other: &Money) -> Result<Money, OtherCurrency> {
        self.same(other)?;
        Ok(Money {
            minor_units: self.minor_units.saturating_add(other.minor_units),
            ..self.clone()
        })
    }

    fn same(&self, other: &Money) -> Result<(), OtherCurrency> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(OtherCurrency)
        }
    }
}

/// A pseudonym in place of a sensitive value. Two can be compared; nothing else can be known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token(pub String);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

impl Instant {
    /// How long ago `earlier` was; nothing when it is later.
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// So many minutes.
    pub const fn minutes(minutes: u64) -> Duration {
        Duration(minutes * 60_000)
    }

    /// So many hours.
    pub const fn hours(hours: u64) -> Duration {
        Duration(hours * 3_600_000)
    }

    /// So many days.
    pub const fn days(days: u64) -> Duration {
        Duration(days * 86_400_000)
    }
}

/// A need for plugins that ask why it is not there.
#[derive(Debug, Clone, PartialEq)]
pub enum Need<T> {
    /// Not in this request.
    Absent,
    /// In this request, but not for this plugin. The code says why.
    Withheld(String),
    /// The value.
    Present(T),
}

/// A setting of any shape, read by serde.
#[derive(Debug, Clone, PartialEq)]
pub struct Json<T>(pub T);

/// Why a value is not what the plugin declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is not there.
    Missing,
    /// It is of another kind, or its JSON of another shape.
    OtherKind(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Missing => f.write_str("is not there"),
            Unfit::OtherKind(what) => write!(f, "is not {what}"),
        }
    }
}

/// A type that a need or setting can have. Derived code uses it.
#[diagnostic::on_unimplemented(
    message = "the host has no values of type `{Self}`",
    note = "use `bool`, `i64`, `Decimal`, `String`, `Token`, `Money`, `Instant`, `Duration`, `Vec<String>` or `Json<T>`"
)]
pub trait FromValue: Sized {
    /// The kind in the manifest.
    const KIND: &'static str;
    /// Whether the plugin cannot do without: `true` or `false`, as JSON.
    const REQUIRED: &'static str = "true";
    /// Reads it.
    fn from_value(value: Value) -> Result<Self, Unfit>;
}

macro_rules! plain {
    ($($kind:literal $variant:ident $t:ty),+ $(,)?) => {
        $(impl FromValue for $t {
            const KIND: &'static str = $kind;
            fn from_value(value: Value) -> Result<Self, Unfit> {
                match value {
                    Value::$variant(value) => Ok(value),
                    Value::Absent | Value::Withheld(_) => Err(Unfit::Missing),
                    _ => Err(Unfit::OtherKind(concat!("of kind ", $kind).to_owned())),
                }
            }
        })+
    };
}

plain! {
    "boolean" Boolean bool,
    "integer" Integer i64,
    "decimal" Decimal Decimal,
    "text" Text String,
    "token" Token Token,
    "money" Money Money,
    "instant" Instant Instant,
    "duration" Duration Duration,
    "texts" Texts Vec<String>,
}

impl<T: FromValue> FromValue for Option<T> {
    const KIND: &'static str = T::KIND;
    const REQUIRED: &'static str = "false";
    fn from_value(value: Value) -> Result<Self, Unfit> {
        match value {
            Value::Absent | Value::Withheld(_) => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for Need<T> {
    const KIND: &'static str = T::KIND;
    const REQUIRED: &'static str = "false";
    fn from_value(value: Value) -> Result<Self, Unfit> {
        match value {
            Value::Absent => Ok(Need::Absent),
            Value::Withheld(code) => Ok(Need::Withheld(code)),
            value => T::from_value(value).map(Need::Present),
        }
    }
}

impl<T: DeserializeOwned> FromValue for Json<T> {
    const KIND: &'static str = "json";
    fn from_value(value: Value) -> Result<Self, Unfit> {
        match value {
            Value::Json(text) => serde_json::from_str(&text).map(Json).map_err(|error| {
                Unfit::OtherKind(format!("of the shape that the plugin takes: {error}"))
            }),
            Value::Absent | Value::Withheld(_) => Err(Unfit::Missing),
            _ => Err(Unfit::OtherKind("of kind json".to_owned())),
        }
    }
}

macro_rules! into_value {
    ($($variant:ident $t:ty),+ $(,)?) => {
        $(impl From<$t> for Value {
            fn from(value: $t) -> Value {
                Value::$variant(value)
            }
        })+
    };
}

into_value! {
    Boolean bool, Integer i64, Decimal Decimal, Text String, Token Token, Money Money, Instant Instant,
    Duration Duration, Texts Vec<String>,
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Value {
        Value::Json(json.to_string())
    }
}
