//! Who leaves out a fact for a milder decision by what several policies say, or for less that has to be done.

use crate::fixture::{PIPELINE, policy};
use crate::golden::{analysed, said};

const STEP_UP: &str = "{kind: step-up, arguments: {method: app-approval}}";

/// A policy with one rule.
fn rule(when: &str, verdict: &str, obligations: &str) -> String {
    let body = format!(
        "rules:\n  - {{id: r, when: \"{when}\", verdict: {verdict}, reason: because, obligations: [{obligations}]}}\n"
    );
    policy(&body, "")
}

fn earlier(policy: &str) -> String {
    policy
        .replace("stage: decision", "stage: residency")
        .replace("test.policy", "test.earlier")
}

/// What is told of facts that are left out, with this pipeline.
fn told(pipeline: &str, files: &[&str]) -> String {
    let names = ["a.yaml", "b.yaml", "c.yaml"];
    let mut set = vec![("pipeline.yaml", pipeline)];
    set.extend(names.into_iter().zip(files.iter().copied()));
    let analysis = analysed(&set);
    let lines = analysis.problems.0.iter().map(ToString::to_string);
    let of_facts = lines.filter(|line| line.contains("who leaves out"));
    of_facts.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_less_than_if_nobody_says_anything_is_told() {
    let denies = PIPELINE.replace(
        "kind: payment, no_policy: hold",
        "kind: payment, no_policy: deny",
    );
    let unknown = rule("!has(payment.risky)", "hold", STEP_UP);
    assert_eq!(
        told(&denies, &[&unknown]),
        "a.yaml:13:19: warning[W0321]: who leaves out `payment.risky` gets a milder decision: nobody says anything with it, which is deny \
         (no_policy), and the rule `r` says less without it; with payment.risky = yes it is abstain, without `payment.risky` hold until a \
         step-up clears it (compare `payment.risky` without asking `has(payment.risky)`, so that on_missing counts, or say of \
         `payment.risky` in metadata.accepts_risk why it may be left out)"
    );
    let told_of = |verdict: &str| told(PIPELINE, &[&rule("!has(payment.risky)", verdict, STEP_UP)]);
    assert!(told_of("hold").contains("warning[W0321]"));
    assert!(told_of("challenge").contains("warning[W0321]"));
    // As much as on_missing; somebody always says something; nobody leaves it out for this.
    assert_eq!(
        told(&denies, &[&rule("!has(payment.risky)", "hold", "")]),
        ""
    );
    let other = rule("true", "allow", "").replace("test.policy", "test.other");
    assert_eq!(told(&denies, &[&unknown, &other]), "");
    let plugin = policy("plugin: {name: x, grants: []}\n", "").replace("test.policy", "test.other");
    assert_eq!(told(&denies, &[&unknown, &plugin]), "");
    assert_eq!(told(&denies, &[&unknown.replace("hold", "deny")]), "");
}

#[test]
fn a_fact_without_which_another_is_taken_from_a_later_policy_is_told() {
    let takes = |when: &str| {
        earlier(&rule(
            when,
            "abstain",
            "{kind: redact, arguments: {payment.count: absent}}",
        ))
    };
    let denies = rule("payment.count > 5", "deny", "");
    assert_eq!(
        told(PIPELINE, &[&takes("!has(payment.risky)"), &denies]),
        "a.yaml:13:19: warning[W0324]: whether who leaves out `payment.risky` gets a milder decision is not known: without it the rule `r` takes \
         `payment.count` away from `test.policy` (b.yaml), which may then be milder: with it the rule `r` may lead to deny, without it to \
         hold; let `test.policy` say as much where `payment.count` is missing (on_missing) (compare `payment.risky` without asking \
         `has(payment.risky)`, so that on_missing counts, or say of `payment.risky` in metadata.accepts_risk why it may be left out)"
    );
    let as_much = denies.replace("on_missing: hold", "on_missing: deny");
    assert_eq!(
        told(PIPELINE, &[&takes("!has(payment.risky)"), &as_much]),
        ""
    );
    // Whether it is there makes no difference, or the host says it.
    for when in ["has(payment.risky) || true", "!has(session.known)"] {
        assert_eq!(told(PIPELINE, &[&takes(when), &denies]), "", "{when}");
    }
}

#[test]
fn a_fact_without_which_a_later_policy_is_not_asked_is_told() {
    let stops = PIPELINE.replace("stop_at: deny", "stop_at: hold");
    let holds = earlier(&rule("!has(payment.risky)", "hold", ""));
    let denies = rule("payment.count > 5", "deny", "");
    let told_of = told(&stops, &[&holds, &denies]);
    assert!(
        told_of.contains(
            "without it the rule `r` may end the walk too early: where `test.earlier` says hold, the stage `residency` ends before \
             `test.policy` (b.yaml) is asked, which may say more; write stop_at: deny for the stage `residency` in pipeline.yaml"
        ),
        "{told_of}"
    );
    assert_eq!(told(PIPELINE, &[&holds, &denies]), "");
}

#[test]
fn what_has_to_be_done_and_goes_with_a_fact_is_told() {
    let allows = |when: &str, beside: &str| {
        said(&policy(
            &format!(
                "rules:\n  - {{id: yes, when: 'true', verdict: allow, reason: because}}\n  - {{id: watched, when: \"{when}\", verdict: allow, reason: \
                 because, obligations: [{{kind: four-eyes}}]}}\n{beside}"
            ),
            "",
        ))
    };
    let watched = allows("has(payer.country) && payer.country == 'KP'", "");
    assert!(
        watched.contains(
            "p.yaml:14:25: warning[W0321]: who leaves out `payer.country` gets a milder decision: what the rule `watched` asks for goes with it; with \
             payer.country = KP it is allow, without `payer.country` allow with other obligations"
        ),
        "{watched}"
    );
    let again = "  - {id: unknown, when: '!has(payer.country)', verdict: allow, reason: because, obligations: [{kind: four-eyes}]}\n";
    let none = allows("has(payer.country) && payer.country == 'KP'", again);
    assert!(!none.contains("W0321"), "{none}");
    assert!(!allows("payer.country == 'KP'", "").contains("W0321"));
    // The same for what is taken away, and by `match`.
    let redact = "{kind: redact, arguments: {payment.count: absent}}";
    let takes = earlier(&rule(
        "has(payer.country) && payer.country == 'KP'",
        "abstain",
        redact,
    ));
    assert!(said(&takes).contains("what the rule `r` asks for goes with it"));
    let body = "match: [{name: watched, expression: has(payer.country)}]\nrules:\n  - {id: r, when: 'true', verdict: flag, reason: because, \
                obligations: [{kind: four-eyes}]}\n";
    let other = rule("true", "allow", "").replace("test.policy", "test.other");
    assert!(told(PIPELINE, &[&policy(body, ""), &other]).contains("warning[W0321]"));
}
