//! Texts that are words of a closed list, or have the form of their field: countries, currencies, what a field's `one_of`
//! has, identifiers and codes.

use weft_diagnostic::did_you_mean;
use weft_dictionary::{Currency, Field, Format, Kind, Origin};

/// Kosovo is no country of ISO 3166-1, and the IBANs of its accounts begin with this.
const IBAN_ONLY: &str = "XK";
/// Two letters that people write for a country whose code is another.
const OTHER_LETTERS: [(&str, &str); 2] = [("UK", "GB"), ("EL", "GR")];

/// The list of which a text is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coded<'a> {
    /// ISO 3166-1, two letters.
    Country,
    /// What an account, a card or the like says of its country.
    DerivedCountry,
    /// ISO 4217, three letters.
    Currency,
    /// The words of a field.
    OneOf(&'a Field),
    /// What has the form of a field.
    Form(Format),
}

impl<'a> Coded<'a> {
    /// Of a field's value.
    pub(crate) fn of(field: &'a Field) -> Option<Coded<'a>> {
        match field.kind {
            _ if field.class.is_tokenised() => None,
            Kind::Country if field.origin == Origin::Request => Some(Coded::Country),
            Kind::Country => Some(Coded::DerivedCountry),
            Kind::Text if !field.one_of.is_empty() => Some(Coded::OneOf(field)),
            Kind::Text => field.format.map(Coded::Form),
            _ => None,
        }
    }

    /// Whether a text is one of its words.
    pub(crate) fn has(self, word: &str) -> bool {
        match self {
            Coded::Country => is_country(word),
            Coded::DerivedCountry => is_country(word) || word == IBAN_ONLY,
            Coded::Currency => Currency::from_code(word).is_ok(),
            Coded::OneOf(field) => field.one_of.iter().any(|one| one == word),
            Coded::Form(format) => format.admits(word).unwrap_or(true),
        }
    }

    /// What to write in place of a text that is none.
    pub(crate) fn help(self, word: &str) -> String {
        let all = match self {
            Coded::Country | Coded::DerivedCountry => {
                "a country is two letters of ISO 3166-1, in upper case".to_owned()
            }
            Coded::Currency => "a currency is three letters of ISO 4217, in upper case".to_owned(),
            Coded::OneOf(field) => format!("it is one of {}", field.one_of.join(", ")),
            Coded::Form(format) => format!("it is {}", format.in_words()),
        };
        match self.meant(word) {
            Some(near) => {
                let mut letters = all.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase());
                let all: String = first.into_iter().chain(letters).collect();
                format!("did you mean '{near}'? {all}")
            }
            None => all,
        }
    }

    /// What was probably meant by a text that is none of its words.
    fn meant(self, word: &str) -> Option<String> {
        let upper = word.to_ascii_uppercase();
        match self {
            Coded::Country | Coded::DerivedCountry if is_country(&upper) => Some(upper),
            Coded::Country | Coded::DerivedCountry => {
                let other = OTHER_LETTERS.iter().find(|(wrong, _)| *wrong == upper);
                let three = rust_iso3166::from_alpha3(&upper).map(|country| country.alpha2);
                other.map(|(_, code)| *code).or(three).map(str::to_owned)
            }
            Coded::Currency => Currency::from_code(&upper).ok().map(|_| upper),
            Coded::OneOf(field) => {
                did_you_mean(word, field.one_of.iter().map(String::as_str)).map(str::to_owned)
            }
            Coded::Form(_) => None,
        }
    }

    /// Whether values of the two are never the same.
    pub(crate) fn never_meets(self, other: Coded<'_>) -> bool {
        let is_currency = |coded: Coded<'_>| match coded {
            Coded::Currency => Some(true),
            Coded::Country | Coded::DerivedCountry => Some(false),
            Coded::OneOf(_) | Coded::Form(_) => None,
        };
        matches!((is_currency(self), is_currency(other)), (Some(one), Some(two)) if one != two)
    }
}

/// Whether a text is a country of ISO 3166-1, in two letters.
pub(crate) fn is_country(text: &str) -> bool {
    rust_iso3166::from_alpha2(text).is_some()
}
