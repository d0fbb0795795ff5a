//! The log from its door: what was appended is found, in every way in which it can be asked for.

mod support;

use std::fs;

use support::{SEED, config, copy, decision, event, files, id, open, stopped, tuning};
use weft_audit::tiles::Tile;
use weft_audit::{
    AppendError, Filter, Log, OpenError, Record, Remedy, Verifier, VerifyOptions, render, show,
    verify,
};
use weft_audit::{checkpoint, merkle};

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_what_was_appended_before_it_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = std::sync::Arc::new(open(dir.path()));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16u64 {
        let log = log.clone();
        tasks.spawn(async move {
            for n in 0..60 {
                let n = task * 60 + n;
                let receipt = log.append(&decision(n)).await.expect("durable");
                let stored = log
                    .decision(&id(n))
                    .expect("readable")
                    .expect("it is there");
                assert_eq!(
                    (stored.index, stored.leaf_hash),
                    (receipt.index, receipt.leaf_hash)
                );
                let linked = log
                    .by_transaction(&format!("pay-{}", n / 3))
                    .expect("readable");
                assert_eq!(linked.len() as u64, n % 3 + 1);
                assert_eq!(linked.last().map(|s| s.index), Some(receipt.index));
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(log.len(), 960);
    assert_eq!(log.by_case("case-0").expect("readable").len(), 10);
    assert!(log.decision("dec_unknown").expect("readable").is_none());
    assert!(log.by_transaction("pay-").expect("readable").is_empty());
    log.close().expect("closed");
    assert!(matches!(
        log.append(&event("late")).await,
        Err(AppendError::Journal(_))
    ));
    let report = verify(dir.path(), &VerifyOptions::default(), &|_| {}).expect("verified");
    assert_eq!(report.damage, []);
}

#[test]
fn everything_is_there_after_a_stop_and_the_tree_goes_on() {
    let dir = stopped(200);
    let log = open(dir.path());
    assert_eq!(
        (
            log.opened().store_rebuilt.clone(),
            log.opened().journal.closed_cleanly
        ),
        (None, true)
    );
    assert_eq!(log.len(), 201);
    assert_eq!(log.get(0).expect("readable"), Some(event("host.started")));
    assert_eq!(log.get(7).expect("readable"), Some(decision(6)));
    assert_eq!(log.get(201).expect("readable"), None);
    assert_eq!(
        log.decision(&id(150))
            .expect("readable")
            .expect("there")
            .index,
        151
    );
    let mut replayed = Vec::new();
    log.replay(1, |index, record| replayed.push((index, record)))
        .expect("readable");
    let wanted: Vec<(u64, Record)> = (0..200).map(|n| (n + 1, decision(n))).collect();
    assert_eq!(replayed, wanted);
    let before = log.checkpoint();
    assert_eq!(before.size, 201);
    for n in 200..260 {
        log.append_blocking(&decision(n)).expect("durable");
    }
    let after = log.sign_checkpoint();
    assert_eq!(after.size, 261);
    assert_eq!(log.root_at(201).expect("readable"), Some(before.root));
    assert_eq!(log.root_at(261).expect("readable"), Some(after.root));
    assert_eq!(log.root_at(262).expect("readable"), None);
    let path = log
        .consistency(201, 261)
        .expect("readable")
        .expect("a proof");
    assert!(merkle::verify_consistency(
        201,
        261,
        &path,
        &before.root,
        &after.root
    ));
    let proof = log.inclusion(151, 261).expect("readable").expect("a proof");
    let leaf = log
        .decision(&id(150))
        .expect("readable")
        .expect("there")
        .leaf_hash;
    assert!(merkle::verify_inclusion(
        &leaf,
        151,
        261,
        &proof,
        &after.root
    ));
    assert!(!merkle::verify_inclusion(
        &leaf,
        150,
        261,
        &proof,
        &after.root
    ));

    // What is on the disk says the same.
    let vkey = fs::read_to_string(dir.path().join("log.vkey")).expect("a key");
    let verifier = Verifier::parse(&vkey).expect("a verifier key");
    let note = fs::read(dir.path().join("checkpoint")).expect("a checkpoint");
    assert_eq!(checkpoint::Checkpoint::open(&note, &verifier), Ok(after));
}

#[test]
fn records_that_do_not_belong_are_not_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    let Record::Decision(mut elsewhere) = decision(1) else {
        panic!("a decision")
    };
    elsewhere.region = "us".to_owned();
    assert_eq!(
        log.append_blocking(&Record::Decision(elsewhere.clone()))
            .err(),
        Some(AppendError::Region)
    );
    elsewhere.region = "eu".to_owned();
    elsewhere
        .facts
        .insert("payment.note".to_owned(), "x".repeat(65_535).into());
    let refused = log.append_blocking(&Record::Decision(elsewhere)).err();
    assert!(matches!(
        refused,
        Some(AppendError::TooLarge { max: 65_535, .. })
    ));
    assert!(log.is_empty());
    drop(log);
    for origin in ["", "a b", "a+b"] {
        let bad = weft_audit::LogConfig {
            origin: origin.to_owned(),
            ..config()
        };
        assert!(matches!(
            Log::open(dir.path(), bad, &SEED, &|_| {}),
            Err(OpenError::Origin)
        ));
    }
}

#[test]
fn a_damaged_or_missing_store_is_filled_again() {
    let whole = stopped(120);
    let told = |dir: &std::path::Path| {
        let said = std::sync::Mutex::new(Vec::new());
        let log = Log::open_tuned(dir, config(), tuning(), &SEED, &|text| {
            said.lock().expect("no panic").push(text.to_owned())
        })
        .expect("the log opens");
        let why = log
            .opened()
            .store_rebuilt
            .clone()
            .expect("the store was filled again");
        assert!(
            said.lock()
                .expect("no panic")
                .iter()
                .any(|text| text.contains(&why))
        );
        for n in [0, 60, 119] {
            assert_eq!(
                log.decision(&id(n))
                    .expect("readable")
                    .expect("there")
                    .index,
                n + 1
            );
        }
        log.close().expect("closed");
        let report = verify(dir, &VerifyOptions::default(), &|_| {}).expect("verified");
        assert_eq!(report.damage, []);
        why
    };
    let dir = copy(whole.path());
    fs::remove_dir_all(dir.path().join("store")).expect("removed");
    assert!(told(dir.path()).contains("missing"));

    let dir = copy(whole.path());
    let db = dir.path().join("store/db");
    let mut bytes = fs::read(&db).expect("read");
    bytes[30_000] ^= 4;
    fs::write(&db, bytes).expect("written");
    assert!(told(dir.path()).contains("db: from byte 0"));

    // Killed, so there are no sums, and garbage in place of the store.
    let dir = copy(whole.path());
    fs::remove_file(dir.path().join("store.sum")).expect("removed");
    for file in files(&dir.path().join("store")) {
        let len = fs::metadata(&file).expect("a file").len() as usize;
        fs::write(&file, vec![0xA5; len]).expect("written");
    }
    told(dir.path());
}

#[test]
fn a_killed_host_loses_nothing_that_it_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(dir.path());
    for n in 0..100 {
        log.append_blocking(&decision(n)).expect("durable");
        if n % 10 == 9 {
            // What a kill at this moment would leave.
            let killed = copy(dir.path());
            let again = open(killed.path());
            assert_eq!(again.len(), n + 1);
            for back in 0..=n {
                assert_eq!(
                    again
                        .decision(&id(back))
                        .expect("readable")
                        .expect("there")
                        .index,
                    back
                );
            }
            again.close().expect("closed");
            let report =
                verify(killed.path(), &VerifyOptions::default(), &|_| {}).expect("verified");
            assert_eq!(report.damage, []);
        }
    }
}

#[test]
fn records_are_shown_to_a_person_beside_a_running_host() {
    let dir = stopped(40);
    let log = open(dir.path());
    log.append_blocking(&decision(40)).expect("durable");
    let all = show(dir.path(), &Filter::default()).expect("readable");
    assert_eq!(all.len(), 42);
    let of = |filter: Filter| {
        show(dir.path(), &filter)
            .expect("readable")
            .iter()
            .map(|e| e.index)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(Filter {
            last: Some(2),
            ..Filter::default()
        }),
        [40, 41]
    );
    assert_eq!(
        of(Filter {
            decision: Some(id(7)),
            ..Filter::default()
        }),
        [8]
    );
    assert_eq!(
        of(Filter {
            transaction: Some("pay-2".to_owned()),
            ..Filter::default()
        }),
        [7, 8, 9]
    );
    assert_eq!(
        of(Filter {
            case: Some("case-0".to_owned()),
            last: Some(1),
            ..Filter::default()
        }),
        [29]
    );
    let text = render(&all[8]);
    for part in [
        "## Record 8: payment.authorize allow",
        "- decision: `dec_00000007`",
        "- follows decision: `dec_00000006`",
        "risk: 17",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(render(&all[0]).starts_with("## Record 0: host.started"));
    let report = verify(dir.path(), &VerifyOptions::default(), &|_| {}).expect("verified");
    assert!(report.is_running && report.is_sound(), "{report}");
}

#[test]
fn tiles_are_those_of_an_export_and_come_back_when_they_are_lost() {
    let dir = stopped(700);
    let to = tempfile::tempdir().expect("a directory");
    let export = to.path().join("export");
    weft_audit::export(dir.path(), &export, None, &[], &|_| {}).expect("exported");
    let size = 701;
    let as_exported = |log: &Log| {
        for tile in Tile::all(size) {
            let wanted = fs::read(export.join(tile.to_string())).expect("exported");
            let found = log.tile(tile).expect("readable");
            assert_eq!(found.as_ref(), Some(&wanted), "{tile}");
        }
        assert_eq!(log.tile(of("tile/0/002.p/190")).expect("readable"), None);
        assert_eq!(log.tile(of("tile/1/001.p/1")).expect("readable"), None);
        assert_eq!(log.tile(of("tile/0/002")).expect("readable"), None);
    };
    let log = open(dir.path());
    as_exported(&log);
    // What is gone or cut short while it runs is computed.
    let (first, second) = (dir.path().join("tile/0/000"), dir.path().join("tile/0/001"));
    let whole = fs::read(&first).expect("a tile");
    fs::remove_file(&first).expect("removed");
    fs::write(&second, b"short").expect("written");
    as_exported(&log);
    let path = log.inclusion(3, 700).expect("readable").expect("a proof");
    drop(log);
    // A verification tells, and the next start writes them again.
    let told: Vec<_> = verify(dir.path(), &VerifyOptions::default(), &|_| {})
        .expect("readable")
        .damage
        .into_iter()
        .map(|damage| (damage.file, damage.remedy))
        .collect();
    let wanted = [&second, &first].map(|file| (file.clone(), Remedy::NextStart));
    assert_eq!(told, wanted);
    let log = open(dir.path());
    assert_eq!(fs::read(&first).expect("a tile"), whole);
    as_exported(&log);
    assert_eq!(log.inclusion(3, 700).expect("readable"), Some(path));
    drop(log);
    let strange = dir.path().join("tile/0/002");
    fs::write(&strange, &whole).expect("written");
    let report = verify(dir.path(), &VerifyOptions::default(), &|_| {}).expect("readable");
    let told = report.damage.iter().map(|d| (&d.file, d.remedy));
    assert!(told.eq([(&strange, Remedy::Remove)]), "{report}");
}

fn of(path: &str) -> Tile {
    Tile::parse(path).expect("a tile")
}
