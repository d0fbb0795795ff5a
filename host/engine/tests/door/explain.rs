//! Why a decision came out as it did, for each reader; and past decisions, evaluated again.

use std::fs;

use serde_json::{Value as Json, json};
use weft_engine::replay::report::Item;
use weft_engine::replay::{Features, Listener, Replay, With, replay};
use weft_engine::sets::Order;
use weft_engine::{Caller, Role, SetDirs, explain};

use crate::house::{House, agent, ask, caller, payment, service};
use crate::policies::{PolicyFile, rule, usual};

const PAYMENTS: &str = "payment.authorize";

fn regulator() -> Caller {
    caller("authority", Role::Regulator)
}

async fn explained(house: &House, by: &Caller, decision: &str) -> Option<Json> {
    match house.engine.explanation(by, decision).await {
        Ok(explanation) => Some(serde_json::to_value(explanation).expect("JSON")),
        Err(problem) => {
            assert_eq!((problem.code(), problem.status()), ("not-found", 404));
            None
        }
    }
}

/// The policy of that id in an explanation.
fn policy<'a>(explanation: &'a Json, id: &str) -> &'a Json {
    let stages = explanation["stages"].as_array().expect("stages");
    let policies = stages
        .iter()
        .flat_map(|s| s["policies"].as_array().expect("policies"));
    let mut found = policies.filter(|policy| policy["policy"] == id);
    found
        .next()
        .unwrap_or_else(|| panic!("no {id} in {explanation:#}"))
}

struct Silent(Vec<Item>);

impl Listener for Silent {
    fn progress(&mut self, _: u64, _: u64) {}

    fn item(&mut self, item: &Item) {
        self.0.push(item.clone());
    }
}

#[tokio::test]
async fn an_auditor_sees_what_fired_on_which_facts_and_why_the_rest_did_not() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let explanation = explained(&house, &regulator(), &held.decision)
        .await
        .expect("all");
    assert_eq!(explanation["reproduced"], true, "{explanation:#}");
    let fact = |name: &str| &explanation["facts"][name];
    assert_eq!(
        fact("payment.amount")["value"],
        json!({"value": "1890.00", "currency": "EUR"})
    );
    assert_eq!(fact("payment.amount")["said"], "1890.00 EUR");
    let all = explanation.to_string();
    for secret in [
        "Peeters",
        "Gentbrugge",
        "Destelbergen",
        "51.0543",
        "tok_",
        "pse_",
        "411111",
    ] {
        assert!(!all.contains(secret), "{secret} in {explanation:#}");
    }
    let stages = explanation["stages"].as_array().expect("stages");
    let policies = stages
        .iter()
        .flat_map(|s| s["policies"].as_array().expect("policies"));
    let spoke = policies
        .filter(|p| p["verdict"] == "hold")
        .collect::<Vec<_>>();
    let [spoke] = spoke.as_slice() else {
        panic!("{explanation:#}")
    };
    let rules = spoke["rules"].as_array().expect("rules");
    let fired = rules
        .iter()
        .find(|r| r["came"] == "fired")
        .expect("a rule that fired");
    assert_eq!(fired["because"][0]["came"], "holds", "{fired:#}");
    assert!(
        spoke["text"]["sources"][0]["title"].is_string(),
        "{spoke:#}"
    );
}

#[tokio::test]
async fn others_see_what_their_view_of_the_decision_grants() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let own = explained(&house, &service(), &held.decision)
        .await
        .expect("its own");
    assert_eq!(own["reader"], "customer");
    for not_told in [
        "stages",
        "facts",
        "risk",
        "policy_set",
        "combined",
        "differences",
    ] {
        assert!(own.get(not_told).is_none(), "{not_told} in {own:#}");
    }
    let stranger = caller("another-platform", Role::Service);
    for by in [agent(), stranger, caller("runs", Role::Operator)] {
        assert_eq!(explained(&house, &by, &held.decision).await, None, "{by:?}");
    }
    assert_eq!(explained(&house, &regulator(), "dec_no").await, None);
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let support = explained(&house, &agent(), &asked.decision)
        .await
        .expect("its own");
    assert_eq!(support["reader"], "support");
    let all = support.to_string();
    for not_told in [
        "\"rules\"",
        "\"conditions\"",
        "\"text\"",
        "does-not-hold",
        "Peeters",
    ] {
        assert!(!all.contains(not_told), "{not_told} in {support:#}");
    }
}

#[tokio::test]
async fn a_missing_fact_is_named_and_the_rule_that_rests_on_it() {
    let rules = format!("rules:\n{}", rule("malware", "device.malware", "deny", ""));
    let house = House::new(&[PolicyFile::new("test.needs", PAYMENTS, &rules)]);
    let view = house.decided(&service(), &payment("p-1", "10.00")).await;
    let explanation = explained(&house, &regulator(), &view.decision)
        .await
        .expect("all");
    let needs = policy(&explanation, "test.needs");
    assert_eq!(needs["came"], "missing", "{needs:#}");
    assert_eq!(needs["missing"], json!(["device.malware"]));
    assert_eq!(needs["rules"][0]["came"], "missing");
    assert_eq!(
        needs["rules"][0]["because"][0]["missing"],
        json!(["device.malware"])
    );
    assert_eq!(explanation["facts"]["device.malware"]["seen_as"], "missing");
}

#[tokio::test]
async fn a_decision_is_explained_with_the_set_that_took_it() {
    let strict = |verdict: &str| {
        let when = "payment.amount > money('100.00', 'EUR')";
        let rules = format!("rules:\n{}", rule("high", when, verdict, ""));
        PolicyFile::new("test.amount", PAYMENTS, &rules)
    };
    let house = House::new(&[strict("hold")]);
    let view = house.decided(&service(), &payment("p-1", "150.00")).await;
    house.site.write_policy(&strict("deny"));
    let order = Order {
        by: "runs".into(),
        reason: None,
    };
    let changed = house.engine.reload_policies(order).await.expect("sound");
    assert!(changed.changed);
    let now = house.decided(&service(), &payment("p-2", "150.00")).await;
    // Over a restart, too, when the set before is in the archive only.
    let house = house.restart().await;
    for (id, verdict) in [(&view.decision, "hold"), (&now.decision, "deny")] {
        let explanation = explained(&house, &regulator(), id).await.expect("all");
        assert_eq!(explanation["reproduced"], true, "{explanation:#}");
        assert_eq!(policy(&explanation, "test.amount")["verdict"], verdict);
        let offline = explain(&house.site.data_dir(), id, Role::Regulator).expect("the same");
        assert_eq!(serde_json::to_value(offline).expect("JSON"), explanation);
    }
    // Both sets come out as recorded, and the one of now says what it would have made of the first.
    let mut what = Replay {
        data_dir: house.site.data_dir(),
        since: None,
        until: None,
        only: Default::default(),
        with: With::Recorded,
    };
    let report = replay(&what, &mut Silent(Vec::new())).expect("replayed");
    assert_eq!(
        (report.decisions, report.reproduced, report.sets.len()),
        (2, 2, 2)
    );
    what.with = With::Set {
        dirs: SetDirs {
            policies: house.site.policies_dir(),
            plugins: house.site.plugins_dir(),
        },
        features: Features::AsRecorded,
    };
    let mut items = Silent(Vec::new());
    let report = replay(&what, &mut items).expect("replayed");
    let change = report.change.expect("a comparison");
    assert_eq!((change.changed, change.unchanged), (1, 1));
    assert_eq!(items.0[0].decision, view.decision);
    assert_eq!(change.causes[0].policy, "test.amount");
    let money: Vec<_> = change.causes[0].money.each().collect();
    assert_eq!(money, [("EUR", "150.00".to_owned())]);
}

#[tokio::test]
async fn what_was_recorded_is_told_where_the_set_is_gone_and_what_cannot_be() {
    let when = "payment.amount > money('100.00', 'EUR')";
    let rules = format!("rules:\n{}", rule("high", when, "hold", ""));
    let strict = PolicyFile::new("test.amount", PAYMENTS, &rules);
    let house = House::new(&[strict]);
    let held = house.decided(&service(), &payment("p-1", "150.00")).await;
    house.site.write_policy(&PolicyFile::new(
        "test.amount",
        PAYMENTS,
        &rules.replace("hold", "deny"),
    ));
    let order = Order {
        by: "runs".into(),
        reason: None,
    };
    assert!(
        house
            .engine
            .reload_policies(order)
            .await
            .expect("sound")
            .changed
    );
    let house = house.restart().await;
    let whole = explained(&house, &regulator(), &held.decision)
        .await
        .expect("all");
    let set = whole["policy_set"].as_str().expect("a set").to_owned();
    let kept = house.site.data_dir().join("policy-sets").join(&set);
    // Damaged, then gone. A host that has it in memory still tells all.
    let damage: [(&dyn Fn(), &str); 2] = [
        (
            &|| fs::write(kept.join("policies/stranger.yaml"), "a: b").expect("written"),
            "was changed",
        ),
        (
            &|| fs::remove_dir_all(&kept).expect("removed"),
            "is not archived",
        ),
    ];
    let mut house = house;
    for (damage, why) in damage {
        damage();
        house = house.restart().await;
        let told = explained(&house, &regulator(), &held.decision)
            .await
            .expect("what is left");
        let offline = explain(&house.site.data_dir(), &held.decision, Role::Regulator);
        assert_eq!(
            serde_json::to_value(offline.expect("the same")).expect("JSON"),
            told
        );
        let title = told["not_evaluated"].as_str().expect("why");
        assert!(title.contains(why), "{told:#}");
        for same in ["verdict", "risk", "policy_set", "combined"] {
            assert_eq!(told.get(same), whole.get(same), "{same}");
        }
        assert!(
            told["cannot_tell"].as_array().is_some_and(|w| w.len() > 2),
            "{told:#}"
        );
        assert!(
            told["help"]
                .as_str()
                .is_some_and(|h| h.contains("policy-sets"))
        );
        assert_eq!(told.get("facts"), None, "their classes are in the set");
        let amount = policy(&told, "test.amount");
        assert_eq!(
            (&amount["came"], &amount["verdict"]),
            (&json!("spoke"), &json!("hold"))
        );
        assert_eq!(
            amount["rules"],
            json!([{"name": "high", "came": "fired", "because": []}])
        );
        let own = explained(&house, &service(), &held.decision)
            .await
            .expect("its own");
        assert_eq!(own["verdict"], "hold");
        for not_told in [
            "stages",
            "risk",
            "policy_set",
            "combined",
            "not_evaluated",
            "help",
        ] {
            assert_eq!(own.get(not_told), None, "{own:#}");
        }
        assert!(own["cannot_tell"].is_array(), "{own:#}");
    }
}

#[tokio::test]
async fn whom_a_host_tells_nothing_the_directory_tells_nothing() {
    let house = House::new(&usual());
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let data = house.site.data_dir();
    for (decision, role, by) in [
        (&held.decision, Role::Service, service()),
        (&held.decision, Role::Agent, agent()),
        (
            &held.decision,
            Role::Supervisor,
            caller("lead", Role::Supervisor),
        ),
        (&held.decision, Role::Regulator, regulator()),
        (
            &held.decision,
            Role::Operator,
            caller("runs", Role::Operator),
        ),
        (&asked.decision, Role::Service, service()),
        (&asked.decision, Role::Agent, agent()),
        (
            &asked.decision,
            Role::Supervisor,
            caller("lead", Role::Supervisor),
        ),
        (
            &asked.decision,
            Role::Operator,
            caller("runs", Role::Operator),
        ),
    ] {
        let live = explained(&house, &by, decision).await;
        match (live, explain(&data, decision, role)) {
            (Some(live), Ok(offline)) => {
                assert_eq!(
                    serde_json::to_value(offline).expect("JSON"),
                    live,
                    "{role:?}"
                );
            }
            (None, Err(why)) => {
                let why = why.to_string();
                assert!(why.contains(role.as_str()) && why.contains("--as"), "{why}");
            }
            (live, offline) => panic!("{role:?}: {live:?} {offline:?}"),
        }
    }
}

#[tokio::test]
async fn keys_of_another_host_open_nothing_and_that_is_told() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "10.00")).await;
    let site = house.stop().await;
    let keys = site.data_dir().join("keys.weft");
    let other = House::new(&usual()).stop().await;
    fs::copy(other.data_dir().join("keys.weft"), &keys).expect("copied");
    let what = Replay {
        data_dir: site.data_dir(),
        since: None,
        until: None,
        only: Default::default(),
        with: With::Recorded,
    };
    let error = replay(&what, &mut Silent(Vec::new()))
        .err()
        .map(|e| e.to_string());
    assert!(error.is_some_and(|e| e.contains("made with another key file")));
    fs::remove_file(&keys).expect("removed");
    let error = replay(&what, &mut Silent(Vec::new()))
        .err()
        .map(|e| e.to_string());
    assert!(error.is_some_and(|e| e.contains("keys.weft")));
    assert!(!keys.exists(), "nothing is made anew by who only reads");
}
