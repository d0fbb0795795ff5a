//! Who sees what of a decision.

use serde_json::{Value as Json, json};
use weft_engine::{Caller, Role};

use crate::house::{House, agent, ask, caller, codes, payment, service};
use crate::policies::{PolicyFile, replies, rule, usual};
use crate::rollout::reloaded;

fn supervisor() -> Caller {
    caller("supervisor-1", Role::Supervisor)
}

fn regulator() -> Caller {
    caller("authority", Role::Regulator)
}

async fn seen(house: &House, by: &Caller, decision: &str) -> Option<Json> {
    match house.engine.decision(by, decision).await {
        Ok(view) => Some(serde_json::to_value(view).expect("JSON")),
        Err(problem) => {
            assert_eq!((problem.code(), problem.status()), ("not-found", 404));
            None
        }
    }
}

fn members(view: &Json) -> Vec<&str> {
    let object = view.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_platform_sees_its_own_decisions_without_risk_and_findings() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let view = seen(&house, &service(), &held.decision)
        .await
        .expect("its own");
    assert_eq!(
        members(&view),
        [
            "at",
            "challenge",
            "decision",
            "log",
            "message",
            "now",
            "obligations",
            "operation",
            "payment",
            "reasons",
            "verdict"
        ]
    );
    assert_eq!(
        view["reasons"],
        json!([{"code": "because", "title": "Because", "status_reason": "FRAD"}])
    );
    let other = caller("another-platform", Role::Service);
    assert_eq!(seen(&house, &other, &held.decision).await, None);
}

#[tokio::test]
async fn a_regulator_sees_every_finding_and_nothing_about_the_customer() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let view = seen(&house, &regulator(), &held.decision)
        .await
        .expect("all decisions");
    assert_eq!(view["risk"], json!(800));
    assert_eq!(view["message"], json!("for auditors of test.amounts"));
    let [finding] = view["findings"].as_array().expect("findings").as_slice() else {
        panic!("{view}")
    };
    assert_eq!(finding["policy"], json!("test.amounts"));
    assert_eq!(finding["fired"], json!(["huge"]));
    assert_eq!(finding["finding"]["verdict"], json!("hold"));
    assert!(view["challenge"].get("response").is_none(), "{view}");
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let view = seen(&house, &regulator(), &asked.decision)
        .await
        .expect("all decisions");
    assert!(view.get("context").is_none(), "{view}");
    let text = view.to_string();
    assert!(!text.contains("tok_eu_"), "not even pseudonyms: {text}");
}

/// Its words are about what it did, and it did nothing.
#[tokio::test]
async fn a_policy_that_had_nothing_to_say_is_told_without_words() {
    let silent = format!(
        "rules:\n{}",
        rule("never", "payer.country == 'FR'", "hold", "")
    );
    let mut policies = usual();
    policies.push(PolicyFile::new("test.silent", "payment.authorize", &silent));
    let house = House::new(&policies);
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let view = seen(&house, &regulator(), &held.decision)
        .await
        .expect("all decisions");
    let findings = view["findings"].as_array().expect("findings").iter();
    let told: Vec<_> = findings
        .map(|found| (found["policy"].clone(), found["message"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("test.amounts"), json!("for auditors of test.amounts")),
            (json!("test.silent"), Json::Null),
        ]
    );
}

#[tokio::test]
async fn agents_see_their_own_requests_and_supervisors_all() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let other = caller("agent-8", Role::Agent);
    assert_eq!(
        seen(&house, &agent(), &held.decision).await,
        None,
        "a payment is not an agent's"
    );
    assert_eq!(
        seen(&house, &other, &asked.decision).await,
        None,
        "another agent's"
    );
    let mut own = seen(&house, &agent(), &asked.decision).await.expect("own");
    // Who asks again is also told where the payment stands by then.
    let now = own.as_object_mut().and_then(|own| own.remove("now"));
    let now = now.expect("how it stands now");
    assert_eq!(
        (&now["state"], &now["decision"]),
        (&"pending".into(), &held.decision.as_str().into())
    );
    assert_eq!(own, serde_json::to_value(&asked).expect("JSON"));
    let view = seen(&house, &supervisor(), &asked.decision)
        .await
        .expect("all");
    assert!(view.get("context").is_some() && view.get("findings").is_none());
    let view = seen(&house, &supervisor(), &held.decision)
        .await
        .expect("all");
    assert!(view["challenge"].get("response").is_none());
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_to_be_seen_answer_alike() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let operator = caller("ops", Role::Operator);
    let mut answers = Vec::new();
    for (by, id) in [
        (&agent(), held.decision.as_str()),
        (&operator, held.decision.as_str()),
        (&regulator(), "dec_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (&regulator(), "dec_"),
        (&regulator(), "p-1"),
        (&regulator(), "../../etc/passwd"),
    ] {
        let Err(problem) = house.engine.decision(by, id).await else {
            panic!("{by:?} sees {id}")
        };
        answers.push(problem.to_json().to_string());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

/// What is told of a decision does not change when more is decided about its payment, but for what became
/// of it.
#[tokio::test]
async fn a_view_stays_as_it_was_and_says_what_became_of_the_payment() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    let first = house.chain("p-1")[0].decision.clone();
    let mut before = seen(&house, &service(), &first).await.expect("its own");
    assert_eq!(before["now"]["state"], json!("pending"));
    assert_eq!(before["now"]["decision"], json!(first));
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    let mut after = seen(&house, &service(), &first).await.expect("its own");
    assert_eq!(after["now"]["state"], json!("released"));
    assert_eq!(after["now"]["decision"], json!(again.decision));
    for view in [&mut before, &mut after] {
        view.as_object_mut().expect("an object").remove("now");
    }
    assert_eq!(before, after);
    // The service follows the link; nobody else's service does.
    let view = seen(&house, &service(), &again.decision)
        .await
        .expect("about its payment");
    assert_eq!(
        (&view["verdict"], &view["payment"]["state"]),
        (&json!("flag"), &json!("released"))
    );
    assert!(view.get("risk").is_none() && view.get("findings").is_none());
    let other = caller("another-platform", Role::Service);
    assert_eq!(seen(&house, &other, &again.decision).await, None);
    assert_eq!(
        seen(&house, &service(), &house.chain("p-1")[2].decision).await,
        None,
        "support's request"
    );
}

#[tokio::test]
async fn a_service_sees_that_its_payment_expired() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 1);
    let view = seen(&house, &service(), &held.decision)
        .await
        .expect("its own");
    assert_eq!(view["now"]["state"], json!("expired"));
    let end = view["now"]["decision"].as_str().expect("a link").to_owned();
    let view = seen(&house, &service(), &end)
        .await
        .expect("about its payment");
    assert_eq!(
        view["reasons"],
        json!([{"code": "hold-expired", "title": "Nobody released the payment in time"}])
    );
}

/// What a policy noticed that then had nothing to say stands in the record and is no reason.
#[tokio::test]
async fn who_abstains_gives_no_reasons() {
    let noticed = format!(
        "rules:\n{}",
        rule("noticed", "true", "abstain", "").replace("because", "other")
    );
    let mut policies = usual();
    policies.push(PolicyFile::new(
        "test.noticed",
        "payment.authorize",
        &noticed,
    ));
    let house = House::new(&policies);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(codes(&view), ["because"]);
    let recorded = house.record(&view).outcome.reasons;
    assert_eq!(recorded.len(), 2, "{recorded:?}");
}

#[tokio::test]
async fn the_hosts_own_reasons_have_words() {
    let house = House::new(&[]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        view.reasons[0].title.as_deref(),
        Some("No policy says that this may go on")
    );
}

#[tokio::test]
async fn metrics_name_no_payment() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let text = house.engine.metrics().render();
    for line in [
        "weft_decisions_total{operation=\"payment.authorize\",verdict=\"hold\"} 1",
        "weft_decisions_total{operation=\"assist.failed_payment\",verdict=\"allow\"} 1",
        "weft_pending_payments 1",
        "weft_in_flight 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    for word in ["p-1", "case-1042", "agent-7", "platform"] {
        assert!(!text.contains(word), "{word}");
    }
}

/// What stands in every answer anew.
fn but_for_its_own_names(mut view: Json) -> Json {
    for name in ["at", "decision", "log"] {
        view[name] = Json::Null;
    }
    view
}

/// Who is refused help learns neither that there is such a payment nor where it stands.
#[tokio::test]
async fn who_is_refused_help_learns_nothing_of_the_payment() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house.decided(&service(), &payment("p-2", "12.00")).await;
    for by in [service(), caller("another-platform", Role::Service)] {
        house.decided(&by, &payment("p-3", "12.00")).await;
    }
    for by in [agent(), supervisor()] {
        let mut views = Vec::new();
        for id in ["p-1", "p-2", "p-3", "p-9"] {
            let mut body = ask("assist.verify_identity", id);
            body["case"] = json!({});
            let refused = house.decided(&by, &body).await;
            let again = seen(&house, &by, &refused.decision).await;
            let now = serde_json::to_value(refused).expect("JSON");
            assert_eq!(now["verdict"], "deny", "{now}");
            views.push(but_for_its_own_names(now));
            views.push(but_for_its_own_names(again.expect("its own")));
        }
        views.dedup();
        assert_eq!(views.len(), 1, "{views:#?}");
    }
}

/// Old decisions and new ones, from the moment on at which no disclosure grants anything.
#[tokio::test]
async fn what_no_disclosure_grants_any_more_is_in_no_view() {
    let house = House::new(&usual());
    let (held, ..) = house.waiting("p-1", "1890.00").await;
    let about = ask("assist.failed_payment", "p-1");
    let before = house.decided(&agent(), &about).await;
    let seen_before = seen(&house, &agent(), &before.decision).await.expect("own");
    for member in ["payment", "challenge"] {
        assert!(seen_before.get(member).is_some(), "{member}: {seen_before}");
    }
    let draft = replies().replace("status: enforced", "status: draft");
    house.site.write_disclosure("replies", &draft);
    assert!(reloaded(&house).await.changed);
    let after = house.decided(&agent(), &about).await;
    for by in [agent(), supervisor()] {
        for decision in [&before.decision, &after.decision] {
            let view = seen(&house, &by, decision).await.expect("its own, or all");
            for member in [
                "payment",
                "risk",
                "challenge",
                "context",
                "now",
                "decided_again",
            ] {
                assert!(view.get(member).is_none(), "{member}: {view}");
            }
            let explained = house.engine.explanation(&by, decision).await;
            let explained = explained.unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(explained.risk, None);
            assert!(explained.facts.is_empty(), "{:?}", explained.facts);
        }
    }
    // A decision about a payment is its verdict.
    assert_eq!(seen(&house, &supervisor(), &held.decision).await, None);
    // Whose payment it is, and who audits, is told as before.
    let own = seen(&house, &service(), &held.decision)
        .await
        .expect("its own");
    assert_eq!(own["payment"]["state"], json!("pending"));
    assert!(seen(&house, &regulator(), &held.decision).await.is_some());
}
