//! Every field that Weft knows, and the values that fields take.
//!
//! One file, `policies/dictionary.yaml`, drives what is taken in (a field that is not in it is
//! dropped at the door), what is tokenised, how rules are typed, what plugins may ask for and what
//! readers may see. This crate loads it and holds the types that all other rooms share.
//!
//! | module | what is there |
//! |---|---|
//! | [`class`] | data classes of fields and the treatments by which readers get them |
//! | [`field`] | one field: name, kind, class, where it is in messages |
//! | [`form`] | forms of identifiers and codes that are kept in clear |
//! | [`load`] | the file into a [`Dictionary`], or problems with file, line and column |
//! | [`money`] | exact amounts in minor units, ISO 4217 |
//! | [`row`] | the facts of one request, dense, by field id |
//! | [`said`] | which facts no request lacks, and which the host itself says |
//! | [`time`] | instants and durations in milliseconds |
//! | [`token`] | what stands in place of a sensitive value |
//! | [`value`] | kinds and values |
//!
//! What follows for the rest of the house: a [`Row`] cannot hold a sensitive value in clear, because
//! a field of class `sensitive` or `cardholder` only takes [`Value::Token`], and a field of class
//! `secret` takes nothing.

pub mod class;
pub mod field;
pub mod form;
pub mod limits;
pub mod load;
pub mod money;
pub mod row;
pub mod said;
pub mod time;
pub mod token;
mod treat;
pub mod value;

pub use class::{Class, Treatment};
pub use field::{FeatureSpec, Field, FieldId, Format, Measure, Origin};
pub use load::Dictionary;
pub use money::{Currency, Money};
pub use row::{Row, RowError, Slot};
pub use time::{DurationMs, Timestamp};
pub use token::Token;
pub use value::{Kind, Value};
