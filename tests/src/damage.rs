//! Random damage to files: what disks, people and processes do to them.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

/// Damages a file; what was done, or nothing if it is as it was.
pub fn damage(path: &Path, all: &[PathBuf], random: &mut Rng) -> Option<String> {
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
