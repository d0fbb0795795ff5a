//! What may be seen of a card number (PCI DSS 4.0.1, 3.4.1): its BIN and its last four digits at the most; by default the last
//! four. BIN and last four are facts of their own, so that each can be granted by itself; of a number shorter than any large
//! scheme's never more than half is seen, also by who is shown both.

use crate::limits::CARD_DIGITS;

/// How many digits name the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bin {
    /// Six (ISO/IEC 7812-1 until 2017).
    Six,
    /// Eight (since then), of numbers that are long enough: American Express has fifteen digits, and six of them are the
    /// most (PCI SSC FAQ 1091).
    Eight,
}

impl Bin {
    fn digits(self) -> usize {
        match self {
            Bin::Six => 6,
            Bin::Eight => 8,
        }
    }
}

const LAST: usize = 4;
/// Digits from which on BIN and last four digits may be seen together.
const LONG: usize = 15;
/// Digits from which on a BIN of eight digits may be: numbers of fifteen have six.
const LONG_ENOUGH_FOR_EIGHT: usize = 16;

/// The last four digits of a card number; nothing, if it is none.
pub fn last_four(number: &str) -> Option<&str> {
    is_number(number).then(|| &number[number.len() - LAST..])
}

/// The digits of a card number by which its issuer is known, as far as they may be seen beside the last four: of a number of
/// 12 to 14 digits none, because six and four would be more than half of it.
pub fn issuer(number: &str, bin: Bin) -> Option<&str> {
    let most = match number.len() {
        LONG_ENOUGH_FOR_EIGHT.. => bin.digits(),
        LONG => Bin::Six.digits(),
        _ => return None,
    };
    is_number(number).then(|| &number[..most])
}

/// A card number as it is shown by default: what is not seen is an asterisk.
pub fn shown(number: &str) -> Option<String> {
    let last = last_four(number)?;
    let hidden = "*".repeat(number.len() - last.len());
    Some(format!("{hidden}{last}"))
}

fn is_number(number: &str) -> bool {
    CARD_DIGITS.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_default_the_last_four() {
        assert_eq!(
            shown("4111111111111111").as_deref(),
            Some("************1111")
        );
        assert_eq!(shown("30569309025904").as_deref(), Some("**********5904"));
    }

    #[test]
    fn the_issuer_has_six_digits_or_eight_as_the_number_allows() {
        for (number, six, eight) in [
            ("4111111111111111", Some("411111"), Some("41111111")),
            ("378282246310005", Some("378282"), Some("378282")),
            ("30569309025904", None, None),
            ("6759000000005", None, None),
            ("4111111111111111x", None, None),
        ] {
            assert_eq!(issuer(number, Bin::Six), six, "{number}");
            assert_eq!(issuer(number, Bin::Eight), eight, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_more_is_seen_than_may_be(number in "[0-9]{12,19}", eight in any::<bool>()) {
            let bin = if eight { Bin::Eight } else { Bin::Six };
            let first = issuer(&number, bin).unwrap_or_default();
            let last = last_four(&number).expect("a number");
            prop_assert!(number.starts_with(first) && number.ends_with(last));
            prop_assert!(first.len() <= bin.digits());
            let seen = first.len() + last.len();
            prop_assert!(number.len() >= LONG || 2 * seen <= number.len());
            prop_assert!(number.len() - seen >= 4, "at least four digits are hidden");
            let shown = shown(&number).expect("a number");
            prop_assert_eq!(shown.len(), number.len());
            prop_assert!(shown.ends_with(last) && shown.bytes().filter(u8::is_ascii_digit).count() == LAST);
        }

        #[test]
        fn what_is_no_number_is_not_shown(text in "\\PC{0,24}") {
            prop_assume!(!is_number(&text));
            prop_assert_eq!(shown(&text), None);
            prop_assert_eq!(issuer(&text, Bin::Six), None);
        }
    }
}
