//! What policies say about rows: three-valued, exact, never silently nothing.

mod fixture;

use std::sync::Arc;

use fixture::{dictionary, load_for_review, with_rule};
use weft_dictionary::{Row, Value};
use weft_policy::{Applies, Policy, PolicySet};
use weft_verdict::Verdict;

fn row(facts: &[(&str, serde_json::Value)]) -> Row {
    let dictionary = dictionary();
    let mut row = Row::new(&dictionary);
    for (name, json) in facts {
        let field = dictionary.by_name(name).expect("a field");
        let value = Value::from_json(field.kind, json).expect("of its kind");
        row.set(&dictionary, field.id, value).expect("fits");
    }
    row
}

fn one(text: &str) -> Arc<Policy> {
    let set: PolicySet =
        load_for_review(&[("p.yaml", text)]).unwrap_or_else(|problems| panic!("{problems}"));
    Arc::clone(&set.policies()[0])
}

/// The one rule's truth: true, false, or the missing fields, or a failure.
fn truth(when: &str, facts: &[(&str, serde_json::Value)]) -> String {
    let outcome = one(&with_rule(&format!("\"{when}\""))).evaluate(&row(facts));
    if outcome.failure.is_some() {
        return "failed".into();
    }
    if !outcome.missing.is_empty() {
        let dictionary = dictionary();
        let names: Vec<&str> = outcome
            .missing
            .iter()
            .map(|id| dictionary.field(*id).name.as_str())
            .collect();
        return format!("missing {}", names.join(" "));
    }
    (outcome.finding.verdict == Verdict::Deny).to_string()
}

fn eur(value: &str) -> serde_json::Value {
    serde_json::json!({ "value": value, "currency": "EUR" })
}

#[test]
fn a_missing_fact_is_neither_true_nor_false() {
    let amount = [("payment.amount", eur("10.00"))];
    assert_eq!(
        truth("payment.amount >= money('10', 'EUR')", &amount),
        "true"
    );
    assert_eq!(
        truth("payment.amount >= money('10', 'EUR')", &[]),
        "missing payment.amount"
    );
    assert_eq!(
        truth("!(payment.amount >= money('10', 'EUR'))", &[]),
        "missing payment.amount"
    );
    assert_eq!(
        truth("payment.risky && payment.count > 1", &[]),
        "missing payment.count payment.risky"
    );
    assert_eq!(
        truth(
            "payment.risky && payment.count > 1",
            &[("payment.count", 0.into())]
        ),
        "false"
    );
    assert_eq!(
        truth(
            "payment.risky || payment.count > 1",
            &[("payment.count", 2.into())]
        ),
        "true"
    );
    assert_eq!(truth("has(payment.risky) && payment.risky", &[]), "false");
}

#[test]
fn money_is_exact_and_has_one_currency() {
    let amount = [("payment.amount", eur("0.30"))];
    assert_eq!(
        truth("payment.amount == money('0.10', 'EUR') * 3", &amount),
        "true"
    );
    assert_eq!(
        truth("payment.amount > money('0.10', 'USD')", &amount),
        "failed"
    );
    assert_eq!(
        truth("payment.amount == money('0.30', 'USD')", &amount),
        "failed"
    );
    assert_eq!(
        truth(
            "currency(payment.amount) == 'EUR' && minor(payment.amount) == 30",
            &amount
        ),
        "true"
    );
    assert_eq!(
        truth("minor(payment.amount) * 9223372036854775807 > 0", &amount),
        "failed"
    );
}

#[test]
fn numbers_and_times_end_somewhere() {
    let facts = [
        ("payment.at", "9999-12-30T21:00:00Z".into()),
        ("payment.age", "36h".into()),
    ];
    for (when, expected) in [
        ("-(-9223372036854775807) == 9223372036854775807", "true"),
        ("-(-9223372036854775808) > 0", "failed"),
        ("9223372036854775807 + 1 > 0", "failed"),
        ("payment.at + payment.age > payment.at", "failed"),
        ("payment.age + payment.at > payment.at", "failed"),
        (
            "payment.age + duration('315575999990s') > payment.age",
            "failed",
        ),
        ("payment.age - duration('37h') < payment.age", "failed"),
        (
            "payment.at - payment.age == payment.at - duration('36h')",
            "true",
        ),
        // A failure decides nothing where the other side does.
        (
            "-(-9223372036854775808) > 0 || payment.age > duration('1h')",
            "true",
        ),
        ("-(-9223372036854775808) > 0 || payment.risky", "failed"),
    ] {
        assert_eq!(truth(when, &facts), expected, "{when}");
    }
}

#[test]
fn texts_times_and_lists() {
    let facts = [
        ("payer.country", "BE".into()),
        ("payer.city", "Gent".into()),
        ("payment.codes", serde_json::json!(["a", "b"])),
        ("payment.at", "2026-01-02T00:00:00Z".into()),
        ("payment.age", "36h".into()),
        ("payment.rate", "0.1".into()),
    ];
    for (when, expected) in [
        ("payer.country in ['BE', 'NL']", "true"),
        ("!(payer.country in [])", "true"),
        (
            "payer.city.startsWith('Ge') && payer.city.contains('en') && size(payer.city) == 4",
            "true",
        ),
        (
            "'a' in payment.codes && !('z' in payment.codes) && size(payment.codes) == 2",
            "true",
        ),
        (
            "payment.at - duration('24h') == timestamp('2026-01-01T00:00:00Z')",
            "true",
        ),
        ("payment.age > duration('1d')", "true"),
        ("payment.rate * 3 == decimal('0.3')", "true"),
        ("payment.rate < 1", "true"),
        (
            "payer.country == 'BE' ? payer.city == 'Gent' : false",
            "true",
        ),
    ] {
        assert_eq!(truth(when, &facts), expected, "{when}");
    }
}

#[test]
fn a_condition_that_rests_on_a_missing_fact_does_not_switch_a_policy_off() {
    let text = with_rule("payment.risky").replace(
        "rules:",
        "match:\n  - {name: abroad, expression: payer.country != 'BE'}\nrules:",
    );
    let policy = one(&text);
    assert_eq!(
        policy.matches(&row(&[("payer.country", "BE".into())])),
        Applies::No
    );
    assert_eq!(
        policy.matches(&row(&[("payer.country", "NL".into())])),
        Applies::Yes
    );
    let country = dictionary().by_name("payer.country").expect("a field").id;
    assert_eq!(policy.matches(&row(&[])), Applies::Missing(vec![country]));
}

#[test]
fn variables_are_what_they_stand_for() {
    let text = with_rule("variables.abroad && variables.big").replace(
        "rules:",
        "variables:\n  - {name: abroad, expression: payer.country != 'BE'}\n  - {name: big, expression: variables.abroad && \
         payment.count > 5}\nrules:",
    );
    let policy = one(&text);
    let said = |country: &str, count: i64| {
        policy
            .evaluate(&row(&[
                ("payer.country", country.into()),
                ("payment.count", count.into()),
            ]))
            .finding
            .verdict
    };
    assert_eq!(said("NL", 6), Verdict::Deny);
    assert_eq!(said("BE", 6), Verdict::Abstain);
}
