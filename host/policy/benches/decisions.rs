//! What a decision by 1, 20, 100 and 1,000 rules takes: `cargo bench -p weft-policy`.
//!
//! The decisions are checked against plain Rust before anything is measured. The comparison with other
//! engines, on the same rules and payments, is in `benches/peers`.

#[path = "measure/mod.rs"]
mod measure;
#[path = "workload/mod.rs"]
mod workload;

use measure::{Spread, expected, fired, say};
use weft_dictionary::Row;
use workload::About;

fn main() {
    for (about, title) in [
        (About::Everything, "policies about every payment"),
        (
            About::OneCountry,
            "policies about payments to one country each",
        ),
    ] {
        say(&format!("{title}\n{:>6}  {}", "rules", Spread::HEAD));
        for size in workload::SIZES {
            let rules = workload::rules(size);
            let payments = workload::payments();
            let dictionary = measure::dictionary();
            let set = measure::policies(&rules, about, &dictionary);
            let rows: Vec<Row> = payments
                .iter()
                .map(|payment| measure::row(&dictionary, payment))
                .collect();
            for (payment, row) in payments.iter().zip(&rows) {
                assert_eq!(
                    fired(&set, row),
                    expected(&rules, about, payment),
                    "{payment:?}"
                );
            }
            say(&format!(
                "{size:>6}  {}",
                Spread::of(&rows, |row| fired(&set, row).len())
            ));
        }
    }
}
