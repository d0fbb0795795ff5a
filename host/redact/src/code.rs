//! Card security codes: three or four digits next to a card number, or behind a word that says so.

use std::ops::Range;

use crate::groups::Groups;
use crate::limits::CODE_BYTES;
use crate::text;
use crate::words::{Announced, Words};

/// Digits of a card number whose code has four digits: American Express.
const FOUR_DIGIT_CODE: usize = 15;

/// Codes in a text with these card numbers.
pub(crate) fn find(
    text: &str,
    groups: &Groups,
    words: &Words,
    cards: &[Range<usize>],
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Where the last number ended that is not a part of a word, such as the 2 of CVV2.
    let mut before = 0;
    for n in 0..groups.len() {
        let span = groups.span(n, 1);
        if text::alphanumeric_before(text, span.start) {
            continue;
        }
        let is_code = matches!(span.len(), 3 | 4) && !text::alphanumeric_at(text, span.end);
        if is_code
            && (words.announce(Announced::SecurityCode, before, span.start)
                || follows_a_card(text, groups, n, cards))
        {
            found.push(span.clone());
        }
        before = span.end;
    }
    found
}

/// Right behind a card number, or behind the expiry that follows it.
fn follows_a_card(text: &str, groups: &Groups, n: usize, cards: &[Range<usize>]) -> bool {
    let start = groups.start(n);
    let last = cards.partition_point(|card| card.end <= start);
    let Some(card) = last.checked_sub(1).map(|last| &cards[last]) else {
        return false;
    };
    if start - card.end > CODE_BYTES || text[card.end..start].contains(char::is_alphabetic) {
        return false;
    }
    let digits = text[card.clone()]
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    if groups.size(n) == 4 && digits != FOUR_DIGIT_CODE {
        return false;
    }
    let first = (0..n)
        .rev()
        .take_while(|m| groups.start(*m) >= card.end)
        .last()
        .unwrap_or(n);
    match n - first {
        0 => true,
        // Month and year in one group or in two.
        1 => groups.size(first) == 4,
        2 => groups.size(first) == 2 && matches!(groups.size(first + 1), 2 | 4),
        _ => false,
    }
}
