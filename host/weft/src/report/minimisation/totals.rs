//! Sums over all rows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rows::{Reader, Row, Shown};

/// What one reader was shown for one purpose, together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    /// Rows.
    pub(super) times: u64,
    pub(super) requested: u64,
    pub(super) allowed: u64,
    /// Fields, by treatment.
    pub(super) disclosed: BTreeMap<String, u64>,
    /// Fields, by why.
    pub(super) withheld: BTreeMap<String, u64>,
    pub(super) missing: u64,
}

impl Sum {
    fn add(&mut self, shown: &Shown) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.times += 1;
        self.requested += count(shown.requested().len());
        self.allowed += count(shown.allowed().len());
        self.missing += count(shown.sight.missing.len());
        for (sums, fields) in [
            (&mut self.disclosed, &shown.sight.disclosed),
            (&mut self.withheld, &shown.sight.withheld),
        ] {
            for (word, fields) in fields {
                *sums.entry(word.clone()).or_default() += count(fields.len());
            }
        }
    }

    pub(super) fn disclosed(&self) -> u64 {
        self.disclosed.values().sum()
    }

    pub(super) fn withheld(&self) -> u64 {
        self.withheld.values().sum()
    }
}

/// Of all rows.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) all: Sum,
    pub(super) by_reader: BTreeMap<(Reader, String), Sum>,
    pub(super) cases: BTreeSet<String>,
}

impl Totals {
    pub(super) fn of(rows: &[Row]) -> Totals {
        let mut totals = Totals::default();
        for row in rows {
            let shown = &row.shown;
            totals.all.add(shown);
            let of_reader = (shown.reader.clone(), shown.purpose.clone());
            totals.by_reader.entry(of_reader).or_default().add(shown);
            totals.cases.extend(row.place.case.clone());
        }
        totals
    }
}
