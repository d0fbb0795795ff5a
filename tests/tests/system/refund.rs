//! Money of a payment is given back through the door of a real host, with the project's own policies.

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::traffic::{assistance, held, usual};

const CASE: &str = "case-7001";

/// What somebody asks of the payment from their session.
fn of_refund(operation: &str, who: &str, euros: &str) -> Json {
    let mut body = assistance(operation, "p-1", CASE);
    body["session"] = json!({"id": format!("S-1-{who}")});
    body["refund"] = json!({"id": "R-1001", "amount": {"value": euros, "currency": "EUR"}});
    body
}

/// A payment that was held, approved by its customer, and confirmed by support.
fn released(host: &Host) -> Json {
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let mut body = held("p-1");
    body["payer"]["credentials_changed_at"] = "2026-01-05T10:00:00Z".into();
    let payment = host.decide("service", &body).json();
    assert_eq!(payment["verdict"], "hold", "{payment}");
    for role in ["agent", "supervisor"] {
        let asked = host.decide(role, &assistance("assist.failed_payment", "p-1", CASE));
        assert_eq!(asked.json()["verdict"], "allow");
    }
    approve(host, &payment);
    let confirmed = host.decide("agent", &assistance("assist.confirm", "p-1", CASE));
    let confirmed = confirmed.json();
    let state = &confirmed["decided_again"]["payment"]["state"];
    assert_eq!(state, "released", "{confirmed}");
    payment
}

/// What the customer's own channel answers to what a decision asks for.
fn approve(host: &Host, asked: &Json) {
    let id = asked["decision"].as_str().expect("an id");
    let seen = host.get("service", &format!("/v1/decisions/{id}")).json();
    let body = json!({
        "operation": "assist.verify_identity",
        "payment": {"id": "p-1"},
        "challenge": {"id": seen["challenge"]["id"], "response": seen["challenge"]["response"]},
    });
    let answer = host.decide("service", &body).json();
    assert_eq!(answer["verdict"], "allow", "{answer}");
}

/// R1, R2, R7, R11, R12, R26: a refund goes the way of a payment, waits for the customer and for a second person, outlives a
/// host that is killed, and stands in the log with all that led to it.
#[test]
fn a_large_refund_waits_for_the_customer_and_for_a_second_person() {
    let mut host = Host::start("");
    let payment = released(&host);
    let mut ask = of_refund("assist.refund", "agent", "150.00");
    ask["evidence"] = json!({"step_up": true});
    let asked = host.decide("agent", &ask).json();
    assert_eq!(asked["verdict"], "hold", "{asked}");
    assert!(asked["waits_until"].is_string(), "{asked}");
    assert!(asked["challenge"].get("response").is_none(), "{asked}");
    let kinds: Vec<&Json> = asked["obligations"]
        .as_array()
        .expect("obligations")
        .iter()
        .collect();
    for kind in ["step-up", "four-eyes"] {
        assert!(kinds.iter().any(|one| one["kind"] == kind), "{asked}");
    }
    approve(&host, &asked);
    host.kill();
    host.go_on();
    // Not by who asked, and not another amount.
    let by_oneself = host.decide("agent", &of_refund("assist.approve", "other", "150.00"));
    assert_eq!(by_oneself.json()["verdict"], "deny");
    let other = host.decide(
        "supervisor",
        &of_refund("assist.approve", "supervisor", "151.00"),
    );
    assert_eq!(other.json()["verdict"], "deny");
    let approved = host.decide(
        "supervisor",
        &of_refund("assist.approve", "supervisor", "150.00"),
    );
    let approved = approved.json();
    assert_eq!(approved["verdict"], "allow", "{approved}");
    assert_eq!(approved["context"]["facts"]["request.agent"], "agent");
    host.kill();
    host.go_on();
    let given = host
        .decide("agent", &of_refund("assist.refund", "agent", "150.00"))
        .json();
    assert_eq!(given["verdict"], "allow", "{given}");
    let back = json!({"value": "150.00", "currency": "EUR"});
    assert_eq!(given["payment"]["refunded"], back);
    assert_eq!(given["payment"]["state"], "released");
    assert_eq!(given["context"]["facts"]["refund.amount"], back);
    let again = host
        .decide("agent", &of_refund("assist.refund", "agent", "150.00"))
        .json();
    assert_eq!(again["verdict"], "deny", "{again}");
    let id = payment["decision"].as_str().expect("an id");
    let now = host.get("service", &format!("/v1/decisions/{id}")).json()["now"].clone();
    assert_eq!(now["state"], "released");
    assert_eq!(now["refunded"], back);
    assert_eq!(now["decision"], given["decision"]);
    told_afterwards(&mut host, &given);
}

/// The story, the query, the explanation, and each decision evaluated again.
fn told_afterwards(host: &mut Host, given: &Json) {
    host.stop();
    let data = host.data().display().to_string();
    let story = run(&["audit", "timeline", "--data", &data, "--payment", "p-1"]);
    assert!(story.ok, "{}", story.err);
    for told in ["assist.refund", "assist.approve", "assist.confirm"] {
        assert!(story.out.contains(told), "{told} is not in the story");
    }
    let query = [
        "audit",
        "query",
        "--data",
        &data,
        "--operation",
        "assist.refund",
    ];
    let found = run(&query);
    assert!(found.ok, "{}", found.err);
    let id = given["decision"].as_str().expect("an id");
    assert!(found.out.contains(id), "{}", found.out);
    let explained = run(&[
        "policy",
        "explain",
        id,
        "--as",
        "regulator",
        "--data",
        &data,
    ]);
    assert!(explained.ok, "{}", explained.err);
    assert!(
        explained.out.contains("assistance.refund"),
        "{}",
        explained.out
    );
    let replayed = run(&["audit", "replay", "--data", &data, "--format", "json"]);
    assert!(replayed.ok, "{} {}", replayed.out, replayed.err);
}
