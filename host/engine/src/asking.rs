//! What is asked for of a payment: that money is given back, that it is called back, contested, or looked at by a supervisor.
//!
//! What policies hold or challenge waits as an open request, known by its digest: for the customer, who approves it in the
//! channel of the service, and for a second person, who approves it from a session of their own. Then it is asked for
//! again, with the same words, and what was approved counts for these words only. Who may is for policies to say; what can
//! follow from where the payment stands is not.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use weft_assist::{
    Act, Approval, Barred, Challenge, Close, Dispute, Escalation, Open, Recall, Refund, State, Step,
};
use weft_dictionary::{FieldId, Origin, Row, Value};
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
use crate::known::Known;
use crate::limits::REQUEST_WAITS;
use crate::payment::step_up;
use crate::problems;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Refund,
    Recall,
    Dispute,
    Escalate,
    Close,
}

/// What is asked for, or approved.
pub(crate) struct Asking {
    digest: String,
    act: Act,
}

impl Action {
    const ALL: [Action; 5] = [
        Action::Refund,
        Action::Recall,
        Action::Dispute,
        Action::Escalate,
        Action::Close,
    ];

    fn of(effect: Effect) -> Option<Action> {
        match effect {
            Effect::Refund => Some(Action::Refund),
            Effect::Recall => Some(Action::Recall),
            Effect::Dispute => Some(Action::Dispute),
            Effect::Escalate => Some(Action::Escalate),
            Effect::Close => Some(Action::Close),
            Effect::None
            | Effect::AnswerChallenge
            | Effect::DecideAgain
            | Effect::Approve
            | Effect::EnrolFactor
            | Effect::RemoveFactor => None,
        }
    }

    /// The word in `request.action`, and in digests.
    fn as_str(self) -> &'static str {
        match self {
            Action::Refund => "refund",
            Action::Recall => "recall",
            Action::Dispute => "dispute",
            Action::Escalate => "escalate",
            Action::Close => "close",
        }
    }

    /// Where a request says it.
    fn section(self) -> &'static str {
        match self {
            Action::Refund => "refund",
            Action::Recall => "recall",
            Action::Dispute => "dispute",
            Action::Escalate => "escalation",
            Action::Close => "close",
        }
    }

    /// What has to be said.
    fn needed(self, known: &Known) -> Vec<FieldId> {
        match self {
            Action::Refund => vec![known.refund_id, known.refund_amount],
            Action::Recall => vec![known.recall_id, known.recall_reason],
            Action::Dispute => vec![
                known.dispute_id,
                known.dispute_reason,
                known.dispute_notice_at,
            ],
            Action::Escalate => vec![known.escalation_id, known.escalation_reason],
            Action::Close => vec![known.close_id, known.close_reason],
        }
    }
}

impl Asking {
    /// SHA-256 over all that the request says.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

/// Whether a request with this effect may say what is in a section, because it asks for that or approves it.
pub(crate) fn may_say(effect: Effect, section: &str) -> bool {
    let mut all = Action::ALL.into_iter().filter(|action| match effect {
        Effect::Approve => true,
        _ => Action::of(effect) == Some(*action),
    });
    all.any(|action| action.section() == section)
}

/// Whether a section is about something that is asked for.
pub(crate) fn is_asked_for(section: &str) -> bool {
    may_say(Effect::Approve, section)
}

impl Inner {
    /// What a request that asks for something has to say, or that approves it, whatever it is about.
    pub(crate) fn check_says_what(&self, effect: Effect, said: &Row) -> Result<(), Problem> {
        let Some(action) = self.action(effect, said)? else {
            return Ok(());
        };
        let needed = action.needed(&self.known);
        match needed.into_iter().find(|id| said.get(*id).is_none()) {
            Some(id) => Err(problems::no_request_without(
                &self.dictionary.field(id).pointer(),
            )),
            None => Ok(()),
        }
    }

    /// What a request asks for. Who approves names it by what they say.
    fn action(&self, effect: Effect, said: &Row) -> Result<Option<Action>, Problem> {
        if effect != Effect::Approve {
            return Ok(Action::of(effect));
        }
        let says = |action: &Action| self.said_of(*action, said).next().is_some();
        let mut named = Action::ALL.into_iter().filter(says);
        match (named.next(), named.next()) {
            (None, _) => Err(problems::approves_nothing()),
            (Some(action), None) => Ok(Some(action)),
            (Some(_), Some(_)) => Err(problems::approves_several()),
        }
    }

    /// What a request says of what it asks for.
    fn said_of<'r>(
        &'r self,
        action: Action,
        said: &'r Row,
    ) -> impl Iterator<Item = (FieldId, &'r Value)> {
        said.facts().filter(move |(id, _)| {
            let field = self.dictionary.field(*id);
            field.section() == action.section() && field.origin == Origin::Request
        })
    }

    /// What the host says of what is asked for. It is known what that is only if the payment is.
    pub(crate) fn say_asking(
        &self,
        asked: &Asked,
        effect: Effect,
        about: Option<&About>,
        (said, row): (&Row, &mut Row),
    ) -> Result<Option<Asking>, Problem> {
        let Some(action) = self.action(effect, said)? else {
            return Ok(None);
        };
        if effect != Effect::Approve {
            let word = Value::text(action.as_str());
            self.set(row, self.known.request_action, word)?;
        }
        let Some(about) = about else {
            return Ok(None);
        };
        if action == Action::Refund {
            self.say_goes_back(row)?;
        }
        let Some(asking) = self.asking(asked, about, action, said, row) else {
            return Ok(None);
        };
        if effect == Effect::Approve {
            self.say_asked(asked, about, &asking, row)?;
            return Ok(Some(asking));
        }
        match &asking.act {
            Act::Refund(refund) => self.say_counts(asked, refund, row)?,
            Act::Dispute(dispute) => self.say_due(row, dispute, false)?,
            Act::Close(close) => self.say_escalation(row, about, close)?,
            Act::Recall(_) | Act::Escalate(_) => {}
        }
        self.say_approval(asked, about, &asking, row)?;
        Ok(Some(asking))
    }

    /// The digest is over all that the request says, the payment with its payee and the case.
    fn asking(
        &self,
        asked: &Asked,
        about: &About,
        action: Action,
        said: &Row,
        row: &Row,
    ) -> Option<Asking> {
        let text = |id| self.text(said, id);
        let by = || asked.caller.id.clone();
        let act = match action {
            Action::Refund => Act::Refund(Refund {
                id: text(self.known.refund_id)?,
                amount: self.money(said, self.known.refund_amount)?,
                customer: customer(&self.dictionary, row),
            }),
            Action::Recall => Act::Recall(Recall {
                id: text(self.known.recall_id)?,
                reason: text(self.known.recall_reason)?,
            }),
            Action::Dispute => Act::Dispute(Dispute {
                id: text(self.known.dispute_id)?,
                reason: text(self.known.dispute_reason)?,
                notice_at: match said.get(self.known.dispute_notice_at) {
                    Some(Value::Instant(at)) => *at,
                    _ => return None,
                },
                by: by(),
            }),
            Action::Escalate => Act::Escalate(Escalation {
                id: text(self.known.escalation_id)?,
                reason: text(self.known.escalation_reason)?,
                by: by(),
                session: text(self.known.session_id),
            }),
            Action::Close => Act::Close(Close {
                id: text(self.known.close_id)?,
                reason: text(self.known.close_reason)?,
            }),
        };
        let said: BTreeMap<&str, Json> = self
            .said_of(action, said)
            .map(|(id, value)| (self.dictionary.field(id).name.as_str(), value.to_json()))
            .collect();
        let digest = approval::digest(&json!([
            action.as_str(),
            about.own_service,
            about.payment,
            row.get(self.known.payee_account).map(Value::to_json),
            said,
            self.text(row, self.known.case_id),
        ]));
        Some(Asking { digest, act })
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
        let bound = Value::Boolean(open.digest == asking.digest);
        self.set(row, self.known.approval_bound, bound)?;
        self.say_text(row, self.known.approval_agent, Some(&approval.by))?;
        self.say_text(row, self.known.approval_session, approval.session.as_ref())
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
        let bound = Value::Boolean(open.is_some());
        self.set(row, self.known.approval_bound, bound)?;
        let Some(open) = open else {
            return Ok(());
        };
        self.say_text(row, self.known.request_agent, Some(&open.by))?;
        self.say_text(row, self.known.request_session, open.session.as_ref())?;
        let approved_by = open.approval.as_ref().map(|approval| &approval.by);
        self.say_text(row, self.known.approval_agent, approved_by)
    }

    /// A text, if there is one.
    pub(crate) fn say_text(
        &self,
        row: &mut Row,
        id: FieldId,
        text: Option<&String>,
    ) -> Result<(), Problem> {
        text.map_or(Ok(()), |text| self.set(row, id, Value::text(text.as_str())))
    }

    /// What follows from a request: where the payment stands then, and what becomes of the request. What cannot follow,
    /// whatever policies say, is denied here.
    pub(crate) fn follow_asking(
        &self,
        asked: &Asked,
        effect: Effect,
        about: &About,
        (asking, row): (Asking, &Row),
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
            return match self.approves(asked, about, (&asking, row)) {
                Err(why) => denied(why.as_str()),
                // What is not granted approves nothing.
                Ok(_) if !verdict.is_granted() => Ok((stays, None)),
                Ok(step) => Ok((stays, Some(step))),
            };
        }
        let room = match &asking.act {
            Act::Dispute(_) if !self.disputes.has_room() => Err(Barred::DisputeRoom),
            Act::Escalate(_) if !self.escalations.has_room() => Err(Barred::EscalationRoom),
            _ => Ok(()),
        };
        let amount = self.money(row, self.known.payment_amount);
        let after = |()| about.life.after(amount, &asking.act, asked.at);
        match room.and_then(after) {
            Err(why) => denied(why.code()),
            Ok(next) if verdict.is_granted() => Ok((next, Some(asking.act.done(asking.digest)))),
            // That a request waits says that there is such a payment.
            Ok(_) if !about.is_told => denied(ASK_FIRST),
            Ok(_) => Ok((stays, self.waits(asked, about, (&asking, row), evaluated)?)),
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
        let expires_at = asked.at.plus(REQUEST_WAITS);
        let of = (asking.digest.as_str(), about.own_service.as_str());
        let challenge = match step_up(&evaluated.outcome.obligations) {
            Some(method) => self.challenge_by(of, row, method, expires_at)?,
            None => None,
        };
        // Whoever asks again is asked no less: what policies ask for by now may be more than what was asked then.
        let lacks_challenge = |open: &Open| {
            let method = |one: &Challenge| one.method;
            challenge.as_ref().map(method) > open.waiting.challenge.as_ref().map(method)
        };
        let is_new = match about.life.open_of(&asking.digest, asked.at) {
            Some(open) => lacks_challenge(open),
            None => about.life.has_room(asked.at),
        };
        if !is_new {
            return Ok(None);
        }
        Ok(Some(Step::Asked {
            digest: asking.digest.clone(),
            by: asked.caller.id.clone(),
            session: self.text(row, self.known.session_id),
            expires_at,
            challenge,
        }))
    }
}

/// Whether people of support ask.
pub(crate) fn is_support(asked: &Asked) -> bool {
    asked.caller.role.is_support()
}
