//! The audit log over HTTP: what a verifier gets is what an export has, byte for byte.

use std::fs;

use hyper::Method;
use weft_audit::tiles::Tile;
use weft_audit::{Opening, Proof, Verifier};

use crate::house::House;
use crate::traffic::payment;
use crate::wire::{Call, Got};

async fn read(house: &House, path: &str) -> Got {
    house.get(&format!("/v1/log/{path}"), "authority").await
}

fn size(note: &str) -> u64 {
    let line = note.lines().nth(1).expect("three lines");
    line.parse().expect("a number")
}

#[tokio::test]
async fn a_regulator_reads_and_proves_what_was_decided() {
    let house = House::new().await;
    let mut decisions = Vec::new();
    for n in 0..3 {
        let got = house
            .send(Call::json(&payment(&format!("p-{n}"))).by("shop"))
            .await;
        let id = got.json()["decision"].as_str().expect("an id").to_owned();
        decisions.push(id);
    }
    let signed = house.engine.log().sign_checkpoint();
    let checkpoint = read(&house, "checkpoint").await;
    assert_eq!(checkpoint.status, 200, "{}", checkpoint.text());
    assert_eq!(
        checkpoint.header("content-type"),
        "text/plain; charset=utf-8"
    );
    assert!(size(&checkpoint.text()) >= signed.size);

    // That it was read is on record; the next checkpoint covers that.
    let signed = house.engine.log().sign_checkpoint();
    let to = tempfile::tempdir().expect("a directory");
    let export = to.path().join("export");
    weft_audit::export(&house.audit(), &export, None, &[], &|_| {}).expect("exported");
    let mut tiles = 0;
    for tile in Tile::all(signed.size) {
        let got = read(&house, &tile.to_string()).await;
        assert_eq!(got.status, 200, "{tile}: {}", got.text());
        assert_eq!(got.header("content-type"), "application/octet-stream");
        let wanted = fs::read(export.join(tile.to_string())).expect("exported");
        assert_eq!(got.body, wanted, "{tile}");
        tiles += 1;
    }
    assert_eq!(tiles, 2, "one of hashes, one of records");

    let vkey = fs::read_to_string(house.audit().join("log.vkey")).expect("a key");
    let vkey = Verifier::parse(&vkey).expect("a key");
    for id in &decisions {
        let got = read(&house, &format!("proofs/{id}")).await;
        let proof = Proof::parse(&got.text()).expect("a proof");
        let stored = house
            .engine
            .log()
            .decision(id)
            .expect("readable")
            .expect("there");
        assert_eq!(proof.index, stored.index);
        let record = house.engine.log().bytes(stored.index).expect("readable");
        proof.check(&record, &vkey).expect("it is in the log");
    }
    let mut reads = 0;
    house
        .engine
        .log()
        .replay(0, |_, record| {
            if let weft_audit::Record::Event(event) = record
                && event.event == "log.read"
            {
                assert_eq!(event.detail["by"], "authority");
                reads += 1;
            }
        })
        .expect("readable");
    // The checkpoint, the tiles, a proof for each decision.
    assert_eq!(reads, 1 + tiles + decisions.len());
}

#[tokio::test]
async fn what_is_no_piece_of_the_log_is_told_and_others_get_nothing() {
    let house = House::new().await;
    for (path, help) in [
        ("tile/0/7", "tlog-tiles"),
        ("tile/9/000", "tlog-tiles"),
        ("tile/entries/../checkpoint", "tlog-tiles"),
        ("tile/0/000", "checkpoint"),
        ("tile/entries/x001/000", "checkpoint"),
    ] {
        let got = read(&house, path).await.expect_problem(404, "not-found");
        assert!(got.text().contains(help), "{path}: {}", got.text());
    }
    for path in [
        "proofs/dec_01KDQ8ZK2V0000000000000000",
        "proofs/x",
        "other",
        "tile",
    ] {
        read(&house, path).await.expect_problem(404, "not-found");
    }
    for caller in ["ops", "agent-7", "shop"] {
        for path in ["checkpoint", "tile/entries/000.p/1", "proofs/dec_1"] {
            let got = house.get(&format!("/v1/log/{path}"), caller).await;
            got.expect_problem(403, "forbidden");
        }
    }
    let put = Call::new(Method::PUT, "/v1/log/checkpoint").by("authority");
    house
        .send(put)
        .await
        .expect_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn a_regulator_looks_records_up_page_by_page() {
    let house = House::new().await;
    let mut decisions = Vec::new();
    for n in 0..5 {
        let got = house
            .send(Call::json(&payment(&format!("p-{n}"))).by("shop"))
            .await;
        decisions.push(got.json()["decision"].clone());
    }
    // The store is behind the journal by some milliseconds; a signed checkpoint waits for it.
    house.engine.log().sign_checkpoint();
    let mut found = Vec::new();
    let mut query = "records?caller=shop&operation=payment.authorize&limit=2".to_owned();
    let mut pages = 0;
    loop {
        let got = read(&house, &query).await;
        assert_eq!(got.status, 200, "{}", got.text());
        assert_eq!(got.header("content-type"), "application/json");
        let page = got.json();
        for one in page["records"].as_array().expect("records") {
            let index = one["index"].as_u64().expect("an index");
            let bytes = house.engine.log().bytes(index).expect("readable");
            let text = String::from_utf8(bytes.clone()).expect("JSON");
            assert!(got.text().contains(&text), "byte for byte");
            let hash = weft_audit::merkle::leaf_hash(&bytes);
            assert_eq!(one["leaf_hash"], data_encoding::HEXLOWER.encode(&hash));
            found.push(one["record"]["decision"].clone());
        }
        pages += 1;
        let Some(next) = page["next"].as_u64() else {
            break;
        };
        query = format!("records?caller=shop&operation=payment.authorize&limit=2&cursor={next}");
    }
    assert_eq!(found, decisions);
    assert!(pages >= 3, "{pages}");
    let one = read(&house, "records?payment=p-3").await.json();
    assert_eq!(one["records"][0]["record"]["decision"], decisions[3]);
    for none in [
        "records?payment=p-3&caller=ops",
        "records?verdict=challenge",
        "records?to=2000-01-01T00:00:00Z",
    ] {
        let page = read(&house, none).await.json();
        assert_eq!(page["records"], serde_json::json!([]), "{none}");
    }
    for wrong in [
        "records?who=4111111111111111",
        "records?limit=0",
        "records?from=4111111111111111",
        "records?case=%FF4111",
    ] {
        let got = read(&house, wrong)
            .await
            .expect_problem(422, "invalid-value");
        assert!(!got.text().contains("4111"), "{}", got.text());
    }
    for caller in ["ops", "agent-7", "shop"] {
        let got = house.get("/v1/log/records", caller).await;
        got.expect_problem(403, "forbidden");
    }
}

/// The opening is in the answer as text, byte for byte what the record's commitment is of.
#[tokio::test]
async fn a_regulator_opens_a_commitment() {
    let house = House::new().await;
    let mut body = payment("p-1");
    body["location"] = serde_json::json!({"country": "BE", "city": "Destelbergen"});
    let got = house.send(Call::json(&body).by("shop")).await;
    let decision = got.json()["decision"].as_str().expect("an id").to_owned();
    let wish = |field: &str| {
        let wish = serde_json::json!({"decision": decision, "field": field, "purpose": "check"});
        Call::json(&wish).to(Method::POST, "/v1/log/openings")
    };
    let got = house.send(wish("location.city").by("authority")).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let said = got.json();
    let opening = said["opening"].as_str().expect("a text");
    let opening = Opening::parse(opening.as_bytes()).expect("an opening");
    let log = house.engine.log();
    let stored = log.decision(&decision).expect("readable").expect("there");
    assert_eq!(opening.check(&stored.record), Ok(()));
    assert_eq!(opening.value(), "Destelbergen");
    assert_eq!(said["commitment"], opening.commitment());
    let got = house.send(wish("device.model").by("authority")).await;
    got.expect_problem(403, "forbidden");
    for caller in ["ops", "agent-7", "shop"] {
        let got = house.send(wish("location.city").by(caller)).await;
        got.expect_problem(403, "forbidden");
    }
    let got = house.get("/v1/log/openings", "authority").await;
    got.expect_problem(405, "method-not-allowed");
}
