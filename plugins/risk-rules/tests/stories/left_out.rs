//! Whatever a payment of its kind leaves out, or a policy withholds: it has at least the points that it has with it.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use risk_rules::risk_rules::Plugin;
use weft_sdk::test::{self, Evaluation};
use weft_sdk::{Duration, Finding, Instant, Value};

use crate::payer::{DAY_MS, NOON, decimal, eur};

const METHODS: [&str; 4] = ["card", "credit_transfer", "direct_debit", "wallet"];
const MODES: [&str; 6] = [
    "chip",
    "contactless",
    "ecommerce",
    "keyed",
    "magstripe",
    "wallet",
];

/// Facts that go together: the features of what is not named are not there, either.
type Part = &'static [&'static str];

const ACCOUNT: Part = &[
    "payer.account",
    "payer.account_country",
    "behaviour.account.count_1h",
    "behaviour.account.count_24h",
    "behaviour.account.payees_24h",
    "behaviour.account.sum_24h",
    "behaviour.account.sum_30d",
    "behaviour.account.median_30d",
    "behaviour.account.amount_deviation_30d",
    "behaviour.account.age",
    "behaviour.account.travel_speed",
    "behaviour.account.travel_distance",
    "behaviour.account_device.age",
    "behaviour.account_payee.age",
];
const CARD: Part = &[
    "instrument.pan",
    "behaviour.card.count_1h",
    "behaviour.card.count_24h",
];
const DEVICE: Part = &[
    "device.id",
    "behaviour.device.count_24h",
    "behaviour.device.age",
    "behaviour.account_device.age",
];
const LATITUDE: Part = &[
    "location.latitude",
    "behaviour.account.travel_speed",
    "behaviour.account.travel_distance",
];
const LONGITUDE: Part = &[
    "location.longitude",
    "behaviour.account.travel_speed",
    "behaviour.account.travel_distance",
];
const PAYEE: Part = &[
    "payee.account",
    "payee.account_country",
    "behaviour.payee.count_24h",
    "behaviour.account_payee.age",
];
const TERMINAL: Part = &["payee.terminal", "behaviour.terminal.count_24h"];

/// What every payment has.
const ALL: [Part; 6] = [
    &["payment.method"],
    &["instrument.entry_mode"],
    &["payee.category"],
    &["payer.country"],
    &["instrument.issuer_country"],
    &["payee.country"],
];
const OF_DEVICES: [Part; 4] = [DEVICE, LATITUDE, LONGITUDE, &["location.country"]];

/// What belongs to payments of a kind.
fn parts(method: &str, mode: Option<&str>) -> Vec<Part> {
    let mut parts = ALL.to_vec();
    let is_card = ["card", "wallet"].contains(&method);
    let may_be = |modes: &[&str]| mode.is_none_or(|mode| modes.contains(&mode));
    if is_card {
        parts.push(CARD);
    } else {
        parts.push(ACCOUNT);
    }
    if method == "credit_transfer" || (is_card && may_be(&["ecommerce", "wallet"])) {
        parts.extend(OF_DEVICES);
    }
    if is_card && may_be(&["chip", "contactless", "keyed", "magstripe"]) {
        parts.push(TERMINAL);
    }
    if !is_card || may_be(&["ecommerce", "wallet"]) {
        parts.push(PAYEE);
    }
    parts
}

#[derive(Debug, Clone)]
struct Payment {
    parts: Vec<Part>,
    facts: Vec<(&'static str, Value)>,
    watched: bool,
}

impl Payment {
    fn says(&self, field: &str) -> bool {
        let is_there =
            |(name, value): &(&str, Value)| *name == field && !matches!(value, Value::Absent);
        self.facts.iter().any(is_there)
    }

    /// Without these parts, which are absent or withheld.
    fn found(&self, left_out: &[(Part, bool)]) -> Finding {
        let absent = |field: &str| {
            left_out
                .iter()
                .any(|(part, is_absent)| *is_absent && part.contains(&field))
        };
        let withheld = |field: &str| left_out.iter().any(|(part, _)| part.contains(&field));
        let watched = self.watched.then(|| "KY".to_owned());
        let payment: Evaluation<Plugin> = test::of::<Plugin>()
            .at(NOON)
            .setting("watched_countries", watched.into_iter().collect::<Vec<_>>());
        let facts = self.facts.iter();
        facts
            .fold(payment, |payment, (field, value)| {
                let value = if absent(field) {
                    Value::Absent
                } else if withheld(field) && !matches!(value, Value::Absent) {
                    Value::Withheld("redacted".to_owned())
                } else {
                    value.clone()
                };
                payment.need(field, value)
            })
            .evaluate()
    }
}

/// Some of the time a strong sign, some of the time a weak one, some of the time none.
fn count(full: i64) -> impl Strategy<Value = Value> {
    prop_oneof![Just(0), 0..=full, Just(full)].prop_map(Value::from)
}

fn age() -> impl Strategy<Value = Value> {
    let ms = prop_oneof![0..3 * DAY_MS, 0..400 * DAY_MS];
    prop_oneof![
        Just(Value::Absent),
        ms.prop_map(|ms| Value::from(Duration(ms)))
    ]
}

fn country() -> impl Strategy<Value = Value> {
    select(vec!["BE", "PT", "KY"]).prop_map(Value::from)
}

fn cents(most: i64) -> impl Strategy<Value = Value> {
    (0..=most).prop_map(|cents| eur(cents).into())
}

fn changed() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Absent),
        (0..200 * DAY_MS / 24).prop_map(|ms| Value::from(Instant(NOON.0 - ms)))
    ]
}

/// A payment with all facts of its kind. Those beyond it are there or not.
fn payments() -> impl Strategy<Value = Payment> {
    let kind = (
        select(METHODS.to_vec()),
        proptest::option::of(select(MODES.to_vec())),
    );
    let named = proptest::collection::vec(any::<bool>(), 5);
    let counts = (
        count(30),
        count(75),
        count(20),
        count(30),
        count(75),
        count(75),
        count(60),
        count(2_000),
    );
    let ages = (age(), age(), age(), age());
    let sums = (
        cents(2_000_00),
        cents(1_000_00),
        cents(900_00),
        cents(90_00),
        0..90_i64,
    );
    let ways = (count(1_200), count(2_000), changed(), changed());
    let places = (
        country(),
        country(),
        country(),
        country(),
        country(),
        country(),
    );
    let beside = (any::<bool>(), any::<bool>(), any::<bool>());
    (kind, named, counts, ages, sums, ways, places, beside).prop_map(
        |(
            (method, mode),
            named,
            counts,
            ages,
            sums,
            ways,
            places,
            (has_baseline, is_merchant, watched),
        )| {
            let parts = parts(method, mode);
            let belongs = |part: Part| parts.contains(&part);
            let account = belongs(ACCOUNT) || named[0];
            let card = belongs(CARD) || named[1];
            let device = belongs(DEVICE) || named[2];
            let payee = belongs(PAYEE) || named[3];
            let terminal = belongs(TERMINAL) || named[4];
            let has_past = !matches!(ages.0, Value::Absent);
            let then = |is_there: bool, value: Value| if is_there { value } else { Value::Absent };
            let baseline = has_past && has_baseline;
            let facts = vec![
                ("payment.amount", sums.0),
                ("payment.method", method.into()),
                (
                    "instrument.entry_mode",
                    mode.map_or(Value::Absent, Value::from),
                ),
                ("payer.account", then(account, true.into())),
                ("instrument.pan", then(card, true.into())),
                ("device.id", then(device, true.into())),
                ("location.latitude", then(device, true.into())),
                ("location.longitude", then(device, true.into())),
                ("location.country", then(device, places.0)),
                ("payee.account", then(payee, true.into())),
                ("payee.account_country", then(payee, places.1)),
                ("payee.terminal", then(terminal, true.into())),
                ("payee.category", then(is_merchant, true.into())),
                ("payee.country", places.2),
                ("payer.country", places.3),
                ("payer.account_country", then(account, places.4)),
                ("instrument.issuer_country", then(card, places.5)),
                ("payer.sim_changed_at", ways.2),
                ("payer.credentials_changed_at", ways.3),
                ("behaviour.account.count_1h", counts.0),
                ("behaviour.account.count_24h", counts.1),
                ("behaviour.account.payees_24h", counts.2),
                ("behaviour.account.sum_24h", sums.1),
                ("behaviour.account.sum_30d", sums.2),
                ("behaviour.account.median_30d", then(baseline, sums.3)),
                (
                    "behaviour.account.amount_deviation_30d",
                    then(baseline, decimal(&format!("{}", sums.4)).into()),
                ),
                ("behaviour.account.age", ages.0),
                (
                    "behaviour.account.travel_speed",
                    then(device && has_past, ways.0),
                ),
                (
                    "behaviour.account.travel_distance",
                    then(device && has_past, ways.1),
                ),
                ("behaviour.card.count_1h", then(card, counts.3)),
                ("behaviour.card.count_24h", then(card, counts.4)),
                ("behaviour.device.count_24h", then(device, counts.5)),
                ("behaviour.device.age", then(device, ages.1)),
                (
                    "behaviour.account_device.age",
                    then(device && has_past, ages.2),
                ),
                (
                    "behaviour.account_payee.age",
                    then(payee && has_past, ages.3),
                ),
                ("behaviour.payee.count_24h", then(payee, counts.6)),
                ("behaviour.terminal.count_24h", then(terminal, counts.7)),
            ];
            Payment {
                parts,
                facts,
                watched,
            }
        },
    )
}

/// A payment and some of what belongs to it, left out or withheld. Who leaves a card out may leave the account out as well,
/// of which the card was to tell.
fn left_out() -> impl Strategy<Value = (Payment, Vec<(Part, bool)>)> {
    payments().prop_flat_map(|payment| {
        let parts = payment.parts.clone();
        let most = parts.len();
        let some = subsequence(parts, 1..=most);
        let absent = proptest::collection::vec(any::<bool>(), most);
        (Just(payment), some, absent, any::<bool>()).prop_map(|(payment, some, absent, both)| {
            let mut left_out: Vec<(Part, bool)> = some.into_iter().zip(absent).collect();
            if both && left_out.contains(&(CARD, true)) && !payment.parts.contains(&ACCOUNT) {
                left_out.push((ACCOUNT, true));
            }
            (payment, left_out)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn nothing_is_gained_by_leaving_out_what_belongs_to_the_kind((payment, left_out) in left_out()) {
        let before = payment.found(&[]);
        let after = payment.found(&left_out);
        prop_assert!(after.risk >= before.risk, "{left_out:?}: {before:?} {after:?}");
        prop_assert!(after.verdict >= before.verdict, "{left_out:?}: {before:?} {after:?}");
        let named = [
            (DEVICE, "device-unknown"),
            (CARD, "card-unknown"),
            (TERMINAL, "terminal-unknown"),
            (ACCOUNT, "payer-unknown"),
        ];
        for (part, code) in named {
            if left_out.contains(&(part, true)) {
                prop_assert!(after.codes().contains(&code), "{code}: {after:?}");
            }
        }
        // Also where they are withheld: all kinds apply then as well.
        let is_left_out = |field: &'static str| left_out.iter().any(|(part, _)| *part == [field]);
        let no_method = is_left_out("payment.method");
        prop_assert_eq!(after.codes().contains(&"method-unknown"), no_method);
        let may_be_card = no_method || payment.parts.contains(&CARD);
        let no_mode = is_left_out("instrument.entry_mode") || !payment.says("instrument.entry_mode");
        prop_assert_eq!(after.codes().contains(&"entry-mode-unknown"), may_be_card && no_mode);
    }
}
