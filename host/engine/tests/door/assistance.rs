//! What an agent gets to know about a payment, and what an agent cannot do.

use serde_json::json;
use weft_engine::{DecisionView, Role, limits};
use weft_verdict::Verdict;

use crate::house::{House, agent, answer, ask, caller, codes, payment, service, state};
use crate::policies::usual;

/// Features are few and small. Their name tells nobody whether a payment has the same as another.
#[tokio::test]
async fn the_name_of_features_says_nothing_of_them() {
    let house = House::new(&usual());
    let mut names = Vec::new();
    for (id, account, card) in [
        ("p-1", "BE68539007547034", "4111111111111111"),
        ("p-2", "FR1420041010050500013M02606", "4000000000000002"),
    ] {
        let mut body = payment(id, "12.00");
        body["payer"]["account"] = json!(account);
        body["payee"]["account"] = json!(format!("account-of-{id}"));
        body["instrument"]["pan"] = json!(card);
        body["device"]["id"] = json!(id);
        house.decided(&service(), &body).await;
        let name = house.chain(id)[0].feature_snapshot.clone();
        names.push(name.expect("features were read"));
    }
    assert_ne!(names[0], names[1], "two newcomers");
}

/// R10: the score and the features are those that the payment was decided with, not new ones.
#[tokio::test]
async fn an_agent_sees_what_was_found_for_the_payment_and_no_more() {
    let house = House::new(&usual());
    let (held, challenge, _) = house.waiting("p-1", "1890.00").await;
    let recorded = house.record(&held);
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Allow, Some("pending"))
    );
    assert_eq!(view.previous.as_deref(), Some(held.decision.as_str()));
    let context = view.context.expect("granted");
    assert_eq!(context.decision, held.decision);
    assert_eq!(
        (context.verdict, context.risk),
        (Some(Verdict::Hold), Some(800))
    );
    assert!(context.feature_snapshot.is_some());
    assert_eq!(context.feature_snapshot, recorded.feature_snapshot);
    let [why] = context.why.as_slice() else {
        panic!("{:?}", context.why)
    };
    assert_eq!(
        (why.policy.as_str(), why.verdict),
        ("test.amounts", Verdict::Hold)
    );
    assert_eq!(why.message.as_deref(), Some("for agents of test.amounts"));
    let shown = view.challenge.expect("what the customer has to pass");
    assert_eq!((shown.id, shown.passed), (challenge, false));
    assert!(
        shown.response.is_none(),
        "an agent never sees what the customer answers"
    );
    // What was disclosed, each as far as it was, and nothing else.
    let names: Vec<&str> = context.facts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "device.id",
            "evidence.step_up",
            "location.city",
            "payer.name",
            "payment.amount",
            "payment.expires_at",
            "payment.state",
            "payment.verdict"
        ]
    );
    assert_eq!(
        context.facts["payment.amount"],
        json!({"value": "1890.00", "currency": "EUR"})
    );
    assert_eq!(context.facts["location.city"], json!("D•••"));
    for token in ["device.id", "payer.name"] {
        let shown = context.facts[token].as_str().expect("a token");
        assert!(shown.starts_with("tok_eu_"), "{token}: {shown}");
    }
}

#[tokio::test]
async fn without_a_case_an_agent_sees_nothing() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    let body = json!({"operation": "assist.failed_payment", "payment": {"id": "p-1"}});
    let view = house.decided(&agent(), &body).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(view.context.is_none() && view.challenge.is_none() && view.risk.is_none());
}

#[tokio::test]
async fn a_payment_that_nobody_knows_is_denied() {
    let house = House::new(&usual());
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "nobody-1"))
        .await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(view.context.is_none() && view.payment.is_none() && view.previous.is_none());
}

/// R5: an agent's word is no evidence.
#[tokio::test]
async fn evidence_that_an_agent_claims_is_dropped() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let mut body = ask("assist.confirm", "p-1");
    body["evidence"] = json!({"step_up": true, "method": "app-approval"});
    body["payment"]["state"] = json!("pending");
    body["session"] = json!({"role": "service"});
    let view = house.decided(&agent(), &body).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Deny, Some("pending"))
    );
    assert!(view.decided_again.is_none());
    assert_eq!(house.times_decided("p-1"), 1);
    let record = house.record(&view);
    assert_eq!(record.facts["evidence.step_up"], json!(false));
    assert_eq!(record.facts["session.role"], json!("agent"));
    let metrics = house.engine.metrics().render();
    assert!(metrics.contains("weft_dropped_fields_total 4"), "{metrics}");
}

/// The amount that an agent names is not the payment's.
#[tokio::test]
async fn an_agent_cannot_change_a_fact_of_a_payment() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    let mut body = ask("assist.confirm", "p-1");
    body["payment"]["amount"] = json!({"value": "1.00", "currency": "EUR"});
    body["payee"] = json!({"account": "GB82 WEST 1234 5698 7654 32"});
    let view = house.decided(&agent(), &body).await;
    let again = view.decided_again.expect("decided again");
    let record = house.record(&again);
    assert_eq!(
        record.facts["payment.amount"],
        json!({"value": "1890.00", "currency": "EUR"})
    );
    let first = &house.chain("p-1")[0];
    assert_eq!(record.facts["payee.account"], first.facts["payee.account"]);
    assert_eq!(again.risk, Some(800), "the recorded score");
}

#[tokio::test]
async fn only_the_service_that_asked_for_a_payment_brings_the_answer() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let right = answer("p-1", &challenge, &response);
    let other_service = caller("another-platform", weft_engine::Role::Service);
    for (from, code) in [(agent(), "not-told"), (other_service, "challenge-unknown")] {
        // More often than wrong answers are counted.
        for _ in 0..6 {
            let view = house.decided(&from, &right).await;
            assert_eq!(view.verdict, Verdict::Deny, "{from:?}");
            assert!(codes(&view).contains(&code));
        }
        let wrong = house
            .decided(&from, &answer("p-1", &challenge, "wrong"))
            .await;
        assert!(codes(&wrong).contains(&code), "not even compared");
    }
    let view = house.decided(&service(), &right).await;
    assert_eq!(
        view.verdict,
        Verdict::Allow,
        "the customer is not locked out"
    );
}

#[tokio::test]
async fn five_wrong_answers_void_a_challenge() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    for _ in 0..5 {
        let view = house
            .decided(&service(), &answer("p-1", &challenge, "wrong"))
            .await;
        assert_eq!(view.verdict, Verdict::Deny);
        assert!(codes(&view).contains(&"challenge-failed"));
    }
    let view = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(codes(&view).contains(&"challenge-attempts-exhausted"));
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Deny);
}

#[tokio::test]
async fn an_answer_is_good_for_its_own_payment_only() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let (_, other_challenge, _) = house.waiting("p-2", "4000.00").await;
    for id in [&challenge, &other_challenge] {
        let view = house
            .decided(&service(), &answer("p-2", id, &response))
            .await;
        assert_eq!(view.verdict, Verdict::Deny);
    }
    let view = house.decided(&agent(), &ask("assist.confirm", "p-2")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert_eq!(house.times_decided("p-2"), 1);
}

/// Neither support without a case nor another service takes the payment from those whom it is about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_wears_out_a_payment_by_asking_what_is_refused() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let other = caller("another-platform", Role::Service);
    let mut without_case = ask("assist.failed_payment", "p-1");
    without_case["case"] = json!({});
    let wrong = answer("p-1", &challenge, "wrong");
    for _ in 0..limits::MAX_CHAIN {
        let view = house.decided(&agent(), &without_case).await;
        assert_eq!(view.verdict, Verdict::Deny);
        for body in [&wrong, &ask("assist.confirm", "p-1")] {
            let view = house.decided(&other, body).await;
            assert_eq!(view.verdict, Verdict::Deny);
        }
    }
    assert_eq!(house.chain("p-1").len(), 1 + limits::MAX_REFUSED_LINKED);
    // Asked to the end by those who may, it still takes the customer's answer and support's confirmation.
    let question = ask("assist.failed_payment", "p-1");
    for _ in 1..limits::MAX_CHAIN - limits::KEPT_FOR_ANSWERS {
        house.decided(&agent(), &question).await;
    }
    assert_eq!(house.refused(&agent(), &question).await.code(), "conflict");
    let right = answer("p-1", &challenge, &response);
    assert!(house.decided(&service(), &right).await.verdict.is_granted());
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(state(&again), Some("released"));
}

/// Whether there is such a payment is nobody's business but its own service's.
#[tokio::test]
async fn to_a_service_the_payment_of_another_is_as_good_as_unknown() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let other = caller("another-platform", Role::Service);
    let seen = |view: DecisionView| {
        let mut json = serde_json::to_value(view).expect("JSON");
        for of_its_own in ["decision", "at", "log", "trace"] {
            json.as_object_mut().expect("a view").remove(of_its_own);
        }
        json.to_string().replace("p-999", "p-1")
    };
    for operation in [
        "assist.failed_payment",
        "assist.confirm",
        "assist.verify_identity",
    ] {
        let about = |id: &str| {
            let mut body = answer(id, &challenge, &response);
            body["operation"] = json!(operation);
            body
        };
        let there = seen(house.decided(&other, &about("p-1")).await);
        let not_there = seen(house.decided(&other, &about("p-999")).await);
        assert_eq!(there, not_there, "{operation}");
        assert!(!there.contains("pending"), "{there}");
    }
    assert_eq!(house.chain("p-1").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_not_asked_about_without_end() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    let question = ask("assist.failed_payment", "p-1");
    let most = limits::MAX_CHAIN - limits::KEPT_FOR_ANSWERS;
    for _ in house.chain("p-1").len()..most {
        house.decided(&agent(), &question).await;
    }
    let problem = house.refused(&agent(), &question).await;
    assert_eq!(problem.code(), "conflict");
    // Who names no case does not learn by it that there is such a payment.
    let mut seen = Vec::new();
    for id in ["p-1", "p-999"] {
        let mut question = ask("assist.failed_payment", id);
        question.as_object_mut().expect("a request").remove("case");
        let view = house.decided(&agent(), &question).await;
        let codes: Vec<_> = view
            .reasons
            .iter()
            .map(|reason| reason.code.clone())
            .collect();
        seen.push((
            view.verdict,
            codes,
            view.payment.is_none(),
            view.context.is_none(),
        ));
    }
    assert_eq!(seen[0], seen[1]);
    house.decided(&service(), &payment("p-2", "27.40")).await;
    house.pass_minutes(15);
    assert_eq!(
        house.engine.expire_due().await,
        1,
        "it is refused in the end"
    );
    assert_eq!(house.engine.pending(), 0);
}
