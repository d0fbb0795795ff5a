//! Functions of the language, and what they are not given.

use crate::fixture::{load, with_rule};
use crate::{eur, row, says};

fn truth(when: &str, facts: &[(&str, serde_json::Value)]) -> bool {
    let set = load(&[("p.yaml", &with_rule(&format!("\"{when}\"")))]);
    let set = set.unwrap_or_else(|problems| panic!("{problems}"));
    let outcome = set.policies()[0].evaluate(&row(facts));
    assert_eq!(
        (&outcome.failure, outcome.missing.len()),
        (&None, 0),
        "{when}"
    );
    !outcome.fired.is_empty()
}

#[test]
fn the_clock_of_a_place() {
    // A Thursday, half past midnight in Brussels and Wednesday evening in UTC.
    let at = [("payment.at", "2026-01-14T23:30:00Z".into())];
    for (when, expected) in [
        ("payment.at.getHours('Europe/Brussels') == 0", true),
        ("payment.at.getHours() == 23", true),
        (
            "payment.at.getHours('UTC') >= 22 || payment.at.getHours('UTC') < 6",
            true,
        ),
        ("payment.at.getMinutes('Asia/Kolkata') == 0", true),
        ("payment.at.getDayOfWeek('Europe/Brussels') == 4", true),
        ("payment.at.getDayOfWeek('UTC') == 3", true),
        ("payment.at.getDate('Europe/Brussels') == 15", true),
        ("payment.at.getMonth('Europe/Brussels') == 0", true),
        ("payment.at.getDayOfWeek('-03:00') in [0, 6]", false),
    ] {
        assert_eq!(truth(when, &at), expected, "{when}");
    }
}

#[test]
fn lengths_of_time_numbers_and_amounts() {
    let facts = [
        ("payment.age", "90m".into()),
        ("payment.count", (-7).into()),
        ("payment.amount", eur("123.45")),
        ("payer.city", "Gent".into()),
    ];
    for when in [
        "payment.age.getHours() == 1",
        "payment.age.getMinutes() == 90",
        "math.abs(payment.count) == 7",
        "math.abs(payment.amount - money('200', 'EUR')) == money('76.55', 'EUR')",
        "math.least(payment.count, 3) == -7",
        "math.greatest(payment.amount, money('5', 'EUR')) == payment.amount",
        "band(payment.amount) == '100..999 EUR'",
        "band(payment.count) == '-9..0'",
        "mask(payer.city) == 'G•••'",
    ] {
        assert!(truth(when, &facts), "{when}");
    }
}

#[test]
fn what_does_not_fit_is_told_at_the_very_character() {
    for (when, expected) in [
        (
            "payment.at.getHours('Europe/Brusels') == 0",
            "p.yaml:14:31: error[W0302]: there is no time zone `Europe/Brusels` (write a name of the IANA database such as 'Europe/Brussels', or '+05:30')",
        ),
        (
            "payment.at.getHours(payer.city) == 0",
            "p.yaml:14:11: error[W0303]: a time zone is written as one text (write a name of the IANA database such as 'Europe/Brussels', or '+05:30')",
        ),
        (
            "payment.age.getDate() == 0",
            "p.yaml:14:11: error[W0303]: a duration has no `getDate` with these arguments (write instant.getHours('Europe/Brussels') or duration.getHours())",
        ),
        (
            "math.least(payment.count, payment.amount) == 0",
            "p.yaml:14:37: error[W0303]: this has to be an integer, and is an amount (write a whole number)",
        ),
        (
            "abs(payment.count) == 0",
            "p.yaml:14:11: error[W0302]: there is no function `abs` with these arguments (did you mean `math.abs`? See policies/README.md for its arguments)",
        ),
        (
            "band(payer.city) == ''",
            "p.yaml:14:16: error[W0303]: a text has no band",
        ),
        (
            "mask(payer.account) == ''",
            "p.yaml:14:16: error[W0303]: this has to be a text, and is a token (write a text in 'single quotes')",
        ),
        (
            "payment.count / 2 > 1",
            "p.yaml:14:11: error[W0304]: division and remainder are not part of the policy language (multiply the other side; division is not exact)",
        ),
    ] {
        says(&[("p.yaml", &with_rule(when))], expected);
    }
}
