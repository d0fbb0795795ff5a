//! A higher level of threat tightens and never loosens.

use crate::fixture::load;
use crate::{eur, policy, reviewed as said, row, says};

fn parameter(values: &str) -> String {
    format!(
        "parameters: [{{name: limit, title: t, type: money, value: 30.00 EUR, at_threat: {values}}}]\n"
    )
}

fn rules(rules: &[(&str, &str)]) -> String {
    let mut text = "rules:\n".to_owned();
    for (number, (verdict, when)) in rules.iter().enumerate() {
        text.push_str(&format!(
            "  - id: r{number}\n    when: {when}\n    verdict: {verdict}\n    reason: because\n"
        ));
    }
    text
}

const CALM: &str = "tests:\n  - {name: calm, given: {payment.amount: {value: '5.00', currency: EUR}, payment.risky: false}, expect: {verdict: VERDICT}}\n";

#[track_caller]
fn is_proven(body: &str) {
    // Without tests, only a proof lets it pass. Beside it, somebody always says something.
    let beside = policy(&rules(&[("allow", "'true'")])).replace("test.policy", "test.other");
    let said = said(&[("p.yaml", &policy(body)), ("q.yaml", &beside)]);
    assert_eq!(said, "", "{body}");
}

#[test]
fn what_tightens_is_proven_without_tests() {
    let down = parameter("{2: 10.00 EUR, 3: 0.00 EUR}");
    let up = parameter("{1: 40.00 EUR}");
    for (verdict, when, parameter) in [
        ("hold", "payment.amount > parameters.limit", &down),
        ("hold", "parameters.limit < payment.amount", &down),
        ("deny", "'!(payment.amount <= parameters.limit)'", &down),
        ("allow", "payment.amount <= parameters.limit", &down),
        ("hold", "payment.amount < parameters.limit", &up),
        ("allow", "'!(payment.amount < parameters.limit)'", &up),
        (
            "hold",
            "payment.amount - money('1', 'EUR') > math.least(parameters.limit, money('20', 'EUR'))",
            &down,
        ),
        // A product with what is never negative, a difference, a choice, functions that keep the order.
        (
            "hold",
            "payment.amount * 100 > parameters.limit * 30",
            &down,
        ),
        (
            "hold",
            "money('100', 'EUR') - parameters.limit > money('50', 'EUR') - payment.amount",
            &down,
        ),
        (
            "hold",
            "minor(payment.amount) - minor(parameters.limit) > 0",
            &down,
        ),
        (
            "hold",
            "'payment.amount > (payment.risky ? parameters.limit * 2 : parameters.limit)'",
            &down,
        ),
        (
            "hold",
            "'payment.count > (payment.amount > parameters.limit ? 3 : 5)'",
            &down,
        ),
        (
            "hold",
            "'payment.amount > parameters.limit ? true : payment.risky'",
            &down,
        ),
        (
            "hold",
            "currency(parameters.limit) != currency(payment.amount)",
            &down,
        ),
        // The parts agree on whether the fact is there, also where a challenge is milder than what a missing fact gets.
        (
            "challenge",
            "'!has(payment.amount) || payment.amount > parameters.limit'",
            &down,
        ),
        (
            "challenge",
            "\"has(payer.country) && (payer.country in ['BE', 'FR'] || payer.country == 'DE' && payment.amount > parameters.limit)\"",
            &down,
        ),
    ] {
        is_proven(&format!("{parameter}{}", rules(&[(verdict, when)])));
    }
    let wait =
        "parameters: [{name: wait, title: t, type: duration, value: 12h, at_threat: {2: 24h}}]\n";
    let when = "\"timestamp('2026-02-01T00:00:00Z') < payment.at + parameters.wait\"";
    is_proven(&format!("{wait}{}", rules(&[("hold", when)])));
    for (verdict, when) in [
        ("deny", "processing.threat_level >= 2"),
        ("deny", "processing.threat_level in [2, 3]"),
        ("deny", "'processing.threat_level == 3 && payment.risky'"),
        ("hold", "'processing.threat_level >= 1 || payment.risky'"),
        (
            "hold",
            "'payment.count > (processing.threat_level >= 2 ? 3 : 5)'",
        ),
    ] {
        is_proven(&rules(&[(verdict, when)]));
    }
    let rule = rules(&[("deny", "payment.risky")]);
    is_proven(&format!(
        "match: [{{name: m, expression: processing.threat_level > 0}}]\nvariables: [{{name: high, expression: processing.threat_level > 1}}]\n{rule}"
    ));
}

#[test]
fn what_loosens_is_refused_with_a_row_that_shows_it() {
    let up = parameter("{2: 40.00 EUR}");
    // The row is made from the test's, at the threshold.
    let text = format!(
        "{}{}",
        policy(&format!(
            "{up}{}",
            rules(&[("hold", "payment.amount > parameters.limit")])
        )),
        CALM.replace("VERDICT", "abstain")
    );
    says(
        &[("p.yaml", &text)],
        "p.yaml:15:11: error[W0310]: the policy gets milder as the level of threat rises: hold at level 1, abstain at level 2, \
         with payment.amount = 30.01 EUR, payment.risky = no (see `weft explain W0310` for what may depend on the level, and how)",
    );
    let one = |body: &str, expected: &str| says(&[("p.yaml", &policy(body))], expected);
    one(
        &rules(&[("deny", "processing.threat_level < 2")]),
        "p.yaml:14:11: error[W0310]: the policy gets milder as the level of threat rises: deny at level 1, abstain at level 2, \
         with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
    );
    one(
        &rules(&[("allow", "processing.threat_level > 2")]),
        "p.yaml:14:11: error[W0310]: the policy gets milder as the level of threat rises: abstain at level 2, allow at level 3, \
         with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
    );
    // A flag releases what no policy speaks about.
    one(
        &rules(&[("flag", "processing.threat_level > 2")]),
        "p.yaml:14:11: error[W0310]: the policy gets milder as the level of threat rises: abstain at level 2, flag at level 3, \
         with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
    );
    // With the fact missing it holds at level 1 and says nothing at level 2.
    one(
        &rules(&[("allow", "'processing.threat_level < 2 && payment.risky'")]),
        "p.yaml:14:11: error[W0310]: the policy gets milder as the level of threat rises: hold at level 1, abstain at level 2, \
         with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
    );
    // An expression of `match` brings the level in.
    let rule = rules(&[("deny", "payment.risky")]);
    one(
        &format!("match: [{{name: m, expression: processing.threat_level == 0}}]\n{rule}"),
        "p.yaml:12:31: error[W0310]: the policy gets milder as the level of threat rises: hold at level 0, abstain at level 1, \
         with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
    );
}

/// What is said of one rule that denies, with a limit that falls and one that rises.
fn of_deny(when: &str, tests: &str) -> String {
    let body = format!(
        "parameters:\n  - {{name: falls, title: t, type: money, value: 45.00 EUR, at_threat: {{2: 20.00 EUR}}}}\n  - {{name: rises, title: t, \
         type: money, value: 20.00 EUR, at_threat: {{2: 45.00 EUR}}}}\n  - {{name: factor, title: t, type: integer, unit: u, value: 3, \
         at_threat: {{2: 1}}}}\n  - {{name: wait, title: t, type: duration, value: 12h, at_threat: {{2: 24h}}}}\n{}",
        rules(&[("deny", &format!("\"{when}\""))])
    );
    let said = said(&[("p.yaml", &format!("{}{tests}", policy(&body)))]);
    let lines = said.lines().filter(|line| line.contains("error"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_proven_is_refused_with_what_to_write_instead() {
    const EXPLAIN: &str = "see `weft explain W0310` for what may depend on the level, and how";
    for (when, reason, remedy) in [
        (
            "payment.amount - money('10', 'EUR') > parameters.rises",
            "its condition may change the other way",
            EXPLAIN,
        ),
        (
            "payment.amount * parameters.factor > money('100', 'EUR')",
            "its condition may change the other way",
            EXPLAIN,
        ),
        (
            "payment.risky != (payment.amount > parameters.falls)",
            "what depends on the level is compared for being equal",
            "compare with <, <=, > or >=, or write a rule for each case with `&&` and `||`",
        ),
        (
            "parameters.factor in [1, 3] && payment.risky && payment.count * parameters.factor in [1]",
            "what depends on the level is multiplied by what may be negative, or loses its own sign",
            "take the factor with `math.greatest(factor, 0)`, or compare a fact directly with the parameter",
        ),
        (
            "payment.amount > math.least(parameters.falls, parameters.rises)",
            "two parts that depend on the level work against each other",
            "let one side of the comparison depend on the level",
        ),
        (
            "payment.amount > (payment.amount > parameters.falls ? payment.amount : money('5', 'EUR'))",
            "a choice (`? :`) that depends on the level is between facts, or goes both ways",
            "choose between conditions with `&&` and `||` instead of between values",
        ),
        (
            "parameters.wait - payment.age > duration('1h')",
            "a difference of times that depends on the level may be negative, which is a failure",
            "write it as a sum on the other side: `a < b + c` for `a - b < c`",
        ),
        (
            "payment.amount * 10 > parameters.falls * 10000000000000000",
            "a number that depends on the level may become too large",
            "use smaller factors, or compare a fact directly with the parameter",
        ),
        (
            "band(parameters.falls) == '10 EUR to 100 EUR' && payment.risky",
            "a function is asked about what depends on the level",
            "compare a fact directly with the parameter",
        ),
    ] {
        let expected = format!(
            "p.yaml:19:11: error[W0310]: that rule `r0` makes nothing milder as the level of threat rises cannot be proven: {reason} \
             ({remedy})"
        );
        assert_eq!(of_deny(when, ""), expected, "{when}");
    }
}

#[test]
fn tests_that_hold_are_no_proof_and_show_a_row_where_one_gets_milder() {
    let test = |amount: &str, verdict: &str| {
        format!(
            "tests:\n  - {{name: t, given: {{payment.amount: {{value: '{amount}', currency: EUR}}}}, expect: {{verdict: {verdict}}}}}\n"
        )
    };
    let when = "payment.amount - money('10', 'EUR') > parameters.rises";
    let choice = of_deny(
        "parameters.falls > payment.amount ? true : payment.risky",
        "",
    );
    assert!(
        choice.contains("deny at level 1, hold at level 2, with payment.amount = 44.99 EUR"),
        "{choice}"
    );
    // Denied at every level: the test shows nothing.
    let said = of_deny(when, &test("100", "deny"));
    assert!(said.contains("cannot be proven"), "{said}");
    let said = of_deny(when, &test("40", "deny"));
    assert!(
        said.contains(
            "the policy gets milder as the level of threat rises: deny at level 1, abstain at level 2, with payment.amount = 40.00 EUR"
        ),
        "{said}"
    );
    let said = of_deny("payment.amount == parameters.falls", "");
    assert!(
        said.contains("deny at level 1, abstain at level 2, with payment.amount = 45.00 EUR"),
        "{said}"
    );
}

#[test]
fn a_fact_that_is_not_there_or_was_taken_away_makes_nothing_milder() {
    // An earlier stage may take the fact away: then it holds at level 1 and says nothing at level 2.
    for has in [
        "has(payment.count)",
        "has(payment.count) && payment.count > 0",
    ] {
        let ends = rules(&[("allow", &format!("'processing.threat_level < 2 && {has}'"))]);
        let told = said(&[("p.yaml", &policy(&ends))]);
        assert!(
            told.contains("that rule `r0` makes nothing milder"),
            "{told}"
        );
    }
    // A challenge is milder than what holds for the other fact that is missing.
    let down = parameter("{2: 10.00 EUR}");
    let when = "'!has(payment.amount) || payment.amount > parameters.limit || payment.risky'";
    let body = format!("{down}{}", rules(&[("challenge", when)]));
    let test = "tests:\n  - {name: t, given: {payment.amount: {value: '20', currency: EUR}}, expect: {verdict: hold}}\n";
    let told = said(&[("p.yaml", &format!("{}{test}", policy(&body)))]);
    assert!(
        told.contains("hold at level 1, challenge at level 2, with payment.amount = 20.00 EUR"),
        "{told}"
    );
    // Two rules say so apart from each other.
    let apart = rules(&[
        (
            "challenge",
            "'!has(payment.amount) || payment.amount > parameters.limit'",
        ),
        ("challenge", "payment.risky"),
    ]);
    is_proven(&format!("{down}{apart}"));
}

#[test]
fn an_allowance_may_become_a_flag() {
    let body = rules(&[
        ("allow", "has(payment.amount)"),
        (
            "flag",
            "'has(payment.amount) && processing.threat_level > 1'",
        ),
    ]);
    is_proven(&body);
    // Where the one that allows may be silent, the flag would release.
    let body = rules(&[
        ("allow", "payment.risky"),
        (
            "flag",
            "'has(payment.amount) && processing.threat_level > 1'",
        ),
    ]);
    let told = said(&[("p.yaml", &policy(&body))]);
    assert!(told.contains("error[W0310]"), "{told}");
}

#[test]
fn a_plugin_is_asked_at_every_level_or_at_none() {
    let body = "match: [{name: m, expression: processing.threat_level > 0}]\nplugin: {name: x, grants: []}\n";
    says(
        &[("p.yaml", &policy(body))],
        "p.yaml:12:31: error[W0310]: whether a plugin is asked depends on the level of threat, and what it says is not known \
         (remove it from `match`; the plugin can be granted the level itself)",
    );
}

#[test]
fn the_value_of_the_level_counts() {
    let body = format!(
        "{}{}",
        parameter("{2: 10.00 EUR}"),
        rules(&[("hold", "payment.amount > parameters.limit")])
    );
    let set = load(&[("p.yaml", &policy(&body))]).unwrap_or_else(|problems| panic!("{problems}"));
    let policy = &set.policies()[0];
    let fires = |level: i64| {
        let facts = row(&[
            ("payment.amount", eur("20")),
            ("processing.threat_level", level.into()),
        ]);
        !policy.evaluate(&facts).fired.is_empty()
    };
    assert_eq!([0, 1, 2, 3].map(fires), [false, false, true, true]);
    let parameter = &policy.parameters()[0];
    let values = [0, 1, 2, 3].map(|level| parameter.value(level));
    assert_eq!(values, ["30.00 EUR", "30.00 EUR", "10.00 EUR", "10.00 EUR"]);
    let beyond = policy.evaluate(&row(&[
        ("payment.amount", eur("20")),
        ("processing.threat_level", 4.into()),
    ]));
    assert!(beyond.failure.is_some(), "{beyond:?}");
    let unsaid = policy.evaluate(&row(&[("payment.amount", eur("20"))]));
    assert_eq!(unsaid.missing.len(), 1);
}

/// A hold that a step-up clears ends as a flag, and the payment is released.
#[test]
fn what_nothing_clears_is_not_cleared_at_a_higher_level() {
    let hold = |when: &str, obligations: &str| {
        format!(
            "rules:\n  - id: r\n    when: {when}\n    verdict: hold\n    reason: because\n    obligations: [{obligations}]\n"
        )
    };
    let step_up = "{kind: step-up, arguments: {method: app-approval}}";
    // Without the fact, or where the comparison fails, nothing clears the hold below level 2.
    for when in [
        "processing.threat_level >= 2 || payment.risky",
        "\"processing.threat_level >= 2 || payment.amount > money('1.00', 'EUR')\"",
    ] {
        let told = said(&[("p.yaml", &policy(&hold(when, step_up)))]);
        assert!(told.contains("error[W0310]"), "{when}: {told}");
        is_proven(&hold(when, ""));
    }
    let tests = "tests:\n  - {name: missing, given: {}, expect: {verdict: hold, missing: [payment.risky]}}\n";
    let told = said(&[(
        "p.yaml",
        &policy(&format!(
            "{}{tests}",
            hold("processing.threat_level >= 2 || payment.risky", step_up)
        )),
    )]);
    assert!(
        told.contains(
            "the policy gets milder as the level of threat rises: hold at level 1, hold until a step-up clears it at level 2"
        ),
        "{told}"
    );
    is_proven(&hold(
        "processing.threat_level >= 2 && payment.risky",
        step_up,
    ));
}
