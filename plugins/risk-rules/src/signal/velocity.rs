//! How often, to how many, and how much in all.
//!
//! Counts and sums are of the payments before this one; here this one is added, so that a threshold of 10
//! means ten payments with this one. One person's account, card and device move together: of their counts
//! the strongest counts. What a day adds up to is another question, asked beside it.

use weft_sdk::{Duration, Evidence, Money, Need};

use super::{Signal, Strength};
use crate::input::{Fact, Input, known};
use crate::settings::Weights;
use crate::why::Why;

const DAY_MS: u64 = 86_400_000;
/// The window of the usual sum, in days.
const MONTH_DAYS: u64 = 30;
/// A usual day needs a week of past.
const LEAST_PAST_DAYS: u64 = 7;

/// Points for many payments, or payments to many.
pub(crate) fn counts(input: &Input, weights: &Weights) -> Option<Signal> {
    let hourly = (weights.hourly_from, weights.hourly_full);
    let daily = (weights.daily_from, weights.daily_full);
    let devices = (weights.device_daily_from, weights.device_daily_full);
    let payees = (weights.payees_from, weights.payees_full);
    let rated = |why, count, ramp, evidence| rate(weights, why, count, ramp, evidence);
    Signal::strongest([
        rated(
            Why::VelocityAccount,
            &input.account_hour,
            hourly,
            Input::ACCOUNT_HOUR,
        ),
        rated(
            Why::VelocityAccount,
            &input.account_day,
            daily,
            Input::ACCOUNT_DAY,
        ),
        rated(
            Why::VelocityCard,
            &input.card_hour,
            hourly,
            Input::CARD_HOUR,
        ),
        rated(Why::VelocityCard, &input.card_day, daily, Input::CARD_DAY),
        rated(
            Why::VelocityDevice,
            &input.device_day,
            devices,
            Input::DEVICE_DAY,
        ),
        rated(
            Why::ManyPayees,
            &input.account_payees,
            payees,
            Input::ACCOUNT_PAYEES,
        ),
    ])
}

fn rate(
    weights: &Weights,
    why: Why,
    count: &Need<i64>,
    (from, full): (i64, i64),
    evidence: Evidence,
) -> Option<Signal> {
    let strength = Strength::from_facts(&[count], || match known(count) {
        Some(before) => Strength::ramp(i128::from(*before) + 1, from.into(), full.into()),
        None => Strength::NONE,
    });
    Signal::new(why, weights.velocity_points, strength, [evidence])
}

/// Points when several payments of a day add up to many usual days. Few payments are the amount's matter,
/// and an account that is not a week old has no usual day.
pub(crate) fn burst(input: &Input, weights: &Weights) -> Option<Signal> {
    let facts: [&dyn Fact; 4] = [
        &input.account_day,
        &input.account_day_sum,
        &input.account_month_sum,
        &input.account_age,
    ];
    let strength = Strength::from_facts(&facts, || burst_strength(input, weights));
    let evidence = [
        Input::AMOUNT,
        Input::ACCOUNT_DAY,
        Input::ACCOUNT_DAY_SUM,
        Input::ACCOUNT_MONTH_SUM,
        Input::ACCOUNT_AGE,
    ];
    Signal::new(Why::SpendingBurst, weights.burst_points, strength, evidence)
}

fn burst_strength(input: &Input, weights: &Weights) -> Strength {
    let (Some(before), Some(today), Some(month), Some(age)) = (
        known(&input.account_day),
        known(&input.account_day_sum),
        known(&input.account_month_sum),
        known(&input.account_age),
    ) else {
        return Strength::NONE;
    };
    let days = past_days(*age);
    if before.saturating_add(1) < weights.burst_payments || days < LEAST_PAST_DAYS {
        return Strength::NONE;
    }
    let Ok(today) = input.amount.add(today) else {
        return Strength::FULL;
    };
    // Nothing paid in this currency so far: without a usual day there is no many of them.
    if month.minor_units <= 0 {
        return Strength::NONE;
    }
    Strength::ramp(
        usual_days_thousandths(&today, month, days),
        i128::from(weights.burst_from) * 1_000,
        i128::from(weights.burst_full) * 1_000,
    )
}

/// Whole days of the past that the month's sum covers.
fn past_days(age: Duration) -> u64 {
    (age.0 / DAY_MS).min(MONTH_DAYS)
}

/// How many usual days a sum is.
fn usual_days_thousandths(today: &Money, month: &Money, days: u64) -> i128 {
    i128::from(today.minor_units) * i128::from(days) * 1_000 / i128::from(month.minor_units)
}
