//! The clock of deadlines: one thread that advances the engine's epoch every millisecond.
//!
//! A thread of its own, because a runtime whose threads are all busy would stop the clock that is to
//! free them. A late tick is not made up for: guests that were starved together with the clock are
//! not stopped for it. The thread ends when the engine is gone.

use std::thread;
use std::time::Duration;

use wasmtime::Engine;

use crate::limits::EPOCH_TICK_MS;

/// Starts the clock of an engine.
pub(crate) fn start(engine: &Engine) -> std::io::Result<()> {
    let weak = engine.weak();
    thread::Builder::new()
        .name("weft-epoch".into())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(Duration::from_millis(EPOCH_TICK_MS));
            }
        })
        .map(drop)
}

/// Ticks after which so many milliseconds have passed for certain.
pub(crate) fn ticks(time_ms: u64) -> u64 {
    time_ms.div_ceil(EPOCH_TICK_MS) + 1
}
