//! A higher level of threat in one stage makes no policy of a later stage milder.

use crate::{policy, reviewed as said, says, warnings};

const TAKES: &str = "rules:\n  - id: less\n    when: WHEN\n    verdict: abstain\n    reason: because\n    obligations:\n      - {kind: redact, \
                     arguments: {payment.risky: TREATMENT}}\n";

/// A policy of the first stage that takes a fact away.
fn takes(when: &str, treatment: &str) -> String {
    let body = TAKES.replace("WHEN", when).replace("TREATMENT", treatment);
    policy(&body)
        .replace("stage: decision", "stage: residency")
        .replace("test.policy", "test.earlier")
}

/// A policy of the last stage with one rule.
fn rule(when: &str, verdict: &str) -> String {
    policy(&format!(
        "rules:\n  - {{id: r, when: \"{when}\", verdict: {verdict}, reason: because}}\n"
    ))
}

fn both(earlier: &str, later: &str) -> String {
    refused(&[("a.yaml", earlier), ("b.yaml", later)])
}

/// The errors of a set; none if it loads.
fn refused(files: &[(&str, &str)]) -> String {
    let told = said(files);
    let lines = told.lines().filter(|line| line.contains("error["));
    lines.collect::<Vec<_>>().join("\n")
}

const RISES: &str = "processing.threat_level >= 2";

#[test]
fn a_fact_that_a_higher_level_takes_away_is_none_that_a_later_policy_denies_by() {
    let denies = rule("payment.risky", "deny");
    says(
        &[("a.yaml", &takes(RISES, "absent")), ("b.yaml", &denies)],
        "a.yaml:14:11: error[W0310]: a higher level of threat takes `payment.risky` away from `test.policy` (b.yaml), which may then \
         be milder: with it the rule `r` may lead to deny, without it to hold (let `test.policy` say as much where \
         `payment.risky` is missing (on_missing), or let nothing in `test.earlier` depend on the level)",
    );
    // Whatever the treatment leaves, later policies get nothing of it; a token is what they get anyway.
    for treatment in ["present", "band", "masked"] {
        let told = both(&takes(RISES, treatment), &denies);
        assert!(told.contains("error[W0310]"), "{treatment}: {told}");
    }
    for treatment in ["token", "clear"] {
        assert_eq!(both(&takes(RISES, treatment), &denies), "", "{treatment}");
    }
    // Where it is asked by `match`, by a threshold, and where only an obligation goes.
    let by_match = takes("'true'", "absent").replace(
        "rules:\n",
        &format!("match: [{{name: m, expression: {RISES}}}]\nrules:\n"),
    );
    let told = both(&by_match, &denies);
    assert!(told.starts_with("a.yaml:12:31: error[W0310]"), "{told}");
    let by_threshold = takes("payment.count > parameters.limit", "absent").replace(
        "rules:\n",
        "parameters: [{name: limit, title: t, type: integer, unit: u, value: 5, at_threat: {2: 3}}]\nrules:\n",
    );
    assert!(both(&by_threshold, &denies).contains("takes `payment.risky` away"));
    let duty = rule("payment.risky", "hold").replace(
        "reason: because}",
        "reason: because, obligations: [{kind: four-eyes}]}",
    );
    let told = both(&takes(RISES, "absent"), &duty);
    assert!(
        told.contains("the obligations of its rule `r` may go"),
        "{told}"
    );
    let fails = rule("payment.amount > money('5', 'EUR')", "hold")
        .replace("on_error: hold", "on_error: deny");
    let amount = takes(RISES, "absent").replace("payment.risky", "payment.amount");
    assert!(both(&amount, &fails).contains("with it the rule `r` may lead to deny"));
    let applies = policy(
        "match: [{name: m, expression: has(payment.risky)}]\nrules:\n  - {id: r, when: 'true', verdict: deny, reason: because}\n",
    );
    assert!(both(&takes(RISES, "absent"), &applies).contains("error[W0310]"));
}

#[test]
fn what_a_plugin_says_without_a_fact_is_not_known() {
    let plugin = |grants: &str, condition: &str| {
        policy(&format!(
            "{condition}plugin: {{name: x, grants: [{grants}]}}\n"
        ))
    };
    let granted = plugin("{field: payment.risky, treatment: present}", "");
    let told = both(&takes(RISES, "absent"), &granted);
    assert!(
        told.contains("what its plugin says with and without it is not known"),
        "{told}"
    );
    let asked = plugin("", "match: [{name: m, expression: payment.risky}]\n");
    assert!(both(&takes(RISES, "absent"), &asked).contains("error[W0310]"));
    let denies = asked.replace("on_missing: hold", "on_missing: deny");
    assert_eq!(both(&takes(RISES, "absent"), &denies), "");
    let other = plugin("{field: payment.count, treatment: clear}", "");
    assert_eq!(both(&takes(RISES, "absent"), &other), "");
    // What it says itself, and what it takes away, may depend on the level.
    let early = plugin("{field: processing.threat_level, treatment: clear}", "");
    assert_eq!(
        warnings(&[("p.yaml", &early)]),
        [
            "p.yaml:12:36: warning[W0310]: the plugin gets the level of threat, and whether what it says gets milder as that rises is not \
             known (remove the grant, or say of `processing.threat_level` in metadata.accepts_risk why the plugin only gets stricter)"
        ]
    );
    let accepted = early.replace(
        "  status: enforced\n",
        "  status: enforced\n  accepts_risk: processing.threat_level only adds points\n",
    );
    assert!(warnings(&[("p.yaml", &accepted)]).is_empty());
    says(
        &[(
            "p.yaml",
            &early.replace("stage: decision", "stage: residency"),
        )],
        "p.yaml:12:36: error[W0310]: the plugin gets the level of threat, and what it takes away from later policies is not known \
         (grant the level to plugins of the last stage only)",
    );
}

#[test]
fn a_fact_that_makes_nothing_milder_may_be_taken_away() {
    let taken = takes(RISES, "absent");
    for later in [
        // It says as much where the fact is missing, or allows by it, or does not read it.
        rule("payment.risky", "hold"),
        rule("payment.risky", "challenge"),
        rule("!payment.risky", "allow"),
        rule("payment.count > 5", "deny"),
        rule("payment.risky", "deny").replace("on_missing: hold", "on_missing: deny"),
        // It is never asked about the same request.
        rule("payment.risky", "deny").replace("payment.authorize", "assist.confirm"),
        rule("payment.risky", "deny").replace("status: enforced", "status: draft"),
        rule("payment.risky", "deny").replace("stage: decision", "stage: residency"),
    ] {
        assert_eq!(both(&taken, &later), "", "{later}");
    }
    // At every level alike.
    let always = takes("payment.count > 5", "absent");
    assert_eq!(both(&always, &rule("payment.risky", "deny")), "");
}

const STOPS: &str = "\
version: 1
stages: [{name: residency, title: t, stop_at: STOP}, {name: middle, title: t, stop_at: hold}, {name: decision, title: t}]
operations:
  - {name: payment.authorize, title: t, kind: payment, no_policy: hold}
";

#[test]
fn a_higher_level_does_not_end_the_walk_before_a_policy_that_may_say_more() {
    let set = |stop: &str, earlier: &str, later: &str| {
        refused(&[
            ("pipeline.yaml", &STOPS.replace("STOP", stop)),
            ("a.yaml", earlier),
            ("b.yaml", later),
        ])
    };
    let holds = rule(RISES, "hold")
        .replace("stage: decision", "stage: residency")
        .replace("test.policy", "test.earlier");
    let denies = rule("payment.risky", "deny");
    assert_eq!(
        set("hold", &holds, &denies),
        "a.yaml:13:19: error[W0310]: a higher level of threat may end the walk too early: where `test.earlier` says hold, the stage \
         `residency` ends before `test.policy` (b.yaml) is asked, which may say more (write stop_at: deny for the stage \
         `residency` in pipeline.yaml, or let nothing in `test.earlier` depend on the level)"
    );
    assert_eq!(set("deny", &holds, &denies), "");
    assert_eq!(set("hold", &holds, &rule("payment.risky", "hold")), "");
    assert_eq!(
        set("hold", &holds.replace(RISES, "payment.count > 3"), &denies),
        ""
    );
    // A fact that is taken away makes a policy of the stage between them hold.
    let middle = rule("payment.risky", "challenge")
        .replace("stage: decision", "stage: middle")
        .replace("test.policy", "test.middle");
    let files = |later: &str| {
        refused(&[
            ("pipeline.yaml", &STOPS.replace("STOP", "deny")),
            ("a.yaml", &takes(RISES, "absent")),
            ("b.yaml", &middle),
            ("c.yaml", later),
        ])
    };
    let told = files(&rule("payment.count > 5", "deny"));
    assert!(
        told.contains("away from `test.middle` (b.yaml), which may then be milder: where `test.middle` says hold, the stage `middle` ends"),
        "{told}"
    );
    assert_eq!(files(&rule("payment.count > 5", "hold")), "");
}

/// Of two treatments the stricter counts, so a disclosure of less also limits what others disclose.
#[test]
fn a_disclosure_of_less_than_all_does_not_go_away() {
    let discloses = |treatment: &str| {
        let body = format!(
            "rules:\n  - id: r\n    when: processing.threat_level < 2\n    verdict: abstain\n    reason: because\n    obligations:\n      - \
             {{kind: disclose, arguments: {{payment.amount: {treatment}}}}}\n"
        );
        said(&[("p.yaml", &policy(&body))])
    };
    for treatment in ["absent", "present", "band", "masked"] {
        let told = discloses(treatment);
        assert!(
            told.contains("abstain at level 1, abstain at level 2 with other obligations"),
            "{treatment}: {told}"
        );
    }
    assert_eq!(discloses("clear"), "");
}

#[test]
fn nobody_takes_the_level_away() {
    // At whatever level, and whatever is left of it.
    for when in [RISES, "'true'"] {
        for treatment in ["absent", "present", "token", "clear"] {
            let taking =
                takes(when, treatment).replace("payment.risky: ", "processing.threat_level: ");
            let told = refused(&[("a.yaml", &taking)]);
            assert!(
                told.contains(
                    "error[W0310]: `processing.threat_level` is taken away from later policies, which may then be milder (remove it: \
                     every policy may know the level)"
                ),
                "{when}, {treatment}: {told}"
            );
        }
    }
}
