//! The same request, sent more than once.

use std::sync::Arc;

use serde_json::json;
use weft_engine::{Ask, Role};
use weft_intake::MediaType;
use zeroize::Zeroizing;

use crate::house::{House, caller, decisions, payment, service};
use crate::policies::usual;

#[tokio::test]
async fn the_same_key_gets_the_same_bytes() {
    let house = House::new(&usual());
    for (id, euros) in [("p-1", "27.40"), ("p-2", "1890.00"), ("p-3", "9000.00")] {
        let body = payment(id, euros);
        let first = house.decide_with_key(&service(), &body, Some(id)).await;
        let first = first.unwrap_or_else(|p| panic!("{p}"));
        let before = house.engine.log().len();
        house.pass_minutes(7);
        let second = house.decide_with_key(&service(), &body, Some(id)).await;
        let second = second.unwrap_or_else(|p| panic!("{p}"));
        assert_eq!((first.replayed, second.replayed), (false, true));
        assert_eq!(first.body, second.body);
        assert_eq!(house.engine.log().len(), before, "nothing was decided");
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller() {
    let house = House::new(&usual());
    let body = payment("p-1", "27.40");
    let first = house.decide_with_key(&service(), &body, Some("k")).await;
    assert!(first.is_ok());
    let other_body = payment("p-2", "27.40");
    let Err(problem) = house
        .decide_with_key(&service(), &other_body, Some("k"))
        .await
    else {
        panic!("another request under the same key was decided")
    };
    assert_eq!(
        (problem.code(), problem.status()),
        ("idempotency-mismatch", 422)
    );
    let other = caller("another-platform", Role::Service);
    let theirs = house.decide_with_key(&other, &other_body, Some("k")).await;
    assert!(!theirs.unwrap_or_else(|p| panic!("{p}")).replayed);
}

#[tokio::test]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let house = House::new(&usual());
    let mut wrong = payment("p-1", "27.40");
    wrong["operation"] = json!("payment.nothing");
    let refused = house.decide_with_key(&service(), &wrong, Some("k")).await;
    assert!(refused.is_err());
    let right = payment("p-1", "27.40");
    let reply = house.decide_with_key(&service(), &right, Some("k")).await;
    assert!(!reply.unwrap_or_else(|p| panic!("{p}")).replayed);
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day() {
    let house = House::new(&usual());
    let body = payment("p-1", "27.40");
    let first = house.decide_with_key(&service(), &body, Some("k")).await;
    assert!(first.is_ok());
    house.pass_minutes(24 * 60);
    let same_day = house.decide_with_key(&service(), &body, Some("k")).await;
    assert!(same_day.unwrap_or_else(|p| panic!("{p}")).replayed);
    house.pass_minutes(1);
    let Err(problem) = house.decide_with_key(&service(), &body, Some("k")).await else {
        panic!("the payment was decided twice")
    };
    assert_eq!(
        problem.code(),
        "conflict",
        "the payment is known without the key"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_many_times_at_once_is_decided_once() {
    let house = Arc::new(House::new(&usual()));
    for round in 0..10 {
        let id = format!("p-{round}");
        let body = payment(&id, "1890.00");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (house, body, id) = (Arc::clone(&house), body.clone(), id.clone());
            tasks.spawn(async move { house.decide_with_key(&service(), &body, Some(&id)).await });
        }
        let mut decided = 0;
        let mut answers = std::collections::BTreeSet::new();
        for outcome in tasks.join_all().await {
            // Whoever came while it was under way waited for the answer.
            let reply = outcome.unwrap_or_else(|problem| panic!("{problem}"));
            decided += usize::from(!reply.replayed);
            answers.insert(reply.body);
        }
        assert_eq!((decided, house.times_decided(&id)), (1, 1), "{id}");
        assert_eq!(answers.len(), 1, "{id}");
    }
}

fn transfers(message: &str, ids: &[&str]) -> String {
    let one = |id: &&str| {
        format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>{id}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">10.00</InstdAmt></Amt></CdtTrfTxInf>"
        )
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>{message}</MsgId>\
         <CreDtTm>2026-06-01T12:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId>{}</PmtInf></CstmrCdtTrfInitn></Document>",
        ids.iter().map(one).collect::<String>()
    )
}

/// What stands against one payment of a message stands against the message, before anything is decided.
#[tokio::test]
async fn a_message_with_a_payment_that_is_known_is_refused_whole() {
    let house = House::new(&usual());
    let send = |text: String| {
        let ask = Ask {
            media: MediaType::Xml,
            body: Zeroizing::new(text.into_bytes()),
            idempotency_key: None,
            trace: None,
            at: Some(house.now()),
        };
        let engine = Arc::clone(&house.engine);
        async move { engine.decide(&service(), ask).await }
    };
    assert!(send(transfers("M-1", &["E-1"])).await.is_ok());
    let before = decisions(&house);
    let known = transfers("M-2", &["E-2", "E-3", "E-1"]);
    for _ in 0..2 {
        let Err(problem) = send(known.clone()).await else {
            panic!("decided")
        };
        assert_eq!(problem.code(), "conflict");
        assert_eq!(problem.where_it_is(), Some("/Document/*//CdtTrfTxInf[3]"));
    }
    let Err(problem) = send(transfers("M-3", &["E-4", "E-5", "E-4"])).await else {
        panic!("decided")
    };
    assert_eq!((problem.code(), problem.status()), ("invalid-value", 422));
    let Err(problem) = send(transfers("Salaries", &["E-6", "NOTPROVIDED"])).await else {
        panic!("decided")
    };
    assert_eq!(problem.code(), "invalid-value", "nothing names the second");
    assert_eq!(decisions(&house), before, "nothing was decided");
    // Without it the others are decided.
    let reply = send(transfers("M-5", &["E-2", "E-3"])).await;
    assert_eq!(reply.unwrap_or_else(|p| panic!("{p}")).decisions.len(), 2);
}

/// The identifier of an ISO 20022 message is its key.
#[tokio::test]
async fn a_message_with_several_payments_is_answered_as_a_whole() {
    let house = House::new(&usual());
    let transfer = |id: &str, amount: &str| {
        format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>{id}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">{amount}</InstdAmt></Amt></CdtTrfTxInf>"
        )
    };
    let body = |transfers: &str| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
             <CreDtTm>2026-06-01T12:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId>{transfers}</PmtInf></CstmrCdtTrfInitn></Document>"
        )
    };
    let three = transfer("E-1", "10.00") + &transfer("E-2", "9000") + &transfer("E-3", "700.00");
    let send = |text: String| {
        let ask = Ask {
            media: MediaType::Xml,
            body: Zeroizing::new(text.into_bytes()),
            idempotency_key: None,
            trace: None,
            at: Some(house.now()),
        };
        let engine = Arc::clone(&house.engine);
        async move { engine.decide(&service(), ask).await }
    };
    let first = send(body(&three)).await.unwrap_or_else(|p| panic!("{p}"));
    let verdicts: Vec<&str> = first.decisions.iter().map(|d| d.verdict.as_str()).collect();
    assert_eq!(verdicts, ["allow", "deny", "challenge"]);
    house.pass_minutes(1);
    let again = send(body(&three)).await.unwrap_or_else(|p| panic!("{p}"));
    assert!(again.replayed);
    assert_eq!(first.body, again.body);
    let report = String::from_utf8_lossy(&first.body);
    let made = format!("<CreDtTm>{}</CreDtTm>", first.decisions[0].at);
    assert!(report.contains(&made), "{report}");
    let ids = |reply: &weft_engine::Reply| -> Vec<String> {
        reply.decisions.iter().map(|d| d.decision.clone()).collect()
    };
    assert_eq!(ids(&first), ids(&again));
    let Err(problem) = send(body(&transfer("E-4", "10.00"))).await else {
        panic!("another message under the same identifier was decided")
    };
    assert_eq!(problem.code(), "idempotency-mismatch");
    assert_eq!(problem.where_it_is(), Some("/Document/*/GrpHdr/MsgId"));
    let help = problem.what_to_do().expect("help");
    assert!(help.contains("a new MsgId"), "{help}");
}
