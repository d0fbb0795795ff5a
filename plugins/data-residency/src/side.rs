//! One side of a payment: the countries that it is known to belong to.

use std::collections::BTreeMap;

use crate::corridors::ANY;

/// The known countries of a payer or payee, in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side(Vec<String>);

/// Whether a side, or a payment, is in a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    In,
    Not,
    /// No country is known that would tell.
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
    pub(crate) fn of<'a>(
        countries: impl IntoIterator<Item = &'a Option<String>>,
        bank: &Option<String>,
    ) -> Side {
        let bank = bank.as_deref().and_then(country_of_bank);
        let named = countries
            .into_iter()
            .filter_map(|country| country.as_deref());
        let known = named
            .chain(bank)
            .map(str::trim)
            .filter(|country| !country.is_empty());
        Side(known.map(str::to_ascii_uppercase).collect())
    }

    /// Whether one of its countries is on a list of countries, of groups of countries, or `any`.
    pub(crate) fn is_in(&self, list: &[String], groups: &BTreeMap<String, Vec<String>>) -> Is {
        if list.iter().any(|entry| entry == ANY) {
            return Is::In;
        }
        if self.0.is_empty() {
            return Is::Unknown;
        }
        let is_named = |entry: &String| match groups.get(entry) {
            Some(countries) => countries.iter().any(|country| self.is_of(country)),
            None => self.is_of(entry),
        };
        if list.iter().any(is_named) {
            Is::In
        } else {
            Is::Not
        }
    }

    fn is_of(&self, country: &str) -> bool {
        self.0
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

    fn side(countries: &[&str], bank: &str) -> Side {
        let countries: Vec<Option<String>> =
            countries.iter().map(|c| Some((*c).to_owned())).collect();
        Side::of(&countries, &Some(bank.to_owned()))
    }

    #[test]
    fn a_bank_says_its_country() {
        assert_eq!(side(&[], "KREDBEBB"), Side(vec!["BE".into()]));
        assert_eq!(
            side(&["in"], "hdfcinbb"),
            Side(vec!["IN".into(), "IN".into()])
        );
        for no_bank in ["", "KRED", "KREDB", "KRED1EBB", "€€€€€"] {
            assert_eq!(side(&[], no_bank), Side(vec![]), "{no_bank}");
        }
    }

    #[test]
    fn one_of_its_countries_is_enough_and_none_is_unknown() {
        let groups = BTreeMap::from([("EEA".to_owned(), vec!["BE".to_owned(), "DE".to_owned()])]);
        let is_in = |countries: &[&str], list: &[&str]| {
            let list: Vec<String> = list.iter().map(|c| (*c).to_owned()).collect();
            side(countries, "").is_in(&list, &groups)
        };
        assert_eq!(is_in(&["BE", "IN"], &["IN"]), Is::In);
        assert_eq!(is_in(&["be"], &["EEA"]), Is::In);
        assert_eq!(is_in(&["GB"], &["EEA", "IN"]), Is::Not);
        assert_eq!(is_in(&[], &["IN"]), Is::Unknown);
        assert_eq!(is_in(&[], &["any"]), Is::In);
        assert_eq!(is_in(&[" "], &["IN"]), Is::Unknown, "a blank is no country");
    }

    #[test]
    fn what_certainly_is_not_decides() {
        assert_eq!(Is::Unknown.and(Is::Not), Is::Not);
        assert_eq!(Is::Not.and(Is::In), Is::Not);
        assert_eq!(Is::Unknown.and(Is::In), Is::Unknown);
        assert_eq!(Is::In.and(Is::In), Is::In);
    }
}
