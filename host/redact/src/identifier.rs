//! An identifier that somebody else chose, and that is kept in clear as it came: whoever wants to keep a person's number in
//! it may write that number as they like, so it is looked for with any sign between its characters, with the same few
//! letters between its groups, from its end to its beginning, glued to the word that says what it is, and in hexadecimal with
//! signs among its digits.
//!
//! What is found is refused. Letters between all characters, or letters that change, are not seen through: any text is some
//! number then.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::card::{self, is_sign};
use crate::find::{Kind, Reading, first};
use crate::fold::Folded;
use crate::groups::Groups;
use crate::limits::{
    IBAN_CHARS, MAX_LETTERS_BETWEEN, MAX_LETTERS_OF_A_NUMBER, MAX_PARTS_OF_A_NUMBER,
    MAX_WORDS_LOOKED_AT, MIN_DIGITS_OF_AN_IDENTIFIER,
};
use crate::words::Words;
use crate::{encoded, iban, national, phone, text};

/// A sign that may stand between the groups of a number.
const ANY_SIGN: char = '~';
/// Characters of a group that letters may part.
const GROUP: usize = 4;
/// How often the same letters have to stand between groups: chance makes them alike once.
const MIN_GAPS: usize = 3;
/// Letters of a word from which on no other word begins with it.
const LONG_WORD_CHARS: usize = 5;

/// What an identifier leads to that is kept as it came, if it leads to anybody.
pub fn in_identifier(text: &str) -> Option<Kind> {
    first(text, Reading::Field).or_else(|| {
        let folded = Folded::of(text);
        let text = folded.text();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let may_be_one = digits >= MIN_DIGITS_OF_AN_IDENTIFIER && !card::is_uuid(text.as_bytes());
        let disguised = || may_be_one.then(|| disguised(text)).flatten();
        disguised().or_else(|| in_parted_hexadecimal(text))
    })
}

/// What is written in hexadecimal with signs among the digits, also in the form of a UUID. A random one says nothing: that
/// so many of its octets are text, and lead to somebody, does not come about by chance.
fn in_parted_hexadecimal(text: &str) -> Option<Kind> {
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let without_signs = text.bytes().filter(u8::is_ascii_alphanumeric);
    let digits = Zeroizing::new(without_signs.collect::<Vec<u8>>());
    let look = |opened: encoded::Opened<'_>| {
        let meant = opened.is_meant.then_some(opened.text)?;
        first(meant, Reading::Field)
    };
    encoded::in_hexadecimal(&digits, &look)
}

fn disguised(text: &str) -> Option<Kind> {
    let alike = with_signs_alike(text);
    let is_card_backwards = || card::is_backwards(&alike, &Groups::of(&alike));
    forwards(&alike)
        .or_else(|| parted_by_letters(&alike).find_map(|joined| forwards(&joined)))
        .or_else(|| is_card_backwards().then_some(Kind::CardNumber))
        .or_else(|| account_or_phone_backwards(text))
        .or_else(|| is_beside_a_word(&alike).then_some(Kind::NationalId))
}

fn forwards(text: &str) -> Option<Kind> {
    let is_card = || {
        !card::find_in(text, &Groups::of(text), Reading::Field).is_empty()
            || card::is_between_letters(text)
    };
    of_account_or_phone(text).or_else(|| is_card().then_some(Kind::CardNumber))
}

fn of_account_or_phone(text: &str) -> Option<Kind> {
    // Letters of the country may stand apart, which only prose sees through.
    let is_iban = !iban::find(text, Reading::Prose).is_empty();
    let is_phone = || !phone::find(text, Reading::Field).is_empty();
    let phone = || is_phone().then_some(Kind::PhoneNumber);
    is_iban.then_some(Kind::Iban).or_else(phone)
}

fn account_or_phone_backwards(text: &str) -> Option<Kind> {
    let backwards = Zeroizing::new(text.chars().rev().collect::<String>());
    let alike = with_signs_alike(&backwards);
    // Several plus signs are around a structured communication, or among references.
    let is_one = alike.matches('+').count() == 1;
    of_account_or_phone(&alike).filter(|kind| *kind != Kind::PhoneNumber || is_one)
}

/// The text with one sign where there are several, and with one that may stand between the groups of a number where
/// there is another. A plus sign is left, because it says that a phone number begins behind it.
fn with_signs_alike(text: &str) -> Zeroizing<String> {
    let mut alike = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric();
        let end = rest.find(|other| is_part(other) != is_part(c));
        let (run, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        match c {
            c if is_part(c) => alike.push_str(run),
            '+' => alike.push(c),
            c if run.chars().all(is_sign) => alike.push(c),
            _ => alike.push(ANY_SIGN),
        }
        if c != '+' && run.contains('+') {
            alike.push('+');
        }
    }
    alike
}

/// What is written in groups of four with the same letters between them, as in `4111x1111x1111x1111`, without those.
fn parted_by_letters(text: &str) -> impl Iterator<Item = Zeroizing<String>> {
    let begins = |start| (1..=MAX_LETTERS_BETWEEN).map(move |letters| (start, letters));
    let joined = move |(start, letters)| joined(text.get(start..)?, letters);
    (0..text.len()).flat_map(begins).filter_map(joined)
}

fn joined(text: &str, letters: usize) -> Option<Zeroizing<String>> {
    let (first, behind) = text.split_at_checked(GROUP)?;
    let between = behind.get(..letters)?;
    let is_part = |c: char| c.is_ascii_alphanumeric();
    if !first.chars().all(is_part) || !between.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut joined = Zeroizing::new(String::with_capacity(*IBAN_CHARS.end() + GROUP));
    joined.push_str(first);
    let (mut rest, mut gaps) = (behind, 0);
    while joined.len() <= *IBAN_CHARS.end()
        && let Some(behind) = rest.strip_prefix(between)
    {
        let size = behind
            .chars()
            .take(GROUP)
            .take_while(|c| is_part(*c))
            .count();
        let (group, behind) = behind.split_at(size);
        joined.push_str(group);
        (rest, gaps) = (behind, gaps + 1);
        if size < GROUP {
            break;
        }
    }
    (gaps >= MIN_GAPS).then_some(joined)
}

/// On which side of a word something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

/// Whether a national identifier stands beside a word that says so, also where it is glued to it.
fn is_beside_a_word(text: &str) -> bool {
    let mut words = Words::of_national_ids(text).take(MAX_WORDS_LOOKED_AT);
    words.any(|(at, word)| {
        let is_short = at.len() < LONG_WORD_CHARS;
        let is = |side, letter_is_glued: bool| {
            let beside = match side {
                Side::Before => &text[..at.start],
                Side::Behind => &text[at.end..],
            };
            numbers(beside, side)
                .any(|number| national::is_told(&number, word, letter_is_glued && is_short))
        };
        let before = text::letter_before(text, at.start) && !begins_anew(text, &at);
        let behind = text::letter_at(text, at.end);
        // A letter at one end is the number's own, and at the other the word's.
        (!before && is(Side::Behind, behind)) || (!behind && is(Side::Before, before))
    })
}

/// Whether a word begins anew here, as in `customerSsn` and `customerSSN`.
fn begins_anew(text: &str, word: &Range<usize>) -> bool {
    let bytes = text[word.clone()].as_bytes();
    let is_one = bytes.split_first().is_some_and(|(first, rest)| {
        let alike = |is: fn(&u8) -> bool| rest.iter().all(is);
        first.is_ascii_uppercase()
            && (alike(u8::is_ascii_uppercase) || alike(u8::is_ascii_lowercase))
    });
    is_one && text[..word.start].ends_with(char::is_lowercase)
}

/// What may be the number beside a word, without signs: the part next to it, also with those that follow, up to one with
/// more letters than numbers have.
fn numbers(beside: &str, side: Side) -> impl Iterator<Item = Zeroizing<String>> {
    let parts = beside.split(|c: char| !c.is_alphanumeric());
    let mut parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if side == Side::Before {
        parts.reverse();
    }
    let few = parts
        .iter()
        .take_while(|part| has_few_letters(part))
        .count();
    let most = few.clamp(1.min(parts.len()), MAX_PARTS_OF_A_NUMBER);
    (1..=most).map(move |count| {
        let mut parts = parts[..count].to_vec();
        if side == Side::Before {
            parts.reverse();
        }
        Zeroizing::new(parts.concat())
    })
}

fn has_few_letters(part: &str) -> bool {
    let letters = part.split(|c: char| !c.is_alphabetic());
    letters
        .map(str::len)
        .all(|count| count <= MAX_LETTERS_OF_A_NUMBER)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const CARD: &str = "4111111111111111";

    #[test]
    fn hexadecimal_is_read_whatever_parts_its_digits() {
        let card = HEXLOWER.encode(CARD.as_bytes());
        let iban = HEXLOWER.encode(b"BE68539007547034");
        let parted = |hex: &str, size: usize, sign: &str| {
            let digits: Vec<char> = hex.chars().collect();
            let parts: Vec<String> = digits
                .chunks(size)
                .map(|part| part.iter().collect())
                .collect();
            parts.join(sign)
        };
        let as_uuid = format!(
            "{}-{}-{}-{}-{}",
            &card[..8],
            &card[8..12],
            &card[12..16],
            &card[16..20],
            &card[20..]
        );
        for text in [
            as_uuid.to_uppercase(),
            as_uuid,
            parted(&card, 4, "-"),
            parted(&card, 2, ":"),
            parted(&card, 3, "/"),
        ] {
            assert_eq!(in_identifier(&text), Some(Kind::CardNumber), "{text}");
        }
        // Its octets are all digits, and long rows of these may be a card number as well.
        assert_ne!(in_identifier(&parted(&iban, 8, "-")), None);
        let words = HEXLOWER.encode(b"ines@example.org");
        assert_eq!(in_identifier(&parted(&words, 4, ":")), Some(Kind::Mailbox));
    }

    #[test]
    fn no_random_uuid_is_taken_for_somebodys_number() {
        let mut random = fastrand::Rng::with_seed(20_261_129);
        for _ in 0..100_000 {
            let hash = format!("{:032x}", random.u128(..));
            let (a, b, c, d, e) = (
                &hash[..8],
                &hash[8..12],
                &hash[13..16],
                &hash[17..20],
                &hash[20..],
            );
            let uuid = format!("{a}-{b}-4{c}-a{d}-{e}");
            assert_eq!(in_identifier(&uuid), None, "{uuid}");
        }
    }

    /// As an identifier that begins with a time: what parts its digits in their middle makes it another number.
    #[test]
    fn a_letter_among_the_digits_tells_an_identifier_from_a_card_number() {
        for (text, found) in [
            ("2606171535460128", Some(Kind::CardNumber)),
            ("TX2606171535460128", Some(Kind::CardNumber)),
            ("260617-1535460128", Some(Kind::CardNumber)),
            ("26061715T35460128", None),
            ("260617T1535460128", None),
        ] {
            assert_eq!(in_identifier(text), found, "{text}");
        }
    }
}
