//! The rows of the key journal, as bytes, after the head of `row`.
//!
//! ```text
//! key     03  form: 1
//!             subject, 16
//!             born, 4            the epoch in which the key was made
//!             wrapped, 136       by the tenant key of the journal's epoch
//! link    04  form: 1
//!             weaker, stronger   16 each: two identifiers that were shown together
//! erased  05  form: 1
//!             subject, 16        its key counts no more, wherever it stands
//! hold    06  form: 1
//!             subject, 16
//!             until, set at      8 each, milliseconds since 1970; of two holds the one that was set later counts
//! ```

use weft_dictionary::Timestamp;

use crate::bytes::take;
use crate::row::NotARow;
use crate::subject::Subject;

const KEY: u8 = 3;
const LINK: u8 = 4;
const ERASED: u8 = 5;
const HOLD: u8 = 6;
const FORM: u8 = 1;

/// One row of the key journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    Key {
        subject: Subject,
        born: u32,
        wrapped: &'a [u8],
    },
    Link {
        weaker: Subject,
        stronger: Subject,
    },
    Erased(Subject),
    Hold(Subject, Hold),
}

/// Until when a subject may not be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// From then on it may be erased.
    pub until: Timestamp,
    /// When the hold was ordered.
    pub set_at: Timestamp,
}

impl<'a> Entry<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(224);
        let mut put = |tag: u8, parts: &[&[u8]]| {
            bytes.extend_from_slice(&[tag, FORM]);
            parts.iter().for_each(|part| bytes.extend_from_slice(part));
        };
        match self {
            Entry::Key {
                subject,
                born,
                wrapped,
            } => put(KEY, &[&subject.0, &born.to_be_bytes(), wrapped]),
            Entry::Link { weaker, stronger } => put(LINK, &[&weaker.0, &stronger.0]),
            Entry::Erased(subject) => put(ERASED, &[&subject.0]),
            Entry::Hold(subject, Hold { until, set_at }) => {
                let (until, set_at) = (until.0.to_be_bytes(), set_at.0.to_be_bytes());
                put(HOLD, &[&subject.0, &until, &set_at]);
            }
        }
        bytes
    }

    pub(crate) fn decode(body: &'a [u8]) -> Result<Entry<'a>, NotARow> {
        let (&[tag, FORM], mut rest) = body.split_first_chunk::<2>().ok_or(NotARow)? else {
            return Err(NotARow);
        };
        let rest = &mut rest;
        let subject = Subject(take(rest)?);
        let entry = match tag {
            KEY => {
                return Ok(Entry::Key {
                    subject,
                    born: u32::from_be_bytes(take(rest)?),
                    wrapped: rest,
                });
            }
            LINK => Entry::Link {
                weaker: subject,
                stronger: Subject(take(rest)?),
            },
            ERASED => Entry::Erased(subject),
            HOLD => {
                let until = Timestamp(u64::from_be_bytes(take(rest)?));
                let set_at = Timestamp(u64::from_be_bytes(take(rest)?));
                Entry::Hold(subject, Hold { until, set_at })
            }
            _ => return Err(NotARow),
        };
        if rest.is_empty() {
            Ok(entry)
        } else {
            Err(NotARow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back_and_nothing_else_does() {
        let (one, two) = (Subject([1; 16]), Subject([2; 16]));
        let hold = Hold {
            until: Timestamp(3),
            set_at: Timestamp(4),
        };
        let entries = [
            Entry::Key {
                subject: one,
                born: 7,
                wrapped: b"wrapped",
            },
            Entry::Link {
                weaker: one,
                stronger: two,
            },
            Entry::Erased(two),
            Entry::Hold(one, hold),
        ];
        for entry in entries {
            let bytes = entry.encode();
            assert_eq!(Entry::decode(&bytes), Ok(entry));
            assert_ne!(Entry::decode(&bytes[..bytes.len() - 1]), Ok(entry));
            let mut other = bytes.clone();
            other[1] = 9;
            assert_eq!(Entry::decode(&other), Err(NotARow));
        }
        assert_eq!(Entry::decode(&[]), Err(NotARow));
    }
}
