//! Decisions about assistance.
//!
//! The row of such a request is the payment's own, as it was recorded, with what the request may add and
//! what the host knows now. The policies of the pipeline decide it like any other; what it then does to
//! the payment is its operation's [`Effect`].

use weft_assist::{Evidence, Follow, Life, Open, State, Step, Waiting};
use weft_audit::{DecisionRecord, Stored};
use weft_dictionary::{FieldId, Origin, Row, Timestamp, Value};
use weft_intake::{Dropped, Problem, Request, Why};
use weft_policy::{Effect, WhenStopped};
use weft_verdict::Verdict;

use crate::Role;
use crate::again::OWN_SECTIONS;
use crate::answer::Answer;
use crate::asking::{is_asked_for, is_support, may_say};
use crate::chains::{Chain, began};
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::{Question, Walked};
use crate::known::ASSISTANCE_SECTIONS;
use crate::limits::{KEPT_FOR_ANSWERS, KEPT_FOR_CONFIRMATION, MAX_CHAIN, MAX_REFUSED_LINKED};
use crate::payment::EXPIRE;
use crate::problems;
use crate::reader::{follow_of, is_same_case};
use crate::record::{Draft, Links};

/// A payment that support is asked about: its last decisions, and how it waits.
pub(crate) struct About {
    pub(crate) payment: String,
    /// The service that asked for it.
    pub(crate) own_service: String,
    /// The payment's own last decision.
    own: DecisionRecord,
    /// The last decision of its chain, its own or one of assistance.
    head: String,
    /// What all of its decisions say.
    pub(crate) life: Life,
    pub(crate) waiting: Option<Waiting>,
    /// Refused requests that are linked to it.
    refused: usize,
    /// Whether who asks was told of the payment before, within the same case, or has it.
    pub(crate) is_told: bool,
}

/// What the host says of a request: never the payment's own, nor is what is asked for.
const REQUEST_SECTIONS: [&str; 2] = ["request", "approval"];

impl Inner {
    /// Decides one request for assistance.
    pub(crate) async fn decide_assistance(
        &self,
        asked: &Asked,
        effect: Effect,
        request: Request,
    ) -> Result<Stored, Problem> {
        self.check_says_what(effect, &request.row)?;
        // To who is not granted that it is there, each payment is an unknown one.
        let is_told =
            (self.grants_of(asked)).tells_of_payment(asked.caller.role, &request.operation);
        let payment = self.text(&request.row, self.known.payment_id);
        let Some(payment) = payment.filter(|_| is_told) else {
            return self.decide_about(asked, effect, request, None).await;
        };
        let _one_at_a_time = self.payments.lock(&payment).await;
        // Each refund of somebody counts all that they gave back before it, of other payments, too.
        let _one_refund_at_a_time = match effect {
            Effect::Refund if is_support(asked) => Some(
                self.payers
                    .lock(&format!("refunds={}", asked.caller.id))
                    .await,
            ),
            _ => None,
        };
        let asked = &asked.now(&self.clock);
        // What waits past its time is refused before anybody is told that it waits.
        self.expire_if_due(&payment, asked.at).await?;
        let about = self.about(asked, effect, payment, &request.row)?;
        // A use of a factor counts once, for whichever of the customer's payments.
        let _one_answer_at_a_time = match &about {
            Some(about) if effect == Effect::AnswerChallenge => {
                self.lock_factors(&about.own_service, &about.own).await?
            }
            _ => None,
        };
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
        self.drop_not_taken(effect, &request.row, &mut dropped);
        let decision = self.fresh_id("dec")?;
        let mut row = self.assistance_row(asked, effect, &request, about.as_ref())?;
        let asking = self.say_asking(asked, effect, about.as_ref(), (&request.row, &mut row))?;
        let answer = self.answer_challenge(asked, effect, &request, &row, about.as_ref());
        let evidence = match (&answer, &about) {
            (Answer::Right(evidence) | Answer::RightBefore(evidence), _) => Some(evidence.clone()),
            (Answer::None, Some(about)) => {
                let (waiting, of) = match &asking {
                    Some(asking) => (about.waiting_of(asking.digest(), asked.at), asking.digest()),
                    None => (about.waiting.as_ref(), about.payment.as_str()),
                };
                let binding = self.binding(of, &row);
                waiting.and_then(|w| w.evidence_for(&binding, asked.at).cloned())
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
        let mut challenge = None;
        let (state, step) = match (&about, asking) {
            (Some(about), Some(asking)) => {
                self.follow_asking(asked, effect, about, (asking, &row), &mut evaluated)?
            }
            (Some(about), None) => {
                let granted = evaluated.outcome.verdict.is_granted();
                let mut step = self.step_of_answer(asked, about, &answer, &row, granted);
                if let Some(more) = self.asked_more(asked, about, &answer, (&row, &evaluated))? {
                    (challenge, step) = more;
                }
                (about.life.state(), step)
            }
            (None, _) => (State::Refused, None),
        };
        let granted = evaluated.outcome.verdict.is_granted();
        let used = match &answer {
            Answer::Right(evidence) => evidence.factor.clone(),
            _ => None,
        };
        let is_linked = granted
            || step.is_some()
            || challenge.is_some()
            || used.is_some()
            || matches!(answer, Answer::Wrong)
            || about
                .as_ref()
                .is_some_and(|a| a.refused < MAX_REFUSED_LINKED);
        // An answer is about the payment that waits, or about a request that does.
        let of_request = step.is_some();
        let follow = about.as_ref().map(|about| Follow {
            factor: used,
            challenge,
            passed: evidence.clone().filter(|_| {
                let right = granted && matches!(answer, Answer::Right(_));
                right && about.waiting.is_some() && !of_request
            }),
            failed_attempt: matches!(answer, Answer::Wrong) && !of_request,
            request: step,
            ..Follow::state(state)
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
            && about.is_of_payment(&evidence)
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
        let Some(life) = self.life_of(&chain)? else {
            return Ok(None);
        };
        let case = self.text(said, self.known.case_id);
        let told = |record: &DecisionRecord| {
            record.outcome.verdict.is_granted() && is_same_case(&asked.caller, &case, record)
        };
        let is_told =
            !is_support(asked) || case.is_some() && chain.iter().any(|stored| told(&stored.record));
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
            Effect::DecideAgain
            | Effect::Refund
            | Effect::Recall
            | Effect::Dispute
            | Effect::Escalate
            | Effect::Close
            | Effect::Approve
            | Effect::EnrolFactor
            | Effect::RemoveFactor => 0,
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
            life,
            waiting,
            refused,
            is_told,
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
        let is_a_step = |follow: Follow| {
            follow.failed_attempt
                || follow.request.is_some()
                || follow.factor.is_some()
                || follow.challenge.is_some()
        };
        record.operation != EXPIRE
            && !self.is_payment(record)
            && !record.outcome.verdict.is_granted()
            && !follow_of(record).is_some_and(is_a_step)
    }

    /// The payment's row, what the request may add, and what the host knows.
    fn assistance_row(
        &self,
        asked: &Asked,
        effect: Effect,
        request: &Request,
        about: Option<&About>,
    ) -> Result<Row, Problem> {
        let mut row = match about {
            Some(about) => self.restore(&about.own)?,
            None => Row::new(&self.dictionary),
        };
        // What a payment said of requests about it is none.
        for field in self.dictionary.fields() {
            let section = field.section();
            if REQUEST_SECTIONS.contains(&section) || is_asked_for(section) {
                row.clear(field.id);
            }
        }
        // A service that is named is looked for. Whose the payment is, the host knows; a word under which there is none is
        // not kept, and nobody is told which of the two it was.
        let is_kept = |id| self.is_taken(effect, id) && id != self.known.case_service;
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
                Value::text(about.life.state().as_str()),
            )?;
            self.set(&mut row, self.known.payment_verdict, Value::text(verdict))?;
            // Whose payment it is, for whoever reads the record: another service may have one of that identifier.
            let service = Value::text(about.own_service.as_str());
            self.set(&mut row, self.known.case_service, service)?;
            self.say_money(&mut row, about)?;
            self.say_factors(&mut row, &about.own_service)?;
            self.say_dispute(&mut row, about)?;
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
    fn is_taken(&self, effect: Effect, id: FieldId) -> bool {
        let section = self.dictionary.field(id).section();
        may_say(effect, section)
            || ASSISTANCE_SECTIONS.contains(&section)
            || id == self.known.payment_id
    }

    /// What the caller said of the payment itself is not kept, and it is told so.
    fn drop_not_taken(&self, effect: Effect, said: &Row, dropped: &mut Dropped) {
        let before = dropped.count();
        for (id, _) in said.facts() {
            let field = self.dictionary.field(id);
            if field.origin == Origin::Request && !self.is_taken(effect, id) {
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
            self.known.payment_captured,
            self.known.payment_refunded,
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

    /// What an answer to the challenge of a request about the payment makes of that request.
    fn step_of_answer(
        &self,
        asked: &Asked,
        about: &About,
        answer: &Answer,
        row: &Row,
        granted: bool,
    ) -> Option<Step> {
        let named = self.text(row, self.known.challenge_id)?;
        let digest = about.open_with(&named, asked.at)?.digest.clone();
        match answer {
            Answer::Right(evidence) if granted => Some(Step::Passed {
                digest,
                evidence: evidence.clone(),
            }),
            Answer::Wrong => Some(Step::Failed { digest }),
            _ => None,
        }
    }
}

impl About {
    /// A payment that waits for the customer's evidence only is decided again as soon as it is there; one
    /// that is held, when support confirms.
    fn is_decided_again_by(&self, effect: Effect) -> bool {
        self.life.state() == State::Pending
            && match effect {
                Effect::None
                | Effect::Refund
                | Effect::Recall
                | Effect::Dispute
                | Effect::Escalate
                | Effect::Close
                | Effect::Approve
                | Effect::EnrolFactor
                | Effect::RemoveFactor => false,
                Effect::AnswerChallenge => self.own.outcome.verdict == Verdict::Challenge,
                Effect::DecideAgain => true,
            }
    }

    /// Whether evidence is for the payment that waits, and not for a request about it.
    fn is_of_payment(&self, evidence: &Evidence) -> bool {
        let waiting = self.waiting.as_ref();
        let challenge = waiting.and_then(|waiting| waiting.challenge.as_ref());
        challenge.is_some_and(|challenge| challenge.id == evidence.challenge)
    }

    /// The request that waits for the answer to a challenge.
    pub(crate) fn open_with(&self, challenge: &str, now: Timestamp) -> Option<&Open> {
        let waits_for = |open: &&Open| {
            let asked = open.waiting.challenge.as_ref();
            asked.is_some_and(|asked| asked.id == challenge)
        };
        self.life.open(now).find(waits_for)
    }

    /// How a request waits that has this digest.
    fn waiting_of(&self, digest: &str, now: Timestamp) -> Option<&Waiting> {
        self.life.open_of(digest, now).map(|open| &open.waiting)
    }
}
