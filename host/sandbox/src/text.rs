//! Text from a guest, made fit for people and logs.
//!
//! A guest is not trusted with a terminal: control characters and the characters that turn the
//! direction of writing are taken out, length is bounded, and what leads to a person is covered and counted: it should
//! never have reached the guest.

use weft_redact::{Layer, Reading};

/// At most `max` bytes of `text`, cleaned. What is cut off takes the number with it through which the cut would go.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let text = match floor_char_boundary(text, max) {
        whole if whole == text.len() => text,
        cut => {
            text[..cut].trim_end_matches(|c: char| c.is_numeric() || matches!(c, ' ' | '-' | '.'))
        }
    };
    let printable: String = text
        .chars()
        .map(|c| if is_printable(c) { c } else { ' ' })
        .collect();
    let (covered, kinds) = weft_redact::cover(&printable, Reading::Prose);
    weft_redact::covered(Layer::Plugin, &kinds);
    covered.into_owned()
}

/// Covers two lines that stand next to each other and together are a number that leads to a person.
pub(crate) fn cover_across(one: &mut String, next: &mut String) {
    let together = weft_redact::across(&[one, next]);
    if let [(_, kind)] = together[..] {
        weft_redact::covered(Layer::Plugin, &[kind]);
        for line in [one, next] {
            line.replace_range(.., weft_redact::COVERED);
        }
    }
}

/// The value of a need as a guest may have it. It was looked at when it was read, so something was forgotten where
/// anything is found now.
pub(crate) fn for_guest(text: &str) -> String {
    let (covered, kinds) = weft_redact::cover(text, Reading::Field);
    weft_redact::covered(Layer::Plugin, &kinds);
    covered.into_owned()
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

#[cfg(test)]
mod tests {
    use super::{clean, cover_across, for_guest};

    #[test]
    fn a_number_over_two_lines_is_covered_in_both() {
        let covered = |one: &str, next: &str| {
            let (mut one, mut next) = (one.to_owned(), next.to_owned());
            cover_across(&mut one, &mut next);
            (one, next)
        };
        for (one, next) in [
            ("the card begins 4111 1111", "1111 1111 is the rest"),
            ("to DE75512108", "001245126199"),
        ] {
            let whole = ("[covered]".to_owned(), "[covered]".to_owned());
            assert_eq!(covered(one, next), whole);
        }
        let harmless = ("points=45 of 1000".to_owned(), "20 signs".to_owned());
        assert_eq!(covered(&harmless.0, &harmless.1), harmless);
    }

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
    fn a_cut_leaves_no_part_of_a_number() {
        assert_eq!(clean("pan 4111 1111 1111 1111", 20), "pan");
        assert_eq!(clean("pan 4111111111111111", 16), "pan");
    }

    #[test]
    fn a_number_in_disguise_is_covered_too() {
        assert_eq!(
            clean("a=41111111 b=11111111", 100),
            "a=[covered] b=[covered]"
        );
        assert_eq!(clean("to DE75 5121 0800 1245 1261 99", 100), "to [covered]");
        assert_eq!(for_guest("NDExMTExMTExMTExMTExMQ"), "[covered]");
        assert_eq!(for_guest("order 20260601-0017"), "order 20260601-0017");
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
