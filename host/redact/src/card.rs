//! Card numbers (ISO/IEC 7812-1): digits that a scheme has given out, with a check digit that is right.

use std::ops::{Range, RangeInclusive};

use crate::groups::{Groups, is_gap};
use crate::limits::CARD_DIGITS;
use crate::{Reading, text};

/// Digits of a group, as cards show them.
const SHAPES: [&[usize]; 5] = [
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[8, 8],
];

/// Digits of the largest of them.
const MAX_GROUP: usize = 8;

/// First six digits of numbers that a scheme has given out, and how long those numbers are.
struct Issued {
    first: RangeInclusive<u32>,
    lengths: &'static [usize],
}

const fn issued(from: u32, to: u32, lengths: &'static [usize]) -> Issued {
    Issued {
        first: from..=to,
        lengths,
    }
}

/// What most cards are: issuer identification numbers of the large schemes, with their usual lengths.
const COMMON: [Issued; 11] = [
    issued(340_000, 349_999, &[15]), // American Express
    issued(370_000, 379_999, &[15]),
    issued(300_000, 305_999, &[14]), // Diners Club
    issued(360_000, 369_999, &[14]),
    issued(380_000, 399_999, &[14]),
    issued(400_000, 499_999, &[16, 19]), // Visa
    issued(510_000, 559_999, &[16]),     // Mastercard
    issued(222_100, 272_099, &[16]),
    issued(220_000, 220_499, &[16]),     // Mir
    issued(352_800, 358_999, &[16]),     // JCB
    issued(500_000, 509_999, &[16, 19]), // Verve, RuPay
];
/// Discover, UnionPay, RuPay: by their first two digits.
const COMMON_PAIRS: [u32; 6] = [60, 62, 64, 65, 81, 82];
/// What there is beside: long and regional numbers.
const RARE: [Issued; 11] = [
    issued(500_000, 509_999, &[12, 13, 14, 15, 17, 18]), // Maestro
    issued(560_000, 699_999, &[12, 13, 14, 15, 16, 17, 18, 19]),
    issued(300_000, 305_999, &[16, 17, 18, 19]),
    issued(360_000, 369_999, &[15, 16, 17, 18, 19]),
    issued(380_000, 399_999, &[16, 17, 18, 19]),
    issued(352_800, 358_999, &[17, 18, 19]),
    issued(220_000, 220_499, &[17, 18, 19]),
    issued(810_000, 829_999, &[17, 18]),
    issued(860_000, 860_099, &[16]), // Uzcard
    issued(979_200, 979_299, &[16]), // Troy
    issued(986_000, 986_099, &[16]), // Humo
];

/// Luhn's formula (ISO/IEC 7812-1, annex B) for ASCII digits, the last the check digit.
pub fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            match (place % 2, digit) {
                (0, _) => digit,
                (_, 0..=4) => 2 * digit,
                _ => 2 * digit - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether digits are a card number.
pub(crate) fn is_card(digits: &str, reading: Reading) -> bool {
    CARD_DIGITS.contains(&digits.len()) && is_given_out(digits, reading) && luhn(digits)
}

/// Whether a card number is anywhere within the digits of a text, whatever stands around it: for identifiers that somebody
/// else chooses and that could be others just as well. Of random hexadecimal ones of 32 digits this is one of 3,000.
pub fn card_within(text: &str) -> bool {
    let is_digit = |b: &u8| b.is_ascii_digit();
    text.as_bytes()
        .chunk_by(|a, b| is_digit(a) == is_digit(b))
        .any(|run| {
            CARD_DIGITS.rev().any(|length| {
                let all_digits = run.windows(length).filter(|digits| is_digit(&digits[0]));
                let mut texts = all_digits.filter_map(|digits| std::str::from_utf8(digits).ok());
                texts.any(|digits| is_card(digits, Reading::Field))
            })
        })
}

fn is_given_out(digits: &str, reading: Reading) -> bool {
    let Some(first) = digits.get(..6).and_then(|six| six.parse::<u32>().ok()) else {
        return false;
    };
    let fits = |one: &Issued| one.first.contains(&first) && one.lengths.contains(&digits.len());
    let common = COMMON.iter().any(fits)
        || (matches!(digits.len(), 16 | 19) && COMMON_PAIRS.contains(&(first / 10_000)));
    common || (reading == Reading::Prose && RARE.iter().any(fits))
}

/// Card numbers in a text.
pub(crate) fn find(text: &str, groups: &Groups, reading: Reading) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < groups.len() {
        match begins_at(text, groups, from, reading) {
            Some(count) => {
                found.push(groups.span(from, count));
                from += count;
            }
            None => from += 1,
        }
    }
    found
}

/// How many groups from here on are a card number.
fn begins_at(text: &str, groups: &Groups, from: usize, reading: Reading) -> Option<usize> {
    if !stands_alone_before(text, groups.start(from), reading) || is_fraction(text, groups, from) {
        return None;
    }
    let counts = candidates(text, groups, from, reading);
    counts.into_iter().flatten().find(|count| {
        let ends = groups.span(from, *count).end;
        !text::alphanumeric_at(text, ends)
            && groups
                .joined(text, from, *count)
                .is(|digits| is_card(digits, reading))
    })
}

/// A letter right before says that the digits are part of an identifier; in prose, one word glued to them does not.
fn stands_alone_before(text: &str, start: usize, reading: Reading) -> bool {
    if !text::alphanumeric_before(text, start) {
        return true;
    }
    let word = text[..start]
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphabetic)
        .count();
    reading == Reading::Prose && word >= 2 && !text::alphanumeric_before(text, start - word)
}

/// Whether the digits are behind a decimal point, as in `0.4111111111111111`: a rate, a time, a place.
fn is_fraction(text: &str, groups: &Groups, from: usize) -> bool {
    from > 0 && groups.size(from) > MAX_GROUP && groups.gap(text, from - 1) == "."
}

/// How many groups could be one number: one, those of a shape, and in prose all that are parted alike.
fn candidates(text: &str, groups: &Groups, from: usize, reading: Reading) -> [Option<usize>; 7] {
    let mut all = [None; 7];
    let whole = groups.size(from);
    all[0] = match reading {
        Reading::Field => matches!(whole, 15 | 16),
        Reading::Prose => CARD_DIGITS.contains(&whole),
    }
    .then_some(1);
    for (place, shape) in all[1..].iter_mut().zip(SHAPES) {
        let eights = shape.len() == 2;
        let fits = from + shape.len() <= groups.len()
            && (reading == Reading::Prose || !eights)
            && shape.iter().enumerate().all(|(n, size)| {
                groups.size(from + n) == *size
                    && (n == 0 || is_shape_gap(groups.gap(text, from + n - 1), reading))
            });
        *place = fits.then_some(shape.len());
    }
    if reading == Reading::Prose {
        all[6] = parted_alike(text, groups, from);
    }
    all
}

fn is_shape_gap(gap: &str, reading: Reading) -> bool {
    match reading {
        Reading::Field => matches!(gap, " " | "-"),
        Reading::Prose => is_gap(gap) || matches!(gap, "," | ", " | ":" | ";"),
    }
}

/// All groups with the same between them, if no more of them stand before.
fn parted_alike(text: &str, groups: &Groups, from: usize) -> Option<usize> {
    let gap = (from + 1 < groups.len()).then(|| groups.gap(text, from))?;
    if !is_gap(gap) || (from > 0 && groups.gap(text, from - 1) == gap) {
        return None;
    }
    let mut count = 1;
    let mut digits = groups.size(from);
    while from + count < groups.len()
        && digits <= *CARD_DIGITS.end()
        && groups.gap(text, from + count - 1) == gap
    {
        digits += groups.size(from + count);
        count += 1;
    }
    CARD_DIGITS.contains(&digits).then_some(count)
}
