//! Emergency access: two others approve, it is short, and it waits for its review.

use serde_json::Value as Json;
use weft_dictionary::Treatment;
use weft_engine::sets::Order;
use weft_engine::{Caller, Emergency, EmergencyAsk, Role};

use crate::house::{House, agent, caller, events, payment, service};
use crate::policies::usual;

const PHONE: &str = "+32470123456";

fn order(by: &str, reason: &str) -> Order {
    Order {
        by: by.to_owned(),
        reason: Some(reason.to_owned()),
    }
}

fn need(payment: &str, field: &str) -> EmergencyAsk {
    EmergencyAsk {
        case: "case-7".to_owned(),
        payment: payment.to_owned(),
        service: None,
        field: field.to_owned(),
    }
}

async fn try_ask(
    house: &House,
    by: &Caller,
    need: EmergencyAsk,
    reason: &str,
) -> Result<Emergency, Json> {
    let asked = house
        .engine
        .ask_in_emergency(by, need, reason.to_owned())
        .await;
    asked.map_err(|problem| problem.to_json())
}

async fn asked(house: &House, by: &Caller, payment: &str, field: &str) -> Emergency {
    let asked = try_ask(house, by, need(payment, field), "the customer is in danger").await;
    asked.unwrap_or_else(|problem| panic!("{problem}"))
}

async fn approve(house: &House, one: &Emergency, by: &str) -> Result<Emergency, u16> {
    let approved = house
        .engine
        .approve_emergency(one.id.clone(), one.digest.clone(), by.to_owned())
        .await;
    approved.map_err(|problem| problem.status())
}

async fn open(house: &House, one: &Emergency, by: &Caller) -> Result<String, Json> {
    let opened = house.engine.open_emergency(one.id.clone(), by).await;
    match opened {
        Ok(released) => Ok(released.expose(str::to_owned)),
        Err(problem) => {
            let mut body = problem.to_json();
            body["id"] = Json::Null;
            Err(body)
        }
    }
}

async fn house() -> House {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
}

#[tokio::test]
async fn two_others_approve_and_somebody_else_reviews() {
    let house = house().await;
    let one = asked(&house, &agent(), "p-1", "payer.phone").await;
    assert!(
        open(&house, &one, &agent()).await.is_err(),
        "nobody has approved"
    );
    assert_eq!(approve(&house, &one, "agent-7").await, Err(403), "who asks");
    assert!(approve(&house, &one, "chief-1").await.is_ok());
    assert_eq!(
        approve(&house, &one, "chief-1").await,
        Err(403),
        "twice the same"
    );
    assert!(
        open(&house, &one, &agent()).await.is_err(),
        "one is not enough"
    );
    let other = Emergency {
        digest: "0".repeat(64),
        ..one.clone()
    };
    assert_eq!(
        approve(&house, &other, "chief-2").await,
        Err(409),
        "another request"
    );
    assert!(approve(&house, &one, "chief-2").await.is_ok());
    let stranger = caller("agent-8", Role::Agent);
    assert!(
        open(&house, &one, &stranger).await.is_err(),
        "not who asked"
    );
    assert_eq!(open(&house, &one, &agent()).await, Ok(PHONE.to_owned()));
    let released = events(&house, "disclosure.released");
    let detail = &released[0].detail;
    assert_eq!(detail["emergency"], one.id.as_str());
    assert_eq!(
        detail["approved_by"],
        serde_json::json!(["chief-1", "chief-2"])
    );
    assert_eq!(detail["reason"], "the customer is in danger");
    let why: Vec<_> = events(&house, "emergency.refused")
        .iter()
        .map(|event| event.detail["why"].clone())
        .collect();
    assert_eq!(why, ["self-approval", "approved-before", "another-request"]);
    // It waits for its review, over a restart, too.
    house.pass_minutes(15);
    assert!(open(&house, &one, &agent()).await.is_err(), "it is over");
    let house = house.restart().await;
    let [waiting] = &house.engine.emergencies()[..] else {
        panic!("one waits")
    };
    assert_eq!((waiting.opened, waiting.approved_by.len()), (1, 2));
    let review = |by: &str| {
        house
            .engine
            .review_emergency(one.id.clone(), order(by, "right"))
    };
    for part in ["agent-7", "chief-1", "chief-2"] {
        assert!(review(part).await.is_err(), "{part} had a part in it");
    }
    assert!(review("chief-3").await.is_ok());
    assert!(house.engine.emergencies().is_empty());
    assert_eq!(events(&house, "emergency.reviewed").len(), 1);
}

/// Whatever the payment.
#[tokio::test]
async fn what_can_never_be_opened_is_refused_when_it_is_asked_for() {
    let house = house().await;
    let mut unlike = Vec::new();
    for (payment, field) in [
        ("p-1", "payer.shoe_size"),
        ("p-1", "payment.amount"),
        ("p-1", "payer.city"),
        ("p-9", "payer.city"),
        ("p-1", "instrument.cvv"),
    ] {
        let refused = try_ask(&house, &agent(), need(payment, field), "danger").await;
        let refused = refused.expect_err(field);
        assert_eq!(refused["status"], 422, "{refused}");
        assert_eq!(refused["pointer"], "/field", "{refused}");
        assert!(refused["help"].is_string(), "{refused}");
        let event = events(&house, "emergency.refused")
            .pop()
            .expect("on record");
        assert_eq!(event.detail["why"], "field-never-opened");
        // A field that is not there is somebody's made-up word.
        let known = if field == "payer.shoe_size" {
            "unknown"
        } else {
            field
        };
        assert_eq!(event.detail["field"], known);
        unlike.push(refused);
    }
    unlike.dedup();
    assert_eq!(unlike.len(), 1, "{unlike:?}");
    assert!(house.engine.emergencies().is_empty());
}

/// Nobody learns by asking which payments there are, or what they name; nobody approves in vain.
#[tokio::test]
async fn whether_there_is_such_a_payment_is_told_to_who_approves_and_not_to_who_asks() {
    let house = house().await;
    let other = caller("other", Role::Service);
    house.decided(&other, &payment("p-2", "27.40")).await;
    house.decided(&service(), &payment("p-2", "27.40")).await;
    for (payment, field, status, why) in [
        ("p-9", "payer.phone", 422, "nothing-to-open"),
        ("p-1", "payee.street", 422, "nothing-to-open"),
        ("p-2", "payer.phone", 409, "which-service"),
    ] {
        let one = asked(&house, &agent(), payment, field).await;
        let there = asked(&house, &agent(), "p-1", "payer.phone").await;
        let said = |one: &Emergency| {
            let said = serde_json::to_value(one).expect("JSON");
            let said = said.as_object().expect("an object").keys().cloned();
            said.collect::<Vec<String>>()
        };
        assert_eq!(said(&one), said(&there));
        assert_eq!(approve(&house, &one, "chief-1").await, Err(status));
        let event = events(&house, "emergency.refused")
            .pop()
            .expect("on record");
        assert_eq!(event.detail["why"], why);
        assert!(open(&house, &one, &agent()).await.is_err());
    }
    let whose = EmergencyAsk {
        service: Some("other".to_owned()),
        ..need("p-2", "payer.phone")
    };
    let one = try_ask(&house, &agent(), whose, "danger").await;
    let one = one.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(approve(&house, &one, "chief-1").await.is_ok());
}

/// Two approvals do not show anybody more of a card number than a disclosure could.
#[tokio::test]
async fn a_card_number_is_opened_in_clear_to_those_only_who_may_be_shown_it() {
    let house = house().await;
    let chief = caller("chief-9", Role::Supervisor);
    for (by, treatment, seen) in [
        (agent(), Treatment::Masked, "************1111"),
        (chief, Treatment::Clear, "4111111111111111"),
    ] {
        let one = asked(&house, &by, "p-1", "instrument.pan").await;
        assert_eq!(one.treatment, treatment, "the approvers are told");
        for by in ["chief-1", "chief-2"] {
            assert!(approve(&house, &one, by).await.is_ok());
        }
        assert_eq!(open(&house, &one, &by).await, Ok(seen.to_owned()));
        let released = events(&house, "disclosure.released");
        let detail = &released.last().expect("on record").detail;
        assert_eq!(detail["disclosed"], treatment.as_str());
        assert_eq!(detail["allowed"], treatment.as_str());
    }
}

/// A request that is not approved in time lapses, and is reviewed all the same.
#[tokio::test]
async fn a_request_lapses() {
    let house = house().await;
    let one = asked(&house, &agent(), "p-1", "payer.phone").await;
    assert!(approve(&house, &one, "chief-1").await.is_ok());
    let early = house
        .engine
        .review_emergency(one.id.clone(), order("chief-3", "early"));
    assert!(early.await.is_err(), "it is not over");
    house.pass_minutes(15);
    assert_eq!(approve(&house, &one, "chief-2").await, Err(409));
    let late = house
        .engine
        .review_emergency(one.id.clone(), order("chief-3", "lapsed"));
    assert!(late.await.is_ok());
}

/// Nobody gets anything without saying why, and who leaves much unreviewed gets no more.
#[tokio::test]
async fn a_reason_is_needed_and_reviews_are_not_put_off() {
    let house = house().await;
    for silent in ["", " ", "\u{a0}\u{2003}"] {
        let refused = try_ask(&house, &agent(), need("p-1", "payer.phone"), silent).await;
        let refused = refused.expect_err("a reason is needed");
        assert_eq!(refused["status"], 422, "{refused}");
        assert_eq!(refused["pointer"], "/reason", "{refused}");
    }
    for _ in 0..20 {
        asked(&house, &agent(), "p-1", "payer.phone").await;
    }
    let refused = try_ask(&house, &agent(), need("p-1", "payer.phone"), "once more").await;
    assert_eq!(refused.expect_err("reviews come first")["status"], 409);
    let refused = events(&house, "access.refused").pop().expect("on record");
    assert_eq!(refused.detail["what"], "emergency");
    assert_eq!(refused.detail["why"], "unreviewed");
}
