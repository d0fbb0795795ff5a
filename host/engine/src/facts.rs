//! Rows into what a record may say, and back.
//!
//! Public and operational facts and tokens stand in the record in clear; personal facts are sealed by
//! the vault, those of each side of the payment for its own subject, bound to the side and the decision. Nothing else
//! can be in a row. Of each sealed fact the record has a commitment; its salt is sealed beside it, so that it goes with the
//! same person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use weft_audit::{DecisionRecord, Opening};
use weft_dictionary::{Class, Dictionary, Field, Row, Value};
use weft_vault::{Opener, Side, Vault, VaultError};

use crate::salt::Salt;

/// The facts of a row, as a record carries them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Recorded {
    pub(crate) facts: BTreeMap<String, Json>,
    pub(crate) sealed: Option<String>,
    pub(crate) commitments: BTreeMap<String, String>,
}

/// What is sealed of one side. Records without commitments have the facts alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Personal {
    facts: BTreeMap<String, Json>,
    salt: Salt,
}

/// The same, opened.
struct Unsealed {
    facts: BTreeMap<String, Json>,
    /// None where the record does not commit to them.
    salt: Option<Salt>,
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
    let mut commitments = BTreeMap::new();
    for (side, facts) in personal {
        // Of its own for each side: what opens one person's facts says nothing of the other's.
        let salt = Salt::fresh()?;
        for (field, value) in &facts {
            let opening = Opening::new(decision, field, &salt.of(field), value);
            commitments.insert(field.clone(), opening.commitment());
        }
        let personal = Personal { facts, salt };
        let mut plain = zeroize::Zeroizing::new(serde_json::to_vec(&personal).unwrap_or_default());
        // Blanks behind the document, so that the length of what is sealed says less of what is in it.
        let padded = plain.len().next_multiple_of(SEALED_IN_STEPS);
        plain.resize(padded, b' ');
        let subjects = side.subjects(dictionary, row);
        let side = side.as_str();
        let bytes = vault.seal(&subjects, side, decision, &plain)?;
        sealed.push(format!("{side}:{}", data_encoding::BASE64.encode(&bytes)));
    }
    let sealed = (!sealed.is_empty()).then(|| sealed.join(BETWEEN_SIDES));
    Ok(Recorded {
        facts,
        sealed,
        commitments,
    })
}

/// Bytes by which the sealed facts of one side grow: more than the few that distinguish one town, model or digit from another.
const SEALED_IN_STEPS: usize = 256;

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
    for sealed in sides(record) {
        let (side, sealed) = sealed?;
        match open(opener, record, side, &sealed)? {
            Some(unsealed) => put(dictionary, &mut row, record, &unsealed.facts)?,
            None => erased.push(side),
        }
    }
    Ok(Restored { row, erased })
}

/// What opens a commitment of a record.
pub(crate) enum Opened {
    Opening(Opening),
    /// The record has none for the field.
    NoCommitment,
    /// Its person was erased, and the salt with the fact.
    Erased,
}

/// The opening of a field in a recorded decision.
pub(crate) fn opening(
    opener: &Opener,
    record: &DecisionRecord,
    field: &Field,
) -> Result<Opened, Unreadable> {
    if !record.commitments.contains_key(&field.name) {
        return Ok(Opened::NoCommitment);
    }
    let unreadable = || Unreadable::Sealed(record.decision.clone());
    for sealed in sides(record) {
        let (side, sealed) = sealed?;
        if side != Side::of(field) {
            continue;
        }
        let Some(Unsealed { facts, salt }) = open(opener, record, side, &sealed)? else {
            return Ok(Opened::Erased);
        };
        let (value, salt) = facts.get(&field.name).zip(salt).ok_or_else(unreadable)?;
        let opening = Opening::new(&record.decision, &field.name, &salt.of(&field.name), value);
        // What is released opens what stands in the log, or is not released.
        opening.check(record).map_err(|_| unreadable())?;
        return Ok(Opened::Opening(opening));
    }
    Err(unreadable())
}

/// The sealed facts of a record, side by side.
fn sides(record: &DecisionRecord) -> impl Iterator<Item = Result<(Side, Vec<u8>), Unreadable>> {
    let all = record.sealed.iter();
    let all = all.flat_map(|all| all.split(BETWEEN_SIDES));
    all.map(|sealed| side_of(sealed).ok_or_else(|| Unreadable::Sealed(record.decision.clone())))
}

/// The facts of one side; nothing, if its person was erased.
fn open(
    opener: &Opener,
    record: &DecisionRecord,
    side: Side,
    sealed: &[u8],
) -> Result<Option<Unsealed>, Unreadable> {
    let unreadable = || Unreadable::Sealed(record.decision.clone());
    let plain = match opener.open_sealed(side.as_str(), &record.decision, sealed) {
        Ok(plain) => plain,
        Err(VaultError::Erased) => return Ok(None),
        Err(_) => return Err(unreadable()),
    };
    if record.commitments.is_empty() {
        let facts = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
        return Ok(Some(Unsealed { facts, salt: None }));
    }
    let Personal { facts, salt } = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
    Ok(Some(Unsealed {
        facts,
        salt: Some(salt),
    }))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;
    use weft_vault::{Keys, Subject};

    use super::*;

    /// A decision with these sealed facts, as hosts wrote it before there were commitments.
    fn before_commitments(decision: &str, sealed: &[u8]) -> DecisionRecord {
        let record = json!({
            "schema": "weft.record/1", "decision": decision, "at": 1_767_323_045_678_u64,
            "operation": "payment.authorize", "region": "eu", "tenant": "demo",
            "caller": {"id": "shop", "role": "service"}, "trace": "t", "policy_set": "0",
            "facts": {"payment.id": "p-1"},
            "sealed": format!("payer:{}", data_encoding::BASE64.encode(sealed)),
            "findings": [], "outcome": {"verdict": "allow"}
        });
        serde_json::from_value(record).expect("a record")
    }

    #[test]
    fn what_was_sealed_without_a_salt_is_still_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/dictionary.yaml");
        let dictionary = Dictionary::load(&path).expect("the project's own dictionary");
        let dir = tempfile::tempdir().expect("a directory");
        let keys = Keys::open_or_create(&dir.path().join("keys.weft")).expect("keys");
        let vault = Vault::open(&dir.path().join("vault"), &keys, "eu", "demo").expect("a vault");
        let plain = br#"{"location.city":"Destelbergen","payer.city":"Gentbrugge"}"#;
        let sealed = vault
            .seal(&[Subject::NOBODY], "payer", "dec_1", plain)
            .expect("sealed");
        let record = before_commitments("dec_1", &sealed);
        let restored = restore(&dictionary, vault.opener(), &record).expect("readable");
        let city = dictionary.by_name("payer.city").expect("a field");
        assert_eq!(restored.row.get(city.id), Some(&Value::text("Gentbrugge")));
        assert!(restored.erased.is_empty());
        // There is nothing to open.
        let opened = opening(vault.opener(), &record, city).expect("readable");
        assert!(matches!(opened, Opened::NoCommitment));

        // The same row as it is recorded now.
        let now = super::record(&dictionary, &vault, "dec_2", &restored.row).expect("recorded");
        let record = DecisionRecord {
            decision: "dec_2".to_owned(),
            facts: now.facts,
            sealed: now.sealed,
            commitments: now.commitments,
            ..record
        };
        let again = restore(&dictionary, vault.opener(), &record).expect("readable");
        assert_eq!(again.row, restored.row);
        let Opened::Opening(opened) = opening(vault.opener(), &record, city).expect("readable")
        else {
            panic!("it opens")
        };
        assert_eq!(opened.value(), "Gentbrugge");
        // How long the town's name is does not show.
        let mut shorter = restored.row.clone();
        shorter
            .set(&dictionary, city.id, Value::text("Lo"))
            .expect("it fits");
        let shorter = super::record(&dictionary, &vault, "dec_3", &shorter).expect("recorded");
        let length = |sealed: &Option<String>| sealed.as_ref().map(String::len);
        assert_eq!(length(&shorter.sealed), length(&record.sealed));
        // A commitment to something else opens nothing.
        let mut other = record.clone();
        other
            .commitments
            .insert("payer.city".to_owned(), "0".repeat(64));
        assert!(opening(vault.opener(), &other, city).is_err());
    }
}
