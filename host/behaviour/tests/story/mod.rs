//! A small dictionary, and payments by it.

use std::sync::Arc;

use rust_decimal::Decimal;
use weft_dictionary::{Currency, Dictionary, Money, Row, Timestamp, Token, Value};

/// One of every measure, over one field and over two.
pub(crate) const DICTIONARY: &str = "
version: 1
sections: {payment: P, payer: P, payee: P, device: D, location: L, behaviour: B}
fields:
  - {name: payment.amount, kind: money, class: operational, title: t, meaning: m}
  - {name: payer.account, kind: text, class: sensitive, token: account, title: t, meaning: m}
  - {name: payee.account, kind: text, class: sensitive, token: account, title: t, meaning: m}
  - {name: device.id, kind: text, class: personal, title: t, meaning: m}
  - {name: location.latitude, kind: decimal, class: personal, title: t, meaning: m}
  - {name: location.longitude, kind: decimal, class: personal, title: t, meaning: m}
  - {name: behaviour.count_1h, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: count, window: 1h}}
  - {name: behaviour.count_1d, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: count, window: 1d}}
  - {name: behaviour.sum_1d, kind: money, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: sum, window: 1d}}
  - {name: behaviour.payees_1d, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: distinct_payees, window: 1d}}
  - {name: behaviour.median_7d, kind: money, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: median_amount, window: 7d}}
  - {name: behaviour.deviation_7d, kind: decimal, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: amount_deviation, window: 7d}}
  - {name: behaviour.age, kind: duration, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: age}}
  - {name: behaviour.speed, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: travel_speed}}
  - {name: behaviour.distance, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payer.account], measure: travel_distance}}
  - {name: behaviour.device_age, kind: duration, class: operational, title: t, meaning: m, feature: {of: [payer.account, device.id], measure: age}}
  - {name: behaviour.device_count_1h, kind: integer, class: operational, title: t, meaning: m, feature: {of: [device.id, payer.account], measure: count, window: 1h}}
  - {name: behaviour.payee_count_1h, kind: integer, class: operational, title: t, meaning: m, feature: {of: [payee.account], measure: count, window: 1h}}
";

pub(crate) fn dictionary() -> Arc<Dictionary> {
    Arc::new(Dictionary::parse("test.yaml", DICTIONARY).expect("a dictionary"))
}

/// A payment, as far as behaviour looks at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payment {
    pub(crate) at: u64,
    pub(crate) account: Option<u8>,
    pub(crate) payee: Option<u8>,
    pub(crate) device: Option<u8>,
    pub(crate) amount: Option<(i64, &'static str)>,
    pub(crate) place: Option<(i16, i16)>,
    /// Not released yet.
    pub(crate) is_attempt: bool,
}

impl Payment {
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp(self.at)
    }

    pub(crate) fn row(&self, dictionary: &Dictionary) -> Row {
        let mut row = Row::new(dictionary);
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                let field = dictionary.by_name(name).expect("a field").id;
                row.set(dictionary, field, value).expect("of its kind");
            }
        };
        let account = |n: u8| Value::Token(Token::new("eu", "account", [n; 16]));
        set("payer.account", self.account.map(account));
        set("payee.account", self.payee.map(account));
        set(
            "device.id",
            self.device.map(|n| Value::text(format!("device {n}"))),
        );
        set(
            "payment.amount",
            self.amount.map(|(minor_units, code)| {
                let currency = Currency::from_code(code).expect("a currency");
                Value::Money(Money {
                    minor_units,
                    currency,
                })
            }),
        );
        let degrees = |tenths: i16| Value::Decimal(Decimal::new(i64::from(tenths), 1));
        set(
            "location.latitude",
            self.place.map(|(latitude, _)| degrees(latitude)),
        );
        set(
            "location.longitude",
            self.place.map(|(_, longitude)| degrees(longitude)),
        );
        row
    }
}
