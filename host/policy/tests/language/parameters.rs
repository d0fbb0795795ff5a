//! Thresholds by name.

use weft_policy::ParameterKind;

use crate::{eur, fixture::load, policy, row, said, says, warnings};

const RULE: &str = "rules:\n  - {id: r, when: payment.amount > parameters.limit, verdict: hold, reason: because}\n";
const LIMIT: &str = "  - {name: limit, title: The most, type: money, value: 30.00 EUR}\n";

fn with(parameters: &str, rules: &str) -> String {
    policy(&format!("parameters:\n{parameters}{rules}"))
}

#[test]
fn a_rule_compares_with_a_threshold_and_a_test_varies_it() {
    let tests = "tests:\n  \
        - {name: above, given: {payment.amount: {value: '30.01', currency: EUR}}, expect: {verdict: hold, rules: [r]}}\n  \
        - {name: at it, given: {payment.amount: {value: '30.00', currency: EUR}}, expect: {verdict: abstain}}\n  \
        - {name: another, with: {limit: 50.00 EUR}, given: {payment.amount: {value: '30.01', currency: EUR}}, expect: {verdict: abstain}}\n  \
        - {name: missing, given: {}, expect: {verdict: hold, missing: [payment.amount]}}\n";
    let set = load(&[("p.yaml", &format!("{}{tests}", with(LIMIT, RULE)))]).expect("sound");
    assert_eq!(set.tests().passed, 4);
    let parameter = &set.policies()[0].parameters()[0];
    assert_eq!(parameter.kind(), ParameterKind::Money);
    assert_eq!((parameter.name(), parameter.title()), ("limit", "The most"));
    assert_eq!(parameter.value(0), "30.00 EUR");
}

#[test]
fn every_type_is_read_as_it_is_written() {
    let parameters = "  - {name: i, title: t, type: integer, value: 5, unit: payments, min: 1, max: 9}\n  \
        - {name: d, title: t, type: decimal, value: 0.13, unit: basis points}\n  \
        - {name: m, title: t, type: money, value: 1.50 EUR}\n  \
        - {name: l, title: t, type: duration, value: 24h}\n  \
        - {name: c, title: t, type: text, value: NO}\n";
    let rule = "rules:\n  - {id: r, when: 'payment.count > parameters.i && payment.rate > parameters.d && \
        payment.amount > parameters.m && payment.age < parameters.l && payer.country == parameters.c', verdict: deny, reason: because}\n";
    let set = load(&[("p.yaml", &with(parameters, rule))]).unwrap_or_else(|p| panic!("{p}"));
    let policy = &set.policies()[0];
    let values: Vec<String> = policy.parameters().iter().map(|p| p.value(0)).collect();
    let expected = ["5 payments", "0.13 basis points", "1.50 EUR", "1d", "NO"];
    assert_eq!(values, expected);
    let facts = row(&[
        ("payment.count", 6.into()),
        ("payment.rate", "0.1300001".into()),
        ("payment.amount", eur("1.51")),
        ("payment.age", "23h".into()),
        ("payer.country", "NO".into()),
    ]);
    assert_eq!(policy.evaluate(&facts).fired, ["r"]);
}

#[test]
fn problems_point_at_the_parameter() {
    let one = |parameter: &str, expected: &str| {
        says(&[("p.yaml", &with(parameter, RULE))], expected);
    };
    one(
        "  - {name: limit, title: t, type: money, value: 30 euros}\n",
        "p.yaml:13:49: error[W0308]: `30 euros` is not an amount (write an amount such as 30.00 EUR)",
    );
    one(
        "  - {name: limit, title: t, type: integer, value: 3}\n",
        "p.yaml:13:12: error[W0308]: `limit` is a bare number (say what it counts: unit: payments, unit: basis points)",
    );
    one(
        "  - {name: limit, title: t, type: money, value: 30.00 EUR, unit: euros}\n",
        "p.yaml:13:66: error[W0308]: an amount has its unit already (remove `unit`)",
    );
    one(
        "  - {name: limit, title: t, type: money, value: 30.00 EUR, max: 20.00 EUR}\n",
        "p.yaml:13:49: error[W0308]: 30.00 EUR is more than 20.00 EUR (write a value within `min` and `max`)",
    );
    one(
        "  - {name: limit, title: t, type: money, value: 30.00 EUR, at_threat: {2: 10.00 USD}}\n",
        "p.yaml:13:75: error[W0308]: 10.00 USD and 30.00 EUR are of different currencies (keep to one currency)",
    );
    one(
        "  - {name: limit, title: t, type: money, value: 30.00 EUR, at_threat: {4: 10.00 EUR}}\n",
        "p.yaml:13:72: error[W0308]: `4` is not a level of threat (write 1, 2 or 3)",
    );
    one(
        "  - {name: Limit, title: t, type: money, value: 30.00 EUR}\n",
        "p.yaml:13:12: error[W0308]: `Limit` is not a name of a parameter (write small letters, digits and _, a letter first)",
    );
    one(
        "  - {name: limti, title: t, type: money, value: 30.00 EUR}\n",
        "p.yaml:15:36: error[W0302]: there is no parameter `limit` (did you mean `parameters.limti`?)",
    );
    one(
        "  - {name: limit, title: t, type: duration, value: 24h}\n",
        "p.yaml:15:19: error[W0303]: an amount cannot be compared with a duration (write money('12.50', 'EUR'))",
    );
    one(
        &format!("{LIMIT}{LIMIT}"),
        "p.yaml:14:12: error[W0308]: the parameter `limit` stands twice (keep one of the two)",
    );
}

#[test]
fn what_a_test_gives_is_checked_like_the_file() {
    let test = |with_: &str| {
        let test = format!(
            "tests:\n  - {{name: t, with: {{{with_}}}, given: {{}}, expect: {{verdict: hold}}}}\n"
        );
        said(&[("p.yaml", &format!("{}{test}", with(LIMIT, RULE)))])
    };
    assert_eq!(
        test("limt: 1.00 EUR"),
        "p.yaml:21:22: error[W0302]: there is no parameter `limt` (did you mean `limit`?)"
    );
    assert_eq!(
        test("limit: 1"),
        "p.yaml:21:29: error[W0308]: `1` is not an amount (write an amount such as 30.00 EUR)"
    );
    assert_eq!(
        test("threat_level: 4"),
        "p.yaml:21:36: error[W0307]: test `t`: this is not a level of threat (write 0, 1, 2 or 3)"
    );
}

#[test]
fn norway_is_put_in_quotes() {
    let rule = "rules:\n  - {id: r, when: payer.country == 'NO', verdict: deny, reason: because}\n";
    let test = |code: &str| {
        let test = format!(
            "tests:\n  - {{name: t, given: {{payer.country: {code}}}, expect: {{verdict: deny}}}}\n"
        );
        said(&[("p.yaml", &format!("{}{test}", policy(rule)))])
    };
    assert_eq!(
        test("NO"),
        "p.yaml:19:38: error[W0307]: test `t`: the value given for `payer.country` does not fit \
         (`payer.country` is country: put the value in quotes)"
    );
    assert_eq!(test("'NO'"), "");
}

#[test]
fn a_threshold_that_nothing_uses_is_worth_a_warning() {
    let more = "  - {name: other, title: t, type: text, value: x}\n";
    let tests =
        "tests:\n  - {name: t, given: {}, expect: {verdict: hold, missing: [payment.amount]}}\n";
    let text = format!("{}{tests}", with(&format!("{LIMIT}{more}"), RULE));
    assert_eq!(
        warnings(&[("p.yaml", &text)]),
        [
            "p.yaml:14:12: warning[W0314]: nothing uses the parameter `other` (remove it, or use `parameters.other`)"
        ]
    );
}

#[test]
fn a_test_gives_an_amount_in_the_currency_of_the_parameter() {
    let tests = "tests:\n  - {name: t, with: {limit: 50.00 USD}, given: {payment.amount: {value: '30.01', currency: EUR}}, expect: {verdict: abstain}}\n";
    let text = format!("{}{tests}", with(LIMIT, RULE));
    says(
        &[("p.yaml", &text)],
        "p.yaml:21:29: error[W0308]: `limit` is in EUR, and 50.00 USD is not (write an amount in EUR)",
    );
}

#[test]
fn two_tests_of_one_name_are_refused_with_both_places() {
    let tests = "tests:\n  - {name: t, given: {}, expect: {verdict: hold}}\n  - {name: t, given: {}, expect: {verdict: hold}}\n";
    let text = format!("{}{tests}", with(LIMIT, RULE));
    let said = said(&[("p.yaml", &text)]);
    let told = |line: &str| {
        line.starts_with("p.yaml:22:12: error[W0307]: the test `t` stands twice, first in ")
            && line.ends_with("p.yaml:21:12 (give one of the two another name)")
    };
    assert!(said.lines().any(told), "{said}");
}
