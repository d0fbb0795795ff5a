//! Text from a guest, made fit for people and logs.
//!
//! A guest is not trusted with a terminal: control characters and the characters that turn the
//! direction of writing are taken out, length is bounded, and digits that could be a card number
//! (12 to 19 digits that pass the check of ISO/IEC 7812-1 Annex B, "Luhn") are covered.

const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// At most `max` bytes of `text`, cleaned.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let text = &text[..floor_char_boundary(text, max)];
    let printable: String = text
        .chars()
        .map(|c| if is_printable(c) { c } else { ' ' })
        .collect();
    cover_card_numbers(&printable)
}

fn floor_char_boundary(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    (0..=max)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Neither a control character (Unicode category Cc) nor one that steers bidirectional text
/// (Unicode Standard Annex 9, section 2) or ends a line (U+2028, U+2029).
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Digits may be grouped by single blanks or hyphens, as people write card numbers.
fn cover_card_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let run = digit_run(&rest[start..]);
        let (before, from_run) = rest.split_at(start);
        let (digits, after) = from_run.split_at(run);
        out.push_str(before);
        out.push_str(if is_card_like(digits) {
            "[covered]"
        } else {
            digits
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Length in bytes of the run of digits, singly separated, with which `text` begins.
fn digit_run(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let separator = matches!(bytes[end], b' ' | b'-')
            && end > 0
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !bytes[end].is_ascii_digit() && !separator {
            break;
        }
        end += 1;
    }
    end
}

fn is_card_like(run: &str) -> bool {
    let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    CARD_DIGITS.contains(&digits.len())
        && digits
            .iter()
            .rev()
            .enumerate()
            .map(|(place, digit)| match (place % 2, digit) {
                (0, digit) => *digit,
                (_, digit) => digit * 2 / 10 + digit * 2 % 10,
            })
            .sum::<u32>()
            .is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escapes_and_direction_marks_do_not_reach_a_terminal() {
        assert_eq!(clean("a\x1b[31mb\u{202e}c\r\nd", 100), "a [31mb c  d");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(clean("aé", 2), "a");
        assert_eq!(clean("aé", 3), "aé");
    }

    #[test]
    fn what_could_be_a_card_number_is_covered_and_other_digits_are_not() {
        assert_eq!(clean("pan 4111111111111111!", 100), "pan [covered]!");
        assert_eq!(clean("4111 1111-1111 1111", 100), "[covered]");
        assert_eq!(
            clean("4111111111111112 at 17:30", 100),
            "4111111111111112 at 17:30"
        );
        assert_eq!(clean("12-3 a", 100), "12-3 a");
    }
}
