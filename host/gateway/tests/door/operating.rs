//! What operators order over HTTP, and who may look.

use hyper::Method;
use serde_json::{Value as Json, json};

use crate::house::House;
use crate::traffic::payment;
use crate::wire::{Call, Got};

fn order(method: Method, path: &str, body: &Json) -> Call {
    Call::json(body).to(method, path)
}

fn post(path: &str, body: &Json) -> Call {
    order(Method::POST, path, body)
}

/// Lets the policy of devices refuse what it allowed.
fn deny_clean_devices(house: &House) {
    house.change_policy("device.yaml", "verdict: allow", "verdict: deny");
}

fn policy_set(got: &Got) -> String {
    got.json()["policy_set"].as_str().expect("a set").to_owned()
}

#[tokio::test]
async fn an_operator_puts_sets_in_force_and_regulators_look() {
    let house = House::new().await;
    let first = policy_set(&house.get("/v1/policies", "authority").await);
    deny_clean_devices(&house);
    let reason = json!({"reason": "ticket 7"});
    let reloaded = house
        .send(post("/v1/policies/reload", &reason).by("ops"))
        .await;
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    let (said, second) = (reloaded.json(), policy_set(&reloaded));
    assert_eq!(
        (&said["changed"], &said["replaced"]),
        (&json!(true), &json!(first))
    );
    assert_eq!(
        (&said["by"], &said["cause"]),
        (&json!("ops"), &json!("reload"))
    );
    house
        .send(Call::json(&payment("p-1")).by("shop"))
        .await
        .expect_verdict("deny");
    // Nothing has to be said.
    let back = Call::new(Method::POST, "/v1/policies/rollback").by("ops");
    let back = house.send(back).await;
    assert_eq!(
        (back.status, policy_set(&back)),
        (200, first.clone()),
        "{}",
        back.text()
    );
    assert_eq!(back.json()["overruled"], json!(second));
    house
        .send(Call::json(&payment("p-2")).by("shop"))
        .await
        .expect_verdict("allow");
    let to = json!({"to": &second[..16], "reason": "after all"});
    let forward = house
        .send(post("/v1/policies/rollback", &to).by("ops"))
        .await;
    assert_eq!(policy_set(&forward), second);
    let sets = house.get("/v1/policy-sets", "authority").await.json();
    let causes: Vec<&str> = (sets["changes"].as_array().expect("a list").iter())
        .filter_map(|change| change["cause"].as_str())
        .collect();
    assert_eq!(causes, ["rollback", "rollback", "reload", "start"]);
    let listed = house.get("/v1/policies", "ops").await.json();
    assert_eq!(listed["policies"][0]["id"], "test.device");
}

#[tokio::test]
async fn files_that_do_not_hold_are_told_with_their_places() {
    let house = House::new().await;
    house.change_policy(
        "device.yaml",
        "!has(device.malware)",
        "!has(device.malwear)",
    );
    house.change_policy("support.yaml", "reason: answered", "reason: nowhere");
    let call = Call::new(Method::POST, "/v1/policies/reload").by("ops");
    let refused = house
        .send(call)
        .await
        .expect_problem(422, "policy-set-refused");
    let said = refused.json();
    assert_eq!(said["culprit"], "policy");
    let problems = said["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 2, "{said}");
    for (one, (file, line)) in problems
        .iter()
        .zip([("device.yaml", 14), ("support.yaml", 13)])
    {
        assert!(
            one["file"]
                .as_str()
                .is_some_and(|name| name.ends_with(file)),
            "{one}"
        );
        assert_eq!(one["line"], line, "{one}");
        assert!(
            one["code"]
                .as_str()
                .is_some_and(|code| code.starts_with("W03")),
            "{one}"
        );
    }
    house
        .send(Call::json(&payment("p-1")).by("shop"))
        .await
        .expect_verdict("allow");
}

#[tokio::test]
async fn an_operator_sets_the_level_of_threat() {
    let house = House::new().await;
    let level = house.get("/v1/threat-level", "authority").await.json();
    assert_eq!((&level["level"], &level["by"]), (&json!(0), &json!("host")));
    let put = |body: &Json| order(Method::PUT, "/v1/threat-level", body).by("ops");
    let set = house
        .send(put(&json!({"level": 2, "reason": "an attack"})))
        .await;
    assert_eq!(set.status, 200, "{}", set.text());
    let level = house.get("/v1/threat-level", "ops").await.json();
    assert_eq!(level, set.json());
    assert_eq!(
        (&level["level"], &level["replaced"]),
        (&json!(2), &json!(0))
    );
    for (body, status, code) in [
        (json!({"level": 4}), 422, "invalid-value"),
        (json!({"level": -1}), 400, "malformed"),
        (json!({}), 400, "malformed"),
        (json!({"level": 1, "raeson": "x"}), 400, "malformed"),
        (
            json!({"level": 1, "reason": "4111 1111 1111 1111"}),
            422,
            "invalid-value",
        ),
    ] {
        let refused = house.send(put(&body)).await.expect_problem(status, code);
        assert!(!refused.text().contains("4111"), "{}", refused.text());
    }
    let nothing = Call::new(Method::PUT, "/v1/threat-level").by("ops");
    house.send(nothing).await.expect_problem(400, "malformed");
    assert_eq!(house.engine.threat_level().level, 2);
}

#[tokio::test]
async fn nobody_else_orders_anything() {
    let house = House::new().await;
    deny_clean_devices(&house);
    let level = json!({"level": 3});
    for (method, path, body) in [
        (Method::POST, "/v1/policies/reload", json!({})),
        (Method::POST, "/v1/policies/rollback", json!({})),
        (Method::PUT, "/v1/threat-level", level),
    ] {
        for caller in ["shop", "agent-7", "chief-1", "authority"] {
            let call = order(method.clone(), path, &body).by(caller);
            house.send(call).await.expect_problem(403, "forbidden");
        }
        let stranger = order(method.clone(), path, &body);
        house
            .send(stranger)
            .await
            .expect_problem(401, "unauthorised");
    }
    for path in ["/v1/policies", "/v1/policy-sets", "/v1/threat-level"] {
        for caller in ["shop", "agent-7", "chief-1"] {
            house
                .get(path, caller)
                .await
                .expect_problem(403, "forbidden");
        }
    }
    assert_eq!(house.engine.set_changes().len(), 1);
    assert_eq!(house.engine.threat_level().level, 0);
    house
        .send(Call::json(&payment("p-1")).by("shop"))
        .await
        .expect_verdict("allow");
}

#[tokio::test]
async fn an_order_is_small_and_json() {
    let house = House::new().await;
    let path = "/v1/policies/reload";
    let large = json!({"reason": "x".repeat(9 * 1024)});
    let refused = house.send(post(path, &large).by("ops")).await;
    refused.expect_problem(413, "body-too-large");
    let xml = Call::xml("<reason/>").to(Method::POST, path);
    let refused = house.send(xml.by("ops")).await;
    refused.expect_problem(415, "unsupported-media-type");
    let got = house
        .get(path, "ops")
        .await
        .expect_problem(405, "method-not-allowed");
    assert_eq!(got.header("allow"), "POST");
    assert_eq!(house.engine.set_changes().len(), 1);
}
