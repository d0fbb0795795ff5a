//! The messages, with file, line and column.

use std::path::Path;

use weft_dictionary::Timestamp;
use weft_policy::Analysis;

use crate::fixture::{dictionary, load_for_review, policy, with_rule};

pub(crate) fn analysed(policies: &[(&str, &str)]) -> Analysis {
    let set = load_for_review(policies).unwrap_or_else(|problems| panic!("{problems}"));
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    set.analyse(Path::new(""), &dictionary(), at)
}

/// What is told of one file, without the operation that no policy of the fixture covers.
pub(crate) fn said(text: &str) -> String {
    let analysis = analysed(&[("p.yaml", text)]);
    let warnings = analysis.problems.0.iter().map(ToString::to_string);
    let of_file: Vec<String> = warnings
        .filter(|line| !line.starts_with("pipeline.yaml"))
        .collect();
    of_file.join("\n")
}

#[test]
fn rules_that_can_never_fire_are_told_with_what_cannot_be() {
    const HELP: &str = "(rewrite the condition; its missing facts still lead to on_missing, its failures to on_error)";
    for (when, why) in [
        (
            "payment.amount > money('50', 'EUR') && payment.amount < money('30', 'EUR')",
            "the rule `r` can never fire: these cannot hold together: t (payment.amount) is more than 50.00 EUR; \
             t (payment.amount) is less than 30.00 EUR",
        ),
        (
            "payment.count > 5 && payment.count < 6",
            "the rule `r` can never fire: these cannot hold together: t (payment.count) is more than 5; t (payment.count) \
             is less than 6",
        ),
        (
            "\"!has(payer.city) && payer.city == 'Gent'\"",
            "the rule `r` can never fire: these cannot hold together: t (payer.city) is not known; t (payer.city) is “Gent”",
        ),
        (
            "payment.at.getHours() >= 24",
            "the rule `r` can never fire: this cannot be: the hour of t (payment.at) (UTC) is at least 24",
        ),
        (
            "\"false\"",
            "the rule `r` can never fire: its condition is false whatever the facts are",
        ),
    ] {
        let expected = format!("p.yaml:14:11: warning[W0316]: {why} {HELP}");
        assert_eq!(said(&with_rule(when)), expected, "{when}");
    }
}

#[test]
fn what_contradicts_match_is_told() {
    let body = "match:\n  - name: in Belgium\n    expression: payer.country == 'BE'\nrules:\n  - {id: r, when: \"payer.country in \
                ['NL', 'DE']\", verdict: deny, reason: because}\n";
    assert_eq!(
        said(&policy(body, "")),
        "p.yaml:16:19: warning[W0316]: the rule `r` can never fire where `match` holds: these cannot hold together: t \
         (payer.country) is “BE”; t (payer.country) is one of “NL”, “DE” (rewrite the condition; its missing facts still lead to on_missing, its failures to on_error)"
    );
    let body = "match:\n  - name: large\n    expression: payment.amount >= money('1', 'EUR')\n  - name: small\n    expression: \
                payment.amount < money('1', 'EUR')\nplugin: {name: x, grants: []}\n";
    assert_eq!(
        said(&policy(body, "")),
        "p.yaml:14:17: warning[W0316]: the policy can never apply: these cannot hold together: t (payment.amount) is at \
         least 1.00 EUR; t (payment.amount) is less than 1.00 EUR (rewrite the condition; its missing facts still lead to on_missing, its failures to on_error)"
    );
}

#[test]
fn conditions_that_are_never_false_are_told() {
    assert_eq!(
        said(&with_rule(
            "session.role != 'agent' || session.role != 'supervisor'"
        )),
        "p.yaml:14:11: warning[W0317]: the rule `r` is never false: it fires whenever its facts are there; it would not only if \
         these held together: t (session.role) is “agent”; t (session.role) is “supervisor” (correct the condition; `true` in its place asks for no fact, and so never leads to on_missing)"
    );
    let body = "match:\n  - name: any role\n    expression: \"!(session.role == 'a' && session.role == 'b')\"\nplugin: {name: x, \
                grants: []}\n";
    assert_eq!(
        said(&policy(body, "")),
        "p.yaml:14:17: warning[W0317]: the condition `any role` is never false, so it shuts nothing out; it would not only if \
         these held together: t (session.role) is “a”; t (session.role) is “b” (correct the condition; `true` in its place asks for no fact, and so never leads to on_missing)"
    );
    assert_eq!(
        said(&with_rule("\"true\"")),
        "",
        "where it is written it is meant"
    );
}

#[test]
fn rules_that_add_nothing_are_told() {
    let rules = |one: &str, two: &str| {
        policy(
            &format!(
                "rules:\n  - {{id: one, when: \"{one}\", verdict: hold, reason: because}}\n  - {{id: two, when: \"{two}\", verdict: \
                 deny, reason: because}}\n"
            ),
            "",
        )
    };
    assert_eq!(
        said(&rules(
            "payment.count > 10 && payment.risky",
            "payment.count > 5"
        )),
        "p.yaml:13:21: warning[W0318]: the rule `one` adds nothing but its reason when it fires: then `two` (14:21) fires, too, and \
         says deny (give it a more severe verdict, or narrow the other rule; its missing facts still lead to on_missing, its failures to on_error)"
    );
    for (one, two) in [
        // The other needs a fact that this one does not.
        ("payment.count > 10", "payment.count > 5 && payment.risky"),
        ("payment.count > 4", "payment.count > 5"),
        // The milder one is wider.
        ("payment.count > 5", "payment.count > 10"),
        // Amounts in other currencies cannot be compared, so the other fails.
        (
            "payment.amount > money('10', 'EUR')",
            "payment.amount > money('5', 'USD')",
        ),
    ] {
        assert_eq!(said(&rules(one, two)), "", "{one}, {two}");
    }
}

#[test]
fn thresholds_that_follow_the_level_of_threat_are_looked_at_at_every_level() {
    let with = |when: &str| {
        let body = format!(
            "parameters:\n  - {{name: limit, title: t, type: money, value: 30.00 EUR, at_threat: {{2: 10.00 EUR}}}}\nrules:\n  - \
             {{id: r, when: \"{when}\", verdict: deny, reason: because}}\ntests:\n  - {{name: t, with: {{threat_level: 1}}, given: \
             {{payment.amount: {{value: '31', currency: EUR}}}}, expect: {{verdict: {}}}}}\n",
            if when.contains("&&") {
                "abstain"
            } else {
                "deny"
            }
        );
        said(&policy(&body, ""))
    };
    // Between 10 and 20 there is something at level 2.
    assert!(!with("payment.amount > parameters.limit").contains("W0316"));
    let between = "payment.amount > parameters.limit && payment.amount <= money('20', 'EUR')";
    assert!(!with(between).contains("W0316"), "{}", with(between));
    let below = "payment.amount > parameters.limit && payment.amount <= money('10', 'EUR')";
    assert!(with(below).contains("can never fire"), "{}", with(below));
}

#[test]
fn operations_without_an_enforced_policy_are_told() {
    let told = |text: &str| {
        let warnings = analysed(&[("p.yaml", text)]).problems.0;
        let of_pipeline = warnings.iter().map(ToString::to_string);
        of_pipeline
            .filter(|line| line.starts_with("pipeline.yaml"))
            .collect::<Vec<_>>()
    };
    let enforced = with_rule("payment.risky");
    assert_eq!(
        told(&enforced),
        [
            "pipeline.yaml:5:12: warning[W0319]: no enforced policy is about `assist.confirm`: it always ends with deny (write a policy \
             for it and enforce it, or remove the operation)"
        ]
    );
    assert_eq!(
        told(&enforced.replace("status: enforced", "status: shadow")).len(),
        2
    );
    let ended = enforced.replace("00:00:00Z}", "00:00:00Z, until: 2026-02-01T00:00:00Z}");
    assert_eq!(told(&ended).len(), 2, "{ended}");
    assert!(
        told(&enforced.replace("stage: decision", "stage: residency"))[0]
            .contains("of the last stage")
    );
}

#[test]
fn rules_that_disagree_are_listed_with_an_example() {
    let one = with_rule("payment.amount > money('50', 'EUR')");
    let two = with_rule("payer.country == 'BE' && payment.count <= 3")
        .replace("test.policy", "test.other")
        .replace("verdict: deny", "verdict: allow");
    let analysis = analysed(&[("a.yaml", &one), ("b.yaml", &two)]);
    assert_eq!(analysis.overlaps.len(), 1);
    let overlap = &analysis.overlaps[0];
    assert_eq!(overlap.severer.policy, "test.policy");
    assert_eq!(overlap.milder.policy, "test.other");
    assert_eq!(overlap.operations, ["payment.authorize"]);
    assert_eq!(
        overlap.example.one_line(),
        "payer.country = BE, payment.amount = 50.01 EUR, payment.count = 3"
    );
    // At no time both.
    let later = two.replace("from: 2026-01-01T00:00:00Z", "from: 2027-01-01T00:00:00Z");
    let earlier = one.replace("00:00:00Z}", "00:00:00Z, until: 2027-01-01T00:00:00Z}");
    assert!(
        analysed(&[("a.yaml", &earlier), ("b.yaml", &later)])
            .overlaps
            .is_empty()
    );
}

#[test]
fn lists_without_a_verified_source_are_told_where_enforced_policies_rest_on_them() {
    let list = "name: near\ntitle: t\nkind: country\nsources: [{title: Atlas, reference: p. 5, verified: false}]\nentries: [BE]\n";
    let policy = with_rule("payer.country in lists.near");
    let of_list = |policy: &str| {
        let warnings = analysed(&[("lists/near.yaml", list), ("p.yaml", policy)]).problems;
        let found = warnings
            .0
            .iter()
            .find(|warning| warning.file == "lists/near.yaml");
        found.map(ToString::to_string)
    };
    assert_eq!(
        of_list(&policy).as_deref(),
        Some(
            "lists/near.yaml:1:1: warning[W0313]: enforced policies rest on the list `near`, and its source is not verified: Atlas, p. 5 \
             (read the source, compare the list with it, and write verified: true)"
        )
    );
    assert_eq!(
        of_list(&policy.replace("status: enforced", "status: draft")),
        None
    );
}

/// What no fact can be, beyond what the solver reads: bounds of calculations, currencies, long texts, whole numbers.
#[test]
fn comparisons_that_never_hold_are_told() {
    const HELP: &str = "(rewrite the condition; its missing facts still lead to on_missing, its failures to on_error)";
    for (when, why) in [
        (
            "payment.amount < money('0', 'EUR')",
            "t (payment.amount) is less than 0.00 EUR",
        ),
        (
            "payment.amount + payment.amount < money('0', 'EUR')",
            "(t (payment.amount) plus t (payment.amount)) is less than 0.00 EUR",
        ),
        (
            "payment.at.getHours('Europe/Brussels') > 23",
            "the hour of t (payment.at) (Europe/Brussels) is more than 23",
        ),
        (
            "payment.at.getHours() + 1 > 24",
            "(the hour of t (payment.at) (UTC) plus 1) is more than 24",
        ),
        ("payment.count * 2 == 5", "(t (payment.count) times 2) is 5"),
        (
            "size(payer.city) > 1024",
            "the length of t (payer.city) is more than 1024",
        ),
    ] {
        let expected = format!(
            "p.yaml:14:11: warning[W0316]: the rule `r` can never fire: this cannot be: {why} {HELP}"
        );
        assert_eq!(said(&with_rule(when)), expected, "{when}");
    }
    let long = "x".repeat(1_025);
    let told = said(&with_rule(&format!("payer.city == '{long}'")));
    assert!(
        told.starts_with("p.yaml:14:11: warning[W0316]: the rule `r` can never fire"),
        "{told}"
    );
    let body = "match:\n  - name: owed\n    expression: payment.amount < money('0', 'EUR')\nplugin: {name: x, grants: []}\n";
    assert_eq!(
        said(&policy(body, "")),
        format!(
            "p.yaml:14:17: warning[W0316]: the policy can never apply: this cannot be: t (payment.amount) is less than 0.00 EUR {HELP}"
        )
    );
    for when in [
        "payment.amount <= money('0', 'EUR')",
        "currency(payment.amount) == 'EUR'",
        "payment.count * 2 == 6 || payment.count * 2 == 5",
        "payment.count * payment.count == 5",
        "payment.rate * 2 == 5",
        "payment.at.getHours() + 1 > 23",
    ] {
        assert_eq!(said(&with_rule(when)), "", "{when}");
    }
}

#[test]
fn a_rule_beside_others_that_say_as_much_together_adds_nothing() {
    const HELP: &str = "(give it a more severe verdict, or narrow the other rule; its missing facts still lead to on_missing, its failures to on_error)";
    let rules = |verdict: &str, either: &str| {
        policy(
            &format!(
                "rules:\n  - {{id: many, when: payment.count > 9, verdict: deny, reason: because}}\n  - {{id: risky, when: payment.risky, \
                 verdict: {verdict}, reason: because}}\n  - {{id: either, when: \"{either}\", verdict: hold, reason: because}}\n"
            ),
            "",
        )
    };
    let expected = format!(
        "p.yaml:15:24: warning[W0318]: the rule `either` adds nothing but its reason when it fires: then one of `many` (13:22), \
         `risky` (14:23) fires, too, and says hold at least {HELP}"
    );
    assert_eq!(
        said(&rules("hold", "payment.count > 9 || payment.risky")),
        expected
    );
    assert_eq!(
        said(&rules("deny", "payment.risky || payment.count > 20")),
        expected.replace("hold at least", "deny at least")
    );
    // One of the two says less, or there is a third case.
    assert_eq!(
        said(&rules("flag", "payment.count > 9 || payment.risky")),
        ""
    );
    assert_eq!(
        said(&rules("hold", "payment.count > 8 || payment.risky")),
        ""
    );
}
