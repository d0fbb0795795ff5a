//! What operators order of the vault is in the log before it is done, and what the log says is done.

use std::fs;

use serde_json::Value as Json;
use weft_audit::{DecisionRecord, EventRecord, Record, SCHEMA};
use weft_engine::sets::Order;
use weft_tests::guest::{Guest, MANIFEST};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, answer, ask, copy_dir, events, payment, service};
use crate::policies::{PolicyFile, amounts, usual};

/// The metric of evaluations that have begun.
const BEGUN: &str = "weft_stage_seconds_count{stage=\"queue\"} ";
/// Payments during which their person is erased.
const ERASURES: usize = 40;

fn order() -> Order {
    Order {
        by: "ops".into(),
        reason: Some("asked for".into()),
    }
}

/// The token of who paid.
fn payer(house: &House, payment: &str) -> String {
    let record = house.chain(payment).remove(0);
    let token = record.facts["payer.account"].as_str().expect("a token");
    token.to_owned()
}

#[tokio::test]
async fn a_payment_that_waits_is_decided_without_what_is_gone() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    let whose = payer(&house, "p-1");
    let erased = house.engine.erase(whose.clone(), order()).await;
    let erased = erased.expect("erased").subjects;
    let told = events(&house, "vault.erased");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].detail["subjects"], Json::from(erased));
    assert_eq!(told[0].detail["reason"], "asked for");
    // Nothing of it fails, before or after a start, and what is gone is not told as if nobody had said it.
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let shown = house.record(&view).shown.expect("something is shown");
    let sight = &shown.by["test.replies"].sight;
    assert_eq!(sight.withheld["erased"], ["location.city"]);
    assert!(sight.missing.is_empty(), "{sight:?}");
    let house = house.restart().await;
    let view = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(view.verdict, Verdict::Allow, "the answer is right");
    let confirmed = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = confirmed.decided_again.map(|again| again.verdict);
    // The step-up is passed, as it would have been with nothing gone: the hold is discharged, and no more.
    assert_eq!(again, Some(Verdict::Flag));
    let again = house.engine.erase(whose, order()).await;
    assert_eq!(again.expect_err("nobody").code(), "not-found");
    // The same person is somebody new.
    house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_ne!(payer(&house, "p-2"), payer(&house, "p-1"));
}

/// What a plugin would have been given is gone, and not missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_needs_and_was_erased_is_on_record_as_that() {
    let pan = r#"{"field":"instrument.pan","kind":"token","treatment":"token""#;
    let city = r#"{"field":"location.city","kind":"text","treatment":"clear""#;
    let guest = Guest::valid().with_manifest(MANIFEST.replace(pan, city));
    let body = "plugin:\n  name: amount-limit\n  settings: {limit_minor: 100000}\n  grants: [{field: payment.amount, \
                treatment: clear}, {field: location.city, treatment: clear}]\n";
    let mut policies = usual();
    policies.push(PolicyFile::new("test.limit", "payment.authorize", body));
    let site = Site::new(&policies);
    fs::write(site.plugins_dir().join("amount-limit.wasm"), guest.build()).expect("written");
    let house = site.start();
    house.approved("p-1").await;
    let sight = |record: &DecisionRecord| {
        let mut found = record.findings.iter();
        let found = found.find(|found| found.policy == "test.limit");
        let plugin = found.and_then(|found| found.plugin.clone());
        plugin.expect("asked").needs["fraud-prevention"].clone()
    };
    let before = sight(&house.chain("p-1")[0]);
    assert!(before.disclosed["clear"].contains(&"location.city".to_owned()));
    let erased = house.engine.erase(payer(&house, "p-1"), order()).await;
    erased.expect("erased");
    let confirmed = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = confirmed.decided_again.expect("decided again");
    let after = sight(&house.record(&again));
    assert_eq!(after.withheld["erased"], ["location.city"]);
    assert!(after.missing.is_empty(), "{after:?}");
}

/// What was remembered of a person goes with the erasure, not with the next start.
#[tokio::test]
async fn what_was_seen_of_a_person_is_forgotten_with_them() {
    let remembered = |house: &House| {
        let metrics = house.engine.metrics().render();
        let line = |name: &str| {
            let mut lines = metrics.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.expect("the metric").parse::<u64>().expect("a count")
        };
        (line("weft_behaviour_keys"), line("weft_behaviour_events"))
    };
    let house = House::new(&usual());
    let before = remembered(&house);
    house.decided(&service(), &payment("p-1", "27.40")).await;
    house.decided(&service(), &payment("p-2", "27.40")).await;
    let of_two = remembered(&house);
    assert!(of_two > before, "{of_two:?}");
    let count = |record: &weft_audit::DecisionRecord| {
        let count = record.facts.get("behaviour.device.count_24h");
        count.and_then(Json::as_u64)
    };
    assert_eq!(count(&house.chain("p-2")[0]), Some(1));
    let whose = payer(&house, "p-1");
    house.engine.erase(whose, order()).await.expect("erased");
    let left = remembered(&house);
    // Of two payments to one payee that payee's two are left.
    assert_eq!(left, (1, 2), "{of_two:?}");
    // The same device is one of which nothing was seen.
    house.decided(&service(), &payment("p-3", "27.40")).await;
    let counted = count(&house.chain("p-3")[0]);
    assert_eq!(counted.unwrap_or_default(), 0);
    let grown = remembered(&house);
    let house = house.restart().await;
    let again = remembered(&house);
    assert_eq!(again.0, grown.0, "the same keys after a start");
}

/// The erasure comes at any point of a payment: that is decided, or refused so that it can be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_under_way_while_its_person_is_erased_is_decided_or_can_be_sent_again() {
    let house = House::new(&usual());
    for round in 0..ERASURES {
        house
            .decided(&service(), &payment(&format!("known-{round}"), "27.40"))
            .await;
        let whose = payer(&house, &format!("known-{round}"));
        let meanwhile = payment(&format!("meanwhile-{round}"), "27.40");
        let caller = service();
        let (erased, decided) = tokio::join!(
            house.engine.erase(whose, order()),
            house.decide(&caller, &meanwhile)
        );
        erased.expect("erased");
        if let Err(problem) = decided {
            assert_eq!(problem.code(), "not-ready", "{problem}");
            house.decided(&caller, &meanwhile).await;
        }
    }
}

/// While a plugin thinks, the person of the payment is erased: nothing of it can be recorded any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_person_is_erased_while_it_is_decided_is_refused_and_can_be_sent_again() {
    let thinks = "plugin:\n  name: amount-limit\n  grants: [{field: payment.amount, treatment: clear}]\n  budget: {time_ms: 1000, fuel: \
                  1000000000}\n";
    let thinks = PolicyFile::new("test.thinks", "payment.authorize", thinks).stage("residency");
    let site = Site::new(&[thinks, amounts()]);
    let component = Guest::evaluating("(loop $on (br $on)) (unreachable)").build();
    fs::write(site.plugins_dir().join("amount-limit.wasm"), component).expect("written");
    let house = site.start();
    let evaluations = || {
        let metrics = house.engine.metrics().render();
        let mut lines = metrics.lines();
        let count = lines.find_map(|line| line.strip_prefix(BEGUN));
        count.map_or(0, |count| count.parse::<u64>().expect("a count"))
    };
    let mut refused = None;
    for round in 0..ERASURES {
        let known = format!("known-{round}");
        house.decided(&service(), &payment(&known, "27.40")).await;
        let whose = payer(&house, &known);
        let begun = evaluations();
        let meanwhile = payment(&format!("meanwhile-{round}"), "27.40");
        let caller = service();
        let erase = async {
            while evaluations() == begun {
                tokio::task::yield_now().await;
            }
            house.engine.erase(whose, order()).await.expect("erased");
        };
        let ((), decided) = tokio::join!(erase, house.decide(&caller, &meanwhile));
        // The machine may have slept until the plugin was stopped.
        if let Err(problem) = decided {
            refused = Some((problem, meanwhile));
            break;
        }
    }
    let (problem, meanwhile) = refused.expect("one of them came in between");
    assert_eq!((problem.code(), problem.status()), ("not-ready", 503));
    let id = meanwhile["payment"]["id"].as_str().expect("an id");
    assert!(house.chain(id).is_empty(), "nothing of it is recorded");
    house.decided(&service(), &meanwhile).await;
    assert_eq!(house.times_decided(id), 1);
}

/// A process that ended between the record of an erasure and the erasure; a vault that was put back from a copy.
#[tokio::test]
async fn what_the_log_says_and_the_vault_has_not_done_is_done_at_start() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let subject = {
        let token = payer(&house, "p-1");
        format!("sub_{}", token.rsplit('_').next().expect("a body"))
    };
    let begun = |name: &str, detail: Vec<(&str, Json)>| {
        Record::Event(EventRecord {
            schema: SCHEMA.into(),
            at: house.now(),
            event: name.into(),
            detail: detail.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        })
    };
    let log = house.engine.log();
    let erased = begun(
        "vault.erased",
        vec![("subjects", vec![subject.clone()].into())],
    );
    log.append(&erased).await.expect("recorded");
    let rotating = begun("vault.rotation_begun", vec![]);
    log.append(&rotating).await.expect("recorded");
    assert_eq!(house.engine.vault_status().erased, 0);
    let house = house.restart().await;
    let status = house.engine.vault_status();
    assert_eq!((status.erased, status.epoch), (1, 2));
    assert_eq!(events(&house, "vault.rotated").len(), 1);

    // A copy of the vault from before an erasure.
    house.decided(&service(), &payment("p-2", "27.40")).await;
    let whose = payer(&house, "p-2");
    let site = house.stop().await;
    let (vault, copy) = (site.data_dir().join("vault"), site.data_dir().join("copy"));
    fs::create_dir(&copy).expect("made");
    copy_dir(&vault, &copy);
    let house = site.start();
    house
        .engine
        .erase(whose.clone(), order())
        .await
        .expect("erased");
    let site = house.stop().await;
    fs::remove_dir_all(&vault).expect("removed");
    fs::rename(&copy, &vault).expect("put back");
    let house = site.start();
    let again = house.engine.erase(whose, order()).await;
    assert_eq!(again.expect_err("nobody").code(), "not-found");
}

#[tokio::test]
async fn a_hold_stands_against_an_erasure_and_both_are_on_record() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let whose = payer(&house, "p-1");
    let until = house.now().plus(weft_dictionary::DurationMs(60_000));
    let instant = until.to_string();
    let held = house.engine.hold(whose.clone(), &instant, order()).await;
    assert_eq!(held.expect("held").until, Some(until));
    let house = house.restart().await;
    let refused = house.engine.erase(whose.clone(), order()).await;
    assert_eq!(refused.expect_err("held").code(), "conflict");
    let told = events(&house, "vault.erasure_refused");
    assert_eq!(told[0].detail["until"], Json::from(until.to_string()));
    assert_eq!(events(&house, "vault.held").len(), 1);
    house.pass_minutes(2);
    house
        .engine
        .erase(whose.clone(), order())
        .await
        .expect("its date has come");
    let wrong = house.engine.hold(whose, "tomorrow", order()).await;
    assert_eq!(wrong.expect_err("no date").code(), "invalid-value");
}

#[tokio::test]
async fn a_hold_is_lifted_by_two_who_say_why() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let whose = payer(&house, "p-1");
    let until = house.now().plus(weft_dictionary::DurationMs(60_000));
    let until = until.to_string();
    let held = house.engine.hold(whose.clone(), &until, order()).await;
    held.expect("held");
    let over = house.now().to_string();
    let silent = Order {
        reason: None,
        ..order()
    };
    let refused = house.engine.hold(whose.clone(), &over, silent).await;
    let refused = refused.expect_err("no reason");
    assert!(refused.detail().contains("does not say why"), "{refused:?}");
    assert!(
        house.engine.erase(whose.clone(), order()).await.is_err(),
        "held"
    );
    // One operator alone lifts nothing, however often; another has to say the same.
    let by = |name: &str| Order {
        by: name.to_owned(),
        ..order()
    };
    for _ in 0..2 {
        let ordered = house.engine.hold(whose.clone(), &over, order()).await;
        let ordered = ordered.expect("ordered");
        assert!(ordered.waits && ordered.until.is_some(), "{ordered:?}");
        assert!(house.engine.erase(whose.clone(), order()).await.is_err());
    }
    let sooner = house.now().plus(weft_dictionary::DurationMs(1_000));
    let sooner = sooner.to_string();
    let other = house.engine.hold(whose.clone(), &sooner, by("ops-2")).await;
    assert!(other.expect("another order").waits);
    let lifted = house.engine.hold(whose.clone(), &over, by("ops-2")).await;
    let lifted = lifted.expect("lifted");
    assert_eq!((lifted.until, lifted.waits), (None, false));
    assert_eq!(events(&house, "vault.lift_ordered").len(), 3);
    let done = events(&house, "vault.held").pop().expect("on record");
    assert_eq!(done.detail["ordered_by"], Json::from(order().by));
    assert_eq!(done.detail["by"], Json::from("ops-2"));
    house
        .engine
        .erase(whose, order())
        .await
        .expect("no longer held");
}

/// A process that ended between the record of a hold and the hold.
#[tokio::test]
async fn a_hold_that_only_the_log_has_stands_after_a_start() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let whose = payer(&house, "p-1");
    let subject = format!("sub_{}", whose.rsplit('_').next().expect("a body"));
    let until = house.now().plus(weft_dictionary::DurationMs(60_000));
    let held = Record::Event(EventRecord {
        schema: SCHEMA.into(),
        at: house.now(),
        event: "vault.held".into(),
        detail: [
            ("subjects", vec![subject].into()),
            ("until", Json::from(until.to_string())),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .into(),
    });
    house.engine.log().append(&held).await.expect("recorded");
    assert_eq!(house.engine.vault_status().held, 0);
    let house = house.restart().await;
    assert_eq!(house.engine.vault_status().held, 1);
    let refused = house.engine.erase(whose, order()).await;
    assert_eq!(refused.expect_err("held").code(), "conflict");
}
