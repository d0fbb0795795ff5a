//! An identifier of a payment is its service's own.

use serde_json::json;
use weft_engine::{Role, limits};
use weft_verdict::Verdict;

use crate::house::{House, agent, answer, ask, caller, codes, payment, service, state};
use crate::policies::usual;

#[tokio::test]
async fn two_services_have_each_a_payment_of_the_same_identifier() {
    let house = House::new(&usual());
    let other = caller("other", Role::Service);
    let first = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(state(&first), Some("released"));
    // Nothing tells the other service that the identifier is in use.
    let second = house.decided(&other, &payment("p-1", "1890.00")).await;
    assert_eq!(
        (second.verdict, state(&second)),
        (Verdict::Hold, Some("pending"))
    );
    assert_eq!(second.previous, None);
    for from in [&service(), &other] {
        let problem = house.refused(from, &payment("p-1", "3.00")).await;
        assert_eq!(problem.code(), "conflict", "its own is decided once");
    }
    let seen = house.engine.decision(&service(), &first.decision).await;
    let now = seen.expect("its own").now.expect("where it stands");
    assert_eq!(
        (now.state, now.decision),
        ("released", first.decision.clone())
    );
    for (from, decision) in [(&service(), &second.decision), (&other, &first.decision)] {
        let problem = house.engine.decision(from, decision).await;
        assert_eq!(problem.expect_err("another's").code(), "not-found");
    }
}

#[tokio::test]
async fn each_payment_waits_and_is_released_for_itself() {
    let house = House::new(&usual());
    let other = caller("other", Role::Service);
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let held = house.decided(&other, &payment("p-1", "1700.00")).await;
    assert_eq!(house.engine.pending(), 2);
    // The right answer through the wrong service counts for nothing, and not against the customer.
    let stolen = house
        .decided(&other, &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(stolen.verdict, Verdict::Deny);
    assert!(codes(&stolen).contains(&"challenge-unknown"), "{stolen:?}");
    let house = house.restart().await;
    assert_eq!(house.engine.pending(), 2, "they are told apart in the log");
    let passed = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert!(passed.verdict.is_granted(), "{passed:?}");
    let mut confirm = ask("assist.confirm", "p-1");
    confirm["case"]["service"] = json!("platform");
    let confirmed = house.decided(&agent(), &confirm).await;
    let again = confirmed.decided_again.expect("decided again");
    assert_eq!(state(&again), Some("released"));
    assert_eq!(house.engine.pending(), 1);
    let seen = house.engine.decision(&other, &held.decision).await;
    assert_eq!(seen.expect("its own").now.expect("by now").state, "pending");
    house.pass_minutes(24 * 60);
    assert_eq!(house.engine.expire_due().await, 1);
    let seen = house.engine.decision(&other, &held.decision).await;
    assert_eq!(seen.expect("its own").now.expect("by now").state, "expired");
}

#[tokio::test]
async fn people_inside_say_which_of_two_payments_they_mean() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    let other = caller("other", Role::Service);
    let only = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    assert_eq!(house.record(&only).facts["case.service"], json!("platform"));
    house.decided(&other, &payment("p-1", "1700.00")).await;
    let problem = house
        .refused(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    assert_eq!(
        (problem.code(), problem.where_it_is()),
        ("conflict", Some("/case/service"))
    );
    for (named, amount) in [("platform", "1890.00"), ("other", "1700.00")] {
        let mut body = ask("assist.failed_payment", "p-1");
        body["case"]["service"] = json!(named);
        let view = house.decided(&agent(), &body).await;
        let facts = view.context.expect("granted").facts;
        assert_eq!(facts["payment.amount"]["value"], json!(amount), "{named}");
    }
    let mut body = ask("assist.failed_payment", "p-1");
    body["case"]["service"] = json!("nobody");
    assert_eq!(house.decided(&agent(), &body).await.verdict, Verdict::Deny);
}

/// All that is decided under one identifier is read at once, so it has an end.
#[tokio::test]
async fn not_too_many_services_share_an_identifier() {
    let house = House::new(&usual());
    for n in 0..limits::MAX_SERVICES_AN_ID {
        let from = caller(&format!("service-{n}"), Role::Service);
        house.decided(&from, &payment("p-1", "27.40")).await;
    }
    let problem = house.refused(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(problem.code(), "conflict");
    assert!(
        problem
            .what_to_do()
            .is_some_and(|help| help.contains("UETR"))
    );
}
