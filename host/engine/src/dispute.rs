//! What the host says of a payment that is contested, and of what was handed to a supervisor.

use weft_assist::{Close, Dispute};
use weft_dictionary::{Row, Value};
use weft_intake::Problem;

use crate::assistance::About;
use crate::engine::Inner;

/// How a card is read at a terminal.
const AT_A_TERMINAL: [&str; 3] = ["contactless", "chip", "magstripe"];

impl Inner {
    /// The dispute that is open, for a request that does not ask for another.
    pub(crate) fn say_dispute(&self, row: &mut Row, about: &About) -> Result<(), Problem> {
        let Some(dispute) = about.life.dispute() else {
            return Ok(());
        };
        if row.get(self.known.dispute_id).is_some() {
            return Ok(());
        }
        self.say_text(row, self.known.dispute_id, Some(&dispute.id))?;
        self.say_text(row, self.known.dispute_reason, Some(&dispute.reason))?;
        self.say_text(row, self.known.dispute_agent, Some(&dispute.by))?;
        let notice_at = Value::Instant(dispute.notice_at);
        self.set(row, self.known.dispute_notice_at, notice_at)?;
        self.say_due(row, dispute, about.life.is_credited())
    }

    /// By when a dispute has to be answered.
    pub(crate) fn say_due(
        &self,
        row: &mut Row,
        dispute: &Dispute,
        credited: bool,
    ) -> Result<(), Problem> {
        let entry_mode = self.text(row, self.known.instrument_entry_mode);
        let extended = entry_mode.is_some_and(|mode| AT_A_TERMINAL.contains(&mode.as_str()));
        for (id, value) in [
            (
                self.known.dispute_provisional_credit,
                Value::Boolean(credited),
            ),
            (self.known.dispute_extended, Value::Boolean(extended)),
            (
                self.known.dispute_credit_due_at,
                Value::Instant(dispute.credit_due_at()),
            ),
            (
                self.known.dispute_answer_due_at,
                Value::Instant(dispute.answer_due_at(extended)),
            ),
        ] {
            self.set(row, id, value)?;
        }
        Ok(())
    }

    /// The escalation that is to be closed.
    pub(crate) fn say_escalation(
        &self,
        row: &mut Row,
        about: &About,
        close: &Close,
    ) -> Result<(), Problem> {
        let Some(escalation) = about.life.escalation(&close.id) else {
            return Ok(());
        };
        self.say_text(row, self.known.escalation_id, Some(&escalation.id))?;
        self.say_text(row, self.known.escalation_reason, Some(&escalation.reason))?;
        self.say_text(row, self.known.escalation_agent, Some(&escalation.by))
    }
}
