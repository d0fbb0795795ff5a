//! Card numbers (ISO/IEC 7812-1): digits that a scheme has given out, with a check digit that is right.

use std::ops::{Range, RangeInclusive};

use zeroize::Zeroizing;

use crate::groups::{Groups, Joined};
use crate::limits::{CARD_DIGITS, MAX_GAP_BYTES, MAX_GAP_WORD_BYTES, RANDOM_CHARS};
use crate::{Reading, text};

/// Digits of a group, as cards show them, and as people copy them.
const SHAPES: [&[usize]; 10] = [
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[8, 8],
    &[5, 5, 5, 1],
    &[5, 5, 6],
    &[6, 6, 4],
    &[6, 10],
    &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
];

/// The same of numbers that are written from their end to their beginning.
const BACKWARDS: [&[usize]; 6] = [
    &[16],
    &[15],
    &[4, 4, 4, 4],
    &[5, 6, 4],
    &[4, 6, 4],
    &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
];

/// Digits of the largest group of a shape.
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

/// Numbers of few digits, of those schemes alone that have them: order numbers have as many, and one of ten has the right
/// check digit.
const SHORT: [Issued; 10] = [
    issued(501_800, 501_899, &[12, 13, 14, 15]), // Maestro
    issued(502_000, 502_099, &[12, 13, 14, 15]),
    issued(503_800, 503_899, &[12, 13, 14, 15]),
    issued(589_300, 589_399, &[12, 13, 14, 15]),
    issued(630_400, 630_499, &[12, 13, 14, 15]),
    issued(675_900, 675_999, &[12, 13, 14, 15]),
    issued(676_100, 676_399, &[12, 13, 14, 15]),
    issued(300_000, 305_999, &[15]), // Diners Club
    issued(360_000, 369_999, &[15]),
    issued(380_000, 399_999, &[15]),
];
/// From so many digits on a number in an identifier may be of any scheme.
const LONG: usize = 16;
/// Digits of a group beside a number in an identifier: a year, a counter.
const MAX_AFFIX: usize = 4;

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

/// Whether the digits between letters of an identifier are together a card number, whatever parts them, if it is the same
/// each time; a few digits beside them may be a year or a counter. Some are none here: those of an old form, with 13 digits,
/// look like article numbers (GTIN-13), and those of 17 or 18 digits in groups like the order numbers of large shops.
pub(crate) fn is_between_letters(text: &str) -> bool {
    text.split(char::is_alphabetic).any(|part| {
        let groups = Groups::of(part);
        let all = groups.len();
        let is_few = |n: usize| groups.size(n) <= MAX_AFFIX;
        let is_one = |from: usize, end: usize| {
            let gaps = (from..end - 1).map(|n| groups.gap(part, n));
            gaps.clone()
                .zip(gaps.skip(1))
                .all(|(gap, next)| gap == next)
                && groups.joined(part, from, end - from).is(|digits| {
                    let is_order = end - from > 1 && matches!(digits.len(), 17 | 18);
                    let is_backwards = || {
                        let backwards: Zeroizing<String> =
                            Zeroizing::new(digits.chars().rev().collect());
                        end - from == 1
                            && matches!(digits.len(), 14 | 19)
                            && is_card(&backwards, Reading::Field)
                    };
                    !is_order && (is_of_any_scheme(digits) || is_backwards())
                })
        };
        let begins = [0, 1].into_iter().filter(|n| *n == 0 || is_few(0));
        let ends = [0, 1].map(|less| (all.saturating_sub(less), less));
        all > 0
            && begins
                .flat_map(|from| ends.map(|end| (from, end)))
                .any(|(from, (end, less))| {
                    from < end && (less == 0 || is_few(all - 1)) && is_one(from, end)
                })
    })
}

/// Of those schemes, too, whose numbers few cards have; but short ones of the schemes alone that have them.
fn is_of_any_scheme(digits: &str) -> bool {
    let is_rare = || {
        let first = digits.get(..6).and_then(|six| six.parse::<u32>().ok());
        let fits = |one: &Issued| {
            first.is_some_and(|first| one.first.contains(&first))
                && one.lengths.contains(&digits.len())
        };
        (digits.len() >= LONG && RARE.iter().any(fits)) || SHORT.iter().any(fits)
    };
    CARD_DIGITS.contains(&digits.len())
        && (is_given_out(digits, Reading::Field) || is_rare())
        && luhn(digits)
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

/// A card number that begins with a group of digits: where it is, and how many groups it takes.
struct Number {
    at: Range<usize>,
    groups: usize,
}

/// Card numbers in a text, also with letters that look like digits among them.
pub(crate) fn find_in(text: &str, groups: &Groups, reading: Reading) -> Vec<Range<usize>> {
    let mut found = find(text, groups, reading);
    if let Some(alike) = with_digits_for_letters(text) {
        found.extend(find(&alike, &Groups::of(&alike), reading));
        found.sort_by_key(|span| span.start);
        found.dedup_by(|next, last| {
            let overlap = next.start < last.end;
            if overlap {
                last.end = last.end.max(next.end);
            }
            overlap
        });
    }
    found
}

/// The text with O as 0, and l and I as 1, wherever they stand among digits; nothing if they do not.
fn with_digits_for_letters(text: &str) -> Option<Zeroizing<String>> {
    let as_digit = |b: &u8| match b {
        b'O' | b'o' => Some('0'),
        b'I' | b'l' => Some('1'),
        _ => None,
    };
    let bytes = text.as_bytes();
    let mut alike: Option<Zeroizing<String>> = None;
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().map_while(as_digit);
        let length = run.clone().count();
        if length > 0 && stands_among_digits(text, at..at + length) {
            let alike = alike.get_or_insert_with(|| Zeroizing::new(text.to_owned()));
            alike.replace_range(at..at + length, &run.collect::<String>());
        }
        at += length.max(1);
    }
    alike
}

/// Whether there is a digit at one end, and no letter at the other.
fn stands_among_digits(text: &str, span: Range<usize>) -> bool {
    let around = [
        text[..span.start].chars().next_back(),
        text[span.end..].chars().next(),
    ];
    let mut around = around.into_iter().flatten();
    let is_digit = |c: char| c.is_ascii_digit();
    around.clone().any(is_digit) && around.all(|c| is_digit(c) || !c.is_alphanumeric())
}

/// Card numbers in a text.
fn find(text: &str, groups: &Groups, reading: Reading) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < groups.len() {
        match begins_at(text, groups, from, reading) {
            Some(number) => {
                found.push(number.at);
                from += number.groups;
            }
            None => from += 1,
        }
    }
    found
}

/// The number that begins with this group. Letters may be glued to it: who writes `ref4111111111111111x` has written the
/// number.
fn begins_at(text: &str, groups: &Groups, from: usize, reading: Reading) -> Option<Number> {
    if is_fraction(text, groups, from) {
        return None;
    }
    let is_number = |count: &usize| {
        let span = groups.span(from, *count);
        // What few cards are does not count where it may be part of an identifier.
        let reading = if is_glued(text, &span) {
            Reading::Field
        } else {
            reading
        };
        let joined = groups.joined(text, from, *count);
        joined.is(|digits| is_card(digits, reading)) && !is_random(text, &span)
    };
    let count = candidates(text, groups, from, reading).find(is_number);
    let whole = count.map(|count| Number {
        at: groups.span(from, count),
        groups: count,
    });
    match reading {
        Reading::Field => whole,
        Reading::Prose => whole
            .or_else(|| backwards_at(text, groups, from, reading))
            .or_else(|| {
                let at = at_an_end(text, groups.span(from, 1))?;
                Some(Number { at, groups: 1 })
            }),
    }
}

/// What most cards are, written from its end to its beginning.
fn backwards_at(text: &str, groups: &Groups, from: usize, reading: Reading) -> Option<Number> {
    let shape = (BACKWARDS.iter()).find(|shape| has_shape(text, groups, from, shape, reading))?;
    let at = groups.span(from, shape.len());
    if is_glued(text, &at) || is_microseconds(&text[at.clone()]) || is_fraction(text, groups, from)
    {
        return None;
    }
    let mut digits = Joined::new();
    let backwards = text[at.clone()].char_indices().rev();
    for (place, digit) in backwards.filter(|(_, c)| c.is_ascii_digit()) {
        digits.push(&text[at.start + place..at.start + place + digit.len_utf8()]);
    }
    let is = digits.is(|digits| is_card(digits, Reading::Field)) && !is_random(text, &at);
    is.then_some(Number {
        at,
        groups: shape.len(),
    })
}

/// Whether a card number stands in an identifier from its end to its beginning.
pub(crate) fn is_backwards(text: &str, groups: &Groups) -> bool {
    (0..groups.len()).any(|from| backwards_at(text, groups, from, Reading::Field).is_some())
}

/// In prose: what most cards are, at an end of more digits.
fn at_an_end(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let is = |digits: &str| is_card(digits, Reading::Field);
    let ends = [16, 15].into_iter().filter(|_| run.len() > 16);
    ends.flat_map(|length| [run.start..run.start + length, run.end - length..run.end])
        .find(|part| is(&text[part.clone()]) && !is_random(text, &run))
}

/// A time of these decades, since 1970: logs are full of them.
fn is_microseconds(digits: &str) -> bool {
    digits.len() == 16 && matches!(digits.get(..2), Some("16" | "17" | "18" | "19"))
}

/// Whether letters or digits stand right before or behind.
fn is_glued(text: &str, span: &Range<usize>) -> bool {
    let before = &text[..span.start];
    // One word right before it says what it is, and does not make it part of anything.
    let word = before.bytes().rev().take_while(u8::is_ascii_alphabetic);
    let word = word.count();
    let word_before = word >= 2 && !text::alphanumeric_before(text, span.start - word);
    (text::alphanumeric_before(text, span.start) && !word_before)
        || text::alphanumeric_at(text, span.end)
}

/// Whether the digits are part of a random hexadecimal number, in which as many in a row come about by chance: a UUID, or
/// a word with other digits in it and no letters beyond F.
pub(crate) fn is_random(text: &str, span: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let reaches = |is_part: fn(&u8) -> bool| {
        let before = bytes[..span.start].iter().rev().take(RANDOM_CHARS);
        let behind = bytes[span.end..].iter().take(RANDOM_CHARS);
        span.start - before.take_while(|b| is_part(b)).count()
            ..span.end + behind.take_while(|b| is_part(b)).count()
    };
    let uuid = reaches(|b| b.is_ascii_hexdigit() || *b == b'-');
    if is_uuid(&bytes[uuid]) {
        return true;
    }
    let word = reaches(u8::is_ascii_alphanumeric);
    let is_hexadecimal = bytes[word.clone()].iter().all(u8::is_ascii_hexdigit);
    let beside = [word.start..span.start, span.end..word.end];
    is_hexadecimal
        && beside
            .into_iter()
            .any(|part| bytes[part].iter().any(u8::is_ascii_digit))
}

/// RFC 9562, section 4.
pub(crate) fn is_uuid(bytes: &[u8]) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_placed = |(at, b): (usize, &u8)| match HYPHENS.contains(&at) {
        true => *b == b'-',
        false => b.is_ascii_hexdigit(),
    };
    bytes.len() == 36 && bytes.iter().enumerate().all(is_placed)
}

/// Whether the digits are behind a decimal point, as in `0.4111111111111111`: a rate, a time, a place.
fn is_fraction(text: &str, groups: &Groups, from: usize) -> bool {
    from > 0 && groups.size(from) > MAX_GROUP && groups.gap(text, from - 1) == "."
}

/// How many groups could be one number: one, those of a shape, and all that are parted alike.
fn candidates<'a>(
    text: &'a str,
    groups: &'a Groups,
    from: usize,
    reading: Reading,
) -> impl Iterator<Item = usize> + 'a {
    let whole = groups.size(from);
    let whole = match reading {
        Reading::Field => matches!(whole, 14 | 15 | 16 | 19),
        Reading::Prose => CARD_DIGITS.contains(&whole),
    };
    let shaped = (SHAPES.iter()).filter(move |shape| has_shape(text, groups, from, shape, reading));
    whole
        .then_some(1)
        .into_iter()
        .chain(shaped.map(|shape| shape.len()))
        .chain(parted_alike(text, groups, from, reading))
}

/// Whether groups of these sizes begin here, with what may stand between the groups of a number.
fn has_shape(text: &str, groups: &Groups, from: usize, shape: &[usize], reading: Reading) -> bool {
    from + shape.len() <= groups.len()
        && shape.iter().enumerate().all(|(n, size)| {
            groups.size(from + n) == *size
                && (n == 0 || is_gap(text, groups, (from, from + n - 1), reading))
        })
}

/// Whether what stands behind a group leaves the number one that began with the first: a few signs; in prose also the same
/// word each time.
fn is_gap(text: &str, groups: &Groups, (first, n): (usize, usize), reading: Reading) -> bool {
    let gap = groups.gap(text, n);
    is_parting(gap, reading)
        || (reading == Reading::Prose
            && gap.len() <= MAX_GAP_WORD_BYTES
            && gap == groups.gap(text, first)
            && gap.chars().all(|c| c.is_alphabetic() || c == ' '))
}

/// A few signs, none of which belongs to the form of a document where the text may be one.
fn is_parting(gap: &str, reading: Reading) -> bool {
    let is_sign = |c: char| match reading {
        Reading::Prose => !c.is_alphanumeric(),
        Reading::Field => is_sign(c),
    };
    gap.len() <= 4 * MAX_GAP_BYTES
        && (1..=MAX_GAP_BYTES).contains(&gap.chars().count())
        && gap.chars().all(is_sign)
}

/// What people write between the groups of a number, and documents not between their values.
pub(crate) fn is_sign(c: char) -> bool {
    c.is_ascii_whitespace() || "-._/()+~=*|#".contains(c)
}

/// All groups with the same between them, if no more of them stand before.
fn parted_alike(text: &str, groups: &Groups, from: usize, reading: Reading) -> Option<usize> {
    let gap = (from + 1 < groups.len()).then(|| groups.gap(text, from))?;
    if !is_parting(gap, reading) || (from > 0 && groups.gap(text, from - 1) == gap) {
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
    // Two are a number with its decimals, a place, a range.
    let many = reading == Reading::Prose && gap != "." || count > 2;
    (many && CARD_DIGITS.contains(&digits)).then_some(count)
}
