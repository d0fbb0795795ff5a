//! Who may call, and what each role gets.

use hyper::Method;
use weft_gateway::{Gateway, GatewayConfig, GatewayError, Limits};

use crate::house::{House, Site, callers, token};
use crate::traffic::{payment, question};
use crate::wire::Call;

#[tokio::test]
async fn a_missing_and_a_wrong_token_are_answered_alike() {
    let house = House::new().await;
    let bearer = |value: &str| Call::json(&payment("p-1")).header("authorization", value);
    let missing = house.send(Call::json(&payment("p-1"))).await;
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"weft\"");
    let missing = missing
        .expect_problem(401, "unauthorised")
        .without_when_and_which();
    let almost = format!("Bearer {}x", token("shop"));
    let basic = format!("Basic {}", token("shop"));
    let long = format!("Bearer {}", "x".repeat(4_000));
    for value in ["Bearer wrong", &almost, &basic, &long, "Bearer", ""] {
        let wrong = house.send(bearer(value)).await.without_when_and_which();
        assert_eq!(wrong, missing, "{value}");
    }
    let good = format!("Bearer {}", token("shop"));
    let twice = bearer(&good).header("authorization", &good);
    assert_eq!(house.send(twice).await.without_when_and_which(), missing);
    let decision = house.send(Call::get("/v1/decisions/dec_1")).await;
    assert_eq!(decision.without_when_and_which(), missing);
    let metrics = house.metrics().await;
    for counted in [
        "weft_http_authentication_failures_total{cause=\"missing\"} 2",
        "weft_http_authentication_failures_total{cause=\"unknown\"} 2",
        "weft_http_authentication_failures_total{cause=\"malformed\"} 5",
    ] {
        assert!(metrics.contains(counted), "{counted} in\n{metrics}");
    }
    assert_eq!(house.engine.pending(), 0);
    // The scheme's case does not matter, and nothing above did harm.
    let lower = format!("bearer {}", token("shop"));
    house.send(bearer(&lower)).await.expect_verdict("allow");
}

#[tokio::test]
async fn a_decision_that_is_not_there_and_one_that_is_not_yours_are_answered_alike() {
    let house = House::new().await;
    let decided = house.send(Call::json(&payment("p-1")).by("shop")).await;
    let decided = decided.expect_verdict("allow");
    let id = decided.json()["decision"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/v1/decisions/{id}");
    let own = house.get(&path, "shop").await.expect_verdict("allow");
    let mut own = own.json();
    // What is asked for later says, too, where the payment stands by then.
    let now = own.as_object_mut().and_then(|own| own.remove("now"));
    assert_eq!(now.expect("it is said")["state"], "released");
    assert_eq!(own, decided.json());
    // The same form, another decision.
    let digits = id.strip_prefix("dec_").expect("a decision's id");
    let other: String = digits.chars().rev().collect();
    let nothing = house
        .get(&format!("/v1/decisions/dec_{other}"), "shop")
        .await;
    let nothing = nothing
        .expect_problem(404, "not-found")
        .without_when_and_which();
    for caller in ["other-shop", "agent-7", "ops"] {
        let forbidden = house.get(&path, caller).await.without_when_and_which();
        assert_eq!(forbidden, nothing, "{caller}");
    }
    let no_id = house.get("/v1/decisions/..%2f..%2fetc", "shop").await;
    assert_eq!(no_id.without_when_and_which(), nothing);
    // A regulator sees every decision, and what every policy said.
    let seen = house
        .get(&path, "authority")
        .await
        .expect_verdict("allow")
        .json();
    assert_eq!(seen["findings"][0]["policy"], "test.device");
    assert!(decided.json().get("findings").is_none());
}

#[tokio::test]
async fn each_role_does_what_it_may() {
    let house = House::new().await;
    house
        .send(Call::json(&payment("p-1")).by("shop"))
        .await
        .expect_verdict("allow");
    for caller in ["agent-7", "chief-1"] {
        let got = house.send(Call::json(&question("p-1")).by(caller)).await;
        got.expect_verdict("allow");
    }
    for caller in ["authority", "ops"] {
        let got = house.send(Call::json(&payment("p-2")).by(caller)).await;
        got.expect_problem(403, "forbidden");
    }
    for caller in ["shop", "agent-7", "chief-1", "authority"] {
        let got = house.get("/metrics", caller).await;
        got.expect_problem(403, "forbidden");
    }
    house
        .send(Call::get("/metrics"))
        .await
        .expect_problem(401, "unauthorised");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(house.send(Call::get(path)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let house = House::new().await;
    let got = house.send(Call::get("/readyz")).await;
    let head = house.send(Call::new(Method::HEAD, "/readyz")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), got.body.len().to_string());
    assert_eq!(head.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_gateway_that_could_not_serve_is_not_bound() {
    let site = Site::new();
    let engine = site.engine(site.config());
    let listen = ([127, 0, 0, 1], 0).into();
    let bind = |config| Gateway::bind(engine.clone(), config);
    let too_large = Limits {
        body_bytes: 1024 * 1024 + 1,
        ..Limits::default()
    };
    let refused = bind(GatewayConfig {
        limits: too_large,
        ..GatewayConfig::new(listen, callers())
    });
    let Err(GatewayError::Limit(limit)) = refused.await else {
        panic!("bound");
    };
    assert_eq!(
        limit.to_string(),
        "the limit `body_bytes` is 1048577: no message of that size can be read; set it to 1 to 1048576"
    );
    let first = bind(GatewayConfig::new(listen, callers()))
        .await
        .expect("bound");
    let taken = bind(GatewayConfig::new(first.address(), callers()));
    assert!(matches!(taken.await, Err(GatewayError::Bind { .. })));
}

/// Who tries what is for others, or more often than they may, is on record each time.
#[tokio::test]
async fn refused_attempts_are_on_record() {
    let limits = Limits {
        disclosures_per_minute: 2,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    for _ in 0..3 {
        let erase =
            Call::json(&serde_json::json!({"token": "x"})).to(Method::POST, "/v1/vault/erase");
        house
            .send(erase.by("agent-7"))
            .await
            .expect_problem(403, "forbidden");
    }
    for _ in 0..2 {
        let wish = Call::json(&serde_json::json!({"wish": 1})).to(Method::POST, "/v1/disclosures");
        house
            .send(wish.by("agent-7"))
            .await
            .expect_problem(400, "malformed");
    }
    for _ in 0..3 {
        let wish = Call::json(&serde_json::json!({"wish": 1})).to(Method::POST, "/v1/disclosures");
        house
            .send(wish.by("agent-7"))
            .await
            .expect_problem(429, "rate-limited");
    }
    let log = house.engine.log();
    let all = (0..log.len()).filter_map(|index| match log.get(index) {
        Ok(Some(weft_audit::Record::Event(event))) => Some(event),
        _ => None,
    });
    let refused = all.filter(|event| event.event == "access.refused");
    let told: Vec<_> = refused
        .map(|event| {
            let text = |name: &str| event.detail[name].as_str().unwrap_or_default().to_owned();
            assert_eq!(text("by"), "agent-7");
            (text("what"), text("why"))
        })
        .collect();
    let of = |what: &str, why: &str| (what.to_owned(), why.to_owned());
    let (erase, wish) = ("/v1/vault/erase", "/v1/disclosures");
    assert_eq!(
        told,
        [
            of(erase, "forbidden"),
            of(erase, "forbidden"),
            of(erase, "forbidden"),
            of(wish, "malformed"),
            of(wish, "malformed"),
            of(wish, "rate-limited"),
            of(wish, "rate-limited"),
            of(wish, "rate-limited"),
        ]
    );
}
