//! The score: the sum of what each group of signals gives, at most 1000.

use weft_sdk::Context;

use crate::input::Input;
use crate::settings::Weights;
use crate::signal::unknown::Unknown;
use crate::signal::{Signal, amount, device, night, payee, place, takeover, velocity};

/// The highest score.
const MAX: i64 = 1_000;

/// The points of one payment, the strongest signal first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) points: i64,
    /// One for each reason. What is unknown is named, also where others have filled its groups: then with no points.
    pub(crate) signals: Vec<Signal>,
}

impl Score {
    pub(crate) fn of(context: &Context, input: &Input, weights: &Weights) -> Score {
        let unknown = Unknown::of(input, weights);
        let mut score = Score {
            points: 0,
            signals: Vec::new(),
        };
        score.add(amount::signal(input, weights), unknown.amount());
        score.add(velocity::counts(input, weights), unknown.velocity());
        score.add(velocity::burst(input, weights), unknown.burst());
        score.add(device::signal(input, weights), unknown.novel_device());
        score.add(place::travel(input, weights), unknown.travel());
        score.add(place::abroad(input, weights), unknown.abroad());
        score.add(place::watched(input, weights), unknown.watched());
        score.add(payee::new(input, weights), unknown.new_payee());
        score.add(payee::burst(input, weights), unknown.payee_burst());
        score.add(payee::terminal(input, weights), unknown.terminal());
        score.add(takeover::signal(context, input, weights), []);
        score.add(night::signal(context, weights), []);
        let some_points = !score.signals.is_empty();
        score.signals.extend(unknown.named_only(some_points));
        score
            .signals
            .sort_by_key(|signal| std::cmp::Reverse(signal.points));
        let points = score.signals.iter().map(|signal| signal.points);
        score.points = points.sum::<i64>().min(MAX);
        score
    }

    /// At most so many signals: where there are more, the weakest are left out, whose points count all the same. What is
    /// unknown stays named.
    pub(crate) fn strongest(mut self, most: usize) -> Vec<Signal> {
        while self.signals.len() > most {
            let weakest = self.signals.iter().rposition(|s| !s.why.is_unknown());
            self.signals.remove(weakest.unwrap_or(most));
        }
        self.signals
    }

    /// One group: the strongest counts, and of equals what is known.
    fn add<const N: usize>(&mut self, known: Option<Signal>, unknown: [Option<Signal>; N]) {
        let strongest = Signal::strongest(std::iter::once(known).chain(unknown.iter().cloned()));
        for missed in unknown.into_iter().flatten() {
            let is_counted = strongest.as_ref().is_some_and(|s| s.why == missed.why);
            let points = if is_counted { missed.points } else { 0 };
            self.put(Signal { points, ..missed });
        }
        if let Some(known) = strongest.filter(|signal| !signal.why.is_unknown()) {
            self.put(known);
        }
    }

    /// Beside what the same reason has given in other groups.
    fn put(&mut self, signal: Signal) {
        match self.signals.iter_mut().find(|s| s.why == signal.why) {
            Some(before) => before.points += signal.points,
            None => self.signals.push(signal),
        }
    }
}
