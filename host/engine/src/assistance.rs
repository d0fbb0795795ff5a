//! Decisions about assistance.
//!
//! The row of such a request is the payment's own, as it was recorded, with what the request may add and
//! what the host knows now. The policies of the pipeline decide it like any other; what it then does to
//! the payment is its operation's [`Effect`].

use weft_assist::{Evidence, Follow, Refusal, State, Waiting};
use weft_audit::{DecisionRecord, Stored};
use weft_dictionary::{FieldId, Origin, Row, Value};
use weft_intake::{Dropped, Problem, Request, Why};
use weft_policy::{Effect, WhenStopped};
use weft_verdict::{Finding, Verdict};

use crate::Role;
use crate::again::OWN_SECTIONS;
use crate::chains::{Chain, began};
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::{Question, Walked};
use crate::host_reasons::CHALLENGE_FAILED;
use crate::known::ASSISTANCE_SECTIONS;
use crate::limits::{KEPT_FOR_ANSWERS, KEPT_FOR_CONFIRMATION, MAX_CHAIN, MAX_REFUSED_LINKED};
use crate::payment::EXPIRE;
use crate::problems;
use crate::reader::{follow_of, state_of};
use crate::record::{Draft, Links};

/// A payment that support is asked about: its last decisions, and how it waits.
struct About {
    payment: String,
    /// The service that asked for it.
    own_service: String,
    /// The payment's own last decision.
    own: DecisionRecord,
    /// The last decision of its chain, its own or one of assistance.
    head: String,
    state: State,
    waiting: Option<Waiting>,
    /// Refused requests that are linked to it.
    refused: usize,
}

/// What came of the answer to a challenge.
enum Answer {
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

impl Inner {
    /// Decides one request for assistance.
    pub(crate) async fn decide_assistance(
        &self,
        asked: &Asked,
        effect: Effect,
        request: Request,
    ) -> Result<Stored, Problem> {
        // To who is not granted that it is there, each payment is an unknown one.
        let is_told =
            (self.grants_of(asked)).tells_of_payment(asked.caller.role, &request.operation);
        let payment = self.text(&request.row, self.known.payment_id);
        let Some(payment) = payment.filter(|_| is_told) else {
            return self.decide_about(asked, effect, request, None).await;
        };
        let _one_at_a_time = self.payments.lock(&payment).await;
        let asked = &asked.now(&self.clock);
        // What waits past its time is refused before anybody is told that it waits.
        self.expire_if_due(&payment, asked.at).await?;
        let about = self.about(asked, effect, payment, &request.row)?;
        self.decide_about(asked, effect, request, about).await
    }

    async fn decide_about(
        &self,
        asked: &Asked,
        effect: Effect,
        mut request: Request,
        about: Option<About>,
    ) -> Result<Stored, Problem> {
        let new_tokens = std::mem::take(&mut request.new_tokens);
        let mut dropped = std::mem::take(&mut request.dropped);
        self.drop_not_taken(&request.row, &mut dropped);
        let decision = self.fresh_id("dec")?;
        let mut row = self.assistance_row(asked, &request, about.as_ref())?;
        let answer = self.answer_challenge(asked, effect, &request, &row, about.as_ref());
        let waiting = about.as_ref().and_then(|a| a.waiting.as_ref());
        let evidence = match (&answer, waiting) {
            (Answer::Right(evidence) | Answer::RightBefore(evidence), _) => Some(evidence.clone()),
            (Answer::None, Some(waiting)) => {
                let binding = about.as_ref().map(|a| self.binding(&a.payment, &row));
                binding.and_then(|b| waiting.evidence_for(&b, asked.at).cloned())
            }
            _ => None,
        };
        self.say_evidence(&mut row, evidence.as_ref())?;
        let erased = match &about {
            Some(about) => self.restored(&about.own)?.erased,
            None => Vec::new(),
        };
        let question = Question {
            erased: erased.clone(),
            ..self.question(&decision, &request.operation, asked.at, None)
        };
        let Walked {
            mut evaluated,
            facts,
        } = self
            .evaluate(&asked.set, question, row.clone(), new_tokens)
            .await?;
        if let Some(finding) = answer.finding() {
            evaluated.add_host_finding(finding);
        }
        let granted = evaluated.outcome.verdict.is_granted();
        let is_linked = granted
            || matches!(answer, Answer::Wrong)
            || about
                .as_ref()
                .is_some_and(|a| a.refused < MAX_REFUSED_LINKED);
        let follow = about.as_ref().map(|about| Follow {
            passed: evidence
                .clone()
                .filter(|_| granted && matches!(answer, Answer::Right(_))),
            failed_attempt: matches!(answer, Answer::Wrong),
            ..Follow::state(about.state)
        });
        let links = Links {
            transaction: about.as_ref().map(|a| a.payment.clone()),
            previous: about.as_ref().map(|a| a.head.clone()),
            ..Links::of(self, &row)
        };
        let links = if is_linked {
            links
        } else {
            Links::of(self, &row)
        };
        let case = links.case.as_deref();
        let draft = Draft {
            shown: self.shown(asked, &request.operation, case, &row, &erased, &evaluated),
            decision: decision.clone(),
            operation: request.operation.clone(),
            links,
            observation: None,
            feature_snapshot: about.as_ref().and_then(|a| a.own.feature_snapshot.clone()),
            row: match facts {
                WhenStopped::Keep => self.own_facts(&row),
                WhenStopped::Forget => self.not_forgotten(&row, &evaluated),
            },
            dropped: match facts {
                WhenStopped::Keep => dropped,
                WhenStopped::Forget => dropped.counted_only(),
            },
            evaluated,
            follow,
        };
        let stored = self.commit(asked, draft).await?;
        if let (Some(about), Some(evidence), true) = (about, evidence, granted)
            && about.is_decided_again_by(effect)
        {
            self.decide_again(asked, &about.payment, &about.own, &decision, &evidence)
                .await?;
        }
        Ok(stored)
    }

    /// The payment, if this host ever decided about it and the caller may know: to a service the payment of
    /// another is as good as unknown. Whoever asks here holds its lock.
    fn about(
        &self,
        asked: &Asked,
        effect: Effect,
        payment: String,
        said: &Row,
    ) -> Result<Option<About>, Problem> {
        let Some(mut chain) = self.chain_asked_about(asked, &payment, said)? else {
            return Ok(None);
        };
        let refused = chain
            .iter()
            .filter(|stored| self.is_refused(&stored.record));
        let refused = refused.count();
        let Some(head) = chain.last().map(|stored| &stored.record) else {
            return Ok(None);
        };
        let state = state_of(head).unwrap_or(State::Refused);
        let head = head.decision.clone();
        let own_service = chain[0].record.caller.id.clone();
        let Some(own) = chain
            .iter()
            .rposition(|stored| self.is_payment(&stored.record))
        else {
            return Ok(None);
        };
        let count = chain.len() - refused;
        let own = chain.swap_remove(own).record;
        let kept = match effect {
            Effect::None => KEPT_FOR_ANSWERS,
            Effect::AnswerChallenge => KEPT_FOR_CONFIRMATION,
            Effect::DecideAgain => 0,
        };
        if count >= MAX_CHAIN - kept {
            // Who names no case is not told whether there is such a payment.
            let case = self.text(said, self.known.case_id);
            if asked.caller.role != Role::Service && case.is_none() {
                return Ok(None);
            }
            return Err(problems::asked_too_often(&payment, case));
        }
        let waiting = self.pending.get(&payment, &head);
        Ok(Some(About {
            payment,
            own_service,
            own,
            head,
            state,
            waiting,
            refused,
        }))
    }

    /// The decisions about the payment that is meant: the caller's own; for people inside, that of the service which
    /// they name, or the only one that there is.
    fn chain_asked_about(
        &self,
        asked: &Asked,
        payment: &str,
        said: &Row,
    ) -> Result<Option<Chain>, Problem> {
        let service = match asked.caller.role {
            Role::Service => Some(asked.caller.id.clone()),
            _ => self.text(said, self.known.case_service),
        };
        let mut chains = self.chains(payment)?;
        if let Some(service) = service {
            return Ok(chains.into_iter().find(|chain| began(chain, &service)));
        }
        match chains.len() {
            0 | 1 => Ok(chains.pop()),
            // Who names no case is not told how many there are.
            _ if self.text(said, self.known.case_id).is_none() => Ok(None),
            _ => Err(problems::which_service()),
        }
    }

    /// Whether a record is that of a request for assistance that was refused and changed nothing.
    fn is_refused(&self, record: &DecisionRecord) -> bool {
        let is_wrong_answer = || follow_of(record).is_some_and(|follow| follow.failed_attempt);
        record.operation != EXPIRE
            && !self.is_payment(record)
            && !record.outcome.verdict.is_granted()
            && !is_wrong_answer()
    }

    /// The payment's row, what the request may add, and what the host knows.
    fn assistance_row(
        &self,
        asked: &Asked,
        request: &Request,
        about: Option<&About>,
    ) -> Result<Row, Problem> {
        let mut row = match about {
            Some(about) => self.restore(&about.own)?,
            None => Row::new(&self.dictionary),
        };
        // A service that is named is looked for. Whose the payment is, the host knows; a word under which there is none is
        // not kept, and nobody is told which of the two it was.
        let is_kept = |id| self.is_taken(id) && id != self.known.case_service;
        for (id, value) in request.row.facts() {
            if is_kept(id) {
                self.set(&mut row, id, value.clone())?;
            }
        }
        if let Some(about) = about {
            let verdict = about.own.outcome.verdict.as_str();
            self.set(
                &mut row,
                self.known.payment_state,
                Value::text(about.state.as_str()),
            )?;
            self.set(&mut row, self.known.payment_verdict, Value::text(verdict))?;
            // Whose payment it is, for whoever reads the record: another service may have one of that identifier.
            let service = Value::text(about.own_service.as_str());
            self.set(&mut row, self.known.case_service, service)?;
            if let Some(waiting) = &about.waiting {
                self.set(
                    &mut row,
                    self.known.payment_expires_at,
                    Value::Instant(waiting.expires_at),
                )?;
            }
        }
        self.say_host_facts(&mut row, &asked.caller, asked.at)?;
        Ok(row)
    }

    /// Whether a request for assistance may say a field.
    fn is_taken(&self, id: FieldId) -> bool {
        let section = self.dictionary.field(id).section();
        ASSISTANCE_SECTIONS.contains(&section) || id == self.known.payment_id
    }

    /// What the caller said of the payment itself is not kept, and it is told so.
    fn drop_not_taken(&self, said: &Row, dropped: &mut Dropped) {
        let before = dropped.count();
        for (id, _) in said.facts() {
            let field = self.dictionary.field(id);
            if field.origin == Origin::Request && !self.is_taken(id) {
                dropped.add(field.pointer(), Why::NotOfOperation, || None);
            }
        }
        self.metrics.dropped(dropped.count() - before);
    }

    /// What the record of a request for assistance carries: not the payment's facts again, which stand in
    /// the payment's own record.
    fn own_facts(&self, row: &Row) -> Row {
        let mut own = Row::new(&self.dictionary);
        let about_payment = [
            self.known.payment_id,
            self.known.payment_state,
            self.known.payment_verdict,
            self.known.payment_expires_at,
        ];
        for (id, value) in row.facts() {
            let section = self.dictionary.field(id).section();
            let its_own = about_payment.contains(&id) || OWN_SECTIONS.contains(&section);
            if its_own {
                // It was in a row of the same dictionary a moment ago.
                let _ = own.set(&self.dictionary, id, value.clone());
            }
        }
        own
    }

    fn answer_challenge(
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
        let waiting = about.and_then(|a| a.waiting.as_ref());
        let challenge = waiting.and_then(|w| w.challenge.as_ref());
        let (Some(about), Some(waiting), Some(challenge)) = (about, waiting, challenge) else {
            return Answer::Refused(Refusal::NoChallenge);
        };
        // The customer is authenticated by the service that asked for the payment, and by no other. What
        // anybody else answers is not compared, and does not count against the customer.
        let own_channel =
            asked.caller.role == Role::Service && asked.caller.id == about.own_service;
        if !own_channel {
            return Answer::Refused(Refusal::NoChallenge);
        }
        let named = self.text(row, self.known.challenge_id).unwrap_or_default();
        let binding = self.binding(&about.payment, row);
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
}

impl About {
    /// A payment that waits for the customer's evidence only is decided again as soon as it is there; one
    /// that is held, when support confirms.
    fn is_decided_again_by(&self, effect: Effect) -> bool {
        self.state == State::Pending
            && match effect {
                Effect::None => false,
                Effect::AnswerChallenge => self.own.outcome.verdict == Verdict::Challenge,
                Effect::DecideAgain => true,
            }
    }
}

impl Answer {
    /// What the host itself has to say about it.
    fn finding(&self) -> Option<Finding> {
        match self {
            Answer::None | Answer::Right(_) | Answer::RightBefore(_) => None,
            Answer::Wrong => Some(Finding::of(Verdict::Deny, CHALLENGE_FAILED)),
            Answer::Refused(refusal) => Some(Finding::of(Verdict::Deny, refusal.code())),
        }
    }
}
