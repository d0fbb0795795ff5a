//! Emergency access: two others approve, it is short, and it waits for its review.

use serde_json::Value as Json;
use weft_audit::{EventRecord, Record};
use weft_engine::sets::Order;
use weft_engine::{Caller, Emergency, EmergencyAsk, Role};

use crate::house::{House, agent, caller, payment, service};
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

async fn asked(house: &House, payment: &str, field: &str) -> Emergency {
    let order = order("agent-7", "the customer is in danger");
    let asked = house
        .engine
        .ask_in_emergency(need(payment, field), order)
        .await;
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

fn events(house: &House, name: &str) -> Vec<EventRecord> {
    let log = house.engine.log();
    let all = (0..log.len()).filter_map(|index| match log.get(index) {
        Ok(Some(Record::Event(event))) => Some(event),
        _ => None,
    });
    all.filter(|event| event.event == name).collect()
}

async fn house() -> House {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
}

#[tokio::test]
async fn two_others_approve_and_somebody_else_reviews() {
    let house = house().await;
    let one = asked(&house, "p-1", "payer.phone").await;
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

/// Who asks is not told whether there is such a payment, and refusals are alike.
#[tokio::test]
async fn what_is_not_there_is_refused_like_what_is_not_approved() {
    let house = house().await;
    let mut refusals = Vec::new();
    for (payment, field) in [("p-1", "payer.shoe_size"), ("p-9", "payer.phone")] {
        let one = asked(&house, payment, field).await;
        refusals.push(
            open(&house, &one, &agent())
                .await
                .expect_err("not approved"),
        );
        for by in ["chief-1", "chief-2"] {
            assert!(approve(&house, &one, by).await.is_ok());
        }
        refusals.push(open(&house, &one, &agent()).await.expect_err("not there"));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let why: Vec<_> = events(&house, "disclosure.refused")
        .iter()
        .map(|event| event.detail["withheld"].clone())
        .collect();
    let (early, late) = ("not-approved", "not-of-the-payment");
    assert_eq!(why, [early, late, early, late]);
}

/// A request that is not approved in time lapses, and is reviewed all the same.
#[tokio::test]
async fn a_request_lapses() {
    let house = house().await;
    let one = asked(&house, "p-1", "payer.phone").await;
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
    let silent = Order {
        by: "agent-7".to_owned(),
        reason: None,
    };
    let refused = house
        .engine
        .ask_in_emergency(need("p-1", "payer.phone"), silent)
        .await;
    assert_eq!(refused.map(|_| ()).map_err(|p| p.status()), Err(422));
    for _ in 0..20 {
        asked(&house, "p-1", "payer.phone").await;
    }
    let order = order("agent-7", "once more");
    let refused = house
        .engine
        .ask_in_emergency(need("p-1", "payer.phone"), order)
        .await;
    assert_eq!(refused.map(|_| ()).map_err(|p| p.status()), Err(409));
}
