//! The customer's answer to what the host asked: for a payment that waits, or for a request about one.

use weft_assist::{Binding, Evidence, Refusal, Waiting};
use weft_dictionary::Row;
use weft_intake::Request;
use weft_policy::Effect;
use weft_verdict::{Finding, Verdict};

use crate::Role;
use crate::assistance::About;
use crate::decide::Asked;
use crate::engine::Inner;
use crate::host_reasons::CHALLENGE_FAILED;

/// What came of the answer to a challenge.
pub(crate) enum Answer {
    /// The request answers none.
    None,
    /// It was right.
    Right(Evidence),
    /// It was right before, and nobody has used the evidence yet. That is not renewed; but a payment that
    /// the host could not decide again then, because it stopped, is decided again now.
    RightBefore(Evidence),
    /// It was wrong: counted.
    Wrong,
    /// It was not even compared.
    Refused(Refusal),
}

/// What waits for an answer.
struct Waits<'a> {
    waiting: &'a Waiting,
    binding: Binding,
}

impl Inner {
    pub(crate) fn answer_challenge(
        &self,
        asked: &Asked,
        effect: Effect,
        request: &Request,
        row: &Row,
        about: Option<&About>,
    ) -> Answer {
        if effect != Effect::AnswerChallenge {
            return Answer::None;
        }
        let named = self.text(row, self.known.challenge_id).unwrap_or_default();
        let waits = about.and_then(|about| self.waits_for(about, row, &named, asked));
        let (Some(about), Some(Waits { waiting, binding })) = (about, waits) else {
            return Answer::Refused(Refusal::NoChallenge);
        };
        let Some(challenge) = &waiting.challenge else {
            return Answer::Refused(Refusal::NoChallenge);
        };
        // The customer is authenticated by the service that asked for the payment, and by no other. What
        // anybody else answers is not compared, and does not count against the customer.
        let own_channel =
            asked.caller.role == Role::Service && asked.caller.id == about.own_service;
        if !own_channel {
            return Answer::Refused(Refusal::NoChallenge);
        }
        let right = || {
            let accepts = |response: &[u8]| self.challenges.accepts(challenge, response);
            request.one_time.expose(accepts)
        };
        match waiting.refuses_answer(&named, asked.at) {
            None => {}
            Some(Refusal::AlreadyPassed) if right() => {
                return match waiting.evidence_for(&binding, asked.at) {
                    Some(evidence) => Answer::RightBefore(evidence.clone()),
                    None => Answer::Refused(Refusal::AlreadyPassed),
                };
            }
            Some(refusal) => return Answer::Refused(refusal),
        }
        if challenge.binding != binding {
            return Answer::Refused(Refusal::NoChallenge);
        }
        if !right() {
            return Answer::Wrong;
        }
        Answer::Right(Evidence {
            challenge: challenge.id.clone(),
            method: challenge.method,
            binding: challenge.binding.clone(),
            at: asked.at,
            expires_at: asked
                .at
                .plus(self.config.evidence_expires)
                .min(waiting.expires_at),
        })
    }

    /// The request about the payment that this challenge belongs to, or the payment itself.
    fn waits_for<'a>(
        &self,
        about: &'a About,
        row: &Row,
        named: &str,
        asked: &Asked,
    ) -> Option<Waits<'a>> {
        let (waiting, of) = match about.open_with(named, asked.at) {
            Some(open) => (&open.waiting, &open.digest),
            None => (about.waiting.as_ref()?, &about.payment),
        };
        Some(Waits {
            waiting,
            binding: self.binding(of, row),
        })
    }
}

impl Answer {
    /// What the host itself has to say about it.
    pub(crate) fn finding(&self) -> Option<Finding> {
        match self {
            Answer::None | Answer::Right(_) | Answer::RightBefore(_) => None,
            Answer::Wrong => Some(Finding::of(Verdict::Deny, CHALLENGE_FAILED)),
            Answer::Refused(refusal) => Some(Finding::of(Verdict::Deny, refusal.code())),
        }
    }
}
