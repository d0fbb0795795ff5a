//! What the customer's approval clears, and what it does not.

use weft_engine::DecisionView;
use weft_verdict::Verdict;

use crate::house::{House, agent, ask, payment, service, state};
use crate::policies::{PolicyFile, STEP_UP, assistance, rule};

/// A step-up by one rule, and these rules besides it in the same policy.
fn with_step_up(more: &str) -> PolicyFile {
    let step_up = rule(
        "step-up",
        "payment.amount >= money('1000', 'EUR')",
        "challenge",
        STEP_UP,
    );
    PolicyFile::new(
        "test.rules",
        "payment.authorize",
        &format!("rules:\n{step_up}{more}"),
    )
}

/// The decision after the customer has approved and support has confirmed.
async fn confirmed(house: &House) -> DecisionView {
    house.approved("p-1").await;
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    *view.decided_again.expect("decided again")
}

fn house(policies: Vec<PolicyFile>) -> House {
    let mut all = assistance();
    all.extend(policies);
    House::new(&all)
}

/// The hold waits for support: the approval cannot clear it, and is used up by trying.
async fn is_still_held(policies: Vec<PolicyFile>) {
    let house = house(policies);
    let again = confirmed(&house).await;
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Hold, Some("pending"))
    );
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert_eq!(house.times_decided("p-1"), 2);
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 1);
}

#[tokio::test]
async fn a_hold_of_another_rule_of_the_policy_stays() {
    let plain = rule("plain", "payer.country == 'BE'", "hold", "");
    is_still_held(vec![with_step_up(&plain)]).await;
}

#[tokio::test]
async fn a_hold_of_another_policy_stays() {
    let plain = format!("rules:\n{}", rule("plain", "true", "hold", ""));
    let other = PolicyFile::new("test.plain", "payment.authorize", &plain);
    is_still_held(vec![with_step_up(""), other]).await;
}

#[tokio::test]
async fn a_missing_fact_stays_missing() {
    let needs = rule("needs", "device.malware", "deny", "");
    is_still_held(vec![with_step_up(&needs)]).await;
}

#[tokio::test]
async fn a_failure_stays_a_failure() {
    let fails = rule("fails", "payment.amount > money('1', 'USD')", "deny", "");
    is_still_held(vec![with_step_up(&fails)]).await;
}

/// A payment would wait for what nobody can pass.
#[test]
fn a_step_up_that_the_host_cannot_check_is_refused_at_the_start() {
    let branch = "obligations: [{kind: step-up, arguments: {method: branch-visit}}, \
                  {kind: step-up, arguments: {method: app-approval}}]";
    let both = format!("rules:\n{}", rule("both", "true", "hold", branch));
    let policy = PolicyFile::new("test.both", "payment.authorize", &both);
    let site = crate::house::Site::new(&[policy]);
    let config = site.config();
    let Err(why) = site.start_with(config) else {
        panic!("it starts")
    };
    assert!(why.to_string().contains("app-approval"), "{why}");
}

#[tokio::test]
async fn a_denial_is_a_denial() {
    let deny = rule("deny", "session.role == 'agent'", "deny", STEP_UP);
    let hold = rule("hold", "true", "hold", STEP_UP);
    let house = house(vec![with_step_up(&(deny + &hold))]);
    let again = confirmed(&house).await;
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Deny, Some("refused"))
    );
    assert_eq!(house.engine.pending(), 0);
}

#[tokio::test]
async fn other_obligations_stay() {
    let more =
        "obligations: [{kind: step-up, arguments: {method: app-approval}}, {kind: four-eyes}]";
    let body = format!("rules:\n{}", rule("both", "true", "hold", more));
    let policy = PolicyFile::new("test.both", "payment.authorize", &body);
    let house = house(vec![policy]);
    let held = house.decided(&service(), &payment("p-0", "10.00")).await;
    assert_eq!(held.obligations.len(), 2);
    let again = confirmed(&house).await;
    assert_eq!(again.verdict, Verdict::Flag);
    let kinds: Vec<&str> = again.obligations.iter().map(|o| o.kind.as_str()).collect();
    assert_eq!(kinds, ["four-eyes"]);
}
