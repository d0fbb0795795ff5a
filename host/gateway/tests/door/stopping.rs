//! A stop loses nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use weft_audit::Record;
use weft_gateway::Limits;

use crate::house::{House, Site};
use crate::traffic::payment;
use crate::wire::{Call, Connection};

/// Sends payments until the host hangs up. The ids of the decisions that were answered.
async fn send_until_it_hangs_up(
    address: std::net::SocketAddr,
    caller: usize,
    answered: Arc<Semaphore>,
) -> Vec<String> {
    let mut decisions = Vec::new();
    let mut connection = Connection::open(address).await.expect("a connection");
    for n in 0.. {
        let call = Call::json(&payment(&format!("p-{caller}-{n}"))).by("shop");
        let Ok(got) = connection.send(call).await else {
            break;
        };
        let got = got.expect_verdict("allow");
        decisions.push(got.json()["decision"].as_str().expect("an id").to_owned());
        answered.add_permits(1);
        if got.header("connection") == "close" {
            break;
        }
    }
    decisions
}

fn assert_all_in_the_log(site: &Site, decisions: &[String]) {
    let engine = site.engine(site.config());
    for id in decisions {
        let stored = engine.log().decision(id).expect("readable");
        assert!(stored.is_some(), "{id} was answered and is not in the log");
    }
    // Behind it only the start of the engine that looks.
    let last = engine.log().len() - 2;
    match engine.log().get(last).expect("readable") {
        Some(Record::Event(event)) => assert_eq!(event.event, "host.stopped"),
        other => panic!("the end was not recorded: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_answered_decision_is_in_the_log() {
    let house = House::new().await;
    let answered = Arc::new(Semaphore::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        callers.spawn(send_until_it_hangs_up(
            house.address,
            caller,
            Arc::clone(&answered),
        ));
    }
    // In the middle of it.
    let _ = answered.acquire_many(200).await.expect("open");
    let address = house.address;
    let stopping = house.begin_to_stop();
    let site = stopping.stopped().await;
    let decisions = callers.join_all().await.concat();
    assert!(decisions.len() >= 200, "{}", decisions.len());
    assert!(
        Connection::open(address).await.is_err(),
        "nobody listens any more"
    );
    assert_all_in_the_log(&site, &decisions);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_answered_and_idle_connections_are_closed() {
    let house = House::new().await;
    let mut idle = house.raw().await;
    idle.write(b"GET /healthz HTTP/1.1\r\nHost: weft\r\n\r\n")
        .await
        .expect("written");
    idle.read_until("alive\"}").await;
    let body = payment("p-1").to_string();
    let mut under_way = house.raw().await;
    let length = body.len();
    under_way
        .begin(&format!(
            "Content-Length: {length}\r\nExpect: 100-continue\r\n"
        ))
        .await;
    under_way.read_until("100 Continue\r\n\r\n").await;
    let stopping = house.begin_to_stop();
    assert_eq!(idle.read_to_end().await, "", "closed without a word");
    under_way.write(body.as_bytes()).await.expect("written");
    let answer = under_way.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    let site = stopping.stopped().await;
    let (_, view) = answer.split_once("\r\n\r\n").expect("a body");
    let view: serde_json::Value = serde_json::from_str(view).expect("JSON");
    assert_all_in_the_log(
        &site,
        &[view["decision"].as_str().expect("an id").to_owned()],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_finishes_does_not_hold_up_a_stop() {
    let limits = Limits {
        stop_grace: Duration::from_millis(200),
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut endless = house.raw().await;
    endless
        .begin("Content-Length: 100\r\nExpect: 100-continue\r\n")
        .await;
    endless.read_until("100 Continue\r\n\r\n").await;
    let stopping = house.begin_to_stop();
    let site = stopping.stopped().await;
    assert!(endless.is_cut_off().await);
    assert_all_in_the_log(&site, &[]);
}
