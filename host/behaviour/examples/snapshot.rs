//! What features cost: `cargo run --release -p weft-behaviour --example snapshot`.
//!
//! A million payments of 5,000 accounts over about ninety days: for each a snapshot, then an
//! observation. Then the memory that a key and an event take, from the size of this process.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use rust_decimal::Decimal;
use weft_behaviour::{Behaviour, Observation, Seen};
use weft_dictionary::{Currency, Dictionary, Money, Row, Timestamp, Token, Value};

const ACCOUNTS: u64 = 5_000;
const PAYMENTS: u64 = 1_000_000;
const STEP_MS: u64 = 7_776;

const DICTIONARY: &str = "
version: 1
sections: {payment: P, payer: P, payee: P, device: D, location: L, behaviour: B}
fields:
  - {name: payment.amount, kind: money, class: operational, title: t, meaning: m}
  - {name: payer.account, kind: text, class: sensitive, token: account, title: t, meaning: m}
  - {name: payee.account, kind: text, class: sensitive, token: account, title: t, meaning: m}
  - {name: device.id, kind: text, class: personal, title: t, meaning: m}
  - {name: location.latitude, kind: decimal, class: personal, title: t, meaning: m}
  - {name: location.longitude, kind: decimal, class: personal, title: t, meaning: m}
  - {name: behaviour.a, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: count, window: 1h}}
  - {name: behaviour.b, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: count, window: 24h}}
  - {name: behaviour.c, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: count, window: 30d}}
  - {name: behaviour.d, kind: money, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: sum, window: 24h}}
  - {name: behaviour.e, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: distinct_payees, window: 24h}}
  - {name: behaviour.f, kind: money, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: median_amount, window: 30d}}
  - {name: behaviour.g, kind: decimal, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: amount_deviation, window: 30d}}
  - {name: behaviour.h, kind: duration, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: age}}
  - {name: behaviour.i, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: travel_speed}}
  - {name: behaviour.j, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: travel_distance}}
  - {name: behaviour.k, kind: integer, class: operational, title: t, meaning: m, feature: {of: [device.id], measure: count, window: 24h}}
  - {name: behaviour.l, kind: duration, class: operational, title: t, meaning: m, feature: {of: [payer.account, device.id], measure: age}}
  - {name: behaviour.m, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payee.account], measure: count, window: 24h}}
";

struct Maker {
    dictionary: Arc<Dictionary>,
    currency: Currency,
    state: u64,
}

impl Maker {
    /// Knuth's MMIX generator: enough to spread payments.
    fn next(&mut self, below: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % below
    }

    fn row(&mut self, account: u64) -> Row {
        let token = |n: u64| {
            let mut bits = [0; 16];
            bits[..8].copy_from_slice(&n.to_be_bytes());
            Value::Token(Token::new("eu", "account", bits))
        };
        let payee = ACCOUNTS + self.next(10_000);
        let minor_units = 100 + self.next(20_000) as i64;
        let east = self.next(100) as i64;
        let money = Money {
            minor_units,
            currency: self.currency,
        };
        let facts = [
            ("payer.account", token(account)),
            ("payee.account", token(payee)),
            ("device.id", Value::text(format!("device {account}"))),
            ("payment.amount", Value::Money(money)),
            (
                "location.latitude",
                Value::Decimal(Decimal::new(512_194, 4)),
            ),
            (
                "location.longitude",
                Value::Decimal(Decimal::new(44_000 + east, 4)),
            ),
        ];
        let mut row = Row::new(&self.dictionary);
        for (name, value) in facts {
            let field = self.dictionary.by_name(name).expect("a field").id;
            row.set(&self.dictionary, field, value)
                .expect("of its kind");
        }
        row
    }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_u64) * 4_096
}

fn main() {
    let dictionary = Arc::new(Dictionary::parse("example", DICTIONARY).expect("a dictionary"));
    let behaviour = Behaviour::new(Arc::clone(&dictionary)).expect("features");
    let currency = Currency::from_code("EUR").expect("a currency");
    let mut maker = Maker {
        dictionary,
        currency,
        state: 42,
    };
    let (mut asking, mut observing, mut features) = (0, 0, 0);
    for n in 0..PAYMENTS {
        let account = maker.next(ACCOUNTS);
        let row = maker.row(account);
        let at = Timestamp(1_800_000_000_000 + n * STEP_MS);
        let start = Instant::now();
        let snapshot = behaviour.snapshot(&row, at);
        let asked = Instant::now();
        let seen = behaviour.observation(&row, at).expect("a key");
        behaviour.observe(&seen);
        observing += asked.elapsed().as_nanos();
        asking += (asked - start).as_nanos();
        features += snapshot.values.len() as u128;
    }
    let payments = u128::from(PAYMENTS);
    println!("{PAYMENTS} payments of {ACCOUNTS} accounts");
    println!(
        "snapshot             {:>6} ns, {} features",
        asking / payments,
        features / payments
    );
    println!("observation, observe {:>6} ns", observing / payments);
    println!("{:?}", behaviour.statistics());
    memory(maker);
}

/// Keys with one event each, then many events of few keys.
fn memory(maker: Maker) {
    for (name, keys, each) in [
        ("a key with one event", 200_000_u32, 1_u32),
        ("an event", 1_000, 2_000),
    ] {
        let behaviour = Behaviour::new(Arc::clone(&maker.dictionary)).expect("features");
        let before = resident_bytes();
        for n in 0..keys * each {
            behaviour.observe(&Observation {
                at: Timestamp(1_800_000_000_000 + u64::from(n)),
                seen: Seen::Settled,
                keys: [("payer.account".to_owned(), format!("{}", n % keys))].into(),
                amount: None,
                payee: None,
                place: None,
            });
        }
        let used = resident_bytes().saturating_sub(before);
        println!("{name:<20} {:>6} bytes", used / u64::from(keys * each));
    }
}
