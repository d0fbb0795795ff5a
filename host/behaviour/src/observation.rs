//! What is kept of a payment, so that what was seen can be rebuilt from records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_dictionary::{Dictionary, Money, Origin, Row, Timestamp};

use crate::facts::{Facts, key_text};
use crate::place::Place;

/// One payment as behaviour sees it: tokens and coarse facts, no value that a token stands for. Goes
/// into the record of the decision, and from there into a host that starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// When it was.
    pub at: Timestamp,
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
    /// What to keep of a request; `None` if it has none of the fields that features are of.
    pub fn of(dictionary: &Dictionary, row: &Row, at: Timestamp) -> Option<Observation> {
        let mut keys = BTreeMap::new();
        for field in dictionary.fields() {
            let Origin::Behaviour(feature) = &field.origin else {
                continue;
            };
            for name in &feature.of {
                if keys.contains_key(name) {
                    continue;
                }
                let value = dictionary.by_name(name).and_then(|key| row.get(key.id));
                if let Some(text) = value.and_then(key_text) {
                    keys.insert(name.clone(), text);
                }
            }
        }
        if keys.is_empty() {
            return None;
        }
        let facts = Facts::of(dictionary);
        Some(Observation {
            at,
            keys,
            amount: facts.amount(row),
            payee: facts.payee(row),
            place: facts.place(row),
        })
    }
}
