//! The rows of the vault's journal, as bytes.
//!
//! ```text
//! head   01  form: 3            first row of each journal: whose it is
//!            root id, 16 bytes
//!            region, tenant     each: length in one byte, text
//!            what, 1            1: values, 2: keys
//!            epoch, 4           of the keys; 0 for values
//! token  02  form: 3
//!            born, 4            the epoch in which the subject's key was made
//!            subject, 16
//!            token, 16          its random bits
//!            cover, 24          the blind index under a mask of the subject's key, and a check of that key
//!            kind               length in one byte, text
//!            sealed             see `seal`
//! both   …   seal, 32           HMAC-SHA-256 over all bytes above
//! ```
//!
//! The open part of a row is bound twice: by the row's own HMAC, which is checked for every row when the vault is
//! opened and whenever one is read, and by the associated data of the sealed part, so that even a row that somehow
//! passed would not open to a wrong value.
//!
//! The blind index is covered, because whoever has the root could try values against it: when the subject's key is
//! gone, nothing in its rows says anything any more, and they may stay where they are. The check tells rows that were
//! written with a key which never became durable: the same subject has another one since.
//!
//! A row may stand in the journal more than once, always with the same token: a request that finds a
//! token on its way to the disk writes the row again and waits for its own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::bytes::{put_text, take, take_text};
use crate::keys::Key;

const HEAD: u8 = 1;
const TOKEN: u8 = 2;
const FORM: u8 = 3;
const SEAL_BYTES: usize = 32;
/// A blind index, and eight bytes of check.
const COVER_BYTES: usize = 24;

/// See [`crate::cover`].
pub(crate) type Cover = [u8; COVER_BYTES];

/// The first row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) root_id: [u8; 16],
    pub(crate) region: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) what: What,
    pub(crate) epoch: u32,
}

/// What a journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Values = 1,
    Keys = 2,
}

/// A row about one token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenRow<'a> {
    pub(crate) born: u32,
    pub(crate) subject: [u8; 16],
    pub(crate) token: [u8; 16],
    pub(crate) cover: Cover,
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
        bytes.push(self.what as u8);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes
    }

    /// Whether a body is the head of a journal from before this form.
    pub(crate) fn is_older(body: &[u8]) -> bool {
        matches!(body, [HEAD, form, ..] if *form < FORM)
    }

    pub(crate) fn decode(body: &'a [u8]) -> Result<Head<'a>, NotARow> {
        let mut rest = body.strip_prefix(&[HEAD, FORM]).ok_or(NotARow)?;
        let head = Head {
            root_id: take(&mut rest)?,
            region: take_text(&mut rest)?,
            tenant: take_text(&mut rest)?,
            what: match take(&mut rest)? {
                [1] => What::Values,
                [2] => What::Keys,
                _ => return Err(NotARow),
            },
            epoch: u32::from_be_bytes(take(&mut rest)?),
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
        let mut bytes = Vec::with_capacity(88 + self.kind.len() + self.sealed.len() + SEAL_BYTES);
        bytes.extend_from_slice(&[TOKEN, FORM]);
        bytes.extend_from_slice(&self.born.to_be_bytes());
        bytes.extend_from_slice(&self.subject);
        bytes.extend_from_slice(&self.token);
        bytes.extend_from_slice(&self.cover);
        put_text(&mut bytes, self.kind);
        bytes.extend_from_slice(self.sealed);
        bytes
    }

    pub(crate) fn decode(body: &'a [u8]) -> Result<TokenRow<'a>, NotARow> {
        let mut rest = body.strip_prefix(&[TOKEN, FORM]).ok_or(NotARow)?;
        Ok(TokenRow {
            born: u32::from_be_bytes(take(&mut rest)?),
            subject: take(&mut rest)?,
            token: take(&mut rest)?,
            cover: take(&mut rest)?,
            kind: take_text(&mut rest)?,
            sealed: rest,
        })
    }
}

/// What authenticates rows.
#[derive(Clone)]
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

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    const HEAD_ROW: Head<'static> = Head {
        root_id: [9; 16],
        region: "eu",
        tenant: "acme",
        what: What::Values,
        epoch: 0,
    };

    #[test]
    fn rows_read_back() {
        assert_eq!(Head::decode(&HEAD_ROW.encode()), Ok(HEAD_ROW));
        let row = TokenRow {
            born: 258,
            subject: [3; 16],
            token: [2; 16],
            cover: [1; COVER_BYTES],
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
