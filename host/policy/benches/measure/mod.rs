//! The policy set of a workload, its rows, and how long something takes.

use std::fmt;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use weft_dictionary::{Currency, Dictionary, DurationMs, Money, Row, Value};
use weft_policy::{Applies, PolicySet};

use crate::workload::{self, About, Payment, Rule};

/// How often all rows are decided; each time gives one figure.
const ROUNDS: usize = 15;
/// What one round takes at least.
const ROUND_MS: u128 = 40;

/// Microseconds a decision: the median of the rounds, and the fastest and slowest of them.
pub(crate) struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    /// The words over the figures.
    pub(crate) const HEAD: &str = "µs a decision: median (least to most)";

    /// How long `decide` takes for one of the rows.
    pub(crate) fn of<R>(rows: &[R], mut decide: impl FnMut(&R) -> usize) -> Spread {
        let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round(rows, &mut decide)).collect();
        rounds.sort_by(f64::total_cmp);
        Spread {
            least: rounds[0],
            median: rounds[ROUNDS / 2],
            most: rounds[ROUNDS - 1],
        }
    }
}

fn round<R>(rows: &[R], decide: &mut impl FnMut(&R) -> usize) -> f64 {
    let started = Instant::now();
    let mut decisions = 0_u32;
    while started.elapsed().as_millis() < ROUND_MS {
        for row in rows {
            black_box(decide(black_box(row)));
            decisions += 1;
        }
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(decisions)
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread {
            least,
            median,
            most,
        } = self;
        write!(f, "{median:9.2} ({least:.2} to {most:.2})")
    }
}

/// Prints a line of the table.
pub(crate) fn say(line: &str) {
    // Nobody reads on: nothing to do about it.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The workload's dictionary.
pub(crate) fn dictionary() -> Dictionary {
    Dictionary::parse("dictionary.yaml", workload::DICTIONARY).expect("the workload's own")
}

/// The policies of these rules, from files as anywhere else.
pub(crate) fn policies(rules: &[Rule], about: About, dictionary: &Dictionary) -> PolicySet {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, text) in workload::policy_files(rules, about) {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    PolicySet::load(dir.path(), dictionary).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The row of a payment.
pub(crate) fn row(dictionary: &Dictionary, payment: &Payment) -> Row {
    let mut row = Row::new(dictionary);
    let currency = Currency::from_code("EUR").expect("a currency");
    let minor_units = payment.amount_minor;
    let age_ms = u64::try_from(payment.age_hours).expect("not negative") * 3_600_000;
    for (name, value) in [
        (
            "payment.amount",
            Value::Money(Money {
                minor_units,
                currency,
            }),
        ),
        ("payment.count", Value::Integer(payment.count)),
        ("payer.country", Value::text(payment.payer)),
        ("payer.age", Value::Duration(DurationMs(age_ms))),
        ("payee.country", Value::text(payment.payee)),
        ("session.channel", Value::text(payment.channel)),
        ("session.new_device", Value::Boolean(payment.new_device)),
    ] {
        let field = dictionary.by_name(name).expect("a field");
        row.set(dictionary, field.id, value).expect("fits");
    }
    row
}

/// The rules that fire: what a host asks of policies for one payment.
pub(crate) fn fired(set: &PolicySet, row: &Row) -> Vec<String> {
    let candidates = set.candidates(0, workload::OPERATION, row);
    let policies = candidates.map(|place| &set.policies()[place]);
    let applying = policies.filter(|policy| policy.matches(row) == Applies::Yes);
    applying
        .flat_map(|policy| policy.evaluate(row).fired)
        .collect()
}

/// The rules that fire, by plain Rust.
pub(crate) fn expected(rules: &[Rule], about: About, payment: &Payment) -> Vec<String> {
    let asked = |rule| {
        about
            .country(rule)
            .is_none_or(|country| payment.payee == country)
    };
    let fires = rules.iter().enumerate();
    let fires = fires.filter(|(number, rule)| asked(*number) && rule.fires(payment));
    fires.map(|(number, _)| format!("r{number}")).collect()
}
