//! What a decision by 1, 20, 100 and 1,000 rules takes: `cargo bench -p weft-policy`.
//!
//! The decisions are checked against plain Rust before anything is measured. The comparison with other
//! engines, on the same rules and payments, is in `benches/peers`.

#[path = "measure/mod.rs"]
mod measure;
#[path = "workload/mod.rs"]
mod workload;

use measure::{Spread, say};
use weft_dictionary::{Dictionary, Row};
use weft_policy::PolicySet;

fn main() {
    say(&format!("{:>6}  {}", "rules", Spread::HEAD));
    for size in workload::SIZES {
        let rules = workload::rules(size);
        let payments = workload::payments(200);
        let dictionary = measure::dictionary();
        let set = measure::policies(&rules, &dictionary);
        let rows: Vec<Row> = payments
            .iter()
            .map(|p| measure::row(&dictionary, p))
            .collect();
        for (payment, row) in payments.iter().zip(&rows) {
            let fired: Vec<String> = measure::fired(&set, row);
            assert_eq!(fired, measure::expected(&rules, payment), "{payment:?}");
        }
        let spread = Spread::of(&rows, |row| decide(&set, row));
        say(&format!("{size:>6}  {spread}"));
    }
}

/// How many rules fire.
fn decide(set: &PolicySet, row: &Row) -> usize {
    set.policies()
        .iter()
        .map(|policy| policy.evaluate(row).fired.len())
        .sum()
}

#[expect(unused)]
fn keep(_: &Dictionary) {}
