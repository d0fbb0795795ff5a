//! Random damage to any file of a stopped log: all of it is found, what is derived comes back, and the rest is refused
//! with its place.
//!
//! `WEFT_DAMAGES` says how many there are; each is made from a seed, which is told when one is missed.

mod support;

use fastrand::Rng;
use support::{SEED, config, copy, files, records, stopped, tuning};
use weft_audit::{Log, Remedy, VerifyOptions, verify};
use weft_tests::damage::damage;

/// What a test without a wish does.
const DAMAGES: u64 = 250;

#[test]
fn whatever_is_damaged_is_found_and_mended_or_refused() {
    let sound = stopped(420);
    let written = records(sound.path());
    let wanted = std::env::var("WEFT_DAMAGES").map_or(DAMAGES, |n| n.parse().expect("a number"));
    let (mut done, mut mended, mut refused) = (0, 0, 0);
    for seed in 0.. {
        if done == wanted {
            break;
        }
        let mut random = Rng::with_seed(seed);
        let dir = copy(sound.path());
        let all = files(dir.path());
        let file = &all[random.usize(0..all.len())];
        let Some(what) = damage(file, &all, &mut random) else {
            continue;
        };
        done += 1;
        let what = format!("seed {seed}: {}: {what}", file.display());
        // Below a log whose directory is gone there is nothing to verify, and that is said.
        let report = verify(dir.path(), &VerifyOptions::default(), &|_| {})
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        // A file that is gone may be told by its directory, or by its neighbour.
        let found = report.damage.iter().any(|d| {
            file.starts_with(&d.file) || (!file.exists() && d.file.parent() == file.parent())
        });
        assert!(found, "{what}\n{report}");
        match Log::open_tuned(dir.path(), config(), tuning(), &SEED, &|_| {}) {
            Ok(log) => {
                drop(log);
                mended += 1;
                let stays = report.damage.iter().any(|d| d.remedy == Remedy::Remove);
                let after =
                    verify(dir.path(), &VerifyOptions::default(), &|_| {}).expect("readable");
                assert!(after.damage.is_empty() || stays, "{what}\n{after}");
                assert!(records(dir.path()).starts_with(&written), "{what}");
            }
            Err(error) => {
                refused += 1;
                assert!(report.is_refused(), "{what}: {error}\n{report}");
                let text = error.to_string();
                assert!(
                    text.contains(&*dir.path().to_string_lossy()),
                    "{what}: {text}"
                );
            }
        }
    }
    println!("{done} damages: {mended} mended, {refused} refused");
    assert!(mended > 0 && refused > 0);
}
