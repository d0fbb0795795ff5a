//! What was covered is counted, and told: at the door it is what people write into free text; a value that reaches one of
//! the later layers got past an earlier one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::Kind;
use crate::limits::TELL_EVERY;

/// Where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// In free text of a request: a note, a name.
    Door,
    /// Between the host and a plugin.
    Plugin,
    /// In a log line.
    Log,
    /// In an answer.
    Egress,
}

impl Layer {
    /// All of them.
    pub const ALL: [Layer; 4] = [Layer::Door, Layer::Plugin, Layer::Log, Layer::Egress];

    /// As a label of a metric.
    pub fn label(self) -> &'static str {
        match self {
            Layer::Door => "door",
            Layer::Plugin => "plugin",
            Layer::Log => "log",
            Layer::Egress => "egress",
        }
    }
}

/// Of this process; a log line belongs to no other owner.
static COUNTS: [[AtomicU64; Kind::ALL.len()]; Layer::ALL.len()] =
    [const { [const { AtomicU64::new(0) }; Kind::ALL.len()] }; Layer::ALL.len()];
static TOLD: [Mutex<Option<Instant>>; Layer::ALL.len()] =
    [const { Mutex::new(None) }; Layer::ALL.len()];

/// Counts what was covered in a layer, and raises the alarm: an error in the log, without the value, once in a while.
pub fn covered(layer: Layer, all: &[Kind]) {
    for kind in all {
        COUNTS[layer as usize][*kind as usize].fetch_add(1, Ordering::Relaxed);
    }
    let Some(first) = all.first() else {
        return;
    };
    let mut told = TOLD[layer as usize]
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
        return;
    }
    *told = Some(Instant::now());
    drop(told);
    // Without the span around it, whose fields may hold the very value.
    tracing::error!(
        parent: None,
        layer = layer.label(),
        kind = first.label(),
        found = all.len(),
        "something that leads to a person was covered where it should not have been; find out how it got there"
    );
}

/// How much was covered since this process began.
pub fn counts() -> impl Iterator<Item = (Layer, Kind, u64)> {
    Layer::ALL.into_iter().flat_map(|layer| {
        Kind::ALL.into_iter().map(move |kind| {
            let count = &COUNTS[layer as usize][kind as usize];
            (layer, kind, count.load(Ordering::Relaxed))
        })
    })
}
