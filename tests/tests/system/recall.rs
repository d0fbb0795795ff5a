//! A payment is called back, contested and escalated through the door of a real host, with the project's own policies.

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::traffic::{assistance, demo_json, usual};

const CASE: &str = "case-7001";

/// What somebody asks of a payment from their session.
fn asks_for(operation: &str, payment: &str, who: &str, section: &str, says: &Json) -> Json {
    let mut body = assistance(operation, payment, CASE);
    body["session"] = json!({"id": format!("S-1-{who}")});
    body[section] = says.clone();
    body
}

/// What the customer's own channel answers to what a decision asks for.
fn approve(host: &Host, payment: &str, asked: &Json) {
    let id = asked["decision"].as_str().expect("an id");
    let seen = host.get("service", &format!("/v1/decisions/{id}")).json();
    let body = json!({
        "operation": "assist.verify_identity",
        "payment": {"id": payment},
        "challenge": {"id": seen["challenge"]["id"], "response": seen["challenge"]["response"]},
    });
    let answer = host.decide("service", &body).json();
    assert_eq!(answer["verdict"], "allow", "{answer}");
}

/// R1, R7, R12: who is being deceived is helped before the payment goes on, by the request of the examples.
#[test]
fn a_held_payment_is_called_back_before_anybody_releases_it() {
    let mut host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let body = demo_json("held.json");
    let id = body["payment"]["id"].as_str().expect("an id");
    let payment = host.decide("service", &body).json();
    assert_eq!(payment["verdict"], "hold", "{payment}");
    let recall = demo_json("recall.json");
    let case = recall["case"]["id"].as_str().expect("an id");
    host.decide("agent", &assistance("assist.failed_payment", id, case));
    let recalled = host.decide("agent", &recall).json();
    assert_eq!(recalled["verdict"], "allow", "{recalled}");
    assert_eq!(recalled["payment"]["state"], "refused");
    assert_eq!(recalled["context"]["facts"]["recall.reason"], "FRAD");
    host.kill();
    host.go_on();
    let decision = payment["decision"].as_str().expect("an id");
    let now = host.get("service", &format!("/v1/decisions/{decision}"));
    assert_eq!(now.json()["now"]["state"], "refused");
    let again = host.decide("service", &recall).json();
    assert_eq!(again["verdict"], "deny");
    let reasons = again["reasons"].as_array().expect("reasons");
    let code = reasons.iter().find_map(|one| one["status_reason"].as_str());
    assert_eq!(code, Some("NOOR"), "{again}");
}

/// R5, R7, R11, R43: a dispute is opened by its customer's approval and says when it is due; what is escalated waits in the
/// queue of supervisors until another of them ends it; a host that is killed knows both.
#[test]
fn a_disputed_payment_says_when_it_is_due_and_an_escalation_waits_for_a_supervisor() {
    let mut host = Host::start("");
    let paid = host.decide("service", &usual("p-1")).json();
    assert_eq!(paid["payment"]["state"], "released", "{paid}");
    let asked = assistance("assist.failed_payment", "p-1", CASE);
    host.decide("agent", &asked);
    let says = json!({"id": "D-1001", "reason": "amount", "notice_at": "2026-06-01T11:00:00Z"});
    let dispute = asks_for("assist.dispute", "p-1", "agent", "dispute", &says);
    let waits = host.decide("agent", &dispute).json();
    assert_eq!(waits["verdict"], "hold", "{waits}");
    approve(&host, "p-1", &waits);
    let opened = host.decide("agent", &dispute).json();
    assert_eq!(opened["payment"]["state"], "disputed", "{opened}");
    let message = opened["message"].as_str().expect("words");
    assert!(message.contains("2026-06-16"), "{opened}");
    host.kill();
    host.go_on();
    let shown = host.decide("agent", &asked).json();
    let due = &shown["context"]["facts"]["dispute.answer_due_at"];
    assert!(
        due.as_str()
            .is_some_and(|due| due.starts_with("2026-07-17")),
        "{shown}"
    );
    let says = json!({"id": "E-1001", "reason": "no_factor"});
    let escalate = asks_for("assist.escalate", "p-1", "agent", "escalation", &says);
    let escalated = host.decide("agent", &escalate).json();
    assert_eq!(escalated["verdict"], "allow", "{escalated}");
    host.kill();
    host.go_on();
    let queue = host.get("supervisor", "/v1/escalations").json();
    assert_eq!(queue["count"], 1, "{queue}");
    assert_eq!(queue["escalations"][0]["decision"], escalated["decision"]);
    assert_eq!(host.get("agent", "/v1/escalations").status, 403);
    let says = json!({"id": "E-1001", "reason": "answered"});
    for (who, verdict) in [("agent", "deny"), ("supervisor", "allow")] {
        let close = asks_for("assist.close", "p-1", who, "close", &says);
        let closed = host.decide(who, &close).json();
        assert_eq!(closed["verdict"], verdict, "{closed}");
        assert_eq!(closed["payment"]["state"], "disputed", "{closed}");
    }
    let queue = host.get("supervisor", "/v1/escalations").json();
    assert_eq!(queue["count"], 0, "{queue}");
    host.stop();
    let data = host.data().display().to_string();
    let story = run(&["audit", "timeline", "--data", &data, "--payment", "p-1"]);
    assert!(story.ok, "{}", story.err);
    for told in ["assist.dispute", "assist.escalate", "assist.close"] {
        assert!(story.out.contains(told), "{told} is not in the story");
    }
    let replayed = run(&["audit", "replay", "--data", &data, "--format", "json"]);
    assert!(replayed.ok, "{} {}", replayed.out, replayed.err);
}
