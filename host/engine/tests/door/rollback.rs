//! Back to a set that decided before, and how long it stays in force.

use std::fs;
use std::sync::Mutex;

use weft_engine::sets::Cause;
use weft_engine::{Clock, Config, Engine, StartError};
use weft_verdict::Verdict;

use crate::house::{House, Site, codes, events, payment, service};
use crate::policies::{PolicyFile, rule};
use crate::rollout::{because, by, in_force, reloaded, rolled_back, said, says, write};
use weft_tests::guest::Guest;

#[tokio::test]
async fn a_rollback_goes_one_set_back_and_not_forward_again() {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    let none = rolled_back(&house, None).await.expect_err("there is none");
    assert_eq!((none.code(), none.status()), ("conflict", 409));
    write(&house.site, &says("other"));
    reloaded(&house).await;
    let second = in_force(&house);
    let back = rolled_back(&house, None)
        .await
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(
        (
            back.changed,
            back.in_force.cause,
            back.in_force.policy_set.as_str()
        ),
        (true, Cause::Rollback, first.as_str())
    );
    assert_eq!(back.in_force.overruled.as_deref(), Some(second.as_str()));
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(codes(&view), ["because"]);
    let twice = rolled_back(&house, None).await.expect_err("not forward");
    assert_eq!(twice.code(), "conflict");
    assert!(
        twice
            .what_to_do()
            .is_some_and(|help| help.contains("name the set"))
    );
    // By name, also by the beginning of it.
    let named = rolled_back(&house, Some(&second[..12])).await;
    let named = named.unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(named.in_force.policy_set, second);
    assert_eq!(
        named.in_force.overruled, None,
        "it is the set of the directories"
    );
    let unchanged = rolled_back(&house, Some(&second)).await;
    assert!(!unchanged.unwrap_or_else(|p| panic!("{p}")).changed);
    for (to, code) in [
        ("00000000", "not-found"),
        ("zz", "not-found"),
        ("../../..", "not-found"),
    ] {
        let refused = rolled_back(&house, Some(to)).await.expect_err("refused");
        assert_eq!(refused.code(), code, "{to}");
    }
    // Too few digits name none, and what to write is told, with dates.
    let refused = rolled_back(&house, Some(&first[..2]))
        .await
        .expect_err("refused");
    let help = refused.what_to_do().expect("help").to_owned();
    let since = |digest: &str| {
        let changes = house.engine.set_changes();
        let change = changes.iter().find(|change| change.policy_set == digest);
        change.expect("in force").since.to_string()
    };
    let told = format!(
        "`{}` for the one in force since {}",
        &first[..8],
        since(&first)
    );
    assert!(help.starts_with("write ") && help.contains(&told), "{help}");
    let changes = house.engine.set_changes();
    let causes: Vec<Cause> = changes.iter().map(|change| change.cause).collect();
    assert_eq!(
        causes,
        [
            Cause::Rollback,
            Cause::Rollback,
            Cause::Reload,
            Cause::Start
        ]
    );
}

#[tokio::test]
async fn an_archived_set_that_was_tampered_with_does_not_come_back() {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    write(&house.site, &says("other"));
    reloaded(&house).await;
    let file = format!("policy-sets/{first}/policies/test.late.yaml");
    let file = house.site.data_dir().join(file);
    let text = fs::read_to_string(&file).expect("readable");
    fs::write(&file, text.replace("verdict: allow", "verdict: flag")).expect("written");
    let refused = rolled_back(&house, None).await.expect_err("refused");
    assert_eq!(refused.code(), "policy-set-refused");
    assert!(
        refused.detail().contains(&file.display().to_string()),
        "{refused}"
    );
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(codes(&view), ["other"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_change_with_their_set_and_come_back_with_it() {
    let asks = "plugin:\n  name: amount-limit\n  settings: {limit_minor: 100000}\n  grants: [{field: payment.amount, treatment: clear}]\n";
    let site = Site::new(&[PolicyFile::new("test.limit", "payment.authorize", asks)]);
    let put = |site: &Site, component: Vec<u8>| {
        fs::write(site.plugins_dir().join("amount-limit.wasm"), component).expect("written");
    };
    put(&site, Guest::valid().build());
    let house = site.start();
    let first = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(first.verdict, Verdict::Allow);
    put(&house.site, Guest::evaluating("(unreachable)").build());
    assert!(
        reloaded(&house).await.changed,
        "another component is another set"
    );
    let traps = house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_eq!(codes(&traps), ["policy-failed"]);
    // Neither a missing component nor one that is none takes its place.
    fs::remove_file(house.site.plugins_dir().join("amount-limit.wasm")).expect("removed");
    let refused = house.engine.reload_policies(by("ops")).await;
    assert_eq!(refused.expect_err("refused").code(), "policy-set-refused");
    put(&house.site, b"no component".to_vec());
    let refused = house.engine.reload_policies(by("ops")).await;
    assert_eq!(refused.expect_err("refused").code(), "policy-set-refused");
    let back = rolled_back(&house, None).await;
    back.unwrap_or_else(|problem| panic!("{problem}"));
    let again = house.decided(&service(), &payment("p-3", "27.40")).await;
    let asked = |view| {
        let record = house.record(view);
        let plugin = record.findings[0].plugin.clone();
        plugin.expect("a plugin").digest
    };
    assert_eq!(asked(&first), asked(&again));
    assert_ne!(asked(&first), asked(&traps));
}

#[tokio::test]
async fn a_set_that_cannot_be_kept_does_not_come_into_force() {
    let house = House::new(&says("because"));
    let sets = house.site.data_dir().join("policy-sets");
    for n in 1..weft_engine::limits::MAX_ARCHIVED_SETS {
        fs::create_dir(sets.join(format!("{n:064x}"))).expect("made");
    }
    write(&house.site, &says("other"));
    let refused = house.engine.reload_policies(by("ops")).await;
    let refused = refused.expect_err("refused");
    assert_eq!((refused.code(), refused.status()), ("not-ready", 503));
    assert!(refused.detail().contains("which is the limit"), "{refused}");
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(codes(&view), ["because"]);
    fs::remove_dir(sets.join(format!("{:064x}", 1))).expect("removed");
    assert!(reloaded(&house).await.changed, "there is room again");
}

/// A house in which a rollback overrules what the directories have.
async fn with_rollback() -> (House, String) {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    write(&house.site, &says("other"));
    reloaded(&house).await;
    let back = rolled_back(&house, None).await;
    back.unwrap_or_else(|problem| panic!("{problem}"));
    (house, first)
}

#[tokio::test]
async fn a_rollback_is_kept_over_a_restart_until_the_directories_are_read_again() {
    let (house, first) = with_rollback().await;
    let house = house.restart().await.restart().await;
    assert_eq!(in_force(&house), first, "kept, also twice");
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(codes(&view), ["because"]);
    assert_eq!(
        events(&house, "policy_set.changed").len(),
        2,
        "a start is no change"
    );
    let reload = reloaded(&house).await;
    assert_eq!(
        (reload.changed, reload.in_force.cause),
        (true, Cause::Reload)
    );
    let house = house.restart().await;
    assert_ne!(in_force(&house), first, "the rollback is over");
}

#[tokio::test]
async fn a_rollback_is_kept_over_a_start_on_other_files_and_ends_when_somebody_says_so() {
    let (house, first) = with_rollback().await;
    let more = format!("rules:\n{}", rule("all", "true", "flag", ""));
    let more = [PolicyFile::new("test.more", "payment.authorize", &more)];
    write(&house.site, &more);
    let house = house.restart().await.restart().await;
    assert_eq!(in_force(&house), first, "changed files say nothing");
    assert_eq!(events(&house, "policy_set.changed").len(), 2);
    let forgets = Config {
        keep_rollback: false,
        ..house.site.config()
    };
    let site = house.stop().await;
    let house = site
        .start_with(forgets)
        .unwrap_or_else(|why| panic!("{why}"));
    let now = in_force(&house);
    assert_ne!(now, first);
    let events = events(&house, "policy_set.changed");
    let last = events.last().expect("a change");
    for (name, value) in [
        ("old", &*first),
        ("new", &*now),
        ("by", "host"),
        ("cause", "start"),
    ] {
        assert_eq!(said(last, name), value, "{name}");
    }
    let house = house.restart().await;
    assert_eq!(in_force(&house), now, "it is over");
}

#[tokio::test]
async fn a_start_on_other_files_says_who_rolled_back_and_why() {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    write(&house.site, &says("other"));
    reloaded(&house).await;
    let back = house.engine.roll_back(None, because("too wide")).await;
    back.unwrap_or_else(|problem| panic!("{problem}"));
    let site = house.stop().await;
    let more = format!("rules:\n{}", rule("all", "true", "flag", ""));
    let more = [PolicyFile::new("test.more", "payment.authorize", &more)];
    write(&site, &more);
    let said = Mutex::new(String::new());
    let engine = Engine::start(site.config(), Clock::history(), &|step| {
        said.lock().expect("one thread").push_str(step);
    });
    let engine = engine.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(engine.pipeline().digest(), first);
    let said = said.into_inner().expect("one thread");
    for words in ["WARNING", &first, "ops", "too wide", "has changed since"] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
}

#[tokio::test]
async fn a_rollback_to_what_the_directories_have_by_now_is_over_when_they_are_read() {
    let (house, first) = with_rollback().await;
    write(&house.site, &says("because"));
    let reload = reloaded(&house).await;
    assert_eq!(
        (reload.changed, reload.in_force.cause),
        (false, Cause::Reload)
    );
    write(&house.site, &says("other"));
    let house = house.restart().await;
    assert_ne!(in_force(&house), first, "nothing is overruled any more");
}

#[tokio::test]
async fn a_host_does_not_start_without_the_set_that_a_rollback_put_in_force() {
    let (house, first) = with_rollback().await;
    let site = house.stop().await;
    fs::remove_dir_all(site.data_dir().join("policy-sets").join(&first)).expect("removed");
    let config = site.config();
    let Err(why) = site.copy().start_with(Config {
        data_dir: config.data_dir.clone(),
        ..config.clone()
    }) else {
        panic!("it starts")
    };
    assert!(
        matches!(&why, StartError::Rollback { digest, .. } if *digest == first),
        "{why}"
    );
    assert!(why.to_string().contains("--forget-rollback"), "{why}");
    let forgets = Config {
        keep_rollback: false,
        ..config
    };
    let house = site
        .start_with(forgets)
        .unwrap_or_else(|why| panic!("{why}"));
    assert_ne!(in_force(&house), first);
    let events = events(&house, "policy_set.changed");
    assert_eq!(said(events.last().expect("a change"), "cause"), "start");
}

#[tokio::test]
async fn a_start_with_another_dictionary_after_a_rollback_is_refused_and_says_the_way_out() {
    let (house, first) = with_rollback().await;
    let site = house.stop().await;
    let path = site.policies_dir().join("dictionary.yaml");
    let text = fs::read_to_string(&path).expect("readable");
    fs::write(&path, text + "# more\n").expect("written");
    let why = match Engine::start(site.config(), Clock::history(), &|_| {}) {
        Ok(_) => panic!("it starts"),
        Err(why) => why,
    };
    let told = why.to_string();
    for words in [
        first.as_str(),
        "ops",
        "dictionary.yaml is not the one",
        "--forget-rollback",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let forgets = Config {
        keep_rollback: false,
        ..site.config()
    };
    let house = site
        .start_with(forgets)
        .unwrap_or_else(|why| panic!("{why}"));
    assert_ne!(in_force(&house), first);
}

#[tokio::test]
async fn a_start_that_forgets_a_rollback_says_whose_it_was_and_what_decides_again() {
    let house = House::new(&says("because"));
    let first = in_force(&house);
    write(&house.site, &says("other"));
    reloaded(&house).await;
    let second = in_force(&house);
    let back = house.engine.roll_back(None, because("too wide")).await;
    back.unwrap_or_else(|problem| panic!("{problem}"));
    let site = house.stop().await;
    let starts = |keep_rollback| {
        let said = Mutex::new(String::new());
        let config = Config {
            keep_rollback,
            ..site.config()
        };
        let engine = Engine::start(config, Clock::history(), &|step| {
            said.lock().expect("one thread").push_str(step);
        });
        let engine = engine.unwrap_or_else(|why| panic!("{why}"));
        (engine, said.into_inner().expect("one thread"))
    };
    let (engine, said) = starts(false);
    for words in [
        "WARNING",
        &format!("policy set {first} is no longer in force"),
        "ops rolled back to it (too wide)",
        &format!("the policies directory decides again, by policy set {second}"),
    ] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    engine.stop().await;
    drop(engine);
    // There is nothing left to forget, and nothing is said of it.
    for keeps in [false, true] {
        let (engine, said) = starts(keeps);
        assert_eq!(engine.pipeline().digest(), second);
        assert!(!said.contains("WARNING"), "{said}");
        engine.stop().await;
    }
}
