//! What is decided about a payment.

use serde_json::json;
use weft_engine::Role;
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, caller, codes, decisions, payment, service, state};
use crate::policies::{PolicyFile, amounts, rule, usual};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_decides_and_the_state_follows() {
    let house = House::new(&usual());
    for (id, euros, verdict, expected, is_challenged) in [
        ("p-1", "27.40", Verdict::Allow, "released", false),
        ("p-2", "270.00", Verdict::Flag, "released", false),
        ("p-3", "700.00", Verdict::Challenge, "pending", true),
        ("p-4", "1890.00", Verdict::Hold, "pending", true),
        ("p-5", "9000.00", Verdict::Deny, "refused", false),
    ] {
        let view = house.decided(&service(), &payment(id, euros)).await;
        assert_eq!(view.verdict, verdict, "{id}");
        assert_eq!(state(&view), Some(expected), "{id}");
        assert_eq!(view.challenge.is_some(), is_challenged, "{id}");
        assert_eq!(codes(&view), ["because"], "{id}");
        let told = Some("for customers of test.amounts").filter(|_| verdict > Verdict::Flag);
        assert_eq!(
            view.message.as_deref(),
            told,
            "{id}: who pays without hindrance is told nothing"
        );
        let expires_at = view.payment.as_ref().and_then(|p| p.expires_at);
        let waits = house.now().plus(house.site.config().hold_expires);
        assert_eq!(expires_at, is_challenged.then_some(waits), "{id}");
    }
    assert_eq!(house.engine.pending(), 2);
}

/// What all policies together say can be more than a record holds: the payment is decided all the same, and
/// nothing less has to be done.
#[tokio::test]
async fn policies_that_say_very_much_do_not_stop_payments() {
    let long = |policy: usize, limits: usize| {
        let limit = |n: usize| {
            format!("{{kind: limit, arguments: {{amount_minor: \"{n:0200}\", currency: EUR}}}}")
        };
        let limits: Vec<String> = (0..limits).map(|n| limit(policy * 100 + n)).collect();
        let more = format!("obligations: [{}]", limits.join(", "));
        let body = format!("rules:\n{}", rule("long", "true", "flag", &more));
        PolicyFile::new(&format!("test.long-{policy}"), "payment.authorize", &body)
    };
    let mut policies = usual();
    policies.extend((0..4).map(|policy| long(policy, 20)));
    let house = House::new(&policies);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!((view.verdict, view.obligations.len()), (Verdict::Flag, 80));
    let record = house.record(&view);
    let of_host = record.findings.iter().find(|f| f.policy == "host");
    assert_eq!(
        of_host.expect("a note").finding.reasons[0].code,
        "findings-shortened"
    );
    assert_eq!(codes(&view), ["because"]);

    policies.extend((4..40).map(|policy| long(policy, 20)));
    let house = House::new(&policies);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        (view.verdict, codes(&view)),
        (Verdict::Hold, vec!["too-much-found"])
    );
    assert_eq!(
        view.reasons[0].title.as_deref(),
        Some("The policies ask for more than a record has room for")
    );
    let view = house.decided(&service(), &payment("p-2", "9000.00")).await;
    assert_eq!(view.verdict, Verdict::Deny, "never milder");
}

#[tokio::test]
async fn a_reply_comes_after_its_record() {
    let house = House::new(&usual());
    let before = house.engine.log().len();
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        (view.log.index, house.engine.log().len()),
        (before, before + 1)
    );
    let record = house.record(&view);
    assert_eq!(record.decision, view.decision);
    assert_eq!(record.outcome.verdict, Verdict::Allow);
    assert_eq!(record.transaction.as_deref(), Some("p-1"));
    assert_eq!(record.policy_set, house.engine.pipeline().digest());
}

#[tokio::test]
async fn a_missing_fact_does_not_pass_in_silence() {
    let malware = rule("malware", "device.malware", "deny", "");
    let policy = PolicyFile::new(
        "test.malware",
        "payment.authorize",
        &format!("rules:\n{malware}"),
    );
    let house = House::new(&[amounts(), policy]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Hold, Some("pending"))
    );
    assert_eq!(codes(&view), ["fact-missing", "because"]);
    let record = house.record(&view);
    let found = record.findings.iter().find(|f| f.policy == "test.malware");
    assert_eq!(
        found.map(|f| f.missing.clone()),
        Some(vec!["device.malware".to_owned()])
    );
    // A person can release it; the customer's approval in the app says nothing about malware.
    assert!(view.challenge.is_none());
}

#[tokio::test]
async fn a_policy_that_cannot_be_computed_says_its_on_error() {
    let house = House::new(&[amounts()]);
    let mut body = payment("p-1", "27.40");
    body["payment"]["amount"] = json!({"value": "100.00", "currency": "INR"});
    let view = house.decided(&service(), &body).await;
    assert_eq!(view.verdict, Verdict::Hold);
    assert_eq!(codes(&view), ["policy-failed"]);
    assert!(
        house.record(&view).findings[0].failure.is_some(),
        "it is recorded why"
    );
}

/// Who mends the failure learns at once what else is needed.
#[tokio::test]
async fn a_failure_does_not_hide_what_is_missing() {
    let both = "payment.amount > money('5', 'EUR') && device.malware";
    let rules = format!("rules:\n{}", rule("both", both, "deny", ""));
    let matches = format!(
        "match: [{{name: m, expression: \"{both}\"}}]\nrules:\n{}",
        rule("all", "true", "deny", "")
    );
    for body in [rules, matches] {
        let house = House::new(&[PolicyFile::new("test.both", "payment.authorize", &body)]);
        let mut body = payment("p-1", "27.40");
        body["payment"]["amount"] = json!({"value": "100.00", "currency": "INR"});
        let view = house.decided(&service(), &body).await;
        assert_eq!(view.verdict, Verdict::Hold);
        assert_eq!(codes(&view), ["fact-missing", "policy-failed"]);
        assert_eq!(view.reasons[0].fields, ["device.malware"]);
        let found = &house.record(&view).findings[0];
        assert_eq!(found.missing, ["device.malware"]);
        assert!(found.failure.is_some(), "it is recorded why");
    }
}

#[tokio::test]
async fn what_a_payment_needs_is_asked_for_by_name() {
    let house = House::new(&usual());
    let before = decisions(&house);
    for (section, member, pointer) in [
        ("payment", "id", "/payment/id"),
        ("payment", "amount", "/payment/amount"),
    ] {
        let mut body = payment("p-1", "27.40");
        body[section].as_object_mut().expect("there").remove(member);
        let problem = house.refused(&service(), &body).await;
        assert_eq!(problem.code(), "missing-field");
        assert!(problem.to_json().to_string().contains(pointer), "{problem}");
    }
    let mut body = payment("p-1", "27.40");
    body["operation"] = json!("payment.authorise");
    let problem = house.refused(&service(), &body).await;
    assert_eq!(problem.code(), "invalid-value");
    assert_eq!(
        problem.what_to_do(),
        Some("did you mean `payment.authorize`?")
    );
    assert_eq!(decisions(&house), before, "nothing was decided");
}

#[tokio::test]
async fn a_payment_is_decided_once() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let problem = house.refused(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(problem.code(), "conflict");
    // Not even while the first is under way.
    let other = payment("p-2", "27.40");
    let from = service();
    let (one, two) = tokio::join!(house.decide(&from, &other), house.decide(&from, &other));
    assert_ne!(one.is_ok(), two.is_ok());
    assert_eq!(house.times_decided("p-2"), 1);
}

#[tokio::test]
async fn only_the_platform_makes_payments() {
    let house = House::new(&usual());
    let before = decisions(&house);
    for from in [
        agent(),
        caller("s", Role::Supervisor),
        caller("r", Role::Regulator),
        caller("o", Role::Operator),
    ] {
        let problem = house.refused(&from, &payment("p-1", "27.40")).await;
        assert_eq!(problem.code(), "forbidden", "{:?}", from.role);
    }
    assert_eq!(decisions(&house), before);
}

#[tokio::test]
async fn more_requests_than_the_host_may_decide_are_refused() {
    let site = Site::new(&usual());
    let config = weft_engine::Config {
        max_in_flight: 0,
        ..site.config()
    };
    let house = site.start_with(config).expect("it starts");
    let problem = house.refused(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(problem.code(), "saturated");
}

#[tokio::test]
async fn what_was_seen_before_is_a_fact() {
    let busy = rule(
        "busy",
        "behaviour.account.count_24h >= 2",
        "challenge",
        crate::policies::STEP_UP,
    );
    let policy = PolicyFile::new("test.busy", "payment.authorize", &format!("rules:\n{busy}"));
    let house = House::new(&[amounts(), policy]);
    for (id, verdict) in [
        ("p-1", Verdict::Allow),
        ("p-2", Verdict::Allow),
        ("p-3", Verdict::Challenge),
    ] {
        let view = house.decided(&service(), &payment(id, "27.40")).await;
        assert_eq!(view.verdict, verdict, "{id}");
        house.pass_minutes(1);
    }
    house.pass_minutes(25 * 60);
    let view = house.decided(&service(), &payment("p-4", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Allow, "a day later");
}
