//! One side of a payment: the countries that it is known to belong to, and whether that is all of them.

use std::collections::BTreeMap;

use crate::corridors::ANY;

/// The known countries of a payer or payee.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// In upper case.
    known: Vec<String>,
    /// A country that has to be known is not. It may be any.
    is_incomplete: bool,
}

/// Whether a side, or a payment, is in a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    In,
    Not,
    /// None that is known is, and one that has to be known is not.
    Unknown,
}

impl Is {
    /// Both. What certainly is not decides, whatever else is unknown.
    pub(crate) fn and(self, other: Is) -> Is {
        match (self, other) {
            (Is::Not, _) | (_, Is::Not) => Is::Not,
            (Is::In, Is::In) => Is::In,
            _ => Is::Unknown,
        }
    }
}

impl Side {
    /// A country that makes the side belong there when it is known.
    pub(crate) fn with(mut self, country: &Option<String>) -> Side {
        self.add(country.as_deref());
        self
    }

    /// A country without which the side is not known to be elsewhere.
    pub(crate) fn with_needed(mut self, country: &Option<String>) -> Side {
        self.is_incomplete |= !self.add(country.as_deref());
        self
    }

    /// Where the account is: its own country or its bank's, and one of them if it is needed.
    pub(crate) fn with_account(
        mut self,
        country: &Option<String>,
        bank: &Option<String>,
        is_needed: bool,
    ) -> Side {
        let named = self.add(country.as_deref());
        let banked = self.add(bank.as_deref().and_then(country_of_bank));
        self.is_incomplete |= is_needed && !named && !banked;
        self
    }

    /// Whether there was one. A blank is none.
    fn add(&mut self, country: Option<&str>) -> bool {
        let country = country.map(str::trim).filter(|one| !one.is_empty());
        self.known.extend(country.map(str::to_ascii_uppercase));
        country.is_some()
    }

    /// Whether one of its countries is on a list of countries, of groups of countries, or `any`.
    pub(crate) fn is_in(&self, list: &[String], groups: &BTreeMap<String, Vec<String>>) -> Is {
        if list.iter().any(|entry| entry == ANY) {
            return Is::In;
        }
        let is_named = |entry: &String| match groups.get(entry) {
            Some(countries) => countries.iter().any(|country| self.is_of(country)),
            None => self.is_of(entry),
        };
        if list.iter().any(is_named) {
            Is::In
        } else if self.is_incomplete {
            Is::Unknown
        } else {
            Is::Not
        }
    }

    fn is_of(&self, country: &str) -> bool {
        self.known
            .iter()
            .any(|known| known.eq_ignore_ascii_case(country))
    }
}

/// The fifth and sixth letter of a business identifier code (ISO 9362).
fn country_of_bank(bic: &str) -> Option<&str> {
    let country = bic.trim().get(4..6)?;
    country
        .bytes()
        .all(|b| b.is_ascii_alphabetic())
        .then_some(country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn side(countries: &[&str]) -> Side {
        let add = |side: Side, country: &&str| side.with_needed(&some(country));
        countries.iter().fold(Side::default(), add)
    }

    #[test]
    fn a_bank_says_its_country() {
        let bank = |bank: &str| Side::default().with_account(&None, &some(bank), true);
        assert_eq!(bank("KREDBEBB"), side(&["BE"]));
        assert_eq!(bank("hdfcinbb"), side(&["IN"]));
        for no_bank in ["", "KRED", "KREDB", "KRED1EBB", "€€€€€"] {
            assert!(bank(no_bank).is_incomplete, "{no_bank}");
        }
    }

    #[test]
    fn one_of_its_countries_is_enough_and_one_that_lacks_is_unknown() {
        let groups = BTreeMap::from([("EEA".to_owned(), vec!["BE".to_owned(), "DE".to_owned()])]);
        let is_in = |side: Side, list: &[&str]| {
            let list: Vec<String> = list.iter().map(|c| (*c).to_owned()).collect();
            side.is_in(&list, &groups)
        };
        assert_eq!(is_in(side(&["BE", "IN"]), &["IN"]), Is::In);
        assert_eq!(is_in(side(&["be"]), &["EEA"]), Is::In);
        assert_eq!(is_in(side(&["GB"]), &["EEA", "IN"]), Is::Not);
        let lacking = || side(&["GB"]).with_needed(&None);
        assert_eq!(is_in(lacking(), &["IN"]), Is::Unknown);
        assert_eq!(is_in(lacking(), &["GB"]), Is::In, "whatever else it is");
        assert_eq!(is_in(lacking(), &["any"]), Is::In);
        assert_eq!(is_in(side(&["GB"]).with(&None), &["IN"]), Is::Not);
        assert_eq!(
            is_in(side(&["GB", " "]), &["IN"]),
            Is::Unknown,
            "a blank is no country"
        );
    }

    #[test]
    fn one_of_two_says_where_an_account_is() {
        let account = |country, bank| side(&["BE"]).with_account(&country, &bank, true);
        assert!(!account(some("BE"), None).is_incomplete);
        assert!(!account(None, some("KREDBEBB")).is_incomplete);
        assert!(account(None, None).is_incomplete);
        let not_needed = side(&["BE"]).with_account(&None, &None, false);
        assert!(!not_needed.is_incomplete);
    }

    #[test]
    fn what_certainly_is_not_decides() {
        assert_eq!(Is::Unknown.and(Is::Not), Is::Not);
        assert_eq!(Is::Not.and(Is::In), Is::Not);
        assert_eq!(Is::Unknown.and(Is::In), Is::Unknown);
        assert_eq!(Is::In.and(Is::In), Is::In);
    }
}
