//! A payment is contested, and the dispute ends: for the customer, or for the payee, and never by one person alone. What is
//! escalated is ended by a supervisor who did not escalate it.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use weft_engine::{Caller, DecisionView, Role};
use weft_verdict::{ObligationKind, Verdict};

use crate::house::{House, ask, caller, codes, events, service, state};
use crate::refund::{asks_for, has, house, noor, old_customer, own_customer, refund, tom};

/// An hour before the tests begin.
const NOTICE: &str = "2026-06-01T11:00:00Z";
const DAY: u64 = 24 * 60;

pub(crate) fn dispute(payment: &str, id: &str, reason: &str, who: &Caller) -> Json {
    let says = json!({"id": id, "reason": reason, "notice_at": NOTICE});
    asks_for("assist.dispute", payment, "dispute", says, who)
}

pub(crate) fn close(operation: &str, payment: &str, id: &str, reason: &str, who: &Caller) -> Json {
    let says = json!({"id": id, "reason": reason});
    asks_for(operation, payment, "close", says, who)
}

pub(crate) fn escalate(payment: &str, id: &str, who: &Caller) -> Json {
    let says = json!({"id": id, "reason": "no_factor"});
    asks_for("assist.escalate", payment, "escalation", says, who)
}

pub(crate) fn supervisor(name: &str) -> Caller {
    caller(name, Role::Supervisor)
}

impl House {
    /// A payment that its customer contests through support.
    async fn disputed(&self, payment: &str, reason: &str) {
        self.released(payment, "90.00", &[noor(), tom()]).await;
        let body = dispute(payment, "D-1", reason, &noor());
        let held = self.decided(&noor(), &body).await;
        self.customer_approves(payment, &held).await;
        let opened = self.decided(&noor(), &body).await;
        assert_eq!(state(&opened), Some("disputed"), "{opened:?}");
    }

    async fn asks(&self, who: &Caller, payment: &str) -> DecisionView {
        self.decided(who, &ask("assist.failed_payment", payment))
            .await
    }
}

impl House {
    /// What supervisors see waiting: which, and by whom.
    async fn queue(&self) -> Vec<(String, String)> {
        let queue = self.engine.escalations(&supervisor("lena")).await;
        let queue = queue.unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(queue.count, queue.escalations.len());
        let all = queue.escalations.into_iter();
        all.map(|one| (one.id, one.by)).collect()
    }
}

/// Who is to be told.
fn told(view: &DecisionView) -> Option<&str> {
    let mut all = view.obligations.iter();
    let notify = all.find(|one| one.kind == ObligationKind::Notify)?;
    notify.arguments.get("whom").map(|whom| whom.as_ref())
}

fn fact<'v>(view: &'v DecisionView, name: &str) -> Option<&'v Json> {
    view.context.as_ref()?.facts.get(name)
}

/// R5, R11, R12: the customer's identity is verified by the host, in their own channel and through support alike.
#[tokio::test]
async fn a_dispute_is_opened_with_the_customers_approval_and_by_nobodys_word() {
    let house = house();
    for (payment, who) in [("p-1", noor()), ("p-2", service())] {
        house.released(payment, "90.00", &[noor()]).await;
        let mut body = dispute(payment, "D-1", "amount", &who);
        body["evidence"] = json!({"step_up": true, "verified": true});
        let held = house.decided(&who, &body).await;
        assert_eq!(held.verdict, Verdict::Hold, "{held:?}");
        assert!(has(&held, ObligationKind::StepUp));
        let approved = house.customer_approves(payment, &held).await;
        assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
        let opened = house.decided(&who, &body).await;
        assert_eq!(
            (opened.verdict, state(&opened)),
            (Verdict::Allow, Some("disputed")),
            "{opened:?}"
        );
        let again = house.decided(&who, &body).await;
        assert_eq!(again.verdict, Verdict::Deny);
        assert_eq!(house.stands(payment).await.0, "disputed");
    }
}

/// A notice of tomorrow would leave more time than there is.
#[tokio::test]
async fn notice_is_not_given_in_the_future() {
    let house = house();
    house.released("p-1", "90.00", &[noor()]).await;
    let mut body = dispute("p-1", "D-1", "amount", &noor());
    body["dispute"]["notice_at"] = "2026-06-01T12:00:01Z".into();
    let view = house.decided(&noor(), &body).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(codes(&view).contains(&"dispute-notice-in-future"));
}

/// R7: who is right as a customer gets the money back, and the dispute is over.
#[tokio::test]
async fn a_disputed_payment_is_given_back_in_parts_until_it_is_refunded() {
    let house = house();
    house.disputed("p-1", "not_received").await;
    let part = refund("p-1", "R-1", "20.00", &noor());
    let view = house.decided(&noor(), &part).await;
    assert_eq!(state(&view), Some("disputed"), "{view:?}");
    let rest = refund("p-1", "R-2", "70.00", &noor());
    let held = house.decided(&noor(), &rest).await;
    house.customer_approves("p-1", &held).await;
    let view = house.decided(&noor(), &rest).await;
    assert_eq!(state(&view), Some("refunded"), "{view:?}");
    let body = close("assist.close", "p-1", "D-1", "no_error", &noor());
    let late = house.decided(&noor(), &body).await;
    assert_eq!(late.verdict, Verdict::Deny);
}

/// A dispute in which the customer loses is ended by two: who opened it does not end it alone.
#[tokio::test]
async fn a_dispute_that_the_customer_loses_needs_a_second_person() {
    let house = house();
    house.disputed("p-1", "unauthorised").await;
    let body = close("assist.close", "p-1", "D-1", "authorised", &noor());
    let held = house.decided(&noor(), &body).await;
    assert_eq!(held.verdict, Verdict::Hold, "{held:?}");
    assert!(has(&held, ObligationKind::FourEyes) && !has(&held, ObligationKind::StepUp));
    for (who, reason, why) in [
        (noor(), "authorised", "own-request"),
        (tom(), "no_error", "no-such-request"),
    ] {
        let approval = close("assist.approve", "p-1", "D-1", reason, &who);
        let view = house.decided(&who, &approval).await;
        assert_eq!(view.verdict, Verdict::Deny);
        assert!(codes(&view).contains(&why), "{why}: {:?}", codes(&view));
    }
    let own = close("assist.close", "p-1", "D-1", "authorised", &service());
    let own = house.decided(&service(), &own).await;
    assert_eq!(own.verdict, Verdict::Deny, "not the customer's channel");
    let approval = close("assist.approve", "p-1", "D-1", "authorised", &tom());
    let approved = house.decided(&tom(), &approval).await;
    assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
    let other = close("assist.close", "p-1", "D-2", "authorised", &noor());
    let other = house.decided(&noor(), &other).await;
    assert!(codes(&other).contains(&"close-of-nothing") || !other.verdict.is_granted());
    let closed = house.decided(&noor(), &body).await;
    assert_eq!(
        (closed.verdict, state(&closed)),
        (Verdict::Allow, Some("released")),
        "{closed:?}"
    );
    let twice = house.decided(&noor(), &body).await;
    assert_eq!(twice.verdict, Verdict::Deny);
    // The same dispute is not opened again; another one may be.
    for (id, verdict) in [("D-1", Verdict::Deny), ("D-2", Verdict::Allow)] {
        let body = dispute("p-1", id, "amount", &noor());
        let asked = house.decided(&noor(), &body).await;
        if asked.verdict == Verdict::Hold {
            house.customer_approves("p-1", &asked).await;
        }
        let view = house.decided(&noor(), &body).await;
        assert_eq!(view.verdict, verdict, "{id}: {view:?}");
    }
}

/// R11: who gives a dispute up approves that in their own app.
#[tokio::test]
async fn the_customer_gives_a_dispute_up() {
    let house = house();
    for (payment, who) in [("p-1", noor()), ("p-2", service())] {
        house.disputed(payment, "amount").await;
        let body = close("assist.close", payment, "D-1", "withdrawn", &who);
        let held = house.decided(&who, &body).await;
        assert_eq!(held.verdict, Verdict::Hold);
        assert!(has(&held, ObligationKind::StepUp) && !has(&held, ObligationKind::FourEyes));
        house.customer_approves(payment, &held).await;
        let closed = house.decided(&who, &body).await;
        assert_eq!(state(&closed), Some("released"), "{closed:?}");
    }
}

/// By when a dispute is due is said with every request about it, and whoever works on it is warned before it is too late.
#[tokio::test]
async fn a_dispute_is_told_to_be_due_before_it_is_late() {
    let house = house();
    house.disputed("p-1", "amount").await;
    let asked = house.asks(&noor(), "p-1").await;
    let due = json!("2026-06-16T00:00:00.000Z");
    assert_eq!(fact(&asked, "dispute.credit_due_at"), Some(&due));
    let answer_due = json!("2026-07-17T00:00:00.000Z");
    assert_eq!(fact(&asked, "dispute.answer_due_at"), Some(&answer_due));
    assert!(!has(&asked, ObligationKind::Notify));
    for (days, code) in [(13, "support"), (2, "supervisor")] {
        house.pass_minutes(days * DAY);
        let asked = house.asks(&noor(), "p-1").await;
        assert_eq!(told(&asked), Some(code), "{asked:?}");
        assert!(has(&asked, ObligationKind::Notify));
    }
    let house = house.restart().await;
    let part = refund("p-1", "R-1", "20.00", &noor());
    assert_eq!(house.decided(&noor(), &part).await.verdict, Verdict::Allow);
    let credited = house.asks(&noor(), "p-1").await;
    assert!(!has(&credited, ObligationKind::Notify), "{credited:?}");
    for (days, code) in [(26, "support"), (5, "supervisor")] {
        house.pass_minutes(days * DAY);
        let asked = house.asks(&noor(), "p-1").await;
        assert_eq!(told(&asked), Some(code), "{asked:?}");
    }
}

/// Somebody is warned before a dispute is late, once it is, and after it, also when nobody asks and the host is killed.
#[tokio::test]
async fn a_dispute_that_nobody_asks_about_is_warned_of_before_it_is_late() {
    let mut house = house();
    house.disputed("p-1", "amount").await;
    house.disputed("p-2", "amount").await;
    let end = close("assist.close", "p-2", "D-1", "no_error", &noor());
    house.decided(&noor(), &end).await;
    let approval = close("assist.approve", "p-2", "D-1", "no_error", &tom());
    house.decided(&tom(), &approval).await;
    let ended = house.decided(&noor(), &end).await;
    assert_eq!(state(&ended), Some("released"), "{ended:?}");
    let mut warned = Vec::new();
    for (days, expected) in [
        (12, None),
        (1, Some(false)),
        (1, None),
        (1, Some(true)),
        (9, None),
    ] {
        house.pass_minutes(days * DAY);
        for _ in 0..2 {
            house.engine.expire_due().await;
        }
        warned.extend(expected);
        let told = events(&house, "dispute.due");
        let late: Vec<_> = told
            .iter()
            .filter_map(|event| event.detail["late"].as_bool())
            .collect();
        assert_eq!(late, warned, "after {days} more days");
        assert!(told.iter().all(|event| event.detail["payment"] == "p-1"));
        let now = house.now();
        let killed = house.site.copy().start();
        killed.pass_minutes((now.0 - killed.now().0) / 60_000);
        house = killed;
    }
    let part = refund("p-1", "R-1", "20.00", &noor());
    assert_eq!(house.decided(&noor(), &part).await.verdict, Verdict::Allow);
    house.engine.expire_due().await;
    assert_eq!(events(&house, "dispute.due").len(), 2, "it is credited");
    house.pass_minutes(21 * DAY);
    house.engine.expire_due().await;
    let told = events(&house, "dispute.due");
    assert_eq!(told[2].detail["what"], "answer");
    assert_eq!(told[2].detail["due_at"], "2026-07-17T00:00:00.000Z");
}

/// A payment that its customer did not make is given back by the end of the next business day.
#[tokio::test]
async fn what_was_not_authorised_is_due_the_next_business_day() {
    let house = house();
    house.disputed("p-1", "unauthorised").await;
    let asked = house.asks(&noor(), "p-1").await;
    let due = json!("2026-06-03T00:00:00.000Z");
    assert_eq!(fact(&asked, "dispute.credit_due_at"), Some(&due));
    assert_eq!(told(&asked), Some("support"), "{asked:?}");
}

/// R7: of two who end a dispute in two ways at the same time one does, and a host that is killed knows how it ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_ends_in_one_way() {
    let house = Arc::new(house());
    for round in 1..=10 {
        let id = format!("p-{round}");
        house
            .decided(&service(), &own_customer(round, "25.00"))
            .await;
        for who in [noor(), tom()] {
            house.asks(&who, &id).await;
        }
        let open = dispute(&id, "D-1", "amount", &noor());
        let held = house.decided(&noor(), &open).await;
        house.customer_approves(&id, &held).await;
        house.decided(&noor(), &open).await;
        let body = close("assist.close", &id, "D-1", "no_error", &noor());
        house.decided(&noor(), &body).await;
        let approval = close("assist.approve", &id, "D-1", "no_error", &tom());
        house.decided(&tom(), &approval).await;
        let mut both = tokio::task::JoinSet::new();
        let other = caller(&format!("agent-{round}"), Role::Agent);
        for (who, body) in [
            (noor(), body),
            (other.clone(), refund(&id, "R-1", "25.00", &other)),
        ] {
            let house = Arc::clone(&house);
            both.spawn(async move { house.decided(&who, &body).await });
        }
        let views = both.join_all().await;
        // A payment whose dispute was closed is released, and may be given back like any other.
        let closed = views.iter().find(|view| view.operation == "assist.close");
        let closed = closed.is_some_and(|view| view.verdict.is_granted());
        let given = views.iter().find(|view| view.operation == "assist.refund");
        assert!(given.is_some_and(|view| view.verdict.is_granted()));
        let stands = house.stands(&id).await.0;
        assert_eq!(stands, "refunded", "closed: {closed}");
    }
    let killed = house.site.copy().start();
    for round in 1..=10 {
        assert_eq!(killed.stands(&format!("p-{round}")).await.0, "refunded");
    }
}

/// R43: what standard verification does not cover goes to a supervisor, and who escalated does not end it.
#[tokio::test]
async fn what_is_escalated_is_ended_by_another_supervisor() {
    let house = house();
    let first = house
        .decided(&service(), &old_customer("p-1", "1890.00"))
        .await;
    assert_eq!(state(&first), Some("pending"));
    house.asks(&noor(), "p-1").await;
    for (who, id) in [(noor(), "E-1"), (supervisor("lena"), "E-2")] {
        let view = house.decided(&who, &escalate("p-1", id, &who)).await;
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Allow, Some("pending")),
            "{view:?}"
        );
        assert!(has(&view, ObligationKind::Notify));
    }
    let again = house
        .decided(&noor(), &escalate("p-1", "E-1", &noor()))
        .await;
    assert!(codes(&again).contains(&"escalation-known"), "{again:?}");
    let house = house.restart().await;
    let waits = [("E-1", "agent-noor"), ("E-2", "lena")];
    let waits = waits.map(|(id, by)| (id.to_owned(), by.to_owned()));
    assert_eq!(house.queue().await, waits);
    let read = events(&house, "escalations.read");
    assert_eq!(read[0].detail["by"], "lena");
    for (who, id, why) in [
        (noor(), "E-1", "not-supervisor"),
        (tom(), "E-1", "not-supervisor"),
        (service(), "E-1", "not-supervisor"),
        (supervisor("lena"), "E-2", "own-escalation"),
        (supervisor("lena"), "E-3", "nothing-to-close"),
    ] {
        house.asks(&tom(), "p-1").await;
        let body = close("assist.close", "p-1", id, "answered", &who);
        let view = house.decided(&who, &body).await;
        assert_eq!(view.verdict, Verdict::Deny, "{id} {why}");
        assert!(codes(&view).contains(&why), "{why}: {:?}", codes(&view));
    }
    for (who, id) in [(supervisor("lena"), "E-1"), (supervisor("omar"), "E-2")] {
        let body = close("assist.close", "p-1", id, "answered", &who);
        let view = house.decided(&who, &body).await;
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Allow, Some("pending")),
            "{view:?}"
        );
        let twice = house.decided(&who, &body).await;
        assert_eq!(twice.verdict, Verdict::Deny);
    }
    assert!(house.queue().await.is_empty());
    // Nothing was released by it, and its time runs out as it would have.
    house.pass_minutes(60);
    house.engine.expire_due().await;
    assert_eq!(house.stands("p-1").await.0, "expired");
}
