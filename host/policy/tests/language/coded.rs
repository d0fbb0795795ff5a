//! Words of closed lists: countries, currencies; and tokens of several kinds.

use weft_dictionary::Dictionary;
use weft_policy::PolicySet;

use crate::fixture::{self, load, policy, with_rule};

const COUNTRY: &str = "a country is two letters of ISO 3166-1, in upper case";

fn said(when: &str) -> String {
    errors(load(&[("p.yaml", &with_rule(when))]).err())
}

/// What refuses a file.
fn errors(said: Option<String>) -> String {
    let said = said.unwrap_or_default();
    let errors = said.lines().filter(|line| line.contains("error["));
    errors.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_country_that_there_is_none_of_is_refused_at_its_place() {
    let meant = |code: &str| {
        format!("did you mean '{code}'? A country is two letters of ISO 3166-1, in upper case")
    };
    for (when, column, word, help) in [
        ("payer.country == 'XX'", 28, "XX", COUNTRY.to_owned()),
        ("\"'IRN' != payer.country\"", 12, "IRN", meant("IR")),
        ("payer.country == 'UK'", 28, "UK", meant("GB")),
        ("payer.country in ['BE', 'nl']", 35, "nl", meant("NL")),
    ] {
        let expected =
            format!("p.yaml:14:{column}: error[W0302]: `payer.country` is never '{word}' ({help})");
        assert_eq!(said(when).lines().next(), Some(expected.as_str()), "{when}");
    }
    let corridor = said("corridor('XX', payee.country) == corridor('BE', payee.country)");
    let expected = format!("p.yaml:14:20: error[W0302]: a country is never 'XX' ({COUNTRY})");
    assert_eq!(corridor.lines().next(), Some(expected.as_str()));
    let body = "match:\n  - name: there\n    expression: payer.country == 'XX'\nplugin: {name: x, grants: []}\n";
    let expected = format!("p.yaml:14:34: error[W0302]: `payer.country` is never 'XX' ({COUNTRY})");
    let said = errors(load(&[("p.yaml", &policy(body, ""))]).err());
    assert_eq!(said.lines().next(), Some(expected.as_str()));
}

#[test]
fn a_threshold_and_a_given_fact_are_countries_too() {
    let body = "parameters:\n  - {name: home, title: t, type: text, value: XX}\nrules:\n  - {id: r, when: payer.country == parameters.home, \
                verdict: deny, reason: because}\n";
    let said = load(&[("p.yaml", &policy(body, ""))])
        .err()
        .unwrap_or_default();
    let expected = format!("p.yaml:15:36: error[W0302]: `payer.country` is never 'XX' ({COUNTRY})");
    assert!(said.lines().any(|line| line == expected), "{said}");
    let tests =
        "tests:\n  - name: t\n    given: {payer.country: XX}\n    expect: {verdict: abstain}\n";
    let said = load(&[("p.yaml", &(with_rule("payer.country == 'BE'") + tests))])
        .err()
        .unwrap_or_default();
    let expected =
        format!("p.yaml:23:28: error[W0307]: test `t`: `payer.country` is never 'XX' ({COUNTRY})");
    assert!(said.lines().any(|line| line == expected), "{said}");
}

#[test]
fn a_currency_that_there_is_none_of_is_refused() {
    assert_eq!(
        said("currency(payment.amount) == 'eur'").lines().next(),
        Some(
            "p.yaml:14:39: error[W0302]: a currency is never 'eur' (did you mean 'EUR'? A currency is three letters of ISO 4217, in upper \
             case)"
        )
    );
    assert_eq!(
        said("currency(payment.amount) in ['EUR', 'EURO']")
            .lines()
            .next(),
        Some(
            "p.yaml:14:47: error[W0302]: a currency is never 'EURO' (a currency is three letters of ISO 4217, in upper case)"
        )
    );
    assert_eq!(
        said("currency(payment.amount) == payer.country")
            .lines()
            .next(),
        Some(
            "p.yaml:14:11: error[W0303]: a country is never the same as a currency (compare countries with countries, and currencies \
             with currencies)"
        )
    );
}

#[test]
fn tokens_of_two_kinds_are_never_the_same() {
    for when in [
        "payer.account == session.device",
        "payer.account != session.device",
    ] {
        assert_eq!(
            said(when).lines().next(),
            Some(
                "p.yaml:14:11: error[W0303]: a token of the kind `account` is never the same as one of the kind `device` (compare fields \
                 that have the same `token` in dictionary.yaml)"
            ),
            "{when}"
        );
    }
    let body = "variables:\n  - {name: a, expression: payer.account}\nrules:\n  - {id: r, when: session.device == variables.a, verdict: deny, \
                reason: because}\n";
    let said = load(&[("p.yaml", &policy(body, ""))])
        .err()
        .unwrap_or_default();
    assert!(
        said.contains("p.yaml:15:19: error[W0303]: a token of the kind `device`"),
        "{said}"
    );
    assert_eq!(
        load(&[("p.yaml", &with_rule("payer.account == payer.other"))]).err(),
        None
    );
}

/// An identifier or a code has a form, too: what never has it is refused where it is compared, and where it is given.
#[test]
fn what_never_has_the_form_of_a_field_is_refused() {
    let dictionary = format!(
        "{}  - {{name: session.case, kind: text, class: operational, format: reference, title: t, meaning: m}}\n  - {{name: \
         payee.category, kind: text, class: operational, format: mcc, title: t, meaning: m}}\n",
        fixture::DICTIONARY
    );
    let dictionary = Dictionary::parse("dictionary.yaml", &dictionary).expect("valid");
    let said = |when: &str, tests: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text);
        write("pipeline.yaml", fixture::PIPELINE).expect("written");
        write("p.yaml", &(with_rule(when) + tests)).expect("written");
        let refused = PolicySet::load(dir.path(), &dictionary).err();
        errors(refused.map(|problems| problems.to_string()))
    };
    for (when, what) in [
        (
            "session.case == 'Maria Rossi'",
            "`session.case` is never 'Maria Rossi' (it is an identifier that a system made: ",
        ),
        (
            "payee.category in ['5411', 'food']",
            "`payee.category` is never 'food' (it is a merchant category of ISO 18245: four digits)",
        ),
    ] {
        let said = said(when, "");
        assert!(
            said.contains("error[W0302]") && said.contains(what),
            "{said}"
        );
    }
    let fitting = said("session.case == 'case-1' || payee.category == '5411'", "");
    assert!(!fitting.contains("W0302"), "{fitting}");
    let tests =
        "tests:\n  - name: t\n    given: {payee.category: food}\n    expect: {verdict: abstain}\n";
    let said = said("payee.category == '5411'", tests);
    let expected = "error[W0307]: test `t`: `payee.category` is never 'food'";
    assert!(said.contains(expected), "{said}");
}
