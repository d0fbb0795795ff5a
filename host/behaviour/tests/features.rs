//! The features of one account, told as a story.

mod story;

use std::collections::BTreeMap;
use std::sync::Arc;

use story::{DICTIONARY, Payment, dictionary};
use weft_behaviour::{Behaviour, BehaviourError, Limits, Observation, Seen, limits};
use weft_dictionary::{Dictionary, Timestamp, Value};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// When the stories begin: long after the epoch, so that no window reaches over it.
const START: u64 = 1_000 * DAY;

struct Host {
    dictionary: Arc<Dictionary>,
    behaviour: Behaviour,
}

impl Host {
    fn new() -> Host {
        let dictionary = dictionary();
        let behaviour = Behaviour::new(Arc::clone(&dictionary)).expect("all measures");
        Host {
            dictionary,
            behaviour,
        }
    }

    fn observe(&self, payment: &Payment) {
        let row = payment.row(&self.dictionary);
        let seen = self
            .behaviour
            .observation(&row, payment.at())
            .expect("a key");
        let of_it = if payment.is_attempt {
            Seen::Attempted
        } else {
            Seen::Settled
        };
        self.behaviour.observe(&seen.seen_as(of_it));
    }

    /// An attempt is released at last.
    fn release(&self, payment: &Payment) {
        let row = payment.row(&self.dictionary);
        let seen = self.behaviour.observation(&row, payment.at());
        let seen = seen.expect("a key").seen_as(Seen::Released);
        self.behaviour.observe(&seen);
    }

    /// The features by name, without `behaviour.`, as they are written in records.
    fn features(&self, payment: &Payment) -> BTreeMap<String, String> {
        let row = payment.row(&self.dictionary);
        self.behaviour
            .snapshot(&row, payment.at())
            .values
            .iter()
            .map(|(id, value)| {
                let name = self.dictionary.field(*id).name.clone();
                let short = name
                    .strip_prefix("behaviour.")
                    .expect("a feature")
                    .to_owned();
                (short, value.to_json().to_string())
            })
            .collect()
    }
}

fn payment(at: u64) -> Payment {
    Payment {
        at,
        account: Some(1),
        payee: Some(100),
        device: Some(1),
        amount: Some((1_000, "EUR")),
        place: None,
        is_attempt: false,
    }
}

fn feature(host: &Host, payment: &Payment, name: &str) -> Option<String> {
    host.features(payment).remove(name)
}

#[test]
fn a_key_that_was_never_seen_has_zeros_and_nothing_else() {
    let host = Host::new();
    let first = Payment {
        place: Some((512, 44)),
        ..payment(START)
    };
    let features = host.features(&first);
    let names: Vec<&str> = features.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "count_1d",
            "count_1h",
            "device_count_1h",
            "payee_count_1h",
            "payees_1d",
            "sum_1d"
        ]
    );
    assert_eq!(features["count_1h"], "0");
    assert_eq!(features["sum_1d"], r#"{"currency":"EUR","value":"0.00"}"#);
}

#[test]
fn without_the_key_or_the_amount_a_feature_is_absent() {
    let host = Host::new();
    host.observe(&payment(START));
    let without_account = Payment {
        account: None,
        ..payment(START + 1)
    };
    assert_eq!(
        host.features(&without_account)
            .into_keys()
            .collect::<Vec<_>>(),
        ["payee_count_1h"],
        "a key of two fields needs both"
    );
    let without_amount = Payment {
        amount: None,
        ..payment(START + 1)
    };
    assert_eq!(feature(&host, &without_amount, "sum_1d"), None);
    assert_eq!(
        feature(&host, &without_amount, "count_1d").as_deref(),
        Some("1")
    );
    let row = Payment::default().row(&host.dictionary);
    assert_eq!(host.behaviour.observation(&row, Timestamp(START)), None);
}

#[test]
fn windows_begin_at_their_first_millisecond_and_end_with_the_payments_own() {
    let host = Host::new();
    host.observe(&payment(START));
    let count = |at| feature(&host, &payment(at), "count_1h").expect("a count");
    assert_eq!(count(START - 1), "0");
    assert_eq!(count(START), "1", "what was observed counts at once");
    assert_eq!(count(START + 1), "1");
    assert_eq!(count(START + HOUR), "1", "an hour ago to the millisecond");
    assert_eq!(count(START + HOUR + 1), "0");
}

#[test]
fn asking_changes_nothing_and_the_same_features_have_the_same_text() {
    let host = Host::new();
    host.observe(&payment(START));
    let row = payment(0).row(&host.dictionary);
    let ask = |at| host.behaviour.snapshot(&row, Timestamp(at));
    let first = ask(START + 10);
    assert_eq!(first, ask(START + 10));
    assert_ne!(first, ask(START + 11), "the age is another");
    // Another account with the same past has the same features.
    let other = Payment {
        account: Some(2),
        device: Some(2),
        payee: Some(101),
        ..payment(START)
    };
    host.observe(&other);
    let row = other.row(&host.dictionary);
    assert_eq!(host.behaviour.snapshot(&row, Timestamp(START + 10)), first);
}

#[test]
fn sums_and_medians_are_of_the_payments_currency() {
    let host = Host::new();
    for (n, amount) in [1_000, 2_000, 3_000, 4_000, 5_000].into_iter().enumerate() {
        let at = START + n as u64 * SECOND;
        host.observe(&Payment {
            amount: Some((amount, "EUR")),
            ..payment(at)
        });
        host.observe(&Payment {
            amount: Some((7, "JPY")),
            ..payment(at)
        });
    }
    let now = START + 10 * SECOND;
    let euros = host.features(&Payment {
        amount: Some((10_000, "EUR")),
        ..payment(now)
    });
    assert_eq!(euros["count_1h"], "10");
    assert_eq!(euros["sum_1d"], r#"{"currency":"EUR","value":"150.00"}"#);
    assert_eq!(euros["median_7d"], r#"{"currency":"EUR","value":"30.00"}"#);
    assert_eq!(euros["deviation_7d"], "\"4.7214\"");
    let yen = host.features(&Payment {
        amount: Some((8, "JPY")),
        ..payment(now)
    });
    assert_eq!(yen["sum_1d"], r#"{"currency":"JPY","value":"35"}"#);
    assert_eq!(yen["deviation_7d"], "\"0.6745\"");
    let dollars = host.features(&Payment {
        amount: Some((8, "USD")),
        ..payment(now)
    });
    assert_eq!(dollars["sum_1d"], r#"{"currency":"USD","value":"0.00"}"#);
    assert!(!dollars.contains_key("median_7d") && !dollars.contains_key("deviation_7d"));
}

#[test]
fn four_payments_are_no_history_and_five_are() {
    let host = Host::new();
    for n in 0..4 {
        host.observe(&payment(START + n));
    }
    assert_eq!(feature(&host, &payment(START + 9), "deviation_7d"), None);
    host.observe(&payment(START + 4));
    assert_eq!(
        feature(&host, &payment(START + 9), "deviation_7d").as_deref(),
        Some("\"0\"")
    );
}

#[test]
fn payees_are_counted_once_each() {
    let host = Host::new();
    for (n, payee) in [100, 101, 100, 102, 101].into_iter().enumerate() {
        host.observe(&Payment {
            payee: Some(payee),
            ..payment(START + n as u64)
        });
    }
    host.observe(&Payment {
        payee: None,
        ..payment(START + 8)
    });
    assert_eq!(
        feature(&host, &payment(START + 9), "payees_1d").as_deref(),
        Some("3")
    );
    assert_eq!(
        feature(&host, &payment(START + 9), "payee_count_1h").as_deref(),
        Some("2")
    );
}

#[test]
fn a_new_device_of_an_old_account_has_no_age() {
    let host = Host::new();
    host.observe(&payment(START));
    let later = START + 400 * DAY;
    let known = host.features(&payment(later));
    assert_eq!(
        (known["age"].as_str(), known["device_age"].as_str()),
        ("\"400d\"", "\"400d\"")
    );
    let new_device = host.features(&Payment {
        device: Some(2),
        ..payment(later)
    });
    assert_eq!(new_device["age"], "\"400d\"");
    assert!(!new_device.contains_key("device_age"));
}

#[test]
fn travel_is_from_the_last_place_that_is_known() {
    let host = Host::new();
    let antwerp = Some((512, 44));
    let singapore = Some((14, 1038));
    host.observe(&Payment {
        place: antwerp,
        ..payment(START)
    });
    host.observe(&payment(START + HOUR));
    let there = host.features(&Payment {
        place: singapore,
        ..payment(START + 2 * HOUR)
    });
    assert_eq!(
        (there["distance"].as_str(), there["speed"].as_str()),
        ("10539", "5269")
    );
    let stayed = host.features(&Payment {
        place: antwerp,
        ..payment(START + 2 * HOUR)
    });
    assert_eq!(
        (stayed["distance"].as_str(), stayed["speed"].as_str()),
        ("0", "0")
    );
    let nowhere = host.features(&payment(START + 2 * HOUR));
    assert!(!nowhere.contains_key("distance") && !nowhere.contains_key("speed"));
    // Long after every window the place is still the last one.
    let much_later = Payment {
        place: singapore,
        ..payment(START + 100 * DAY)
    };
    host.observe(&payment(START + 100 * DAY - 1));
    assert_eq!(
        feature(&host, &much_later, "distance").as_deref(),
        Some("10539")
    );
}

#[test]
fn what_was_only_attempted_counts_and_teaches_nothing() {
    let host = Host::new();
    let attempt = |n| Payment {
        is_attempt: true,
        place: Some((512, 44)),
        ..payment(START + n * HOUR / 10)
    };
    let next = Payment {
        place: Some((512, 44)),
        ..payment(START + HOUR)
    };
    for n in 0..6 {
        host.observe(&attempt(n));
    }
    let tried = host.features(&next);
    for (counts, times) in [
        ("count_1h", "6"),
        ("count_1d", "6"),
        ("device_count_1h", "6"),
        ("payee_count_1h", "6"),
        ("payees_1d", "1"),
        ("sum_1d", r#"{"currency":"EUR","value":"0.00"}"#),
    ] {
        assert_eq!(tried[counts], times, "{counts}");
    }
    assert_eq!(tried.len(), 6, "nothing is familiar: {tried:?}");
    for n in 0..6 {
        host.release(&attempt(n));
    }
    let mut released = host.features(&next);
    assert_eq!(released["age"], "\"1h\"");
    assert_eq!(released["device_age"], "\"1h\"");
    assert_eq!(released["distance"], "0");
    let sum = released.remove("sum_1d");
    assert_eq!(
        sum.as_deref(),
        Some(r#"{"currency":"EUR","value":"60.00"}"#)
    );
    assert!(released.contains_key("median_7d"), "{released:?}");
    for counts in ["count_1h", "payee_count_1h", "payees_1d"] {
        assert_eq!(released[counts], tried[counts], "no payment counts twice");
    }
}

/// A payment that names no account has the past of its card, with all that the card paid from whatever account.
#[test]
fn a_card_stands_in_for_an_account_that_is_not_named() {
    let with_card = DICTIONARY.to_owned()
        + "  - {name: instrument.pan, kind: text, class: personal, title: t, meaning: m}\n\
           \u{20} - {name: behaviour.card_1h, kind: integer, class: operational, title: t, meaning: m, feature: {of: [instrument.pan], measure: count, window: 1h}}\n";
    let with_card = with_card.replace("location: L,", "location: L, instrument: I,");
    let dictionary = Arc::new(Dictionary::parse("test.yaml", &with_card).expect("a dictionary"));
    let behaviour = Behaviour::new(Arc::clone(&dictionary)).expect("features");
    let row = |payment: &Payment, card: &str| {
        let mut row = payment.row(&dictionary);
        let pan = dictionary.by_name("instrument.pan").expect("a field").id;
        row.set(&dictionary, pan, Value::text(card)).expect("text");
        row
    };
    let names = |payment: &Payment, card: &str| {
        let values = behaviour.snapshot(&row(payment, card), payment.at()).values;
        let of = |(id, value): (_, Value)| {
            (
                dictionary.field(id).name.clone(),
                value.to_json().to_string(),
            )
        };
        values.into_iter().map(of).collect::<BTreeMap<_, _>>()
    };
    let nameless = Payment {
        account: None,
        ..payment(START + HOUR)
    };
    for n in 0..3 {
        let paid = payment(START + n);
        let seen = behaviour.observation(&row(&paid, "one"), paid.at());
        behaviour.observe(&seen.expect("a key"));
    }
    let own = names(&payment(START + HOUR - 1), "one");
    let found = names(&nameless, "one");
    assert_eq!(found["behaviour.count_1d"], "3");
    assert_eq!(found["behaviour.age"], "\"1h\"");
    assert_eq!(found["behaviour.device_age"], "\"1h\"");
    assert_eq!(found["behaviour.card_1h"], "3");
    assert_eq!(
        own["behaviour.count_1d"], "3",
        "the account counts none twice"
    );
    let stranger = names(&nameless, "two");
    assert_eq!(stranger["behaviour.count_1d"], "0");
    assert!(!stranger.contains_key("behaviour.age"));
}

#[test]
fn what_is_kept_is_tokens_and_coarse_places() {
    let dictionary = dictionary();
    let row = Payment {
        place: Some((512, 44)),
        ..payment(START)
    }
    .row(&dictionary);
    let seen = Observation::of(&dictionary, &row, Timestamp(START)).expect("keys");
    let json = serde_json::to_value(&seen).expect("json");
    let token = |name: &str| json["keys"][name].as_str().expect("a token").to_owned();
    assert!(token("payer.account").starts_with("tok_eu_account_"));
    assert_eq!(
        token("payee.account"),
        json["payee"].as_str().expect("a token")
    );
    assert_eq!(token("device.id"), "device 1");
    assert_eq!(json["place"], serde_json::json!([512, 44]));
    assert_eq!(json["amount"]["minor_units"], 1_000);
    assert_eq!(
        serde_json::from_value::<Observation>(json).expect("reads back"),
        seen
    );
}

#[test]
fn memory_is_bounded_and_what_was_forgotten_is_told() {
    let dictionary = dictionary();
    let bounds = Limits {
        keys: limits::SHARDS,
        events: 1_000_000,
        events_per_key: 10,
    };
    let behaviour = Behaviour::with_limits(Arc::clone(&dictionary), bounds).expect("features");
    for n in 0..2_000_u64 {
        let payment = Payment {
            account: Some((n % 250) as u8),
            device: Some((n / 250) as u8),
            ..payment(START + n)
        };
        let row = payment.row(&dictionary);
        behaviour.observe(&behaviour.observation(&row, payment.at()).expect("a key"));
    }
    let told = behaviour.statistics();
    assert!(told.keys <= limits::SHARDS as u64, "{told:?}");
    assert!(told.events <= told.keys * 10, "{told:?}");
    // Of accounts and of accounts with devices together; the payee's only key stays.
    assert!(
        told.keys_forgotten > 2_000 && told.events_crowded_out > 0,
        "{told:?}"
    );
    assert_eq!(told.events_too_late, 0);
}

#[test]
fn features_without_their_facts_are_refused_by_name() {
    let without = |name: &str| {
        let text: String = DICTIONARY
            .lines()
            .filter(|line| !line.contains(&format!("name: {name},")))
            .map(|line| format!("{line}\n"))
            .collect();
        let dictionary = Dictionary::parse("test.yaml", &text).expect("a dictionary");
        match Behaviour::new(Arc::new(dictionary)) {
            Ok(_) => panic!("compiled without {name}"),
            Err(error) => error,
        }
    };
    let error = without("payment.amount");
    assert_eq!(
        error,
        BehaviourError::MissingFact {
            feature: "behaviour.sum_1d".into(),
            needs: "payment.amount",
            kind: "money"
        }
    );
    assert!(error.to_string().contains("add a field"), "{error}");
    assert!(
        without("location.longitude")
            .to_string()
            .contains("location.longitude")
    );
}

#[test]
fn windows_and_keys_that_make_no_sense_are_refused() {
    let refused = |from: &str, to: &str| {
        let text = DICTIONARY.replace(from, to);
        assert_ne!(text, DICTIONARY);
        let dictionary = Dictionary::parse("test.yaml", &text).expect("a dictionary");
        match Behaviour::new(Arc::new(dictionary)) {
            Ok(_) => panic!("compiled with {to}"),
            Err(error) => error,
        }
    };
    for window in ["0s", "367d"] {
        let to = format!("measure: distinct_payees, window: {window}");
        let error = refused("measure: distinct_payees, window: 1d", &to);
        assert!(matches!(error, BehaviourError::Window { .. }), "{error}");
    }
    let error = refused(
        "{of: [payee.account], measure: count",
        "{of: [payment.amount], measure: count",
    );
    assert!(matches!(error, BehaviourError::KeyKind { .. }), "{error}");
}
