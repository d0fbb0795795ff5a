//! Waiting for what happens by itself.

use std::time::{Duration, Instant};

/// How long something that happens within a second or two is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it holds. What it is, is told when it never does.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
