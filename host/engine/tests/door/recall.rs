//! A payment is called back: by the project's own policies, once, as a whole, and by its customer.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use weft_engine::{Caller, DecisionView, Role};
use weft_verdict::{ObligationKind, Verdict};

use crate::house::{House, answer, ask, caller, codes, service, state};
use crate::refund::{asks_for, has, house, noor, old_customer, own_customer, refund, tom};

pub(crate) fn recall(payment: &str, id: &str, reason: &str, who: &Caller) -> Json {
    let says = json!({"id": id, "reason": reason});
    asks_for("assist.recall", payment, "recall", says, who)
}

fn approval(payment: &str, id: &str, reason: &str, who: &Caller) -> Json {
    let says = json!({"id": id, "reason": reason});
    asks_for("assist.approve", payment, "recall", says, who)
}

/// The code of ISO 20022 that a message carries which answers the recall.
fn status_reason(view: &DecisionView) -> Option<&str> {
    view.reasons.iter().find_map(|r| r.status_reason.as_deref())
}

impl House {
    /// A payment that waits, about which these people asked within the case.
    async fn held(&self, id: &str, euros: &str, told: &[Caller]) -> DecisionView {
        let view = self.decided(&service(), &old_customer(id, euros)).await;
        assert_eq!(state(&view), Some("pending"));
        for who in told {
            self.decided(who, &ask("assist.failed_payment", id)).await;
        }
        view
    }

    /// One that waited, was approved by its customer, and released.
    async fn large(&self, id: &str, euros: &str, told: &[Caller]) {
        let view = self.held(id, euros, told).await;
        self.customer_approves(id, &view).await;
        assert_eq!(self.stands(id).await.0, "released");
    }
}

/// R7, R11, R12: a released payment is called back as a whole, once the customer approved exactly that, whether they ask
/// themselves or support does.
#[tokio::test]
async fn a_released_payment_is_recalled_with_the_customers_approval_of_exactly_this() {
    let house = house();
    for (payment, who) in [("p-1", noor()), ("p-2", service())] {
        house.released(payment, "490.00", &[noor()]).await;
        let body = recall(payment, "C-1", "DUPL", &who);
        let held = house.decided(&who, &body).await;
        assert_eq!(held.verdict, Verdict::Hold, "{held:?}");
        assert!(has(&held, ObligationKind::StepUp) && held.waits_until.is_some());
        assert_eq!(state(&held), Some("released"));
        let (challenge, response) = house.asked_of_customer(&held.decision).await;
        let by_agent = house
            .decided(&noor(), &answer(payment, &challenge, &response))
            .await;
        assert_eq!(by_agent.verdict, Verdict::Deny, "R5: not by an agent");
        let approved = house.customer_approves(payment, &held).await;
        assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
        for (id, reason) in [("C-1", "CUST"), ("C-2", "DUPL")] {
            let other = recall(payment, id, reason, &who);
            assert_eq!(house.decided(&who, &other).await.verdict, Verdict::Hold);
        }
        let done = house.decided(&who, &body).await;
        assert_eq!(
            (done.verdict, state(&done)),
            (Verdict::Allow, Some("recalled")),
            "{done:?}"
        );
        assert_eq!(house.stands(payment).await.0, "recalled");
        let again = house.decided(&who, &body).await;
        assert_eq!(again.verdict, Verdict::Deny);
        assert_eq!(status_reason(&again), Some("ARDT"));
        let back = house
            .decided(&who, &refund(payment, "R-1", "5.00", &who))
            .await;
        assert_eq!(back.verdict, Verdict::Deny, "it is over");
    }
}

/// R7, R12: what waits and is withdrawn is refused, and nothing releases it any more.
#[tokio::test]
async fn a_payment_that_waits_is_refused_when_it_is_called_back() {
    let house = house();
    for (payment, who) in [("p-1", noor()), ("p-2", service())] {
        let waits = house.held(payment, "700.00", &[noor()]).await;
        let body = recall(payment, "C-1", "CUST", &who);
        let held = house.decided(&who, &body).await;
        assert_eq!(
            (held.verdict, state(&held)),
            (Verdict::Hold, Some("pending")),
            "{held:?}"
        );
        // The approval is of the recall, so it does not release the payment.
        let approved = house.customer_approves(payment, &held).await;
        assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
        assert!(approved.decided_again.is_none());
        assert_eq!(house.stands(payment).await.0, "pending");
        let done = house.decided(&who, &body).await;
        assert_eq!(
            (done.verdict, state(&done)),
            (Verdict::Allow, Some("refused")),
            "{done:?}"
        );
        assert_eq!(house.engine.pending(), 0);
        // Nor does the one of the payment, which comes too late.
        let late = house.customer_approves(payment, &waits).await;
        assert_eq!(late.verdict, Verdict::Deny);
        let confirmed = house
            .decided(&noor(), &ask("assist.confirm", payment))
            .await;
        assert_eq!(confirmed.verdict, Verdict::Deny);
        house.pass_minutes(60);
        house.engine.expire_due().await;
        assert_eq!(house.stands(payment).await.0, "refused");
        let again = house.decided(&who, &body).await;
        assert_eq!(status_reason(&again), Some("NOOR"));
    }
}

/// A wrong answer to the challenge of a recall takes no attempt from that of the payment, and the other way round.
#[tokio::test]
async fn a_payment_and_its_recall_wait_for_answers_of_their_own() {
    let house = house();
    let waits = house.held("p-1", "700.00", &[noor()]).await;
    let body = recall("p-1", "C-1", "CUST", &noor());
    let held = house.decided(&noor(), &body).await;
    let (challenge, _) = house.asked_of_customer(&held.decision).await;
    for _ in 0..8 {
        let wrong = answer("p-1", &challenge, "wrong");
        assert_eq!(
            house.decided(&service(), &wrong).await.verdict,
            Verdict::Deny
        );
    }
    let exhausted = house.customer_approves("p-1", &held).await;
    assert!(codes(&exhausted).contains(&"challenge-attempts-exhausted"));
    let released = house.customer_approves("p-1", &waits).await;
    assert_eq!(released.verdict, Verdict::Allow, "{released:?}");
    assert_eq!(house.stands("p-1").await.0, "released");
}

/// Who is being deceived stops what waits at once; what went on is not called back so.
#[tokio::test]
async fn deceit_stops_what_waits_and_nothing_else_without_the_customers_approval() {
    let house = house();
    house.held("p-1", "700.00", &[noor()]).await;
    house.released("p-2", "490.00", &[noor()]).await;
    let stopped = house
        .decided(&noor(), &recall("p-1", "C-1", "FRAD", &noor()))
        .await;
    assert_eq!(
        (stopped.verdict, state(&stopped)),
        (Verdict::Allow, Some("refused")),
        "{stopped:?}"
    );
    let held = house
        .decided(&noor(), &recall("p-2", "C-1", "FRAD", &noor()))
        .await;
    assert_eq!(held.verdict, Verdict::Hold);
}

/// R5: what an agent says of what only the host knows has no effect.
#[tokio::test]
async fn an_agents_word_recalls_nothing() {
    let house = house();
    house.released("p-1", "490.00", &[noor()]).await;
    let mut body = recall("p-1", "C-1", "DUPL", &noor());
    body["evidence"] = json!({"step_up": true, "method": "app-approval", "verified": true});
    body["approval"] = json!({"agent": "agent-tom", "session": "S-2", "bound": true});
    body["payment"]["state"] = "pending".into();
    let view = house.decided(&noor(), &body).await;
    assert_eq!(view.verdict, Verdict::Hold);
    let record = &house.chain("p-1")[2];
    assert_eq!(record.facts["request.action"], json!("recall"));
    assert_eq!(record.facts["recall.reason"], json!("DUPL"));
    assert_eq!(record.facts["evidence.step_up"], json!(false));
    assert_eq!(record.facts["payment.state"], json!("released"));
}

/// Above the limit of one person a second one approves exactly this, and nobody approves their own.
#[tokio::test]
async fn a_large_recall_needs_a_second_person() {
    let house = house();
    house.large("p-1", "700.00", &[noor(), tom()]).await;
    let body = recall("p-1", "C-1", "TECH", &noor());
    let held = house.decided(&noor(), &body).await;
    assert!(has(&held, ObligationKind::FourEyes) && has(&held, ObligationKind::StepUp));
    house.customer_approves("p-1", &held).await;
    assert_eq!(house.decided(&noor(), &body).await.verdict, Verdict::Hold);
    for (who, id, why) in [
        (noor(), "C-1", "own-request"),
        (tom(), "C-2", "no-such-request"),
    ] {
        let view = house
            .decided(&who, &approval("p-1", id, "TECH", &who))
            .await;
        assert_eq!(view.verdict, Verdict::Deny);
        assert!(codes(&view).contains(&why), "{why}: {:?}", codes(&view));
    }
    let mut of_two = approval("p-1", "C-1", "TECH", &tom());
    of_two["refund"] = json!({"id": "R-1", "amount": {"value": "1.00", "currency": "EUR"}});
    house.refused(&tom(), &of_two).await;
    house.refused(&tom(), &ask("assist.approve", "p-1")).await;
    let approved = house
        .decided(&tom(), &approval("p-1", "C-1", "TECH", &tom()))
        .await;
    assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
    let done = house.decided(&noor(), &body).await;
    assert_eq!(state(&done), Some("recalled"), "{done:?}");
}

/// What cannot be called back says why by a code of ISO 20022, and so does what is not a reason.
#[tokio::test]
async fn a_recall_that_cannot_be_says_why_in_the_words_of_messages() {
    let house = house();
    let asks = async |payment: &str, reason: &str| {
        let body = recall(payment, "C-1", reason, &service());
        house.decided(&service(), &body).await
    };
    house
        .decided(&service(), &old_customer("p-1", "9000.00"))
        .await;
    house.released("p-2", "90.00", &[noor()]).await;
    let part = refund("p-2", "R-1", "5.00", &noor());
    assert_eq!(house.decided(&noor(), &part).await.verdict, Verdict::Allow);
    house.held("p-3", "700.00", &[]).await;
    house.pass_minutes(60);
    house.engine.expire_due().await;
    house.released("p-4", "90.00", &[]).await;
    for (payment, reason, code) in [
        ("p-1", "DUPL", "NOOR"),
        ("p-2", "DUPL", "ARDT"),
        ("p-3", "DUPL", "NOOR"),
        ("p-4", "DRTP", "NARR"),
    ] {
        let view = asks(payment, reason).await;
        assert_eq!(view.verdict, Verdict::Deny, "{payment}");
        assert_eq!(status_reason(&view), Some(code), "{payment}: {view:?}");
    }
    assert_eq!(house.stands("p-2").await.0, "released");
    let without = json!({"id": "C-1"});
    let body = asks_for("assist.recall", "p-4", "recall", without, &service());
    let problem = house.refused(&service(), &body).await;
    assert_eq!(problem.where_it_is(), Some("/recall/reason"));
}

/// Who was told nothing of a payment learns nothing by calling it back.
#[tokio::test]
async fn who_was_told_nothing_learns_nothing_by_a_recall() {
    let house = house();
    house.released("p-1", "490.00", &[]).await;
    let known = house
        .decided(&noor(), &recall("p-1", "C-1", "DUPL", &noor()))
        .await;
    let unknown = house
        .decided(&noor(), &recall("p-0", "C-1", "DUPL", &noor()))
        .await;
    for view in [&known, &unknown] {
        assert_eq!(view.verdict, Verdict::Deny);
        assert_eq!(codes(view), ["because", "not-told"]);
        assert!(view.payment.is_none() && view.waits_until.is_none());
    }
}

/// R7: of several people who call back, give back and contest the same at the same time one does, and the payment ends so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_end_a_payment_at_the_same_time_one_does() {
    let house = Arc::new(house());
    for round in 1..=10 {
        let id = format!("p-{round}");
        house
            .decided(&service(), &own_customer(round, "25.00"))
            .await;
        // What each needs of the customer is approved before.
        let mut approved = Vec::new();
        for number in 0..6 {
            let who = caller(&format!("agent-{round}-{number}"), Role::Agent);
            house
                .decided(&who, &ask("assist.failed_payment", &id))
                .await;
            let body = match number % 2 {
                0 => recall(&id, &format!("C-{number}"), "DUPL", &who),
                _ => refund(&id, &format!("R-{number}"), "25.00", &who),
            };
            if number % 2 == 0 {
                let held = house.decided(&who, &body).await;
                house.customer_approves(&id, &held).await;
            }
            approved.push((who, body));
        }
        let mut agents = tokio::task::JoinSet::new();
        for (who, body) in approved {
            let house = Arc::clone(&house);
            agents.spawn(async move { house.decided(&who, &body).await });
        }
        let views = agents.join_all().await;
        let done: Vec<_> = views.iter().filter(|v| v.verdict.is_granted()).collect();
        assert_eq!(done.len(), 1, "{id}");
        let (stands, _) = house.stands(&id).await;
        assert_eq!(state(done[0]), Some(stands.as_str()));
    }
}

/// R7: a confirmation and a recall of what waits: it is released or refused, and not both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_confirmed_or_called_back() {
    let house = Arc::new(house());
    for round in 1..=10 {
        let id = format!("p-{round}");
        let waits = house
            .decided(&service(), &own_customer(round, "1890.00"))
            .await;
        house
            .decided(&noor(), &ask("assist.failed_payment", &id))
            .await;
        house.customer_approves(&id, &waits).await;
        let mut both = tokio::task::JoinSet::new();
        for body in [
            ask("assist.confirm", &id),
            recall(&id, "C-1", "FRAD", &noor()),
        ] {
            let house = Arc::clone(&house);
            both.spawn(async move { house.decided(&noor(), &body).await });
        }
        let views = both.join_all().await;
        let recalled = views
            .iter()
            .any(|view| view.operation == "assist.recall" && view.verdict.is_granted());
        let expected = if recalled { "refused" } else { "released" };
        assert_eq!(house.stands(&id).await.0, expected, "{views:?}");
        assert_eq!(house.engine.pending(), 0);
    }
}

#[tokio::test]
async fn a_recall_that_is_sent_again_answers_the_same_also_after_a_crash() {
    let house = house();
    house.released("p-1", "490.00", &[noor()]).await;
    let body = recall("p-1", "C-1", "DUPL", &noor());
    let held = house.decided(&noor(), &body).await;
    // What waits is known to a host that was killed meanwhile, and so is what was approved.
    let house = house.site.copy().start();
    house.customer_approves("p-1", &held).await;
    let house = house.site.copy().start();
    let first = house.decide_with_key(&noor(), &body, Some("k")).await;
    let first = first.unwrap_or_else(|p| panic!("{p}"));
    assert!(first.decisions[0].verdict.is_granted());
    let killed = house.site.copy().start();
    let again = killed.decide_with_key(&noor(), &body, Some("k")).await;
    let again = again.unwrap_or_else(|p| panic!("{p}"));
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    let without_key = killed.decided(&noor(), &body).await;
    assert_eq!(without_key.verdict, Verdict::Deny);
    assert_eq!(killed.stands("p-1").await.0, "recalled");
}

/// R12: support gets nothing that the customer's own channel would be refused, or asked a step for that support is not.
#[tokio::test]
async fn support_recalls_nowhere_more_easily_than_the_customer_does() {
    let house = house();
    let mut number = 0;
    for euros in ["90.00", "700.00", "1890.00", "9000.00"] {
        for reason in ["DUPL", "FRAD", "CUST", "PAID"] {
            let mut seen = Vec::new();
            for who in [service(), noor()] {
                number += 1;
                let id = format!("p-{number}");
                house
                    .decided(&service(), &own_customer(number, euros))
                    .await;
                house
                    .decided(&noor(), &ask("assist.failed_payment", &id))
                    .await;
                let body = recall(&id, "C-1", reason, &who);
                let asked = house.decided(&who, &body).await;
                let mut last = asked.clone();
                if has(&asked, ObligationKind::StepUp) && asked.verdict == Verdict::Hold {
                    house.customer_approves(&id, &asked).await;
                    last = house.decided(&who, &body).await;
                }
                seen.push((asked.verdict, last.verdict, house.stands(&id).await.0));
            }
            let [own, support] = &seen[..] else {
                panic!("two")
            };
            assert_eq!(own, support, "{euros} {reason}");
        }
    }
}
