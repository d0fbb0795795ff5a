//! Base64 (both alphabets), base32 and hexadecimal (RFC 4648), opened; hexadecimal also of UTF-16.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::Kind;
use crate::limits::{
    MAX_DECODED_BYTES, MIN_BASE32_CHARS, MIN_ENCODED_CHARS, MIN_OPENED, MIN_OPENED_AMONG_OTHERS,
};

/// A stretch of text in what was opened.
pub(crate) struct Opened<'a> {
    pub(crate) text: &'a str,
    /// Whether somebody encoded it: it is long, or most of what was opened. A few characters of text come about by chance
    /// in any hash.
    pub(crate) is_meant: bool,
}

/// Runs of characters that say something when they are opened, and what `look` finds in that.
pub(crate) fn find(
    text: &str,
    look: impl Fn(Opened<'_>) -> Option<Kind>,
) -> Vec<(Range<usize>, Kind)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..]
            .iter()
            .take_while(|b| sextet(**b).is_some())
            .count();
        if run >= MIN_ENCODED_CHARS
            && let Some(kind) = says(&bytes[at..at + run.min(MAX_DECODED_BYTES)], &look)
        {
            found.push((at..at + run, kind));
        }
        at += run.max(1);
    }
    found
}

/// A run may begin before what is encoded in it, so each alignment is tried. Most runs are no text in any, which is found
/// out without decoding them.
fn says(run: &[u8], look: &impl Fn(Opened<'_>) -> Option<Kind>) -> Option<Kind> {
    let open = |decoded: Zeroizing<Vec<u8>>| texts(&decoded).find_map(look);
    let of_base64 = (0..4)
        .map(|skip| &run[skip..])
        .filter(|run| {
            is_partly_text(
                run.chunks_exact(4).map(three_octets_are_text),
                MIN_OPENED / 3,
            )
        })
        .find_map(|run| open(octets(run, 6, sextet)));
    let of_base32 = || {
        run.split(|b| quintet(*b).is_none())
            .filter(|part| part.len() >= MIN_BASE32_CHARS)
            .flat_map(|part| (0..8).filter_map(|skip| part.get(skip..)))
            .filter(|part| is_partly_text(part.chunks_exact(8).map(five_octets_are_text), 2))
            .find_map(|part| open(octets(part, 5, quintet)))
    };
    of_base64
        .or_else(|| in_hexadecimal(run, look))
        .or_else(of_base32)
}

/// What `look` finds in the hexadecimal digits of a run, each alignment tried, also of UTF-16.
pub(crate) fn in_hexadecimal(
    run: &[u8],
    look: &impl Fn(Opened<'_>) -> Option<Kind>,
) -> Option<Kind> {
    let open = |decoded: Zeroizing<Vec<u8>>| texts(&decoded).find_map(look);
    let of_octets = || {
        run.split(|b| !b.is_ascii_hexdigit())
            .flat_map(|part| (0..2).filter_map(|skip| part.get(skip..)))
            .filter(|part| is_partly_text(part.chunks_exact(2).map(octet_is_text), MIN_OPENED))
            .find_map(|part| open(hexadecimal(part)))
    };
    let of_utf16 = || {
        run.split(|b| !b.is_ascii_hexdigit())
            .flat_map(|part| (0..4).filter_map(|skip| part.get(skip..)))
            .filter(|part| is_partly_text(part.chunks_exact(4).map(unit_is_text), MIN_OPENED))
            .find_map(|part| {
                let mut octets = hexadecimal(part);
                octets.retain(|octet| *octet != 0);
                open(octets)
            })
    };
    of_octets().or_else(of_utf16)
}

/// Whether so many in a row are text.
fn is_partly_text(mut parts: impl Iterator<Item = bool>, count: usize) -> bool {
    let mut row = 0;
    parts.any(|is_text| {
        row = if is_text { row + 1 } else { 0 };
        row >= count
    })
}

fn three_octets_are_text(four: &[u8]) -> bool {
    let bits = four.iter().fold(0u32, |bits, b| {
        bits << 6 | u32::from(sextet(*b).unwrap_or_default())
    });
    [16, 8, 0]
        .into_iter()
        .all(|shift| is_text((bits >> shift & 0xff) as u8))
}

fn five_octets_are_text(eight: &[u8]) -> bool {
    let bits = eight.iter().fold(0u64, |bits, b| {
        bits << 5 | u64::from(quintet(*b).unwrap_or_default())
    });
    let octets = [32, 24, 16, 8, 0];
    octets
        .into_iter()
        .all(|shift| is_text((bits >> shift & 0xff) as u8))
}

fn octet_is_text(pair: &[u8]) -> bool {
    is_text(octet(pair))
}

/// Of UTF-16 in either order of octets: an octet of text and a zero.
fn unit_is_text(four: &[u8]) -> bool {
    let (one, other) = four.split_at(2);
    matches!((octet(one), octet(other)), (0, text) | (text, 0) if is_text(text))
}

fn is_text(octet: u8) -> bool {
    matches!(octet, b' '..=b'~' | b'\n' | b'\r' | b'\t')
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn quintet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

/// The octets of which each character says so many bits.
fn octets(run: &[u8], bits_each: u32, value: fn(u8) -> Option<u8>) -> Zeroizing<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(run.len()));
    let (mut bits, mut held) = (0u32, 0);
    for value in run.iter().filter_map(|b| value(*b)) {
        bits = bits << bits_each | u32::from(value);
        held += bits_each;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held & 0xff) as u8);
        }
    }
    decoded
}

fn octet(pair: &[u8]) -> u8 {
    let value = |b: u8| (b as char).to_digit(16).unwrap_or_default();
    pair.iter().fold(0, |octet, b| octet << 4 | value(*b) as u8)
}

fn hexadecimal(run: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(run.chunks_exact(2).map(octet).collect())
}

/// Stretches of visible ASCII that are long enough.
fn texts(decoded: &[u8]) -> impl Iterator<Item = Opened<'_>> {
    let stretches = decoded.split(|b| !is_text(*b));
    stretches
        .filter(|stretch| stretch.len() >= MIN_OPENED)
        .filter_map(|stretch| {
            let is_most = stretch.len() * 3 >= decoded.len() * 2;
            Some(Opened {
                text: std::str::from_utf8(stretch).ok()?,
                is_meant: is_most || stretch.len() >= MIN_OPENED_AMONG_OTHERS,
            })
        })
}
