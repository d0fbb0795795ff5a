//! The life of a payment: from the first decision about it to the last.

use std::cmp::Ordering;

use weft_dictionary::{Money, Timestamp};

use crate::act::{Act, Barred, Close, Dispute, Escalation, Refund};
use crate::request::{Open, Step};
use crate::{Follow, State, limits};

/// Where a payment stands, what was given back of it, which requests about it wait, and what is disputed or escalated: what
/// its decisions say, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    state: State,
    refunds: Vec<Refund>,
    open: Vec<Open>,
    /// All disputes; while the payment is disputed, the last one is open.
    disputes: Vec<Dispute>,
    /// How many refunds there were when the last of them was opened.
    refunds_before: usize,
    /// All escalations, and whether each is open.
    escalations: Vec<(Escalation, bool)>,
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
            disputes: Vec::new(),
            refunds_before: 0,
            escalations: Vec::new(),
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

    /// The dispute that is open.
    pub fn dispute(&self) -> Option<&Dispute> {
        (self.disputes.last()).filter(|_| self.state == State::Disputed)
    }

    /// Whether money was given back since the last dispute was opened.
    pub fn is_credited(&self) -> bool {
        self.refunds.len() > self.refunds_before
    }

    /// The escalations that are open.
    pub fn escalations(&self) -> impl Iterator<Item = &Escalation> {
        let all = self.escalations.iter();
        all.filter(|(_, open)| *open).map(|(one, _)| one)
    }

    /// The open escalation of this identifier.
    pub fn escalation(&self, id: &str) -> Option<&Escalation> {
        self.escalations().find(|one| one.id == id)
    }

    /// The state after this is done with a payment over this amount.
    pub fn after(&self, amount: Option<Money>, act: &Act, now: Timestamp) -> Result<State, Barred> {
        match act {
            Act::Refund(refund) => self.after_refund(amount.ok_or(Barred::RefundState)?, refund),
            Act::Recall(_) => self.after_recall(),
            Act::Dispute(dispute) => self.after_dispute(dispute, now),
            Act::Escalate(escalation) => self.after_escalation(escalation),
            Act::Close(close) => self.after_close(close),
        }
    }

    /// The last cent ends it.
    fn after_refund(&self, amount: Money, refund: &Refund) -> Result<State, Barred> {
        if self.refunds.iter().any(|before| before.id == refund.id) {
            return Err(Barred::RefundKnown);
        }
        if !self.state.next().contains(&State::Refunded) {
            return Err(Barred::RefundState);
        }
        if refund.amount.minor_units <= 0 {
            return Err(Barred::RefundOfNothing);
        }
        if refund.amount.currency != amount.currency {
            return Err(Barred::RefundCurrency);
        }
        let before = self.refunded(amount).minor_units;
        let all = before.checked_add(refund.amount.minor_units);
        let all = all.ok_or(Barred::RefundAboveCaptured)?;
        match all.cmp(&amount.minor_units) {
            Ordering::Less => Ok(self.state),
            Ordering::Equal => Ok(State::Refunded),
            Ordering::Greater => Err(Barred::RefundAboveCaptured),
        }
    }

    /// What waits never goes on; what went on is called back as a whole, or not at all.
    fn after_recall(&self) -> Result<State, Barred> {
        match self.state {
            State::Pending => Ok(State::Refused),
            State::Released if self.refunds.is_empty() => Ok(State::Recalled),
            State::Released | State::Refunded => Err(Barred::RecallOfReturned),
            State::Refused | State::Expired => Err(Barred::RecallOfRefused),
            State::Recalled => Err(Barred::RecallKnown),
            State::Disputed => Err(Barred::RecallOfDisputed),
        }
    }

    fn after_dispute(&self, dispute: &Dispute, now: Timestamp) -> Result<State, Barred> {
        if self.is_known(&dispute.id) {
            return Err(Barred::DisputeKnown);
        }
        if !self.state.next().contains(&State::Disputed) {
            return Err(Barred::DisputeState);
        }
        match dispute.notice_at <= now {
            true => Ok(State::Disputed),
            false => Err(Barred::DisputeNotice),
        }
    }

    /// Where a payment stands does not change by who looks at it.
    fn after_escalation(&self, escalation: &Escalation) -> Result<State, Barred> {
        if self.is_known(&escalation.id) {
            return Err(Barred::EscalationKnown);
        }
        match self.escalations().count() < limits::MAX_ESCALATIONS {
            true => Ok(self.state),
            false => Err(Barred::EscalationRoom),
        }
    }

    /// A dispute that is closed ends for the payee: who is right as its customer gets the money back instead.
    fn after_close(&self, close: &Close) -> Result<State, Barred> {
        if self.dispute().is_some_and(|one| one.id == close.id) {
            return Ok(State::Released);
        }
        match self.escalation(&close.id) {
            Some(_) => Ok(self.state),
            None => Err(Barred::CloseOfNothing),
        }
    }

    /// Whether a dispute or an escalation had this identifier: what is closed is named by it.
    fn is_known(&self, id: &str) -> bool {
        self.disputes.iter().any(|one| one.id == id)
            || self.escalations.iter().any(|(one, _)| one.id == id)
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
        match &step {
            Step::Refunded { refund, .. } => self.refunds.push(refund.clone()),
            Step::Disputed { dispute, .. } => {
                self.disputes.push(dispute.clone());
                self.refunds_before = self.refunds.len();
            }
            Step::Escalated { escalation, .. } => {
                self.escalations.push((escalation.clone(), true));
            }
            Step::Closed { close, .. } => {
                let closed = self.escalations.iter_mut();
                closed.for_each(|(one, open)| *open &= one.id != close.id);
            }
            Step::Asked { .. }
            | Step::Passed { .. }
            | Step::Failed { .. }
            | Step::Approved { .. }
            | Step::Recalled { .. } => {}
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

    fn after_refund(life: &Life, amount: Money, refund: Refund) -> Result<State, Barred> {
        life.after(Some(amount), &Act::Refund(refund), Timestamp(0))
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
        let after = |id: &str, money| after_refund(&life, amount, refund(id, money));
        assert_eq!(after("R-2", euros(5_999)), Ok(State::Released));
        assert_eq!(after("R-2", euros(6_000)), Ok(State::Refunded));
        let above = Err(Barred::RefundAboveCaptured);
        assert_eq!(after("R-2", euros(6_001)), above);
        assert_eq!(after("R-2", euros(i64::MAX)), above);
        assert_eq!(after("R-2", euros(0)), Err(Barred::RefundOfNothing));
        assert_eq!(after("R-2", euros(-1)), Err(Barred::RefundOfNothing));
        assert_eq!(after("R-1", euros(1)), Err(Barred::RefundKnown));
        let dollars = Money {
            currency: Currency::from_code("USD").expect("a currency"),
            ..euros(1)
        };
        assert_eq!(after("R-2", dollars), Err(Barred::RefundCurrency));
        let whole = ("d3", refunded("R-2", 6_000, State::Refunded));
        let life = Life::of([released, partly, whole]).expect("a life");
        assert_eq!(life.state(), State::Refunded);
        assert_eq!(life.refunded(amount), amount);
        let more = after_refund(&life, amount, refund("R-3", euros(1)));
        assert_eq!(more, Err(Barred::RefundState));
    }

    #[test]
    fn nothing_is_refunded_of_what_was_not_captured() {
        for state in State::ALL {
            let life = Life::of([("d1", Follow::state(state))]).expect("a life");
            let after = after_refund(&life, euros(100), refund("R-1", euros(1)));
            let possible = matches!(state, State::Released | State::Disputed);
            assert_eq!(after.is_ok(), possible, "{state:?}");
            assert_eq!(
                life.captured(euros(100)) == euros(100),
                state.is_captured(),
                "{state:?}"
            );
        }
    }

    fn done(act: Act, state: State) -> Follow {
        Follow {
            request: Some(act.done("a digest".to_owned())),
            ..Follow::state(state)
        }
    }

    fn dispute(id: &str) -> Act {
        Act::Dispute(Dispute {
            id: id.to_owned(),
            reason: "amount".to_owned(),
            notice_at: Timestamp(5),
            by: "noor".to_owned(),
        })
    }

    fn escalation(id: &str) -> Act {
        Act::Escalate(Escalation {
            id: id.to_owned(),
            reason: "no_factor".to_owned(),
            by: "noor".to_owned(),
            session: None,
        })
    }

    fn close(id: &str) -> Act {
        Act::Close(Close {
            id: id.to_owned(),
            reason: "no_error".to_owned(),
        })
    }

    /// R7: only what waits or was released as a whole is called back, and what is called back is over.
    #[test]
    fn a_recall_ends_what_waits_and_what_was_released_and_nothing_else() {
        let recall = Act::Recall(crate::Recall {
            id: "C-1".to_owned(),
            reason: "DUPL".to_owned(),
        });
        let expected = |state| match state {
            State::Pending => Ok(State::Refused),
            State::Released => Ok(State::Recalled),
            State::Refunded => Err(Barred::RecallOfReturned),
            State::Refused | State::Expired => Err(Barred::RecallOfRefused),
            State::Recalled => Err(Barred::RecallKnown),
            State::Disputed => Err(Barred::RecallOfDisputed),
        };
        for state in State::ALL {
            let life = Life::of([("d1", Follow::state(state))]).expect("a life");
            let next = life.after(Some(euros(100)), &recall, Timestamp(0));
            assert_eq!(next, expected(state), "{state:?}");
        }
        let released = ("d1", Follow::state(State::Released));
        let partly = ("d2", refunded("R-1", 1, State::Released));
        let life = Life::of([released, partly]).expect("a life");
        let next = life.after(Some(euros(100)), &recall, Timestamp(0));
        assert_eq!(next, Err(Barred::RecallOfReturned));
    }

    #[test]
    fn a_dispute_is_opened_once_and_ends_for_one_of_the_two() {
        let released = ("d1", Follow::state(State::Released));
        let partly = ("d2", refunded("R-1", 1, State::Released));
        let opened = ("d3", done(dispute("D-1"), State::Disputed));
        let before = Life::of([released.clone(), partly.clone()]).expect("a life");
        let after = |life: &Life, act: &Act, now| life.after(Some(euros(100)), act, Timestamp(now));
        assert_eq!(
            after(&before, &dispute("D-1"), 4),
            Err(Barred::DisputeNotice)
        );
        assert_eq!(after(&before, &dispute("D-1"), 5), Ok(State::Disputed));
        assert_eq!(
            after(&before, &close("D-1"), 5),
            Err(Barred::CloseOfNothing)
        );
        let life = Life::of([released, partly, opened]).expect("a life");
        assert_eq!(life.dispute().map(|one| one.id.as_str()), Some("D-1"));
        assert!(
            !life.is_credited(),
            "what was given back before is no credit"
        );
        assert_eq!(after(&life, &dispute("D-1"), 5), Err(Barred::DisputeKnown));
        assert_eq!(after(&life, &dispute("D-2"), 5), Err(Barred::DisputeState));
        assert_eq!(
            after(&life, &escalation("D-1"), 5),
            Err(Barred::EscalationKnown)
        );
        assert_eq!(after(&life, &close("D-2"), 5), Err(Barred::CloseOfNothing));
        assert_eq!(after(&life, &close("D-1"), 5), Ok(State::Released));
        let mut ended = life.clone();
        ended.take("d4", refunded("R-2", 1, State::Disputed));
        assert!(ended.is_credited());
        ended.take("d5", done(close("D-1"), State::Released));
        assert_eq!(ended.dispute(), None);
        assert_eq!(after(&ended, &close("D-1"), 5), Err(Barred::CloseOfNothing));
        assert_eq!(after(&ended, &dispute("D-1"), 5), Err(Barred::DisputeKnown));
        assert_eq!(after(&ended, &dispute("D-2"), 5), Ok(State::Disputed));
    }

    /// R43: what is escalated waits until it is closed, whatever becomes of the payment.
    #[test]
    fn an_escalation_is_open_until_it_is_closed() {
        let mut life = Life::of([("d1", Follow::state(State::Pending))]).expect("a life");
        let after = |life: &Life, act: &Act| life.after(Some(euros(100)), act, Timestamp(5));
        assert_eq!(after(&life, &escalation("E-1")), Ok(State::Pending));
        life.take("d2", done(escalation("E-1"), State::Pending));
        life.take("d3", Follow::state(State::Expired));
        assert!(life.escalation("E-1").is_some());
        assert_eq!(
            after(&life, &escalation("E-1")),
            Err(Barred::EscalationKnown)
        );
        assert_eq!(after(&life, &close("E-1")), Ok(State::Expired));
        for number in 2..=limits::MAX_ESCALATIONS {
            let next = escalation(&format!("E-{number}"));
            assert_eq!(after(&life, &next), Ok(State::Expired));
            life.take("d4", done(next, State::Expired));
        }
        assert_eq!(
            after(&life, &escalation("E-99")),
            Err(Barred::EscalationRoom)
        );
        life.take("d5", done(close("E-1"), State::Expired));
        assert!(life.escalation("E-1").is_none());
        assert_eq!(after(&life, &close("E-1")), Err(Barred::CloseOfNothing));
        assert_eq!(
            after(&life, &escalation("E-1")),
            Err(Barred::EscalationKnown)
        );
        assert_eq!(after(&life, &escalation("E-99")), Ok(State::Expired));
    }

    #[test]
    fn a_record_that_steps_where_no_step_is_moves_nothing() {
        let refused = ("d1", Follow::state(State::Refused));
        let released = ("d2", Follow::state(State::Released));
        let life = Life::of([refused, released]).expect("a life");
        assert_eq!(life.state(), State::Refused);
    }
}
