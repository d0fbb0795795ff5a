//! The payee and the terminal.
//!
//! A payee is new or young to an account as a device is. Many payments in a day to somebody who is no
//! merchant, or at one terminal, are how stolen money is gathered.

use super::device::novelty;
use super::{Signal, Strength};
use crate::input::{Fact, Input, known};
use crate::settings::Weights;
use crate::why::Why;

/// Points for a payee that the account has not paid before.
pub(crate) fn new(input: &Input, weights: &Weights) -> Option<Signal> {
    let facts: [&dyn Fact; 3] = [&input.payee, &input.account_age, &input.account_payee_age];
    let strength = Strength::from_facts(&facts, || {
        if input.payee.is_absent() {
            return Strength::NONE;
        }
        novelty(
            &input.account_payee_age,
            &input.account_age,
            weights.payee_settles,
        )
    });
    let evidence = [Input::PAYEE, Input::ACCOUNT_PAYEE_AGE, Input::ACCOUNT_AGE];
    Signal::new(Why::PayeeNew, weights.payee_points, strength, evidence)
}

/// Points when many pay somebody who is no merchant.
pub(crate) fn burst(input: &Input, weights: &Weights) -> Option<Signal> {
    let facts: [&dyn Fact; 2] = [&input.payee_day, &input.payee_category];
    let strength = Strength::from_facts(&facts, || match known(&input.payee_day) {
        Some(before) if input.payee_category.is_absent() => Strength::ramp(
            i128::from(*before) + 1,
            weights.payee_daily_from.into(),
            weights.payee_daily_full.into(),
        ),
        _ => Strength::NONE,
    });
    let evidence = [Input::PAYEE_DAY, Input::PAYEE_CATEGORY];
    Signal::new(
        Why::PayeeBurst,
        weights.payee_burst_points,
        strength,
        evidence,
    )
}

/// Points when a terminal takes many payments.
pub(crate) fn terminal(input: &Input, weights: &Weights) -> Option<Signal> {
    let strength = Strength::from_facts(&[&input.terminal_day], || {
        match known(&input.terminal_day) {
            Some(before) => Strength::ramp(
                i128::from(*before) + 1,
                weights.terminal_daily_from.into(),
                weights.terminal_daily_full.into(),
            ),
            None => Strength::NONE,
        }
    });
    Signal::new(
        Why::TerminalBurst,
        weights.terminal_points,
        strength,
        [Input::TERMINAL_DAY],
    )
}
