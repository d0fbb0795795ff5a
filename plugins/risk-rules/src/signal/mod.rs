//! The signals. Each gives 0 to its weight in points, and each is one small function.
//!
//! Most are a ramp: nothing up to `from`, the whole weight at `full`, and in between in proportion, so
//! that no payment becomes suspicious by one more cent. Signals that see the same thing (an account's and
//! its card's number of payments) are one group, of which the strongest counts: nothing is counted twice.
//!
//! A fact that a payment of its kind has and this one leaves out counts as the worst that it could say
//! ([`unknown`]). A fact that a policy withholds counts as the worst that it could say, so that no policy becomes milder
//! by showing this plugin less. Whoever does not want a signal sets its points to 0.

use weft_sdk::Evidence;

use crate::input::Fact;
use crate::why::Why;

pub mod amount;
pub mod device;
pub mod night;
pub mod payee;
pub mod place;
pub mod takeover;
pub mod unknown;
pub mod velocity;

/// One thing that adds points to the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// What it is.
    pub why: Why,
    /// More than 0, but of what is unknown and named only.
    pub points: i64,
    /// The facts that it rests on.
    pub evidence: Vec<Evidence>,
}

/// How strongly a signal speaks, in thousandths of its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Strength(i64);

impl Strength {
    pub(crate) const NONE: Strength = Strength(0);
    pub(crate) const HALF: Strength = Strength(500);
    pub(crate) const FULL: Strength = Strength(1_000);

    /// Nothing up to `from`, all at `full`.
    pub(crate) fn ramp(value: i128, from: i128, full: i128) -> Strength {
        if value <= from {
            return Strength::NONE;
        }
        if value >= full {
            return Strength::FULL;
        }
        let above = value.saturating_sub(from).saturating_mul(1_000);
        let width = full.saturating_sub(from).max(1);
        Strength(i64::try_from(above / width).unwrap_or(Strength::FULL.0))
    }

    /// All or nothing.
    pub(crate) fn of(it_is: bool) -> Strength {
        if it_is {
            Strength::FULL
        } else {
            Strength::NONE
        }
    }

    /// What `known` makes of facts of which none is withheld; otherwise the worst.
    pub(crate) fn from_facts(facts: &[&dyn Fact], known: impl FnOnce() -> Strength) -> Strength {
        if facts.iter().any(|fact| fact.is_withheld()) {
            Strength::FULL
        } else {
            known()
        }
    }
}

impl Signal {
    /// A signal, if it comes to a point at least.
    pub(crate) fn new(
        why: Why,
        weight: i64,
        strength: Strength,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Option<Signal> {
        let points = weight.saturating_mul(strength.0) / Strength::FULL.0;
        (points > 0).then(|| Signal {
            why,
            points,
            evidence: evidence.into_iter().collect(),
        })
    }

    /// The strongest of signals that see the same thing; of equals the first.
    pub(crate) fn strongest(signals: impl IntoIterator<Item = Option<Signal>>) -> Option<Signal> {
        signals.into_iter().flatten().reduce(|strongest, next| {
            if next.points > strongest.points {
                next
            } else {
                strongest
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_begins_above_from_and_ends_at_full() {
        let at = |value| Strength::ramp(value, 10, 20).0;
        assert_eq!(
            [at(9), at(10), at(11), at(15), at(19), at(20), at(21)],
            [0, 0, 100, 500, 900, 1_000, 1_000]
        );
        assert_eq!(
            Strength::ramp(i128::MAX, i128::MIN, i128::MAX),
            Strength::FULL
        );
        assert_eq!(Strength::ramp(5, 5, 5), Strength::NONE);
        assert_eq!(Strength::ramp(6, 5, 5), Strength::FULL);
    }

    #[test]
    fn of_a_group_the_strongest_counts() {
        let one = Signal::new(Why::VelocityAccount, 100, Strength::HALF, []);
        let two = Signal::new(Why::VelocityCard, 100, Strength::FULL, []);
        let none = Signal::new(Why::VelocityDevice, 100, Strength::NONE, []);
        assert_eq!(none, None);
        assert_eq!(Signal::strongest([one.clone(), none, two.clone()]), two);
        assert_eq!(Signal::strongest([one.clone(), one.clone()]), one);
        assert_eq!(Signal::strongest([]), None);
    }

    #[test]
    fn a_signal_without_weight_is_none() {
        assert_eq!(Signal::new(Why::Night, 0, Strength::FULL, []), None);
    }
}
