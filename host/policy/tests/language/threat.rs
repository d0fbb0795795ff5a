//! A higher level of threat tightens and never loosens.

use crate::fixture::load;
use crate::{eur, policy, row, said, says};

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
    // Without tests, only a proof lets it pass.
    let said = said(&[("p.yaml", &policy(body))]);
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
    ] {
        is_proven(&format!("{parameter}{}", rules(&[(verdict, when)])));
    }
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

#[test]
fn what_cannot_be_proven_needs_tests_and_is_tried_at_all_levels() {
    let when = "'payment.count * processing.threat_level > 3'";
    let body = rules(&[("hold", when)]);
    says(
        &[("p.yaml", &policy(&body))],
        "p.yaml:14:11: error[W0310]: that rule `r0` makes nothing milder as the level of threat rises cannot be proven, and there \
         are no tests (add `tests`, or compare a fact with a parameter that has `at_threat`)",
    );
    let tests = |count: &str, verdict: &str| {
        format!(
            "tests:\n  - {{name: t, with: {{threat_level: 2}}, given: {{payment.count: {count}}}, expect: {{verdict: {verdict}}}}}\n"
        )
    };
    let sound = format!("{}{}", policy(&body), tests("2", "hold"));
    assert_eq!(said(&[("p.yaml", &sound)]), "");
    // An earlier stage may take the fact away: then it holds at level 1 and says nothing at level 2.
    let ends = rules(&[(
        "allow",
        "'processing.threat_level < 2 && has(payment.count)'",
    )]);
    let told = said(&[("p.yaml", &policy(&ends))]);
    assert!(
        told.contains("that rule `r0` makes nothing milder"),
        "{told}"
    );
    // Allowed as a rising number gets larger: the test's own row shows it.
    let milder = rules(&[
        ("allow", when),
        ("hold", "'!(payment.count * processing.threat_level > 3)'"),
    ]);
    let said = said(&[(
        "p.yaml",
        &format!("{}{}", policy(&milder), tests("2", "allow")),
    )]);
    assert!(
        said.contains("hold at level 1, allow at level 2, with payment.count = 2"),
        "{said}"
    );
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
    let text = format!("{}{}", policy(&body), CALM.replace("VERDICT", "allow"));
    assert_eq!(said(&[("p.yaml", &text)]), "");
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
