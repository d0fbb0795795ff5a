//! A higher level of threat makes nothing milder than that nobody says anything.

use crate::{policy, reviewed as said, says};

const STEP_UP: &str = "{kind: step-up, arguments: {method: app-approval}}";
const RISES: &str = "processing.threat_level >= 2";

fn pipeline(no_policy: &str) -> String {
    crate::fixture::PIPELINE.replace(
        "kind: payment, no_policy: hold",
        &format!("kind: payment, no_policy: {no_policy}"),
    )
}

/// A policy of the last stage with one rule.
fn rule(when: &str, verdict: &str, obligations: &str) -> String {
    policy(&format!(
        "rules:\n  - {{id: r, when: \"{when}\", verdict: {verdict}, reason: because, obligations: [{obligations}]}}\n"
    ))
}

/// Another one.
fn other(when: &str, verdict: &str) -> String {
    rule(when, verdict, "").replace("test.policy", "test.other")
}

/// The errors of a set; none if it loads.
fn refused(no_policy: &str, policies: &[&str]) -> String {
    let names = ["a.yaml", "b.yaml", "c.yaml"];
    let pipeline = pipeline(no_policy);
    let mut files = vec![("pipeline.yaml", pipeline.as_str())];
    files.extend(names.into_iter().zip(policies.iter().copied()));
    let told = said(&files);
    let lines = told.lines().filter(|line| line.contains("error["));
    lines.collect::<Vec<_>>().join("\n")
}

const REMEDY: &str = "(say at least as much as no_policy, or let another enforced policy of the last stage say something, as `allow`, whenever this \
                      one may)";

#[test]
fn what_comes_with_a_higher_level_is_no_less_than_if_nobody_says_anything() {
    says(
        &[("p.yaml", &rule(RISES, "challenge", STEP_UP))],
        &format!(
            "p.yaml:13:19: error[W0310]: `payment.authorize` gets milder as the level of threat rises: hold at level 1, where nobody says \
             anything (no_policy), challenge at level 2, with no fact at all {REMEDY}"
        ),
    );
    let told = refused("hold", &[&rule(RISES, "hold", STEP_UP)]);
    assert!(
        told.contains("(no_policy), hold until a step-up clears it at level 2"),
        "{told}"
    );
    let told = refused("deny", &[&rule(RISES, "hold", "")]);
    assert!(told.contains("deny at level 1, where nobody"), "{told}");
    // By a threshold.
    let limit = policy(
        "parameters: [{name: limit, title: t, type: money, value: 30.00 EUR, at_threat: {2: 10.00 EUR}}]\nrules:\n  - {id: r, when: \
         payment.amount > parameters.limit, verdict: challenge, reason: because}\n",
    );
    let told = refused("hold", &[&limit]);
    assert!(
        told.contains("challenge at level 2, with payment.amount = "),
        "{told}"
    );
    // By `match`, and by a fact that is only missing at a higher level.
    let applies = rule("true", "challenge", "").replace(
        "rules:\n",
        &format!("match: [{{name: m, expression: {RISES}}}]\nrules:\n"),
    );
    assert!(refused("hold", &[&applies]).contains("error[W0310]"));
    let gap = rule(&format!("{RISES} && payment.risky"), "deny", "");
    let told = refused("deny", &[&gap]);
    assert!(told.contains("deny at level 1, where nobody"), "{told}");
    assert!(
        told.contains("hold at level 2, with no fact at all"),
        "{told}"
    );
    assert_eq!(refused("hold", &[&gap]), "");
}

#[test]
fn what_is_as_much_as_no_policy_or_is_said_beside_others_may_come() {
    assert_eq!(refused("hold", &[&rule(RISES, "hold", "")]), "");
    assert_eq!(refused("deny", &[&rule(RISES, "deny", "")]), "");
    let challenges = rule(
        &format!("{RISES} && payment.count > 5"),
        "challenge",
        STEP_UP,
    );
    let beside = |others: &[&str]| {
        let all: Vec<&str> = [challenges.as_str()]
            .into_iter()
            .chain(others.iter().copied())
            .collect();
        refused("hold", &all)
    };
    assert!(beside(&[]).contains("error[W0310]"));
    for speaks in [
        other("true", "allow"),
        other("payment.count > 3", "allow"),
        // Where the fact is missing it says its on_missing.
        other("payment.risky || !payment.risky", "flag"),
        policy("plugin: {name: x, grants: []}\n").replace("test.policy", "test.other"),
    ] {
        assert_eq!(beside(&[&speaks]), "", "{speaks}");
    }
    let (one, two) = (
        other("payment.count > 7", "allow"),
        other("payment.count <= 7", "allow"),
    );
    let two = two.replace("test.other", "test.third");
    assert_eq!(
        beside(&[&one, &two]),
        "",
        "together they always say something"
    );
    for silent in [
        one.clone(),
        other("payment.count > 3", "abstain"),
        other("true", "allow").replace("status: enforced", "status: shadow"),
        other("true", "allow").replace("stage: decision", "stage: residency"),
        other("true", "allow").replace("[payment.authorize]", "[assist.confirm]"),
        // It begins a day later, or ends.
        other("true", "allow").replace("2026-01-01", "2026-01-02"),
        other("true", "allow").replace(
            "effective: {from: 2026-01-01T00:00:00Z}",
            "effective: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}",
        ),
        policy(
            "match: [{name: m, expression: payment.count > 7}]\nplugin: {name: x, grants: []}\n",
        )
        .replace("test.policy", "test.other"),
    ] {
        assert!(beside(&[&silent]).contains("error[W0310]"), "{silent}");
    }
    // It says something itself, at the lower level by another rule.
    let own = policy(
        "parameters: [{name: limit, title: t, type: integer, unit: u, value: 5, at_threat: {2: 3}}]\nrules:\n  - {id: r, when: payment.count > \
         parameters.limit, verdict: challenge, reason: because}\n  - {id: s, when: payment.count <= parameters.limit, verdict: allow, \
         reason: because}\n",
    );
    assert_eq!(refused("hold", &[&own]), "");
    // A draft decides nothing.
    let draft = challenges.replace("status: enforced", "status: draft");
    assert_eq!(refused("hold", &[&draft]), "");
}

#[test]
fn what_is_taken_away_makes_nothing_less_than_if_nobody_says_anything() {
    let takes = policy(&format!(
        "rules:\n  - {{id: less, when: {RISES}, verdict: abstain, reason: because, obligations: [{{kind: redact, arguments: {{payment.risky: \
         absent}}}}]}}\n"
    ))
    .replace("stage: decision", "stage: residency")
    .replace("test.policy", "test.earlier");
    let allows = rule("payment.risky", "allow", "");
    let told = refused("deny", &[&takes, &allows]);
    assert!(
        told.contains("with it nobody may say anything, and `payment.authorize` ends with deny (no_policy), without it with hold"),
        "{told}"
    );
    assert_eq!(refused("hold", &[&takes, &allows]), "");
    assert_eq!(
        refused("deny", &[&takes, &allows, &other("true", "allow")]),
        ""
    );
}
