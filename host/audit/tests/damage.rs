//! Random damage to any file of a stopped log: all of it is found, what is derived comes back, and the rest is refused
//! with its place.
//!
//! `WEFT_DAMAGES` says how many there are; each is made from a seed, which is told when one is missed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use support::{SEED, config, copy, files, records, stopped, tuning};
use weft_audit::{Log, Remedy, VerifyOptions, verify};

/// What a test without a wish does.
const DAMAGES: u64 = 250;

/// Damages a file; what was done, or nothing if it is as it was.
fn damage(path: &Path, all: &[PathBuf], random: &mut Rng) -> Option<String> {
    let before = fs::read(path).expect("readable");
    let length = before.len();
    if length == 0 {
        return None;
    }
    let mut bytes = before.clone();
    let done = match random.u8(0..7) {
        0 => {
            fs::remove_file(path).expect("removed");
            return Some("removed".to_owned());
        }
        1 => {
            let to = random.usize(0..length);
            bytes.truncate(to);
            format!("cut off at {to}")
        }
        2 => {
            let more = random.usize(1..2_000);
            bytes.extend((0..more).map(|_| random.u8(..)));
            format!("{more} bytes longer")
        }
        3 => {
            let from = random.usize(0..length);
            let to = (from + random.usize(1..5_000)).min(length);
            bytes[from..to].fill(0);
            format!("zeros from {from} to {to}")
        }
        4 => {
            let other = &all[random.usize(0..all.len())];
            bytes = fs::read(other).expect("readable");
            format!("with what is in {}", other.display())
        }
        5 => {
            // Where the content is, and not the zeros behind it.
            let used = before
                .iter()
                .rposition(|b| *b != 0)
                .map_or(1, |last| last + 1);
            let (one, other) = (random.usize(0..used), random.usize(0..used));
            let count = random.usize(1..600).min(length - one.max(other));
            for at in 0..count {
                bytes.swap(one + at, other + at);
            }
            format!("{count} bytes at {one} and {other} swapped")
        }
        _ => {
            let used = before
                .iter()
                .rposition(|b| *b != 0)
                .map_or(1, |last| last + 1);
            let within = if random.bool() { used } else { length };
            let bit = random.usize(0..within * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            format!("bit {} of byte {} flipped", bit % 8, bit / 8)
        }
    };
    fs::write(path, &bytes).expect("written");
    (bytes != before).then_some(done)
}

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
