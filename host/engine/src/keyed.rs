//! Keyed hashes: names of what must not be found by trying, such as requests and counts of payments.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use weft_vault::Key;

/// 128 bits of HMAC-SHA-256 over the parts, each with its length before it; in hexadecimal.
pub(crate) fn hash(key: &Key, parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()[..16])
}
