//! Risk scoring of card and account payments.
//!
//! Every payment gets a score from 0 to 1000: the sum of the points of its signals. Each signal is one
//! question about one thing that was seen before, with a weight and a ramp from the policy; each that gives
//! points is a reason of the finding, names the facts that it rests on, and says how many. There is no model and
//! nothing is learned: with the policy's settings and the recorded facts anybody can add the points up again.
//!
//! | signal | question | points by default |
//! |---|---|---|
//! | [`amount`](signal::amount) | far above the usual amount? without a baseline: above the currency's limit? | 250 |
//! | [`velocity`](signal::velocity) | many payments, or payees, in an hour or a day? | 200 |
//! | [`velocity`](signal::velocity) | several payments that add up to many usual days? | 200 |
//! | [`device`](signal::device) | a device that the account does not know? | 150 |
//! | [`place`](signal::place) | a way that nobody travels in that time? | 250 |
//! | [`place`](signal::place) | a device abroad? a country that the policy watches? | 50, 150 |
//! | [`payee`](signal::payee) | a payee that the account has not paid before? | 80 |
//! | [`payee`](signal::payee) | many payments to a private payee, or at a terminal? | 150, 100 |
//! | [`takeover`](signal::takeover) | SIM card or credentials just changed? | 200 |
//! | [`night`](signal::night) | the middle of the night? | 30 |
//! | [`unknown`](signal::unknown) | device, card, payer, payee, terminal or place not named? | as if the signals that rest on it spoke |
//!
//! By default a score of 250 is flagged, 400 challenged, 600 held, 950 refused. So no single signal stops
//! a payment; two strong ones ask the customer, three make it wait, and only nearly all of them refuse it.
//! A payment that is challenged or held may go on when the customer approves it in the app: the finding
//! carries that step-up. A score below the first threshold is an `allow`, with the score and its reasons.
//!
//! A withheld fact counts in full, a payment without a payer that anything is known of waits, and a new account is rated
//! by limits instead of a baseline. Where no account is named, the past of the card stands in. A payment
//! that leaves out what one of its kind has (`kind`) is rated as if that were the worst, and a reason names it; a card that is
//! read in a shop needs no device, a transfer no card. Method and entry mode say the kind; without them all kinds apply, and
//! they are named as well.

mod input;
mod kind;
mod score;
mod settings;
pub mod signal;
mod why;

use weft_sdk::prelude::*;

pub use input::Input;
pub use settings::Weights;
pub use why::Why;

use score::Score;
use signal::unknown::Unknown;

/// Reasons that the host takes of one finding.
const MAX_REASONS: usize = 16;

/// Scores one payment.
#[policy(operations = ["payment.authorize"], obligations = ["step-up"], reasons = Why)]
pub fn risk_rules(context: &Context, weights: &Weights, input: &Input) -> Finding {
    let score = Score::of(context, input, weights);
    let is_unknown = Unknown::of(input, weights).is_payer_unproven();
    let mut verdict = verdict(score.points, weights);
    if is_unknown {
        verdict = verdict.max(least_for_unknown(weights));
    }
    let mut finding = Finding::new(verdict).risk(u16::try_from(score.points).unwrap_or(u16::MAX));
    let is_named = score.signals.iter().any(|s| s.why == Why::PayerUnknown);
    let mut room = MAX_REASONS;
    if is_unknown && !is_named {
        finding = finding.because(Why::PayerUnknown, Input::PAYER);
        room -= 1;
    }
    for signal in score.strongest(room) {
        finding = match u16::try_from(signal.points).unwrap_or(u16::MAX) {
            0 => finding.because(signal.why, signal.evidence),
            points => finding.scored(signal.why, signal.evidence, points),
        };
    }
    if matches!(verdict, Verdict::Challenge | Verdict::Hold) {
        finding = finding.oblige("step-up", [("method", weights.step_up.as_str())]);
    }
    finding
}

fn verdict(points: i64, weights: &Weights) -> Verdict {
    let thresholds = [
        (weights.deny_at, Verdict::Deny),
        (weights.hold_at, Verdict::Hold),
        (weights.challenge_at, Verdict::Challenge),
        (weights.flag_at, Verdict::Flag),
    ];
    thresholds
        .into_iter()
        .find_map(|(at, verdict)| (points >= at).then_some(verdict))
        .unwrap_or(Verdict::Allow)
}

fn least_for_unknown(weights: &Weights) -> Verdict {
    match weights.unknown_payer.as_str() {
        "challenge" => Verdict::Challenge,
        "deny" => Verdict::Deny,
        _ => Verdict::Hold,
    }
}
