//! The rows of the vault's journal, as bytes.
//!
//! ```text
//! head   01  form: 1            first row: whose vault this is
//!            root id, 16 bytes
//!            region, tenant     each: length in one byte, text
//! token  02  form: 1
//!            key version, 2
//!            blind index, 16
//!            token, 16          its random bits
//!            kind               length in one byte, text
//!            sealed             see `seal`
//! both   …   seal, 32           HMAC-SHA-256 over all bytes above
//! ```
//!
//! The index is rebuilt from the open part of the rows without decrypting them. That part is bound
//! twice: by the row's own HMAC, which is checked for every row when the vault is opened and whenever
//! one is read, and by the associated data of the sealed part, so that even a row that somehow passed
//! would not open to a wrong value.
//!
//! A row may stand in the journal more than once, always with the same token: a request that finds a
//! token on its way to the disk writes the row again and waits for its own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::keys::Key;

const HEAD: u8 = 1;
const TOKEN: u8 = 2;
const FORM: u8 = 1;
const SEAL_BYTES: usize = 32;

/// The first row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) root_id: [u8; 16],
    pub(crate) region: &'a str,
    pub(crate) tenant: &'a str,
}

/// A row about one token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenRow<'a> {
    pub(crate) key_version: u16,
    pub(crate) blind: [u8; 16],
    pub(crate) token: [u8; 16],
    pub(crate) kind: &'a str,
    pub(crate) sealed: &'a [u8],
}

/// Not a row of a known form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotARow;

impl<'a> Head<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![HEAD, FORM];
        bytes.extend_from_slice(&self.root_id);
        put_text(&mut bytes, self.region);
        put_text(&mut bytes, self.tenant);
        bytes
    }

    pub(crate) fn decode(body: &'a [u8]) -> Result<Head<'a>, NotARow> {
        let mut rest = body.strip_prefix(&[HEAD, FORM]).ok_or(NotARow)?;
        let head = Head {
            root_id: take(&mut rest)?,
            region: take_text(&mut rest)?,
            tenant: take_text(&mut rest)?,
        };
        if rest.is_empty() {
            Ok(head)
        } else {
            Err(NotARow)
        }
    }
}

impl<'a> TokenRow<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.kind.len() + self.sealed.len() + SEAL_BYTES);
        bytes.extend_from_slice(&[TOKEN, FORM]);
        bytes.extend_from_slice(&self.key_version.to_be_bytes());
        bytes.extend_from_slice(&self.blind);
        bytes.extend_from_slice(&self.token);
        put_text(&mut bytes, self.kind);
        bytes.extend_from_slice(self.sealed);
        bytes
    }

    pub(crate) fn decode(body: &'a [u8]) -> Result<TokenRow<'a>, NotARow> {
        let mut rest = body.strip_prefix(&[TOKEN, FORM]).ok_or(NotARow)?;
        Ok(TokenRow {
            key_version: u16::from_be_bytes(take(&mut rest)?),
            blind: take(&mut rest)?,
            token: take(&mut rest)?,
            kind: take_text(&mut rest)?,
            sealed: rest,
        })
    }
}

/// What authenticates rows.
pub(crate) struct RowMac {
    mac: Hmac<Sha256>,
}

impl RowMac {
    pub(crate) fn new(key: &Key) -> RowMac {
        RowMac { mac: keyed(key) }
    }

    /// A whole row with this body.
    pub(crate) fn finish(&self, mut body: Vec<u8>) -> Vec<u8> {
        let mac = self.mac.clone().chain_update(&body).finalize();
        body.extend_from_slice(&mac.into_bytes());
        body
    }

    /// The body of a row that is as it was written.
    pub(crate) fn check<'a>(&self, row: &'a [u8]) -> Result<&'a [u8], NotARow> {
        let (body, mac) = row.split_last_chunk::<SEAL_BYTES>().ok_or(NotARow)?;
        self.mac
            .clone()
            .chain_update(body)
            .verify_slice(mac)
            .map_err(|_| NotARow)?;
        Ok(body)
    }
}

/// The body of a row, unchecked.
pub(crate) fn unchecked_body(row: &[u8]) -> Result<&[u8], NotARow> {
    row.split_last_chunk::<SEAL_BYTES>()
        .map(|(body, _)| body)
        .ok_or(NotARow)
}

/// HMAC-SHA-256 with a derived key.
pub(crate) fn keyed(key: &Key) -> Hmac<Sha256> {
    Hmac::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length")
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Names are checked against `limits::MAX_NAME_CHARS` before they come here.
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(text.as_bytes());
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NotARow> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or(NotARow)?;
    *rest = left;
    Ok(*taken)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, NotARow> {
    let [length] = take(rest)?;
    let (text, left) = rest.split_at_checked(usize::from(length)).ok_or(NotARow)?;
    *rest = left;
    std::str::from_utf8(text).map_err(|_| NotARow)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    const HEAD_ROW: Head<'static> = Head {
        root_id: [9; 16],
        region: "eu",
        tenant: "acme",
    };

    #[test]
    fn rows_read_back() {
        assert_eq!(Head::decode(&HEAD_ROW.encode()), Ok(HEAD_ROW));
        let row = TokenRow {
            key_version: 258,
            blind: [1; 16],
            token: [2; 16],
            kind: "card",
            sealed: b"sealed",
        };
        let bytes = row.encode();
        assert_eq!(TokenRow::decode(&bytes), Ok(row));
        assert_eq!(Head::decode(&bytes), Err(NotARow));
        for length in 0..bytes.len() - b"sealed".len() {
            assert_eq!(TokenRow::decode(&bytes[..length]), Err(NotARow));
        }
    }

    #[test]
    fn no_bit_of_a_row_may_change() {
        let mac = RowMac::new(&Zeroizing::new([3; 32]));
        let row = mac.finish(HEAD_ROW.encode());
        assert_eq!(mac.check(&row), Ok(HEAD_ROW.encode().as_slice()));
        for bit in 0..row.len() * 8 {
            let mut altered = row.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(mac.check(&altered), Err(NotARow));
        }
        let other = RowMac::new(&Zeroizing::new([4; 32]));
        assert_eq!(other.check(&row), Err(NotARow));
    }
}
