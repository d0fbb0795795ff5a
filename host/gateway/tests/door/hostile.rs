//! Callers that mean no good, or do not know better. Each is cut off or told, and nobody else notices.

use std::time::Duration;

use weft_gateway::Limits;

use crate::house::House;
use crate::traffic::payment;
use crate::wire::{Call, Raw, soon};

/// Long enough for a machine that is busy, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

fn short() -> Limits {
    Limits {
        body_bytes: 16 * 1024,
        header_timeout: SHORT,
        body_timeout: SHORT,
        write_timeout: SHORT,
        ..Limits::default()
    }
}

/// The host is as well as before.
async fn unharmed(house: &House, id: &str) {
    house
        .send(Call::json(&payment(id)).by("shop"))
        .await
        .expect_verdict("allow");
}

#[tokio::test]
async fn a_header_that_never_ends_is_cut_off() {
    let house = House::with(short()).await;
    let mut silent = house.raw().await;
    let mut half = house.raw().await;
    half.write(b"POST /v1/decisions HTTP/1.1\r\nHost: we")
        .await
        .expect("written");
    unharmed(&house, "p-1").await;
    // Nobody waits for an answer to nothing.
    assert_eq!(silent.read_to_end().await, "");
    let answer = half.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    // However busily it drips.
    let mut drip = house.raw().await;
    drip.write(b"POST /v1/decisions HTTP/1.1\r\nHost: weft\r\n")
        .await
        .expect("written");
    let dripping = async {
        let mut drops = tokio::time::interval(SHORT / 10);
        while drip.write(b"x-drop: 1\r\n").await.is_ok() {
            drops.tick().await;
        }
    };
    soon(dripping).await;
    unharmed(&house, "p-2").await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let house = House::with(short()).await;
    for more in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut slow = house.raw().await;
        slow.begin(more).await;
        let answer = slow.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
    }
    unharmed(&house, "p-1").await;
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_sent() {
    let house = House::with(short()).await;
    let mut raw = house.raw().await;
    raw.begin("Content-Length: 16385\r\nExpect: 100-continue\r\n")
        .await;
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body-too-large\""), "{answer}");
    let mut raw = house.raw().await;
    raw.begin("Content-Length: 99999999999999999999\r\n").await;
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    unharmed(&house, "p-1").await;
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_refused() {
    let house = House::with(short()).await;
    let mut raw = house.raw().await;
    raw.begin("Transfer-Encoding: chunked\r\n").await;
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    for _ in 0..5 {
        raw.write(chunk.as_bytes()).await.expect("written");
    }
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // The largest that is allowed is read to its end.
    let mut body = payment("p-1").to_string();
    body.push_str(&" ".repeat(16 * 1024 - body.len()));
    let got = house
        .send(Call::post("application/json", body).by("shop"))
        .await;
    got.expect_verdict("allow");
}

#[tokio::test]
async fn an_answer_arrives_though_the_caller_still_sends() {
    let house = House::new().await;
    let mut raw = house.raw().await;
    let bytes = 3 * 1024 * 1024;
    raw.begin(&format!("Content-Length: {bytes}\r\n")).await;
    soon(raw.write(&vec![b' '; bytes]))
        .await
        .expect("the host listens to the end");
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn nobody_unknown_gets_a_body_read() {
    let house = House::new().await;
    let mut raw = house.raw().await;
    let header = "POST /v1/decisions HTTP/1.1\r\nHost: weft\r\nContent-Type: application/json\r\nContent-Length: \
                  100\r\nExpect: 100-continue\r\n\r\n";
    raw.write(header.as_bytes()).await.expect("written");
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_does_not_wait_forever() {
    let house = House::with(short()).await;
    let mut raw = house.raw().await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: weft\r\n\r\n".repeat(1_000);
    let flood = async {
        // Bounded: no buffers on the way hold so many answers.
        for _ in 0..5_000 {
            if raw.write(&request).await.is_err() {
                return true;
            }
        }
        false
    };
    assert!(soon(flood).await, "the host went on writing");
    unharmed(&house, "p-1").await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let house = House::new().await;
    for (bytes, status) in [
        ("\u{16}\u{3}\u{1} no TLS here\r\n\r\n".to_owned(), "400"),
        (
            "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n".to_owned(),
            "400",
        ),
        (
            format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(20_000)),
            "431",
        ),
    ] {
        let mut raw = house.raw().await;
        raw.write(bytes.as_bytes()).await.expect("written");
        let answer = raw.read_to_end().await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(
            !answer.contains("yyyy") && !answer.contains("no TLS"),
            "{answer}"
        );
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(
            head.contains("content-type: application/problem+json"),
            "{head}"
        );
        let problem: serde_json::Value = serde_json::from_str(body).expect("one answer");
        assert_eq!(problem["status"].to_string(), status);
        assert_eq!(problem["code"], "malformed");
    }
    // Behind an answer it is the second one.
    let mut raw = house.raw().await;
    raw.write(b"GET /healthz HTTP/1.1\r\nHost: weft\r\n\r\nno request\r\n\r\n")
        .await
        .expect("written");
    let answers = raw.read_to_end().await;
    let at = |text: &str| answers.find(text).unwrap_or_else(|| panic!("{answers}"));
    assert!(at("HTTP/1.1 200 ") < at("HTTP/1.1 400 "), "{answers}");
    assert!(
        at("\"code\":\"malformed\"") > at("HTTP/1.1 400 "),
        "{answers}"
    );
    assert_eq!(answers.matches("HTTP/1.1 400 ").count(), 1, "{answers}");
    let mut newer = house.raw().await;
    newer
        .write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .expect("written");
    assert!(newer.is_cut_off().await);
    let mut old = house.raw().await;
    old.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        .await
        .expect("written");
    let answer = old.read_to_end().await;
    assert!(answer.contains("{\"status\":\"alive\"}"), "{answer}");
    unharmed(&house, "p-1").await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind() {
    let house = House::new().await;
    for more in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut raw = house.raw().await;
        raw.begin(more).await;
        raw.write(b"5\r\n{\"ope").await.expect("written");
    }
    // One that leaves after the question is decided all the same, and answered when it asks again.
    let body = payment("p-1").to_string();
    let mut leaver: Raw = house.raw().await;
    let length = body.len();
    leaver
        .begin(&format!(
            "Content-Length: {length}\r\nIdempotency-Key: k\r\nExpect: 100-continue\r\n"
        ))
        .await;
    leaver.read_until("100 Continue\r\n\r\n").await;
    leaver.write(body.as_bytes()).await.expect("written");
    drop(leaver);
    let asks_again = async {
        loop {
            let call = Call::post("application/json", body.clone())
                .by("shop")
                .header("idempotency-key", "k");
            let got = house.send(call).await;
            // The first may be under way still.
            if got.status != 409 {
                return got;
            }
        }
    };
    soon(asks_again).await.expect_verdict("allow");
    let chain = house.engine.log().by_transaction("p-1").expect("readable");
    assert_eq!(chain.len(), 1);
}
