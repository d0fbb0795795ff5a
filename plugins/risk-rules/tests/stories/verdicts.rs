//! What a score leads to, and what is always true of it.

use crate::payer::{HOUR_MS, NOON, decimal, eur, first, score, score_with, usual};
use risk_rules::risk_rules::Plugin;
use weft_sdk::test::{self, Evaluation};
use weft_sdk::{Evidence, Instant, Needs, Plugin as _, Value, Verdict};

/// Eighteen hundred euros, to a payee and from a device that the account does not know, in Lisbon, minutes
/// after a payment in Ghent.
fn stolen() -> Evaluation<Plugin> {
    usual()
        .need("payment.amount", eur(1_890_00))
        .need("behaviour.account.amount_deviation_30d", decimal("157.2"))
        .need("behaviour.account_device.age", Value::Absent)
        .need("behaviour.device.age", Value::Absent)
        .need("behaviour.account_payee.age", Value::Absent)
        .need("behaviour.account.travel_speed", 40_000)
        .need("behaviour.account.travel_distance", 1_716)
        .need("location.country", "PT")
}

#[test]
fn a_stolen_account_waits_until_the_customer_approves() {
    let finding = stolen().evaluate();
    assert_eq!(finding.verdict, Verdict::Hold);
    assert_eq!(finding.risk, Some(780));
    let codes = [
        "amount-unusual",
        "impossible-travel",
        "device-new",
        "payee-new",
        "device-abroad",
    ];
    assert_eq!(finding.codes(), codes, "the strongest first");
    let method = [("method".to_owned(), "app-approval".to_owned())];
    assert_eq!(finding.obligation("step-up"), Some(&method[..]));
}

#[test]
fn every_reason_names_the_facts_that_it_rests_on() {
    let finding = stolen().evaluate();
    let fields = |evidence: &[Evidence]| -> Vec<&str> {
        let fields = <Plugin as weft_sdk::Plugin>::Needs::FIELDS;
        evidence.iter().map(|e| fields[usize::from(e.0)]).collect()
    };
    assert_eq!(
        fields(&finding.reasons[0].1),
        [
            "payment.amount",
            "behaviour.account.median_30d",
            "behaviour.account.amount_deviation_30d"
        ]
    );
    assert_eq!(
        fields(&finding.reasons[1].1),
        [
            "behaviour.account.travel_speed",
            "behaviour.account.travel_distance"
        ]
    );
}

#[test]
fn a_new_sim_card_on_top_of_it_is_too_much() {
    let finding = stolen().need("payer.sim_changed_at", NOON).evaluate();
    assert_eq!((finding.verdict, finding.risk), (Verdict::Deny, Some(980)));
    assert_eq!(finding.obligation("step-up"), None, "no approval helps");
    let with_night = stolen()
        .need("payer.sim_changed_at", NOON)
        .at(Instant(NOON.0 + 15 * HOUR_MS));
    assert_eq!(with_night.evaluate().risk, Some(1_000), "never more");
}

#[test]
fn no_single_signal_stops_a_payment() {
    let alone: [(&str, Value); 8] = [
        (
            "behaviour.account.amount_deviation_30d",
            decimal("900").into(),
        ),
        ("behaviour.account.count_1h", 4_096.into()),
        ("behaviour.account_device.age", Value::Absent),
        ("behaviour.account_payee.age", Value::Absent),
        ("behaviour.account.travel_speed", 900_000.into()),
        ("location.country", "PT".into()),
        ("payer.sim_changed_at", NOON.into()),
        ("behaviour.terminal.count_24h", 4_096.into()),
    ];
    for (field, value) in alone {
        let payment = usual()
            .need("payment.amount", eur(100_00))
            .need("behaviour.account.travel_distance", 900);
        let finding = payment.need(field, value).evaluate();
        assert!(finding.goes_on(), "{field}: {finding:?}");
        assert!(score(&finding) > 0, "{field}");
    }
}

#[test]
fn thresholds_belong_to_the_severer_verdict() {
    let at = |points: i64| {
        let payment = first().need("payment.amount", eur(1_000_00));
        payment.setting("unproven_points", points).evaluate()
    };
    use Verdict::{Allow, Challenge, Deny, Flag, Hold};
    assert_eq!([at(249).verdict, at(250).verdict], [Allow, Flag]);
    assert_eq!([at(399).verdict, at(400).verdict], [Flag, Challenge]);
    assert_eq!([at(599).verdict, at(600).verdict], [Challenge, Hold]);
    assert_eq!([at(949).verdict, at(950).verdict], [Hold, Deny]);
    assert!(at(400).obligation("step-up").is_some() && at(949).obligation("step-up").is_some());
    assert!(at(399).obligation("step-up").is_none());
}

#[test]
fn a_threshold_of_1001_is_never_reached() {
    let finding = first()
        .need("payment.amount", eur(1_000_00))
        .setting("unproven_points", 1_000)
        .setting("deny_at", 1_001)
        .evaluate();
    assert_eq!(
        (finding.verdict, finding.risk),
        (Verdict::Hold, Some(1_000))
    );
}

#[test]
fn a_payer_of_whom_nothing_is_known_waits() {
    let nobody = || {
        test::of::<Plugin>()
            .at(NOON)
            .need("payment.amount", eur(1_00))
            .need("payment.method", "card")
            .need("instrument.entry_mode", "chip")
            .need("payee.terminal", true)
            .need("behaviour.terminal.count_24h", 0)
            .need("payee.country", "BE")
    };
    let finding = nobody().evaluate();
    assert_eq!((finding.verdict, finding.risk), (Verdict::Hold, Some(650)));
    assert_eq!(finding.codes(), ["payer-unknown", "card-unknown"]);
    assert!(finding.obligation("step-up").is_some());
    let refused = nobody().setting("unknown_payer", "deny").evaluate();
    assert_eq!(refused.verdict, Verdict::Deny);
    assert!(refused.obligation("step-up").is_none());
    let with_a_card = nobody()
        .need("instrument.pan", true)
        .need("behaviour.card.count_24h", 0)
        .need("behaviour.card.count_1h", 0);
    assert_eq!(with_a_card.evaluate().verdict, Verdict::Allow);
}

#[test]
fn without_an_amount_there_is_no_answer() {
    assert!(
        usual()
            .need("payment.amount", Value::Absent)
            .try_evaluate()
            .is_err()
    );
}

#[test]
fn to_leave_a_fact_out_never_makes_a_remote_payment_milder() {
    let place = [
        "location.latitude",
        "location.longitude",
        "location.country",
        "behaviour.account.travel_speed",
        "behaviour.account.travel_distance",
    ];
    let payee = ["payee.account", "behaviour.account_payee.age"];
    let device = [
        "device.id",
        "behaviour.device.age",
        "behaviour.account_device.age",
    ];
    for left_out in [&["payer.account"][..], &place, &payee, &device] {
        for payment in [usual, stolen, first] {
            let before = payment().evaluate();
            let absent = |p: Evaluation<Plugin>, field: &&str| p.need(field, Value::Absent);
            let after = left_out.iter().fold(payment(), absent).evaluate();
            assert!(
                after.risk >= before.risk,
                "{left_out:?}: {before:?} {after:?}"
            );
            assert!(after.verdict >= before.verdict, "{left_out:?}");
        }
    }
}

/// Every part of them, wherever the device, the payer and the payee are, and with countries that a policy watches.
#[test]
fn to_leave_countries_out_never_makes_a_remote_payment_milder() {
    let facts = [
        "location.country",
        "payer.country",
        "instrument.issuer_country",
        "payee.country",
    ];
    let countries = ["BE", "PT", "KY"];
    let payments = countries.len().pow(4);
    for payment in 0..payments {
        let country =
            |fact: usize| countries[payment / countries.len().pow(fact as u32) % countries.len()];
        // Which of them are there: one bit a fact.
        let risk = |there: usize| {
            let base = usual()
                .need("payer.account_country", Value::Absent)
                .setting("watched_countries", vec!["KY".to_owned()]);
            let add = |p: Evaluation<Plugin>, (index, field): (usize, &&str)| {
                let is_there = there & (1 << index) != 0;
                let value = if is_there {
                    country(index).into()
                } else {
                    Value::Absent
                };
                p.need(field, value)
            };
            let found = facts.iter().enumerate().fold(base, add).evaluate();
            (found.risk, found.verdict)
        };
        let full = risk(0b1111);
        for there in 0..0b1111 {
            let (points, verdict) = risk(there);
            assert!(
                points >= full.0 && verdict >= full.1,
                "{payment} {there:04b}"
            );
        }
    }
}

#[test]
fn a_remote_payment_without_account_needs_a_card_that_was_seen() {
    let nameless = || first().need("payer.account", Value::Absent);
    let stranger = nameless().evaluate();
    assert_eq!(stranger.verdict, Verdict::Hold);
    assert!(stranger.codes().contains(&"payer-unknown"));
    let seen = usual().need("payer.account", Value::Absent).evaluate();
    assert_eq!((seen.verdict, seen.risk), (Verdict::Allow, Some(0)));
    let in_a_shop = nameless().need("instrument.entry_mode", "chip").evaluate();
    assert_eq!(in_a_shop.verdict, Verdict::Allow);
}

#[test]
fn to_withhold_a_fact_never_makes_it_milder() {
    let withheld = || Value::Withheld("redacted".to_owned());
    for field in <Plugin as weft_sdk::Plugin>::Needs::FIELDS {
        if *field == "payment.amount" {
            continue;
        }
        for payment in [usual, stolen, first] {
            let before = payment().evaluate();
            let after = payment().need(field, withheld()).evaluate();
            assert!(
                score(&after) >= score(&before),
                "{field}: {before:?} {after:?}"
            );
            assert!(after.verdict >= before.verdict, "{field}");
        }
    }
}

#[test]
fn points_of_zero_switch_a_signal_off_even_when_its_facts_are_withheld() {
    let finding = usual()
        .need(
            "behaviour.account.travel_speed",
            Value::Withheld("not-granted".to_owned()),
        )
        .setting("travel_points", 0)
        .evaluate();
    assert_eq!(finding.codes(), Vec::<&str>::new());
}

#[test]
fn every_reason_says_its_points_and_they_are_the_score() {
    assert_eq!(usual().evaluate().points, []);
    let finding = stolen().evaluate();
    let points = [
        ("amount-unusual", 250),
        ("impossible-travel", 250),
        ("device-new", 150),
        ("payee-new", 80),
        ("device-abroad", 50),
    ];
    assert_eq!(finding.points, points);
    let sum: u16 = finding.points.iter().map(|(_, points)| points).sum();
    assert_eq!(finding.risk, Some(sum));
}

#[test]
fn the_defaults_hold_together() {
    assert_eq!(usual().problems(), []);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let path = |evaluation: Evaluation<Plugin>| -> Vec<String> {
        evaluation
            .problems()
            .into_iter()
            .map(|problem| problem.path)
            .collect()
    };
    assert_eq!(
        path(usual().setting("hold_at", 300)),
        ["hold_at"],
        "below the challenge"
    );
    assert_eq!(path(usual().setting("flag_at", 0)), ["flag_at"]);
    assert_eq!(
        path(usual().setting("hourly_full", 10)),
        ["hourly_full"],
        "not above hourly_from"
    );
    assert_eq!(
        path(usual().setting("travel_from_km_h", 2_000)),
        ["travel_full_km_h"]
    );
    assert_eq!(
        path(usual().setting("watched_countries", vec!["Belgium".to_owned()])),
        ["watched_countries"]
    );
    let limits = |list: &[&str]| {
        let list: Vec<String> = list.iter().map(|limit| (*limit).to_owned()).collect();
        path(usual().setting("unproven_limits", list))
    };
    for bad in ["EUR 1.000,00", "EUR", "eur 1.00", "1.00 EUR", ""] {
        assert_eq!(limits(&[bad]), ["unproven_limits"], "{bad:?}");
    }
    assert_eq!(
        limits(&["EUR 1.00", "USD 1.00", "EUR 2.00"]),
        ["unproven_limits"]
    );
    assert_eq!(
        limits(&[]),
        Vec::<String>::new(),
        "every amount is unproven"
    );
    let never = usual()
        .setting("challenge_at", 1_001)
        .setting("hold_at", 1_001)
        .setting("deny_at", 1_001);
    assert_eq!(path(never), ["challenge_at"]);
}

#[test]
fn the_manifest_asks_for_no_identity_of_anybody() {
    let manifest = <Plugin as weft_sdk::Plugin>::MANIFEST;
    assert!(!manifest.contains("\"token\""), "nobody is told apart");
    assert!(manifest.contains(r#""field":"device.id","kind":"boolean","treatment":"present""#));
    assert!(Plugin::MANIFEST.contains("fraud-prevention"));
}

/// A platform that does not send when SIM card or credentials changed goes without that signal; the policy accepts it by
/// the names of the facts.
#[test]
fn changes_that_are_left_out_are_accepted_by_the_policy() {
    let policy = include_str!("../../../../policies/risk/behaviour.yaml");
    let (_, accepted) = policy.split_once("accepts_risk:").expect("it accepts some");
    let (accepted, _) = accepted.split_once("\nstage:").expect("the head ends");
    for field in ["payer.sim_changed_at", "payer.credentials_changed_at"] {
        assert!(score_with(field, Value::Absent) < score_with(field, NOON));
        assert!(accepted.contains(field), "{field} is not accepted");
    }
}
