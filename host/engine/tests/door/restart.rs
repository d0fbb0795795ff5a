//! What a host that starts knows of what was before: all of it, from the log.

use weft_audit::{Record, VerifyOptions};
use weft_engine::{LockError, StartError};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, answer, ask, payment, service, state};
use crate::policies::{PolicyFile, STEP_UP, amounts, rule, usual};

#[tokio::test]
async fn payments_that_wait_still_wait() {
    let house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    house.waiting("p-2", "1890.00").await;
    let wrong = answer("p-2", &challenge, "wrong");
    house.decided(&service(), &wrong).await;
    house.approved("p-3").await;
    house.decided(&service(), &payment("p-4", "27.40")).await;
    let house = house.restart().await;
    assert_eq!(house.engine.pending(), 3);
    // Evidence that was there is there, and the challenge takes its answer.
    let view = house.decided(&agent(), &ask("assist.confirm", "p-3")).await;
    assert!(view.decided_again.is_some());
    let view = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(view.verdict, Verdict::Allow);
    house.pass_minutes(15);
    assert_eq!(house.engine.expire_due().await, 2);
    // What was released, refused or expired before stays so.
    let house = house.restart().await;
    assert_eq!(house.engine.pending(), 0);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-3")).await;
    assert_eq!(
        (view.verdict, state(&view)),
        (Verdict::Deny, Some("released"))
    );
}

#[tokio::test]
async fn wrong_answers_are_counted_across_a_restart() {
    let mut house = House::new(&usual());
    let (_, challenge, response) = house.waiting("p-1", "1890.00").await;
    for _ in 0..5 {
        house
            .decided(&service(), &answer("p-1", &challenge, "wrong"))
            .await;
        house = house.restart().await;
    }
    let view = house
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(view.verdict, Verdict::Deny);
}

#[tokio::test]
async fn what_was_seen_is_still_known() {
    let busy = rule(
        "busy",
        "behaviour.account.count_24h >= 2",
        "challenge",
        STEP_UP,
    );
    let policy = PolicyFile::new("test.busy", "payment.authorize", &format!("rules:\n{busy}"));
    let mut house = House::new(&[amounts(), policy]);
    for (id, verdict) in [
        ("p-1", Verdict::Allow),
        ("p-2", Verdict::Allow),
        ("p-3", Verdict::Challenge),
    ] {
        let view = house.decided(&service(), &payment(id, "27.40")).await;
        assert_eq!(view.verdict, verdict, "{id}");
        house.pass_minutes(1);
        house = house.restart().await;
    }
}

#[tokio::test]
async fn keys_answer_with_the_same_bytes() {
    let house = House::new(&usual());
    let body = payment("p-1", "1890.00");
    let first = house.decide_with_key(&service(), &body, Some("k")).await;
    let first = first.unwrap_or_else(|p| panic!("{p}"));
    let house = house.restart().await;
    let again = house.decide_with_key(&service(), &body, Some("k")).await;
    let again = again.unwrap_or_else(|p| panic!("{p}"));
    assert!(again.replayed);
    assert_eq!(first.body, again.body);
    let other = payment("p-2", "27.40");
    assert!(
        house
            .decide_with_key(&service(), &other, Some("k"))
            .await
            .is_err()
    );
}

/// The files as they are when a reply has come are all that another host needs: nothing of a decision is
/// only in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_killed_after_a_reply_loses_nothing() {
    let house = House::new(&usual());
    let (held, challenge, response) = house.waiting("p-1", "1890.00").await;
    let as_if_killed = house.site.copy().start();
    assert_eq!(as_if_killed.engine.pending(), 1);
    let record = as_if_killed.record(&held);
    assert_eq!(record.decision, held.decision);
    let view = as_if_killed
        .decided(&service(), &answer("p-1", &challenge, &response))
        .await;
    assert_eq!(view.verdict, Verdict::Allow);
    as_if_killed.stop().await;
    // And the killed one knows nothing of it.
    assert_eq!(house.chain("p-1").len(), 1);
}

#[tokio::test]
async fn a_data_directory_has_one_host() {
    let house = House::new(&usual());
    let config = house.site.config();
    let start = |config| weft_engine::Engine::start(config, weft_engine::Clock::System, &|_| {});
    match start(config.clone()) {
        Err(StartError::Lock(LockError::Held(path))) => assert!(path.ends_with("weft.lock")),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("two hosts run on the same directory"),
    }
    let site = house.stop().await;
    let second = start(config);
    assert!(second.is_ok(), "it is free again");
    drop((second, site));
}

#[tokio::test]
async fn a_stopped_host_decides_nothing_and_leaves_a_sound_log() {
    let house = House::new(&usual());
    house.waiting("p-1", "1890.00").await;
    house.pass_minutes(15);
    assert!(house.engine.readiness().ready);
    house.engine.stop().await;
    assert!(!house.engine.readiness().ready);
    let problem = house.refused(&service(), &payment("p-2", "27.40")).await;
    assert_eq!((problem.code(), problem.status()), ("not-ready", 503));
    assert_eq!(house.engine.expire_due().await, 0, "not even what is due");
    let site = house.leave();
    let report = weft_audit::verify(
        &site.data_dir().join("audit"),
        &VerifyOptions::default(),
        &|_| {},
    )
    .expect("it can be verified");
    assert!(
        report.is_sound() && report.closed_cleanly,
        "{:?}",
        report.damage
    );
    let house = site.start();
    let last_before_start = house.engine.log().len() - 2;
    let stopped = house.engine.log().get(last_before_start).expect("the log");
    assert!(
        matches!(stopped, Some(Record::Event(event)) if event.event == "host.stopped"),
        "a stop is recorded"
    );
}

#[tokio::test]
async fn another_policy_set_decides_from_the_next_start_on() {
    let house = House::new(&usual());
    let before = house.engine.pipeline().digest().to_owned();
    house.approved("p-1").await;
    let deny = format!("rules:\n{}", rule("all", "true", "deny", ""));
    house
        .site
        .write_policy(&PolicyFile::new("test.more", "payment.authorize", &deny));
    let view = house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_eq!(
        view.verdict,
        Verdict::Allow,
        "files are not read while the host runs"
    );
    let house = house.restart().await;
    assert_ne!(house.engine.pipeline().digest(), before);
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again)),
        (Verdict::Deny, Some("refused"))
    );
    let record = house.record(&again);
    assert_eq!(record.policy_set, house.engine.pipeline().digest());
    assert_eq!(house.chain("p-1")[0].policy_set, before);
}

/// Otherwise a caller could ask for what only the host says.
#[tokio::test]
async fn an_operation_of_the_hosts_own_is_nobody_elses() {
    let site = Site::new(&usual());
    let path = site.policies_dir().join("pipeline.yaml");
    let pipeline = std::fs::read_to_string(&path).expect("a pipeline");
    let own = "  - {name: payment.expire, title: t, kind: payment, no_policy: hold}\n";
    std::fs::write(&path, pipeline + own).expect("written");
    let config = site.config();
    let Err(error) = site.start_with(config) else {
        panic!("it starts")
    };
    assert!(error.to_string().contains("`payment.expire`"), "{error}");
}

#[tokio::test]
async fn a_broken_policy_keeps_the_host_from_starting() {
    let broken = rule("typo", "payment.amuont > money('1', 'EUR')", "deny", "");
    let policy = PolicyFile::new(
        "test.broken",
        "payment.authorize",
        &format!("rules:\n{broken}"),
    );
    let site = Site::new(&[amounts(), policy]);
    let config = site.config();
    let Err(error) = site.start_with(config) else {
        panic!("it starts")
    };
    let text = error.to_string();
    assert!(text.contains("test.broken.yaml:"), "{text}");
    assert!(text.contains("did you mean `payment.amount`?"), "{text}");
}
