//! The types of the policy language.

use std::fmt;

use weft_dictionary::{Field, Kind};

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Integer,
    Decimal,
    Text,
    /// What stands in place of a sensitive value: can be compared with another token, nothing else.
    Token,
    Money,
    Instant,
    Duration,
    Texts,
    /// From one country to another.
    Corridor,
}

impl Type {
    /// The type of a field's value in a row.
    pub(crate) fn of(field: &Field) -> Type {
        if field.class.is_tokenised() {
            return Type::Token;
        }
        match field.kind {
            Kind::Boolean => Type::Boolean,
            Kind::Integer => Type::Integer,
            Kind::Decimal => Type::Decimal,
            Kind::Text | Kind::Country => Type::Text,
            Kind::Money => Type::Money,
            Kind::Instant => Type::Instant,
            Kind::Duration => Type::Duration,
            Kind::Texts => Type::Texts,
        }
    }

    /// Whether values of it have an order.
    pub(crate) fn is_ordered(self) -> bool {
        matches!(
            self,
            Type::Integer | Type::Decimal | Type::Money | Type::Instant | Type::Duration
        )
    }

    /// Whether values of the two can be compared: the same type, or two kinds of number.
    pub(crate) fn compares_with(self, other: Type) -> bool {
        self == other || (self.is_number() && other.is_number())
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Type::Integer | Type::Decimal)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Boolean => "a boolean",
            Type::Integer => "an integer",
            Type::Decimal => "a decimal",
            Type::Text => "a text",
            Type::Token => "a token",
            Type::Money => "an amount",
            Type::Instant => "an instant",
            Type::Duration => "a duration",
            Type::Texts => "a list of texts",
            Type::Corridor => "a corridor",
        })
    }
}
