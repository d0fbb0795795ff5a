//! What comes to nothing is on record, and so is what is read again.

use serde_json::json;
use weft_audit::EventRecord;
use weft_engine::limits::MAX_CHAIN;
use weft_engine::{ReleaseAsk, Role};

use crate::house::{House, agent, ask, caller, events, payment, service};
use crate::policies::usual;

/// Nothing is counted in memory: what was answered is in the log, however the host ends.
#[tokio::test]
async fn each_attempt_is_on_record_before_its_answer() {
    let house = House::new(&usual());
    let decided = house.decided(&service(), &payment("p-1", "12.00")).await;
    let other = caller("another-platform", Role::Service);
    let made_up: String = decided.decision.chars().rev().collect();
    let made_up = format!("dec_{}", made_up.trim_end_matches("_ced"));
    for times in 1..=5 {
        for (id, why) in [
            (&decided.decision, "not-the-callers"),
            (&made_up, "unknown"),
        ] {
            assert!(house.engine.decision(&other, id).await.is_err());
            let all = events(&house, "access.refused");
            let of = |event: &&EventRecord| event.detail["why"] == json!(why);
            assert_eq!(all.iter().filter(of).count(), times);
            let detail = &all.last().expect("an event").detail;
            assert_eq!(
                (&detail["by"], &detail["role"], &detail["why"]),
                (&json!(other.id), &json!("service"), &json!(why))
            );
            // What is not there is not named: it is somebody's made-up text.
            let named = detail.get("decision").cloned();
            let known = (why == "not-the-callers").then(|| json!(decided.decision));
            assert_eq!(named, known);
        }
    }
    // A host that is killed now loses none.
    let next = house.site.copy().start();
    assert_eq!(events(&next, "access.refused").len(), 10);
}

/// What is wrong with a request, whoever sends it; its words are nowhere.
#[tokio::test]
async fn a_request_that_is_refused_is_on_record() {
    let house = House::new(&usual());
    for who in [&service(), &agent()] {
        for body in [json!([1]), json!({"operation": "4111111111111111"})] {
            house.refused(who, &body).await;
            let event = events(&house, "access.refused").pop().expect("on record");
            assert_eq!(event.detail["by"], json!(who.id));
            assert_eq!(event.detail["what"], json!("request"));
            assert!(!json!(event.detail).to_string().contains("4111"));
        }
    }
    assert_eq!(events(&house, "access.refused").len(), 4);
}

/// Also that more was asked about one payment than there is room for.
#[tokio::test]
async fn that_a_payment_is_asked_about_too_often_is_on_record() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    let mut refused = None;
    for _ in 0..MAX_CHAIN {
        let asked = house
            .decide(&agent(), &ask("assist.failed_payment", "p-1"))
            .await;
        refused = asked.err();
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused.expect("too often").code(), "conflict");
    let [event] = &events(&house, "access.refused")[..] else {
        panic!("one event")
    };
    assert_eq!(event.detail["by"], json!("agent-7"));
    assert_eq!(event.detail["why"], json!("conflict"));
    assert_eq!(event.detail["transaction"], json!("p-1"));
    assert_eq!(event.detail["case"], json!("case-1042"));
}

/// Whose a payment is, people may say in any word: only the service is recorded that has the payment.
#[tokio::test]
async fn a_service_that_nobody_knows_is_not_on_record() {
    let house = House::new(&usual());
    let mut paid = payment("p-1", "12.00");
    paid["case"] = json!({"service": "ZoraQuorble"});
    house.decided(&service(), &paid).await;
    for (who, operation) in [
        (agent(), "assist.failed_payment"),
        (service(), "assist.verify_identity"),
        (agent(), "assist.confirm"),
    ] {
        for id in ["p-1", "p-2"] {
            let mut body = ask(operation, id);
            body["case"]["service"] = json!("ZoraQuorble");
            let _ = house.decide(&who, &body).await;
        }
    }
    let mut log = String::new();
    let see = |_, record| log.push_str(&format!("{record:?}"));
    house.engine.log().replay(0, see).expect("readable");
    assert!(log.contains("assist.confirm"));
    assert!(!log.contains("Quorble"), "{log}");
    let mut known = ask("assist.failed_payment", "p-1");
    known["case"]["service"] = json!("platform");
    let known = house.decided(&agent(), &known).await;
    assert_eq!(
        house.record(&known).facts["case.service"],
        json!("platform")
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
    for times in 1..=10 {
        let view = house.engine.decision(&agent(), &asked.decision).await;
        assert!(view.is_ok_and(|view| view.context.is_some()));
        assert_eq!(events(&house, "decision.read").len(), times);
    }
    for event in events(&house, "decision.read") {
        assert_eq!(event.detail["by"], json!("agent-7"));
        assert_eq!(event.detail["decision"], json!(asked.decision));
    }
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
    let explained = (house.engine.explanation(&regulator, &decided.decision)).await;
    assert!(explained.is_ok());
    let events = events(&house, "decision.read");
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.detail["by"].clone(), event.detail["decision"].clone()))
        .collect();
    let read = (json!("authority"), json!(decided.decision));
    assert_eq!(told, [read.clone(), read]);
}

/// Each of them, in the order in which they were read; also what a supervisor reads of a payment.
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
        assert!(house.engine.decision(&supervisor, decision).await.is_ok());
    }
    let events = events(&house, "decision.read");
    let named = events.iter().map(|event| event.detail["decision"].as_str());
    assert!(named.eq(read.iter().map(|id| Some(id.as_str()))));
}
