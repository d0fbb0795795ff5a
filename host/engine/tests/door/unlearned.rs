//! Who is refused help with a payment learns nothing of it, not even whether it is there.

use serde_json::{Value as Json, json};
use weft_verdict::Verdict;

use crate::house::{House, agent, ask, codes, payment, service};
use crate::policies::usual;

/// What the answer says that is not its own name, time and place.
fn said(mut view: Json) -> Json {
    let members = view.as_object_mut().expect("an object");
    for own in ["decision", "at", "log"] {
        members.remove(own);
    }
    view
}

#[tokio::test]
async fn a_payment_that_waits_for_nothing_and_one_that_is_not_there_answer_alike() {
    let house = House::new(&usual());
    house
        .decided(&service(), &payment("released", "27.40"))
        .await;
    house
        .decided(&service(), &payment("refused", "9000.00"))
        .await;
    house.waiting("waiting", "1890.00").await;
    for operation in ["assist.confirm", "assist.verify_identity"] {
        let mut answers = Vec::new();
        for id in ["released", "refused", "waiting", "nowhere"] {
            let mut about = ask(operation, id);
            about["case"]["id"] = json!("invented");
            let view = house.decided(&agent(), &about).await;
            assert_eq!(view.verdict, Verdict::Deny, "{operation} {id}");
            assert_eq!(codes(&view), ["not-told"], "{operation} {id}");
            assert!(view.message.is_some(), "{operation} {id}");
            let explained = house.engine.explanation(&agent(), &view.decision).await;
            let explained = explained.unwrap_or_else(|problem| panic!("{problem}"));
            let explained = serde_json::to_value(&explained).expect("JSON");
            answers.push((
                said(serde_json::to_value(&view).expect("JSON")),
                said(explained),
            ));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{operation}: {answers:#?}");
    }
}

/// Once a request within the case was granted.
#[tokio::test]
async fn who_may_know_the_payment_is_told_why_it_is_not_confirmed() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(
        (view.verdict, codes(&view)),
        (Verdict::Deny, vec!["because"])
    );
    assert_eq!(view.payment.expect("known").state, "pending");
}
