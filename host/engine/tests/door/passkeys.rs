//! Passkeys, by an authenticator that is not ours: enrolled by the service, asked for by policies, checked by the host.

use serde_json::{Value as Json, json};
use weft_engine::sets::Order;
use weft_engine::{Caller, DecisionView, Role};
use weft_tests::{Authenticator, Counter};
use weft_verdict::Verdict;

use crate::house::{
    House, ORIGIN, Site, agent, answer, ask, caller, codes, payment, service, state,
};
use crate::policies::{PolicyFile, amounts_by, assistance, rule};
use crate::secrets::{files, found};

/// What holds or challenges asks for a passkey.
fn site() -> Site {
    let mut policies = assistance();
    policies.push(amounts_by("passkey"));
    policies.push(own_channel());
    Site::new(&policies)
}

/// Services enrol and remove factors, as in the project's own policy.
pub(crate) fn own_channel() -> PolicyFile {
    let rules = String::from("rules:\n")
        + &rule("own", "session.role == 'service'", "allow", "")
        + &rule("not-own", "session.role != 'service'", "deny", "");
    let on = "assist.enrol_factor, assist.remove_factor";
    PolicyFile::new("test.factors", on, &rules).on_missing("deny")
}

/// The enrolment of a passkey for who pays with [`payment`].
fn enrolment(id: &str, made: &Json) -> Json {
    json!({"operation": "assist.enrol_factor", "payer": {"account": "BE68 5390 0754 7034"},
           "factor": {"id": id, "method": "passkey", "credential": made["credential"],
                      "public_key": made["public_key"], "sign_count": made["sign_count"]}})
}

fn removal(id: &str) -> Json {
    json!({"operation": "assist.remove_factor", "payer": {"account": "BE68 5390 0754 7034"}, "factor": {"id": id}})
}

/// A passkey and its device.
async fn enrolled(house: &House, id: &str, counter: Counter) -> (Authenticator, Json) {
    let mut device = Authenticator::new(counter);
    let made = device.make(ORIGIN, "pay.example");
    let view = house.decided(&service(), &enrolment(id, &made)).await;
    assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
    (device, made)
}

impl House {
    /// A payment that waits for a passkey: the challenge's id, and what the channel gives to the browser.
    async fn asks_for_passkey(&self, id: &str, euros: &str) -> (String, Json) {
        let view = self.decided(&service(), &payment(id, euros)).await;
        let challenge = view.challenge.expect("a challenge");
        assert_eq!((challenge.method, &challenge.response), ("passkey", &None));
        let options = challenge.public_key.expect("for the channel");
        (challenge.id, serde_json::to_value(options).expect("JSON"))
    }

    async fn answered(&self, payment: &str, challenge: &str, response: &str) -> DecisionView {
        let body = answer(payment, challenge, response);
        self.decided(&service(), &body).await
    }
}

fn released(view: &DecisionView) -> bool {
    let again = view.decided_again.as_deref();
    again.and_then(state) == Some("released")
}

/// R5, R13: from the enrolment to the release, and what is on record of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_released_by_the_customers_passkey() {
    let house = site().start();
    let (mut device, made) = enrolled(&house, "F-1", Counter::Counts).await;
    let (challenge, options) = house.asks_for_passkey("p-1", "700.00").await;
    assert_eq!(options["rpId"], "pay.example");
    assert_eq!(options["userVerification"], "required");
    let ids = json!([{"type": "public-key", "id": made["credential"]}]);
    assert_eq!(options["allowCredentials"], ids);
    let response = device.get(ORIGIN, &options);
    let view = house.answered("p-1", &challenge, &response).await;
    assert!(released(&view), "{view:?}");
    let last = house.chain("p-1").pop().expect("a record");
    assert_eq!(last.facts["evidence.method"], "passkey");
    assert_eq!(last.facts["factor.passkey"], true);
    assert_eq!(last.findings[0].discharged, Some(Verdict::Challenge));
    // A held payment waits for support besides, for which the passkey is evidence as anything else is.
    let (challenge, options) = house.asks_for_passkey("p-2", "1890.00").await;
    let response = device.get(ORIGIN, &options);
    let view = house.answered("p-2", &challenge, &response).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Allow, Some("pending"))
    );
    let view = house.decided(&agent(), &ask("assist.confirm", "p-2")).await;
    assert!(released(&view), "{view:?}");
}

/// R5, T10: the same passkey's signature for another payment, amount or payee is worth nothing, and counts as a wrong answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_signed_for_another_payment_is_refused() {
    let house = site().start();
    let (mut device, _) = enrolled(&house, "F-1", Counter::None).await;
    let (first, options) = house.asks_for_passkey("p-1", "700.00").await;
    let of_first = device.get(ORIGIN, &options);
    // Another amount; another payee; the same again.
    let mut payee = payment("p-3", "700.00");
    payee["payee"]["account"] = "NL91 ABNA 0417 1643 00".into();
    for body in [payment("p-2", "701.00"), payee, payment("p-4", "700.00")] {
        let id = body["payment"]["id"].as_str().expect("an id").to_owned();
        let view = house.decided(&service(), &body).await;
        let challenge = view.challenge.expect("a challenge").id;
        let refused = house.answered(&id, &challenge, &of_first).await;
        assert_eq!(refused.verdict, Verdict::Deny, "{refused:?}");
        assert!(codes(&refused).contains(&"challenge-failed"), "{refused:?}");
        // Nor under the name of the challenge that it was signed for.
        let refused = house.answered(&id, &first, &of_first).await;
        assert!(
            codes(&refused).contains(&"challenge-unknown"),
            "{refused:?}"
        );
    }
    assert!(released(&house.answered("p-1", &first, &of_first).await));
}

/// R5, T11: an answer counts once, also for a host that was killed after it; a second one, to the very end of the hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_counts_once_also_after_a_crash() {
    for counter in [Counter::None, Counter::Counts] {
        let house = site().start();
        let (mut device, _) = enrolled(&house, "F-1", counter).await;
        // What a host finds that was killed is what it knew: the passkey too.
        let house = house.site.copy().start();
        let (challenge, options) = house.asks_for_passkey("p-1", "1890.00").await;
        let response = device.get(ORIGIN, &options);
        let first = house.answered("p-1", &challenge, &response).await;
        assert_eq!(first.verdict, Verdict::Allow);
        let killed = house.site.copy().start();
        for house in [&house, &killed] {
            // The same again changes nothing and renews nothing.
            let again = house.answered("p-1", &challenge, &response).await;
            assert!(again.decided_again.is_none(), "{again:?}");
            let other = device.get(ORIGIN, &options);
            let other = house.answered("p-1", &challenge, &other).await;
            let refused = codes(&other).contains(&"challenge-passed-before");
            assert!(refused || counter == Counter::None, "{other:?}");
            let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
            assert!(released(&view), "{view:?}");
            let late = house.answered("p-1", &challenge, &response).await;
            assert_eq!(late.verdict, Verdict::Deny);
            assert_eq!(house.times_decided("p-1"), 2);
        }
    }
}

/// R5: a counter that does not grow is that of a copy. The host knows the last one also after a start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_counter_that_goes_back_is_refused() {
    let house = site().start();
    let (mut device, made) = enrolled(&house, "F-1", Counter::Counts).await;
    let (challenge, options) = house.asks_for_passkey("p-1", "700.00").await;
    let early = device.get(ORIGIN, &options);
    // The device signs further payments before its first answer arrives.
    let (later, options) = house.asks_for_passkey("p-2", "701.00").await;
    let response = device.get(ORIGIN, &options);
    assert!(released(&house.answered("p-2", &later, &response).await));
    let house = house.restart().await;
    let view = house.answered("p-1", &challenge, &early).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
    // An enrolment says where the counter stands.
    let mut ahead = enrolment("F-2", &made);
    ahead["factor"]["sign_count"] = 1_000.into();
    house.decided(&service(), &removal("F-1")).await;
    assert_eq!(
        house.decided(&service(), &ahead).await.verdict,
        Verdict::Allow
    );
    let (challenge, options) = house.asks_for_passkey("p-3", "702.00").await;
    let response = device.get(ORIGIN, &options);
    let view = house.answered("p-3", &challenge, &response).await;
    assert_eq!(view.verdict, Verdict::Deny);
}

/// R5, T02: neither an agent nor another service answers, whatever they hold, and no site but the platform's own asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_answers_through_the_own_channel_and_for_the_own_site_only() {
    let house = site().start();
    let (mut device, _) = enrolled(&house, "F-1", Counter::None).await;
    let (challenge, options) = house.asks_for_passkey("p-1", "1890.00").await;
    let elsewhere = device.get("https://help.pay.example", &options);
    let view = house.answered("p-1", &challenge, &elsewhere).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
    let refused = device.try_get("https://pay-example.test", &options);
    assert!(
        refused["refused"].is_string(),
        "the client itself: {refused}"
    );
    let response = device.get(ORIGIN, &options);
    for who in [agent(), caller("other", Role::Service)] {
        let mut body = answer("p-1", &challenge, &response);
        body["case"] = json!({"id": "case-1042"});
        body["evidence"] = json!({"step_up": true, "method": "passkey"});
        body["verified"] = true.into();
        let view = house.decided(&who, &body).await;
        assert!(!view.verdict.is_granted(), "{view:?}");
    }
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    assert_eq!(view.verdict, Verdict::Deny, "nobody passed: {view:?}");
    // Agents see that a passkey is asked for, and not what the browser gets.
    let seen = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let seen = seen.challenge.expect("support sees what is asked");
    assert_eq!((seen.method, &seen.public_key), ("passkey", &None));
    let view = house.answered("p-1", &challenge, &response).await;
    assert_eq!(view.verdict, Verdict::Allow);
}

/// R12: who takes over a session and enrols a passkey of their own has nothing by it for what waits already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_that_is_enrolled_later_or_removed_does_not_count() {
    let house = site().start();
    let (mut device, _) = enrolled(&house, "F-1", Counter::None).await;
    let (challenge, mut options) = house.asks_for_passkey("p-1", "1890.00").await;
    let (mut thief, made) = enrolled(&house, "F-2", Counter::None).await;
    let refused = thief.try_get(ORIGIN, &options);
    assert!(refused["refused"].is_string(), "{refused}");
    let right = device.get(ORIGIN, &options);
    options["allowCredentials"][0]["id"] = made["credential"].clone();
    let stolen = thief.get(ORIGIN, &options);
    let view = house.answered("p-1", &challenge, &stolen).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
    // The customer's own counts until it is removed, and not after a start either.
    let view = house.decided(&service(), &removal("F-1")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    let house = house.restart().await;
    let view = house.answered("p-1", &challenge, &right).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
}

/// A customer without a passkey is asked for none, and what asks for one is not passed by anything less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_passkey_nothing_takes_its_place() {
    let house = site().start();
    let (_device, _) = enrolled(&house, "F-1", Counter::None).await;
    let mut other = payment("p-1", "700.00");
    other["payer"]["customer"] = "U-77".into();
    let other_service = caller("other", Role::Service);
    for (who, body) in [
        (service(), other),
        (other_service, payment("p-2", "700.00")),
    ] {
        let view = house.decided(&who, &body).await;
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Challenge, Some("pending"))
        );
        assert!(view.challenge.is_none(), "{view:?}");
    }
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 2);
}

/// R5: only a service enrols and removes, each name once, and nothing that cannot be checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_factor_is_enrolled_by_the_customers_service_once() {
    let house = site().start();
    let (mut device, made) = enrolled(&house, "F-1", Counter::None).await;
    let denied = |body: Json, who: Caller| {
        let house = &house;
        async move {
            let view = house.decided(&who, &body).await;
            assert_eq!(view.verdict, Verdict::Deny, "{view:?}");
            codes(&view).join(" ")
        }
    };
    assert!(
        denied(enrolment("F-1", &made), service())
            .await
            .contains("factor-enrolled-before")
    );
    assert!(
        denied(removal("F-9"), service())
            .await
            .contains("factor-unknown")
    );
    assert!(
        denied(removal("F-1"), caller("other", Role::Service))
            .await
            .contains("factor-unknown")
    );
    denied(enrolment("F-2", &made), agent()).await;
    denied(removal("F-1"), agent()).await;
    let mut unusable = enrolment("F-2", &made);
    unusable["factor"]["public_key"] = "AQID".into();
    assert!(
        denied(unusable, service())
            .await
            .contains("factor-not-usable")
    );
    for lacking in ["id", "method", "credential", "public_key"] {
        let mut body = enrolment("F-2", &made);
        body["factor"][lacking] = Json::Null;
        let problem = house.refused(&service(), &body).await;
        assert_eq!(problem.code(), "missing-field", "{lacking}");
    }
    let mut nobody = enrolment("F-2", &made);
    nobody["payer"] = json!({"name": "Ines Peeters"});
    assert_eq!(
        house.refused(&service(), &nobody).await.code(),
        "missing-field"
    );
    // A payment enrols nothing, whatever it says.
    let mut body = payment("p-1", "27.40");
    body["factor"] = enrolment("F-3", &device.make(ORIGIN, "pay.example"))["factor"].clone();
    body["factor"]["step"] = "enrol".into();
    house.decided(&service(), &body).await;
    let record = house.chain("p-1").remove(0);
    assert!(!record.facts.contains_key("factor.id") && !record.facts.contains_key("factor.step"));
    assert!(
        denied(removal("F-3"), service())
            .await
            .contains("factor-unknown")
    );
}

/// The example that integrators start from is taken, by the project's own policy; the same by an agent is not.
#[tokio::test]
async fn the_example_of_an_enrolment_is_taken() {
    let site = Site::new(&assistance());
    site.write_own("assistance/factors.yaml");
    let house = site.start();
    let example = include_str!("../../../../examples/evidence/enrol-passkey.json");
    let example: Json = serde_json::from_str(example).expect("JSON");
    let view = house.decided(&agent(), &example).await;
    assert_eq!(view.verdict, Verdict::Deny, "{view:?}");
    let view = house.decided(&service(), &example).await;
    assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
}

/// R5: a passkey goes with its customer, is in clear nowhere, and leaves a host that starts again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_has_no_passkey_any_more() {
    let house = site().start();
    let (mut device, made) = enrolled(&house, "F-1", Counter::None).await;
    let (challenge, options) = house.asks_for_passkey("p-1", "1890.00").await;
    let response = device.get(ORIGIN, &options);
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let (id, key) = (text("credential"), text("public_key"));
    files(&house.site.data_dir(), &mut |path, bytes| {
        let seen = found(bytes, &[&id, &key]);
        assert!(seen.is_empty(), "{}: {seen:?}", path.display());
    });
    let token = house.chain("p-1").remove(0).facts["payer.account"].clone();
    let order = Order {
        by: "ops".into(),
        reason: Some("asked for".into()),
    };
    let whose = token.as_str().expect("a token").to_owned();
    house.engine.erase(whose, order).await.expect("erased");
    let view = house.answered("p-1", &challenge, &response).await;
    assert!(!view.verdict.is_granted(), "{view:?}");
    let house = house.restart().await;
    let view = house.answered("p-1", &challenge, &response).await;
    assert!(!view.verdict.is_granted(), "{view:?}");
    let view = house.decided(&service(), &payment("p-2", "700.00")).await;
    assert!(
        view.challenge.is_none(),
        "the same person is somebody new: {view:?}"
    );
}
