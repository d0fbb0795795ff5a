//! Commitments to private facts, and what opens one.
//!
//! A record says of each fact that is sealed in it the SHA-256 of its opening: the canonical JSON (RFC 8785) of
//!
//! ```text
//! ["weft.commitment/1", decision, field, salt, value]
//! ```
//!
//! where the salt is 32 bytes in hexadecimal, of this decision and field alone. An opening is a file of exactly these
//! bytes: `sha256sum` over it gives what stands in the record. It shows one fact and says nothing of another; without it a
//! commitment says nothing at all, also to who tries all values there are, and nobody finds another value for it. The
//! decision and the field are hashed with the value, so that an opening holds nowhere else.

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical;
use crate::limits::{MAX_ID_BYTES, MAX_OPENING_BYTES};
use crate::record::DecisionRecord;

/// The form of openings, and what no other text that is hashed begins with.
pub const FORM: &str = "weft.commitment/1";
/// Bytes of a salt.
pub const SALT_BYTES: usize = 32;

/// One private fact of one decision, with the salt that hid it.
#[derive(Clone, PartialEq)]
pub struct Opening {
    decision: String,
    field: String,
    value: Value,
    bytes: Vec<u8>,
}

/// What is no opening, or does not open what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOpening {
    /// Not of the form.
    #[error("it is not an opening, byte for byte as it was released ({FORM})")]
    Form,
    /// The decision that it names is not the record's.
    #[error("it is of another decision than the record")]
    OtherDecision,
    /// The record has none for the field: it was not there, or the host did not commit to facts yet.
    #[error("the record has no commitment to this field")]
    NoCommitment,
    /// Another value, or another salt.
    #[error("the record was not made with this: its commitment is another")]
    Differs,
    /// There is no such record.
    #[error("none of the records is that of its decision")]
    NoRecord,
}

impl Opening {
    /// The opening of a fact. A value that not every JSON reader reads as the same (a fraction, an integer beyond 2^53)
    /// stands in it as text.
    pub fn new(decision: &str, field: &str, salt: &[u8; SALT_BYTES], value: &Value) -> Opening {
        let salt = HEXLOWER.encode(salt);
        let written =
            |value: &Value| canonical::exact(&json!([FORM, decision, field, salt, value]));
        let (value, bytes) = match written(value) {
            Some(bytes) => (value.clone(), bytes),
            None => {
                let text = Value::from(value.to_string());
                // An array of texts always has a form.
                let bytes = written(&text).unwrap_or_default();
                (text, bytes)
            }
        };
        Opening {
            decision: decision.to_owned(),
            field: field.to_owned(),
            value,
            bytes,
        }
    }

    /// The opening that a file has.
    pub fn parse(bytes: &[u8]) -> Result<Opening, BadOpening> {
        if bytes.len() > MAX_OPENING_BYTES {
            return Err(BadOpening::Form);
        }
        let parts: (String, String, String, String, Value) =
            serde_json::from_slice(bytes).map_err(|_| BadOpening::Form)?;
        let (form, decision, field, salt, value) = parts;
        let salt = HEXLOWER.decode(salt.as_bytes()).ok();
        let salt: Option<[u8; SALT_BYTES]> = salt.and_then(|salt| salt.try_into().ok());
        let opening = salt.map(|salt| Opening::new(&decision, &field, &salt, &value));
        opening
            .filter(|opening| form == FORM && opening.bytes == bytes)
            .ok_or(BadOpening::Form)
    }

    /// Whose fact it is.
    pub fn decision(&self) -> &str {
        &self.decision
    }

    /// Which fact.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What the fact was.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The bytes that were hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What stands in the record: SHA-256 of the bytes, in hexadecimal.
    pub fn commitment(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(&self.bytes))
    }

    /// Whether the record was made with this fact.
    pub fn check(&self, record: &DecisionRecord) -> Result<(), BadOpening> {
        if self.decision != record.decision {
            return Err(BadOpening::OtherDecision);
        }
        match record.commitments.get(&self.field) {
            None => Err(BadOpening::NoCommitment),
            Some(committed) if *committed == self.commitment() => Ok(()),
            Some(_) => Err(BadOpening::Differs),
        }
    }

    /// Its file in an export, on every system: the log may come from elsewhere.
    pub fn file_name(&self) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        let fits = (1..=MAX_ID_BYTES).contains(&self.field.len())
            && self.field.chars().all(is_plain)
            && !self.field.starts_with('.');
        fits.then(|| format!("{}.json", self.field))
    }
}

/// Neither value nor salt is printed.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("decision", &self.decision)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::collection::vec(any::<String>(), 0..4).prop_map(Value::from),
            ("[A-Z]{3}", "[0-9]{1,9}")
                .prop_map(|(currency, value)| json!({"currency": currency, "value": value})),
        ]
    }

    fn parts() -> impl Strategy<Value = (String, String, [u8; SALT_BYTES], Value)> {
        (
            "dec_[0-9A-Z]{2}",
            "[a-z]{1,2}\\.[a-z_]{1,2}",
            any::<[u8; SALT_BYTES]>(),
            value(),
        )
    }

    proptest! {
        #[test]
        fn nothing_of_an_opening_may_be_another(one in parts(), other in parts()) {
            let open = |(decision, field, salt, value): &(String, String, [u8; SALT_BYTES], Value)| {
                Opening::new(decision, field, salt, value)
            };
            prop_assert_eq!(one == other, open(&one).commitment() == open(&other).commitment());
            // One part at a time.
            for part in 0..4 {
                let mut mixed = one.clone();
                match part {
                    0 => mixed.0.clone_from(&other.0),
                    1 => mixed.1.clone_from(&other.1),
                    2 => mixed.2 = other.2,
                    _ => mixed.3 = other.3.clone(),
                }
                prop_assert_eq!(one == mixed, open(&one).commitment() == open(&mixed).commitment());
            }
        }

        #[test]
        fn a_file_is_read_as_it_was_written(one in parts()) {
            let opening = Opening::new(&one.0, &one.1, &one.2, &one.3);
            let read = Opening::parse(opening.bytes()).expect("an opening");
            prop_assert_eq!(&read, &opening);
            prop_assert_eq!(read.value(), &one.3);
        }
    }

    #[test]
    fn an_opening_is_what_a_person_can_hash() {
        let opening = Opening::new("dec_1", "payer.city", &[0xab; 32], &json!("Zürich"));
        let salt = "ab".repeat(32);
        let text = format!(r#"["weft.commitment/1","dec_1","payer.city","{salt}","Zürich"]"#);
        assert_eq!(opening.bytes(), text.as_bytes());
        assert_eq!(
            format!("{opening:?}"),
            r#"Opening { decision: "dec_1", field: "payer.city", .. }"#
        );
        for other in [
            text.replace(",\"dec", ", \"dec"),
            text.replace("/1", "/2"),
            text.replace("ü", "\\u00fc"),
            text.replace("ab\"", "AB\""),
            text.replace("ab\"", "\""),
            format!("{text}\n"),
            text.replace("]", ",1]"),
            String::new(),
        ] {
            assert_eq!(
                Opening::parse(other.as_bytes()),
                Err(BadOpening::Form),
                "{other}"
            );
        }
    }

    #[test]
    fn what_readers_would_read_as_different_numbers_stands_as_text() {
        let large = (1_u64 << 53) + 1;
        for (value, told) in [
            (json!(large), json!("9007199254740993")),
            (json!(large - 1), json!("9007199254740992")),
            (json!(large - 2), json!(9_007_199_254_740_991_u64)),
            (json!(0.5), json!("0.5")),
        ] {
            let opening = Opening::new("dec_1", "a.b", &[0; 32], &value);
            assert_eq!(opening.value(), &told);
            assert_eq!(Opening::parse(opening.bytes()), Ok(opening));
        }
    }

    #[test]
    fn a_file_is_named_by_the_field() {
        let name = |field: &str| Opening::new("dec_1", field, &[0; 32], &json!(1)).file_name();
        assert_eq!(name("payer.city").as_deref(), Some("payer.city.json"));
        for field in ["", "../x", ".x", "a/b", "a b", "\u{e9}", "a\n"] {
            assert_eq!(name(field), None, "{field}");
        }
        assert_eq!(name(&"a".repeat(MAX_ID_BYTES + 1)), None);
    }
}
