//! The device: does the account know it?
//!
//! A device is *new* when the account never used it, and *young* while that is only just so, at half the
//! weight. For an account that is itself new every device is; that says nothing, and the amount is rated
//! as unproven instead. A payment that should name its device and does not is [`unknown`](super::unknown).

use weft_sdk::{Duration, Need};

use super::{Signal, Strength};
use crate::input::{Fact, Input, known};
use crate::settings::Weights;
use crate::why::Why;

/// Points for a device that is new to the account.
pub(crate) fn signal(input: &Input, weights: &Weights) -> Option<Signal> {
    if input.device.is_absent() {
        return None;
    }
    let facts: [&dyn Fact; 4] = [
        &input.device,
        &input.account_age,
        &input.account_device_age,
        &input.device_age,
    ];
    let strength = Strength::from_facts(&facts, || {
        if input.is_without_past() {
            // A card that was never seen: whether this host knows the device is all there is to know.
            return Strength::of(input.device_age.is_absent());
        }
        novelty(
            &input.account_device_age,
            &input.account_age,
            weights.device_settles,
        )
    });
    let evidence = [
        Input::ACCOUNT_DEVICE_AGE,
        Input::DEVICE_AGE,
        Input::ACCOUNT_AGE,
    ];
    Signal::new(Why::DeviceNew, weights.device_points, strength, evidence)
}

/// How new a device or a payee is to an account that had a past without it.
pub(crate) fn novelty(
    pair_age: &Need<Duration>,
    account_age: &Need<Duration>,
    settles: Duration,
) -> Strength {
    let Some(account_age) = known(account_age) else {
        return Strength::NONE;
    };
    let Some(pair_age) = known(pair_age) else {
        return Strength::FULL;
    };
    let is_young = pair_age.0 < settles.0;
    let has_older_past = account_age.0 >= pair_age.0.saturating_add(settles.0);
    if is_young && has_older_past {
        Strength::HALF
    } else {
        Strength::NONE
    }
}
