//! Forms of texts: whether a text has its field's form, and the one form under which it is known.
//!
//! Everything here works on [`Secret`]s, so that no copy of a value stays behind in memory.

use weft_dictionary::Format;
use weft_redact::luhn;
use weft_vault::Secret;

use crate::wrong::Wrong;

/// The text in its canonical form, or why it does not have the form.
pub(crate) fn canonical(format: Option<Format>, text: &str) -> Result<Secret, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::value("the text is empty", "leave the field out"));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Wrong::value(
            "the text has control characters",
            "leave them out",
        ));
    }
    match format {
        None => Ok(Secret::copy_of(text)),
        Some(Format::Pan) => pan(text),
        Some(Format::Iban) => iban(text),
        Some(Format::Account) => account(text),
        Some(Format::Bic) => bic(text),
        Some(Format::Phone) => phone(text),
        Some(Format::Email) => email(text),
        Some(Format::Name) => Ok(name(text)),
        Some(Format::Uuid) => uuid(text),
        Some(
            format @ (Format::Reference
            | Format::Code
            | Format::Mcc
            | Format::Service
            | Format::Base64url),
        ) => in_form(format, text),
    }
}

/// What to write in a field that is recorded in clear.
pub(crate) fn written_as(example: &str) -> String {
    format!(
        "write it as in {example}: it is recorded in clear, so no name, street or note has a place in it"
    )
}

/// What is kept as it came has no other canonical form.
fn in_form(format: Format, text: &str) -> Result<Secret, Wrong> {
    if format.admits(text) == Some(true) {
        return Ok(Secret::copy_of(text));
    }
    let example = format.example().unwrap_or_default();
    Err(Wrong::value(
        format!("the text is not {}", format.in_words()),
        written_as(example),
    ))
}

/// ISO/IEC 7812-1: 12 to 19 digits, the last a check digit by Luhn's formula (annex B).
fn pan(text: &str) -> Result<Secret, Wrong> {
    let digits = without(text, &[' ', '-']);
    let good = digits.expose(|d| {
        (12..=19).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()) && luhn(d)
    });
    if good {
        Ok(digits)
    } else {
        Err(Wrong::value(
            "this is not a card number: 12 to 19 digits whose check digit is right (ISO/IEC 7812-1)",
            "send the digits; spaces and hyphens between them do not matter",
        ))
    }
}

/// ISO 13616: known country, form, check digits.
fn iban(text: &str) -> Result<Secret, Wrong> {
    let compact = upper(without(text, &[' ']));
    if compact
        .expose(iban_of)
        .is_ok_and(|country| country == Country::HasIbans)
    {
        Ok(compact)
    } else {
        Err(wrong_iban())
    }
}

/// Whether the country of what looks like an IBAN has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Country {
    HasIbans,
    HasNone,
}

/// What the check digits say. What a country's banks put behind them is not judged: the registry of
/// ISO 13616 changes, and a number that is wrong there is refused by the bank that should have it.
fn iban_of(number: &str) -> Result<Country, iban::ParseIbanError> {
    match number.parse::<iban::Iban>() {
        Ok(_) | Err(iban::ParseIbanError::InvalidBban(_)) => Ok(Country::HasIbans),
        Err(iban::ParseIbanError::UnknownCountry(_)) => Ok(Country::HasNone),
        Err(error) => Err(error),
    }
}

fn wrong_iban() -> Wrong {
    Wrong::value(
        "this is not an IBAN: its country, form or check digits are wrong (ISO 13616)",
        "check the number for typing errors",
    )
}

/// An IBAN if it looks like one, a domestic account number otherwise.
fn account(text: &str) -> Result<Secret, Wrong> {
    let compact = upper(without(text, &[' ']));
    if compact.expose(looks_like_iban) {
        // A country that has no IBANs may well have such account numbers.
        return match compact.expose(iban_of) {
            Ok(_) => Ok(compact),
            Err(_) => Err(wrong_iban()),
        };
    }
    let good = compact.expose(|number| {
        number.len() <= 34
            && number.bytes().any(|b| b.is_ascii_alphanumeric())
            && number
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
    });
    if good {
        Ok(compact)
    } else {
        Err(Wrong::value(
            "this is neither an IBAN nor an account number: at most 34 letters, digits, points, \
             hyphens, underscores and slashes",
            "check the number for typing errors",
        ))
    }
}

/// A country's two letters, two check digits and 11 to 30 letters and digits (ISO 13616-1, clause 5).
fn looks_like_iban(number: &str) -> bool {
    let bytes = number.as_bytes();
    (15..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && is_country(&number[..2])
}

/// The country of an account's canonical number; `None` unless it is an IBAN.
pub(crate) fn iban_country(canonical: &str) -> Option<&str> {
    match iban_of(canonical).ok()? {
        Country::HasIbans => canonical.get(..2),
        Country::HasNone => None,
    }
}

/// ISO 9362: four letters of the party, two of its country, two letters or digits, and maybe three of a branch. It is kept in
/// clear, so what is written otherwise, as names are, is none.
fn bic(text: &str) -> Result<Secret, Wrong> {
    let bytes = text.as_bytes();
    let good = matches!(bytes.len(), 8 | 11)
        && bytes[..6].iter().all(u8::is_ascii_uppercase)
        && bytes[6..]
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && is_country(&text[4..6]);
    if good {
        Ok(Secret::copy_of(text))
    } else {
        Err(Wrong::value(
            "this is not a business identifier code (ISO 9362): four letters, two of a country, two letters or digits and \
             maybe three more, in upper case",
            "check the code for typing errors",
        ))
    }
}

/// Of ISO 3166-1, or Kosovo, whose code is not there, but has IBANs and BICs.
fn is_country(code: &str) -> bool {
    code == "XK" || rust_iso3166::from_alpha2(code).is_some()
}

/// E.164: a plus sign and at most 15 digits, the first not zero.
fn phone(text: &str) -> Result<Secret, Wrong> {
    let number = without(text, &[' ', '-', '.', '(', ')']);
    let good = number.expose(|number| {
        number.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0')
        })
    });
    if good {
        Ok(number)
    } else {
        Err(Wrong::value(
            "this is not a phone number in international form (E.164)",
            "write a plus sign, the country's code and the number, at most 15 digits",
        ))
    }
}

/// RFC 5321, 4.1.2 and 4.5.3.1. The domain does not depend on case (2.4).
fn email(text: &str) -> Result<Secret, Wrong> {
    let refused = || {
        Wrong::value(
            "this is not a mailbox (RFC 5321)",
            "write the part before the at sign, the sign, and a domain with a point in it",
        )
    };
    let (local, domain) = text.rsplit_once('@').ok_or_else(refused)?;
    let atom = |c: char| !c.is_whitespace() && !"<>()[],;:\\\"@".contains(c);
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let good = (1..=64).contains(&local.len())
        && local.chars().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && domain.contains('.')
        && domain.split('.').all(label)
        && text.len() <= 254;
    if !good {
        return Err(refused());
    }
    let mut mailbox = Secret::with_capacity(2 * text.len());
    mailbox.push_str(local);
    mailbox.push('@');
    domain
        .chars()
        .flat_map(char::to_lowercase)
        .for_each(|c| mailbox.push(c));
    Ok(mailbox)
}

/// Case and the number of inner spaces do not matter.
fn name(text: &str) -> Secret {
    let mut folded = Secret::with_capacity(2 * text.len());
    for (place, word) in text.split_whitespace().enumerate() {
        if place > 0 {
            folded.push(' ');
        }
        word.chars()
            .flat_map(char::to_lowercase)
            .for_each(|c| folded.push(c));
    }
    folded
}

/// RFC 9562, section 4.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    text.split('-').count() == groups.len()
        && text.split('-').zip(groups).all(|(group, length)| {
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

/// In lower case.
fn uuid(text: &str) -> Result<Secret, Wrong> {
    if !is_uuid(text) {
        return Err(Wrong::value(
            "this is not a UUID (RFC 9562)",
            "write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12",
        ));
    }
    let mut lower = Secret::with_capacity(text.len());
    text.chars()
        .for_each(|c| lower.push(c.to_ascii_lowercase()));
    Ok(lower)
}

fn without(text: &str, filler: &[char]) -> Secret {
    let mut rest = Secret::with_capacity(text.len());
    text.chars()
        .filter(|c| !filler.contains(c))
        .for_each(|c| rest.push(c));
    rest
}

fn upper(text: Secret) -> Secret {
    let mut upper = Secret::with_capacity(text.expose(str::len));
    text.expose(|t| t.chars().for_each(|c| upper.push(c.to_ascii_uppercase())));
    upper
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(format: Format, text: &str) -> Option<String> {
        canonical(Some(format), text)
            .ok()
            .map(|s| s.expose(str::to_owned))
    }

    #[test]
    fn one_value_has_one_form() {
        for (format, text, expected) in [
            (Format::Pan, "4111 1111-1111 1111", "4111111111111111"),
            (Format::Account, "be68 5390 0754 7034", "BE68539007547034"),
            (Format::Account, " 50 100-123 ", "50100-123"),
            (
                Format::Iban,
                "GB82 WEST 1234 5698 7654 32",
                "GB82WEST12345698765432",
            ),
            // Of the samples of market practice: check digits are right, a bank's four letters are digits.
            (
                Format::Account,
                "GB02456756789067890123",
                "GB02456756789067890123",
            ),
            (Format::Bic, "COBADEFF", "COBADEFF"),
            (Format::Bic, "NCBVXKPRXXX", "NCBVXKPRXXX"),
            (Format::Phone, "+32 (470) 12-34-56", "+32470123456"),
            (Format::Email, "Ines@Example.ORG", "Ines@example.org"),
            (Format::Name, "  INES   Peeters ", "ines peeters"),
            (
                Format::Uuid,
                "5D1E6A3C-0B57-4C1E-9A35-3F8D2F6F3C11",
                "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11",
            ),
            (Format::Reference, " INV/2026/00042 ", "INV/2026/00042"),
        ] {
            assert_eq!(of(format, text).as_deref(), Some(expected), "{format:?}");
        }
    }

    #[test]
    fn what_does_not_have_the_form_is_refused() {
        for (format, text) in [
            (Format::Pan, "4111111111111112"),
            (Format::Pan, "41111111111"),
            (Format::Pan, "4111x11111111111"),
            (Format::Pan, "٤١١١١١١١١١١١١١١١"),
            (Format::Account, "BE68 5390 0754 7035"),
            (Format::Account, "DE89370400440532013"),
            (Format::Account, "12345?"),
            (Format::Account, "---"),
            (Format::Iban, "50100123456789"),
            (Format::Bic, "COBADEF"),
            (Format::Bic, "COBA1EFF"),
            (Format::Bic, "cobadeff"),
            (Format::Bic, "Robinson"),
            (Format::Bic, "ROBINSON"),
            (Format::Bic, "C0BADEFF"),
            (Format::Bic, "COBAZZFF"),
            (Format::Bic, "COBADEFFXX\u{e9}"),
            (Format::Phone, "0470123456"),
            (Format::Phone, "+0470123456"),
            (Format::Email, "ines"),
            (Format::Email, "ines@localhost"),
            (Format::Uuid, "5d1e6a3c0b574c1e9a353f8d2f6f3c11"),
            (Format::Name, "\u{0}"),
            (Format::Reference, "Maria Rossi"),
            (Format::Code, "Anna"),
            (Format::Mcc, "food"),
            (Format::Service, "the shop"),
        ] {
            assert_eq!(of(format, text), None, "{format:?} {text}");
        }
    }

    #[test]
    fn only_an_iban_has_a_country() {
        assert_eq!(iban_country("BE68539007547034"), Some("BE"));
        assert_eq!(iban_country("GB02456756789067890123"), Some("GB"));
        assert_eq!(iban_country("50100123456789"), None);
        assert_eq!(iban_country("AB12"), None);
    }
}
