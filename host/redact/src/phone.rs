//! Phone numbers: in international form (E.164) everywhere; in prose also as people write them at home.

use std::ops::Range;

use crate::groups::Groups;
use crate::limits::{MAX_GAP_BYTES, PHONE_DIGITS};
use crate::words::{Announced, Words};
use crate::{Reading, text};

/// Digits of a number with such a word before it.
const AT_HOME: std::ops::RangeInclusive<usize> = 7..=15;

/// Phone numbers in international form.
pub(crate) fn find(text: &str, reading: Reading) -> Vec<Range<usize>> {
    text.match_indices('+')
        .filter(|(at, _)| !text::alphanumeric_before(text, *at) && !is_structured(text, at + 1))
        .filter_map(|(at, _)| Some(at..at + 1 + international(&text[at + 1..], reading)?))
        .collect()
}

/// Phone numbers in prose that have no plus sign.
pub(crate) fn find_at_home(text: &str, groups: &Groups, words: &Words) -> Vec<Range<usize>> {
    (0..groups.len())
        .filter_map(|n| at_home(text, groups, words, n))
        .collect()
}

/// Bytes of a number behind its plus sign, in groups as people write them; it may end with each group.
fn international(text: &str, reading: Reading) -> Option<usize> {
    if !text.starts_with(|first: char| matches!(first, '1'..='9')) {
        return None;
    }
    let (mut digits, mut gap, mut end) = (0, 0, None);
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => (digits, gap) = (digits + 1, 0),
            c if gap < MAX_GAP_BYTES && is_parting(c, reading) => {
                gap += 1;
                continue;
            }
            _ => break,
        }
        if PHONE_DIGITS.contains(&digits) && !text::alphanumeric_at(text, at + 1) {
            end = Some(at + 1);
        }
        if digits > *PHONE_DIGITS.end() {
            break;
        }
    }
    end
}

fn is_parting(c: char, reading: Reading) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')
        || (reading == Reading::Prose && matches!(c, ':' | ',' | ';' | '|' | '*' | '_' | '~' | '='))
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
