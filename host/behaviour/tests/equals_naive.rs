//! The windows against the plainest program that computes the same: over all payments ever seen.

mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use rust_decimal::Decimal;
use story::{Payment, dictionary};
use weft_behaviour::{Behaviour, Observation, Seen, limits};
use weft_dictionary::Dictionary;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// The features as text, by name without `behaviour.`.
type Features = BTreeMap<String, String>;

/// Payments in the order in which they arrive: mostly forward, some late, but never by more than is
/// promised. Few accounts, payees, devices and places, and times that often meet a border.
fn payments() -> impl Strategy<Value = Vec<Payment>> {
    let one = (
        (
            0..4_u8,
            prop_oneof![
                Just(0),
                1..5_u64,
                Just(HOUR),
                Just(DAY),
                Just(7 * DAY),
                0..2 * DAY
            ],
        ),
        (
            prop_oneof![Just(0), 0..limits::MAX_LATE_MS],
            0..3_u8,
            0..4_u8,
            0..3_u8,
        ),
        (0..5_i64, prop_oneof![Just("EUR"), Just("EUR"), Just("JPY")]),
        prop_oneof![
            Just(None),
            Just(Some((512, 44))),
            Just(Some((14, 1038))),
            Just(Some((-338, -1800)))
        ],
        any::<[bool; 4]>(),
    );
    proptest::collection::vec(one, 1..60).prop_map(|steps| {
        let mut newest = 1_000 * DAY;
        let build =
            |((go, forward), (late, account, payee, device), (units, code), place, there)| {
                let (_, forward, there): (u8, u64, [bool; 4]) = (go, forward, there);
                newest += if go == 0 { forward } else { forward % HOUR };
                Payment {
                    at: newest - late,
                    account: Some(account),
                    payee: there[0].then_some(payee),
                    device: there[1].then_some(device),
                    amount: (there[2] || units > 0).then_some((units * units * 731, code)),
                    place,
                    is_attempt: there[3],
                }
            };
        steps.into_iter().map(build).collect()
    })
}

fn features(behaviour: &Behaviour, dictionary: &Dictionary, payment: &Payment) -> Features {
    behaviour
        .snapshot(&payment.row(dictionary), payment.at())
        .values
        .iter()
        .map(|(id, value)| {
            let name = dictionary.field(*id).name.replace("behaviour.", "");
            (name, value.to_json().to_string())
        })
        .collect()
}

fn observation(behaviour: &Behaviour, dictionary: &Dictionary, payment: &Payment) -> Observation {
    let row = payment.row(dictionary);
    let seen = behaviour.observation(&row, payment.at()).expect("a key");
    seen.seen_as(if payment.is_attempt {
        Seen::Attempted
    } else {
        Seen::Settled
    })
}

/// The definitions, word by word, over all that was seen.
fn naive(seen: &[Payment], now: &Payment) -> Features {
    let before: Vec<&Payment> = seen.iter().filter(|p| p.at <= now.at).collect();
    let of_account: Vec<&Payment> = before
        .iter()
        .copied()
        .filter(|p| p.account == now.account)
        .collect();
    let settled: Vec<&Payment> = of_account
        .iter()
        .copied()
        .filter(|p| !p.is_attempt)
        .collect();
    let within = |of: &[&Payment], ms: u64| -> Vec<Payment> {
        of.iter()
            .filter(|p| p.at >= now.at - ms)
            .map(|p| (*p).clone())
            .collect()
    };
    let mut all = Features::new();
    let mut put = |name: &str, value: String| {
        all.insert(name.to_owned(), value);
    };
    put("count_1h", within(&of_account, HOUR).len().to_string());
    put("count_1d", within(&of_account, DAY).len().to_string());
    let payees: BTreeSet<u8> = within(&of_account, DAY)
        .iter()
        .filter_map(|p| p.payee)
        .collect();
    put("payees_1d", payees.len().to_string());
    if let Some(first) = settled.iter().map(|p| p.at).min() {
        put("age", duration(now.at - first));
    }
    if let Some((amount, currency)) = now.amount {
        let same = |p: &Payment| {
            p.amount
                .filter(|(_, code)| *code == currency)
                .map(|(units, _)| units)
        };
        let sum: i64 = within(&settled, DAY).iter().filter_map(same).sum();
        put("sum_1d", money(sum, currency));
        let week: Vec<i64> = within(&settled, 7 * DAY).iter().filter_map(same).collect();
        if week.len() >= 5 {
            let whole: Vec<Decimal> = week.iter().map(|units| Decimal::from(*units)).collect();
            let middle = median(whole.clone());
            let rounded = middle
                .round_dp(0)
                .to_string()
                .parse()
                .expect("a whole number");
            put("median_7d", money(rounded, currency));
            let spread = median(whole.iter().map(|units| (units - middle).abs()).collect());
            let unit = Decimal::from(if currency == "JPY" { 1 } else { 100 });
            let spread = spread.max(middle / Decimal::from(100)).max(unit);
            let deviation = (Decimal::from(amount) - middle) / (Decimal::new(14_826, 4) * spread);
            put(
                "deviation_7d",
                format!("\"{}\"", deviation.round_dp(4).normalize()),
            );
        }
    }
    // The last by time; of those at the same time the one that came last.
    let last = settled
        .iter()
        .filter(|p| p.place.is_some())
        .max_by_key(|p| p.at);
    if let (Some(last), Some(here)) = (last, now.place) {
        let km = distance(last.place.expect("filtered"), here);
        put("distance", format!("{}", km.round()));
        let hours = (now.at - last.at).max(1) as f64 / HOUR as f64;
        put("speed", format!("{}", (km / hours).round()));
    }
    if now.device.is_some() {
        let same: Vec<&Payment> = of_account
            .iter()
            .copied()
            .filter(|p| p.device == now.device)
            .collect();
        put("device_count_1h", within(&same, HOUR).len().to_string());
        let settled = same.iter().filter(|p| !p.is_attempt);
        if let Some(first) = settled.map(|p| p.at).min() {
            put("device_age", duration(now.at - first));
        }
    }
    if now.payee.is_some() {
        let same: Vec<&Payment> = before
            .iter()
            .copied()
            .filter(|p| p.payee == now.payee)
            .collect();
        put("payee_count_1h", within(&same, HOUR).len().to_string());
    }
    all
}

fn median(mut of: Vec<Decimal>) -> Decimal {
    of.sort();
    let middle = of.len() / 2;
    if of.len() % 2 == 1 {
        of[middle]
    } else {
        (of[middle - 1] + of[middle]) / Decimal::TWO
    }
}

/// The central angle by its cosine through vectors: another formula than the one under test.
fn distance(from: (i16, i16), to: (i16, i16)) -> f64 {
    let vector = |(latitude, longitude): (i16, i16)| {
        let (phi, lambda) = (
            (f64::from(latitude) / 10.0).to_radians(),
            (f64::from(longitude) / 10.0).to_radians(),
        );
        [
            phi.cos() * lambda.cos(),
            phi.cos() * lambda.sin(),
            phi.sin(),
        ]
    };
    let (a, b) = (vector(from), vector(to));
    let cross = [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
    let dot: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    cross.iter().map(|x| x * x).sum::<f64>().sqrt().atan2(dot) * 6_371.008_8
}

fn duration(ms: u64) -> String {
    format!("\"{}\"", weft_dictionary::DurationMs(ms))
}

fn money(units: i64, code: &str) -> String {
    let amount = if code == "JPY" {
        units.to_string()
    } else {
        format!("{}.{:02}", units / 100, units % 100)
    };
    format!(r#"{{"currency":"{code}","value":"{amount}"}}"#)
}

proptest! {
    #[test]
    fn windows_equal_a_recomputation_over_everything(payments in payments()) {
        let dictionary = dictionary();
        let behaviour = Behaviour::new(Arc::clone(&dictionary)).expect("features");
        // Every second attempt is released when the next payment has been asked about.
        let mut seen: Vec<Payment> = Vec::new();
        for (n, payment) in payments.iter().enumerate() {
            let found = features(&behaviour, &dictionary, payment);
            let expected = naive(&seen, payment);
            prop_assert!(near(&found, &expected), "payment {}: {:?} is not {:?}", n, found, expected);
            if let Some(before) = seen.last_mut().filter(|p| p.is_attempt && n % 2 == 0) {
                before.is_attempt = false;
                behaviour.observe(&observation(&behaviour, &dictionary, before).seen_as(Seen::Released));
            }
            behaviour.observe(&observation(&behaviour, &dictionary, payment));
            seen.push(payment.clone());
        }
        prop_assert_eq!(behaviour.statistics().events_too_late, 0);
    }

    #[test]
    fn what_is_rebuilt_from_records_answers_the_same(payments in payments()) {
        let dictionary = dictionary();
        let live = Behaviour::new(Arc::clone(&dictionary)).expect("features");
        let mut log = Vec::new();
        for payment in &payments {
            let seen = observation(&live, &dictionary, payment);
            log.push(serde_json::to_string(&seen).expect("json"));
            live.observe(&seen);
        }
        let rebuilt = Behaviour::new(Arc::clone(&dictionary)).expect("features");
        for line in &log {
            rebuilt.observe(&serde_json::from_str::<Observation>(line).expect("reads back"));
        }
        for payment in &payments {
            let row = payment.row(&dictionary);
            prop_assert_eq!(live.snapshot(&row, payment.at()), rebuilt.snapshot(&row, payment.at()));
        }
        prop_assert_eq!(live.statistics(), rebuilt.statistics());
    }
}

/// Equal, but for the last digit of a speed: the two formulas differ in the sixteenth digit, and a speed
/// over a millisecond has eleven before the point.
fn near(found: &Features, expected: &Features) -> bool {
    let speed = |features: &Features| {
        features
            .get("speed")
            .map(|text| text.parse::<f64>().expect("a number"))
    };
    let close = match (speed(found), speed(expected)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1.0 + b * 1e-9,
        (a, b) => a == b,
    };
    let rest = |features: &Features| {
        let mut features = features.clone();
        features.remove("speed");
        features
    };
    close && rest(found) == rest(expected)
}
