//! What a request says and the host does not keep: told to whoever sent it, and recorded, without values.

use serde_json::json;
use weft_engine::{DecisionView, Role};
use weft_verdict::Verdict;

use crate::house::{House, agent, ask, caller, payment, service};
use crate::policies::{PolicyFile, amounts, rule, usual};

fn told(view: &DecisionView) -> Vec<(&str, &str)> {
    let dropped = view.dropped.as_ref().expect("something was dropped");
    let places = dropped.places.iter();
    places.map(|at| (&*at.pointer, &*at.detail)).collect()
}

/// A signal under a wrong name is no signal: the payment waits, and the reply says why and what was meant.
#[tokio::test]
async fn a_misspelt_fact_is_missing_and_its_right_name_is_told() {
    let malware = rule("malware", "device.malware", "deny", "");
    let policy = PolicyFile::new(
        "test.malware",
        "payment.authorize",
        &format!("rules:\n{malware}"),
    );
    let house = House::new(&[amounts(), policy]);
    let mut body = payment("p-1", "27.40");
    body["device"]["malwere"] = json!(false);
    body["device.malware"] = json!(false);
    body["4111111111111111"] = json!("x");
    let view = house.decided(&service(), &body).await;
    assert_eq!(view.verdict, Verdict::Hold);
    let missing = view.reasons.iter().find(|r| r.code == "fact-missing");
    assert_eq!(missing.expect("a reason").fields, ["device.malware"]);
    let mut places = told(&view);
    places.sort_unstable();
    assert_eq!(
        places,
        [
            ("/(withheld)", "(withheld) is not in the dictionary"),
            (
                "/device.malware",
                "device.malware is not in the dictionary; write it as an object: {\"device\": {\"malware\": …}}"
            ),
            (
                "/device/malwere",
                "device.malwere is not in the dictionary; did you mean device.malware?"
            ),
        ]
    );
    let record = house.record(&view).dropped.expect("recorded");
    assert_eq!((record.count, record.places.len()), (3, 3));
    assert!(
        !serde_json::to_string(&record)
            .expect("JSON")
            .contains("4111")
    );
    // Everything else is not named to those whose request it was not.
    let supervisor = caller("s", Role::Supervisor);
    let seen = house.engine.decision(&supervisor, &view.decision).await;
    assert_eq!(seen.expect("seen").dropped, None);
    let regulator = caller("authority", Role::Regulator);
    let seen = house.engine.decision(&regulator, &view.decision).await;
    assert_eq!(seen.expect("seen").dropped, view.dropped);
}

#[tokio::test]
async fn a_request_whose_values_are_all_kept_says_nothing_of_it() {
    let house = House::new(&usual());
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.dropped, None);
    assert_eq!(house.record(&view).dropped, None);
}

/// What an agent says of the payment itself, or of what only the host knows, counts for nothing.
#[tokio::test]
async fn an_agent_is_told_what_does_not_count() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    let mut body = ask("assist.failed_payment", "p-1");
    body["payment"]["amount"] = json!({"value": "1.00", "currency": "EUR"});
    body["payee"] = json!({"account": "GB82 WEST 1234 5698 7654 32"});
    body["evidence"] = json!({"step_up": true});
    let view = house.decided(&agent(), &body).await;
    let mut places: Vec<_> = told(&view)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["/evidence/step_up", "/payee/account", "/payment/amount"]
    );
    assert_eq!(view.dropped.as_ref().map(|d| d.count), Some(3));
    let metrics = house.engine.metrics().render();
    assert!(metrics.contains("weft_dropped_fields_total 3"), "{metrics}");
}

/// Where the facts are not to be stored, not even the names of what was dropped are.
#[tokio::test]
async fn what_is_forgotten_is_only_counted() {
    let here = PolicyFile::new(
        "test.here",
        "payment.authorize",
        &format!("rules:\n{}", rule("elsewhere", "true", "deny", "")),
    );
    let house = House::new(&[amounts(), here.stage("residency")]);
    let mut body = payment("p-1", "27.40");
    body["device"]["malwere"] = json!(false);
    let view = house.decided(&service(), &body).await;
    assert_eq!(view.verdict, Verdict::Deny);
    let dropped = view.dropped.as_ref().expect("it is counted");
    assert_eq!((dropped.count, dropped.places.len()), (1, 0));
    let record = serde_json::to_string(&house.record(&view)).expect("JSON");
    assert!(!record.contains("malwere"), "{record}");
}
