//! No card number, name or account of the traffic is found in anything that the host writes or says.

use serde_json::json;
use weft_tests::Host;
use weft_tests::search::Canary;
use weft_tests::traffic::{assistance, demo, demo_json, held, usual};

/// What the demo's bodies say in clear.
fn canaries() -> Vec<Canary> {
    vec![
        Canary::new("card number of Ines", "4111 1111 1111 1111"),
        Canary::new("card number of Asha", "5555 5555 5555 4444"),
        Canary::new("IBAN of Ines", "BE68 5390 0754 7034"),
        Canary::new("IBAN of the payee", "GB82 WEST 1234 5698 7654 32"),
        Canary::new("name of the payer", "Ines Peeters"),
        Canary::new("name of a payee", "Electro Lumière"),
        Canary::new("street", "Veldstraat 12"),
        Canary::new("phone", "+32470123456"),
    ]
}

#[test]
fn nothing_that_is_written_or_said_has_them() {
    let mut host = Host::start("");
    let mut said: Vec<u8> = Vec::new();
    let mut say = |answer: weft_tests::Answer| said.extend(answer.body);
    for n in 1..=6 {
        say(host.decide("service", &demo_json(&format!("usual-{n}.json"))));
    }
    say(host.decide("service", &held("demo-held-1")));
    say(host.decide("service", &demo_json("residency.json")));
    say(host.post(
        "service",
        "application/xml",
        demo("transfer.xml").as_bytes(),
        &[],
    ));
    for role in ["agent", "supervisor"] {
        say(host.decide(
            role,
            &assistance("assist.failed_payment", "demo-held-1", "case-1"),
        ));
    }
    // What is wrong is not quoted, wherever it stands.
    let mut wrong = usual("wrong-1");
    wrong["payment"]["amount"]["value"] = json!("4111 1111 1111 1111");
    say(host.decide("service", &wrong));
    let mut wrong = usual("wrong-2");
    wrong["payment"]["amount"]["currency"] = json!("4111111111111111");
    say(host.decide("service", &wrong));
    let mut wrong = usual("wrong-3");
    wrong["4111111111111111"] = json!("Ines Peeters");
    wrong["payer"]["country"] = json!("Ines Peeters");
    say(host.decide("service", &wrong));
    let cut = demo("held.json");
    let cut = &cut.as_bytes()[..cut.len() - 20];
    say(host.post("service", "application/json", cut, &[]));
    say(host.get("service", "/v1/decisions/4111111111111111"));
    say(host.get("operator", "/metrics"));
    let log = host.stop();
    let mut found = Vec::new();
    for canary in canaries() {
        found.extend(canary.found_below(&host.data()));
        if canary.is_in(&said) {
            found.push(format!("replies and metrics: {}", canary.name));
        }
        if canary.is_in(log.as_bytes()) {
            found.push(format!("the host's log: {}", canary.name));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(
        said.len() > 4_000 && log.len() > 1_000,
        "there was something to search"
    );
}
