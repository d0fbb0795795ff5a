//! Rows, and the same facts as the reference gets them.

use std::collections::HashMap;

use rust_decimal::Decimal;
use weft_dictionary::{Currency, Dictionary, DurationMs, Money, Row, Timestamp, Value};

pub(crate) const DICTIONARY: &str = "\
version: 1
sections: {payment: Payment, payer: Payer}
fields:
  - {name: payment.amount, kind: money, class: operational, title: t, meaning: m}
  - {name: payment.fee, kind: money, class: operational, title: t, meaning: m}
  - {name: payment.count, kind: integer, class: operational, title: t, meaning: m}
  - {name: payment.rate, kind: decimal, class: operational, title: t, meaning: m}
  - {name: payment.at, kind: instant, class: operational, title: t, meaning: m}
  - {name: payment.age, kind: duration, class: operational, title: t, meaning: m}
  - {name: payment.codes, kind: texts, class: personal, max_length: 16, title: t, meaning: m}
  - {name: payment.risky, kind: boolean, class: operational, title: t, meaning: m}
  - {name: payer.country, kind: country, class: operational, title: t, meaning: m}
  - {name: payer.city, kind: text, class: personal, max_length: 16, title: t, meaning: m}
";

/// An instant around which those of the rows are.
pub(crate) const NOON_MS: u64 = 1_790_000_000_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
pub(crate) const CURRENCIES: [&str; 2] = ["EUR", "USD"];
pub(crate) const COUNTRIES: [&str; 3] = ["BE", "NL", "DE"];
pub(crate) const CITIES: [&str; 4] = ["Gent", "Liège", "Brugge", ""];
pub(crate) const CODES: [&str; 4] = ["a", "b", "Gent", "EUR"];
/// Ten-thousandths, in which the reference counts decimals.
pub(crate) const SCALE: u32 = 4;

/// How many pairs of rows there are to choose from.
const PAIRS: usize = 64;

/// One row, ours and the reference's.
pub(crate) struct Both {
    pub(crate) row: Row,
    pub(crate) context: cel::Context<'static, 'static>,
    pub(crate) has_gaps: bool,
}

/// Pairs of rows: with all facts, and without some of them.
pub(crate) struct Rows(Vec<(Both, Both)>);

impl Rows {
    pub(crate) fn new(dictionary: &Dictionary, random: &mut fastrand::Rng) -> Rows {
        let pair = |_| {
            let facts = facts(random);
            let kept: Vec<Fact> = facts
                .iter()
                .filter(|_| random.u8(..6) > 0)
                .cloned()
                .collect();
            (
                both(dictionary, &facts, false),
                both(dictionary, &kept, kept.len() < facts.len()),
            )
        };
        Rows((0..PAIRS).map(pair).collect())
    }

    pub(crate) fn any(&self, random: &mut fastrand::Rng) -> (&Both, &Both) {
        let (whole, partial) = &self.0[random.usize(..self.0.len())];
        (whole, partial)
    }
}

/// A field, its value, and the reference's keys and values for it.
type Fact = (&'static str, Value, Vec<(&'static str, cel::Value)>);

fn facts(random: &mut fastrand::Rng) -> Vec<Fact> {
    let mut pick = |from: &[&'static str]| from[random.usize(..from.len())];
    let (country, city) = (pick(&COUNTRIES), pick(&CITIES));
    let currencies = [pick(&CURRENCIES), pick(&CURRENCIES)];
    let codes = [pick(&CODES), pick(&CODES)];
    let count = random.i64(-20..20);
    let rate = random.i64(-30_000..30_000);
    let at = NOON_MS + random.u64(..3 * DAY_MS);
    let age = random.u64(..3 * DAY_MS);
    let risky = random.bool();
    let mut money = |field, units, code, at: usize| {
        let minor_units = random.i64(-500..2_000);
        let currency = Currency::from_code(currencies[at]).expect("a currency");
        let value = Value::Money(Money {
            minor_units,
            currency,
        });
        let keys = vec![(units, minor_units.into()), (code, currencies[at].into())];
        (field, value, keys)
    };
    let one = |field, value, key, reference: cel::Value| (field, value, vec![(key, reference)]);
    vec![
        money("payment.amount", "amount_units", "amount_currency", 0),
        money("payment.fee", "fee_units", "fee_currency", 1),
        one(
            "payment.count",
            Value::Integer(count),
            "count",
            count.into(),
        ),
        one(
            "payment.rate",
            Value::Decimal(Decimal::new(rate, SCALE)),
            "rate",
            rate.into(),
        ),
        one(
            "payment.at",
            Value::Instant(Timestamp(at)),
            "at",
            milliseconds(at),
        ),
        one(
            "payment.age",
            Value::Duration(DurationMs(age)),
            "age",
            milliseconds(age),
        ),
        one(
            "payment.codes",
            Value::Texts(codes.iter().map(|c| (*c).into()).collect()),
            "codes",
            codes.to_vec().into(),
        ),
        one(
            "payment.risky",
            Value::Boolean(risky),
            "risky",
            risky.into(),
        ),
        one(
            "payer.country",
            Value::text(country),
            "country",
            country.into(),
        ),
        one("payer.city", Value::text(city), "city", city.into()),
    ]
}

fn milliseconds(ms: u64) -> cel::Value {
    i64::try_from(ms).expect("small").into()
}

fn both(dictionary: &Dictionary, facts: &[Fact], has_gaps: bool) -> Both {
    let mut row = Row::new(dictionary);
    let mut sections: HashMap<&str, HashMap<&str, cel::Value>> =
        HashMap::from([("payment", HashMap::new()), ("payer", HashMap::new())]);
    for (name, value, keys) in facts {
        let field = dictionary.by_name(name).expect("a field");
        row.set(dictionary, field.id, value.clone()).expect("fits");
        let (section, _) = name.split_once('.').expect("two parts");
        let section = sections.get_mut(section).expect("a section");
        section.extend(keys.iter().cloned());
    }
    let mut context = cel::Context::default();
    for (name, section) in sections {
        context.add_variable_from_value(name, section);
    }
    Both {
        row,
        context,
        has_gaps,
    }
}
