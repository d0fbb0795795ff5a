//! Signs that somebody else has taken the account over.
//!
//! A SIM card that was exchanged, or credentials that changed, shortly before a payment. Both often go
//! together, so the stronger counts. A change in the future is a clock that is wrong, and counts as now.

use weft_sdk::{Context, Evidence, Instant, Need};

use super::{Signal, Strength};
use crate::input::{Input, known};
use crate::settings::Weights;
use crate::why::Why;

/// Points for a change a short time ago.
pub(crate) fn signal(context: &Context, input: &Input, weights: &Weights) -> Option<Signal> {
    let rated = |why, changed: &Need<Instant>, evidence: Evidence| {
        let strength = Strength::from_facts(&[changed], || {
            let since = known(changed).map(|at| context.evaluated_at.0.saturating_sub(at.0));
            Strength::of(since.is_some_and(|ms| ms < weights.takeover_window.0))
        });
        Signal::new(why, weights.takeover_points, strength, [evidence])
    };
    Signal::strongest([
        rated(
            Why::SimChanged,
            &input.sim_changed_at,
            Input::SIM_CHANGED_AT,
        ),
        rated(
            Why::CredentialsChanged,
            &input.credentials_changed_at,
            Input::CREDENTIALS_CHANGED_AT,
        ),
    ])
}
