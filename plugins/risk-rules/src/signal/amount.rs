//! The amount, against what the account usually pays.
//!
//! With a baseline (five payments in this currency within thirty days) the amount is rated by its robust
//! deviation: how many times the usual spread it lies above the median. The median and the spread are
//! those of the middle of the account's payments, so that one large payment does not hide the next. An
//! account that always pays nearly the same has a tiny spread; the amount must therefore be a multiple of
//! the median as well.
//!
//! Without a baseline there is nothing to compare with, which is not the same as nothing unusual: amounts
//! above a limit of the policy are *unproven*, and the more so the higher they are. The limit is by currency, because there is no rate here to
//! convert by; in a currency without a limit every amount is unproven.

use weft_sdk::{Money, Need};

use super::{Signal, Strength};
use crate::input::{Input, known};
use crate::settings::{Weights, limit_for};
use crate::why::Why;

/// Points for the amount: by the baseline, or for want of one.
pub(crate) fn signal(input: &Input, weights: &Weights) -> Option<Signal> {
    if matches!(input.deviation, Need::Absent) {
        unproven(input, weights)
    } else {
        unusual(input, weights)
    }
}

fn unusual(input: &Input, weights: &Weights) -> Option<Signal> {
    let strength = Strength::from_facts(&[&input.deviation, &input.usual_amount], || {
        if !is_multiple(
            &input.amount,
            known(&input.usual_amount),
            weights.amount_times,
        ) {
            return Strength::NONE;
        }
        Strength::ramp(
            deviation_thousandths(input),
            i128::from(weights.amount_from) * 1_000,
            i128::from(weights.amount_full) * 1_000,
        )
    });
    Signal::new(
        Why::AmountUnusual,
        weights.amount_points,
        strength,
        [Input::AMOUNT, Input::USUAL_AMOUNT, Input::DEVIATION],
    )
}

/// The deviation in thousandths; one too large for that is the largest.
fn deviation_thousandths(input: &Input) -> i128 {
    let Some(deviation) = known(&input.deviation) else {
        return 0;
    };
    deviation
        .checked_mul(1_000.into())
        .and_then(|thousandths| i128::try_from(thousandths.trunc()).ok())
        .unwrap_or(i128::MAX)
}

/// Whether the amount is so many times the usual one. One that cannot be compared is.
fn is_multiple(amount: &Money, usual: Option<&Money>, times: i64) -> bool {
    match usual {
        Some(usual) if usual.currency == amount.currency => {
            i128::from(amount.minor_units) >= i128::from(usual.minor_units) * i128::from(times)
        }
        _ => true,
    }
}

fn unproven(input: &Input, weights: &Weights) -> Option<Signal> {
    let limit = limit_for(&weights.unproven_limits, &input.amount);
    let strength = limit.map_or(Strength::FULL, |limit| {
        let full = i128::from(limit) * i128::from(weights.unproven_times);
        Strength::ramp(input.amount.minor_units.into(), limit.into(), full)
    });
    Signal::new(
        Why::AmountUnproven,
        weights.unproven_points,
        strength,
        [Input::AMOUNT, Input::DEVIATION],
    )
}
