//! Decisions are told in the words of the set that took them, however long ago that was.

use std::fs;

use weft_engine::Role;
use weft_engine::limits::MAX_SETS_HELD;

use crate::house::{House, agent, ask, caller, payment, service};
use crate::policies::usual;
use crate::rollout::{in_force, reloaded};

/// Other words in another set.
async fn reworded(house: &House, words: &str) {
    let path = house.site.policies_dir().join("test.amounts.yaml");
    let text = fs::read_to_string(&path).expect("readable");
    let (body, _) = text.split_once("messages:").expect("it has messages");
    let text = format!(
        "{body}messages: {{customer: \"{words} {{payment.amount}}\", agent: {words}, auditor: {words}}}\n"
    );
    let title = text.find("{code: because, title: ").expect("a title");
    let end = title + text[title..].find(", status_reason").expect("its end");
    let text = format!(
        "{}{{code: because, title: {words}{}",
        &text[..title],
        &text[end..]
    );
    fs::write(&path, text).expect("written");
    assert!(reloaded(house).await.changed, "{words}");
}

/// So many changes that the first set is not held any more.
async fn much_later(house: &House) {
    let first = in_force(house);
    for n in 0..=MAX_SETS_HELD {
        reworded(house, &format!("words {n}")).await;
    }
    assert_ne!(in_force(house), first);
}

#[tokio::test]
async fn a_reply_that_is_asked_for_again_says_the_same_after_many_changes() {
    let house = House::new(&usual());
    reworded(&house, "of old").await;
    let body = payment("p-1", "1890.00");
    let first = house.decide_with_key(&service(), &body, Some("k")).await;
    let first = first.unwrap_or_else(|p| panic!("{p}"));
    let told = first.decisions[0].message.as_deref();
    assert_eq!(told, Some("of old 1890.00 EUR"));
    much_later(&house).await;
    let again = house.decide_with_key(&service(), &body, Some("k")).await;
    let again = again.unwrap_or_else(|p| panic!("{p}"));
    assert!(again.replayed);
    assert_eq!(
        String::from_utf8_lossy(&again.body),
        String::from_utf8_lossy(&first.body)
    );
}

#[tokio::test]
async fn support_is_told_why_in_the_words_of_then() {
    let house = House::new(&usual());
    reworded(&house, "of old").await;
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    much_later(&house).await;
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let why = &view.context.expect("granted").why[0];
    assert_eq!(why.message.as_deref(), Some("of old"));
    assert_eq!(why.reasons[0].title.as_deref(), Some("of old"));
}

/// Also by a host that started on other files, with another dictionary.
#[tokio::test]
async fn a_host_that_has_another_dictionary_by_now_tells_the_words_of_then() {
    let house = House::new(&usual());
    reworded(&house, "of old").await;
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    reworded(&house, "of late").await;
    let dictionary = house.site.policies_dir().join("dictionary.yaml");
    let text = fs::read_to_string(&dictionary).expect("readable");
    fs::write(&dictionary, format!("{text}# more\n")).expect("written");
    let house = house.restart().await;
    let seen = house.engine.decision(&service(), &held.decision).await;
    let seen = seen.unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(seen.message, held.message);
    assert_eq!(seen.reasons, held.reasons);
}

/// Wrong words would be worse than none.
#[tokio::test]
async fn where_the_set_is_damaged_the_decision_is_told_without_words() {
    let house = House::new(&usual());
    reworded(&house, "of old").await;
    let set = in_force(&house);
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    much_later(&house).await;
    let file = format!("policy-sets/{set}/policies/test.amounts.yaml");
    let file = house.site.data_dir().join(file);
    let text = fs::read_to_string(&file).expect("readable");
    fs::write(&file, text.replace("of old", "of nobody")).expect("written");
    let auditor = caller("authority", Role::Regulator);
    let seen = house.engine.decision(&auditor, &held.decision).await;
    let seen = seen.unwrap_or_else(|p| panic!("{p}"));
    assert_eq!((seen.verdict, seen.message), (held.verdict, None));
    assert_eq!(seen.reasons[0].code, "because");
    assert_eq!(seen.reasons[0].title, None);
}
