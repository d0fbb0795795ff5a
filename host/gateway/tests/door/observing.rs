//! Health, readiness, metrics, traces, logs, and payments whose time is over.

use serde_json::{Value as Json, json};
use weft_dictionary::DurationMs;
use weft_engine::Config;
use weft_gateway::Limits;

use crate::house::{House, Site, token};
use crate::log::logged;
use crate::traffic::{payment, payment_from, question};
use crate::wire::{Call, soon};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_host_that_stops_is_alive_and_not_ready() {
    let house = House::new().await;
    let ready = house.send(Call::get("/readyz")).await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({"status": "ready"}))
    );
    house.engine.stop().await;
    let alive = house.send(Call::get("/healthz")).await;
    assert_eq!(
        (alive.status, alive.json()),
        (200, json!({"status": "alive"}))
    );
    let ready = house
        .send(Call::get("/readyz"))
        .await
        .expect_problem(503, "not-ready");
    assert_eq!(ready.header("retry-after"), "1");
    let reasons = ready.json()["detail"].as_str().expect("text").to_owned();
    assert!(reasons.contains("the host is stopping"), "{reasons}");
    let got = house.send(Call::json(&payment("p-1")).by("shop")).await;
    let got = got.expect_problem(503, "not-ready");
    assert_eq!(got.header("retry-after"), "1");
}

#[tokio::test]
async fn metrics_tell_what_was_asked_and_nothing_that_was_sent() {
    let house = House::new().await;
    for n in 0..3 {
        let call = Call::json(&payment(&format!("p-{n}"))).by("shop");
        house.send(call).await.expect_verdict("allow");
    }
    house
        .get("/v1/decisions/dec_MARKER", "shop")
        .await
        .expect_problem(404, "not-found");
    house
        .get("/MARKER", "shop")
        .await
        .expect_problem(404, "not-found");
    house.send(Call::get("/healthz")).await;
    let got = house.get("/metrics", "ops").await;
    assert_eq!(
        got.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let metrics = got.text();
    for line in [
        "weft_http_requests_total{route=\"/v1/decisions\",status=\"2xx\"} 3",
        "weft_http_requests_total{route=\"/v1/decisions/{id}\",status=\"4xx\"} 1",
        "weft_http_requests_total{route=\"none\",status=\"4xx\"} 1",
        "weft_http_requests_total{route=\"/healthz\",status=\"2xx\"} 1",
        "weft_http_request_seconds_count{route=\"/v1/decisions\"} 3",
        "weft_http_panics_total 0",
        "weft_decisions_total{operation=\"payment.authorize\",verdict=\"allow\"} 3",
        "weft_problems_total{code=\"not-found\"} 2",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line} in\n{metrics}");
    }
    assert!(metrics.contains("\nweft_http_connections "), "{metrics}");
    assert!(!metrics.contains("MARKER"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
    assert_eq!(metrics.matches("# EOF").count(), 1);
}

#[tokio::test]
async fn the_description_has_every_member_of_a_decision() {
    let house = House::new().await;
    let got = house.send(Call::get("/v1/openapi.yaml")).await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "application/yaml")
    );
    let description: Json = serde_saphyr::from_str(&got.text()).expect("valid");
    let described = &description["components"]["schemas"]["Decision"];
    let device = json!({"malware": false, "rooted": true});
    let held = house
        .send(Call::json(&payment_from("p-1", device)).by("shop"))
        .await;
    let held = held.expect_verdict("challenge").json();
    let path = format!(
        "/v1/decisions/{}",
        held["decision"].as_str().expect("an id")
    );
    let seen = house.get(&path, "authority").await.json();
    let answer = house
        .send(Call::json(&question("p-1")).by("agent-7"))
        .await
        .json();
    for view in [&held, &seen, &answer] {
        assert_described(view, described, &description);
    }
    assert!(seen["findings"].is_array() && answer["context"].is_object());
}

/// Whether every member is described, and every one that must be there is.
fn assert_described(value: &Json, schema: &Json, description: &Json) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => description.pointer(&reference[1..]).expect("there"),
        None => schema,
    };
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        items
            .iter()
            .for_each(|item| assert_described(item, schema, description));
    }
    let (Some(members), Some(properties)) = (value.as_object(), schema.get("properties")) else {
        return;
    };
    for (name, member) in members {
        let schema = properties
            .get(name)
            .unwrap_or_else(|| panic!("{name} in {value}"));
        assert_described(member, schema, description);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(
            value.get(name.as_str().expect("a name")).is_some(),
            "{name} in {value}"
        );
    }
}

#[tokio::test]
async fn a_trace_goes_through() {
    let house = House::new().await;
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let call = Call::json(&payment("p-1"))
        .by("shop")
        .header("traceparent", &parent);
    let got = house.send(call).await.expect_verdict("allow");
    let answered = got.header("traceparent");
    assert!(answered.starts_with(&format!("00-{TRACE}-")), "{answered}");
    assert!(
        answered.ends_with("-01") && answered != parent,
        "{answered}"
    );
    let id = got.json()["decision"].as_str().expect("an id").to_owned();
    let stored = house
        .engine
        .log()
        .decision(&id)
        .expect("readable")
        .expect("there");
    assert_eq!(stored.record.trace, TRACE);
    // What is no trace is as if there were none; problems have one, too.
    let call = Call::json(&payment("p-2"))
        .by("shop")
        .header("traceparent", "00-MARKER-1-01");
    let got = house.send(call).await.expect_verdict("allow");
    let fresh = got.header("traceparent");
    assert_eq!(
        (fresh.len(), fresh.contains("MARKER")),
        (55, false),
        "{fresh}"
    );
    let got = house.send(Call::get("/nowhere")).await;
    assert_eq!(got.header("traceparent").len(), 55);
    assert_ne!(got.header("traceparent"), fresh);
}

#[tokio::test]
async fn the_log_names_trace_caller_and_status_and_no_secret() {
    let house = House::new().await;
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let call = Call::json(&payment_from("p-1", json!({"id": "DEVICE-MARKER"})))
        .by("shop")
        .header("traceparent", &parent)
        .header("idempotency-key", "KEY-MARKER");
    house.send(call).await.expect_verdict("allow");
    let wrong = Call::json(&payment("p-2")).header("authorization", "Bearer TOKEN-MARKER");
    house.send(wrong).await.expect_problem(401, "unauthorised");
    house
        .get("/PATH-MARKER", "shop")
        .await
        .expect_problem(404, "not-found");
    // This thread is the whole runtime of the test.
    let text = logged();
    let line = text
        .lines()
        .find(|l| l.contains(TRACE) && l.contains("answered"));
    let line = line.unwrap_or_else(|| panic!("no line in\n{text}"));
    for part in [
        "route=\"/v1/decisions\"",
        "caller=\"shop\"",
        "status=200",
        "took_us=",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(text.contains("status=401"), "{text}");
    assert!(!text.contains("MARKER"), "{text}");
    assert!(!text.contains(&token("shop")), "{text}");
    // The time at the beginning of a line is no amount.
    let said = text.lines().filter_map(|line| line.trim().split_once(' '));
    let mut said = said.map(|(_, said)| said);
    assert!(
        said.all(|said| !said.contains("BE68") && !said.contains("27.40")),
        "{text}"
    );
}

#[tokio::test]
async fn a_payment_whose_time_is_over_is_refused_though_nobody_asks() {
    let site = Site::new();
    let config = Config {
        hold_expires: DurationMs(1),
        ..site.config()
    };
    let house = House::on(site, config, Limits::default()).await;
    let device = json!({"malware": false, "rooted": true});
    let got = house
        .send(Call::json(&payment_from("p-1", device)).by("shop"))
        .await;
    got.expect_verdict("challenge");
    let expired = async {
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(10));
        while house.engine.pending() > 0 {
            looks.tick().await;
        }
    };
    soon(expired).await;
    let chain = house.engine.log().by_transaction("p-1").expect("readable");
    let last = &chain.last().expect("decisions").record;
    assert_eq!(last.operation, "payment.expire");
}
