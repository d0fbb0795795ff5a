//! What stands in place of a sensitive value.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `tok_<region>_<kind>_<26 characters>`: random, says nothing about the value. The last part is
/// lower-case base32 of 128 bits with at least one letter, so that a token is never all digits and
/// never passes a card number's check (Luhn is defined on digits only).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(Box<str>);

/// The text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token: expected tok_<region>_<kind>_<26 characters>")]
pub struct NotAToken;

const BODY_CHARS: usize = 26;

impl Token {
    /// The token of a region and kind with these random bits.
    pub fn new(region: &str, kind: &str, random: [u8; 16]) -> Token {
        let mut body = data_encoding::BASE32_NOPAD
            .encode(&random)
            .to_ascii_lowercase();
        debug_assert_eq!(body.len(), BODY_CHARS);
        if body.bytes().all(|b| b.is_ascii_digit()) {
            body.replace_range(0..1, "a");
        }
        Token(format!("tok_{region}_{kind}_{body}").into_boxed_str())
    }

    /// Checks the form; says nothing about whether the vault knows it.
    pub fn parse(text: &str) -> Result<Token, NotAToken> {
        let mut parts = text.split('_');
        let word = |s: &str| {
            !s.is_empty()
                && s.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let well_formed = parts.next() == Some("tok")
            && parts.next().is_some_and(word)
            && parts.next().is_some_and(word)
            && parts.next().is_some_and(|body| {
                body.len() == BODY_CHARS
                    && body.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
            })
            && parts.next().is_none();
        if well_formed {
            Ok(Token(text.into()))
        } else {
            Err(NotAToken)
        }
    }

    /// The whole token.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region whose vault holds the value.
    pub fn region(&self) -> &str {
        self.0.split('_').nth(1).unwrap_or_default()
    }

    /// The last part, which no other token of any kind has.
    pub fn body(&self) -> &str {
        self.0.rsplit('_').next().unwrap_or_default()
    }

    /// What kind of value it stands for: `card`, `account`, `person`, …
    pub fn kind(&self) -> &str {
        self.0.split('_').nth(2).unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Token {
    type Error = NotAToken;
    fn try_from(text: String) -> Result<Self, NotAToken> {
        Token::parse(&text)
    }
}

impl From<Token> for String {
    fn from(token: Token) -> String {
        token.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_names_region_and_kind() {
        let token = Token::new("eu", "card", [7; 16]);
        assert_eq!(Token::parse(token.as_str()), Ok(token.clone()));
        assert_eq!((token.region(), token.kind()), ("eu", "card"));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for bad in [
            "",
            "tok",
            "4111111111111111",
            "tok_eu_card_short",
            "tok_EU_card_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(Token::parse(bad), Err(NotAToken), "{bad}");
        }
    }
}
