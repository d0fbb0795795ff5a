//! What goes into a plugin: needs, settings, context.

use rust_decimal::Decimal;
use weft_dictionary::{DurationMs, Money, Slot, Timestamp, Token, Value};

use crate::manifest::ValueKind;

/// One need or setting, in the form in which the plugin may have it. A token of the vault cannot be
/// one: it becomes a pseudonym on the way, see [`NeedValue::from_slot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedValue {
    /// Not in this request.
    Absent,
    /// In this request, but not for this plugin. The code says why.
    Withheld(&'static str),
    /// `true` or `false`.
    Boolean(bool),
    /// 64 bits, signed.
    Integer(i64),
    /// Exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(Box<str>),
    /// A pseudonym: the same for the same value within one plugin and purpose, and for nobody else.
    Token(String),
    /// Amount and currency.
    Money(Money),
    /// Milliseconds since the epoch.
    Instant(Timestamp),
    /// Milliseconds.
    Duration(DurationMs),
    /// A list of texts.
    Texts(Vec<Box<str>>),
    /// JSON in canonical form (RFC 8785).
    Json(Box<str>),
}

impl NeedValue {
    /// A fact as a need. `pseudonym` turns a token into what this plugin may know it by.
    pub fn from_slot(slot: &Slot, pseudonym: impl FnOnce(&Token) -> String) -> NeedValue {
        let value = match slot {
            Slot::Absent => return NeedValue::Absent,
            Slot::Withheld(code) => return NeedValue::Withheld(code),
            Slot::Present(value) => value,
        };
        match value {
            Value::Boolean(b) => NeedValue::Boolean(*b),
            Value::Integer(i) => NeedValue::Integer(*i),
            Value::Decimal(d) => NeedValue::Decimal(*d),
            Value::Text(t) => NeedValue::Text(t.clone()),
            Value::Token(t) => NeedValue::Token(pseudonym(t)),
            Value::Money(m) => NeedValue::Money(*m),
            Value::Instant(t) => NeedValue::Instant(*t),
            Value::Duration(d) => NeedValue::Duration(*d),
            Value::Texts(ts) => NeedValue::Texts(ts.clone()),
        }
    }

    /// Its kind; `None` when there is no value.
    pub fn kind(&self) -> Option<ValueKind> {
        Some(match self {
            NeedValue::Absent | NeedValue::Withheld(_) => return None,
            NeedValue::Boolean(_) => ValueKind::Boolean,
            NeedValue::Integer(_) => ValueKind::Integer,
            NeedValue::Decimal(_) => ValueKind::Decimal,
            NeedValue::Text(_) => ValueKind::Text,
            NeedValue::Token(_) => ValueKind::Token,
            NeedValue::Money(_) => ValueKind::Money,
            NeedValue::Instant(_) => ValueKind::Instant,
            NeedValue::Duration(_) => ValueKind::Duration,
            NeedValue::Texts(_) => ValueKind::Texts,
            NeedValue::Json(_) => ValueKind::Json,
        })
    }
}

/// What a plugin knows about an evaluation that is not a fact: no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Of the request.
    pub request_id: String,
    /// For example `payment.authorize`.
    pub operation: String,
    /// Whose payments.
    pub tenant: String,
    /// The policy on whose behalf.
    pub policy: String,
    /// The plugin's only clock: fixed for the request, the same in a replay.
    pub evaluated_at: Timestamp,
    /// The plugin's only randomness.
    pub seed: u64,
}
