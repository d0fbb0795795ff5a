//! Who leaves out a fact for a milder decision.

use crate::fixture::{policy, with_rule};
use crate::golden::said;

#[test]
fn who_leaves_a_fact_out_for_a_milder_decision_is_told() {
    const HELP: &str = "(leave out `has(payment.risky)`, so that on_missing counts, add a rule on `!has(payment.risky)` that says as much, or say of `payment.risky` in metadata.accepts_risk why it may be left out)";
    assert_eq!(
        said(&with_rule("has(payment.risky) && payment.risky")),
        format!(
            "p.yaml:14:11: error[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `r` is silent without it; with payment.risky = yes it is deny, without `payment.risky` abstain {HELP}"
        )
    );
    for when in [
        "\"has(payment.risky) ? payment.risky : false\"",
        "has(payment.risky) == true && payment.risky",
        "has(payment.risky) != false && payment.risky",
        "\"(has(payment.risky) ? 1 : 0) == 1 && payment.risky\"",
        "\"!(!has(payment.risky) || !payment.risky)\"",
        "has(payment.risky) in [true] && payment.risky",
        // That the other part decides without the fact does not help where it does not hold.
        "has(payment.risky) || payment.count > 5",
    ] {
        assert!(said(&with_rule(when)).contains("W0321"), "{when}");
    }
    let body = "match:\n  - name: may be risky\n    expression: has(payment.risky)\nplugin: {name: x, grants: []}\n";
    assert_eq!(
        said(&policy(body, "")),
        format!(
            "p.yaml:14:17: error[W0321]: who leaves out `payment.risky` gets a milder decision: the policy does not apply without \
             it: `may be risky` {HELP}"
        )
    );
    let beside = |verdict: &str, when: &str| {
        said(&policy(
            &format!(
                "rules:\n  - {{id: risky, when: has(payment.risky) && payment.risky, verdict: deny, reason: because}}\n  - {{id: unknown, \
                 when: \"{when}\", verdict: {verdict}, reason: because}}\n"
            ),
            "",
        ))
    };
    assert_eq!(
        beside("hold", "!has(payment.risky) || payment.count > 5"),
        ""
    );
    assert!(beside("challenge", "!has(payment.risky)").contains("W0321"));
    assert!(beside("hold", "!has(payment.risky) && payment.count > 5").contains("W0321"));
    for when in [
        // Without the fact it is missing, or the other part decides.
        "payment.risky",
        "has(payment.risky) && payment.count > 5 || payment.count > 5",
        "\"!(has(payment.risky) && payment.risky)\"",
        // The host says it; it is a claim.
        "has(session.known) && payment.risky",
        "has(session.claimed) && session.claimed",
    ] {
        assert!(!said(&with_rule(when)).contains("W0321"), "{when}");
    }
}

const ALLOWED: &str = "(compare `payment.risky` without asking `has(payment.risky)`, so that on_missing counts, or say of `payment.risky` in metadata.accepts_risk why it may be left out)";

fn allowing(when: &str) -> String {
    with_rule(when).replace("verdict: deny", "verdict: allow")
}

#[test]
fn a_rule_that_allows_because_a_fact_is_missing_is_told() {
    assert_eq!(
        said(&allowing("\"!has(payment.risky) || !payment.risky\"")),
        format!(
            "p.yaml:14:11: error[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `r` fires without it; \
             with payment.risky = yes it is abstain, without `payment.risky` allow {ALLOWED}"
        )
    );
    for when in [
        "\"!has(payment.risky) && payment.count < 5\"",
        "\"has(payment.risky) ? !payment.risky : true\"",
        "has(payment.risky) == false",
        "\"(has(payment.risky) ? 1 : 0) == 0\"",
    ] {
        let told = said(&allowing(when));
        assert!(
            told.contains("W0321") && told.contains("fires without it"),
            "{when}: {told}"
        );
        let flagged = said(&allowing(when).replace("verdict: allow", "verdict: flag"));
        assert!(flagged.contains("W0321"), "a flag releases, too: {when}");
    }
    let body = "match:\n  - name: not known\n    expression: \"!has(payment.risky)\"\nrules:\n  - {id: r, when: 'true', verdict: allow, \
                reason: because}\n";
    assert_eq!(
        said(&policy(body, "")),
        format!(
            "p.yaml:14:17: error[W0321]: who leaves out `payment.risky` gets a milder decision: the policy applies without it: \
             `not known`; with payment.risky = yes it is abstain, without `payment.risky` allow {ALLOWED}"
        )
    );
}

#[test]
fn an_allowance_that_does_not_come_of_the_missing_fact_is_not_told() {
    for when in [
        "\"!payment.risky\"",
        "has(payment.risky) || payment.count > 5",
        "has(payment.risky) && payment.risky || payment.count > 5",
        // The host says it; it is a claim.
        "\"!has(session.known) || !session.known\"",
        "\"!has(session.claimed) || !session.claimed\"",
    ] {
        assert!(!said(&allowing(when)).contains("W0321"), "{when}");
    }
    let allowed = allowing("\"!has(payment.risky) || !payment.risky\"");
    let earlier = allowed.replace("stage: decision", "stage: residency");
    assert_eq!(said(&earlier), "", "only the last stage permits");
    let plugin = "match:\n  - name: not known\n    expression: \"!has(payment.risky)\"\nplugin: {name: x, grants: []}\n";
    assert_eq!(said(&policy(plugin, "")), "");
}

/// What another rule, `on_missing` or `accepts_risk` says of the missing fact counts.
#[test]
fn an_allowance_beside_an_objection_or_an_accepted_risk_is_not_told() {
    let beside = |when: &str, verdict: &str| {
        said(&policy(
            &format!(
                "rules:\n  - {{id: yes, when: \"!has(payment.risky) || !payment.risky\", verdict: allow, reason: because}}\n  - {{id: no, \
                 when: \"{when}\", verdict: {verdict}, reason: because}}\n"
            ),
            "",
        ))
    };
    // Without the fact it is missing, so on_missing counts.
    assert!(!beside("payment.risky", "deny").contains("W0321"));
    assert!(!beside("!has(payment.risky)", "hold").contains("W0321"));
    // A challenge is less than what comes where nobody says anything.
    let challenged = beside("!has(payment.risky)", "challenge");
    assert!(
        challenged.contains("warning[W0321]") && challenged.contains("the rule `no` says less"),
        "{challenged}"
    );
    assert!(beside("payment.count > 5", "hold").contains("W0321"));
    let rules = "rules:\n  - {id: yes, when: \"!has(payment.risky) || !payment.risky\", verdict: allow, reason: because}\n";
    let accepts = |why: &str| policy(rules, &format!("  accepts_risk: {why}\n"));
    assert_eq!(
        said(&accepts("payment.risky is only said of some payments.")),
        ""
    );
    assert_eq!(said(&accepts("Only some payments say payment.risky.")), "");
    assert!(said(&accepts("Somebody said so of payment.risky_too.")).contains("W0321"));
    let lenient =
        accepts("Somebody said so of on_missing.").replace("on_missing: hold", "on_missing: allow");
    assert_eq!(said(&lenient), "");
}

/// What a fact that is missing makes of it is twice as long with each part: it is given up, and said so.
#[test]
fn a_condition_that_gets_too_long_without_its_fact_is_told() {
    let same = |parts: usize| {
        let parts = (0..parts).map(|n| format!("(payment.count > {n})"));
        let chain = parts.collect::<Vec<_>>().join(" == ");
        said(&allowing(&format!("has(payment.risky) == {chain}")))
    };
    assert!(!same(3).contains("W0324"), "{}", same(3));
    assert_eq!(
        same(14),
        "p.yaml:14:11: warning[W0324]: whether who leaves out `payment.risky` gets a milder decision is not known: what its conditions \
         are without it is too long (compare `payment.risky` without asking `has(payment.risky)`, so that on_missing counts, or say \
         of `payment.risky` in metadata.accepts_risk why it may be left out)"
    );
}

/// Where something is computed that the solver does not see through, an example is looked for at the hours, days and numbers
/// that the condition can be about.
#[test]
fn an_example_is_found_behind_a_clock_and_a_product() {
    for when in [
        "has(payment.at) && payment.at.getHours('Europe/Brussels') >= 23",
        "has(payment.at) && payment.at.getDayOfWeek('Europe/Brussels') == 0",
        "has(payment.at) && payment.at.getDayOfWeek() == 6 && payment.at.getHours() < 1",
        "has(payment.at) && payment.at.getMonth() == 11",
        "has(payment.at) && payment.at.getDate() == 31",
        "has(payment.count) && payment.count * 7 == 91",
        "has(payment.count) && payment.count - 40 == 91",
    ] {
        let told = said(&with_rule(when));
        assert!(told.contains("error[W0321]"), "{when}: {told}");
    }
}

#[test]
fn where_neither_an_example_nor_a_proof_is_found_it_is_told() {
    assert_eq!(
        said(&with_rule(
            "has(payment.count) && payment.count * payment.count == 1522756"
        )),
        "p.yaml:14:11: warning[W0324]: whether who leaves out `payment.count` gets a milder decision is not known: no example was found \
         and no proof that there is none; looked for were facts with which the rule `r` is silent without it (compare `payment.count` \
         without asking `has(payment.count)`, so that on_missing counts, or say of `payment.count` in metadata.accepts_risk why it may \
         be left out)"
    );
    let accepted = with_rule("has(payment.count) && payment.count * payment.count == 1522756")
        .replace(
            "  status: enforced\n",
            "  status: enforced\n  accepts_risk: payment.count is optional\n",
        );
    assert_eq!(said(&accepted), "");
}

/// Of several cases the worst is told: denied with the fact, allowed without it.
#[test]
fn the_furthest_fall_is_told() {
    let rules = "rules:\n  - {id: yes, when: payment.count < 5, verdict: allow, reason: because}\n  - {id: no, when: \"has(payment.risky) && \
                 payment.risky\", verdict: deny, reason: because}\n  - {id: wait, when: payment.count > 9, verdict: challenge, reason: \
                 because}\n";
    let told = said(&policy(rules, ""));
    assert!(
        told.contains("it is deny, without `payment.risky` allow"),
        "{told}"
    );
}

/// Where something milder still objects it is a warning, and so it is for a draft.
#[test]
fn only_where_nothing_is_left_that_objects_it_is_an_error() {
    let rules = "rules:\n  - {id: no, when: \"has(payment.risky) && payment.risky\", verdict: deny, reason: because}\n  - {id: less, when: \
                 \"'true'\", verdict: challenge, reason: because}\n"
        .replace("\"'true'\"", "\"true\"");
    let told = said(&policy(&rules, ""));
    assert!(told.contains("warning[W0321]"), "{told}");
    let open = with_rule("has(payment.risky) && payment.risky");
    assert!(said(&open).contains("error[W0321]"));
    let draft = open.replace("status: enforced", "status: draft");
    assert!(said(&draft).contains("warning[W0321]"));
    let shadow = open.replace("status: enforced", "status: shadow");
    assert!(said(&shadow).contains("error[W0321]"));
}

/// A hold that a step-up clears is milder than one that stays.
#[test]
fn who_leaves_a_fact_out_gets_no_hold_that_a_step_up_clears() {
    let unknown = |obligations: &str| {
        said(&policy(
            &format!(
                "rules:\n  - {{id: risky, when: has(payment.risky) && payment.risky, verdict: hold, reason: because}}\n  - {{id: unknown, \
                 when: '!has(payment.risky)', verdict: hold, reason: because, obligations: [{obligations}]}}\n"
            ),
            "",
        ))
    };
    let told = unknown("{kind: step-up, arguments: {method: app-approval}}");
    assert!(
        told.contains("warning[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `risky` is silent without it; with \
                       payment.risky = yes it is hold, without `payment.risky` hold until a step-up clears it"),
        "{told}"
    );
    assert_eq!(unknown(""), "");
}

/// Beside an allowance a flag is all that is said.
#[test]
fn who_leaves_a_fact_out_of_a_flag_is_told() {
    let flagging = |when: &str| with_rule(when).replace("verdict: deny", "verdict: flag");
    let told = said(&flagging("has(payment.risky) && payment.risky"));
    let expected = "p.yaml:14:11: warning[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `r` is silent \
                    without it; with payment.risky = yes it is flag, without `payment.risky` abstain (";
    assert!(told.starts_with(expected), "{told}");
    let beside = |condition: &str, when: &str| {
        policy(
            &format!(
                "{condition}rules:\n  - {{id: r, when: {when}, verdict: flag, reason: because}}\n  - {{id: s, when: payment.count >= 0, \
                 verdict: allow, reason: because}}\n"
            ),
            "",
        )
    };
    let told = said(&beside("", "has(payment.risky) && payment.risky"));
    assert!(
        told.contains("it is flag, without `payment.risky` allow"),
        "{told}"
    );
    let condition = "match: [{name: may be risky, expression: has(payment.risky)}]\n";
    let told = said(&beside(condition, "payment.count > 5"));
    assert!(
        told.contains("the policy does not apply without it: `may be risky`"),
        "{told}"
    );
    // The fact is missing then; the other part decides without it; before the last stage nothing is allowed.
    for text in [
        beside("", "payment.risky"),
        beside(
            "",
            "has(payment.risky) && payment.count > 5 || payment.count > 5",
        ),
        beside("", "has(payment.risky) && payment.risky")
            .replace("stage: decision", "stage: residency"),
    ] {
        let told = said(&text);
        assert!(!told.contains("gets a milder decision"), "{told}");
    }
}
