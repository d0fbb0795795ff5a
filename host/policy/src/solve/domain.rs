//! The values that a part of an expression may have.

use std::collections::BTreeMap;

use super::numbers::Numbers;
use super::texts::{Entries, Words};

/// False and true.
pub(super) const FALSE: u8 = 0b01;
pub(super) const TRUE: u8 = 0b10;
/// How two values compare.
pub(super) const LESS: u8 = 0b001;
pub(super) const EQUAL: u8 = 0b010;
pub(super) const GREATER: u8 = 0b100;

/// A set of values of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    /// Of a few: a bit for each. False and true; less, equal and greater.
    Bits {
        all: u8,
        left: u8,
    },
    Numbers(Numbers),
    Money(Amounts),
    Words(Words),
    Entries(Entries),
}

/// Amounts: minor units by currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) listed: BTreeMap<String, Numbers>,
    /// In every other currency.
    pub(super) others: Numbers,
}

impl Domain {
    pub(super) fn truth(left: u8) -> Domain {
        Domain::Bits {
            all: FALSE | TRUE,
            left,
        }
    }

    pub(super) fn order(left: u8) -> Domain {
        Domain::Bits {
            all: LESS | EQUAL | GREATER,
            left,
        }
    }

    /// Whether there is surely no value.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Domain::Bits { left, .. } => *left == 0,
            Domain::Numbers(numbers) => numbers.is_empty(),
            Domain::Money(amounts) => amounts.is_empty(),
            Domain::Words(words) => words.is_empty(),
            Domain::Entries(entries) => entries.is_empty(),
        }
    }

    /// What is in both. What is of two kinds does not come up: then nothing more is known than before.
    pub(super) fn meet(&self, other: &Domain) -> Domain {
        match (self, other) {
            (Domain::Bits { all, left }, Domain::Bits { left: other, .. }) => Domain::Bits {
                all: *all,
                left: left & other,
            },
            (Domain::Numbers(one), Domain::Numbers(two)) => Domain::Numbers(one.meet(two)),
            (Domain::Money(one), Domain::Money(two)) => Domain::Money(one.meet(two)),
            (Domain::Words(one), Domain::Words(two)) => Domain::Words(one.meet(two)),
            (Domain::Entries(one), Domain::Entries(two)) => Domain::Entries(one.meet(two)),
            _ => self.clone(),
        }
    }

    /// What is not in it, or more.
    pub(super) fn contrary(&self) -> Domain {
        match self {
            Domain::Bits { all, left } => Domain::Bits {
                all: *all,
                left: all & !left,
            },
            Domain::Numbers(numbers) => Domain::Numbers(numbers.contrary()),
            Domain::Money(amounts) => Domain::Money(amounts.contrary()),
            Domain::Words(words) => Domain::Words(words.contrary()),
            Domain::Entries(entries) => {
                let one = |has: &Entries| {
                    (
                        has.has.iter().next().cloned(),
                        has.has_not.iter().next().cloned(),
                    )
                };
                Domain::Entries(
                    match (entries.has.len(), entries.has_not.len(), one(entries)) {
                        (1, 0, (Some(entry), _)) => Entries::without(&entry),
                        (0, 1, (_, Some(entry))) => Entries::with(&entry),
                        _ => Entries::default(),
                    },
                )
            }
        }
    }
}

impl Amounts {
    /// These minor units, in whatever currency.
    pub(super) fn any(units: Numbers) -> Amounts {
        Amounts {
            listed: BTreeMap::new(),
            others: units,
        }
    }

    /// These minor units in this currency, and nothing in any other.
    pub(super) fn only(currency: &str, units: Numbers) -> Amounts {
        Amounts {
            listed: BTreeMap::from([(currency.to_owned(), units)]),
            others: Numbers::none(true),
        }
    }

    /// Any amount in these currencies.
    pub(super) fn in_currencies<'c>(currencies: impl Iterator<Item = &'c str>) -> Amounts {
        let all = |currency: &'c str| (currency.to_owned(), Numbers::all(true));
        Amounts {
            listed: currencies.map(all).collect(),
            others: Numbers::none(true),
        }
    }

    fn units(&self, currency: &str) -> &Numbers {
        self.listed.get(currency).unwrap_or(&self.others)
    }

    fn is_empty(&self) -> bool {
        self.others.is_empty() && self.listed.values().all(Numbers::is_empty)
    }

    fn meet(&self, other: &Amounts) -> Amounts {
        let named = self.listed.keys().chain(other.listed.keys());
        let units = |currency: &String| {
            let both = self.units(currency).meet(other.units(currency));
            (currency.clone(), both)
        };
        Amounts {
            listed: named.map(units).collect(),
            others: self.others.meet(&other.others),
        }
    }

    fn contrary(&self) -> Amounts {
        let listed = self.listed.iter();
        Amounts {
            listed: listed
                .map(|(currency, units)| (currency.clone(), units.contrary()))
                .collect(),
            others: self.others.contrary(),
        }
    }
}
