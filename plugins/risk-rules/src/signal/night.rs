//! The hour of the decision, in UTC: a weak hint that never decides alone.

use weft_sdk::Context;

use super::{Signal, Strength};
use crate::settings::Weights;
use crate::why::Why;

const HOUR_MS: u64 = 3_600_000;

/// Points for the hours from `night_from` until `night_until`, which may lie on the next day.
pub(crate) fn signal(context: &Context, weights: &Weights) -> Option<Signal> {
    let hour = i64::try_from(context.evaluated_at.0 / HOUR_MS % 24).unwrap_or_default();
    let (from, until) = (weights.night_from, weights.night_until);
    let is_night = if from <= until {
        (from..until).contains(&hour)
    } else {
        hour >= from || hour < until
    };
    Signal::new(Why::Night, weights.night_points, Strength::of(is_night), [])
}
