//! IBANs (ISO 13616): a country that has them, its length and form, and check digits that are right.

use std::ops::Range;

use iban::Iban;

use crate::groups::Joined;
use crate::limits::{IBAN_CHARS, MAX_GAP_BYTES};
use crate::{Reading, text};

/// Characters of an IBAN's group, where it is written in groups.
const GROUP: usize = 4;

/// IBANs in a text: in one piece or in groups of four; in prose in any groups, a few signs between them.
pub(crate) fn find(text: &str, reading: Reading) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = begins_like_one(&bytes[at..], reading) && !text::alphanumeric_before(text, at);
        match begins.then(|| begins_at(text, at, reading)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Two letters and two digits; in prose they may stand apart.
fn begins_like_one(bytes: &[u8], reading: Reading) -> bool {
    if bytes.len() < *IBAN_CHARS.start() || !bytes[0].is_ascii_alphabetic() {
        return false;
    }
    let step = if reading == Reading::Prose && is_parting(bytes[1], reading) {
        2
    } else {
        1
    };
    bytes[step].is_ascii_alphabetic()
        && bytes[2 * step].is_ascii_digit()
        && bytes[3 * step].is_ascii_digit()
}

/// Where it ends. It may be followed by other words, so each end of a group is tried.
fn begins_at(text: &str, start: usize, reading: Reading) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut number = Joined::new();
    let (mut at, mut length, mut longest) = (start, 0, None);
    while length <= *IBAN_CHARS.end() {
        let group = bytes[at..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        number.push(&text[at..at + group]);
        at += group;
        length += group;
        if text::alphanumeric_at(text, at) || group == 0 {
            break;
        }
        if IBAN_CHARS.contains(&length) && number.is(is_iban) {
            longest = Some(at);
        }
        let in_fours = group == GROUP || reading == Reading::Prose;
        let most = if reading == Reading::Prose {
            MAX_GAP_BYTES
        } else {
            1
        };
        let parting = bytes[at..].iter().take_while(|b| is_parting(**b, reading));
        let parting = parting.count();
        if !in_fours || !(1..=most).contains(&parting) {
            break;
        }
        at += parting;
    }
    longest
}

fn is_parting(byte: u8, reading: Reading) -> bool {
    matches!(byte, b' ' | b'-')
        || (reading == Reading::Prose
            && (byte.is_ascii_punctuation() || byte.is_ascii_whitespace()))
}

/// Whether this is one, in letters of either case.
pub(crate) fn is_iban(number: &str) -> bool {
    let mut upper = zeroize::Zeroizing::new(number.to_owned());
    upper.make_ascii_uppercase();
    upper.parse::<Iban>().is_ok()
}
