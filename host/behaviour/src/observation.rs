//! What is kept of a payment, so that what was seen can be rebuilt from records.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use weft_dictionary::{Dictionary, FieldId, Money, Origin, Row, Timestamp};

use crate::facts::{Facts, key_text};
use crate::place::Place;

/// What became of a payment that is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    /// It was asked for, and not released: it counts, and makes nothing familiar.
    Attempted,
    /// It was asked for and released at once: it counts, and its account, device, payee, place and amount are
    /// what the payer does.
    Settled,
    /// It was counted when it was attempted, and is released only now.
    Released,
}

/// One payment as behaviour sees it: tokens and coarse facts, no value that a token stands for. Goes
/// into the record of the decision, and from there into a host that starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// When it was asked for.
    pub at: Timestamp,
    /// What became of it.
    pub seen: Seen,
    /// The token or text of each key field, by the field's name.
    pub keys: BTreeMap<String, String>,
    /// What was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Who was paid: a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
    /// Where the payer was, to a tenth of a degree: latitude and longitude in tenths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Observation {
    /// What to keep of a request that is settled at once; `None` if it has none of the fields that features are of.
    pub fn of(dictionary: &Dictionary, row: &Row, at: Timestamp) -> Option<Observation> {
        Observation::build(&key_fields_of(dictionary), &Facts::of(dictionary), row, at)
    }

    /// The same of a payment of which something else became.
    #[must_use]
    pub fn seen_as(self, seen: Seen) -> Observation {
        Observation { seen, ..self }
    }

    pub(crate) fn build(
        key_fields: &[(FieldId, String)],
        facts: &Facts,
        row: &Row,
        at: Timestamp,
    ) -> Option<Observation> {
        let keys: BTreeMap<String, String> = key_fields
            .iter()
            .filter_map(|(id, name)| Some((name.clone(), key_text(row.get(*id)?)?)))
            .collect();
        if keys.is_empty() {
            return None;
        }
        Some(Observation {
            at,
            seen: Seen::Settled,
            keys,
            amount: facts.amount(row),
            payee: facts.payee(row),
            place: facts.place(row),
        })
    }
}

/// The fields that features are of.
pub(crate) fn key_fields_of(dictionary: &Dictionary) -> Vec<(FieldId, String)> {
    let names: BTreeSet<&String> = dictionary
        .fields()
        .filter_map(|field| match &field.origin {
            Origin::Behaviour(feature) => Some(&feature.of),
            _ => None,
        })
        .flatten()
        .collect();
    names
        .into_iter()
        .filter_map(|name| Some((dictionary.by_name(name)?.id, name.clone())))
        .collect()
}
