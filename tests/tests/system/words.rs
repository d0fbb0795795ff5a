//! What customers, support and auditors are told on the way of a payment that waits: at every step what is so then.

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::traffic::{assistance, demo_json, held, usual};

const THANKS: &str = "Thank you, we have your approval.";

/// A host, and a payment that waits on it.
fn waiting() -> (Host, Json) {
    let host = Host::start("");
    for n in 0..6 {
        let answer = host.decide("service", &usual(&format!("usual-{n}")));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let decision = host.decide("service", &held("p-1")).json();
    assert_eq!(decision["verdict"], "hold", "{decision}");
    (host, decision)
}

/// What support is told that is refused, and may not learn of the payment.
const NOTHING_TOLD: &str = "Nothing is granted about such a payment";

fn answer(payment: &str, held: &Json) -> Json {
    json!({
        "operation": "assist.verify_identity",
        "payment": {"id": payment},
        "case": {"id": "case-1"},
        "challenge": {"id": held["challenge"]["id"], "response": held["challenge"]["response"]},
    })
}

fn said(decision: &Json) -> &str {
    decision["message"].as_str().unwrap_or_default()
}

/// What a regulator reads of a decision.
fn audited(host: &Host, decision: &Json) -> Json {
    let id = decision["decision"].as_str().expect("an id");
    host.get("regulator", &format!("/v1/decisions/{id}")).json()
}

#[test]
fn only_the_right_answer_is_thanked_for() {
    let (host, held) = waiting();
    let mut wrong = answer("p-1", &held);
    wrong["challenge"]["response"] = json!("no response");
    for (role, body, words) in [
        ("service", wrong, ""),
        (
            "service",
            answer("p-2", &held),
            "We find no payment of yours that waits for this approval.",
        ),
        ("agent", answer("p-1", &held), NOTHING_TOLD),
        ("supervisor", answer("p-1", &held), NOTHING_TOLD),
    ] {
        let refused = host.decide(role, &body).json();
        assert_eq!(refused["verdict"], "deny", "{refused}");
        assert!(said(&refused).starts_with(words), "{refused}");
        assert_ne!(said(&refused), THANKS, "{refused}");
    }
    let approved = host.decide("service", &answer("p-1", &held)).json();
    assert_eq!(said(&approved), THANKS, "{approved}");
    let audit = audited(&host, &approved);
    assert!(
        said(&audit).contains("checked the answer to its own challenge"),
        "{audit}"
    );
}

#[test]
fn a_confirmation_says_what_it_did_and_what_is_left_to_do() {
    let (host, held) = waiting();
    let confirm = assistance("assist.confirm", "p-1", "case-1");
    // Who was told of the payment within the case is told why.
    let unasked = host.decide("agent", &confirm).json();
    assert!(said(&unasked).starts_with(NOTHING_TOLD), "{unasked}");
    host.decide(
        "agent",
        &assistance("assist.failed_payment", "p-1", "case-1"),
    );
    let without = host.decide("agent", &confirm).json();
    assert_eq!(without["verdict"], "deny", "{without}");
    assert!(
        said(&without).starts_with("The customer's approval in their own app is needed"),
        "{without}"
    );
    host.decide("service", &answer("p-1", &held));
    let confirmed = host.decide("agent", &confirm).json();
    assert!(
        said(&confirmed).starts_with("The payment is confirmed"),
        "{confirmed}"
    );
    let again = &confirmed["decided_again"];
    assert_eq!(again["payment"]["state"], "released", "{confirmed}");
    assert!(
        said(again).starts_with("The customer has passed the step"),
        "{again}"
    );
    let audit = audited(&host, again);
    assert!(said(&audit).contains("so it counts as flag"), "{audit}");
    // What was approved and used is not told as not approved.
    let second = host.decide("agent", &confirm).json();
    let codes: Vec<&Json> = second["reasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|reason| &reason["code"])
        .collect();
    assert_eq!(codes, ["not-pending"], "{second}");
    assert!(
        said(&second).starts_with("There is nothing to confirm."),
        "{second}"
    );
    let unknown = assistance("assist.confirm", "p-2", "case-1");
    let unknown = host.decide("agent", &unknown).json();
    assert!(said(&unknown).starts_with(NOTHING_TOLD), "{unknown}");
}

#[test]
fn who_asks_is_told_what_is_so_of_the_payment_and_of_the_request() {
    let (host, _) = waiting();
    let ask = |role: &str, payment: &str| {
        let body = assistance("assist.failed_payment", payment, "case-1");
        host.decide(role, &body).json()
    };
    let asked = ask("agent", "p-1");
    assert!(said(&asked).contains("state is shown"), "{asked}");
    let unknown = ask("agent", "p-2");
    assert!(said(&unknown).starts_with(NOTHING_TOLD), "{unknown}");
    assert!(
        !said(&audited(&host, &unknown)).contains("Answered"),
        "{unknown}"
    );
    let mut caseless = assistance("assist.failed_payment", "p-1", "case-1");
    caseless.as_object_mut().expect("an object").remove("case");
    let caseless = host.decide("agent", &caseless).json();
    assert!(said(&caseless).starts_with("Name the case"), "{caseless}");
    let refused = host.decide("service", &demo_json("residency.json")).json();
    assert_eq!(
        said(&refused),
        "This payment has to be made through our service in India."
    );
    let audit = audited(&host, &refused);
    assert!(
        said(&audit).starts_with("Refused in this region"),
        "{audit}"
    );
}
