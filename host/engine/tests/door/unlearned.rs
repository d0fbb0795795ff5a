//! Who is refused help with a payment learns nothing of it, not even whether it is there.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep_until};
use weft_engine::limits::REFUSAL_TAKES;
use weft_engine::{Caller, Role};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, ask, caller, codes, payment, service};
use crate::policies::{replies, usual};

/// What the answer says that is not its own name, time and place.
fn said(mut view: Json) -> Json {
    let members = view.as_object_mut().expect("an object");
    for own in ["decision", "at", "log"] {
        members.remove(own);
    }
    view
}

#[tokio::test]
async fn a_payment_that_waits_for_nothing_and_one_that_is_not_there_answer_alike() {
    let house = House::new(&usual());
    house
        .decided(&service(), &payment("released-1", "27.40"))
        .await;
    house
        .decided(&service(), &payment("refused-1", "9000.00"))
        .await;
    house.waiting("waiting-1", "1890.00").await;
    for operation in ["assist.confirm", "assist.verify_identity"] {
        answer_alike(&house, &agent(), operation).await;
    }
}

/// All that is said of three payments, and of one that is not there.
async fn answer_alike(house: &House, by: &Caller, operation: &str) {
    let mut answers = Vec::new();
    for id in ["released-1", "refused-1", "waiting-1", "nowhere-1"] {
        let mut about = ask(operation, id);
        about["case"]["id"] = json!("invented-1");
        let view = house.decided(by, &about).await;
        assert_eq!(view.verdict, Verdict::Deny, "{operation} {id}");
        assert_eq!(codes(&view), ["not-told"], "{operation} {id}");
        assert!(view.message.is_some(), "{operation} {id}");
        let explained = house.engine.explanation(by, &view.decision).await;
        let explained = explained.unwrap_or_else(|problem| panic!("{problem}"));
        let again = house.engine.decision(by, &view.decision).await;
        let again = again.unwrap_or_else(|problem| panic!("{problem}"));
        answers.push((
            said(serde_json::to_value(&view).expect("JSON")),
            said(serde_json::to_value(&again).expect("JSON")),
            said(serde_json::to_value(&explained).expect("JSON")),
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{operation}: {answers:#?}");
}

/// That a payment is there, and where it stands, is granted like any other fact, and not told by the verdict.
#[tokio::test]
async fn who_is_granted_nothing_of_payments_does_not_learn_that_one_is_there() {
    for replies in [
        replies().replace("status: enforced", "status: draft"),
        replies().replace("  - {field: payment.state, treatment: clear}\n", ""),
        replies().replace(
            "{field: payment.state, treatment: clear}",
            "{field: payment.state, treatment: present}",
        ),
        replies().replace("on: ['assist.*']", "on: ['payment.*']"),
    ] {
        let site = Site::new(&usual());
        site.write_disclosure("replies", &replies);
        let house = site.start();
        house
            .decided(&service(), &payment("released-1", "27.40"))
            .await;
        house
            .decided(&service(), &payment("refused-1", "9000.00"))
            .await;
        house.approved("waiting-1").await;
        for by in [agent(), caller("supervisor-1", Role::Supervisor)] {
            for operation in [
                "assist.failed_payment",
                "assist.confirm",
                "assist.verify_identity",
            ] {
                answer_alike(&house, &by, operation).await;
            }
        }
        // Whose payment it is asks about it as before.
        let held = house.chain("waiting-1");
        assert!(
            held.iter().all(|record| record.caller.role == "service"),
            "{held:?}"
        );
    }
}

/// Once a request within the case was granted.
#[tokio::test]
async fn who_may_know_the_payment_is_told_why_it_is_not_confirmed() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(
        (view.verdict, codes(&view)),
        (Verdict::Deny, vec!["because"])
    );
    assert_eq!(view.payment.expect("known").state, "pending");
}

/// The time of a refusal says as little: whatever was found, it is answered when the time that it takes is over.
#[tokio::test]
async fn no_refusal_comes_before_its_time() {
    let house = House::new(&usual());
    house.waiting("waiting-1", "1890.00").await;
    let held = house
        .decided(&service(), &payment("held-1", "1890.00"))
        .await;
    let other = caller("another-platform", Role::Service);
    let mut invented = ask("assist.confirm", "waiting-1");
    invented["case"]["id"] = json!("invented-1");
    for (by, body) in [
        (agent(), invented),
        (agent(), ask("assist.confirm", "nowhere-1")),
        (agent(), ask("assist.nothing", "waiting-1")),
        (agent(), json!([1])),
        (other.clone(), ask("assist.verify_identity", "waiting-1")),
        (other.clone(), ask("assist.verify_identity", "nowhere-1")),
    ] {
        assert!(!comes_early(house.decide(&by, &body)).await, "{body}");
    }
    for id in [held.decision.as_str(), "dec_01ARZ3NDEKTSV4RRFFQ69G5FAV", ""] {
        assert!(
            !comes_early(house.engine.decision(&other, id)).await,
            "{id}"
        );
        assert!(
            !comes_early(house.engine.explanation(&other, id)).await,
            "{id}"
        );
    }
}

/// Whether an answer is there a moment before one that refuses may come. A machine that is slow makes no answer early.
async fn comes_early<T>(answer: impl Future<Output = T>) -> bool {
    let just_before = Instant::now() + REFUSAL_TAKES - Duration::from_millis(1);
    tokio::select! {
        biased;
        () = sleep_until(just_before) => false,
        _ = answer => true,
    }
}
