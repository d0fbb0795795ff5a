//! Money of a payment is given back: by the project's own policies, once, and never more than was captured.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use weft_engine::limits::REQUEST_WAITS;
use weft_engine::{Caller, DecisionView, Role};
use weft_verdict::{ObligationKind, Verdict};

use crate::house::{House, Site, answer, ask, caller, codes, payment, service, state};
use crate::policies::{PolicyFile, amounts_by, rule};

/// The project's own policies that decide about support here.
const OWN: [&str; 16] = [
    "assistance/account-review.yaml",
    "assistance/outreach.yaml",
    "assistance/failed-payment.yaml",
    "assistance/confirm.yaml",
    "assistance/own-channel.yaml",
    "assistance/factors.yaml",
    "assistance/refund.yaml",
    "assistance/approve.yaml",
    "assistance/four-eyes.yaml",
    "assistance/recall.yaml",
    "assistance/dispute.yaml",
    "assistance/dispute-clock.yaml",
    "assistance/close.yaml",
    "assistance/escalate.yaml",
    "lists/four_eyes_actions.yaml",
    "lists/recall_reasons.yaml",
];

/// A host on which support refunds, recalls and the like by the project's own policies.
pub(crate) fn site() -> Site {
    site_by("app-approval")
}

/// The same, where payments ask for a step-up by this method.
pub(crate) fn site_by(method: &str) -> Site {
    let show = "obligations: [{kind: disclose, arguments: {payment.state: clear, payment.refunded: clear, evidence.step_up: clear, \
                dispute.credit_due_at: clear, dispute.answer_due_at: clear}}]";
    let rules = String::from("rules:\n") + &rule("show", "true", "abstain", show);
    let on = "assist.failed_payment, assist.confirm, assist.refund, assist.recall, assist.dispute, assist.close, assist.escalate, \
              assist.approve";
    let show = PolicyFile::new("test.show", on, &rules).stage("minimisation");
    let site = Site::new(&[amounts_by(method), show]);
    for path in OWN {
        site.write_own(path);
    }
    site
}

pub(crate) fn house() -> House {
    site().start()
}

/// A payment whose payer's credentials are old.
pub(crate) fn old_customer(id: &str, euros: &str) -> Json {
    let mut body = payment(id, euros);
    body["payer"]["credentials_changed_at"] = "2026-01-01T00:00:00Z".into();
    body
}

/// The same of a customer of its own, so that no count of other payments speaks.
pub(crate) fn own_customer(number: usize, euros: &str) -> Json {
    let mut body = old_customer(&format!("p-{number}"), euros);
    body["payer"]["account"] = format!("50100-{number:04}").into();
    body["payer"]["customer"] = format!("U-{number}").into();
    body["payer"]["phone"] = json!(null);
    body["payer"]["email"] = json!(null);
    body["instrument"] = json!(null);
    body
}

pub(crate) fn noor() -> Caller {
    caller("agent-noor", Role::Agent)
}

pub(crate) fn tom() -> Caller {
    caller("agent-tom", Role::Agent)
}

/// What somebody asks of a payment from their session.
pub(crate) fn of_refund(
    operation: &str,
    payment: &str,
    id: &str,
    euros: &str,
    who: &Caller,
) -> Json {
    let says = json!({"id": id, "amount": {"value": euros, "currency": "EUR"}});
    asks_for(operation, payment, "refund", says, who)
}

/// The same of anything: what a section of the request says.
pub(crate) fn asks_for(
    operation: &str,
    payment: &str,
    section: &str,
    says: Json,
    who: &Caller,
) -> Json {
    let mut body = ask(operation, payment);
    body["session"] = json!({"id": format!("S-1-{}", who.id)});
    body[section] = says;
    body
}

pub(crate) fn refund(payment: &str, id: &str, euros: &str, who: &Caller) -> Json {
    of_refund("assist.refund", payment, id, euros, who)
}

pub(crate) fn approval(payment: &str, id: &str, euros: &str, who: &Caller) -> Json {
    of_refund("assist.approve", payment, id, euros, who)
}

impl House {
    /// A payment that was released, about which these people asked within the case.
    pub(crate) async fn released(&self, id: &str, euros: &str, told: &[Caller]) {
        let view = self.decided(&service(), &old_customer(id, euros)).await;
        assert_eq!(state(&view), Some("released"));
        for who in told {
            let view = self.decided(who, &ask("assist.failed_payment", id)).await;
            assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
        }
    }

    /// What the service answers for its customer, who approves what a decision asks for.
    pub(crate) async fn customer_approves(
        &self,
        payment: &str,
        asked: &DecisionView,
    ) -> DecisionView {
        let (challenge, response) = self.asked_of_customer(&asked.decision).await;
        self.decided(&service(), &answer(payment, &challenge, &response))
            .await
    }

    pub(crate) async fn asked_of_customer(&self, decision: &str) -> (String, String) {
        let view = self.engine.decision(&service(), decision).await;
        let view = view.unwrap_or_else(|p| panic!("{p}"));
        let challenge = view.challenge.expect("a challenge");
        (challenge.id, challenge.response.expect("the channel's own"))
    }

    /// Where a payment stands, and what was given back of it, as its service sees it.
    pub(crate) async fn stands(&self, payment: &str) -> (String, Option<String>) {
        let first = self.chain(payment)[0].decision.clone();
        let view = self.engine.decision(&service(), &first).await;
        let now = view
            .unwrap_or_else(|p| panic!("{p}"))
            .now
            .expect("it stands somewhere");
        let refunded = now
            .refunded
            .map(|money| money["value"].as_str().expect("a text").to_owned());
        (now.state.to_owned(), refunded)
    }
}

pub(crate) fn has(view: &DecisionView, kind: ObligationKind) -> bool {
    view.obligations.iter().any(|one| one.kind == kind)
}

/// R7: refunds add up to what was captured, and not to a cent more; a payment that is given back in part stays released.
#[tokio::test]
async fn refunds_of_a_payment_come_to_what_was_captured_and_never_to_more() {
    let house = house();
    house.released("p-1", "30.00", &[noor()]).await;
    let first = house
        .decided(&noor(), &refund("p-1", "R-1", "12.00", &noor()))
        .await;
    assert_eq!(
        (first.verdict, state(&first)),
        (Verdict::Allow, Some("released"))
    );
    assert_eq!(
        first.payment.and_then(|p| p.refunded),
        Some(json!({"value": "12.00", "currency": "EUR"}))
    );
    assert_eq!(
        house.stands("p-1").await,
        ("released".into(), Some("12.00".into()))
    );
    let above = house
        .decided(&noor(), &refund("p-1", "R-2", "18.01", &noor()))
        .await;
    assert_eq!(above.verdict, Verdict::Deny);
    assert!(codes(&above).contains(&"above-captured"), "{above:?}");
    let again = house
        .decided(&noor(), &refund("p-1", "R-1", "12.00", &noor()))
        .await;
    assert_eq!(again.verdict, Verdict::Deny);
    assert!(codes(&again).contains(&"refund-made-before"), "{again:?}");
    let dollars = json!({"id": "R-3", "amount": {"value": "1.00", "currency": "USD"}});
    let mut body = refund("p-1", "R-3", "1.00", &noor());
    body["refund"] = dollars;
    assert_eq!(house.decided(&noor(), &body).await.verdict, Verdict::Deny);
    let rest = house
        .decided(&noor(), &refund("p-1", "R-4", "18.00", &noor()))
        .await;
    assert_eq!(
        (rest.verdict, state(&rest)),
        (Verdict::Allow, Some("refunded"))
    );
    assert_eq!(
        house.stands("p-1").await,
        ("refunded".into(), Some("30.00".into()))
    );
    let more = house
        .decided(&noor(), &refund("p-1", "R-5", "0.01", &noor()))
        .await;
    assert_eq!(more.verdict, Verdict::Deny);
    let shown = house
        .decided(&noor(), &ask("assist.failed_payment", "p-1"))
        .await;
    assert_eq!(state(&shown), Some("refunded"));
}

/// R11, R12: support needs the same approval of the customer as the customer's own channel, bound to exactly this refund.
#[tokio::test]
async fn the_customer_approves_a_refund_that_support_or_they_themselves_ask_for() {
    let house = house();
    for (payment, who) in [("p-1", noor()), ("p-2", service())] {
        house.released(payment, "90.00", &[noor()]).await;
        let body = refund(payment, "R-1", "60.00", &who);
        let held = house.decided(&who, &body).await;
        assert_eq!(held.verdict, Verdict::Hold, "{held:?}");
        assert_eq!(codes(&held), ["customer-approves", "may-be-refunded"]);
        assert!(has(&held, ObligationKind::StepUp));
        assert!(held.waits_until.is_some());
        // Nobody but the channel of the customer learns the response.
        let response = held.challenge.as_ref().and_then(|c| c.response.as_ref());
        assert_eq!(response.is_some(), who.role == Role::Service);
        let asked_again = house.decided(&who, &body).await;
        assert_eq!(asked_again.verdict, Verdict::Hold, "nobody approved it");
        let (challenge, response) = house.asked_of_customer(&held.decision).await;
        let by_agent = house
            .decided(&noor(), &answer(payment, &challenge, &response))
            .await;
        assert_eq!(by_agent.verdict, Verdict::Deny, "R5: not by an agent");
        let wrong = house
            .decided(&service(), &answer(payment, &challenge, "wrong"))
            .await;
        assert_eq!(wrong.verdict, Verdict::Deny);
        let approved = house
            .decided(&service(), &answer(payment, &challenge, &response))
            .await;
        assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
        // What was approved is these words, and no others.
        for (id, euros) in [("R-1", "60.01"), ("R-2", "60.00")] {
            let other = house.decided(&who, &refund(payment, id, euros, &who)).await;
            assert_eq!(other.verdict, Verdict::Hold, "{id} {euros}");
        }
        let mut elsewhere = body.clone();
        elsewhere["case"]["id"] = "case-2000".into();
        assert!(!house.decided(&who, &elsewhere).await.verdict.is_granted());
        let given = house.decided(&who, &body).await;
        assert_eq!(given.verdict, Verdict::Allow, "{given:?}");
        assert_eq!(house.stands(payment).await.1.as_deref(), Some("60.00"));
        // It is used up: the same answer is good for nothing more.
        let late = house
            .decided(&service(), &answer(payment, &challenge, &response))
            .await;
        assert_eq!(late.verdict, Verdict::Deny);
    }
}

/// R5: what an agent says of what only the host knows has no effect.
#[tokio::test]
async fn an_agents_word_refunds_nothing() {
    let house = house();
    house.released("p-1", "90.00", &[noor()]).await;
    let mut body = refund("p-1", "R-1", "60.00", &noor());
    body["evidence"] = json!({"step_up": true, "method": "app-approval"});
    body["approval"] = json!({"agent": "agent-tom", "session": "S-2", "bound": true});
    body["payment"]["captured"] = json!({"value": "9000.00", "currency": "EUR"});
    body["agent"] = json!({"refunds_24h": 0, "customer_refunds_30d": 0});
    body["payer"] = json!({"credentials_changed_at": "2020-01-01T00:00:00Z"});
    body["request"] = json!({"action": "erase"});
    let view = house.decided(&noor(), &body).await;
    assert_eq!(view.verdict, Verdict::Hold);
    assert!(view.dropped.is_some_and(|dropped| dropped.count >= 8));
    let record = &house.chain("p-1")[2];
    assert_eq!(record.facts["request.action"], json!("refund"));
    assert_eq!(record.facts["evidence.step_up"], json!(false));
    assert!(!record.facts.contains_key("approval.agent"));
    assert_eq!(
        record.facts["payment.captured"],
        json!({"value": "90.00", "currency": "EUR"})
    );
}

/// What a payment itself said of a refund, or of who approved it, is nothing that support asks for.
#[tokio::test]
async fn a_payment_says_nothing_of_its_refunds() {
    let house = house();
    let mut body = old_customer("p-1", "50.00");
    body["refund"] = json!({"account": "DE89 3704 0044 0532 0130 00"});
    house.decided(&service(), &body).await;
    let view = house
        .decided(&noor(), &refund("p-1", "R-1", "5.00", &noor()))
        .await;
    assert_eq!(
        view.verdict,
        Verdict::Allow,
        "it names no account: {view:?}"
    );
}

#[tokio::test]
async fn a_refund_goes_nowhere_else() {
    let house = house();
    house.released("p-1", "50.00", &[noor()]).await;
    let mut transfer = old_customer("p-2", "50.00");
    transfer["instrument"] = json!(null);
    transfer["payment"]["method"] = "credit_transfer".into();
    house.decided(&service(), &transfer).await;
    house
        .decided(&noor(), &ask("assist.failed_payment", "p-2"))
        .await;
    let to = |payment: &str, account: &str| {
        let mut body = refund(payment, "R-1", "5.00", &noor());
        body["refund"]["account"] = account.into();
        body
    };
    let (own, other) = ("BE68 5390 0754 7034", "DE89 3704 0044 0532 0130 00");
    for body in [to("p-1", other), to("p-1", own), to("p-2", other)] {
        let view = house.decided(&noor(), &body).await;
        assert_eq!(view.verdict, Verdict::Deny, "{view:?}");
        assert!(codes(&view).contains(&"other-instrument"));
    }
    let view = house.decided(&noor(), &to("p-2", own)).await;
    assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
}

/// Above the limit of one person: held, approved by another from another session, for exactly this, once, in time.
#[tokio::test]
async fn a_large_refund_needs_a_second_person_who_approves_exactly_this() {
    let house = house();
    house.released("p-1", "490.00", &[noor(), tom()]).await;
    let body = refund("p-1", "R-1", "150.00", &noor());
    let held = house.decided(&noor(), &body).await;
    assert_eq!(held.verdict, Verdict::Hold);
    assert!(has(&held, ObligationKind::FourEyes) && has(&held, ObligationKind::StepUp));
    let mut denied = vec![
        (
            noor(),
            approval("p-1", "R-1", "150.00", &noor()),
            "own-request",
        ),
        (
            tom(),
            approval("p-1", "R-1", "150.01", &tom()),
            "no-such-request",
        ),
        (
            tom(),
            approval("p-1", "R-2", "150.00", &tom()),
            "no-such-request",
        ),
        (
            tom(),
            approval("p-1", "R-1", "150.00", &noor()),
            "same-session",
        ),
    ];
    let mut without = approval("p-1", "R-1", "150.00", &tom());
    without["session"] = json!({});
    denied.push((tom(), without, "no-session"));
    for (who, body, why) in denied {
        let view = house.decided(&who, &body).await;
        assert_eq!(view.verdict, Verdict::Deny, "{why}: {view:?}");
        assert!(codes(&view).contains(&why), "{why}: {:?}", codes(&view));
    }
    let approved = house
        .decided(&tom(), &approval("p-1", "R-1", "150.00", &tom()))
        .await;
    assert_eq!(approved.verdict, Verdict::Allow, "{approved:?}");
    let twice = house
        .decided(&tom(), &approval("p-1", "R-1", "150.00", &tom()))
        .await;
    assert_eq!(twice.verdict, Verdict::Deny);
    // The customer has still to approve it, and a changed request is another one.
    assert_eq!(house.decided(&noor(), &body).await.verdict, Verdict::Hold);
    let changed = house
        .decided(&noor(), &refund("p-1", "R-1", "151.00", &noor()))
        .await;
    assert_eq!(changed.verdict, Verdict::Hold);
    assert!(codes(&changed).contains(&"another-request"), "{changed:?}");
    // Nor does who approved it carry it out.
    let by_tom = house
        .decided(&tom(), &refund("p-1", "R-1", "150.00", &tom()))
        .await;
    assert_eq!(by_tom.verdict, Verdict::Deny);
    assert!(
        codes(&by_tom).contains(&"approved-by-oneself"),
        "{by_tom:?}"
    );
    house.customer_approves("p-1", &held).await;
    let given = house.decided(&noor(), &body).await;
    assert_eq!(given.verdict, Verdict::Allow, "{given:?}");
    // An approval is used once: the next one needs one of its own.
    let next = house
        .decided(&noor(), &refund("p-1", "R-9", "150.00", &noor()))
        .await;
    assert_eq!(next.verdict, Verdict::Hold);
    assert!(has(&next, ObligationKind::FourEyes));
}

#[tokio::test]
async fn what_was_approved_is_over_after_its_time() {
    let house = house();
    house.released("p-1", "490.00", &[noor(), tom()]).await;
    let body = refund("p-1", "R-1", "150.00", &noor());
    let held = house.decided(&noor(), &body).await;
    house
        .decided(&tom(), &approval("p-1", "R-1", "150.00", &tom()))
        .await;
    house.pass_minutes(REQUEST_WAITS.0 / 60_000 - 1);
    let house = house.restart().await;
    house.customer_approves("p-1", &held).await;
    house.pass_minutes(1);
    let late = house.decided(&noor(), &body).await;
    assert_eq!(late.verdict, Verdict::Hold, "{late:?}");
    assert!(has(&late, ObligationKind::FourEyes) && has(&late, ObligationKind::StepUp));
    let approved = house
        .decided(&tom(), &approval("p-1", "R-1", "150.00", &tom()))
        .await;
    assert_eq!(
        approved.verdict,
        Verdict::Allow,
        "it waits anew: {approved:?}"
    );
    assert_eq!(house.stands("p-1").await, ("released".into(), None));
}

/// R23: refunds are counted by agent and customer, also of other payments, and by a host that was started again.
#[tokio::test]
async fn the_third_refund_to_a_customer_needs_a_second_person() {
    let mut house = house();
    for number in 1..=2 {
        let id = format!("p-{number}");
        house.released(&id, "50.00", &[noor()]).await;
        let view = house
            .decided(&noor(), &refund(&id, "R-1", "5.00", &noor()))
            .await;
        assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
        house = house.restart().await;
    }
    house.released("p-3", "50.00", &[noor(), tom()]).await;
    let view = house
        .decided(&noor(), &refund("p-3", "R-1", "5.00", &noor()))
        .await;
    assert_eq!(view.verdict, Verdict::Hold, "{view:?}");
    assert!(codes(&view).contains(&"many-refunds-to-customer"));
    let by_tom = house
        .decided(&tom(), &refund("p-3", "R-2", "5.00", &tom()))
        .await;
    assert_eq!(
        by_tom.verdict,
        Verdict::Allow,
        "each agent has a count: {by_tom:?}"
    );
    house
        .decided(&tom(), &approval("p-3", "R-1", "5.00", &tom()))
        .await;
    let view = house
        .decided(&noor(), &refund("p-3", "R-1", "5.00", &noor()))
        .await;
    assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_agents_who_refund_the_same_at_the_same_time_one_does() {
    let house = Arc::new(house());
    for round in 0..10 {
        let id = format!("p-{round}");
        house.released(&id, "50.00", &[]).await;
        let mut agents = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (house, id) = (Arc::clone(&house), id.clone());
            agents.spawn(async move {
                let from = caller(&format!("agent-{round}-{number}"), Role::Agent);
                // Some name the same refund, and some others that would be too much together.
                let refund_id = format!("R-{}", number % 4);
                house
                    .decided(&from, &refund(&id, &refund_id, "26.00", &from))
                    .await
            });
        }
        let views = agents.join_all().await;
        let given = views
            .iter()
            .filter(|view| view.verdict.is_granted())
            .count();
        assert_eq!(given, 1, "{id}");
        assert_eq!(house.stands(&id).await.1.as_deref(), Some("26.00"));
    }
}

#[tokio::test]
async fn a_refund_that_is_sent_again_answers_the_same_also_after_a_crash() {
    let house = house();
    house.released("p-1", "50.00", &[noor()]).await;
    let body = refund("p-1", "R-1", "30.00", &noor());
    let first = house.decide_with_key(&noor(), &body, Some("k")).await;
    let first = first.unwrap_or_else(|p| panic!("{p}"));
    assert!(first.decisions[0].verdict.is_granted());
    // A copy of the directories is what a host finds that was killed now.
    let killed = house.site.copy().start();
    let again = killed.decide_with_key(&noor(), &body, Some("k")).await;
    let again = again.unwrap_or_else(|p| panic!("{p}"));
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    let without_key = killed.decided(&noor(), &body).await;
    assert_eq!(without_key.verdict, Verdict::Deny);
    let above = killed
        .decided(&noor(), &refund("p-1", "R-2", "20.01", &noor()))
        .await;
    assert_eq!(above.verdict, Verdict::Deny);
    assert_eq!(
        killed.stands("p-1").await,
        ("released".into(), Some("30.00".into()))
    );
}

#[tokio::test]
async fn nothing_is_refunded_of_a_payment_that_is_not_captured() {
    let house = house();
    for (id, euros) in [("p-1", "700.00"), ("p-2", "9000.00")] {
        house.decided(&service(), &old_customer(id, euros)).await;
        house
            .decided(&noor(), &ask("assist.failed_payment", id))
            .await;
        let view = house
            .decided(&noor(), &refund(id, "R-1", "5.00", &noor()))
            .await;
        assert_eq!(view.verdict, Verdict::Deny);
        assert!(codes(&view).contains(&"nothing-to-give-back"), "{view:?}");
    }
}

/// A request that waits says that there is such a payment: who was told nothing of it within the case asks first.
#[tokio::test]
async fn who_was_told_nothing_learns_nothing_by_asking_for_a_refund() {
    let house = house();
    house.released("p-1", "490.00", &[]).await;
    let known = house
        .decided(&noor(), &refund("p-1", "R-1", "150.00", &noor()))
        .await;
    let unknown = house
        .decided(&noor(), &refund("p-0", "R-1", "150.00", &noor()))
        .await;
    for view in [&known, &unknown] {
        assert_eq!(view.verdict, Verdict::Deny);
        assert_eq!(
            codes(view),
            ["because", "not-told"],
            "the first is of no payment"
        );
        assert!(
            view.payment.is_none() && view.obligations.is_empty() && view.waits_until.is_none()
        );
    }
    let approving = house
        .decided(&tom(), &approval("p-1", "R-1", "150.00", &tom()))
        .await;
    assert_eq!(codes(&approving), ["because", "not-told"]);
    house
        .decided(&noor(), &ask("assist.failed_payment", "p-1"))
        .await;
    let view = house
        .decided(&noor(), &refund("p-1", "R-1", "150.00", &noor()))
        .await;
    assert_eq!(view.verdict, Verdict::Hold);
}

#[tokio::test]
async fn a_refund_says_which_it_is_and_how_much() {
    let house = house();
    for (operation, field) in [("assist.refund", "id"), ("assist.approve", "amount")] {
        let mut body = of_refund(operation, "p-1", "R-1", "5.00", &noor());
        body["refund"]
            .as_object_mut()
            .expect("an object")
            .remove(field);
        let problem = house.refused(&noor(), &body).await;
        assert_eq!(
            problem.where_it_is(),
            Some(format!("/refund/{field}").as_str())
        );
    }
}

/// However many requests are held, the payment can be asked about and refunded.
#[tokio::test]
async fn held_requests_do_not_wear_out_a_payment() {
    let house = house();
    house.released("p-1", "490.00", &[noor(), tom()]).await;
    for number in 0..120 {
        let body = refund("p-1", &format!("R-1{number}"), "150.00", &noor());
        assert_eq!(house.decided(&noor(), &body).await.verdict, Verdict::Hold);
    }
    let view = house
        .decided(&noor(), &refund("p-1", "R-2", "5.00", &noor()))
        .await;
    assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
}

/// R12: support gets nothing that the customer's own channel would be refused, or asked a step for that support is not.
#[tokio::test]
async fn support_is_nowhere_milder_than_the_customers_own_channel() {
    let house = house();
    let mut number = 0;
    for euros in ["5.00", "30.01", "150.00", "490.01"] {
        for (known, approved) in [(true, false), (true, true), (false, false), (false, true)] {
            let mut verdicts = Vec::new();
            for who in [service(), noor()] {
                number += 1;
                let id = format!("p-{number}");
                let mut body = own_customer(number, "490.00");
                if !known {
                    body["payer"]["credentials_changed_at"] = "2026-06-01T00:00:00Z".into();
                }
                house.decided(&service(), &body).await;
                for told in [noor(), tom()] {
                    house
                        .decided(&told, &ask("assist.failed_payment", &id))
                        .await;
                }
                let body = refund(&id, "R-1", euros, &who);
                let asked = house.decided(&who, &body).await;
                let mut last = asked.clone();
                if approved && asked.verdict == Verdict::Hold {
                    if has(&asked, ObligationKind::StepUp) {
                        house.customer_approves(&id, &asked).await;
                    }
                    last = house.decided(&who, &body).await;
                }
                verdicts.push((
                    asked.verdict,
                    has(&asked, ObligationKind::StepUp),
                    last.verdict,
                ));
            }
            let [own, support] = verdicts[..] else {
                panic!("two")
            };
            assert!(
                support.0 >= own.0,
                "{euros} {known} {approved}: {support:?} {own:?}"
            );
            assert!(
                support.1 >= own.1,
                "{euros} {known} {approved}: {support:?} {own:?}"
            );
            assert!(
                support.2 >= own.2,
                "{euros} {known} {approved}: {support:?} {own:?}"
            );
        }
    }
}
