//! The salts of commitments.
//!
//! The facts of one side in one record have one random salt, which is sealed with them; each fact has a salt of its own,
//! made from it. So the opening of one fact says nothing of the salts of others, and with the person's key all of them are
//! gone.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use weft_audit::commitment::SALT_BYTES;
use zeroize::Zeroizing;

/// The salt of one side's facts in one record.
pub(crate) struct Salt(Zeroizing<[u8; SALT_BYTES]>);

impl Salt {
    /// One that was never used.
    pub(crate) fn fresh() -> Result<Salt, getrandom::Error> {
        let mut salt = Zeroizing::new([0; SALT_BYTES]);
        getrandom::fill(salt.as_mut_slice())?;
        Ok(Salt(salt))
    }

    /// The salt of one fact: HMAC-SHA-256 of the field's name.
    pub(crate) fn of(&self, field: &str) -> Zeroizing<[u8; SALT_BYTES]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(field.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// In hexadecimal.
impl Serialize for Salt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(data_encoding::HEXLOWER.encode(self.0.as_slice()));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Salt, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        let bytes: Option<[u8; SALT_BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let salt = bytes.ok_or_else(|| serde::de::Error::custom("not a salt"))?;
        Ok(Salt(Zeroizing::new(salt)))
    }
}
