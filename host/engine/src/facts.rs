//! Rows into what a record may say, and back.
//!
//! Public and operational facts and tokens stand in the record in clear; personal facts are sealed by
//! the vault, bound to the decision. Nothing else can be in a row.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use weft_audit::DecisionRecord;
use weft_dictionary::{Class, Dictionary, Row, Value};
use weft_vault::{Opener, Vault};

/// The facts of a row, as a record carries them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Recorded {
    pub(crate) facts: BTreeMap<String, Json>,
    pub(crate) sealed: Option<String>,
}

/// A record's facts cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// The sealed facts do not open: other keys, or a damaged record.
    #[error("the personal facts of decision {0} do not open with this host's keys")]
    Sealed(String),
    /// A fact is not of its field's kind: another dictionary.
    #[error("decision {decision}: `{field}` is not what the dictionary says")]
    Fact {
        /// Whose record.
        decision: String,
        /// Which field.
        field: String,
    },
}

/// What the record of this decision carries of the row.
pub(crate) fn record(
    dictionary: &Dictionary,
    vault: &Vault,
    decision: &str,
    row: &Row,
) -> Result<Recorded, weft_vault::VaultError> {
    let mut facts = BTreeMap::new();
    let mut personal = BTreeMap::new();
    for (id, value) in row.facts() {
        let field = dictionary.field(id);
        let place = if field.class == Class::Personal {
            &mut personal
        } else {
            &mut facts
        };
        place.insert(field.name.clone(), value.to_json());
    }
    let sealed = if personal.is_empty() {
        None
    } else {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&personal).unwrap_or_default());
        let sealed = vault.seal(decision.as_bytes(), &plain)?;
        Some(data_encoding::BASE64.encode(&sealed))
    };
    Ok(Recorded { facts, sealed })
}

/// The row of a recorded decision. A field that the dictionary no longer has is left out.
pub(crate) fn restore(
    dictionary: &Dictionary,
    opener: &Opener,
    record: &DecisionRecord,
) -> Result<Row, Unreadable> {
    let mut row = Row::new(dictionary);
    put(dictionary, &mut row, record, &record.facts)?;
    if let Some(sealed) = &record.sealed {
        let personal = open(opener, record, sealed)
            .ok_or_else(|| Unreadable::Sealed(record.decision.clone()))?;
        put(dictionary, &mut row, record, &personal)?;
    }
    Ok(row)
}

fn open(opener: &Opener, record: &DecisionRecord, sealed: &str) -> Option<BTreeMap<String, Json>> {
    let sealed = data_encoding::BASE64.decode(sealed.as_bytes()).ok()?;
    let plain = opener
        .open_sealed(record.decision.as_bytes(), &sealed)
        .ok()?;
    serde_json::from_slice(&plain).ok()
}

fn put(
    dictionary: &Dictionary,
    row: &mut Row,
    record: &DecisionRecord,
    facts: &BTreeMap<String, Json>,
) -> Result<(), Unreadable> {
    for (name, json) in facts {
        let Some(field) = dictionary.by_name(name) else {
            continue;
        };
        Value::from_json(field.kind, json)
            .and_then(|value| row.set(dictionary, field.id, value).ok())
            .ok_or_else(|| Unreadable::Fact {
                decision: record.decision.clone(),
                field: name.clone(),
            })?;
    }
    Ok(())
}
