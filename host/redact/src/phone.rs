//! Phone numbers: in international form (E.164) everywhere; in prose also as people write them at home.

use std::ops::Range;

use crate::card::is_sign;
use crate::groups::Groups;
use crate::limits::{MAX_GAP_BYTES, PHONE_DIGITS};
use crate::words::{Announced, Words};
use crate::{Reading, text};

/// Digits of a number with such a word before it.
const AT_HOME: std::ops::RangeInclusive<usize> = 7..=15;

/// Digits of a number in international form to which letters are glued, at least.
const GLUED_DIGITS: usize = 9;
/// The same in one group, where a digit stands before it, as in a sum or the zone of a time.
const BEHIND_A_DIGIT: usize = 10;
/// What a plus sign parts from its reference in the purpose of German credit transfers (DFÜ agreement, annex 3, field 86 of
/// MT 940), and so is no part of a phone number.
const REFERENCES: [&str; 12] = [
    "EREF", "KREF", "MREF", "BREF", "RREF", "CRED", "DEBT", "COAM", "OAMT", "SVWZ", "ABWA", "ABWE",
];

/// Phone numbers in international form, whatever letters are glued to them.
pub(crate) fn find(text: &str, reading: Reading) -> Vec<Range<usize>> {
    text.match_indices('+')
        .filter(|(at, _)| !is_structured(text, at + 1) && !is_reference(&text[..*at]))
        .filter_map(|(at, _)| {
            let number = international(&text[at + 1..], reading)?;
            let behind = at + 1 + number.bytes;
            let before = text[..at].chars().next_back();
            let least = match before {
                Some(c) if c.is_numeric() => match number.groups {
                    1 => BEHIND_A_DIGIT,
                    _ => return None,
                },
                Some(c) if c.is_alphabetic() => GLUED_DIGITS,
                _ if text::alphanumeric_at(text, behind) => GLUED_DIGITS,
                _ => *PHONE_DIGITS.start(),
            };
            (number.digits >= least).then_some(at..behind)
        })
        .collect()
}

fn is_reference(before: &str) -> bool {
    REFERENCES.iter().any(|code| before.ends_with(code))
}

/// A number behind its plus sign.
struct International {
    bytes: usize,
    digits: usize,
    groups: usize,
}

/// Phone numbers in prose that have no plus sign.
pub(crate) fn find_at_home(text: &str, groups: &Groups, words: &Words) -> Vec<Range<usize>> {
    (0..groups.len())
        .filter_map(|n| at_home(text, groups, words, n))
        .collect()
}

/// The number behind a plus sign, in groups as people write them; it may end with each group.
fn international(text: &str, reading: Reading) -> Option<International> {
    if !text.starts_with(|first: char| matches!(first, '1'..='9')) {
        return None;
    }
    let (mut digits, mut gap, mut groups, mut number) = (0, 0, 1, None);
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                groups += usize::from(gap > 0);
                (digits, gap) = (digits + 1, 0);
            }
            c if gap < MAX_GAP_BYTES && is_parting(c, reading) => {
                gap += 1;
                continue;
            }
            _ => break,
        }
        if digits > *PHONE_DIGITS.end() {
            break;
        }
        let bytes = at + 1;
        let goes_on = text[bytes..].starts_with(char::is_numeric);
        if PHONE_DIGITS.contains(&digits) && !goes_on {
            number = Some(International {
                bytes,
                digits,
                groups,
            });
        }
    }
    number
}

fn is_parting(c: char, reading: Reading) -> bool {
    is_sign(c) || (reading == Reading::Prose && matches!(c, ':' | ',' | ';'))
}

/// A number without its plus sign: behind a word that says so, with the prefix 00, or in groups that begin with
/// the trunk prefix 0 or have the form of North America.
fn at_home(text: &str, groups: &Groups, words: &Words, from: usize) -> Option<Range<usize>> {
    let start = groups.start(from);
    if text::alphanumeric_before(text, start) || continues(text, groups, from) {
        return None;
    }
    let mut count = 1;
    let mut digits = groups.size(from);
    while from + count < groups.len()
        && is_gap(groups.gap(text, from + count - 1))
        && digits + groups.size(from + count) <= *PHONE_DIGITS.end()
    {
        digits += groups.size(from + count);
        count += 1;
    }
    let span = groups.span(from, count);
    if text::alphanumeric_at(text, span.end) || is_structured(text, start) {
        return None;
    }
    let first = &text[start..groups.end(from)];
    let sizes = |n: usize| groups.size(from + n);
    let abroad = first.starts_with("00")
        && first.as_bytes().get(2) != Some(&b'0')
        && (10..=17).contains(&digits)
        && (count > 1 || digits >= 11);
    let trunk = count >= 2
        && first.starts_with('0')
        && !first.starts_with("00")
        && (3..=5).contains(&first.len())
        && (9..=12).contains(&digits)
        && (1..count).all(|n| sizes(n) >= 2);
    let north_america = count >= 3
        && (sizes(0), sizes(1), sizes(2)) == (3, 3, 4)
        && first.starts_with(|c: char| ('2'..='9').contains(&c));
    if north_america {
        return Some(groups.span(from, 3));
    }
    let told = || AT_HOME.contains(&digits) && words.announce(Announced::PhoneNumber, 0, start);
    (abroad || trunk || told()).then_some(span)
}

/// Whether a structured communication of Belgian credit transfers begins here, as in `+++090/9337/55493+++`: ten digits in
/// groups of three, four and three, and two check digits, which are the rest modulo 97, or 97.
fn is_structured(text: &str, start: usize) -> bool {
    let Some(written) = text.get(start..start + "090/9337/55493".len()) else {
        return false;
    };
    let bytes = written.as_bytes();
    let slashes = [3, 8];
    let formed = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| match slashes.contains(&at) {
            true => *byte == b'/',
            false => byte.is_ascii_digit(),
        });
    if !formed || text::alphanumeric_at(text, start + written.len()) {
        return false;
    }
    let digits = bytes.iter().filter(|byte| **byte != b'/');
    let number = digits.fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    let check = number % 100;
    (1..=97).contains(&check) && (number / 100) % 97 == check % 97
}

/// Whether the group goes on a number that began before it.
fn continues(text: &str, groups: &Groups, from: usize) -> bool {
    from > 0 && is_gap(groups.gap(text, from - 1)) || text[..groups.start(from)].ends_with('+')
}

fn is_gap(gap: &str) -> bool {
    (1..=MAX_GAP_BYTES).contains(&gap.len())
        && gap
            .bytes()
            .all(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'(' | b')'))
}
