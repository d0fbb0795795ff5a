//! Why a rule fires, or does not; and rules as a table.

mod fixture;

use fixture::{dictionary, load, policy, with_rule};
use weft_dictionary::{Currency, Dictionary, Money, Row, Value};
use weft_policy::{Body, Part, Rule, Trace, Truth};

fn row(dictionary: &Dictionary, facts: &[(&str, Value)]) -> Row {
    let mut row = Row::new(dictionary);
    for (name, value) in facts {
        let field = dictionary.by_name(name).expect("a field");
        row.set(dictionary, field.id, value.clone())
            .expect("it fits");
    }
    row
}

fn rules(text: &str) -> Vec<Rule> {
    let set = load(&[("p.yaml", text)]).expect("sound");
    match set.policies()[0].body() {
        Body::Rules(rules) => rules.clone(),
        Body::Plugin(_) => panic!("a policy with rules"),
    }
}

fn trace(when: &str, facts: &[(&str, Value)]) -> Trace {
    let dictionary = dictionary();
    rules(&with_rule(when))[0].trace(&dictionary, &row(&dictionary, facts))
}

/// What is said of each part that decides.
fn said(trace: &Trace) -> Vec<&str> {
    trace.parts.iter().map(|part| part.says.as_str()).collect()
}

fn names(part: &Part) -> Vec<String> {
    let dictionary = dictionary();
    let name = |id: &weft_dictionary::FieldId| dictionary.field(*id).name.clone();
    part.missing.iter().map(name).collect()
}

const BOTH: &str = "payment.count > 3 && payment.risky";
const EITHER: &str = "payment.count > 3 || payment.risky";
const MANY: &str = "t (payment.count) is more than 3";
const RISKY: &str = "t (payment.risky): yes";

#[test]
fn all_parts_hold_or_those_that_do_not_decide() {
    let count = |n| ("payment.count", Value::Integer(n));
    let risky = |yes| ("payment.risky", Value::Boolean(yes));
    let fired = trace(BOTH, &[count(4), risky(true)]);
    assert_eq!(
        (fired.truth, said(&fired)),
        (Truth::Holds, vec![MANY, RISKY])
    );
    let not = trace(BOTH, &[count(4), risky(false)]);
    assert_eq!((not.truth, said(&not)), (Truth::Fails, vec![RISKY]));
    let neither = trace(EITHER, &[count(3), risky(false)]);
    assert_eq!(
        (neither.truth, said(&neither)),
        (Truth::Fails, vec![MANY, RISKY])
    );
    let one = trace(EITHER, &[count(4), risky(false)]);
    assert_eq!((one.truth, said(&one)), (Truth::Holds, vec![MANY]));
}

#[test]
fn a_missing_fact_decides_where_nothing_else_does() {
    let risky = |yes| ("payment.risky", Value::Boolean(yes));
    let missing = trace(BOTH, &[risky(true)]);
    assert_eq!(
        (missing.truth, said(&missing)),
        (Truth::Missing, vec![MANY])
    );
    assert_eq!(names(&missing.parts[0]), ["payment.count"]);
    let other_decides = trace(BOTH, &[risky(false)]);
    assert_eq!(other_decides.truth, Truth::Fails);
    assert_eq!(said(&other_decides), [RISKY]);
    assert!(
        other_decides
            .parts
            .iter()
            .all(|part| part.missing.is_empty())
    );
}

#[test]
fn a_contrary_is_said_as_what_would_have_to_hold() {
    let risky = |yes| ("payment.risky", Value::Boolean(yes));
    let fails = trace("'!payment.risky'", &[risky(true)]);
    assert_eq!(
        (fails.truth, said(&fails)),
        (Truth::Fails, vec!["t (payment.risky): no"])
    );
    let chosen = trace(
        "'payment.risky ? payment.count > 3 : payment.count > 9'",
        &[risky(true), ("payment.count", Value::Integer(5))],
    );
    assert_eq!(
        (chosen.truth, said(&chosen)),
        (Truth::Holds, vec![RISKY, MANY])
    );
}

#[test]
fn what_cannot_be_computed_is_named() {
    let money = |code: &str| {
        let currency = Currency::from_code(code).expect("a currency");
        Value::Money(Money::parse("5.00", currency).expect("an amount"))
    };
    let when = "payment.amount > money('1.00', 'EUR')";
    let failed = trace(when, &[("payment.amount", money("USD"))]);
    assert_eq!(failed.truth, Truth::Failed);
    assert_eq!(said(&failed), ["t (payment.amount) is more than 1.00 EUR"]);
    assert_eq!(
        trace(when, &[("payment.amount", money("EUR"))]).truth,
        Truth::Holds
    );
}

fn rule(id: &str, when: &str) -> String {
    format!("  - {{id: {id}, when: \"{when}\", verdict: deny, reason: because}}\n")
}

fn table_of(whens: &[&str]) -> Option<Vec<Vec<Option<String>>>> {
    let rules: String = whens
        .iter()
        .enumerate()
        .map(|(n, when)| rule(&format!("r{n}"), when))
        .collect();
    let set = load(&[("p.yaml", &policy(&format!("rules:\n{rules}"), ""))]).expect("sound");
    let table = set.policies()[0].table(&dictionary())?;
    Some(table.rows.into_iter().map(|row| row.cells).collect())
}

#[test]
fn rules_about_the_same_facts_form_a_table() {
    let cell = |text: &str| Some(text.to_owned());
    let table = table_of(&[
        "payment.risky && payer.country == 'BE'",
        "!payment.risky && payer.country in ['NL', 'DE']",
        "payer.country == 'FR'",
    ]);
    assert_eq!(
        table,
        Some(vec![
            vec![cell("yes"), cell("is “BE”")],
            vec![cell("no"), cell("is one of “NL”, “DE”")],
            vec![None, cell("is “FR”")],
        ])
    );
    for no_table in [
        // One rule; either-or; a fact that only one rule looks at; two facts in one sentence.
        &["payment.risky"][..],
        &["payment.risky || payer.country == 'BE'", "payment.risky"],
        &["payment.risky && payment.count > 3", "payment.risky"],
        &[
            "payer.country == payee.country",
            "payer.country != payee.country",
        ],
    ] {
        assert_eq!(table_of(no_table), None, "{no_table:?}");
    }
}

#[test]
fn the_countries_that_a_policy_names_are_found() {
    let text =
        with_rule("payer.country == 'SG' || payee.country in ['IN', 'CN'] || payer.city == 'BE'");
    let set = load(&[("p.yaml", &text)]).expect("sound");
    assert_eq!(
        set.policies()[0].countries(&dictionary()),
        ["CN", "IN", "SG"]
    );
}
