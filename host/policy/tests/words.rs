//! Rules in plain words.

mod fixture;

use fixture::{dictionary, load_for_review, with_rule};
use weft_policy::Body;

fn words(when: &str) -> String {
    let set = load_for_review(&[("p.yaml", &with_rule(when))]).expect("sound");
    let Body::Rules(rules) = set.policies()[0].body() else {
        panic!("a policy with rules");
    };
    rules[0].words(&dictionary()).one_line()
}

#[test]
fn comparisons_are_sentences() {
    assert_eq!(
        words("payment.amount > money('500.00', 'EUR')"),
        "t (payment.amount) is more than 500.00 EUR"
    );
    assert_eq!(words("payment.risky"), "t (payment.risky): yes");
    assert_eq!(
        words("'!has(payer.country)'"),
        "t (payer.country) is not known"
    );
    assert_eq!(
        words("payer.country in ['BE', 'NL']"),
        "t (payer.country) is one of “BE”, “NL”"
    );
    assert_eq!(
        words("payment.amount - money('1.00', 'EUR') >= money('9.00', 'EUR')"),
        "(t (payment.amount) minus 1.00 EUR) is at least 9.00 EUR"
    );
}

#[test]
fn contraries_are_said_outright() {
    assert_eq!(
        words("'!(payment.count > 3 && payment.risky)'"),
        "t (payment.count) is at most 3 or t (payment.risky): no"
    );
    assert_eq!(
        words("'!(payer.city.startsWith(\"G\"))'"),
        "t (payer.city) does not begin with “G”"
    );
}

#[test]
fn brackets_stand_where_they_are_needed() {
    assert_eq!(
        words("payment.risky && (payment.count > 3 || payment.count == 0) && has(payer.city)"),
        "t (payment.risky): yes and (t (payment.count) is more than 3 or t (payment.count) is 0) \
         and t (payer.city) is known"
    );
}
