//! Data of persons where none belongs.
//!
//! A field that is not tokenised is recorded as it came, in a log from which nothing can be deleted. What has the
//! form of a number or an address that leads to a person would stay there for ever, so it is refused at the
//! door. Looked for is what can be told from an identifier:
//!
//! - a card number (see `card_number`),
//! - an IBAN (ISO 13616): a country that has them, its length and form, and check digits that are right; in
//!   one piece, or in groups of four,
//! - a mailbox (RFC 5322, 3.4.1): `local@domain` with a domain of at least two labels, the last of letters,
//! - a phone number in international form (E.164): a plus sign and 8 to 15 digits.
//!
//! A number stands alone: a letter right before or after it says that it is part of an identifier. What this cannot
//! know: names of persons, phone numbers without a plus sign, domestic account numbers, encoded values.

use iban::Iban;
use zeroize::Zeroizing;

use crate::card_number;

/// What leads to a person, by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// Of a card.
    CardNumber,
    /// Of an account.
    Iban,
    /// Where mail goes to.
    Mailbox,
    /// Of a phone, in international form.
    PhoneNumber,
}

/// Characters of an IBAN's group, where it is written in groups.
const GROUP: usize = 4;
/// The lengths of IBANs: of Norway, and the longest that ISO 13616 allows.
const IBAN_CHARS: std::ops::RangeInclusive<usize> = 15..=34;
/// Digits of a phone number; E.164 has no lower bound, shorter ones are within one network.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

impl Personal {
    /// What of this stands in a text, if anything does.
    pub fn found_in(text: &str) -> Option<Personal> {
        // First the IBAN: in its groups a card number may seem to stand.
        if has_iban(text) {
            Some(Personal::Iban)
        } else if card_number::is_in(text) {
            Some(Personal::CardNumber)
        } else if has_mailbox(text) {
            Some(Personal::Mailbox)
        } else if has_phone_number(text) {
            Some(Personal::PhoneNumber)
        } else {
            None
        }
    }

    /// With its article.
    pub fn name(self) -> &'static str {
        match self {
            Personal::CardNumber => "a card number",
            Personal::Iban => "an IBAN",
            Personal::Mailbox => "a mailbox",
            Personal::PhoneNumber => "a phone number",
        }
    }

    /// Where it belongs, and what to do with an identifier that only looks like it.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Personal::CardNumber => {
                "send card numbers in instrument.pan only; an identifier of your own that looks like one is told apart \
                 by a letter right before or after its digits"
            }
            Personal::Iban => {
                "send account numbers in payer.account and payee.account only; an identifier of your own that looks \
                 like one is told apart by a letter right before or after it"
            }
            Personal::Mailbox => {
                "send mailboxes in payer.email only; an identifier has no @ with a domain behind it"
            }
            Personal::PhoneNumber => {
                "send phone numbers in payer.phone only; an identifier does not begin its digits with a plus sign"
            }
        }
    }
}

// === IBANs ===

fn has_iban(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '-'))
        .any(|piece| {
            let groups: Vec<&str> = piece.split([' ', '-']).collect();
            (0..groups.len())
                .any(|from| is_iban(&[groups[from]]) || begins_with_iban(&groups[from..]))
        })
}

/// Whether groups of four, the last maybe shorter, are an IBAN. They may be followed by other words.
fn begins_with_iban(groups: &[&str]) -> bool {
    let full = groups
        .iter()
        .take_while(|group| group.len() == GROUP)
        .count();
    let with_rest = groups
        .get(full)
        .is_some_and(|rest| (1..GROUP).contains(&rest.len()));
    let most = full + usize::from(with_rest);
    let least = IBAN_CHARS.start() / GROUP;
    let longest = IBAN_CHARS.end().div_ceil(GROUP);
    (least..=most.min(longest)).any(|count| is_iban(&groups[..count]))
}

fn is_iban(groups: &[&str]) -> bool {
    let length = groups.iter().map(|group| group.len()).sum();
    if !IBAN_CHARS.contains(&length) || !groups.iter().all(|group| group.is_ascii()) {
        return false;
    }
    let mut number = Zeroizing::new(String::with_capacity(length));
    groups.iter().for_each(|group| number.push_str(group));
    number.make_ascii_uppercase();
    number.parse::<Iban>().is_ok()
}

// === mailboxes ===

fn has_mailbox(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let is_local = before.is_some_and(|c| is_atext(c) || c == '"');
        is_local && begins_with_domain(&text[at + 1..])
    })
}

/// RFC 5322, 3.2.3, and what RFC 6531 adds to it.
fn is_atext(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

/// Two labels at least (RFC 1035, 2.3.1; RFC 5890 for other letters), the last one no number.
fn begins_with_domain(text: &str) -> bool {
    let is_of_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let end = text.find(|c| !is_of_domain(c)).unwrap_or(text.len());
    let labels: Vec<&str> = text[..end]
        .trim_end_matches(['.', '-'])
        .split('.')
        .collect();
    let last = labels.last().copied().unwrap_or_default();
    let is_top = |label: &str| {
        label.starts_with("xn--")
            || (label.chars().count() >= 2 && label.chars().all(char::is_alphabetic))
    };
    labels.len() >= 2 && labels.iter().all(|label| !label.is_empty()) && is_top(last)
}

// === phone numbers ===

fn has_phone_number(text: &str) -> bool {
    text.match_indices('+').any(|(at, _)| {
        let after_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        !after_word && begins_with_phone_number(&text[at + 1..])
    })
}

/// Digits in groups, as people write them: the number may end with each group.
fn begins_with_phone_number(text: &str) -> bool {
    if !text.starts_with(|first: char| matches!(first, '1'..='9')) {
        return false;
    }
    let mut digits = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '0'..='9' => digits += 1,
            ' ' | '-' | '.' | '(' | ')' => continue,
            _ => return false,
        }
        let ends = characters.peek().is_none_or(|next| !next.is_alphanumeric());
        if ends && PHONE_DIGITS.contains(&digits) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_person_is_found_wherever_it_stands_alone() {
        for (text, found) in [
            ("4111 1111 1111 1111", Personal::CardNumber),
            ("DE75512108001245126199", Personal::Iban),
            ("de75512108001245126199", Personal::Iban),
            ("DE75 5121 0800 1245 1261 99", Personal::Iban),
            ("DE75-5121-0800-1245-1261-99", Personal::Iban),
            (
                "from DE75 5121 0800 1245 1261 99 to a friend",
                Personal::Iban,
            ),
            ("BE68 5390 0754 7034", Personal::Iban),
            ("BE68 5390 0754 7034 with more", Personal::Iban),
            ("NO93 8601 1117 947", Personal::Iban),
            ("MT84MALT011000012345MTLCAST001S", Personal::Iban),
            ("order:GB82WEST12345698765432/1", Personal::Iban),
            ("2-BE68539007547034", Personal::Iban),
            ("ines@example.org", Personal::Mailbox),
            ("Ines <ines.p+x@mail.example.co.uk>.", Personal::Mailbox),
            ("order:ines@example.org:1", Personal::Mailbox),
            ("\"ines p\"@example.org", Personal::Mailbox),
            ("інес@приклад.укр", Personal::Mailbox),
            ("ines@xn--e1afmkfd.xn--j1amh", Personal::Mailbox),
            ("+4917612345678", Personal::PhoneNumber),
            ("+49 176 1234-5678", Personal::PhoneNumber),
            ("tel:+49.176.12345678", Personal::PhoneNumber),
            ("(+49) 176 12345678", Personal::PhoneNumber),
            ("+32470123456 on 2026-06-01", Personal::PhoneNumber),
            ("+32470123456/20260601", Personal::PhoneNumber),
        ] {
            assert_eq!(Personal::found_in(text), Some(found), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_let_in() {
        for text in [
            "",
            "p-1",
            "DE75512108001245126198",  // the check digits are wrong
            "DE7551210800124512619",   // too short for its country
            "XX75512108001245126199",  // no country
            "pDE75512108001245126199", // a letter says that it is an identifier
            "BE68 5390 0754 703",
            "BE6 85390 0754 7034",
            "@",
            "@example.org",
            "ines@",
            "ines@localhost",
            "left-pad@1.3.0",
            "weft@v1.2",
            "ines at example.org",
            "a@b..org",
            "a @example.org",
            "+0491761234567",    // no country begins with zero
            "+1234567",          // too short
            "+1234567890123456", // too long
            "4917612345678",     // cannot be told from an identifier
            "x+4917612345678",   // as in base64
            "+49176a12345678",
            "2026-06-01T12:00:00+02:00",
            "12:00+01:00",
            "1+1=2",
            "C++ 20260601",
            "Retail store Ghent Veldstraat 1",
        ] {
            assert_eq!(Personal::found_in(text), None, "{text}");
        }
    }

    /// Splitmix64: numbers that look random, the same on every machine.
    fn random(n: u64) -> u64 {
        let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// So many characters of an alphabet.
    fn text(n: u64, length: u64, alphabet: &[u8]) -> String {
        (0..length)
            .map(|place| {
                alphabet[(random(length * n + place) % alphabet.len() as u64) as usize] as char
            })
            .collect()
    }

    fn refused(identifier: impl Fn(u64) -> String) -> usize {
        let found = |n: &u64| {
            let found = Personal::found_in(&identifier(*n));
            found.is_some_and(|found| found != Personal::CardNumber)
        };
        (0..50_000).filter(found).count()
    }

    #[test]
    fn identifiers_pass() {
        const HEX: &[u8] = b"0123456789abcdef";
        const UPPER_HEX: &[u8] = b"0123456789ABCDEF";
        const CROCKFORD: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        const DIGITS: &[u8] = b"0123456789";
        let grouped = |n: u64, alphabet: &[u8]| {
            let hex = text(n, 32, alphabet);
            let (a, b, c, d, e) = (
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            );
            format!("{a}-{b}-{c}-{d}-{e}")
        };
        assert_eq!(refused(|n| grouped(n, HEX)), 0, "UUIDs");
        assert_eq!(refused(|n| grouped(n, UPPER_HEX)), 0, "UUIDs in capitals");
        assert_eq!(refused(|n| text(n, 32, HEX)), 0, "UUIDs without hyphens");
        // Its first digit is at most 7 for some thousand years.
        let ulid = |n| format!("0{}", text(n, 25, CROCKFORD));
        assert_eq!(refused(ulid), 0, "ULIDs");
        assert_eq!(refused(|n| text(n, 24, BASE64)), 0, "128 bits in base64");
        assert_eq!(refused(|n| text(n, 27, BASE62)), 0, "KSUIDs");
        assert_eq!(refused(|n| text(n, 21, BASE62)), 0, "Nano ids");
        assert_eq!(refused(|n| text(n, 40, HEX)), 0, "hashes of commits");
        assert_eq!(refused(|n| format!("order-{n}")), 0, "orders");
        let dated = |n: u64| format!("INV-2026-06-01-{:06}", random(n) % 1_000_000);
        assert_eq!(refused(dated), 0, "invoices");
        let store = |n| format!("DE-{}", text(n, 10, DIGITS));
        assert_eq!(refused(store), 0, "orders of a country");
        // What has the form of an IBAN but for its check digits is one with a probability of 1 in 97.
        let like_iban = refused(|n| format!("DE{}", text(n, 20, DIGITS)));
        assert!((400..700).contains(&like_iban), "like an IBAN: {like_iban}");
    }
}
