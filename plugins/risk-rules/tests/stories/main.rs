//! The plugin as a policy meets it: facts and settings in, a finding out.
#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "the last group of an amount is its cents: 25_00 is 25.00"
)]

mod left_out;
mod payer;
mod signals;
mod verdicts;
