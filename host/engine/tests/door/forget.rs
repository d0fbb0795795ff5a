//! A payment that may not be processed here: refused, and not kept.

use std::fs;

use serde_json::json;
use weft_engine::Role;
use weft_vault::{Keys, Vault};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, ask, caller, payment, service, state};
use crate::policies::{PolicyFile, usual};
use crate::secrets::{CANARIES, SEALED, files, found};
use weft_tests::guest::{Guest, Say};

/// Refuses payments over the limit, because of the amount and the card.
fn refusing() -> Vec<u8> {
    let mut guest = Guest::valid();
    let refuse = guest.data.ok(&Say {
        reasons: vec![("amount-over-limit".into(), vec![0, 1])],
        ..Say::of(5)
    });
    let allow = guest.data.ok(&Say::of(1));
    guest.evaluate = format!(
        "(if (i64.gt_s (i64.load offset=8 (local.get $needs)) (i64.load offset=8 (local.get $settings)))
           (then (return (i32.const {refuse}))))
         (i32.const {allow})"
    );
    guest.build()
}

fn house() -> House {
    let grants = "grants: [{field: payment.amount, treatment: clear}, {field: instrument.pan, treatment: token}]";
    let body =
        format!("plugin:\n  name: amount-limit\n  settings: {{limit_minor: 100000}}\n  {grants}");
    let mut policies = usual();
    policies.push(PolicyFile::new("test.here", "payment.authorize", &body).stage("residency"));
    let site = Site::new(&policies);
    fs::write(site.plugins_dir().join("amount-limit.wasm"), refusing()).expect("written");
    site.start()
}

/// How many values the vault of a host that was stopped holds.
fn values(site: &Site) -> u64 {
    let keys = Keys::open_or_create(&site.data_dir().join("keys.weft")).expect("the keys");
    let config = site.config();
    let dir = site.data_dir().join("vault");
    let vault = Vault::open(&dir, &keys, &config.region, &config.tenant).expect("the vault");
    vault.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_its_place_leaves_no_facts() {
    let house = house();
    let view = house.decided(&service(), &payment("p-1", "1890.00")).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Deny, Some("refused"))
    );
    let record = house.record(&view);
    // What the host itself says is no fact of the payment.
    let sections = ["processing.", "evidence.", "factor."];
    let of_host = |name: &str| sections.iter().any(|section| name.starts_with(section));
    let names = record.facts.keys().map(String::as_str);
    let kept: Vec<&str> = names.filter(|name| !of_host(name)).collect();
    assert_eq!(
        kept,
        ["payment.amount", "payment.id", "session.role"],
        "the amount is why; the card is, too, and is no public fact"
    );
    assert_eq!(
        (
            &record.sealed,
            &record.observation,
            &record.feature_snapshot
        ),
        (&None, &None, &None)
    );
    assert!(record.commitments.is_empty(), "nothing is committed to");
    let text = serde_json::to_string(&record).expect("JSON");
    assert!(!text.contains("tok_"), "{text}");
    // It is decided, though: not twice, for those who ask about it, and in the log.
    house.refused(&service(), &payment("p-1", "27.40")).await;
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let shown = asked.context.expect("granted").facts;
    assert_eq!(
        shown.keys().collect::<Vec<_>>(),
        [
            "evidence.step_up",
            "payment.amount",
            "payment.state",
            "payment.verdict"
        ]
    );
    let regulator = caller("authority", Role::Regulator);
    let seen = house.engine.decision(&regulator, &view.decision).await;
    assert_eq!(seen.expect("seen").findings.len(), 1);

    let site = house.stop().await;
    let hidden = [CANARIES.as_slice(), &SEALED].concat();
    files(&site.data_dir(), &mut |path, bytes| {
        let found = found(bytes, &hidden);
        assert!(found.is_empty(), "{found:?} in {}", path.display());
    });
    assert_eq!(values(&site), 0, "no value got a place in the vault");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_allowed_afterwards_is_kept_like_any_other() {
    let house = house();
    house.decided(&service(), &payment("p-1", "1890.00")).await;
    let view = house.decided(&service(), &payment("p-2", "27.40")).await;
    let record = house.record(&view);
    assert_eq!(
        record.facts["behaviour.card.count_24h"],
        json!(0),
        "what is forgotten was not seen"
    );
    let card = record.facts["instrument.pan"].clone();
    let house = house.restart().await;
    let again = house.decided(&service(), &payment("p-3", "27.40")).await;
    assert_eq!(
        house.record(&again).facts["instrument.pan"],
        card,
        "the vault has it"
    );
    let site = house.stop().await;
    let tokens = record
        .facts
        .values()
        .filter(|value| value.to_string().contains("tok_"));
    assert_eq!(values(&site), tokens.count() as u64);
}
