//! What may be seen of a card number (PCI DSS 4.0.1, 3.4.1): its BIN and its last four digits at the most; by default the last
//! four. Of a number shorter than any large scheme's never more than half is seen.

/// How much of the beginning is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bin {
    /// Six digits (ISO/IEC 7812-1 until 2017).
    Six,
    /// Eight digits (since then).
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
/// Digits of the shortest number whose issuer is reckoned with.
const SHORTEST_WITH_ISSUER: usize = 14;
/// Digits from which on a BIN of eight digits may be: numbers of fifteen have six.
const LONG_ENOUGH_FOR_EIGHT: usize = 16;

/// The last four digits of a card number; nothing, if it is none.
pub fn last_four(number: &str) -> Option<&str> {
    is_number(number).then(|| &number[number.len() - LAST..])
}

/// The digits of a card number by which its issuer is known, as far as they may be seen beside the last four.
fn bin(number: &str, bin: Bin) -> Option<&str> {
    let most = match number.len() {
        LONG_ENOUGH_FOR_EIGHT.. => bin.digits(),
        LONG => Bin::Six.digits(),
        _ => return None,
    };
    is_number(number).then(|| &number[..most])
}

/// The first six digits of a card number, for reckoning with its issuer and not for showing: what is stored may have six and
/// four digits of a Diners Club number too (PCI DSS 4.0.1, 3.5.1; PCI SSC FAQ 1091, PANs under 15 digits). Of 12 or 13
/// digits these would leave next to nothing hidden, so they have none.
pub fn issuer(number: &str) -> Option<&str> {
    (is_number(number) && number.len() >= SHORTEST_WITH_ISSUER)
        .then(|| &number[..Bin::Six.digits()])
}

/// A card number as it is shown: what is not seen is an asterisk.
pub fn shown(number: &str, beginning: Option<Bin>) -> Option<String> {
    let last = last_four(number)?;
    let first = beginning
        .and_then(|which| bin(number, which))
        .unwrap_or_default();
    let hidden = "*".repeat(number.len() - first.len() - last.len());
    Some(format!("{first}{hidden}{last}"))
}

fn is_number(number: &str) -> bool {
    crate::limits::CARD_DIGITS.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_default_the_last_four() {
        let shown = |number, beginning| shown(number, beginning).expect("a number");
        assert_eq!(shown("4111111111111111", None), "************1111");
        assert_eq!(
            shown("4111111111111111", Some(Bin::Six)),
            "411111******1111"
        );
        assert_eq!(
            shown("4111111111111111", Some(Bin::Eight)),
            "41111111****1111"
        );
        assert_eq!(
            shown("378282246310005", Some(Bin::Eight)),
            "378282*****0005"
        );
        assert_eq!(shown("30569309025904", Some(Bin::Six)), "**********5904");
    }

    #[test]
    fn the_issuer_is_known_of_short_numbers_too_but_of_the_shortest() {
        assert_eq!(issuer("4111111111111111"), Some("411111"));
        assert_eq!(issuer("30569309025904"), Some("305693"));
        assert_eq!(issuer("6759000000005"), None);
        assert_eq!(issuer("4111111111111111x"), None);
    }

    proptest! {
        #[test]
        fn no_more_is_seen_than_may_be(number in "[0-9]{12,19}", which in 0..3) {
            let beginning = [None, Some(Bin::Six), Some(Bin::Eight)][which as usize];
            let shown = shown(&number, beginning).expect("a number");
            let seen = shown.bytes().filter(u8::is_ascii_digit).count();
            prop_assert_eq!(shown.len(), number.len());
            prop_assert!(shown.ends_with(&number[number.len() - 4..]));
            let first = shown.find('*').expect("something is hidden");
            prop_assert!(number.starts_with(&shown[..first]));
            prop_assert!(first <= beginning.map_or(0, Bin::digits));
            prop_assert!(seen <= first + 4);
            prop_assert!(number.len() >= LONG || 2 * seen <= number.len());
            prop_assert!(shown[first..shown.len() - 4].bytes().all(|b| b == b'*'));
        }

        #[test]
        fn what_is_no_number_is_not_shown(text in "\\PC{0,24}") {
            prop_assume!(!is_number(&text));
            prop_assert_eq!(shown(&text, Some(Bin::Six)), None);
        }
    }
}
