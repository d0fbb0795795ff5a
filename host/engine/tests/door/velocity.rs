//! What a payment sees of those that are under way beside it: all that were decided before, none twice.

use std::sync::Arc;

use serde_json::json;

use crate::house::{House, payment, service};
use crate::policies::usual;

const AT_ONCE: usize = 50;

/// Payments of one card, from two accounts in turn, all at the same instant.
async fn at_once(house: House) -> House {
    let house = Arc::new(house);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..AT_ONCE {
        let house = Arc::clone(&house);
        tasks.spawn(async move {
            let mut body = payment(&format!("p-{n}"), "27.40");
            if n % 2 == 1 {
                body["payer"]["account"] = json!("FR76 3000 6000 0112 3456 7890 189");
            }
            house.decided(&service(), &body).await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("decided");
    }
    Arc::into_inner(house).expect("nobody else has it")
}

/// A feature of each payment as it was recorded, in order.
fn counts(house: &House, feature: &str) -> Vec<u64> {
    let mut counts: Vec<u64> = (0..AT_ONCE)
        .map(|n| {
            let record = &house.chain(&format!("p-{n}"))[0];
            record.facts[feature].as_u64().expect("a count")
        })
        .collect();
    counts.sort_unstable();
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_of_one_payer_count_each_other() {
    let house = at_once(House::new(&usual())).await;
    let each_once: Vec<u64> = (0..50).collect();
    assert_eq!(counts(&house, "behaviour.card.count_24h"), each_once);
    assert_eq!(counts(&house, "behaviour.device.count_24h"), each_once);
    let of_two: Vec<u64> = (0..25).flat_map(|n| [n, n]).collect();
    assert_eq!(counts(&house, "behaviour.account.count_24h"), of_two);
    // And a host that starts counts the same.
    let house = house.restart().await;
    house
        .decided(&service(), &payment("p-last-1", "27.40"))
        .await;
    let facts = &house.chain("p-last-1")[0].facts;
    assert_eq!(facts["behaviour.card.count_24h"], json!(50));
    assert_eq!(facts["behaviour.account.count_24h"], json!(25));
}

/// Where the payer was is sealed in the record, and still known to a host that starts.
#[tokio::test]
async fn the_last_place_is_known_after_a_restart_and_in_no_record() {
    let house = House::new(&usual());
    let near = house.decided(&service(), &payment("p-1", "27.40")).await;
    let observation = house.record(&near).observation.expect("observed");
    let members: Vec<&String> = observation.as_object().expect("an object").keys().collect();
    let expected = ["amount", "at", "keys", "payee", "seen"];
    assert_eq!(members, expected, "{observation}");
    house.pass_minutes(60);
    let house = house.restart().await;
    let mut far = payment("p-2", "27.40");
    far["location"]["latitude"] = json!("1.3521");
    far["location"]["longitude"] = json!("103.8198");
    let far = house.decided(&service(), &far).await;
    let speed = &house.record(&far).facts["behaviour.account.travel_speed"];
    assert!(speed.as_u64().is_some_and(|km_h| km_h > 10_000), "{speed}");
}
