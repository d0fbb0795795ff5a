//! Support is a part of the payment: the same path, the payment's own findings, never a weaker check.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::traffic::{assistance, held, usual};

fn learn(host: &Host) {
    for n in 0..6 {
        let answer = host.decide("service", &usual(&format!("usual-{n}")));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// A payment that is held, as its service sees it.
fn hold(host: &Host, id: &str) -> Json {
    let answer = host.decide("service", &held(id));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = answer.json();
    assert_eq!(decision["verdict"], "hold", "{decision}");
    decision
}

fn approve(host: &Host, held: &Json) -> Json {
    let body = json!({
        "operation": "assist.verify_identity",
        "payment": {"id": held["payment"]["id"]},
        "challenge": {"id": held["challenge"]["id"], "response": held["challenge"]["response"]},
    });
    host.decide("service", &body).json()
}

/// R4: the first answer about a pending payment has device and place, and no number or name of the customer. R16: what is not
/// granted is absent.
#[test]
fn an_agent_sees_what_was_decided_cut_to_the_case() {
    let host = Host::start("");
    learn(&host);
    let held = hold(&host, "p1");
    let asked = host.decide(
        "agent",
        &assistance("assist.failed_payment", "p1", "case-1"),
    );
    let asked = asked.json();
    assert_eq!(asked["payment"]["state"], "pending");
    let context = &asked["context"];
    assert_eq!(context["decision"], held["decision"]);
    assert_eq!(context["verdict"], "hold");
    assert!(context["feature_snapshot"].is_string(), "{asked}");
    let why = context["why"].as_array().expect("findings");
    assert!(why.iter().any(|w| w["verdict"] == "hold"), "{asked}");
    let facts = context["facts"].as_object().expect("facts");
    for shown in ["payment.amount", "device.platform", "location.country"] {
        assert!(facts.contains_key(shown), "no {shown} in {asked}");
    }
    for hidden in [
        "payer.name",
        "payer.account",
        "payee.account",
        "instrument.pan",
        "payer.phone",
    ] {
        assert!(!facts.contains_key(hidden), "{hidden} in {asked}");
    }
    assert_eq!(asked["challenge"]["method"], "app-approval");
    assert!(asked["challenge"].get("response").is_none(), "{asked}");
    // The score is the recorded one, as a regulator finds it.
    let id = held["decision"].as_str().expect("an id");
    let recorded = host.get("regulator", &format!("/v1/decisions/{id}")).json();
    assert_eq!(recorded["risk"], context["risk"]);
}

#[test]
fn an_agents_word_changes_nothing_and_the_customers_approval_counts_once() {
    let host = Host::start("");
    learn(&host);
    let held = hold(&host, "p2");
    host.decide(
        "agent",
        &assistance("assist.failed_payment", "p2", "case-2"),
    );
    let mut claim = assistance("assist.confirm", "p2", "case-2");
    claim["evidence"] = json!({"step_up": true, "method": "app-approval"});
    let claimed = host.decide("agent", &claim).json();
    assert_eq!(claimed["verdict"], "deny");
    assert_eq!(claimed["payment"]["state"], "pending");

    assert_eq!(approve(&host, &held)["verdict"], "allow");
    let confirm = assistance("assist.confirm", "p2", "case-2");
    let confirmed = host.decide("agent", &confirm).json();
    assert_eq!(
        confirmed["decided_again"]["payment"]["state"], "released",
        "{confirmed}"
    );
    let again = host.decide("agent", &confirm).json();
    assert_eq!(again["verdict"], "deny");
    assert!(again.get("decided_again").is_none(), "{again}");
}

/// R3: an open session sees where the payment stands as it changes, without asking again.
#[test]
fn who_looks_at_a_payment_is_told_of_each_change() {
    let mut host = Host::start("");
    learn(&host);
    let held = hold(&host, "p9");
    let of = |decision: &Json| {
        let id = decision["decision"].as_str().expect("an id");
        format!("/v1/decisions/{id}/changes")
    };
    let asked = host.decide(
        "agent",
        &assistance("assist.failed_payment", "p9", "case-9"),
    );
    let asked = asked.json();
    let watch = |role: &str, of_what: &str| {
        let stream = host.stream(role, of_what);
        stream.unwrap_or_else(|answer| panic!("{}", answer.text()))
    };
    let mut agent = watch("agent", &of(&asked));
    let mut service = watch("service", &of(&held));
    for stream in [&mut agent, &mut service] {
        let now = stream.next("state").expect("how it stands now");
        assert_eq!(
            (&now["state"], &now["decision"]),
            (&"pending".into(), &held["decision"]),
            "{now}"
        );
    }
    approve(&host, &held);
    let confirmed = host.decide("agent", &assistance("assist.confirm", "p9", "case-9"));
    let confirmed = confirmed.json();
    let released = &confirmed["decided_again"]["decision"];
    for stream in [&mut agent, &mut service] {
        let now = stream.next("state").expect("how it stands now");
        assert_eq!(
            (&now["state"], &now["decision"]),
            (&"released".into(), released),
            "{now}"
        );
    }
    // Who asks again without a stream is told the same.
    let id = asked["decision"].as_str().expect("an id");
    let again = host.get("agent", &format!("/v1/decisions/{id}")).json();
    assert_eq!(again["now"]["state"], "released", "{again}");
    // Who may not see the decision has no stream, as if there were none.
    let unknown = "/v1/decisions/dec_00000000000000000000000000/changes".to_owned();
    for path in [of(&asked), unknown] {
        let refused = host.stream("service", &path).err().expect("refused");
        assert_eq!(refused.status, 404, "{}", refused.text());
    }
    // A stream keeps no host from stopping.
    let log = host.stop();
    assert!(!log.contains("cut off after the grace"), "{log}");
    assert_eq!((agent.next("state"), service.next("state")), (None, None));
    let read =
        |record: &&Json| record["event"] == "decision.read" && record["detail"]["role"] == "agent";
    let records = host.records();
    // The stream's beginning, its change, and the question without a stream.
    assert_eq!(records.iter().filter(read).count(), 3, "{records:#?}");
}

#[test]
fn two_agents_who_confirm_at_once_release_a_payment_once() {
    let host = Host::start("");
    learn(&host);
    let held = hold(&host, "p3");
    approve(&host, &held);
    let confirmed: Vec<Json> = std::thread::scope(|scope| {
        let agents: Vec<_> = ["agent", "supervisor"]
            .into_iter()
            .cycle()
            .take(8)
            .map(|role| {
                let host = &host;
                scope.spawn(move || {
                    let body = assistance("assist.confirm", "p3", "case-3");
                    host.decide(role, &body).json()
                })
            })
            .collect();
        agents
            .into_iter()
            .map(|a| a.join().expect("an answer"))
            .collect()
    });
    let released = confirmed.iter().filter(|c| c["decided_again"].is_object());
    assert_eq!(released.count(), 1, "{confirmed:#?}");
}

#[test]
fn a_hold_that_nobody_releases_is_refused() {
    let host = Host::start("[payments]\nhold_expires = \"1s\"\n");
    learn(&host);
    let held = hold(&host, "p4");
    // The host looks for expired payments by itself; what is asked does not make it look.
    let state = || {
        let body = assistance("assist.failed_payment", "p4", "case-4");
        host.decide("agent", &body).json()["payment"]["state"].clone()
    };
    let begun = Instant::now();
    while state() == "pending" && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(state(), "expired");
    assert_ne!(approve(&host, &held)["verdict"], "allow");
}

/// Without a case nothing is said of a payment, not even whether there is one.
#[test]
fn who_has_no_case_learns_nothing_of_a_payment() {
    let host = Host::start("");
    learn(&host);
    hold(&host, "p5");
    for operation in ["assist.failed_payment", "assist.verify_identity"] {
        let answers = ["p5", "no-such-payment-1"].map(|id| {
            let mut body = assistance(operation, id, "case-5");
            body.as_object_mut().expect("an object").remove("case");
            let mut answer = host.decide("agent", &body).json();
            assert_eq!(answer["verdict"], "deny", "{answer}");
            for name in ["at", "decision", "log"] {
                answer[name] = Json::Null;
            }
            answer
        });
        assert_eq!(answers[0], answers[1]);
    }
}
