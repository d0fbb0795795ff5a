//! Whose a value is.
//!
//! A payment has two sides, and what is said of a side belongs to one person: the payer (with instrument, device and
//! place) or the payee. A person is known by the strongest identifier that is shown, and the token of that identifier
//! names the subject: who is asked for by a customer number is found by it, and no second list of names is kept.
//! Weaker identifiers that are shown beside it are linked to it.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use weft_dictionary::{Dictionary, Field, Row, Token, Value};

/// The random bits of a token.
pub(crate) type TokenBits = [u8; 16];

/// The kinds of token that identify a person, strongest first. A name stands last: several people share one, but who
/// shows nothing else is known by nothing else.
pub const IDENTIFIERS: [&str; 7] = [
    "customer", "account", "card", "phone", "email", "device", "person",
];

/// How many of these, from the strongest on, are one person's and nobody else's as a rule: devices and names are shared.
const OF_ONE_PERSON: usize = 5;

/// A side of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who pays, with what, from where; also all that is said of the payment itself.
    Payer,
    /// Who is paid.
    Payee,
}

impl Side {
    /// Both.
    pub const ALL: [Side; 2] = [Side::Payer, Side::Payee];

    /// The side that a field is about.
    pub fn of(field: &Field) -> Side {
        match field.section() {
            "payee" => Side::Payee,
            _ => Side::Payer,
        }
    }

    /// The word that sealed facts are bound to.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Payer => "payer",
            Side::Payee => "payee",
        }
    }

    /// The subjects that the identifiers of this side name, strongest first; [`Subject::NOBODY`] alone if the row
    /// has none.
    pub fn subjects(self, dictionary: &Dictionary, row: &Row) -> Vec<Subject> {
        let found = self.ranked(dictionary, row).into_iter();
        let found: Vec<Subject> = found.map(|(_, subject)| subject).collect();
        match found.is_empty() {
            true => vec![Subject::NOBODY],
            false => found,
        }
    }

    /// Those of them that stand for a person even where they are shown alone: not a device, which a family may share, and
    /// not a name.
    pub fn telling(self, dictionary: &Dictionary, row: &Row) -> Vec<Subject> {
        let found = self.ranked(dictionary, row).into_iter();
        let telling = found.filter(|(rank, _)| *rank < OF_ONE_PERSON);
        telling.map(|(_, subject)| subject).collect()
    }

    fn ranked(self, dictionary: &Dictionary, row: &Row) -> Vec<(usize, Subject)> {
        let mut found: Vec<(usize, Subject)> = row
            .facts()
            .filter(|(id, _)| Side::of(dictionary.field(*id)) == self)
            .filter_map(|(_, value)| match value {
                Value::Token(token) => Some((rank(token)?, Subject::of(token)?)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A person as the vault knows one: named by the random bits of an identifier's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub(crate) TokenBits);

impl Subject {
    /// Whose the values are that came with no identifier at all. Nobody can ask for their erasure, because nobody can
    /// say that they are theirs.
    pub const NOBODY: Subject = Subject([0; 16]);

    /// The subject that a token names; `None` for a text that no vault made.
    pub fn of(token: &Token) -> Option<Subject> {
        bits_of(token.as_str()).map(Subject)
    }

    /// Reads a token, or what [`Subject`] displays.
    pub fn parse(text: &str) -> Option<Subject> {
        match text.strip_prefix("sub_") {
            Some(_) => bits_of(text).map(Subject),
            None => Subject::of(&Token::parse(text).ok()?),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = BASE32_NOPAD.encode(&self.0).to_ascii_lowercase();
        write!(f, "sub_{body}")
    }
}

fn rank(token: &Token) -> Option<usize> {
    IDENTIFIERS.iter().position(|kind| *kind == token.kind())
}

/// The random bits in the last part of a token.
pub(crate) fn bits_of(text: &str) -> Option<TokenBits> {
    let body = text.rsplit('_').next()?;
    BASE32_NOPAD
        .decode(body.to_ascii_uppercase().as_bytes())
        .ok()?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_back_from_its_name_and_from_the_token() {
        let token = Token::new("eu", "customer", [7; 16]);
        let subject = Subject::of(&token).expect("a subject");
        assert_eq!(Subject::parse(token.as_str()), Some(subject));
        assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
        for bad in ["", "sub_", "sub_short", "4111111111111111", "tok_eu_card_x"] {
            assert_eq!(Subject::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_gives_its_bits_back() {
        for bits in [[0; 16], [0xef; 16], [0xd7; 16], *b"0123456789abcdef"] {
            let token = Token::new("eu", "card", bits);
            assert_eq!(bits_of(token.as_str()), Some(bits), "{token}");
        }
        // Bits whose text would be digits only become another token, which stays itself.
        let digits = BASE32_NOPAD
            .decode(b"22222222222222222222222224")
            .expect("base32");
        let token = Token::new("eu", "card", digits.try_into().expect("16 bytes"));
        let bits = bits_of(token.as_str()).expect("bits");
        assert_eq!(Token::new("eu", "card", bits), token);
        assert!(token.as_str().ends_with("_a2222222222222222222222224"));
    }
}
