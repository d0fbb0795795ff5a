//! One field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Class, DurationMs, Kind};

/// A field's number in its dictionary: dense, from zero, in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u16);

impl FieldId {
    pub(crate) fn from_index(index: usize) -> FieldId {
        FieldId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The place in a row.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Who says what a field is. What a caller sends for a field of another origin is dropped and
/// counted: nobody can claim to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The request.
    Request,
    /// The host itself: the caller's role, the state of a payment, evidence.
    Host,
    /// Computed at the door from a field that becomes a token.
    Derived {
        /// The name of that field.
        from: String,
        /// What is kept of it.
        take: Take,
    },
    /// Computed by the host from what it saw before.
    Behaviour(FeatureSpec),
}

/// What may be kept in clear of a value that becomes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The last four digits of a card number (PCI DSS 4.0.1, 3.4.1).
    Last4,
    /// The first six digits of a card number of 15 digits or more: who issued it (ISO/IEC 7812-1; PCI DSS 4.0.1, 3.4.1).
    Bin6,
    /// The first eight digits of a card number of 16 digits or more, and six of one of 15, for issuers that are named by
    /// eight (ISO/IEC 7812-1:2017; PCI SSC FAQ 1091).
    Bin8,
    /// The country of an IBAN (ISO 13616: its first two letters).
    Country,
}

/// One behavioural feature: a measure over what was seen of a key within a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureSpec {
    /// The fields whose values together are the key: an account; an account and a device.
    pub of: Vec<String>,
    /// What is measured.
    pub measure: Measure,
    /// How far back, for measures over a window.
    pub window: Option<DurationMs>,
}

/// What is measured about a key. The request itself is not part of what was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Payments within the window. Integer.
    Count,
    /// Sum of amounts in the currency of this payment, within the window. Money.
    Sum,
    /// Different payees within the window. Integer.
    DistinctPayees,
    /// Median amount within the window, in this payment's currency; absent with fewer than five. Money.
    MedianAmount,
    /// (amount − median) ÷ (1.4826 × MAD) within the window, with a floor under the MAD of 1 % of the
    /// median and of one unit; absent with fewer than five. Decimal.
    AmountDeviation,
    /// Time since the key was first seen; absent when it never was. Duration.
    Age,
    /// Speed from the place of the last payment to this one, in km/h; absent without both places. Integer.
    TravelSpeed,
    /// Distance from the place of the last payment to this one, in km; absent without both. Integer.
    TravelDistance,
}

impl Measure {
    /// The kind that a field of this measure has.
    pub fn kind(self) -> Kind {
        match self {
            Measure::Count
            | Measure::DistinctPayees
            | Measure::TravelSpeed
            | Measure::TravelDistance => Kind::Integer,
            Measure::Sum | Measure::MedianAmount => Kind::Money,
            Measure::AmountDeviation => Kind::Decimal,
            Measure::Age => Kind::Duration,
        }
    }

    /// What a number of it counts; money and durations have units of their own.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Measure::Count => Some("payments"),
            Measure::DistinctPayees => Some("payees"),
            Measure::AmountDeviation => Some("deviations"),
            Measure::TravelSpeed => Some("km/h"),
            Measure::TravelDistance => Some("km"),
            Measure::Sum | Measure::MedianAmount | Measure::Age => None,
        }
    }

    /// Whether it looks back over a window.
    pub fn needs_window(self) -> bool {
        matches!(
            self,
            Measure::Count
                | Measure::Sum
                | Measure::DistinctPayees
                | Measure::MedianAmount
                | Measure::AmountDeviation
        )
    }
}

/// A form that a text must have, checked at the door; also its canonical form, so that the same
/// value always becomes the same token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Primary account number: 12 to 19 digits, Luhn (ISO/IEC 7812-1).
    Pan,
    /// International bank account number with valid check digits (ISO 13616).
    Iban,
    /// An IBAN or a domestic account number.
    Account,
    /// Business identifier code, 8 or 11 characters (ISO 9362).
    Bic,
    /// E.164.
    Phone,
    /// RFC 5321 mailbox.
    Email,
    /// Name of a person or company: case and inner spaces do not matter.
    Name,
    /// Universally unique identifier (RFC 9562).
    Uuid,
    /// An identifier that a system made: no blank, and at least one digit.
    Reference,
    /// A code of the external code sets of ISO 20022.
    Code,
    /// Merchant category code (ISO 18245).
    Mcc,
    /// The name of a service in the host's configuration.
    Service,
    /// Bytes in base64url without padding (RFC 4648, 5).
    Base64url,
}

impl Format {
    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Pan => "pan",
            Format::Iban => "iban",
            Format::Account => "account",
            Format::Bic => "bic",
            Format::Phone => "phone",
            Format::Email => "email",
            Format::Name => "name",
            Format::Uuid => "uuid",
            Format::Reference => "reference",
            Format::Code => "code",
            Format::Mcc => "mcc",
            Format::Service => "service",
            Format::Base64url => "base64url",
        }
    }

    /// How sensitive a text of this form is at least.
    pub fn least_class(self) -> Class {
        match self {
            Format::Pan => Class::Cardholder,
            Format::Iban | Format::Account | Format::Phone | Format::Email | Format::Name => {
                Class::Sensitive
            }
            Format::Bic
            | Format::Uuid
            | Format::Reference
            | Format::Code
            | Format::Mcc
            | Format::Service
            | Format::Base64url => Class::Public,
        }
    }

    /// The form whose canonical form it has: an IBAN is an account, too.
    pub(crate) fn canonical(self) -> Format {
        match self {
            Format::Iban => Format::Account,
            other => other,
        }
    }
}

/// One field of the dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub id: FieldId,
    /// `section.name`, also its place in JSON: `payment.amount` is `/payment/amount`.
    pub name: String,
    /// What values it takes.
    pub kind: Kind,
    /// How sensitive it is.
    pub class: Class,
    /// A few words for people.
    pub title: String,
    /// What it means, with unit and range where that matters.
    pub meaning: String,
    /// Who says what it is.
    pub origin: Origin,
    /// The form that a text must have.
    pub format: Option<Format>,
    /// The only texts that it takes; empty if any.
    pub one_of: Vec<String>,
    /// Texts as they come, where any is taken: for examples that people read.
    pub examples: Vec<String>,
    /// Most characters of a text.
    pub max_length: usize,
    /// Whether saying it asks for something: an exemption, an action. Who leaves it out asks for nothing, so no
    /// decision gets milder by that.
    pub claim: bool,
    /// What kind of token stands for it; fields of one kind share tokens, so that an account is the
    /// same account as payer and as payee.
    pub token: Option<String>,
    /// Where it is in ISO 20022 messages: by the name of each that is read, as in `pacs.008`, paths below the message
    /// element, the first that is there wins.
    pub iso20022: BTreeMap<String, Vec<String>>,
}

impl Field {
    /// The JSON pointer (RFC 6901) of the field in a request.
    pub fn pointer(&self) -> String {
        format!("/{}", self.name.replace('.', "/"))
    }

    /// The part of the name before the first point.
    pub fn section(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }

    /// What a number of it counts, where it is measured.
    pub fn unit(&self) -> Option<&'static str> {
        match &self.origin {
            Origin::Behaviour(spec) => spec.measure.unit(),
            _ => None,
        }
    }
}
