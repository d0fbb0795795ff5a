//! What opens the commitments in records: to whom, of what, and that nothing of it is anywhere before it is asked for.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use weft_audit::{DecisionRecord, EventRecord, Opening, VerifyOptions, verify};
use weft_engine::sets::Order;
use weft_engine::{Caller, Opened, OpeningAsk, Role};
use weft_intake::Problem;

use crate::house::{House, Site, agent, ask, caller, events, payment, service};
use crate::policies::{PolicyFile, disclosure, rule, usual};
use crate::secrets::{SEALED, files, found};

const PURPOSE: &str = "check";

fn regulator() -> Caller {
    caller("authority", Role::Regulator)
}

fn site() -> Site {
    let site = Site::new(&usual());
    let grants = "purpose: check\nreaders: [regulator]\nopenings: {within: 30d}\ngrants:\n  - {field: payer.city, treatment: clear}\n  \
                  - {field: payee.city, treatment: clear}\n  - {field: location.latitude, treatment: clear}\n  - {field: \
                  device.model, treatment: clear}\nbudget: {per_case: 3, per_customer: 5, per_day: 9}\n";
    site.write_disclosure("openings", &disclosure("test.openings", grants));
    site
}

async fn open(
    house: &House,
    by: &Caller,
    decision: &str,
    field: &str,
    purpose: &str,
) -> Result<Opened, Problem> {
    let ask = OpeningAsk {
        decision: decision.to_owned(),
        field: field.to_owned(),
        purpose: purpose.to_owned(),
        trace: None,
    };
    house.engine.open_commitment(by, ask).await
}

async fn decided(house: &House, id: &str) -> DecisionRecord {
    let mut body = payment(id, "27.40");
    body["payee"]["city"] = json!("Wuppertal");
    let view = house.decided(&service(), &body).await;
    house.record(&view)
}

async fn opened(house: &House, record: &DecisionRecord, field: &str) -> Opening {
    let opened = open(house, &regulator(), &record.decision, field, PURPOSE).await;
    let opened = opened.unwrap_or_else(|problem| panic!("{problem}"));
    Opening::parse(opened.text().as_bytes()).expect("an opening")
}

fn why(events: &[EventRecord]) -> Vec<&str> {
    let whys = events.iter().map(|event| &event.detail["withheld"]);
    whys.filter_map(Json::as_str).collect()
}

#[tokio::test]
async fn every_sealed_fact_is_committed_to_and_nobody_sees_which_are_the_same() {
    let house = site().start();
    let (one, two) = (decided(&house, "p-1").await, decided(&house, "p-2").await);
    let names: BTreeSet<&str> = one.commitments.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        BTreeSet::from([
            "instrument.bin",
            "instrument.last4",
            "location.city",
            "location.latitude",
            "location.longitude",
            "payee.city",
            "payer.city",
        ])
    );
    let all = one.commitments.values().chain(two.commitments.values());
    assert_eq!(all.collect::<BTreeSet<_>>().len(), 2 * names.len());
    // The fact is the same, and opens each its own.
    let [first, second] = [
        opened(&house, &one, "payer.city").await,
        opened(&house, &two, "payer.city").await,
    ];
    assert_eq!(
        (first.value(), second.value()),
        (&json!("Gentbrugge"), &json!("Gentbrugge"))
    );
    assert_eq!((first.check(&one), second.check(&two)), (Ok(()), Ok(())));
    assert!(first.check(&two).is_err());
    // A decision that keeps facts of a payment commits to them anew.
    let (_, challenge, response) = house.waiting("p-3", "1890.00").await;
    let answer = crate::house::answer("p-3", &challenge, &response);
    house.decided(&service(), &answer).await;
    house.decided(&agent(), &ask("assist.confirm", "p-3")).await;
    for record in house.chain("p-3") {
        assert_eq!(record.commitments.is_empty(), record.sealed.is_none());
    }
}

#[tokio::test]
async fn an_opening_is_released_to_who_audits_and_on_record_before() {
    let house = site().start();
    let record = decided(&house, "p-1").await;
    let got = open(
        &house,
        &regulator(),
        &record.decision,
        "location.latitude",
        PURPOSE,
    )
    .await;
    let got = got.unwrap_or_else(|problem| panic!("{problem}"));
    let opening = Opening::parse(got.text().as_bytes()).expect("an opening");
    assert_eq!(opening.check(&record), Ok(()));
    assert_eq!(opening.value(), "51.0543");
    assert_eq!(got.commitment, record.commitments["location.latitude"]);
    let told = format!("{got:?} {}", serde_json::to_string(&got).expect("JSON"));
    assert!(!told.contains("51.0543"), "{told}");

    let [event] = &events(&house, "disclosure.released")[..] else {
        panic!("one event")
    };
    for (name, value) in [
        ("id", json!(got.id)),
        ("by", json!("authority")),
        ("role", json!("regulator")),
        ("decision", json!(record.decision)),
        ("transaction", json!("p-1")),
        ("purpose", json!(PURPOSE)),
        ("requested", json!(["location.latitude"])),
        ("allowed", json!("clear")),
        ("disclosed", json!("clear")),
        ("commitment", json!(got.commitment)),
        ("disclosure", json!("test.openings")),
        ("legal_basis", json!("the basis of test.openings")),
        ("policy_set", json!(house.engine.pipeline().digest())),
    ] {
        assert_eq!(event.detail.get(name), Some(&value), "{name}");
    }
    let stored = house.engine.log().get(got.log.index).expect("readable");
    assert_eq!(stored, Some(weft_audit::Record::Event(event.clone())));

    // Neither fact nor salt is in a file, opened or not.
    let text = got.text().into_owned();
    let salt = text.split('"').nth(7).expect("a salt").to_owned();
    assert_eq!(salt.len(), 64);
    let site = house.stop().await;
    let hidden = [SEALED.as_slice(), &["Wuppertal", &salt]].concat();
    files(&site.data_dir(), &mut |path, bytes| {
        let found = found(bytes, &hidden);
        assert!(found.is_empty(), "{found:?} in {}", path.display());
    });
}

#[tokio::test]
async fn what_is_not_opened_is_told_and_on_record_with_its_reason() {
    let house = site().start();
    let record = decided(&house, "p-1").await;
    let decision = record.decision.as_str();
    let nobody = format!("dec_{}", "a".repeat(26));
    let (authority, supervisor) = (regulator(), caller("s", Role::Supervisor));
    let tries = [
        (
            &agent(),
            decision,
            "payer.city",
            PURPOSE,
            "purpose-not-granted",
            "forbidden",
        ),
        (
            &supervisor,
            decision,
            "payer.city",
            PURPOSE,
            "purpose-not-granted",
            "forbidden",
        ),
        (
            &authority,
            decision,
            "payer.city",
            "gossip",
            "purpose-not-granted",
            "forbidden",
        ),
        (
            &authority,
            decision,
            "location.city",
            PURPOSE,
            "field-not-granted",
            "forbidden",
        ),
        (
            &authority,
            decision,
            "payer.nonsense",
            PURPOSE,
            "field-not-granted",
            "forbidden",
        ),
        (
            &authority,
            &nobody,
            "payer.city",
            PURPOSE,
            "no-such-decision",
            "not-found",
        ),
        (
            &authority,
            decision,
            "device.model",
            PURPOSE,
            "no-commitment",
            "not-found",
        ),
    ];
    let mut whys = Vec::new();
    for (by, decision, field, purpose, why, code) in tries {
        let problem = open(&house, by, decision, field, purpose).await;
        assert_eq!(problem.expect_err(why).code(), code, "{why}");
        whys.push(why);
    }
    assert_eq!(why(&events(&house, "disclosure.refused")), whys);
    // What has no form is not looked up, and nothing of it is kept.
    for (decision, field) in [("4111111111111111", "payer.city"), (decision, "Payer City")] {
        let problem = open(&house, &authority, decision, field, PURPOSE).await;
        assert_eq!(problem.expect_err("unfit").code(), "invalid-value");
    }
    assert_eq!(events(&house, "access.refused").len(), 2);

    // Three openings of one decision are the most in a day, also after a start.
    for _ in 0..2 {
        opened(&house, &record, "payer.city").await;
    }
    let house = house.restart().await;
    opened(&house, &record, "payee.city").await;
    let problem = open(&house, &authority, decision, "payer.city", PURPOSE).await;
    assert_eq!(problem.expect_err("too often").code(), "forbidden");
    // Another decision is another case, and five are the most of one person.
    let other = decided(&house, "p-2").await;
    opened(&house, &other, "payer.city").await;
    opened(&house, &other, "payer.city").await;
    let problem = open(&house, &authority, &other.decision, "payer.city", PURPOSE).await;
    assert_eq!(problem.expect_err("too often").code(), "forbidden");
    let refused = events(&house, "disclosure.refused");
    assert_eq!(why(&refused)[whys.len()..], ["over-budget", "over-budget"]);
    // A day later there is a budget again; after thirty days there is nothing.
    house.pass_minutes(24 * 60);
    opened(&house, &record, "payer.city").await;
    house.pass_minutes(29 * 24 * 60);
    let problem = open(&house, &authority, decision, "payer.city", PURPOSE).await;
    assert_eq!(problem.expect_err("too late").code(), "forbidden");
    let refused = events(&house, "disclosure.refused");
    assert_eq!(why(&refused).last(), Some(&"grant-expired"));
}

#[tokio::test]
async fn what_a_policy_takes_from_readers_is_not_opened() {
    let site = site();
    let redact = "obligations: [{kind: redact, arguments: {payer.city: masked}}]";
    let body = format!("rules:\n{}", rule("all", "true", "allow", redact));
    site.write_policy(&PolicyFile::new("test.hide", "payment.authorize", &body));
    let house = site.start();
    let record = decided(&house, "p-1").await;
    opened(&house, &record, "payee.city").await;
    let problem = open(
        &house,
        &regulator(),
        &record.decision,
        "payer.city",
        PURPOSE,
    )
    .await;
    assert_eq!(problem.expect_err("redacted").code(), "forbidden");
    assert_eq!(why(&events(&house, "disclosure.refused")), ["redacted"]);
}

/// With a person their facts and salts are gone, and nothing of anybody else.
#[tokio::test]
async fn what_was_erased_opens_nothing_and_the_log_verifies() {
    let house = site().start();
    let record = decided(&house, "p-1").await;
    opened(&house, &record, "payer.city").await;
    let order = Order {
        by: "ops".into(),
        reason: None,
    };
    let whose = record.facts["payer.account"].as_str().expect("a token");
    let erased = house.engine.erase(whose.to_owned(), order).await;
    erased.expect("erased");
    for _ in 0..2 {
        let problem = open(
            &house,
            &regulator(),
            &record.decision,
            "payer.city",
            PURPOSE,
        )
        .await;
        assert_eq!(problem.expect_err("erased").code(), "not-found");
    }
    let refused = events(&house, "disclosure.refused");
    assert_eq!(why(&refused), ["erased", "erased"]);
    // The payee is somebody else.
    let payee = opened(&house, &record, "payee.city").await;
    assert_eq!(payee.value(), "Wuppertal");
    let site = house.stop().await;
    let audit = site.data_dir().join("audit");
    let report = verify(&audit, &VerifyOptions::default(), &|_| {}).expect("readable");
    assert!(report.is_sound(), "{report}");
}
