//! What makes a payer's device, payee, place and amounts familiar: released payments, and nothing else.

use serde_json::{Value as Json, json};
use weft_engine::DecisionView;
use weft_verdict::Verdict;

use crate::house::{House, agent, answer, ask, payment, service, state};
use crate::policies::{PolicyFile, STEP_UP, assistance, rule};

/// All that a first payment of an account lacks, and a later one may have.
const FAMILIAR: [&str; 6] = [
    "behaviour.account.age",
    "behaviour.device.age",
    "behaviour.account_device.age",
    "behaviour.account_payee.age",
    "behaviour.account.travel_distance",
    "behaviour.account.travel_speed",
];

/// A host that holds what goes to a payee whom the account has not paid, and refuses infected devices.
fn wary() -> House {
    let known = "has(behaviour.account_payee.age)";
    let mut rules = String::from("rules:\n");
    rules += &rule(
        "infected",
        "has(device.malware) && device.malware",
        "deny",
        "",
    );
    rules += &rule("known", known, "allow", "");
    rules += &rule("stranger", &format!("!{known}"), "hold", STEP_UP);
    let mut policies = assistance();
    let wary = PolicyFile::new("test.wary", "payment.authorize", &rules);
    policies.push(wary.accepts("device.malware"));
    House::new(&policies)
}

fn facts(house: &House, id: &str) -> Json {
    json!(house.chain(id)[0].facts)
}

/// The same payment once more, under an id of its own.
async fn again(house: &House, id: &str) -> DecisionView {
    let view = house.decided(&service(), &payment(id, "1890.00")).await;
    let facts = facts(house, id);
    let is_familiar = view.verdict == Verdict::Allow;
    for fact in FAMILIAR {
        assert_eq!(facts.get(fact).is_some(), is_familiar, "{fact} of {id}");
    }
    view
}

/// Sends the payment until support has released it, and confirms that one.
async fn released(house: &House, id: &str) {
    let (_, challenge, response) = house.waiting(id, "1890.00").await;
    let approved = house
        .decided(&service(), &answer(id, &challenge, &response))
        .await;
    assert!(approved.verdict.is_granted(), "{approved:?}");
    let view = house.decided(&agent(), &ask("assist.confirm", id)).await;
    let decided = view.decided_again.expect("decided again");
    assert_eq!(state(&decided), Some("released"));
}

#[tokio::test]
async fn a_held_payment_that_is_sent_again_is_held_again() {
    let house = wary();
    for n in 0..4 {
        let view = again(&house, &format!("p-{n}")).await;
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Hold, Some("pending"))
        );
        let facts = facts(&house, &format!("p-{n}"));
        assert_eq!(
            facts["behaviour.account.count_24h"],
            json!(n),
            "attempts count"
        );
        assert_eq!(
            facts["behaviour.account.sum_24h"]["value"],
            json!("0.00"),
            "and pay nothing"
        );
    }
    let house = house.restart().await;
    let view = again(&house, "p-after-1").await;
    assert_eq!(view.verdict, Verdict::Hold);
    assert_eq!(
        facts(&house, "p-after-1")["behaviour.account.count_24h"],
        json!(4)
    );
}

#[tokio::test]
async fn a_refused_payment_that_is_sent_again_without_its_fault_is_as_strange_as_before() {
    let house = wary();
    for n in 0..3 {
        let mut infected = payment(&format!("bad-{n}"), "1890.00");
        infected["device"]["malware"] = json!(true);
        let view = house.decided(&service(), &infected).await;
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Deny, Some("refused"))
        );
    }
    assert_eq!(again(&house, "p-1").await.verdict, Verdict::Hold);
    let house = house.restart().await;
    assert_eq!(again(&house, "p-2").await.verdict, Verdict::Hold);
}

#[tokio::test]
async fn an_expired_payment_that_is_sent_again_is_held_again() {
    let house = wary();
    assert_eq!(again(&house, "p-1").await.verdict, Verdict::Hold);
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 1);
    assert_eq!(again(&house, "p-2").await.verdict, Verdict::Hold);
    let house = house.restart().await;
    assert_eq!(again(&house, "p-3").await.verdict, Verdict::Hold);
}

#[tokio::test]
async fn a_payment_that_was_released_later_is_familiar_from_then_on() {
    let house = wary();
    released(&house, "p-1").await;
    let first = house.chain("p-1");
    let seen = |at: usize| first[at].observation.as_ref().map(|o| o["seen"].clone());
    assert_eq!(seen(0), Some(json!("attempted")));
    assert_eq!(seen(first.len() - 1), Some(json!("released")));
    assert_eq!(again(&house, "p-2").await.verdict, Verdict::Allow);
    let house = house.restart().await;
    assert_eq!(again(&house, "p-3").await.verdict, Verdict::Allow);
    let facts = facts(&house, "p-3");
    assert_eq!(
        facts["behaviour.account.count_24h"],
        json!(2),
        "none counts twice"
    );
    assert_eq!(
        facts["behaviour.account.sum_24h"]["value"],
        json!("3780.00")
    );
}
