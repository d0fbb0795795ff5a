//! Facts that show something: for which two rules fire, or for which a decision changes.

use weft_dictionary::said::{ALWAYS, OF_PAYMENTS};
use weft_dictionary::{Currency, Dictionary, Money, Row, Timestamp, Value};

use crate::OperationKind;
use crate::solve::Facts;
use crate::words::shown;

/// The fact that says when a request is decided.
pub(crate) const DECIDED_AT: &str = "processing.at";
/// The fact that says in which hour, in UTC.
pub(crate) const DECIDED_HOUR: &str = "processing.hour";
/// The amount of a payment, and minor units where any amount will do.
const AMOUNT: (&str, i64) = ("payment.amount", 10_000);
const HOUR_MS: u64 = 3_600_000;

/// What no request lacks that is decided at an instant, with plain values; of any kind of request if none is named.
pub(crate) fn always_said(
    kind: Option<OperationKind>,
    at: Timestamp,
) -> impl Iterator<Item = (&'static str, Value)> {
    let of_payments = OF_PAYMENTS
        .iter()
        .filter(move |_| kind != Some(OperationKind::Assistance));
    let names = ALWAYS.iter().chain(of_payments);
    names.filter_map(move |name| Some((*name, plain(name, kind, at)?)))
}

fn plain(name: &str, kind: Option<OperationKind>, at: Timestamp) -> Option<Value> {
    Some(match name {
        DECIDED_AT => Value::Instant(at),
        DECIDED_HOUR => Value::Integer(hour(at)),
        "processing.threat_level" => Value::Integer(0),
        "evidence.step_up" => Value::Boolean(false),
        "session.role" if kind == Some(OperationKind::Assistance) => Value::text("agent"),
        "session.role" => Value::text("service"),
        name if name == AMOUNT.0 => Value::Money(Money {
            minor_units: AMOUNT.1,
            currency: Currency::from_code("EUR").ok()?,
        }),
        _ => Value::text("example"),
    })
}

/// Whether a request with these facts is taken: an amount is more than zero, and the hour is that of the instant.
pub(crate) fn can_arrive(facts: &Facts) -> bool {
    let is_amount = match facts.0.get(AMOUNT.0) {
        Some(Value::Money(money)) => money.minor_units > 0,
        _ => true,
    };
    let is_hour = match (facts.0.get(DECIDED_AT), facts.0.get(DECIDED_HOUR)) {
        (Some(Value::Instant(at)), Some(Value::Integer(said))) => *said == hour(*at),
        _ => true,
    };
    is_amount && is_hour
}

/// The hour of the day in UTC.
pub(crate) fn hour(at: Timestamp) -> i64 {
    i64::try_from(at.0 / HOUR_MS % 24).unwrap_or_default()
}

/// The facts of an example: only those that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example(Vec<(String, Value)>);

impl Example {
    pub(crate) fn of(facts: &Facts) -> Example {
        let facts = facts.0.iter();
        Example(
            facts
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
        )
    }

    /// The name of each fact, and its value.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The name of each fact, and its value in words.
    pub fn words(&self) -> impl Iterator<Item = (&str, String)> {
        self.facts().map(|(name, value)| (name, shown(value)))
    }

    /// On one line.
    pub fn one_line(&self) -> String {
        let facts: Vec<String> = self
            .words()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if facts.is_empty() {
            return "whatever the facts are".to_owned();
        }
        facts.join(", ")
    }

    /// The row of a dictionary with these facts; facts that it does not have are left out.
    pub fn row(&self, dictionary: &Dictionary) -> Row {
        let mut row = Row::new(dictionary);
        for (name, value) in &self.0 {
            if let Some(field) = dictionary.by_name(name) {
                // What is of another kind in this dictionary is not there.
                let _ = row.set(dictionary, field.id, value.clone());
            }
        }
        row
    }
}
