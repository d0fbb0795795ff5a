//! Another policy set takes the place of the one in force while the host decides.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;
use tokio::task::JoinSet;
use weft_audit::{DecisionRecord, EventRecord, Record};
use weft_engine::Config;
use weft_engine::sets::{Order, Ordered, PROBLEMS};
use weft_intake::Problem;
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, answer, ask, codes, events, payment, service, state};
use crate::policies::{PolicyFile, STEP_UP, amounts, assistance, rule, usual};

pub(crate) fn by(id: &str) -> Order {
    Order {
        by: id.to_owned(),
        reason: None,
    }
}

pub(crate) fn because(reason: &str) -> Order {
    Order {
        reason: Some(reason.to_owned()),
        ..by("ops")
    }
}

/// Says one code in each of two stages about every payment.
pub(crate) fn says(code: &str) -> [PolicyFile; 2] {
    let body = format!("rules:\n{}", rule("all", "true", "allow", ""));
    let body = body.replace("because", code);
    [
        PolicyFile::new("test.early", "payment.authorize", &body).stage("minimisation"),
        PolicyFile::new("test.late", "payment.authorize", &body),
    ]
}

pub(crate) fn write(site: &Site, policies: &[PolicyFile]) {
    for policy in policies {
        site.write_policy(policy);
    }
}

pub(crate) async fn reloaded(house: &House) -> Ordered {
    let ordered = house.engine.reload_policies(by("ops")).await;
    ordered.unwrap_or_else(|problem| panic!("{problem}"))
}

pub(crate) async fn rolled_back(house: &House, to: Option<&str>) -> Result<Ordered, Problem> {
    let to = to.map(str::to_owned);
    house.engine.roll_back(to, by("ops")).await
}

pub(crate) fn in_force(house: &House) -> String {
    house.engine.pipeline().digest().to_owned()
}

fn records(house: &House) -> Vec<Record> {
    let mut records = Vec::new();
    let read = house
        .engine
        .log()
        .replay(0, |_, record| records.push(record));
    read.expect("the log");
    records
}

fn decisions(house: &House) -> Vec<DecisionRecord> {
    let records = records(house).into_iter();
    let decisions = records.filter_map(|record| match record {
        Record::Decision(decision) => Some(*decision),
        Record::Event(_) => None,
    });
    decisions.collect()
}

pub(crate) fn said(event: &EventRecord, name: &str) -> String {
    match event.detail.get(name) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[tokio::test]
async fn what_is_reloaded_decides_from_the_next_request_on_and_is_in_the_log() {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    let before = house.decided(&service(), &payment("p-1", "27.40")).await;
    write(&house.site, &says("other"));
    let order = because("ticket 7: the other reason");
    let ordered = house.engine.reload_policies(order).await;
    let ordered = ordered.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(ordered.changed);
    let after = house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_eq!(
        (codes(&before), codes(&after)),
        (vec!["because"], vec!["other"])
    );
    let (before, after) = (house.record(&before), house.record(&after));
    let second = in_force(&house);
    assert_ne!(first, second);
    assert_eq!((&before.policy_set, &after.policy_set), (&first, &second));
    let [event] = &events(&house, "policy_set.changed")[..] else {
        panic!("one change")
    };
    for (name, value) in [
        ("old", first.as_str()),
        ("new", second.as_str()),
        ("by", "ops"),
        ("cause", "reload"),
        ("reason", "ticket 7: the other reason"),
        ("overruled", ""),
    ] {
        assert_eq!(said(event, name), value, "{name}");
    }
    // The same files again are no change.
    let again = reloaded(&house).await;
    assert!(!again.changed);
    assert_eq!(events(&house, "policy_set.changed").len(), 1);
    let metrics = house.engine.metrics().render();
    assert!(
        metrics.contains("weft_policy_set_changes_total{cause=\"reload\"} 1"),
        "{metrics}"
    );
}

/// Each refusal: what is done to the files, and what is told.
type Refusal = (&'static str, fn(&Site), &'static [&'static str]);

#[tokio::test]
async fn what_does_not_hold_is_refused_and_the_set_in_force_stays() {
    let refusals: [Refusal; 6] = [
        (
            "a name that is not there",
            |site| {
                let typo = rule("typo", "payment.amuont > money('1', 'EUR')", "deny", "");
                let typo = format!("rules:\n{typo}");
                write(
                    site,
                    &[PolicyFile::new("test.typo", "payment.authorize", &typo)],
                );
            },
            &["test.typo.yaml", "did you mean `payment.amount`?"],
        ),
        (
            "a test that does not hold",
            |site| {
                let body = format!(
                    "rules:\n{}tests:\n  - name: wrong\n    given: {{payment.method: card}}\n    expect: {{verdict: deny}}\n",
                    rule("all", "true", "allow", "")
                );
                write(
                    site,
                    &[PolicyFile::new("test.wrong", "payment.authorize", &body)],
                );
            },
            &["test.wrong.yaml", "deny"],
        ),
        (
            "two files at once",
            |site| {
                for name in ["test.one", "test.two"] {
                    let typo = format!("rules:\n{}", rule("typo", "nowhere.at_all", "deny", ""));
                    write(site, &[PolicyFile::new(name, "payment.authorize", &typo)]);
                }
            },
            &["test.one.yaml", "test.two.yaml"],
        ),
        (
            "a plugin that is not there",
            |site| {
                let body = "plugin:\n  name: nowhere\n  grants: []\n";
                write(
                    site,
                    &[PolicyFile::new("test.plugin", "payment.authorize", body)],
                );
            },
            &["test.plugin.yaml", "cannot be read"],
        ),
        (
            "another dictionary",
            |site| {
                let path = site.policies_dir().join("dictionary.yaml");
                let text = fs::read_to_string(&path).expect("readable");
                fs::write(path, text + "# more\n").expect("written");
            },
            &["dictionary.yaml", "restart the host"],
        ),
        (
            "an operation of another kind",
            |site| {
                let path = site.policies_dir().join("pipeline.yaml");
                let text = fs::read_to_string(&path).expect("readable");
                let text = text.replacen("kind: assistance\n    effect: none", "kind: payment", 1);
                fs::write(path, text.replacen("no_policy: deny", "no_policy: hold", 1))
                    .expect("written");
            },
            &["assist.failed_payment"],
        ),
    ];
    for (what, change, told) in refusals {
        let house = House::new(&[amounts()]);
        let digest = in_force(&house);
        change(&house.site);
        let problem = house.engine.reload_policies(by("ops")).await;
        let problem = problem.err().unwrap_or_else(|| panic!("{what} is taken"));
        assert_eq!(
            (problem.code(), problem.status()),
            ("policy-set-refused", 422),
            "{what}"
        );
        let text = problem.to_json().to_string();
        for words in told {
            assert!(text.contains(words), "{what}: no `{words}` in {text}");
        }
        if let Some(listed) = problem.member_of(PROBLEMS) {
            let listed = listed.as_array().expect("a list");
            assert!(
                listed.iter().all(|one| one["line"].as_u64() > Some(0)),
                "{text}"
            );
        }
        assert_eq!(in_force(&house), digest, "{what}");
        assert!(events(&house, "policy_set.changed").is_empty(), "{what}");
        let view = house.decided(&service(), &payment("p-1", "27.40")).await;
        assert_eq!(view.verdict, Verdict::Allow, "{what}");
    }
}

/// Payments, and one walk of a held payment after the other, while two sets take turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_is_lost_or_decided_by_two_sets() {
    const SWAPS: usize = 60;
    let set = |code: &str| {
        let held = rule(
            "large",
            "payment.amount >= money('500', 'EUR')",
            "hold",
            STEP_UP,
        );
        let held = format!("rules:\n{}", held.replace("because", code));
        let mut policies = assistance();
        policies.extend(says(code));
        policies.push(PolicyFile::new("test.held", "payment.authorize", &held));
        policies
    };
    let house = Arc::new(House::new(&set("because")));
    let code_of = Arc::new(std::sync::Mutex::new(BTreeMap::from([(
        in_force(&house),
        "because",
    )])));
    let swapped = Arc::new(AtomicU64::new(0));
    let mut deciding = JoinSet::new();
    for task in 0..4 {
        let (house, swapped) = (Arc::clone(&house), Arc::clone(&swapped));
        deciding.spawn(async move {
            let mut decided = 0;
            while swapped.load(Ordering::Acquire) < SWAPS as u64 {
                let id = format!("p-{task}-{decided}");
                house.decided(&service(), &payment(&id, "27.40")).await;
                let held = format!("h-{task}-{decided}");
                house.approved(&held).await;
                let view = house.decided(&agent(), &ask("assist.confirm", &held)).await;
                let again = view.decided_again.expect("decided again");
                assert_eq!(state(&again), Some("released"), "{held}");
                decided += 1;
            }
            decided
        });
    }
    for swap in 0..SWAPS {
        let code = ["other", "because"][swap % 2];
        write(&house.site, &set(code));
        let ordered = reloaded(&house).await;
        assert!(ordered.changed, "swap {swap}");
        let digest = ordered.in_force.policy_set;
        code_of.lock().expect("a lock").insert(digest, code);
        swapped.fetch_add(1, Ordering::AcqRel);
    }
    let rounds: usize = deciding.join_all().await.into_iter().sum();
    let code_of = code_of.lock().expect("a lock").clone();
    assert_eq!(code_of.len(), 2);
    let records = decisions(&house);
    // A payment; a payment held, answered, confirmed, decided again.
    assert_eq!(
        records.len(),
        rounds * 5,
        "every request is in the log, once"
    );
    assert!(rounds > 0);
    let mut by_set: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &records {
        let code = code_of[&record.policy_set];
        *by_set.entry(code).or_default() += 1;
        if record.operation != "payment.authorize" {
            continue;
        }
        let reasons = record.findings.iter().flat_map(|f| &f.finding.reasons);
        let reasons: Vec<&str> = reasons.map(|reason| reason.code.as_str()).collect();
        assert!(reasons.len() >= 2, "both stages were asked");
        assert!(
            reasons.iter().all(|said| *said == code),
            "{code}: {reasons:?}"
        );
    }
    assert_eq!(by_set.len(), 2, "both sets decided: {by_set:?}");
    let events = events(&house, "policy_set.changed");
    assert_eq!(events.len(), SWAPS);
    for pair in events.windows(2) {
        assert_eq!(said(&pair[0], "new"), said(&pair[1], "old"));
    }
    // A confirmation and the decision that it leads to are one request.
    for record in records
        .iter()
        .filter(|r| r.operation == "payment.authorize")
    {
        let Some(previous) = &record.previous else {
            continue;
        };
        let confirmed = records.iter().find(|r| r.decision == *previous);
        let confirmed = confirmed.expect("it is in the log");
        assert_eq!(confirmed.policy_set, record.policy_set);
    }
}

#[tokio::test]
async fn a_decision_is_told_in_the_words_of_its_own_set() {
    let house = House::new(&usual());
    let (held, ..) = house.waiting("p-1", "1890.00").await;
    let told = |view: &weft_engine::DecisionView| (view.message.clone(), view.reasons.clone());
    let before = house.engine.decision(&service(), &held.decision).await;
    let before = told(&before.unwrap_or_else(|problem| panic!("{problem}")));
    assert!(before.0.is_some());
    let text = amounts()
        .text()
        .replace("for customers of", "otherwise for customers of");
    let file = house.site.policies_dir().join(amounts().file_name());
    fs::write(file, text).expect("written");
    assert!(reloaded(&house).await.changed);
    let after = house.engine.decision(&service(), &held.decision).await;
    assert_eq!(
        told(&after.unwrap_or_else(|problem| panic!("{problem}"))),
        before
    );
}

#[tokio::test]
async fn a_payment_is_decided_again_by_the_set_that_is_in_force_then() {
    let house = House::new(&usual());
    house.approved("p-1").await;
    let (_, challenge, response) = house.waiting("p-2", "600.00").await;
    let deny = format!("rules:\n{}", rule("all", "true", "deny", ""));
    write(
        &house.site,
        &[PolicyFile::new("test.more", "payment.authorize", &deny)],
    );
    reloaded(&house).await;
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Deny, Some("refused"))
    );
    let answered = answer("p-2", &challenge, &response);
    let view = house.decided(&service(), &answered).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Deny, Some("refused"))
    );
    assert_eq!(house.record(&again).policy_set, in_force(&house));
}

#[tokio::test]
async fn a_reason_is_a_line_that_leads_to_no_person() {
    let house = House::new(&says("because"));
    for reason in [
        String::new(),
        "two\nlines".into(),
        "it was 4111 1111 1111 1111".into(),
        "asked by SSN078051120".into(),
        "for BE21x1923x1539x1603".into(),
        "asked for by ines@example.org".into(),
        "x".repeat(501),
    ] {
        let order = because(&reason);
        let refused = house.engine.reload_policies(order.clone()).await;
        let refused = refused.expect_err("refused");
        assert_eq!(
            (refused.code(), refused.where_it_is()),
            ("invalid-value", Some("/reason"))
        );
        assert!(reason.is_empty() || !refused.to_string().contains(&reason));
        let refused = house.engine.change_threat_level(1, order).await;
        assert_eq!(refused.expect_err("refused").code(), "invalid-value");
    }
    let told = records(&house).len();
    assert_eq!(told, 2, "only the set and the start are recorded");
}

#[tokio::test]
async fn a_level_of_threat_is_in_the_log_and_kept_over_a_restart() {
    let house = House::new(&says("because"));
    let level = |house: &House| house.engine.threat_level().level;
    assert_eq!(level(&house), 0);
    let raised = house
        .engine
        .change_threat_level(3, because("an attack"))
        .await;
    assert_eq!(raised.unwrap_or_else(|p| panic!("{p}")).replaced, Some(0));
    let refused = house.engine.change_threat_level(4, by("ops")).await;
    assert_eq!(refused.expect_err("refused").code(), "invalid-value");
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(house.record(&view).facts["processing.threat_level"], 3);
    let house = house.restart().await;
    assert_eq!(
        level(&house),
        3,
        "an attack is not over because a host restarts"
    );
    let [event] = &events(&house, "threat_level.changed")[..] else {
        panic!("one change")
    };
    let said = |name| said(event, name);
    assert_eq!(
        [said("old"), said("new"), said("by"), said("reason")],
        ["0", "3", "ops", "an attack"]
    );
    // What the configuration says anew counts.
    let site = house.stop().await;
    let config = Config {
        threat_level: 1,
        ..site.config()
    };
    let house = site
        .start_with(config)
        .unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(level(&house), 1);
    let events = events(&house, "threat_level.changed");
    let last = events.last().expect("a change");
    assert_eq!(last.detail["new"], 1);
    assert_eq!(last.detail["by"], "host");
}

#[tokio::test]
async fn a_stopping_host_changes_nothing() {
    let house = House::new(&says("because"));
    house.engine.stop().await;
    let refused = house.engine.reload_policies(by("ops")).await;
    assert_eq!(refused.expect_err("refused").code(), "not-ready");
    let refused = house.engine.change_threat_level(1, by("ops")).await;
    assert_eq!(refused.expect_err("refused").code(), "not-ready");
}

#[tokio::test]
async fn what_a_policy_on_trial_says_is_counted_beside_what_was_decided() {
    let deny = rule("large", "payment.amount >= money('20', 'EUR')", "deny", "");
    let deny = format!("rules:\n{deny}");
    let trial = |status| PolicyFile::new("test.trial", "payment.authorize", &deny).status(status);
    let house = House::new(&[amounts(), trial("shadow")]);
    for (id, euros) in [("p-1", "27.40"), ("p-2", "30.00"), ("p-3", "10.00")] {
        let view = house.decided(&service(), &payment(id, euros)).await;
        assert_eq!(view.verdict, Verdict::Allow, "{id}");
    }
    let counted = |verdict: &str, decided: &str, times: usize| {
        let line = format!(
            "weft_trial_findings_total{{policy=\"test.trial\",verdict=\"{verdict}\",decided=\"{decided}\"}} {times}"
        );
        let metrics = house.engine.metrics().render();
        assert!(metrics.contains(&line), "no {line} in {metrics}");
    };
    counted("deny", "allow", 2);
    counted("abstain", "allow", 1);
    // From shadow to canary to enforced, without a restart.
    write(&house.site, &[trial("canary")]);
    reloaded(&house).await;
    let view = house.decided(&service(), &payment("p-4", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    counted("deny", "allow", 3);
    write(&house.site, &[trial("enforced")]);
    reloaded(&house).await;
    let view = house.decided(&service(), &payment("p-5", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    counted("deny", "allow", 3);
}

#[tokio::test]
async fn what_is_in_force_is_listed() {
    let house = House::new(&says("because"));
    write(&house.site, &says("other"));
    house
        .engine
        .reload_policies(because("ticket 7"))
        .await
        .unwrap_or_else(|problem| panic!("{problem}"));
    let listed = serde_json::to_value(house.engine.policies()).expect("JSON");
    assert_eq!(listed["policy_set"], in_force(&house).as_str());
    assert_eq!(listed["reason"], "ticket 7");
    assert_eq!(listed["since"], "2026-06-01T12:00:00.000Z");
    let policies = listed["policies"].as_array().expect("a list");
    let ids: Vec<&str> = policies.iter().filter_map(|p| p["id"].as_str()).collect();
    assert_eq!(ids, ["test.early", "test.late"]);
    assert_eq!(policies[0]["status"], "enforced");
    assert_eq!(policies[0]["in_force"], true);
}
