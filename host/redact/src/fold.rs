//! A text without its disguises: digits of other scripts, full-width characters, characters that nobody sees, blanks and
//! hyphens of all kinds, and escapes of JSON, URLs and HTML. Each byte knows where in the source it comes from.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::Zeroize;

use crate::limits::MAX_NESTING;

/// A text without disguises.
pub(crate) struct Folded<'a> {
    text: Cow<'a, str>,
    /// Of each byte of the text, what it was in the source; empty if the text is the source.
    sources: Vec<(u32, u32)>,
}

impl Drop for Folded<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.text {
            text.zeroize();
        }
    }
}

impl<'a> Folded<'a> {
    pub(crate) fn of(source: &'a str) -> Folded<'a> {
        if source.bytes().all(is_plain) {
            return Folded {
                text: Cow::Borrowed(source),
                sources: Vec::new(),
            };
        }
        let (mut folded, mut hides_more) = Folded::once(source);
        for _ in 0..MAX_NESTING {
            if !hides_more {
                break;
            }
            let (mut again, more) = Folded::once(&folded.text);
            for (from, to) in &mut again.sources {
                let span = folded.source(*from as usize..*to as usize);
                // What is longer than 4 GiB is cut into pieces before.
                (*from, *to) = (span.start as u32, span.end as u32);
            }
            let text = std::mem::take(again.text.to_mut());
            let sources = std::mem::take(&mut again.sources);
            drop(again);
            folded = Folded {
                text: Cow::Owned(text),
                sources,
            };
            hides_more = more;
        }
        folded
    }

    /// One layer of disguise taken off, and whether an escape stood for what begins another, as in `%2534`.
    fn once(source: &str) -> (Folded<'static>, bool) {
        let mut text = String::with_capacity(source.len());
        let mut sources = Vec::with_capacity(source.len());
        let mut hides_more = false;
        let mut at = 0;
        while let Some((decoded, length)) = next(&source[at..]) {
            if let Some(folded) = fold(decoded) {
                text.push(folded);
                let span = (at as u32, (at + length) as u32);
                sources.resize(text.len(), span);
            }
            hides_more |= length > 1 && matches!(decoded, '\\' | '%' | '&');
            at += length;
        }
        let folded = Folded {
            text: Cow::Owned(text),
            sources,
        };
        (folded, hides_more)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the source a part of the text comes from.
    pub(crate) fn source(&self, part: Range<usize>) -> Range<usize> {
        if self.sources.is_empty() || part.is_empty() {
            return part;
        }
        self.sources[part.start].0 as usize..self.sources[part.end - 1].1 as usize
    }
}

/// Nothing that could be a disguise.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t') && !matches!(byte, b'\\' | b'%' | b'&')
}

/// The next character and how many bytes of the source it takes.
fn next(source: &str) -> Option<(char, usize)> {
    let first = source.chars().next()?;
    let escaped = match first {
        '\\' => backslash(source),
        '%' => percent(source),
        '&' => entity(source),
        _ => None,
    };
    Some(escaped.unwrap_or((first, first.len_utf8())))
}

/// Of JSON (RFC 8259, section 7), and as Rust and C write it.
fn backslash(source: &str) -> Option<(char, usize)> {
    let bytes = source.as_bytes();
    match *bytes.get(1)? {
        b'n' | b't' | b'r' => Some((' ', 2)),
        plain @ (b'"' | b'\'' | b'\\' | b'/') => Some((plain.into(), 2)),
        b'x' => Some((hex(source, 2, 4)?, 4)),
        b'u' if bytes.get(2) == Some(&b'{') => {
            let end = source.find('}').filter(|end| *end <= 10)?;
            Some((hex(source, 3, end)?, end + 1))
        }
        b'u' => Some((hex(source, 2, 6)?, 6)),
        _ => None,
    }
}

/// RFC 3986, section 2.1: the octets of one character in UTF-8.
fn percent(source: &str) -> Option<(char, usize)> {
    let octet = |n: usize| {
        let text = source.get(3 * n..3 * n + 3)?.strip_prefix('%')?;
        u8::from_str_radix(text, 16).ok()
    };
    let first = octet(0)?;
    let length = match first {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut octets = [0; 4];
    for (n, place) in octets.iter_mut().enumerate().take(length) {
        *place = octet(n)?;
    }
    let decoded = std::str::from_utf8(&octets[..length]).ok()?;
    Some((decoded.chars().next()?, 3 * length))
}

/// A numeric character reference of HTML and XML.
fn entity(source: &str) -> Option<(char, usize)> {
    let end = source.bytes().take(10).position(|b| b == b';')?;
    let number = source.get(..end)?.strip_prefix("&#")?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((char::from_u32(code)?, end + 1))
}

fn hex(source: &str, from: usize, to: usize) -> Option<char> {
    char::from_u32(u32::from_str_radix(source.get(from..to)?, 16).ok()?)
}

/// The character as which this one is read; nothing for one that nobody sees.
fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        let seen = !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        return seen.then_some(c);
    }
    if is_unseen(c) {
        return None;
    }
    Some(match c {
        c if c.is_whitespace() => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{b7}' | '\u{2022}' | '\u{2026}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{3002}' => {
            '.'
        }
        '\u{3001}' => ',',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => digit(c).unwrap_or(c),
    })
}

/// Characters of no width, and those that steer the direction of writing, choose a variant or join.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The zeros of scripts whose ten digits stand side by side (general category Nd of Unicode).
const ZEROS: [u32; 38] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x1d7ce, 0x1fbf0,
];

/// The digit that a character of another script, a raised, lowered, encircled or mathematical one stands for.
fn digit(c: char) -> Option<char> {
    let code = c as u32;
    let value = match code {
        0xb9 => 1,
        0xb2 | 0xb3 => code - 0xb0,
        0x2070 => 0,
        0x2074..=0x2079 => code - 0x2070,
        0x2080..=0x2089 => code - 0x2080,
        0x2460..=0x2468 => code - 0x245f,
        0x24ea => 0,
        0x1d7ce..=0x1d7ff => (code - 0x1d7ce) % 10,
        _ => ZEROS
            .iter()
            .find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))?,
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_taken_off_and_places_are_kept() {
        for (source, folded) in [
            ("plain 41-1", "plain 41-1"),
            ("４１１１", "4111"),
            ("٤١١١ ۴۱ ४१ 𝟒𝟏 ⁴¹ ④①", "4111 41 41 41 41 41"),
            ("4\u{200b}1\u{ad}1\u{fe0f}1", "4111"),
            ("4\u{a0}1\u{2009}1\u{2011}1", "4 1 1-1"),
            (r"\u0034\u{31}\x31 \n4", "411  4"),
            ("%34%31%EF%BC%91", "411"),
            ("&#52;&#x31;", "41"),
            ("%2534%252531 \\\\u0034", "41 4"),
            ("\\u00 %4 %zz &#; &amp;", "\\u00 %4 %zz &#; &amp;"),
        ] {
            assert_eq!(Folded::of(source).text(), folded, "{source}");
        }
        let source = "a\u{200b}%34%31b";
        let folded = Folded::of(source);
        assert_eq!(folded.text(), "a41b");
        assert_eq!(&source[folded.source(1..3)], "%34%31");
    }
}
