//! Money of a payment is given back: once, by those who may, and never more than was captured.
//!
//! What policies hold or challenge waits as an open request, known by its digest: for the customer, who approves it in the
//! channel of the service, and for a second person, who approves it from a session of their own. Then it is asked for
//! again, with the same words, and what was approved counts for these words only. Who may is for policies to say; that the
//! refunds of a payment never come to more than was captured is not.

use serde_json::json;
use weft_assist::{Approval, Challenge, NotRefunded, Open, Refund, State, Step};
use weft_dictionary::{Money, Row, Value};
use weft_intake::Problem;
use weft_policy::Effect;
use weft_verdict::{Finding, Verdict};

use crate::approval::{self, NotApproved, Waiting};
use crate::assistance::About;
use crate::decide::Asked;
use crate::disclosure::customer;
use crate::engine::Inner;
use crate::evaluate::Evaluated;
use crate::host_reasons::ASK_FIRST;
use crate::limits::REQUEST_WAITS;
use crate::payment::step_up;
use crate::problems;

/// The action that a request for a refund asks for.
const REFUND: &str = "refund";

/// A refund that is asked for, or approved.
pub(crate) struct Asking {
    digest: String,
    refund: Refund,
}

impl Asking {
    /// SHA-256 over all that the request says.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

/// Whether an effect is about a refund.
pub(crate) fn is_about_refund(effect: Effect) -> bool {
    matches!(effect, Effect::Refund | Effect::Approve)
}

impl Inner {
    /// What a request about a refund has to say, whatever it is about.
    pub(crate) fn check_says_refund(&self, effect: Effect, said: &Row) -> Result<(), Problem> {
        for (id, pointer) in [
            (self.known.refund_id, "/refund/id"),
            (self.known.refund_amount, "/refund/amount"),
        ] {
            if is_about_refund(effect) && said.get(id).is_none() {
                return Err(problems::no_refund_without(pointer));
            }
        }
        Ok(())
    }

    /// What the host says of the money of the payment.
    pub(crate) fn say_money(&self, row: &mut Row, about: &About) -> Result<(), Problem> {
        let Some(amount) = self.money(row, self.known.payment_amount) else {
            return Ok(());
        };
        let captured = Value::Money(about.life.captured(amount));
        self.set(row, self.known.payment_captured, captured)?;
        let refunded = Value::Money(about.life.refunded(amount));
        self.set(row, self.known.payment_refunded, refunded)
    }

    /// What the host says of a request about a refund. It is known what is asked only if the payment is.
    pub(crate) fn say_refund(
        &self,
        asked: &Asked,
        effect: Effect,
        about: Option<&About>,
        row: &mut Row,
    ) -> Result<Option<Asking>, Problem> {
        if effect == Effect::Refund {
            self.set(row, self.known.request_action, Value::text(REFUND))?;
        }
        let (Some(about), true) = (about, is_about_refund(effect)) else {
            return Ok(None);
        };
        let original = Value::Boolean(self.goes_back(row));
        self.set(row, self.known.refund_original_instrument, original)?;
        let Some(asking) = self.asking(about, row) else {
            return Ok(None);
        };
        match effect {
            Effect::Refund => {
                self.say_counts(asked, &asking, row)?;
                self.say_approval(asked, about, &asking, row)?;
            }
            _ => self.say_asked(asked, about, &asking, row)?,
        }
        Ok(Some(asking))
    }

    /// Whether the money goes to where it came from: nowhere else is named, or the payer's own account, from which it was
    /// paid.
    fn goes_back(&self, row: &Row) -> bool {
        let Some(account) = row.get(self.known.refund_account) else {
            return true;
        };
        let by_card = row.get(self.known.instrument_pan).is_some();
        !by_card && row.get(self.known.payer_account) == Some(account)
    }

    /// The digest is over all that the request says, the payment with its payee and the case.
    fn asking(&self, about: &About, row: &Row) -> Option<Asking> {
        let id = self.text(row, self.known.refund_id)?;
        let amount = self.money(row, self.known.refund_amount)?;
        let token = |field| row.get(field).map(Value::to_json);
        let digest = approval::digest(&json!([
            REFUND,
            about.own_service,
            about.payment,
            token(self.known.payee_account),
            id,
            amount.to_string(),
            token(self.known.refund_account),
            self.text(row, self.known.case_id),
        ]));
        let customer = customer(&self.dictionary, row);
        let refund = Refund {
            id,
            amount,
            customer,
        };
        Some(Asking { digest, refund })
    }

    /// How often the agent gave money back before.
    fn say_counts(&self, asked: &Asked, asking: &Asking, row: &mut Row) -> Result<(), Problem> {
        if !is_support(asked) {
            return Ok(());
        }
        let mut person = self.identifiers(row);
        person.push(asking.refund.customer.clone());
        let before = self.refunds.before(&asked.caller.id, &person, asked.at);
        let Some(before) = before else {
            return Ok(());
        };
        let in_a_day = Value::Integer(before.in_a_day);
        self.set(row, self.known.agent_refunds_24h, in_a_day)?;
        let to_customer = Value::Integer(before.to_customer);
        self.set(row, self.known.agent_customer_refunds_30d, to_customer)
    }

    /// Who approved this very request; where nobody did, that another request about the payment is approved.
    fn say_approval(
        &self,
        asked: &Asked,
        about: &About,
        asking: &Asking,
        row: &mut Row,
    ) -> Result<(), Problem> {
        let approved = about.life.open(asked.at);
        let approved = approved.filter_map(|open| Some((open, open.approval.as_ref()?)));
        let found = approved.max_by_key(|(open, _)| open.digest == asking.digest);
        let Some((open, approval)) = found else {
            return Ok(());
        };
        let by = Value::text(approval.by.as_str());
        self.set(row, self.known.approval_agent, by)?;
        if let Some(session) = &approval.session {
            self.set(
                row,
                self.known.approval_session,
                Value::text(session.as_str()),
            )?;
        }
        let bound = Value::Boolean(open.digest == asking.digest);
        self.set(row, self.known.approval_bound, bound)
    }

    /// Who asked for what is to be approved, and who has approved it already.
    fn say_asked(
        &self,
        asked: &Asked,
        about: &About,
        asking: &Asking,
        row: &mut Row,
    ) -> Result<(), Problem> {
        let open = about.life.open_of(&asking.digest, asked.at);
        self.set(
            row,
            self.known.approval_bound,
            Value::Boolean(open.is_some()),
        )?;
        let Some(open) = open else {
            return Ok(());
        };
        self.set(row, self.known.request_agent, Value::text(open.by.as_str()))?;
        if let Some(session) = &open.session {
            self.set(
                row,
                self.known.request_session,
                Value::text(session.as_str()),
            )?;
        }
        match &open.approval {
            Some(approval) => {
                let by = Value::text(approval.by.as_str());
                self.set(row, self.known.approval_agent, by)
            }
            None => Ok(()),
        }
    }

    /// What follows from a request about a refund: where the payment stands then, and what becomes of the request. What
    /// cannot follow, whatever policies say, is denied here.
    pub(crate) fn follow_refund(
        &self,
        asked: &Asked,
        effect: Effect,
        about: &About,
        (asking, row): (&Asking, &Row),
        evaluated: &mut Evaluated,
    ) -> Result<(State, Option<Step>), Problem> {
        let stays = about.life.state();
        let verdict = evaluated.outcome.verdict;
        let mut denied = |code: &str| {
            evaluated.add_host_finding(Finding::of(Verdict::Deny, code));
            Ok((stays, None))
        };
        if matches!(verdict, Verdict::Deny | Verdict::Abstain) {
            return Ok((stays, None));
        }
        if effect == Effect::Approve {
            return match self.approves(asked, about, (asking, row)) {
                Err(why) => denied(why.as_str()),
                // What is not granted approves nothing.
                Ok(_) if !verdict.is_granted() => Ok((stays, None)),
                Ok(step) => Ok((stays, Some(step))),
            };
        }
        let amount = self.money(row, self.known.payment_amount);
        let next = match amount {
            Some(amount) => about.life.after_refund(amount, &asking.refund),
            None => Err(NotRefunded::State),
        };
        match next {
            Err(why) => denied(why.code()),
            Ok(next) if verdict.is_granted() => {
                let step = Step::Refunded {
                    digest: asking.digest.clone(),
                    refund: asking.refund.clone(),
                };
                Ok((next, Some(step)))
            }
            // That a request waits says that there is such a payment.
            Ok(_) if !about.is_told => denied(ASK_FIRST),
            Ok(_) => Ok((stays, self.waits(asked, about, (asking, row), evaluated)?)),
        }
    }

    fn approves(
        &self,
        asked: &Asked,
        about: &About,
        (asking, row): (&Asking, &Row),
    ) -> Result<Step, NotApproved> {
        let open = about.life.open_of(&asking.digest, asked.at);
        let open = open.ok_or(NotApproved::OtherOrder)?;
        let before: Vec<String> = open.approval.iter().map(|one| one.by.clone()).collect();
        let waiting = Waiting {
            by: &open.by,
            digest: &open.digest,
            approved_by: &before,
            needed: 1,
            until: open.waiting.expires_at,
        };
        waiting.takes(&asked.caller.id, &asking.digest, asked.at)?;
        Ok(Step::Approved {
            digest: asking.digest.clone(),
            approval: Approval {
                by: asked.caller.id.clone(),
                session: self.text(row, self.known.session_id),
            },
        })
    }

    /// A request that was held or challenged waits, unless it does already, or as many do as may.
    fn waits(
        &self,
        asked: &Asked,
        about: &About,
        (asking, row): (&Asking, &Row),
        evaluated: &Evaluated,
    ) -> Result<Option<Step>, Problem> {
        let method = step_up(&evaluated.outcome.obligations);
        let open = about.life.open_of(&asking.digest, asked.at);
        let lacks_challenge = |open: &Open| method.is_some() && open.waiting.challenge.is_none();
        let is_new = match open {
            Some(open) => lacks_challenge(open),
            None => about.life.has_room(asked.at),
        };
        if !is_new {
            return Ok(None);
        }
        let expires_at = asked.at.plus(REQUEST_WAITS);
        let challenge = match method {
            Some(method) => Some(Challenge {
                id: self.fresh_id("chl")?,
                method,
                binding: self.binding(&asking.digest, row),
                expires_at,
            }),
            None => None,
        };
        Ok(Some(Step::Asked {
            digest: asking.digest.clone(),
            by: asked.caller.id.clone(),
            session: self.text(row, self.known.session_id),
            expires_at,
            challenge,
        }))
    }

    pub(crate) fn money(&self, row: &Row, id: weft_dictionary::FieldId) -> Option<Money> {
        match row.get(id) {
            Some(Value::Money(money)) => Some(*money),
            _ => None,
        }
    }
}

/// Whether people of support ask.
pub(crate) fn is_support(asked: &Asked) -> bool {
    asked.caller.role.is_support()
}
