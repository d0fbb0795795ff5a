//! The life of a payment: from the first decision about it to the last.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use weft_dictionary::{Money, Timestamp};
use weft_verdict::Verdict;

use crate::request::{Open, Refund, Step};
use crate::{Follow, limits};

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
    /// Was called back before it reached the payee.
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

/// Where a payment stands, what was given back of it, and which requests about it wait: what its decisions say, one after
/// the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    state: State,
    refunds: Vec<Refund>,
    open: Vec<Open>,
}

/// Why no refund follows, whatever policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRefunded {
    /// Nothing was captured, or all is over.
    #[error("nothing of the payment can be given back as it stands")]
    State,
    /// A refund of this payment has this identifier.
    #[error("a refund of this identifier was made before")]
    Known,
    /// Nothing, or less.
    #[error("a refund is more than nothing")]
    Nothing,
    /// Not the currency of the payment.
    #[error("the refund has another currency than the payment")]
    Currency,
    /// With what was given back before it would be more than was captured.
    #[error("the refunds would be more than what was captured")]
    AboveCaptured,
}

impl NotRefunded {
    /// All of them.
    pub const ALL: [NotRefunded; 5] = [
        NotRefunded::State,
        NotRefunded::Known,
        NotRefunded::Nothing,
        NotRefunded::Currency,
        NotRefunded::AboveCaptured,
    ];

    /// The reason code in findings.
    pub fn code(self) -> &'static str {
        match self {
            NotRefunded::State => "refund-not-possible",
            NotRefunded::Known => "refund-made-before",
            NotRefunded::Nothing => "refund-of-nothing",
            NotRefunded::Currency => "refund-in-other-currency",
            NotRefunded::AboveCaptured => "refund-above-captured",
        }
    }
}

impl Life {
    /// The life that these decisions tell, each by its id, the first one first; none of none.
    pub fn of<'f>(follows: impl IntoIterator<Item = (&'f str, Follow)>) -> Option<Life> {
        let mut follows = follows.into_iter();
        let (decision, first) = follows.next()?;
        let mut life = Life {
            state: first.state,
            refunds: Vec::new(),
            open: Vec::new(),
        };
        life.take(decision, first);
        for (decision, follow) in follows {
            life.take(decision, follow);
        }
        Some(life)
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What was captured of a payment over this amount.
    pub fn captured(&self, amount: Money) -> Money {
        match self.state.is_captured() {
            true => amount,
            false => nothing_of(amount),
        }
    }

    /// What was given back of a payment over this amount.
    pub fn refunded(&self, amount: Money) -> Money {
        let all = self.refunds.iter().map(|one| one.amount.minor_units);
        Money {
            minor_units: all.fold(0, i64::saturating_add),
            ..amount
        }
    }

    /// The state after one more refund of a payment over this amount. The last cent ends it.
    pub fn after_refund(&self, amount: Money, refund: &Refund) -> Result<State, NotRefunded> {
        if self.refunds.iter().any(|before| before.id == refund.id) {
            return Err(NotRefunded::Known);
        }
        if !self.state.next().contains(&State::Refunded) {
            return Err(NotRefunded::State);
        }
        if refund.amount.minor_units <= 0 {
            return Err(NotRefunded::Nothing);
        }
        if refund.amount.currency != amount.currency {
            return Err(NotRefunded::Currency);
        }
        let before = self.refunded(amount).minor_units;
        let all = before.checked_add(refund.amount.minor_units);
        let all = all.ok_or(NotRefunded::AboveCaptured)?;
        match all.cmp(&amount.minor_units) {
            Ordering::Less => Ok(self.state),
            Ordering::Equal => Ok(State::Refunded),
            Ordering::Greater => Err(NotRefunded::AboveCaptured),
        }
    }

    /// The requests that wait, and have time left.
    pub fn open(&self, now: Timestamp) -> impl Iterator<Item = &Open> {
        let in_time = move |open: &&Open| now < open.waiting.expires_at;
        self.open.iter().filter(in_time)
    }

    /// The one of this digest.
    pub fn open_of(&self, digest: &str, now: Timestamp) -> Option<&Open> {
        self.open(now).find(|open| open.digest == digest)
    }

    /// Whether one more may wait.
    pub fn has_room(&self, now: Timestamp) -> bool {
        self.open(now).count() < limits::MAX_OPEN
    }

    /// Takes over what a decision says. A step that is not part of a payment's life is none: the host records no such
    /// decision, and a record that says so moves nothing.
    fn take(&mut self, decision: &str, follow: Follow) {
        if self.state.may_become(follow.state) {
            self.state = follow.state;
        }
        let Some(step) = follow.request else {
            return;
        };
        if let Step::Refunded { refund, .. } = &step {
            self.refunds.push(refund.clone());
        }
        let digest = step.digest().to_owned();
        let before = self.open.iter().position(|one| one.digest == digest);
        let before = before.map(|place| self.open.swap_remove(place));
        self.open.extend(step.after(decision, before));
    }
}

/// No money, in the currency of this amount.
fn nothing_of(amount: Money) -> Money {
    Money {
        minor_units: 0,
        ..amount
    }
}

#[cfg(test)]
mod tests {
    use weft_dictionary::Currency;

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

    fn euros(minor_units: i64) -> Money {
        Money {
            minor_units,
            currency: Currency::from_code("EUR").expect("a currency"),
        }
    }

    fn refund(id: &str, amount: Money) -> Refund {
        Refund {
            id: id.to_owned(),
            amount,
            customer: "tok_1".to_owned(),
        }
    }

    fn refunded(id: &str, cents: i64, state: State) -> Follow {
        let refund = refund(id, euros(cents));
        let digest = format!("digest of {id}");
        Follow {
            request: Some(Step::Refunded { digest, refund }),
            ..Follow::state(state)
        }
    }

    #[test]
    fn refunds_add_up_to_what_was_captured_and_never_to_a_cent_more() {
        let released = ("d1", Follow::state(State::Released));
        let partly = ("d2", refunded("R-1", 4_000, State::Released));
        let life = Life::of([released.clone(), partly.clone()]).expect("a life");
        let amount = euros(10_000);
        assert_eq!(life.state(), State::Released);
        assert_eq!(life.captured(amount), amount);
        assert_eq!(life.refunded(amount), euros(4_000));
        let after = |id: &str, money| life.after_refund(amount, &refund(id, money));
        assert_eq!(after("R-2", euros(5_999)), Ok(State::Released));
        assert_eq!(after("R-2", euros(6_000)), Ok(State::Refunded));
        let above = Err(NotRefunded::AboveCaptured);
        assert_eq!(after("R-2", euros(6_001)), above);
        assert_eq!(after("R-2", euros(i64::MAX)), above);
        assert_eq!(after("R-2", euros(0)), Err(NotRefunded::Nothing));
        assert_eq!(after("R-2", euros(-1)), Err(NotRefunded::Nothing));
        assert_eq!(after("R-1", euros(1)), Err(NotRefunded::Known));
        let dollars = Money {
            currency: Currency::from_code("USD").expect("a currency"),
            ..euros(1)
        };
        assert_eq!(after("R-2", dollars), Err(NotRefunded::Currency));
        let whole = ("d3", refunded("R-2", 6_000, State::Refunded));
        let life = Life::of([released, partly, whole]).expect("a life");
        assert_eq!(life.state(), State::Refunded);
        assert_eq!(life.refunded(amount), amount);
        let more = life.after_refund(amount, &refund("R-3", euros(1)));
        assert_eq!(more, Err(NotRefunded::State));
    }

    #[test]
    fn nothing_is_refunded_of_what_was_not_captured() {
        for state in State::ALL {
            let life = Life::of([("d1", Follow::state(state))]).expect("a life");
            let after = life.after_refund(euros(100), &refund("R-1", euros(1)));
            let possible = matches!(state, State::Released | State::Disputed);
            assert_eq!(after.is_ok(), possible, "{state:?}");
            assert_eq!(
                life.captured(euros(100)) == euros(100),
                state.is_captured(),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_record_that_steps_where_no_step_is_moves_nothing() {
        let refused = ("d1", Follow::state(State::Refused));
        let released = ("d2", Follow::state(State::Released));
        let life = Life::of([refused, released]).expect("a life");
        assert_eq!(life.state(), State::Refused);
    }
}
