//! Payments and requests for assistance, JSON and ISO 20022, by the same path.

use serde_json::json;
use weft_engine::Config;
use weft_gateway::Limits;

use crate::house::{House, Site};
use crate::traffic::{payment, payment_from, question, transfer};
use crate::wire::Call;

#[tokio::test]
async fn every_verdict_is_an_answer() {
    let house = House::new().await;
    let malware = json!({"malware": true, "rooted": false});
    let rooted = json!({"malware": false, "rooted": true});
    for (id, body, verdict) in [
        ("p-1", payment("p-1"), "allow"),
        ("p-2", payment_from("p-2", malware), "deny"),
        ("p-3", payment_from("p-3", rooted), "challenge"),
    ] {
        let got = house.send(Call::json(&body).by("shop")).await;
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("cache-control"), "no-store");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("idempotent-replayed"), "");
        let decision = got.expect_verdict(verdict).json();
        assert_eq!(decision["payment"]["id"], id);
        let stored = house
            .engine
            .log()
            .decision(decision["decision"].as_str().expect("an id"));
        assert!(
            stored.expect("readable").is_some(),
            "answered and not in the log"
        );
    }
}

#[tokio::test]
async fn a_payment_and_a_question_about_it_come_to_the_same_path() {
    let house = House::new().await;
    let device = json!({"malware": false, "rooted": true});
    let held = house
        .send(Call::json(&payment_from("p-1", device)).by("shop"))
        .await;
    let held = held.expect_verdict("challenge").json();
    let answer = house.send(Call::json(&question("p-1")).by("agent-7")).await;
    let answer = answer.expect_verdict("allow").json();
    assert_eq!(answer["operation"], "assist.failed_payment");
    assert_eq!(answer["payment"]["state"], "pending");
    assert_eq!(answer["context"]["decision"], held["decision"]);
}

#[tokio::test]
async fn iso_20022_is_answered_in_iso_20022() {
    let house = House::new().await;
    let got = house.send(Call::xml(&transfer("T1")).by("shop")).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(got.header("content-type"), "application/xml");
    assert!(
        got.text()
            .contains("urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10")
    );
    assert!(got.text().contains("<TxSts>ACCP</TxSts>"), "{}", got.text());
    let text_xml = Call::post("text/xml; charset=utf-8", transfer("T2")).by("shop");
    let got = house.send(text_xml.header("accept", "text/xml")).await;
    assert_eq!((got.status, got.header("content-type")), (200, "text/xml"));
    // A problem has one form for everybody.
    let got = house.send(Call::xml("<Document/>").by("shop")).await;
    got.expect_problem(422, "unsupported-message");
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_answered_with_the_same_bytes() {
    let house = House::new().await;
    let call = || {
        Call::json(&payment("p-1"))
            .by("shop")
            .header("idempotency-key", "key-1")
    };
    let first = house.send(call()).await.expect_verdict("allow");
    let second = house.send(call()).await.expect_verdict("allow");
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(second.header("idempotent-replayed"), "true");
    // An ISO 20022 message has a key of its own: its identifier.
    let call = || Call::xml(&transfer("T1")).by("shop");
    let (first, second) = (house.send(call()).await, house.send(call()).await);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(first.body, second.body);
    // Without a key, the same payment twice is a conflict.
    house
        .send(Call::json(&payment("p-2")).by("shop"))
        .await
        .expect_verdict("allow");
    let again = house.send(Call::json(&payment("p-2")).by("shop")).await;
    again.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_key_belongs_to_one_request_and_has_bounds() {
    let house = House::new().await;
    let call = |id: &str, key: &str| {
        Call::json(&payment(id))
            .by("shop")
            .header("idempotency-key", key)
    };
    house
        .send(call("p-1", "key-1"))
        .await
        .expect_verdict("allow");
    let other = house.send(call("p-2", "key-1")).await;
    other.expect_problem(422, "idempotency-mismatch");
    // Another caller's key of the same name is another key.
    let others = Call::json(&payment("p-3"))
        .by("other-shop")
        .header("idempotency-key", "key-1");
    house.send(others).await.expect_verdict("allow");
    let longest = "k".repeat(255);
    house
        .send(call("p-4", &longest))
        .await
        .expect_verdict("allow");
    for key in [format!("{longest}k"), "two words".into(), String::new()] {
        let got = house.send(call("p-5", &key)).await;
        got.expect_problem(422, "invalid-value");
    }
    let twice = call("p-5", "a").header("idempotency-key", "a");
    house.send(twice).await.expect_problem(422, "invalid-value");
}

#[tokio::test]
async fn a_body_that_cannot_be_decided_is_a_problem_with_a_place() {
    let house = House::new().await;
    let send = |body: String| house.send(Call::post("application/json", body).by("shop"));
    send("{".into()).await.expect_problem(400, "malformed");
    send(String::new()).await.expect_problem(400, "malformed");
    let no_amount = json!({"operation": "payment.authorize", "payment": {"id": "p-1"}});
    let got = send(no_amount.to_string())
        .await
        .expect_problem(422, "missing-field");
    assert_eq!(got.json()["pointer"], "/payment/amount");
    let mut bad = payment("p-1");
    bad["payment"]["amount"]["value"] = json!("MARKER");
    let got = send(bad.to_string())
        .await
        .expect_problem(422, "invalid-value");
    assert_eq!(got.json()["pointer"], "/payment/amount/value");
    assert!(!got.text().contains("MARKER"));
}

#[tokio::test]
async fn the_forms_that_are_read_and_written() {
    let house = House::new().await;
    let body = payment("p-1").to_string();
    for call in [
        Call::post("text/plain", body.clone()),
        Call::post("application/json", body.clone()).header("content-encoding", "gzip"),
        Call::post("application/json", body.clone()).header("content-type", "application/xml"),
        Call::new(hyper::Method::POST, "/v1/decisions"),
    ] {
        let got = house.send(call.by("shop")).await;
        got.expect_problem(415, "unsupported-media-type");
    }
    for accept in ["application/xml", "text/html, application/json;q=0"] {
        let call = Call::json(&payment("p-1"))
            .by("shop")
            .header("accept", accept);
        house.send(call).await.expect_problem(406, "not-acceptable");
    }
    let html = Call::xml(&transfer("T1"))
        .by("shop")
        .header("accept", "application/json");
    house.send(html).await.expect_problem(406, "not-acceptable");
    // None of these was decided.
    let accept = "text/html;q=0.9, application/*;q=0.8";
    let call = Call::json(&payment("p-1"))
        .by("shop")
        .header("accept", accept);
    house.send(call).await.expect_verdict("allow");
    let call = Call::get("/healthz").header("accept", "image/png");
    house.send(call).await.expect_problem(406, "not-acceptable");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let house = House::new().await;
    for path in [
        "/",
        "/v1",
        "/v1/decisions/",
        "/v1/decisions/a/b",
        "/MARKER?MARKER",
    ] {
        let got = house
            .get(path, "shop")
            .await
            .expect_problem(404, "not-found");
        assert!(!got.text().contains("MARKER"));
    }
    for (method, path, allow) in [
        ("GET", "/v1/decisions", "POST"),
        ("DELETE", "/v1/decisions/dec_1", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
        ("MARKER", "/readyz", "GET, HEAD"),
    ] {
        let method = hyper::Method::from_bytes(method.as_bytes()).expect("a method");
        let got = house.send(Call::new(method, path).by("shop")).await;
        let got = got.expect_problem(405, "method-not-allowed");
        assert_eq!(got.header("allow"), allow);
        assert!(!got.text().contains("MARKER"));
    }
}

#[tokio::test]
async fn a_host_that_decides_as_much_as_it_may_says_when_to_come_back() {
    let site = Site::new();
    let config = Config {
        max_in_flight: 0,
        ..site.config()
    };
    let house = House::on(site, config, Limits::default()).await;
    let got = house.send(Call::json(&payment("p-1")).by("shop")).await;
    let got = got.expect_problem(503, "saturated");
    assert_eq!(got.header("retry-after"), "1");
}
