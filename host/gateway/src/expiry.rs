//! Payments whose time is over are refused, also when nobody asks.
//!
//! What is over is the engine's to say. That it is asked for is the gateway's: only a host that serves
//! lives by the machine's clock, a feed moves its own.

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use weft_engine::Engine;

use crate::limits::EXPIRY_INTERVAL;

/// Looks for payments whose time is over until it is told to stop.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let mut turns = interval(EXPIRY_INTERVAL);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        // One turn of the engine is bounded; many payments may be due at the same time.
        while !stop.is_cancelled() && engine.expire_due().await > 0 {}
    }
}
