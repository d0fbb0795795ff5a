//! Rows into what a record may say, and back.
//!
//! Public and operational facts and tokens stand in the record in clear; personal facts are sealed by
//! the vault, those of each side of the payment for its own subject, bound to the side and the decision. Nothing else
//! can be in a row.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use weft_audit::DecisionRecord;
use weft_dictionary::{Class, Dictionary, Row, Value};
use weft_vault::{Opener, Side, Vault, VaultError};

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
    let mut personal: BTreeMap<Side, BTreeMap<String, Json>> = BTreeMap::new();
    for (id, value) in row.facts() {
        let field = dictionary.field(id);
        let place = if field.class == Class::Personal {
            personal.entry(Side::of(field)).or_default()
        } else {
            &mut facts
        };
        place.insert(field.name.clone(), value.to_json());
    }
    let mut sealed = Vec::new();
    for (side, personal) in personal {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&personal).unwrap_or_default());
        let subjects = side.subjects(dictionary, row);
        let side = side.as_str();
        let bytes = vault.seal(&subjects, side, decision, &plain)?;
        sealed.push(format!("{side}:{}", data_encoding::BASE64.encode(&bytes)));
    }
    let sealed = (!sealed.is_empty()).then(|| sealed.join(BETWEEN_SIDES));
    Ok(Recorded { facts, sealed })
}

/// What stands between the sealed facts of the two sides; no digit of base64.
const BETWEEN_SIDES: &str = ".";

/// The row of a recorded decision, as far as it can be read back.
pub(crate) struct Restored {
    pub(crate) row: Row,
    /// The sides whose person was erased: their personal facts are gone.
    pub(crate) erased: Vec<Side>,
}

/// The facts that stand in a record in clear: tokens, public and operational ones.
pub(crate) fn in_clear(
    dictionary: &Dictionary,
    record: &DecisionRecord,
) -> Result<Row, Unreadable> {
    let mut row = Row::new(dictionary);
    put(dictionary, &mut row, record, &record.facts)?;
    Ok(row)
}

/// The row of a recorded decision. A field that the dictionary no longer has is left out.
pub(crate) fn restore(
    dictionary: &Dictionary,
    opener: &Opener,
    record: &DecisionRecord,
) -> Result<Restored, Unreadable> {
    let mut row = in_clear(dictionary, record)?;
    let mut erased = Vec::new();
    let unreadable = || Unreadable::Sealed(record.decision.clone());
    let all = record.sealed.iter();
    for sealed in all.flat_map(|all| all.split(BETWEEN_SIDES)) {
        let (side, sealed) = side_of(sealed).ok_or_else(unreadable)?;
        match opener.open_sealed(side.as_str(), &record.decision, &sealed) {
            Ok(plain) => {
                let personal = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
                put(dictionary, &mut row, record, &personal)?;
            }
            Err(VaultError::Erased) => erased.push(side),
            Err(_) => return Err(unreadable()),
        }
    }
    Ok(Restored { row, erased })
}

/// Which side, and its sealed facts.
fn side_of(sealed: &str) -> Option<(Side, Vec<u8>)> {
    let (name, sealed) = sealed.split_once(':')?;
    let side = Side::ALL.into_iter().find(|side| side.as_str() == name)?;
    Some((side, data_encoding::BASE64.decode(sealed.as_bytes()).ok()?))
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
