//! The facts that features are made of, by their names in the dictionary.

use rust_decimal::Decimal;
use weft_dictionary::{Dictionary, Field, FieldId, Kind, Measure, Money, Row, Value};

use crate::error::BehaviourError;
use crate::place::Place;

/// What is paid: sums and medians.
pub const AMOUNT: &str = "payment.amount";
/// Who is paid: distinct payees.
pub const PAYEE: &str = "payee.account";
/// Where the payer is: travel.
pub const LATITUDE: &str = "location.latitude";
/// Where the payer is: travel.
pub const LONGITUDE: &str = "location.longitude";

/// Whose past a payment is compared with.
pub const ACCOUNT: &str = "payer.account";
/// Whose past it is compared with where it names no account: leaving the account out makes nobody a stranger.
pub const CARD: &str = "instrument.pan";
/// What a card that stands in for an account is called in keys: its past with all of its payments, told apart
/// from that of the card as a card.
pub(crate) const CARD_AS_ACCOUNT: &str = "payer.account/instrument.pan";

/// Where these facts are in a row. Those that no feature needs may be missing in a dictionary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    amount: Option<FieldId>,
    payee: Option<FieldId>,
    latitude: Option<FieldId>,
    longitude: Option<FieldId>,
}

impl Facts {
    /// Finds the facts; those of another kind are as good as missing.
    pub(crate) fn of(dictionary: &Dictionary) -> Facts {
        let find = |name: &str, kinds: &[Kind]| {
            let field = dictionary.by_name(name)?;
            kinds.contains(&field.kind).then_some(field.id)
        };
        Facts {
            amount: find(AMOUNT, &[Kind::Money]),
            payee: find(PAYEE, KEY_KINDS),
            latitude: find(LATITUDE, &[Kind::Decimal]),
            longitude: find(LONGITUDE, &[Kind::Decimal]),
        }
    }

    /// Whether what a measure is made of is there.
    pub(crate) fn check(&self, feature: &Field, measure: Measure) -> Result<(), BehaviourError> {
        let needed: &[(&'static str, &'static str, Option<FieldId>)] = match measure {
            Measure::Count | Measure::Age => &[],
            Measure::Sum | Measure::MedianAmount | Measure::AmountDeviation => {
                &[(AMOUNT, "money", self.amount)]
            }
            Measure::DistinctPayees => &[(PAYEE, "text", self.payee)],
            Measure::TravelSpeed | Measure::TravelDistance => &[
                (LATITUDE, "decimal", self.latitude),
                (LONGITUDE, "decimal", self.longitude),
            ],
        };
        match needed.iter().find(|(_, _, id)| id.is_none()) {
            None => Ok(()),
            Some((needs, kind, _)) => Err(BehaviourError::MissingFact {
                feature: feature.name.clone(),
                needs,
                kind,
            }),
        }
    }

    /// The amount of this payment.
    pub(crate) fn amount(&self, row: &Row) -> Option<Money> {
        match row.get(self.amount?)? {
            Value::Money(money) => Some(*money),
            _ => None,
        }
    }

    /// Who is paid.
    pub(crate) fn payee(&self, row: &Row) -> Option<String> {
        key_text(row.get(self.payee?)?)
    }

    /// Where the payer is.
    pub(crate) fn place(&self, row: &Row) -> Option<Place> {
        Place::of(
            decimal(row, self.latitude?)?,
            decimal(row, self.longitude?)?,
        )
    }
}

/// Kinds of fields whose values can be keys.
pub(crate) const KEY_KINDS: &[Kind] = &[Kind::Text, Kind::Country, Kind::Integer];

/// What a value is as a key: the token, or the text.
pub(crate) fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::Token(token) => Some(token.as_str().to_owned()),
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn decimal(row: &Row, id: FieldId) -> Option<Decimal> {
    match row.get(id)? {
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}
