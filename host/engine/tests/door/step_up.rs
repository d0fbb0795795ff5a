//! The other ways to pass a challenge, and what rules each of them out.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha1::Sha1;
use weft_engine::DecisionView;
use weft_tests::{Authenticator, Counter};
use weft_verdict::Verdict;

use crate::house::{
    House, ORIGIN, Site, agent, answer, ask, codes, payment, service, service_secret, state,
};
use crate::passkeys::own_channel;
use crate::policies::{amounts_by, assistance};
use crate::refund::{noor, own_customer, refund, site as with_refunds};
use crate::secrets::{files, found};

/// Of RFC 6238, in base32.
pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn house(method: &str) -> House {
    let mut policies = assistance();
    policies.push(amounts_by(method));
    policies.push(own_channel());
    Site::new(&policies).start()
}

/// What an authenticator app shows, by RFC 6238 and not by the host's code.
pub(crate) fn code_at(now: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(b"12345678901234567890").expect("a key");
    mac.update(&(now / 30_000).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0xf);
    let cut = hash[offset..offset + 4].try_into().expect("four bytes");
    format!("{:06}", (u32::from_be_bytes(cut) & 0x7fff_ffff) % 1_000_000)
}

impl House {
    async fn enrols_codes(&self) {
        let body = json!({"operation": "assist.enrol_factor", "payer": {"account": "BE68 5390 0754 7034"},
                          "factor": {"id": "F-1", "method": "totp", "secret": SECRET}});
        let view = self.decided(&service(), &body).await;
        assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
        // The code of the enrolment counts for nothing else.
        self.pass_minutes(1);
    }

    async fn challenged(&self, id: &str, euros: &str) -> String {
        let view = self.decided(&service(), &payment(id, euros)).await;
        view.challenge.expect("a challenge").id
    }

    async fn says(&self, payment: &str, challenge: &str, response: &str) -> DecisionView {
        self.decided(&service(), &answer(payment, challenge, response))
            .await
    }
}

fn released(view: &DecisionView) -> bool {
    view.decided_again.as_deref().and_then(state) == Some("released")
}

/// R5, T10, T11: a code counts once, for one payment, in its time, for a host that was killed too; the secret is nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_by_the_time_counts_once_and_for_one_payment() {
    let house = house("totp");
    house.enrols_codes().await;
    let first = house.challenged("p-1", "700.00").await;
    let second = house.challenged("p-2", "701.00").await;
    let code = code_at(house.now().0);
    assert!(released(&house.says("p-1", &first, &code).await));
    files(&house.site.data_dir(), &mut |path, bytes| {
        let seen = found(bytes, &[SECRET, "12345678901234567890"]);
        assert!(seen.is_empty(), "{}: {seen:?}", path.display());
    });
    let killed = house.site.copy().start();
    killed.pass_minutes(1);
    for house in [&house, &killed] {
        let view = house.says("p-2", &second, &code).await;
        assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
        let view = house.says("p-1", &first, &code).await;
        assert_eq!(view.verdict, Verdict::Deny);
    }
    // The next one does, and one that is two steps old does not.
    let old = code_at(house.now().0);
    house.pass_minutes(1);
    let view = house.says("p-2", &second, &old).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
    let next = code_at(house.now().0);
    assert!(released(&house.says("p-2", &second, &next).await));
    // Guessing ends after five.
    let third = house.challenged("p-3", "702.00").await;
    house.pass_minutes(1);
    for _ in 0..5 {
        house.says("p-3", &third, "not-a-code").await;
    }
    let late = house.says("p-3", &third, &code_at(house.now().0)).await;
    assert!(
        codes(&late).contains(&"challenge-attempts-exhausted"),
        "{late:?}"
    );
}

/// R5, T10: where dynamic linking is demanded, a code that is made for no amount does not count, by the project's policy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_refused_where_dynamic_linking_is_demanded() {
    let mut policies = assistance();
    policies.push(amounts_by("totp"));
    policies.push(own_channel());
    let site = Site::new(&policies);
    site.write_own("authentication/dynamic-linking.yaml");
    let house = site.start();
    house.enrols_codes().await;
    let challenge = house.challenged("p-1", "700.00").await;
    let view = house.says("p-1", &challenge, &code_at(house.now().0)).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Deny, Some("refused"))
    );
    assert!(codes(&again).contains(&"amount-changed"), "{again:?}");
}

/// The answer of the platform's own authentication service.
pub(crate) fn approval(commitment: &str, now: u64, channel: &str) -> String {
    let at = now / 1_000;
    let signed = format!("weft/out-of-band/v1\n{commitment}\n{at}\n{channel}\n");
    let signature = service_secret().sign(signed.as_bytes()).to_bytes();
    format!("{at}.{channel}.{}", BASE64URL_NOPAD.encode(&signature))
}

fn commitment(view: &DecisionView) -> String {
    let challenge = view.challenge.as_ref().expect("a challenge");
    let commitment = challenge.commitment.clone().expect("for the channel");
    assert!(HEXLOWER_PERMISSIVE.decode(commitment.as_bytes()).is_ok());
    commitment
}

/// R5, T10, T11: the signature of the platform's service is for one payment, counts once, and not when it is old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_out_of_band_is_for_one_payment_and_once() {
    let house = house("out-of-band");
    let first = house.decided(&service(), &payment("p-1", "700.00")).await;
    let second = house.decided(&service(), &payment("p-2", "701.00")).await;
    let id = |view: &DecisionView| view.challenge.as_ref().expect("a challenge").id.clone();
    let right = approval(&commitment(&first), house.now().0, "push");
    let view = house.says("p-2", &id(&second), &right).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
    let view = house.says("p-1", &id(&first), &right).await;
    assert!(released(&view), "{view:?}");
    let record = house.chain("p-1").pop().expect("a record");
    assert_eq!(record.facts["evidence.channel"], "push");
    let killed = house.site.copy().start();
    for house in [&house, &killed] {
        let view = house.says("p-1", &id(&first), &right).await;
        assert_eq!(view.verdict, Verdict::Deny);
    }
    let old = approval(&commitment(&second), house.now().0, "push");
    house.pass_minutes(6);
    let view = house.says("p-2", &id(&second), &old).await;
    assert!(codes(&view).contains(&"challenge-failed"), "{view:?}");
}

/// The project's own policy on what a change rules out, beside payments that ask for a method.
fn after_change(method: &str) -> House {
    let mut policies = assistance();
    policies.push(amounts_by(method));
    policies.push(own_channel());
    let site = Site::new(&policies);
    site.write_own("authentication/after-change.yaml");
    site.start()
}

/// R11, T09: two hours after a change of the SIM card a text message does not count; the app is asked for instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_change_of_sim_card_a_text_message_does_not_count() {
    let house = after_change("out-of-band");
    for (euros, channel) in [("700.00", "sms"), ("1890.00", "voice"), ("700.00", "push")] {
        let id = format!("p-1-{channel}");
        let mut body = payment(&id, euros);
        body["payer"]["sim_changed_at"] = "2026-06-01T10:00:00Z".into();
        let asked = house.decided(&service(), &body).await;
        let said = approval(&commitment(&asked), house.now().0, channel);
        let challenge = asked.challenge.expect("a challenge").id;
        let view = house.says(&id, &challenge, &said).await;
        if channel == "push" {
            assert!(released(&view), "{view:?}");
            continue;
        }
        assert_eq!(
            (view.verdict, state(&view)),
            (Verdict::Challenge, Some("pending"))
        );
        assert!(codes(&view).contains(&"sim-changed"), "{view:?}");
        let more = view.challenge.expect("a stronger one in its place");
        assert_eq!(more.method, "app-approval");
        // What was passed is evidence for nobody.
        let confirm = house.decided(&agent(), &ask("assist.confirm", &id)).await;
        assert_eq!(confirm.verdict, Verdict::Deny, "{confirm:?}");
        let old = house.says(&id, &challenge, &said).await;
        assert!(codes(&old).contains(&"challenge-unknown"), "{old:?}");
        // The stronger one outlives a crash, and is passed.
        let house = house.site.copy().start();
        let response = more.response.expect("for the channel");
        let view = house.says(&id, &more.id, &response).await;
        assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
        let view = match euros {
            "700.00" => view,
            _ => house.decided(&agent(), &ask("assist.confirm", &id)).await,
        };
        assert!(released(&view), "{view:?}");
    }
}

/// The project's own policies about refunds, with what a change rules out.
fn refunds_after_change() -> House {
    let site = with_refunds();
    site.write_own("authentication/after-change.yaml");
    site.start()
}

/// Whose device changed an hour before.
fn new_device(number: usize, euros: &str) -> Json {
    let mut body = own_customer(number, euros);
    body["device"]["token_activated_at"] = "2026-06-01T11:00:00Z".into();
    body
}

/// R11, R12, T09: after a change of device nothing but a passkey from before it counts, for payments and for refunds, whoever
/// asks for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_change_of_device_only_a_passkey_from_before_it_counts() {
    for (number, who) in [(1, service()), (2, noor())] {
        let house = refunds_after_change();
        let id = format!("p-{number}");
        let mut device = Authenticator::new(Counter::None);
        let made = device.make(ORIGIN, "pay.example");
        let enrolment = json!({"operation": "assist.enrol_factor", "payer": {"customer": format!("U-{number}")},
            "factor": {"id": "F-1", "method": "passkey", "credential": made["credential"],
                       "public_key": made["public_key"]}});
        // Enrolled two hours before the device changed, as far as the payment says.
        house.decided(&service(), &enrolment).await;
        let mut body = own_customer(number, "490.00");
        body["device"]["token_activated_at"] = "2026-06-01T13:00:00Z".into();
        house.pass_minutes(120);
        let view = house.decided(&service(), &body).await;
        assert!(view.verdict.is_granted(), "{view:?}");
        house
            .decided(&noor(), &ask("assist.failed_payment", &id))
            .await;
        let asking = refund(&id, "R-1", "45.00", &who);
        let held = house.decided(&who, &asking).await;
        assert_eq!(held.verdict, Verdict::Hold, "{held:?}");
        let seen = house.engine.decision(&service(), &held.decision).await;
        let first = seen
            .unwrap_or_else(|p| panic!("{p}"))
            .challenge
            .expect("a challenge");
        assert_eq!(first.method, "app-approval");
        let response = first.response.expect("for the channel");
        let view = house.says(&id, &first.id, &response).await;
        assert!(codes(&view).contains(&"credentials-changed"), "{view:?}");
        let more = view.challenge.expect("a stronger one in its place");
        let options = serde_json::to_value(more.public_key.expect("a passkey")).expect("JSON");
        // Not yet: what was passed is ruled out.
        let early = house.decided(&who, &asking).await;
        assert!(!early.verdict.is_granted(), "{early:?}");
        let view = house
            .says(&id, &more.id, &device.get(ORIGIN, &options))
            .await;
        assert_eq!(view.verdict, Verdict::Allow, "{view:?}");
        let done = house.decided(&who, &asking).await;
        assert_eq!(done.verdict, Verdict::Allow, "{done:?}");
    }
}

/// R12: a passkey that was enrolled after the change is ruled out, too, and nothing takes its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_change_of_device_a_new_passkey_does_not_count() {
    let house = refunds_after_change();
    let mut device = Authenticator::new(Counter::None);
    let made = device.make(ORIGIN, "pay.example");
    let enrolment = json!({"operation": "assist.enrol_factor", "payer": {"customer": "U-1"},
        "factor": {"id": "F-1", "method": "passkey", "credential": made["credential"],
                   "public_key": made["public_key"]}});
    house.decided(&service(), &enrolment).await;
    let asked = house.decided(&service(), &new_device(1, "700.00")).await;
    let first = asked.challenge.expect("a challenge");
    let response = first.response.expect("for the channel");
    let view = house.says("p-1", &first.id, &response).await;
    let more = view.challenge.expect("a passkey");
    let options = serde_json::to_value(more.public_key.expect("a passkey")).expect("JSON");
    let view = house
        .says("p-1", &more.id, &device.get(ORIGIN, &options))
        .await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Hold, Some("pending"))
    );
    assert!(codes(&view).contains(&"enrolled-since"), "{view:?}");
    assert!(view.challenge.is_none() && view.decided_again.is_none());
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 1);
}
