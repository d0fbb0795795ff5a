//! What is left out makes nothing milder: every payment of a few countries, and every part of it.

use data_residency::data_residency::Plugin;
use serde_json::json;
use weft_sdk::{Finding, Value, Verdict, test};

use crate::laws::{corridors, india};

/// The facts that say where a side is.
const FACTS: [&str; 7] = [
    "payer.country",
    "instrument.issuer_country",
    "payee.country",
    "payer.account_country",
    "payee.account_country",
    "payer.bank",
    "payee.bank",
];
const COUNTRY_FACTS: usize = 5;
/// What each fact is, or left out.
const VALUES: usize = 4;

/// One payment: of each fact 0, left out, or the number of a country.
type Payment = [usize; FACTS.len()];

const NOTHING: usize = 0;
const INDIA: usize = 1;

fn country(value: usize) -> &'static str {
    ["", "IN", "CN", "BE"][value]
}

fn bank(value: usize) -> &'static str {
    ["", "HDFCINBB", "BKCHCNBJ", "KREDBEBB"][value]
}

fn china() -> Value {
    corridors(json!([{"name": "within", "payer": ["CN"], "payee": ["CN"], "keep_in": ["cn"]}]))
}

/// Exceptions before the rule, deletion, and a corridor for everybody of one country.
fn mixed() -> Value {
    corridors(json!([
        {"name": "with China", "payer": ["IN"], "payee": ["CN"], "keep_in": ["in", "eu"]},
        {"name": "processed", "payer": ["BE"], "payee": ["BE"], "keep_in": ["in"],
         "process_in": ["eu"], "delete_after_h": 24},
        {"name": "from India", "payer": ["IN"], "payee": ["any"], "keep_in": ["in"]},
        {"name": "to China", "payer": ["any"], "payee": ["CN"], "keep_in": ["any"], "copy_in": "cn"},
    ]))
}

fn decided(law: &Value, method: Option<&str>, payment: &Payment) -> Finding {
    let mut asked = test::of::<Plugin>()
        .need("processing.region", "eu")
        .setting("corridors", law.clone())
        .setting("when_unknown", "deny");
    if let Some(method) = method {
        asked = asked.need("payment.method", method);
    }
    for (index, (field, value)) in FACTS.into_iter().zip(payment).enumerate() {
        let text = if index < COUNTRY_FACTS {
            country(*value)
        } else {
            bank(*value)
        };
        if *value != NOTHING {
            asked = asked.need(field, text);
        }
    }
    asked.evaluate()
}

/// Every payment that has these facts, or does not, and no others.
fn payments(facts: &[usize]) -> Vec<Payment> {
    let mut all = vec![[NOTHING; FACTS.len()]];
    for fact in facts {
        all = all
            .into_iter()
            .flat_map(|payment| {
                (0..VALUES).map(move |value| {
                    let mut payment = payment;
                    payment[*fact] = value;
                    payment
                })
            })
            .collect();
    }
    all
}

/// Leaving out one fact after the other is leaving out any set of them, so one step is enough.
fn nothing_is_milder(law: &Value, method: Option<&str>, facts: &[usize]) {
    for payment in payments(facts) {
        let full = decided(law, method, &payment).verdict;
        for fact in facts.iter().filter(|fact| payment[**fact] != NOTHING) {
            let mut less = payment;
            less[*fact] = NOTHING;
            let without = decided(law, method, &less).verdict;
            assert!(
                without >= full,
                "{method:?} {payment:?}: {full:?}, without {}: {without:?}",
                FACTS[*fact]
            );
        }
        let unsaid = decided(law, None, &payment).verdict;
        assert!(
            unsaid >= full,
            "{method:?} {payment:?}: {full:?}, without a method: {unsaid:?}"
        );
    }
}

#[test]
fn nothing_that_is_left_out_of_a_card_payment_makes_it_milder() {
    for law in [india(), china(), mixed()] {
        for method in [Some("card"), Some("wallet"), None] {
            nothing_is_milder(&law, method, &[0, 1, 2]);
        }
    }
}

#[test]
fn nothing_that_is_left_out_of_a_transfer_makes_it_milder() {
    for law in [india(), china(), mixed()] {
        for method in [Some("credit_transfer"), Some("direct_debit"), None] {
            nothing_is_milder(&law, method, &[3, 4]);
            nothing_is_milder(&law, method, &[5, 6]);
        }
    }
}

/// What a payment of its kind need not say can only add: with it a payment is treated as severely or more.
#[test]
fn what_need_not_be_known_can_only_make_it_more_severe() {
    let more_is_more_severe = |method: &str, facts: &[usize], added: usize| {
        for payment in payments(facts) {
            let mut less = payment;
            less[added] = NOTHING;
            let with = decided(&china(), Some(method), &payment).verdict;
            assert!(
                with >= decided(&china(), Some(method), &less).verdict,
                "{method} {payment:?}"
            );
        }
    };
    more_is_more_severe("card", &[0, 1, 2, 5], 5);
    more_is_more_severe("credit_transfer", &[0, 2, 3, 4], 0);
    more_is_more_severe("direct_debit", &[0, 2, 3, 4], 2);
    let card = [3, 3, INDIA, 0, 0, INDIA, 0];
    assert_eq!(
        decided(&india(), Some("card"), &card).verdict,
        Verdict::Deny
    );
}

#[test]
fn a_card_without_an_issuer_may_be_of_any_country() {
    let without = decided(&india(), Some("card"), &[3, 0, INDIA, 0, 0, 0, 0]);
    assert_eq!(
        (without.verdict, without.codes()),
        (Verdict::Deny, vec!["country-unknown"])
    );
    let abroad = decided(&india(), Some("card"), &[3, 3, INDIA, 0, 0, 0, 0]);
    assert_eq!(
        (abroad.verdict, abroad.codes()),
        (Verdict::Abstain, vec!["copy-elsewhere"])
    );
}

#[test]
fn a_transfer_says_where_the_accounts_are() {
    let transfer = |payment: &Payment| decided(&india(), Some("credit_transfer"), payment).verdict;
    assert_eq!(transfer(&[3, 0, INDIA, 0, 0, 0, 0]), Verdict::Deny);
    assert_eq!(transfer(&[3, 0, INDIA, 3, 0, 0, 0]), Verdict::Abstain);
    assert_eq!(transfer(&[3, 0, INDIA, 0, 0, 3, 0]), Verdict::Abstain);
    assert_eq!(transfer(&[3, 0, INDIA, 0, 0, INDIA, 0]), Verdict::Deny);
    // Nobody's residence is named: the accounts are enough.
    assert_eq!(transfer(&[0, 0, 0, 3, 3, 0, 0]), Verdict::Abstain);
    assert_eq!(transfer(&[0, 0, 0, INDIA, INDIA, 0, 0]), Verdict::Deny);
    assert_eq!(transfer(&[0, 0, 0, INDIA, 0, 0, 0]), Verdict::Deny);
}
