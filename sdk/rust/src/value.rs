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

impl Duration {
    /// So many hours.
    pub const fn hours(hours: u64) -> Duration {
        Duration(hours * 3_600_000)
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
