//! A payment that waits is decided again: once, in time, with evidence.

use std::sync::Arc;

use weft_dictionary::DurationMs;
use weft_engine::{Config, Role};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, answer, ask, caller, codes, payment, service, state};
use crate::policies::{PolicyFile, rule, usual};

#[tokio::test]
async fn a_held_payment_is_released_when_support_confirms_what_the_customer_approved() {
    let house = House::new(&usual());
    let (held, challenge, response) = house.waiting("p-1", "1890.00").await;
    let approved = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(approved.verdict, Verdict::Allow);
    assert_eq!(
        state(&approved),
        Some("pending"),
        "a hold needs a person, too"
    );
    assert!(approved.decided_again.is_none());
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Flag, Some("released"))
    );
    assert_eq!(again.previous, Some(view.decision));
    // Nobody is asked for what was done.
    assert_eq!(
        again.message.as_deref(),
        Some(
            "The customer has passed the step that was asked for, so this stops nothing any more."
        )
    );
    let auditor = caller("authority", Role::Regulator);
    let audited = house.engine.decision(&auditor, &again.decision).await;
    assert_eq!(
        audited.unwrap_or_else(|p| panic!("{p}")).message.as_deref(),
        Some(
            "for auditors of test.amounts The customer passed the step that it asks for, so it counts as flag."
        )
    );
    let chain = house.chain("p-1");
    let [first, _, _, last] = chain.as_slice() else {
        panic!("{} decisions", chain.len())
    };
    assert_eq!(first.decision, held.decision);
    assert_eq!(last.decision, again.decision);
    assert_eq!(
        (last.outcome.risk, &last.feature_snapshot),
        (Some(800), &first.feature_snapshot)
    );
    assert_eq!(last.findings[0].discharged, Some(Verdict::Hold));
    assert_eq!(house.engine.pending(), 0);
    // A second confirmation changes nothing.
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Deny, Some("released"))
    );
    assert_eq!(house.times_decided("p-1"), 2);
}

#[tokio::test]
async fn a_challenged_payment_is_released_by_the_customer_alone() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "700.00").await;
    let view = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Flag, Some("released"))
    );
    let late = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(late.verdict, Verdict::Deny);
    assert_eq!(house.times_decided("p-1"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_agents_who_confirm_at_the_same_time_one_does() {
    let house = Arc::new(House::new(&usual()));
    for round in 0..10 {
        let id = format!("p-{round}");
        house.approved(&id).await;
        let mut agents = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (house, id) = (Arc::clone(&house), id.clone());
            agents.spawn(async move {
                let from = caller(&format!("agent-{number}"), Role::Agent);
                house.decided(&from, &ask("assist.confirm", &id)).await
            });
        }
        let mut confirmed = 0;
        for view in agents.join_all().await {
            assert_eq!(view.verdict.is_granted(), view.decided_again.is_some());
            confirmed += usize::from(view.decided_again.is_some());
        }
        assert_eq!((confirmed, house.times_decided(&id)), (1, 2), "{id}");
    }
    assert_eq!(house.engine.pending(), 0);
}

#[tokio::test]
async fn a_confirmation_that_is_sent_again_answers_the_same_and_does_nothing() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    let body = ask("assist.confirm", "p-1");
    let first = house.decide_with_key(&agent(), &body, Some("k")).await;
    let first = first.unwrap_or_else(|p| panic!("{p}"));
    assert!(first.decisions[0].decided_again.is_some());
    let records = house.engine.log().len();
    let second = house.decide_with_key(&agent(), &body, Some("k")).await;
    let second = second.unwrap_or_else(|p| panic!("{p}"));
    assert!(second.replayed);
    assert_eq!(first.body, second.body);
    assert_eq!(house.engine.log().len(), records);
    assert_eq!(house.times_decided("p-1"), 2);
}

#[tokio::test]
async fn evidence_is_good_for_a_time() {
    let house = five_minutes();
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let right = answer("p-1", &challenge, &response);
    assert!(house.decided(&service(), &right).await.verdict.is_granted());
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    house.pass_minutes(5);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Deny, Some("pending"))
    );
    assert_eq!(house.times_decided("p-1"), 1);
    // The customer passes again, and the payment is not lost.
    assert!(house.decided(&service(), &right).await.verdict.is_granted());
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(state(&again), Some("released"));
}

#[tokio::test]
async fn evidence_lives_as_long_as_the_payment_waits() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    house.pass_minutes(14);
    let house = house.restart().await;
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    assert!(view.decided_again.is_some());
}

/// A host whose evidence runs out before its payments do.
fn five_minutes() -> House {
    let site = Site::new(&usual());
    let config = Config {
        evidence_expires: DurationMs(5 * 60_000),
        ..site.config()
    };
    site.start_with(config).unwrap_or_else(|e| panic!("{e}"))
}

#[tokio::test]
async fn an_answer_that_comes_again_renews_nothing() {
    let house = five_minutes();
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let right = answer("p-1", &challenge, &response);
    assert!(house.decided(&service(), &right).await.verdict.is_granted());
    house.pass_minutes(4);
    let again = house.decided(&service(), &right).await;
    assert!(again.verdict.is_granted() && again.decided_again.is_none());
    let wrong = house
        .decided(&service(), &answer("p-1", &challenge, "wrong"))
        .await;
    assert_eq!(wrong.verdict, Verdict::Deny);
    assert!(codes(&wrong).contains(&"challenge-passed-before"));
    house.pass_minutes(1);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Deny, "five minutes after the first");
}

/// The evidence is a minute old, the hold is over, and nobody has swept it away yet.
#[tokio::test]
async fn a_hold_that_is_over_is_denied_whoever_comes_first() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    house.pass_minutes(14);
    let approval = answer("p-1", &challenge, &response);
    assert!(
        house
            .decided(&service(), &approval)
            .await
            .verdict
            .is_granted()
    );
    house.pass_minutes(1);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!((view.verdict, state(&view)), (Verdict::Deny, None));
    assert!(view.decided_again.is_none());
    let last = house.chain("p-1");
    let operations: Vec<&str> = last.iter().map(|r| r.operation.as_str()).collect();
    let expected = [
        "payment.authorize",
        "assist.verify_identity",
        "payment.expire",
        "assist.confirm",
    ];
    assert_eq!(operations, expected);
    assert_eq!(last[2].outcome.verdict, Verdict::Deny);
    assert_eq!(
        (house.engine.pending(), house.engine.expire_due().await),
        (0, 0)
    );
}

#[tokio::test]
async fn what_nobody_released_in_time_is_refused() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    house.waiting("p-2", "700.00").await;
    house.pass_minutes(14);
    assert_eq!(house.engine.expire_due().await, 0, "not yet");
    house.pass_minutes(1);
    assert_eq!(house.engine.expire_due().await, 2);
    assert_eq!(house.engine.expire_due().await, 0, "once");
    let last = house.chain("p-1").pop().expect("a record");
    assert_eq!(last.operation, "payment.expire");
    assert_eq!(last.outcome.reasons[0].code, "hold-expired");
    assert_eq!(last.caller.role, "host");
    let late = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(
        (late.verdict, state(&late)),
        (Verdict::Deny, Some("expired"))
    );
    assert!(codes(&late).contains(&"challenge-unknown"));
}

/// A payment is decided again by what was known when it was made, not by the hour at which the customer
/// answered.
#[tokio::test]
async fn the_hour_of_a_payment_is_when_it_was_made() {
    let at_one = rule("late", "processing.hour >= 13", "deny", "");
    let policy = PolicyFile::new(
        "test.late",
        "payment.authorize",
        &format!("rules:\n{at_one}"),
    );
    let mut policies = usual();
    policies.push(policy);
    let house = House::new(&policies);
    house.pass_minutes(58);
    house.approved("p-1").await;
    house.pass_minutes(3);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(again.verdict, Verdict::Flag);
    let (before, after) = (&house.chain("p-1")[0], house.record(&again));
    for fact in ["processing.at", "processing.hour"] {
        assert_eq!(before.facts[fact], after.facts[fact], "{fact}");
    }
    assert_eq!(after.outcome.risk, before.outcome.risk);
    assert!(after.at > before.at);
    let late = house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_eq!(late.verdict, Verdict::Deny);
}
