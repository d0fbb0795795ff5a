//! How much and how often.

use weft_gateway::Limits;

use crate::house::House;
use crate::log::logged;
use crate::traffic::payment;
use crate::wire::{Call, Connection, Raw, soon};

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
        .send(Call::json(&payment("other-1")).by("other-shop"))
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

/// A connection on which a request of a known caller is being answered.
async fn busy(house: &House) -> Raw {
    let mut busy = house.raw().await;
    busy.begin("Content-Length: 100\r\nExpect: 100-continue\r\n")
        .await;
    busy.read_until("100 Continue\r\n\r\n").await;
    busy
}

fn few(connections: usize, connections_per_address: usize) -> Limits {
    Limits {
        connections,
        connections_per_address,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_told_so() {
    let house = House::with(few(2, 2)).await;
    let first = busy(&house).await;
    let _second = busy(&house).await;
    let got = house.send(Call::json(&payment("p-1")).by("shop")).await;
    let got = got.expect_problem(503, "saturated");
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(got.header("connection"), "close");
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
                return (connection, got);
            }
        }
    };
    let (mut connection, got) = soon(served).await;
    got.expect_verdict("allow");
    let metrics = soon(connection.send(Call::get("/metrics").by("ops"))).await;
    let metrics = metrics.expect("an answer").text();
    let turned_away = "weft_http_connections_turned_away_total{full=\"address\"} ";
    assert!(metrics.contains(turned_away), "{metrics}");
}

#[tokio::test]
async fn health_is_told_where_there_is_room_for_nothing_else() {
    let house = House::with(few(1, 1)).await;
    let _busy = busy(&house).await;
    // Also while more strangers than there are places wait for they know not what.
    let mut strangers = Vec::new();
    for _ in 0..200 {
        strangers.push(house.raw().await);
    }
    for path in ["/healthz", "/readyz"] {
        let got = house.send(Call::get(path)).await;
        assert_eq!((got.status, got.header("connection")), (200, "close"));
    }
    for call in [
        Call::get("/metrics").by("ops"),
        Call::get("/v1/openapi.yaml"),
        Call::get("/nowhere"),
    ] {
        house.send(call).await.expect_problem(503, "saturated");
    }
}

#[tokio::test]
async fn idle_strangers_do_not_keep_callers_out() {
    let house = House::with(few(3, 3)).await;
    let mut known = house.open().await;
    let by_caller = |id: &str| Call::json(&payment(id)).by("shop");
    soon(known.send(by_caller("p-1")))
        .await
        .expect("an answer")
        .expect_verdict("allow");
    let mut silent = house.raw().await;
    let mut half = house.raw().await;
    half.write(b"POST /v1/decisions HTTP/1.1\r\nHost: we")
        .await
        .expect("written");
    // Both go, the silent one first, for callers who say who they are.
    let mut second = house.open().await;
    let got = soon(second.send(by_caller("p-2"))).await;
    got.expect("an answer").expect_verdict("allow");
    assert!(silent.is_cut_off().await);
    let mut third = house.open().await;
    let got = soon(third.send(by_caller("p-3"))).await;
    got.expect("an answer").expect_verdict("allow");
    assert!(half.is_cut_off().await);
    let got = soon(known.send(by_caller("p-4"))).await;
    got.expect("the caller's own connection stayed")
        .expect_verdict("allow");
    let metrics = soon(known.send(Call::get("/metrics").by("ops"))).await;
    let metrics = metrics.expect("an answer").text();
    let displaced = "weft_http_connections_displaced_total 2";
    assert!(metrics.contains(displaced), "{metrics}");
    let told = logged();
    assert!(told.contains("idle ones are closed for new ones"), "{told}");
}
