//! A number that is spread over two values: the end of one and the beginning of the next.

use std::ops::Range;

use crate::card::is_card;
use crate::fold::Folded;
use crate::groups::{Groups, Joined, is_gap};
use crate::limits::MAX_BETWEEN_VALUES;
use crate::{COVERED, Kind, Reading, iban, text};

/// Digits of a part at least: fewer are a month, a count, a status.
const MIN_PART: usize = 4;
/// Groups of one part at most.
const MAX_GROUPS: usize = 4;

/// Pairs of values, by the place of the first, that together are a number that neither of them is. Where two numbers often
/// stand side by side, as fields of a message, one pair of thirty looks so: this is for texts that are lines of prose.
pub fn across(values: &[&str]) -> Vec<(usize, Kind)> {
    values
        .windows(2)
        .enumerate()
        .filter_map(|(n, pair)| Some((n, together(pair[0], pair[1])?)))
        .collect()
}

/// Two values with the parts of a number that is spread over them covered, and what it is; nothing if there is none.
pub fn cover_across(one: &str, other: &str) -> Option<(Kind, String, String)> {
    let (first, second) = (Folded::of(one), Folded::of(other));
    let parts = parts(first.text(), second.text())?;
    let tail = first.source(parts.tail);
    let head = second.source(parts.head);
    Some((
        parts.kind,
        format!("{}{COVERED}{}", &one[..tail.start], &one[tail.end..]),
        format!("{}{COVERED}{}", &other[..head.start], &other[head.end..]),
    ))
}

fn together(one: &str, other: &str) -> Option<Kind> {
    let (first, second) = (Folded::of(one), Folded::of(other));
    parts(first.text(), second.text()).map(|parts| parts.kind)
}

/// Where a number is spread over two texts.
struct Parts {
    kind: Kind,
    tail: Range<usize>,
    head: Range<usize>,
}

fn parts(one: &str, other: &str) -> Option<Parts> {
    let of_digits = |b: u8| b.is_ascii_digit() || is_within(b);
    let is = |kind, part: fn(u8) -> bool, judge: fn(&str) -> bool| {
        let (tail, head) = (tail(one, part), head(other, part));
        let joined = join(&one[tail.clone()], &other[head.clone()])?;
        joined.is(judge).then_some(Parts { kind, tail, head })
    };
    is(Kind::CardNumber, of_digits, is_likely_card).or_else(|| {
        let of_letters = |b: u8| b.is_ascii_alphanumeric();
        is(Kind::Iban, of_letters, iban::is_iban)
    })
}

/// What may stand within a part.
fn is_within(byte: u8) -> bool {
    matches!(byte, b' ' | b'-')
}

/// The end of a text, as far as it has the form.
fn tail(text: &str, is_part: fn(u8) -> bool) -> Range<usize> {
    let end = text.trim_end().len();
    let part = text[..end]
        .bytes()
        .rev()
        .take_while(|b| is_part(*b))
        .count();
    let within = text[end - part..end].bytes().take_while(|b| is_within(*b));
    end - part + within.count()..end
}

/// The beginning of a text, as far as it has the form.
fn head(text: &str, is_part: fn(u8) -> bool) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    let part = text[start..].bytes().take_while(|b| is_part(*b)).count();
    let within = text[start..start + part]
        .bytes()
        .rev()
        .take_while(|b| is_within(*b));
    start..start + part - within.count()
}

/// Both parts as one; nothing if one is too short.
fn join(tail: &str, head: &str) -> Option<Joined> {
    let mut joined = Joined::new();
    for part in [tail, head] {
        let pieces = part.split([' ', '-']);
        pieces.clone().for_each(|piece| joined.push(piece));
        if pieces.map(str::len).sum::<usize>() < MIN_PART {
            return None;
        }
    }
    Some(joined)
}

/// Of two numbers side by side one of thirty looks like a card's, so only what most cards are counts.
fn is_likely_card(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit()) && is_card(digits, Reading::Field)
}

/// The same within one text that has named values, as a log line or a JSON document: `a=41111111 b=11111111`.
pub(crate) fn find(text: &str, groups: &Groups) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((count, is_value)) = value(text, groups, from) {
        let next = from + count;
        if is_value
            && let Some((more, true)) = value(text, groups, next)
            && groups.start(next) - groups.end(next - 1) <= MAX_BETWEEN_VALUES
            && groups.joined(text, from, count + more).is(is_likely_card)
            && [(from, count), (next, more)]
                .iter()
                .all(|(n, count)| groups.joined(text, *n, *count).is(|d| d.len() >= MIN_PART))
        {
            found.push(groups.span(from, count));
            found.push(groups.span(next, more));
        }
        from = next;
    }
    found
}

/// How many groups from here on are one value, and whether a name stands right before it.
fn value(text: &str, groups: &Groups, from: usize) -> Option<(usize, bool)> {
    if from >= groups.len() {
        return None;
    }
    let mut count = 1;
    while from + count < groups.len()
        && count < MAX_GROUPS
        && is_gap(groups.gap(text, from + count - 1))
    {
        count += 1;
    }
    let before = text[..groups.start(from)].trim_end_matches([' ', '"', '\'']);
    let is_value = before.ends_with(['=', ':', '>'])
        && !text::alphanumeric_at(text, groups.span(from, count).end);
    Some((count, is_value))
}
