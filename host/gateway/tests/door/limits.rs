//! How much and how often.

use weft_gateway::Limits;

use crate::house::House;
use crate::traffic::payment;
use crate::wire::{Call, Connection, soon};

#[tokio::test]
async fn a_caller_that_sends_too_much_waits_and_others_do_not() {
    let limits = Limits {
        requests_per_second: 1,
        burst: 3,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut hasty = house.open().await;
    let mut refused = None;
    for n in 0..200 {
        let call = Call::json(&payment(&format!("p-{n}"))).by("shop");
        let got = soon(hasty.send(call)).await.expect("an answer");
        if got.status != 200 {
            refused = Some(got);
            break;
        }
        assert_ne!(n, 199, "never refused");
    }
    let refused = refused
        .expect("refused")
        .expect_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "1");
    house
        .send(Call::json(&payment("other")).by("other-shop"))
        .await
        .expect_verdict("allow");
    let metrics = house.metrics().await;
    assert!(
        metrics.contains("weft_http_rate_limited_total{caller=\"shop\"} "),
        "{metrics}"
    );
    assert!(
        !metrics.contains("weft_http_rate_limited_total{caller=\"other-shop\"}"),
        "{metrics}"
    );
    assert!(
        metrics.contains("weft_problems_total{code=\"rate-limited\"} "),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_told_so() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut first = house.open().await;
    let mut second = house.open().await;
    for connection in [&mut first, &mut second] {
        let got = soon(connection.send(Call::get("/healthz")))
            .await
            .expect("an answer");
        assert_eq!(got.status, 200);
    }
    let got = house.send(Call::json(&payment("p-1")).by("shop")).await;
    let got = got.expect_problem(503, "saturated");
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(got.header("connection"), "close");
    let metrics = soon(first.send(Call::get("/metrics").by("ops")))
        .await
        .expect("an answer")
        .text();
    assert!(metrics.contains("weft_http_connections 2"), "{metrics}");
    assert!(
        metrics.contains("weft_http_connections_turned_away_total 1"),
        "{metrics}"
    );
    drop(first);
    // The place is free as soon as the host has noticed.
    let served = async {
        loop {
            let mut connection = Connection::open(house.address).await.expect("a connection");
            let got = connection
                .send(Call::json(&payment("p-1")).by("shop"))
                .await
                .expect("an answer");
            if got.status != 503 {
                return got;
            }
        }
    };
    soon(served).await.expect_verdict("allow");
}
