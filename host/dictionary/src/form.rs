//! Forms of identifiers and codes that are kept in clear as they came.
//!
//! What people write has no place in them: a name or a street has blanks or no digit, other scripts and what is padded
//! have other signs. What a text of the form says, nobody can tell: `MariaRossi1` is an identifier, and `ANNA` a code.

use crate::Format;

/// What senders write where they have no identifier (EPC SEPA implementation guidelines, CBPR+ usage guidelines); it
/// identifies nothing.
pub const NOT_PROVIDED: &str = "NOTPROVIDED";

/// Signs of identifiers: of SWIFT's character set x those that systems write between the parts of one, and the underscore.
const SIGNS: &[u8] = b"-_./:+";
/// Characters of a code of the external code sets of ISO 20022, and digits of a category of ISO 18245.
const CODE_CHARS: usize = 4;

impl Format {
    /// Whether a text has a form that its characters alone decide; none for the forms of which more has to be known.
    pub fn admits(self, text: &str) -> Option<bool> {
        let bytes = text.as_bytes();
        let is_code = bytes.len() == CODE_CHARS;
        let all = |is: fn(&u8) -> bool| !bytes.is_empty() && bytes.iter().all(is);
        match self {
            Format::Reference => Some(
                text == NOT_PROVIDED
                    || all(|b| b.is_ascii_alphanumeric() || SIGNS.contains(b))
                        && bytes.iter().any(u8::is_ascii_digit),
            ),
            Format::Code => Some(
                is_code
                    && bytes[0].is_ascii_uppercase()
                    && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
            ),
            Format::Mcc => Some(is_code && all(u8::is_ascii_digit)),
            Format::Service => Some(all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))),
            Format::Base64url => Some(all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))),
            Format::Pan
            | Format::Iban
            | Format::Account
            | Format::Bic
            | Format::Phone
            | Format::Email
            | Format::Name
            | Format::Uuid => None,
        }
    }

    /// What a text of such a form looks like, in words for people; empty for the other forms.
    pub fn in_words(self) -> &'static str {
        match self {
            Format::Reference => {
                "an identifier that a system made: letters, digits and - _ . / : + without blanks, at least one digit"
            }
            Format::Code => {
                "a code of ISO 20022: four letters in upper case or digits, a letter first"
            }
            Format::Mcc => "a merchant category of ISO 18245: four digits",
            Format::Service => {
                "a service as this host is configured to call it: letters, digits, - _ and ."
            }
            Format::Base64url => "bytes in base64url without padding: letters, digits, - and _",
            _ => "",
        }
    }

    /// A text of such a form, for examples; none for the other forms.
    pub fn example(self) -> Option<&'static str> {
        match self {
            Format::Reference => Some("R-1001"),
            Format::Code => Some("GDDS"),
            Format::Mcc => Some("5411"),
            Format::Service => Some("shop"),
            Format::Base64url => Some("AQIDBA"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_make_has_the_form_and_what_people_write_has_not() {
        for (format, texts) in [
            (
                Format::Reference,
                &[
                    "P-1001",
                    "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11",
                    "01JD8Z4KQ7",
                    "INV/2026/11/00042",
                    "shop:42:7",
                    "+++090/9337/55493+++",
                    "RF18539007547034",
                    "chl_6xkq",
                    "1",
                    NOT_PROVIDED,
                ][..],
            ),
            (Format::Code, &["GDDS", "SALA", "B112"]),
            (Format::Mcc, &["5411", "0742"]),
            (Format::Service, &["shop", "pay-eu.2", "A_1"]),
            (Format::Base64url, &["AQIDBA", "_-8", "GEZDGNBVGY3TQOJQ"]),
        ] {
            for text in texts {
                assert_eq!(format.admits(text), Some(true), "{format:?} {text}");
            }
            assert_eq!(
                format.example().map(|text| format.admits(text)),
                Some(Some(true))
            );
        }
        for (format, texts) in [
            (
                Format::Reference,
                &[
                    "",
                    "Maria Rossi",
                    "MariaRossi",
                    "12 High Street",
                    "Rossi,Maria,1",
                    "O'Neill1",
                    "Maria(1)",
                    "Maria?1",
                    "Stra\u{df}e12",
                    "\u{41c}\u{430}\u{440}\u{438}\u{44f}1",
                    "M\u{430}ria1",
                    "TWFyaWEgUm9zc2kx=",
                    "%4d%61",
                    "ines1@example.org",
                    "a\u{a0}1",
                    "a\n1",
                    "\u{ff11}",
                    "notprovided",
                ][..],
            ),
            (Format::Code, &["Anna", "GDD", "GDDSX", "5411", "G DS", ""]),
            (Format::Mcc, &["541", "54111", "ANNA", "٥٤١١", ""]),
            (Format::Service, &["Maria Rossi", "", "a/b", "\u{e9}"]),
            (Format::Base64url, &["AQ==", "a+b", "a/b", "", "A Q"]),
        ] {
            for text in texts {
                assert_eq!(format.admits(text), Some(false), "{format:?} {text}");
            }
        }
        assert_eq!(Format::Name.admits("anything"), None);
    }
}
