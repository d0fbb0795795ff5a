//! Numbers by which states know persons. In prose, where a check digit, a date or a written form tells enough, the number
//! alone is one; where it does not, a word before it has to say so. In a field the word has to stand right before it:
//! identifiers have the form of some state's number too often.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::groups::{Groups, Joined, is_gap};
use crate::words::{Announced, Words};
use crate::{Reading, text};

/// Characters of a number behind such a word.
const TOLD_CHARS: std::ops::RangeInclusive<usize> = 6..=15;
/// Digits of it.
const TOLD_DIGITS: usize = 5;

/// National identifiers in a text.
pub(crate) fn find(
    text: &str,
    groups: &Groups,
    words: &Words,
    reading: Reading,
) -> Vec<Range<usize>> {
    let source = Source {
        text,
        words,
        reading,
    };
    let mut found: Vec<Range<usize>> = (0..groups.len())
        .filter_map(|n| of_digits(&source, groups, n))
        .collect();
    found.extend(tokens(text).filter(|token| with_letters(&source, token)));
    found
}

/// A text, its words, and how it is read.
struct Source<'a> {
    text: &'a str,
    words: &'a Words,
    reading: Reading,
}

impl Source<'_> {
    /// Whether a word says that a number at this place is one.
    fn is_told(&self, at: usize) -> bool {
        match self.reading {
            Reading::Prose => {
                let told = |what| self.words.announce(what, 0, at);
                told(Announced::NationalId) || told(Announced::Identifier)
            }
            Reading::Field => self
                .words
                .right_before(Announced::NationalId, self.text, at),
        }
    }

    /// Whether a number at this place is one if its check digit, its date or its form says so.
    fn is_judged(&self, at: usize) -> bool {
        let told = || {
            self.words
                .right_before(Announced::NationalIdOrOther, self.text, at)
        };
        self.reading == Reading::Prose || told()
    }
}

/// Runs of ASCII letters and digits with some of both, or of which a word before says that they are a number.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
        (start < at).then_some(start..at)
    })
}

// === of digits alone ===

/// Sizes of groups, what stands between them (x for anything usual), and what must be true of the digits.
type Form = (&'static [usize], &'static str, fn(&str) -> bool);

/// A number that begins with this group: what has to be true of it is, or a word says what it is.
fn of_digits(source: &Source<'_>, groups: &Groups, from: usize) -> Option<Range<usize>> {
    let text = source.text;
    if text::alphanumeric_before(text, groups.start(from)) {
        return None;
    }
    let written = |sizes: &[usize], gaps: &str| {
        let fits = from + sizes.len() <= groups.len()
            && sizes.iter().enumerate().all(|(n, size)| {
                groups.size(from + n) == *size
                    && (n == 0 || is_written(groups.gap(text, from + n - 1), n - 1, gaps))
            })
            && !text::alphanumeric_at(text, groups.end(from + sizes.len() - 1));
        fits.then(|| groups.joined(text, from, sizes.len()))
    };
    let told = source.is_told(groups.start(from));
    let is_judged = source.is_judged(groups.start(from));
    let is = |joined: Option<Joined>, judge: fn(&str) -> bool| {
        joined.is_some_and(|joined| told || is_judged && joined.is(judge))
    };
    const FORMS: [Form; 12] = [
        (&[11], "", |d| belgian(d) || german(d) || brazilian(d)),
        (&[2, 2, 2, 3, 2], "..-.", belgian),
        (&[6, 3, 2], "xx", belgian),
        (&[2, 3, 3, 3], "xxx", german),
        (&[3, 3, 3, 2], "..-", brazilian),
        (&[15], "", french),
        (&[1, 2, 2, 2, 3, 3, 2], "xxxxxx", french),
        (&[13, 2], "x", french),
        (&[3, 2, 4], "--", american),
        (&[4, 4, 4], "xx", indian),
        (&[18], "", chinese),
        (&[6, 4], "-", swedish),
    ];
    FORMS
        .iter()
        .find(|(sizes, gaps, judge)| is(written(sizes, gaps), *judge))
        .map(|(sizes, ..)| groups.span(from, sizes.len()))
}

fn is_written(gap: &str, n: usize, gaps: &str) -> bool {
    match gaps.as_bytes().get(n) {
        Some(b'x') => is_gap(gap),
        Some(one) => gap.as_bytes() == [*one],
        None => false,
    }
}

/// The number that some digits make. At most 18 of them.
fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or_default()
}

/// A day of some month.
fn is_day(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Numéro national, rijksregisternummer: birth date, counter, 97 less the rest by 97 (of births after 1999 with a 2
/// before).
fn belgian(digits: &str) -> bool {
    let (body, check) = digits.split_at(9);
    let (month, day) = (number(&digits[2..4]), number(&digits[4..6]));
    let rest = |n: u64| 97 - n % 97;
    is_day(month, day)
        && (rest(number(body)) == number(check)
            || rest(2_000_000_000 + number(body)) == number(check))
}

/// Steueridentifikationsnummer: of the first ten digits one stands twice or three times; ISO 7064 MOD 11,10.
fn german(digits: &str) -> bool {
    let mut seen = [0u8; 10];
    digits[..10]
        .bytes()
        .for_each(|b| seen[usize::from(b - b'0')] += 1);
    let repeated = seen.iter().filter(|count| **count > 1).count();
    let most = seen.iter().max().copied().unwrap_or_default();
    let product = digits[..10].bytes().fold(10, |product, b| {
        let sum = (u32::from(b - b'0') + product) % 10;
        let sum = if sum == 0 { 10 } else { sum };
        sum * 2 % 11
    });
    !digits.starts_with('0')
        && repeated == 1
        && most <= 3
        && (11 - product) % 10 == u32::from(digits.as_bytes()[10] - b'0')
}

/// Cadastro de Pessoas Físicas: two check digits by 11.
fn brazilian(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let check = |count: usize| {
        let sum: usize = (0..count)
            .map(|n| usize::from(bytes[n] - b'0') * (count + 1 - n))
            .sum();
        (sum * 10 % 11 % 10) == usize::from(bytes[count] - b'0')
    };
    bytes.iter().any(|b| *b != bytes[0]) && check(9) && check(10)
}

/// Numéro d'inscription au répertoire: sex, year and month of birth, place, counter; 97 less the rest by 97.
fn french(digits: &str) -> bool {
    let month = number(&digits[3..5]);
    matches!(digits.as_bytes()[0], b'1' | b'2')
        && ((1..=12).contains(&month) || (20..=42).contains(&month))
        && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

/// Social Security number, as it is written: no area 000, 666 or from 900, no group 00, no serial 0000.
fn american(digits: &str) -> bool {
    let area = number(&digits[..3]);
    (1..900).contains(&area) && area != 666 && number(&digits[3..5]) > 0 && number(&digits[5..]) > 0
}

/// Aadhaar, as it is written: Verhoeff's check digit.
fn indian(digits: &str) -> bool {
    digits.starts_with(|c: char| ('2'..='9').contains(&c)) && verhoeff(digits)
}

/// Resident identity number: region, birth date, counter, ISO 7064 MOD 11-2.
fn chinese(digits: &str) -> bool {
    let (year, month, day) = (
        number(&digits[6..10]),
        number(&digits[10..12]),
        number(&digits[12..14]),
    );
    (1900..2100).contains(&year)
        && is_day(month, day)
        && digits
            .bytes()
            .fold(0, |sum, b| (2 * sum + u32::from(b - b'0')) % 11)
            == 1
}

/// Personnummer, as it is written: birth date, counter, Luhn.
fn swedish(digits: &str) -> bool {
    let (month, day) = (number(&digits[2..4]), number(&digits[4..6]));
    (is_day(month, day) || is_day(month, day.saturating_sub(60))) && crate::card::luhn(digits)
}

/// Verhoeff's formula in the dihedral group of ten elements.
fn verhoeff(digits: &str) -> bool {
    const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let end = digits
        .bytes()
        .rev()
        .enumerate()
        .fold(0, |so_far, (place, b)| {
            let permuted = (0..place % 8).fold(b - b'0', |digit, _| PERMUTED[usize::from(digit)]);
            product(so_far, permuted)
        });
    end == 0
}

// === with letters ===

fn with_letters(source: &Source<'_>, word: &Range<usize>) -> bool {
    let text = source.text;
    let given = &text[word.clone()];
    if !(TOLD_CHARS.contains(&given.len()) || given.len() == 16 || given.len() == 18)
        || text::alphanumeric_before(text, word.start)
        || text::alphanumeric_at(text, word.end)
    {
        return false;
    }
    let digits = given.bytes().filter(u8::is_ascii_digit).count();
    if digits < 4 {
        return false;
    }
    let is_told =
        digits >= TOLD_DIGITS && TOLD_CHARS.contains(&given.len()) && source.is_told(word.start);
    if is_told || source.reading == Reading::Field {
        return is_told;
    }
    is_checked(given)
}

/// Whether letters and digits have a form or a check letter that says enough.
fn is_checked(given: &str) -> bool {
    let upper = Zeroizing::new(given.to_ascii_uppercase());
    spanish(&upper)
        || british(&upper)
        || italian(&upper)
        || indian_tax(&upper)
        || singaporean(&upper)
        || chinese_x(&upper)
}

/// Whether letters and digits, without signs, are one beside a word that says so: by their check digit or their form, or,
/// where the word has no other meaning and no letter is glued to it, because there are as many.
pub(crate) fn is_told(given: &str, word: Announced, letter_is_glued: bool) -> bool {
    let digits = given.bytes().filter(u8::is_ascii_digit).count();
    let enough = || TOLD_CHARS.contains(&given.len()) && digits >= TOLD_DIGITS;
    match word {
        Announced::NationalIdOrOther => digits == given.len() && digits == 11 && belgian(given),
        _ if letter_is_glued => is_checked(given),
        _ => enough() || is_checked(given),
    }
}

/// Whether a text has the form: `A` a letter, `9` a digit.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(b, f)| match f {
            b'A' => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        })
}

/// DNI and NIE: a letter by the rest by 23.
fn spanish(text: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let value = if has_form(text, "99999999A") {
        number(&text[..8])
    } else if has_form(text, "A9999999A") && matches!(text.as_bytes()[0], b'X' | b'Y' | b'Z') {
        u64::from(text.as_bytes()[0] - b'X') * 10_000_000 + number(&text[1..8])
    } else {
        return false;
    };
    usize::try_from(value % 23).is_ok_and(|rest| LETTERS[rest] == text.as_bytes()[8])
}

/// National Insurance number: by its form; letters that it does not have, and prefixes not given out.
fn british(text: &str) -> bool {
    has_form(text, "AA999999A")
        && matches!(text.as_bytes()[8], b'A'..=b'D')
        && !text[..1].contains(['D', 'F', 'I', 'Q', 'U', 'V'])
        && !text[1..2].contains(['D', 'F', 'I', 'O', 'Q', 'U', 'V'])
        && !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&&text[..2])
}

/// Codice fiscale: its form and its check letter.
fn italian(text: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let sum: u32 = text
        .bytes()
        .take(15)
        .enumerate()
        .map(|(place, b)| {
            let value = u32::from(if b.is_ascii_digit() {
                b - b'0'
            } else {
                b.wrapping_sub(b'A')
            });
            match place % 2 {
                0 => ODD.get(value as usize).copied().unwrap_or_default(),
                _ => value,
            }
        })
        .sum();
    has_form(text, "AAAAAA99A99A999A") && sum % 26 == u32::from(text.as_bytes()[15] - b'A')
}

/// Permanent Account Number of India's tax office: by its form; the fourth letter says what the holder is.
fn indian_tax(text: &str) -> bool {
    has_form(text, "AAAAA9999A") && b"PCHABGJLFT".contains(&text.as_bytes()[3])
}

/// NRIC and FIN: a letter of the century or kind, seven digits, and a check letter by 11.
fn singaporean(text: &str) -> bool {
    const WEIGHTS: [u64; 7] = [2, 7, 6, 5, 4, 3, 2];
    let Some(first) = text.bytes().next().filter(|_| has_form(text, "A9999999A")) else {
        return false;
    };
    let (letters, added): (&[u8; 11], u64) = match first {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"XWUTRQPNJLK", 3),
        _ => return false,
    };
    let digits = text[1..8].bytes().map(|b| u64::from(b - b'0'));
    let sum: u64 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    usize::try_from((sum + added) % 11).is_ok_and(|rest| letters[rest] == text.as_bytes()[8])
}

/// A resident identity number of China whose check character is ten.
fn chinese_x(text: &str) -> bool {
    text.strip_suffix('X').is_some_and(|digits| {
        digits.len() == 17
            && digits.bytes().all(|b| b.is_ascii_digit())
            && is_day(number(&digits[10..12]), number(&digits[12..14]))
            && (digits
                .bytes()
                .fold(0, |sum, b| (2 * sum + u32::from(b - b'0')) % 11)
                * 2
                + 10)
                % 11
                == 1
    })
}
