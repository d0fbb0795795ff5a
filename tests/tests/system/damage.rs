//! Random damage to any file of a stopped host's data directory: each is told or mended, and no decision changes unseen.
//!
//! `WEFT_DAMAGES` says how many there are; each is made from a seed, which is told when one is missed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::damage::damage;
use weft_tests::files::files;
use weft_tests::traffic::{assistance, held, usual};

/// What a test without a wish does.
const DAMAGES: usize = 40;

fn weft(args: &[&str], data: &Path) -> Said {
    let data = data.display().to_string();
    run(&[args, &["--data", &data]].concat())
}

/// The past decisions that come out as they did, and those that do not or cannot be evaluated.
fn replayed(data: &Path) -> (u64, u64) {
    let said = weft(&["audit", "replay", "--format", "json"], data);
    let report: Json =
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    let left_out = report["left_out"].as_object().map_or(0, |kinds| {
        kinds
            .values()
            .filter_map(|kind| kind["count"].as_u64())
            .sum()
    });
    let count = |name: &str| report[name].as_u64().unwrap_or_default();
    (count("reproduced"), count("differ") + left_out)
}

/// A copy that keeps rights and holes.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let mut command = Command::new("cp");
    command.args(["-a", "--sparse=always"]).arg(from).arg(to);
    assert!(command.status().expect("cp runs").success());
}

#[test]
fn whatever_file_of_a_host_is_damaged_it_is_told_or_mended() {
    let mut host = Host::start("");
    for n in 0..8 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    host.decide("service", &held("waits-1"));
    host.decide(
        "agent",
        &assistance("assist.failed_payment", "waits-1", "case-1"),
    );
    host.stop();
    let sound = host.data();
    let before = replayed(&sound);
    assert_eq!(before.1, 0);
    let all = files(&sound);
    // Each kind of file as often as the others, however many there are of it.
    let mut kinds: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for file in &all {
        let below = file.strip_prefix(&sound).expect("below");
        let kind = below.iter().take(2).map(|part| part.to_string_lossy());
        let kind = kind.collect::<Vec<_>>().join("/");
        let kind = if kind.starts_with("policy-sets/") {
            "policy-sets".to_owned()
        } else {
            kind
        };
        kinds.entry(kind).or_default().push(below);
    }
    let kinds: Vec<Vec<&Path>> = kinds.into_values().collect();
    let payment = host.dir.path().join("payment.json");
    fs::write(&payment, usual("after-1").to_string()).expect("written");
    let payment = payment.display().to_string();
    let wanted = std::env::var("WEFT_DAMAGES").map_or(DAMAGES, |n| n.parse().expect("a number"));
    let data = host.dir.path().join("damaged");
    // Nothing is told of what is whole.
    copy(&sound, &data);
    let (verified, started) = (
        weft(&["audit", "verify"], &data),
        weft(&["decide", &payment], &data),
    );
    assert!(
        verified.ok && started.ok && !started.err.contains("WARN"),
        "{}",
        started.err
    );
    let (mut done, mut refused, mut mended) = (0, 0, 0);
    for seed in 0.. {
        if done == wanted {
            break;
        }
        let mut random = Rng::with_seed(seed);
        let kind = &kinds[random.usize(0..kinds.len())];
        let below = kind[random.usize(0..kind.len())];
        copy(&sound, &data);
        let file = data.join(below);
        let whole = fs::read(&file).expect("readable");
        let Some(what) = damage(&file, &files(&data), &mut random) else {
            continue;
        };
        done += 1;
        let what = format!("seed {seed}: {}: {what}", below.display());
        let verified = weft(&["audit", "verify"], &data);
        let started = weft(&["decide", &payment], &data);
        if !started.ok {
            refused += 1;
            // The file, or a directory that it is in.
            let mut names = file.ancestors().take_while(|above| *above != data);
            let is_named = names.any(|name| started.err.contains(&*name.to_string_lossy()));
            assert!(is_named, "{what}: {}", started.err);
            continue;
        }
        mended += 1;
        let is_whole = fs::read(&file).is_ok_and(|now| now == whole);
        let is_told = started.err.contains("WARN") || !verified.ok;
        assert!(is_whole || is_told, "{what}: {}", started.err);
        let (reproduced, others) = replayed(&data);
        assert!(
            reproduced + others > before.0,
            "{what}: decisions are missing"
        );
        let is_sound = others == 0 || is_told;
        assert!(is_sound, "{what}: {others} decisions cannot be evaluated");
    }
    println!("{done} damages: {mended} mended, {refused} refused");
    assert!(mended > 0 && refused > 0);
}
