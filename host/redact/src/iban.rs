//! IBANs (ISO 13616): a country that has them, its length and form, and check digits that are right.

use std::ops::Range;

use iban::Iban;

use crate::card::{is_random, is_sign};
use crate::groups::Joined;
use crate::limits::{IBAN_CHARS, MAX_GAP_BYTES, NAME_CHARS};
use crate::{Reading, text};

/// IBANs in a text, whatever is glued to them: in one piece, or in groups with a few signs between them; in prose with any
/// signs.
pub(crate) fn find(text: &str, reading: Reading) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match is_begun(&bytes[at..])
            .then(|| begins_at(text, at, reading))
            .flatten()
        {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether two letters and two digits are the next characters that are no signs: most texts are told from an IBAN by that.
fn is_begun(bytes: &[u8]) -> bool {
    let near = bytes.iter().take(4 * (1 + MAX_GAP_BYTES));
    let mut parts = near.filter(|b| b.is_ascii_alphanumeric());
    let mut next_is = |is: fn(&u8) -> bool| parts.next().is_some_and(is);
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && next_is(u8::is_ascii_alphabetic)
        && next_is(u8::is_ascii_alphabetic)
        && next_is(u8::is_ascii_digit)
        && next_is(u8::is_ascii_digit)
}

/// Where it ends. Its country says how long it is, so each length is tried, most of them by their check digits alone.
fn begins_at(source: &str, start: usize, reading: Reading) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut number = Joined::new();
    let mut check = Check::default();
    let (mut at, mut length, mut gap) = (start, 0, 0);
    let mut letters_apart = false;
    while length < *IBAN_CHARS.end() {
        let byte = *bytes.get(at)?;
        at += 1;
        if !byte.is_ascii_alphanumeric() {
            gap += 1;
            if gap > MAX_GAP_BYTES || !is_parting(byte, reading) {
                return None;
            }
            continue;
        }
        let is_well_begun = match length {
            0 => byte.is_ascii_alphabetic(),
            1 => {
                letters_apart = gap > 0;
                byte.is_ascii_alphabetic() && (!letters_apart || reading == Reading::Prose)
            }
            // Many a word before a number ends like a country; one that stands alone may be one.
            2 => {
                let is_alone =
                    || reading == Reading::Prose && !text::alphanumeric_before(source, start);
                byte.is_ascii_digit() && (gap == 0 || letters_apart || is_alone())
            }
            3 => byte.is_ascii_digit(),
            _ => true,
        };
        if !is_well_begun {
            return None;
        }
        number.push(&source[at - 1..at]);
        check.push(byte);
        (length, gap) = (length + 1, 0);
        if IBAN_CHARS.contains(&length) && check.is_right() && number.is(is_iban) {
            // What is random has the form of some countries' by chance.
            let span = start..at;
            return (!is_random(source, &span) && !is_of_a_name(source, &span)).then_some(at);
        }
    }
    None
}

/// Whether this is inside a name or a token that the host gave: behind its last `_`, 128 random bits in base32, in which
/// an IBAN of a country with letters in its account numbers comes about by chance. One that somebody has is digits for the
/// most part.
fn is_of_a_name(text: &str, span: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let is_part = |b: &&u8| matches!(b, b'a'..=b'z' | b'2'..=b'7');
    let before = bytes[..span.start].iter().rev().take(NAME_CHARS);
    let behind = bytes[span.end..].iter().take(NAME_CHARS);
    let word = span.start - before.take_while(is_part).count()
        ..span.end + behind.take_while(is_part).count();
    let letters = bytes[span.clone()]
        .iter()
        .filter(|b| b.is_ascii_alphabetic());
    word.len() == NAME_CHARS
        && bytes[word.clone()].iter().all(|b| is_part(&b))
        && text[..word.start].ends_with('_')
        && !text::alphanumeric_at(text, word.end)
        && letters.count() * 2 > span.len()
}

fn is_parting(byte: u8, reading: Reading) -> bool {
    match reading {
        Reading::Field => is_sign(char::from(byte)),
        Reading::Prose => byte.is_ascii_punctuation() || byte.is_ascii_whitespace(),
    }
}

/// The rest by 97 (ISO/IEC 7064, MOD 97-10) of a number that grows: country and check digits stand behind all others.
#[derive(Default)]
struct Check {
    first: u64,
    others: u64,
    count: usize,
}

impl Check {
    fn push(&mut self, byte: u8) {
        let rest = if self.count < 4 {
            &mut self.first
        } else {
            &mut self.others
        };
        let value = char::from(byte).to_digit(36).unwrap_or_default();
        *rest = (*rest * if value < 10 { 10 } else { 100 } + u64::from(value)) % 97;
        self.count += 1;
    }

    fn is_right(&self) -> bool {
        // Two letters and two digits are six digits.
        (self.others * 1_000_000 + self.first) % 97 == 1
    }
}

/// Whether this is one, in letters of either case.
pub(crate) fn is_iban(number: &str) -> bool {
    let mut upper = zeroize::Zeroizing::new(number.to_owned());
    upper.make_ascii_uppercase();
    upper.parse::<Iban>().is_ok()
}
