//! What the host says of money that is given back, or is to be.

use weft_assist::Refund;
use weft_dictionary::{FieldId, Money, Row, Value};
use weft_intake::Problem;

use crate::asking::is_support;
use crate::assistance::About;
use crate::decide::Asked;
use crate::engine::Inner;

impl Inner {
    /// What was captured of the payment, and given back.
    pub(crate) fn say_money(&self, row: &mut Row, about: &About) -> Result<(), Problem> {
        let Some(amount) = self.money(row, self.known.payment_amount) else {
            return Ok(());
        };
        let captured = Value::Money(about.life.captured(amount));
        self.set(row, self.known.payment_captured, captured)?;
        let refunded = Value::Money(about.life.refunded(amount));
        self.set(row, self.known.payment_refunded, refunded)
    }

    /// Whether the money goes to where it came from: nowhere else is named, or the payer's own account, from which it was
    /// paid.
    pub(crate) fn say_goes_back(&self, row: &mut Row) -> Result<(), Problem> {
        let by_card = row.get(self.known.instrument_pan).is_some();
        let original = match row.get(self.known.refund_account) {
            None => true,
            account => !by_card && row.get(self.known.payer_account) == account,
        };
        let original = Value::Boolean(original);
        self.set(row, self.known.refund_original_instrument, original)
    }

    /// How often the agent gave money back before.
    pub(crate) fn say_counts(
        &self,
        asked: &Asked,
        refund: &Refund,
        row: &mut Row,
    ) -> Result<(), Problem> {
        if !is_support(asked) {
            return Ok(());
        }
        let mut person = self.identifiers(row);
        person.push(refund.customer.clone());
        let before = self.refunds.before(&asked.caller.id, &person, asked.at);
        let Some(before) = before else {
            return Ok(());
        };
        let in_a_day = Value::Integer(before.in_a_day);
        self.set(row, self.known.agent_refunds_24h, in_a_day)?;
        let to_customer = Value::Integer(before.to_customer);
        self.set(row, self.known.agent_customer_refunds_30d, to_customer)
    }

    pub(crate) fn money(&self, row: &Row, id: FieldId) -> Option<Money> {
        match row.get(id) {
            Some(Value::Money(money)) => Some(*money),
            _ => None,
        }
    }
}
