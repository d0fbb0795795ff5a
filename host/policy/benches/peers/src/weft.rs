//! Weft's policies.

use weft_dictionary::{Dictionary, Row};
use weft_policy::PolicySet;

use crate::Engine;
use crate::measure;
use crate::workload::{About, Payment, Rule};

pub(crate) struct Weft {
    dictionary: Dictionary,
    set: PolicySet,
}

impl Engine for Weft {
    const NAME: &'static str = "weft";
    type Input = Row;

    fn new(rules: &[Rule]) -> Weft {
        let dictionary = measure::dictionary();
        let set = measure::policies(rules, About::Everything, &dictionary);
        Weft { dictionary, set }
    }

    fn input(&self, payment: &Payment) -> Row {
        measure::row(&self.dictionary, payment)
    }

    fn decide(&mut self, row: &Row) -> usize {
        measure::fired(&self.set, row).len()
    }

    fn fired(&mut self, row: &Row) -> Vec<String> {
        let mut fired = measure::fired(&self.set, row);
        fired.sort();
        fired
    }
}
