//! What comes to nothing is on record, and so is what is read again; nobody fills the log with either.

use serde_json::json;
use weft_audit::EventRecord;
use weft_engine::{ReleaseAsk, Role};

use crate::house::{House, agent, ask, caller, events, payment, service};
use crate::policies::usual;

#[tokio::test]
async fn who_reads_what_is_not_theirs_is_on_record_and_counted() {
    let house = House::new(&usual());
    let decided = house.decided(&service(), &payment("p-1", "12.00")).await;
    let other = caller("another-platform", Role::Service);
    let made_up: String = decided.decision.chars().rev().collect();
    let made_up = format!("dec_{}", made_up.trim_end_matches("_ced"));
    for _ in 0..5 {
        for id in [&decided.decision, &made_up] {
            assert!(house.engine.decision(&other, id).await.is_err());
        }
    }
    let first = events(&house, "access.refused");
    assert_eq!(first.len(), 2, "the first of each kind, at once");
    let told = |event: &EventRecord| {
        let detail = &event.detail;
        assert_eq!(
            (&detail["by"], &detail["role"]),
            (&json!(other.id), &json!("service"))
        );
        (detail["why"].clone(), detail["count"].clone())
    };
    assert_eq!(told(&first[0]), (json!("not-the-callers"), json!(1)));
    assert_eq!(first[0].detail["decision"], json!(decided.decision));
    assert_eq!(told(&first[1]), (json!("unknown"), json!(1)));
    // When the minute is over, how many there were beside them.
    house.pass_minutes(1);
    house.engine.expire_due().await;
    let all = events(&house, "access.refused");
    let counts: Vec<_> = all[2..].iter().map(told).collect();
    assert_eq!(
        counts,
        [
            (json!("not-the-callers"), json!(4)),
            (json!("unknown"), json!(4))
        ]
    );
    house.engine.expire_due().await;
    assert_eq!(events(&house, "access.refused").len(), 4, "told once");
    // A new minute begins with a record, and a stop loses no count.
    for _ in 0..3 {
        assert!(house.engine.decision(&other, &made_up).await.is_err());
    }
    let house = house.restart().await;
    let all = events(&house, "access.refused");
    let counts: Vec<_> = all[4..].iter().map(told).collect();
    assert_eq!(
        counts,
        [(json!("unknown"), json!(1)), (json!("unknown"), json!(2))]
    );
}

#[tokio::test]
async fn a_wish_that_cannot_be_looked_up_is_on_record() {
    let house = House::new(&usual());
    let wish = ReleaseAsk {
        case: "case-1042".to_owned(),
        purpose: "call-back".to_owned(),
        field: "4111111111111111".to_owned(),
        token: None,
        trace: None,
    };
    assert!(house.engine.release(&agent(), wish).await.is_err());
    let [event] = &events(&house, "access.refused")[..] else {
        panic!("one event")
    };
    assert_eq!(event.detail["why"], json!("unfit"));
    assert!(
        !json!(event.detail).to_string().contains("4111"),
        "without its words"
    );
}

#[tokio::test]
async fn facts_that_are_read_again_are_on_record() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    for _ in 0..10 {
        let view = house.engine.decision(&agent(), &asked.decision).await;
        assert!(view.is_ok_and(|view| view.context.is_some()));
    }
    house.pass_minutes(1);
    house.engine.expire_due().await;
    let read = events(&house, "decision.read");
    let told: Vec<_> = read
        .iter()
        .map(|event| event.detail["count"].clone())
        .collect();
    assert_eq!(told, [json!(1), json!(9)]);
    assert_eq!(read[0].detail["by"], json!("agent-7"));
    assert_eq!(read[0].detail["decision"], json!(asked.decision));
}

/// Who audits decisions is on record like everybody else inside; a service that reads its own is not.
#[tokio::test]
async fn what_a_regulator_reads_is_on_record() {
    let house = House::new(&usual());
    let decided = house.decided(&service(), &payment("p-1", "12.00")).await;
    let regulator = caller("authority", Role::Regulator);
    for who in [&service(), &regulator] {
        assert!(house.engine.decision(who, &decided.decision).await.is_ok());
    }
    assert!(
        house
            .engine
            .explanation(&regulator, &decided.decision)
            .await
            .is_ok()
    );
    house.pass_minutes(1);
    house.engine.expire_due().await;
    let events = events(&house, "decision.read");
    let by: Vec<_> = events
        .iter()
        .map(|event| (event.detail["by"].clone(), event.detail["count"].clone()))
        .collect();
    assert_eq!(
        by,
        [
            (json!("authority"), json!(1)),
            (json!("authority"), json!(1))
        ]
    );
    assert_eq!(events[0].detail["decision"], json!(decided.decision));
}

/// Which they were, and not only how many; also what a supervisor reads of a payment.
#[tokio::test]
async fn the_decisions_that_are_read_are_named() {
    let house = House::new(&usual());
    let mut read = Vec::new();
    for id in ["p-1", "p-2", "p-3"] {
        let held = house.decided(&service(), &payment(id, "1890.00")).await;
        let asked = house
            .decided(&agent(), &ask("assist.failed_payment", id))
            .await;
        read.extend([asked.decision, held.decision]);
    }
    let supervisor = caller("supervisor-1", Role::Supervisor);
    for decision in &read {
        for _ in 0..2 {
            assert!(house.engine.decision(&supervisor, decision).await.is_ok());
        }
    }
    house.pass_minutes(1);
    house.engine.expire_due().await;
    let events = events(&house, "decision.read");
    let [first, others] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(first.detail["decision"], json!(read[0]));
    assert_eq!(others.detail["count"], json!(11));
    let mut named = read;
    named.sort_unstable();
    assert_eq!(others.detail["decisions"], json!(named));
}
