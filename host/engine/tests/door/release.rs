//! Values of the vault for people, and how often people are shown anything.

use serde_json::{Value as Json, json};
use weft_audit::{EventRecord, Record};
use weft_engine::{Caller, ReleaseAsk, Released, Role};
use weft_intake::Problem;

use crate::house::{House, Site, agent, ask, caller, payment, service};
use crate::policies::{disclosure, replies, usual};

const PHONE: &str = "+32470123456";

fn release(id: &str, purpose: &str, grants: &str, budget: &str) -> String {
    disclosure(
        id,
        &format!(
            "purpose: {purpose}\nreaders: [agent, supervisor]\nrelease: {{within: 15m}}\ngrants:\n{grants}budget: {budget}\n"
        ),
    )
}

const MANY: &str = "{per_case: 9, per_customer: 9, per_day: 9}";

fn site() -> Site {
    let site = Site::new(&usual());
    let phone = "  - {field: payer.phone, treatment: clear}\n  - {field: payer.name, treatment: masked}\n  - {field: \
                 instrument.pan, treatment: masked}\n";
    site.write_disclosure("call", &release("test.call", "call-back", phone, MANY));
    let email = "  - {field: payer.email, treatment: clear}\n";
    site.write_disclosure("mail", &release("test.mail", "write-to", email, MANY));
    site
}

/// A host with a held payment about which an agent has asked in a case.
async fn asked() -> House {
    let house = site().start();
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    house
}

fn token(house: &House, field: &str) -> String {
    let fact = &house.chain("p-1")[0].facts[field];
    fact.as_str().expect("a token").to_owned()
}

fn wish(case: &str, purpose: &str, field: &str, token: &str) -> ReleaseAsk {
    ReleaseAsk {
        case: case.to_owned(),
        purpose: purpose.to_owned(),
        field: field.to_owned(),
        token: (!token.is_empty()).then(|| token.to_owned()),
        trace: None,
    }
}

async fn get(house: &House, by: &Caller, wish: ReleaseAsk) -> Result<Released, Problem> {
    house.engine.release(by, wish).await
}

fn text(released: &Released) -> String {
    released.expose(str::to_owned)
}

/// The events about disclosures, oldest first.
fn events(house: &House) -> Vec<EventRecord> {
    let log = house.engine.log();
    let all = (0..log.len()).filter_map(|index| match log.get(index) {
        Ok(Some(Record::Event(event))) => Some(event),
        _ => None,
    });
    all.filter(|event| event.event.starts_with("disclosure."))
        .collect()
}

#[tokio::test]
async fn a_value_is_released_within_its_case_and_on_record_before() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    let by_token = wish("case-1042", "call-back", "payer.phone", &phone);
    let released = get(&house, &agent(), by_token).await;
    let released = released.unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(text(&released), PHONE);
    assert_eq!(format!("{released:?}").find(PHONE), None);
    assert_eq!(
        serde_json::to_string(&released).expect("JSON").find(PHONE),
        None
    );
    // Who names no token gets the value of the payment that was asked about in the case.
    let plain = wish("case-1042", "call-back", "payer.phone", "");
    let again = get(&house, &agent(), plain).await;
    assert_eq!(
        text(&again.unwrap_or_else(|problem| panic!("{problem}"))),
        PHONE
    );
    let [event, _] = &events(&house)[..] else {
        panic!("two events")
    };
    let detail = &event.detail;
    assert_eq!(event.event, "disclosure.released");
    for (name, value) in [
        ("id", json!(released.id)),
        ("by", json!("agent-7")),
        ("role", json!("agent")),
        ("case", json!("case-1042")),
        ("transaction", json!("p-1")),
        ("purpose", json!("call-back")),
        ("requested", json!(["payer.phone"])),
        ("allowed", json!("clear")),
        ("disclosed", json!("clear")),
        ("disclosure", json!("test.call")),
        ("legal_basis", json!("the basis of test.call")),
        ("token", json!(phone)),
        ("policy_set", json!(house.engine.pipeline().digest())),
    ] {
        assert_eq!(detail.get(name), Some(&value), "{name}");
    }
}

#[tokio::test]
async fn masks_leave_what_may_be_seen() {
    let house = asked().await;
    for (field, seen) in [
        ("payer.name", "i•••"),
        ("instrument.pan", "************1111"),
    ] {
        let wish = wish("case-1042", "call-back", field, &token(&house, field));
        let released = get(&house, &agent(), wish).await;
        let released = released.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(text(&released), seen);
    }
}

/// Whom the vault knows as one person is one customer, whichever identifiers a payment shows.
#[tokio::test]
async fn a_budget_of_a_customer_holds_over_all_their_identifiers() {
    let site = Site::new(&usual());
    let grants = "  - {field: payer.phone, treatment: clear}\n";
    let budget = "{per_case: 9, per_customer: 3, per_day: 90}";
    site.write_disclosure("call", &release("test.call", "call-back", grants, budget));
    let mut house = site.start();
    let mut got = Vec::new();
    for (id, customer, account, card) in [
        ("p-1", None, Some("BE68539007547034"), "4111111111111111"),
        (
            "p-2",
            Some("C-1"),
            Some("BE68539007547034"),
            "4111111111111111",
        ),
        ("p-3", None, None, "4111111111111111"),
        ("p-4", None, None, "5555555555554444"),
    ] {
        let mut body = payment(id, "1890.00");
        body["payer"]["customer"] = json!(customer);
        body["payer"]["account"] = json!(account);
        body["instrument"]["pan"] = json!(card);
        for name in ["customer", "account"] {
            if body["payer"][name].is_null() {
                body["payer"]
                    .as_object_mut()
                    .expect("an object")
                    .remove(name);
            }
        }
        house.decided(&service(), &body).await;
        let mut question = ask("assist.failed_payment", id);
        question["case"]["id"] = json!(format!("case-of-{id}"));
        house.decided(&agent(), &question).await;
        for _ in 0..2 {
            let wish = wish(&format!("case-of-{id}"), "call-back", "payer.phone", "");
            got.push(get(&house, &agent(), wish).await.is_ok());
        }
        // The counts are those of the log.
        house = house.restart().await;
    }
    let [first, rest] = [&got[..3], &got[3..]];
    assert_eq!(first, [true; 3]);
    assert_eq!(rest, [false; 5], "three a day are the most of one person");
    // Somebody else has a budget of their own, also with the same name and device.
    let mut body = payment("p-5", "1890.00");
    body["payer"]["account"] = json!("FR1420041010050500013M02606");
    body["payer"]["phone"] = json!("+33612345678");
    body["payer"]["email"] = json!("other@example.org");
    body["instrument"]["pan"] = json!("4000000000000002");
    house.decided(&service(), &body).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-5"))
        .await;
    let wish = wish("case-1042", "call-back", "payer.phone", "");
    assert!(get(&house, &agent(), wish).await.is_ok());
}

/// A disclosure grants a note, and no card number that a customer wrote into it.
#[tokio::test]
async fn a_text_is_released_without_what_customers_wrote_into_it() {
    let site = Site::new(&usual());
    let grants = "  - {field: payment.remittance, treatment: clear}\n  - {field: payee.name, treatment: clear}\n";
    site.write_disclosure("text", &release("test.text", "read", grants, MANY));
    let house = site.start();
    let mut body = payment("p-1", "1890.00");
    body["payment"]["remittance"] =
        json!("rent, card 4111 1111 1111 1111 cvv 123 call +32470998877");
    body["payee"]["name"] = json!("Ali 4111111111111111");
    house.decided(&service(), &body).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    for (field, seen) in [
        (
            "payment.remittance",
            "rent, card [covered] cvv [covered] call [covered]",
        ),
        ("payee.name", "ali [covered]"),
    ] {
        let wish = wish("case-1042", "read", field, "");
        let released = get(&house, &agent(), wish).await;
        let released = released.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(text(&released), seen);
    }
}

/// Whatever a refusal rests on, its answer is the same but for its id; the log has the reason.
#[tokio::test]
async fn refusals_are_alike_and_each_is_on_record_with_its_reason() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    let email = token(&house, "payer.email");
    let (_, body) = phone.rsplit_once('_').expect("a token");
    let unknown = phone.replace(body, &"a".repeat(26));
    let abroad = phone.replace("tok_eu_", "tok_in_");
    let (case, call) = ("case-1042", "call-back");
    let other = caller("agent-8", Role::Agent);
    let field = "payer.phone";
    let tries = [
        (
            &agent(),
            wish("case-1", call, field, &phone),
            "not-the-callers-case",
        ),
        (
            &other,
            wish(case, call, field, &phone),
            "not-the-callers-case",
        ),
        (
            &agent(),
            wish(case, "write-to", field, &phone),
            "field-not-granted",
        ),
        (
            &agent(),
            wish(case, "gossip", field, &phone),
            "purpose-not-granted",
        ),
        (
            &agent(),
            wish(case, call, "payer.email", &email),
            "field-not-granted",
        ),
        (
            &agent(),
            wish(case, call, "payer.shoe_size", &phone),
            "field-not-granted",
        ),
        (&agent(), wish(case, call, field, &email), "not-of-the-case"),
        (
            &agent(),
            wish(case, call, field, &unknown),
            "not-of-the-case",
        ),
        (&agent(), wish(case, call, field, &abroad), "other-region"),
        (
            &service(),
            wish(case, call, field, &phone),
            "role-not-granted",
        ),
    ];
    let mut bodies = Vec::new();
    let mut reasons = Vec::new();
    for (by, wish, reason) in tries {
        let problem = get(&house, by, wish).await.expect_err("refused");
        let mut body = problem.to_json();
        let id = body["id"].take();
        bodies.push(body.to_string());
        reasons.push((id, Json::from(reason)));
    }
    house.pass_minutes(15);
    let late = get(&house, &agent(), wish(case, call, field, &phone)).await;
    let mut body = late.expect_err("refused").to_json();
    reasons.push((body["id"].take(), "grant-expired".into()));
    bodies.push(body.to_string());
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let recorded = events(&house).into_iter().map(|event| {
        assert_eq!(event.event, "disclosure.refused");
        (event.detail["id"].clone(), event.detail["withheld"].clone())
    });
    assert_eq!(recorded.collect::<Vec<_>>(), reasons);
}

/// What would not do in the log in clear is not taken, whoever says it.
#[tokio::test]
async fn what_leads_to_a_person_is_not_taken_for_a_case() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    for (wish, pointer) in [
        (wish(PHONE, "call-back", "payer.phone", &phone), "/case"),
        (
            wish("case-1042", "Call back", "payer.phone", &phone),
            "/purpose",
        ),
        (
            wish("case-1042", "call-back", "payer phone", &phone),
            "/field",
        ),
        (
            wish("case-1042", "call-back", "payer.phone", PHONE),
            "/token",
        ),
        (
            wish("case-1042", "4111111111111111", "payer.phone", &phone),
            "/purpose",
        ),
        (
            wish("case-1042", "a-4111-1111-1111-1111", "payer.phone", &phone),
            "/purpose",
        ),
        (
            wish("case-1042", "call-back", "4111111111111111", &phone),
            "/field",
        ),
    ] {
        let problem = get(&house, &agent(), wish).await.expect_err("refused");
        assert_eq!(problem.where_it_is(), Some(pointer));
        assert!(!problem.to_string().contains(PHONE));
    }
    assert!(events(&house).is_empty());
}

#[tokio::test]
async fn a_policy_that_takes_a_fact_away_keeps_it_in_the_vault() {
    let mut policies = usual();
    let redact = "obligations: [{kind: redact, arguments: {payer.phone: absent}}]";
    let hide = format!(
        "rules:\n{}",
        crate::policies::rule("all", "true", "allow", redact)
    );
    let hide = crate::policies::PolicyFile::new("test.hide", "assist.failed_payment", &hide);
    policies.push(hide);
    let site = site();
    for policy in &policies {
        site.write_policy(policy);
    }
    let house = site.start();
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let phone = token(&house, "payer.phone");
    let wish = wish("case-1042", "call-back", "payer.phone", &phone);
    assert!(get(&house, &agent(), wish).await.is_err());
    assert_eq!(events(&house)[0].detail["withheld"], "redacted");
}

/// A budget counts by case, by customer and by caller, and a restart does not give it again; another day does.
#[tokio::test]
async fn a_budget_is_for_a_day_and_outlives_a_restart() {
    let site = site();
    let phone = "  - {field: payer.phone, treatment: clear}\n";
    let few = "{per_case: 2, per_customer: 9, per_day: 9}";
    site.write_disclosure("call", &release("test.call", "call-back", phone, few));
    let mut house = site.start();
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let phone = token(&house, "payer.phone");
    let wish = || wish("case-1042", "call-back", "payer.phone", &phone);
    for _ in 0..2 {
        assert!(get(&house, &agent(), wish()).await.is_ok());
    }
    assert!(get(&house, &agent(), wish()).await.is_err());
    house = house.restart().await;
    assert!(get(&house, &agent(), wish()).await.is_err());
    let last = events(&house).pop().expect("an event");
    assert_eq!(last.detail["withheld"], "over-budget");
    house.pass_minutes(24 * 60);
    house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    assert!(get(&house, &agent(), wish()).await.is_ok());
}

/// Replies have budgets, too: what is over one is withheld, and the record says so.
#[tokio::test]
async fn a_profile_is_not_made_of_many_small_answers() {
    let site = Site::new(&usual());
    let few = replies().replace("per_customer: 1000", "per_customer: 2") + "names_withheld: true\n";
    site.write_disclosure("replies", &few);
    let house = site.start();
    for (id, case) in [("p-1", "case-1"), ("p-2", "case-2"), ("p-3", "case-3")] {
        house.decided(&service(), &payment(id, "1890.00")).await;
        let mut about = ask("assist.failed_payment", id);
        about["case"]["id"] = case.into();
        let view = house.decided(&agent(), &about).await;
        let context = view.context.clone().expect("granted");
        let record = house.record(&view);
        let shown = record.shown.expect("on record");
        let sight = &shown.by["test.replies"].sight;
        if id == "p-3" {
            assert!(context.facts.is_empty());
            assert_eq!(context.withheld.len(), 8);
            assert_eq!(sight.withheld["over-budget"].len(), 8);
        } else {
            assert_eq!(context.facts.len(), 8);
            assert!(context.withheld.is_empty() && sight.withheld.is_empty());
            assert_eq!(sight.disclosed["token"], ["device.id", "payer.name"]);
        }
    }
}

/// What no disclosure grants is not there, and what was asked for in vain is on record.
#[tokio::test]
async fn what_is_not_granted_is_not_there() {
    let site = Site::new(&usual());
    let less = replies()
        .replace("  - {field: location.city, treatment: masked}\n", "")
        .replace("readers: [agent, supervisor]", "readers: [agent]");
    site.write_disclosure("replies", &less);
    let house = site.start();
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    let about = ask("assist.failed_payment", "p-1");
    let view = house.decided(&agent(), &about).await;
    let facts = view.context.clone().expect("granted").facts;
    assert!(
        !facts.contains_key("location.city") && facts.len() == 7,
        "{facts:?}"
    );
    let shown = house.record(&view).shown.expect("on record");
    assert_eq!(shown.not_granted, ["location.city"]);
    let by = &shown.by["test.replies"];
    assert_eq!(
        (by.purpose.as_str(), by.legal_basis.as_str()),
        ("help", "the basis of test.replies")
    );
    // A reader of another role is shown no more than is granted to both.
    let supervisor = caller("supervisor-1", Role::Supervisor);
    let seen = house.engine.decision(&supervisor, &view.decision).await;
    let seen = seen.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(seen.payment.is_none() && seen.risk.is_none() && seen.challenge.is_none());
    assert!(seen.context.is_none() && seen.previous.is_none());
}

/// The log has a release before its value is anybody's: a host whose log takes nothing releases nothing.
#[tokio::test]
async fn nothing_is_released_that_is_not_on_record() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    house.engine.log().close().expect("closed");
    let wish = wish("case-1042", "call-back", "payer.phone", &phone);
    let problem = get(&house, &agent(), wish).await.expect_err("refused");
    assert_eq!(problem.status(), 503);
}

/// Who goes away between record and answer leaves the record.
#[tokio::test]
async fn a_release_that_nobody_waits_for_is_on_record() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    let before = house.engine.log().len();
    let wish = wish("case-1042", "call-back", "payer.phone", &phone);
    let (engine, by) = (std::sync::Arc::clone(&house.engine), agent());
    let mut asking = tokio::task::JoinSet::new();
    asking.spawn(async move { engine.release(&by, wish).await.is_ok() });
    while house.engine.log().len() == before {
        tokio::task::yield_now().await;
    }
    asking.abort_all();
    let site = house.site.copy();
    let house = site.start();
    assert_eq!(events(&house)[0].event, "disclosure.released");
}

/// A person who was erased is nobody's to call back.
#[tokio::test]
async fn an_erased_value_is_as_good_as_none() {
    let house = asked().await;
    let phone = token(&house, "payer.phone");
    let account = token(&house, "payer.account");
    let order = weft_engine::sets::Order::by_signal();
    house
        .engine
        .erase(account, order)
        .await
        .unwrap_or_else(|p| panic!("{p}"));
    let wish = wish("case-1042", "call-back", "payer.phone", &phone);
    assert!(get(&house, &agent(), wish).await.is_err());
    let last = events(&house).pop().expect("an event");
    assert_eq!(last.detail["withheld"], "token-unknown");
}
