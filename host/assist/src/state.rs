//! Where a payment stands, and which steps it takes: the only state machine.

use serde::{Deserialize, Serialize};
use weft_verdict::Verdict;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for the customer's evidence or for support.
    Pending,
    /// Goes on to settlement. What was given back of it in part leaves it here.
    Released,
    /// Was refused.
    Refused,
    /// Nobody released it in time: refused.
    Expired,
    /// All that was captured was given back.
    Refunded,
    /// The customer contests it, and it is not known yet who is right.
    Disputed,
    /// Was called back after it was released.
    Recalled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 7] = [
        State::Pending,
        State::Released,
        State::Refused,
        State::Expired,
        State::Refunded,
        State::Disputed,
        State::Recalled,
    ];

    /// The word used in replies, records and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Released => "released",
            State::Refused => "refused",
            State::Expired => "expired",
            State::Refunded => "refunded",
            State::Disputed => "disputed",
            State::Recalled => "recalled",
        }
    }

    /// The state of a payment after a decision about itself. Abstaining is no reason to release.
    pub fn after(verdict: Verdict) -> State {
        match verdict {
            Verdict::Allow | Verdict::Flag => State::Released,
            Verdict::Challenge | Verdict::Hold => State::Pending,
            Verdict::Abstain | Verdict::Deny => State::Refused,
        }
    }

    /// The states that come after this one. An end has none.
    pub fn next(self) -> &'static [State] {
        match self {
            State::Pending => &[State::Released, State::Refused, State::Expired],
            State::Released => &[State::Refunded, State::Disputed, State::Recalled],
            // Who contests it is right, and gets it back, or is not.
            State::Disputed => &[State::Released, State::Refunded],
            State::Refused | State::Expired | State::Refunded | State::Recalled => &[],
        }
    }

    /// Whether the step is part of a payment's life. To stay is no step.
    pub fn may_become(self, next: State) -> bool {
        self == next || self.next().contains(&next)
    }

    /// Whether the payer's money was taken.
    pub fn is_captured(self) -> bool {
        match self {
            State::Released | State::Refunded | State::Disputed | State::Recalled => true,
            State::Pending | State::Refused | State::Expired => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R7: the only steps; all other pairs are none.
    #[test]
    fn a_payment_takes_these_steps_and_no_other() {
        let steps = [
            (State::Pending, State::Released),
            (State::Pending, State::Refused),
            (State::Pending, State::Expired),
            (State::Released, State::Refunded),
            (State::Released, State::Disputed),
            (State::Released, State::Recalled),
            (State::Disputed, State::Released),
            (State::Disputed, State::Refunded),
        ];
        for from in State::ALL {
            for to in State::ALL {
                let expected = from == to || steps.contains(&(from, to));
                assert_eq!(from.may_become(to), expected, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn nothing_but_allow_and_flag_releases() {
        for verdict in Verdict::ALL {
            let released = State::after(verdict) == State::Released;
            assert_eq!(
                released,
                matches!(verdict, Verdict::Allow | Verdict::Flag),
                "{verdict:?}"
            );
        }
    }
}
