//! The score: the sum of the signals' points, at most 1000.

use weft_sdk::Context;

use crate::input::{Fact, Input};
use crate::settings::Weights;
use crate::signal::{Signal, amount, device, night, payee, place, takeover, velocity};

/// The highest score.
const MAX: i64 = 1_000;

/// The points of one payment, the strongest signal first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) points: i64,
    pub(crate) signals: Vec<Signal>,
}

impl Score {
    pub(crate) fn of(context: &Context, input: &Input, weights: &Weights) -> Score {
        let signals = [
            amount::signal(input, weights),
            velocity::counts(input, weights),
            velocity::burst(input, weights),
            device::signal(input, weights),
            place::travel(input, weights),
            place::abroad(input, weights),
            place::watched(input, weights),
            place::unknown(input, weights),
            payee::new(input, weights),
            payee::burst(input, weights),
            payee::terminal(input, weights),
            takeover::signal(context, input, weights),
            night::signal(context, weights),
        ];
        let mut signals: Vec<Signal> = signals.into_iter().flatten().collect();
        signals.sort_by_key(|signal| std::cmp::Reverse(signal.points));
        let points = signals
            .iter()
            .map(|signal| signal.points)
            .sum::<i64>()
            .min(MAX);
        Score { points, signals }
    }
}

/// Whether there is nobody whose past could be looked at. In a shop a card may be new; a remote payment that
/// leaves its account out needs a card that was seen before.
pub(crate) fn is_payer_unknown(input: &Input, weights: &Weights) -> bool {
    let is_nobody = input.account_day.is_absent() && input.card_day.is_absent();
    is_nobody || (input.is_without_past() && input.is_remote(weights))
}
