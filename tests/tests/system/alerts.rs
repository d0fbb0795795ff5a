//! Support is told of what is unusual in the request that decides it, looks into it, and calls first.

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::traffic::{assistance, held, usual};

/// An account with a usual amount.
fn learn(host: &Host) {
    for n in 0..6 {
        let answer = host.decide("service", &usual(&format!("usual-{n}")));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn alerts(host: &Host) -> Vec<Json> {
    let told = host.get("agent", "/v1/alerts");
    assert_eq!(told.status, 200, "{}", told.text());
    told.json()["alerts"].as_array().expect("a list").clone()
}

/// R29: an amount outside the account's own range raises an alert in the request that decides it. R31: the alert, the decision
/// and its score rest on the same features.
#[test]
fn what_is_unusual_for_the_account_is_told_to_support_at_once() {
    let mut host = Host::start("");
    learn(&host);
    assert_eq!(
        alerts(&host),
        Vec::<Json>::new(),
        "what is usual raises none"
    );
    let stream = host.stream("supervisor", "/v1/alerts/changes");
    let mut stream = stream.unwrap_or_else(|answer| panic!("{}", answer.text()));
    let decided = host.decide("service", &held("p-1")).json();
    let raised = alerts(&host);
    let [alert] = raised.as_slice() else {
        panic!("{raised:?}");
    };
    assert_eq!(alert["decision"], decided["decision"]);
    assert_eq!(alert["payment"], "p-1");
    assert_eq!(alert["reasons"][0]["code"], "unusual-amount", "{alert}");
    assert_eq!(stream.next("alert").as_ref(), Some(alert));
    let id = decided["decision"].as_str().expect("an id");
    let recorded = host.get("regulator", &format!("/v1/decisions/{id}")).json();
    let found = |policy: &str| {
        let findings = recorded["findings"].as_array().expect("findings");
        findings.iter().find(|f| f["policy"] == policy).cloned()
    };
    assert!(found("risk.behaviour").is_some() && found("risk.spending-spike").is_some());
    let records = host.records();
    let record = records
        .iter()
        .find(|r| r["decision"] == decided["decision"]);
    let record = record.expect("it is recorded");
    assert!(alert["feature_snapshot"].is_string(), "{alert}");
    assert_eq!(alert["feature_snapshot"], record["feature_snapshot"]);
    // The same amount of somebody for whom it is not known to be unusual raises none: there is no limit for all.
    let mut other = held("p-2");
    other["payer"]["account"] = json!("DE89370400440532013000");
    other["instrument"]["pan"] = json!("5555555555554444");
    host.decide("service", &other);
    assert_eq!(alerts(&host).len(), 1);
    // Nothing of the customer is in an alert, and who does not help customers gets none.
    let text = alert.to_string();
    for hidden in ["tok_", "1890", "Ines", "BE68"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    for role in ["service", "operator", "regulator"] {
        for path in ["/v1/alerts", "/v1/alerts/changes"] {
            assert_eq!(host.get(role, path).status, 403, "{role} {path}");
        }
    }
    // It is still there after a crash, and who read it is on record.
    host.kill();
    host.go_on();
    assert_eq!(alerts(&host), raised);
    let records = host.stop_and_read();
    let read = records.iter().filter(|r| r["event"] == "alerts.read");
    assert!(read.count() >= 4);
}

/// R30: who looks into an alert sees how far the account is from its own past and what is advised; the call that follows is a
/// decision of its own.
#[test]
fn support_looks_into_an_alert_and_calls_first() {
    let host = Host::start("");
    learn(&host);
    host.decide("service", &held("p-1"));
    let review = assistance("assist.account_review", "p-1", "case-1");
    let reviewed = host.decide("agent", &review).json();
    assert_eq!(reviewed["verdict"], "allow", "{reviewed}");
    let facts = reviewed["context"]["facts"].as_object().expect("facts");
    for shown in [
        "behaviour.account.amount_deviation_30d",
        "behaviour.account.count_30d",
        "payment.amount",
    ] {
        assert!(facts.contains_key(shown), "no {shown} in {reviewed}");
    }
    for hidden in [
        "payer.name",
        "payer.account",
        "behaviour.account.median_30d",
    ] {
        assert!(!facts.contains_key(hidden), "{hidden} in {reviewed}");
    }
    let advice = reviewed["message"].as_str().expect("what is advised");
    assert!(advice.contains("ask for no code"), "{advice}");
    let mut call = assistance("assist.outreach", "p-1", "case-1");
    let refused = host.decide("agent", &call).json();
    assert_eq!(
        refused["verdict"], "deny",
        "who called whom is not said: {refused}"
    );
    call["case"]["contact"] = json!("outreach");
    let called = host.decide("agent", &call).json();
    assert_eq!(called["verdict"], "allow", "{called}");
    assert!(
        called["message"]
            .as_str()
            .is_some_and(|m| m.contains("no password")),
        "{called}"
    );
    let without_case = json!({"operation": "assist.account_review", "payment": {"id": "p-1"}});
    assert_eq!(
        host.decide("agent", &without_case).json()["verdict"],
        "deny"
    );
    let records = host.records();
    let calls = |record: &&Json| record["operation"] == "assist.outreach";
    assert_eq!(records.iter().filter(calls).count(), 2, "each is on record");
}
