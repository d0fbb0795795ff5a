//! The life of a payment.

use serde::{Deserialize, Serialize};
use weft_verdict::Verdict;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for the customer's evidence or for support.
    Pending,
    /// Goes on to settlement.
    Released,
    /// Was refused.
    Refused,
    /// Nobody released it in time: refused.
    Expired,
}

impl State {
    /// The word used in replies, records and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Released => "released",
            State::Refused => "refused",
            State::Expired => "expired",
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

    /// Whether the step is part of a payment's life. Only what is pending can change.
    pub fn may_become(self, next: State) -> bool {
        self == State::Pending || self == next
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use weft_verdict::Verdict;

    #[test]
    fn only_a_pending_payment_changes() {
        let all = [
            State::Pending,
            State::Released,
            State::Refused,
            State::Expired,
        ];
        for from in all {
            for to in all {
                assert_eq!(from.may_become(to), from == State::Pending || from == to);
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
