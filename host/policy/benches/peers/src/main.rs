//! The same rules and payments by Weft and four other engines.
//!
//! `cargo run --release` in this directory. Every engine gets the rules as one would write them for it, and
//! the payments in its own form, made beforehand. Before anything is measured, each has to name the rules
//! that plain Rust says fire, for every payment.

#[path = "../../measure/mod.rs"]
mod measure;
#[allow(
    dead_code,
    reason = "policies about one country each are Weft's own bench"
)]
#[path = "../../workload/mod.rs"]
mod workload;

mod cedar;
mod interpreter;
mod rego;
mod weft;
mod zen;

use measure::{Spread, expected, say};
use workload::{About, Payment, Rule};

/// An engine with some rules, and payments in its form.
trait Engine {
    /// The engine and its version.
    const NAME: &'static str;
    /// A payment in the engine's form.
    type Input;

    fn new(rules: &[Rule]) -> Self;
    fn input(&self, payment: &Payment) -> Self::Input;
    /// Decides, and gives what the engine gives: how many rules fire.
    fn decide(&mut self, input: &Self::Input) -> usize;
    /// The rules that fire, sorted.
    fn fired(&mut self, input: &Self::Input) -> Vec<String>;
}

fn measure<E: Engine>(rules: &[Rule], payments: &[Payment]) {
    let mut engine = E::new(rules);
    let inputs: Vec<E::Input> = payments
        .iter()
        .map(|payment| engine.input(payment))
        .collect();
    for (payment, input) in payments.iter().zip(&inputs) {
        let mut wanted = expected(rules, About::Everything, payment);
        wanted.sort();
        assert_eq!(
            engine.fired(input),
            wanted,
            "{} disagrees: {payment:?}",
            E::NAME
        );
        assert_eq!(
            engine.decide(input),
            wanted.len(),
            "{} counts otherwise",
            E::NAME
        );
    }
    let spread = Spread::of(&inputs, |input| engine.decide(input));
    say(&format!("{:>6}  {:<24} {spread}", rules.len(), E::NAME));
}

fn main() {
    say(&format!(
        "{:>6}  {:<24} {}",
        "rules",
        "engine",
        Spread::HEAD
    ));
    let payments = workload::payments();
    for size in workload::SIZES {
        let rules = workload::rules(size);
        measure::<weft::Weft>(&rules, &payments);
        measure::<interpreter::Interpreter>(&rules, &payments);
        measure::<rego::Rego>(&rules, &payments);
        measure::<cedar::Cedar>(&rules, &payments);
        measure::<zen::Zen>(&rules, &payments);
    }
}

/// The facts of a payment as JSON, for engines that take that.
fn json(payment: &Payment) -> serde_json::Value {
    serde_json::json!({
        "amount": payment.amount_minor,
        "count": payment.count,
        "new_device": payment.new_device,
        "payer": payment.payer,
        "payee": payment.payee,
        "channel": payment.channel,
        "age": payment.age_hours,
    })
}
