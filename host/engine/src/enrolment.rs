//! Decisions about factors: a service enrols one for its customer, or removes it.
//!
//! A factor counts for payments that the same service asks for and whose payer shows the same strongest identifier. What an
//! enrolment says of the factor becomes tokens like other values of the customer's; that it was granted, for whom and as
//! what stands in its record, which is all that a start reads again.

use weft_assist::{Method, NotEnrolled, totp};
use weft_audit::{DecisionRecord, Stored};
use weft_dictionary::{FieldId, Origin, Row, Timestamp, Value};
use weft_intake::{Problem, Request, Why};
use weft_policy::{Effect, WhenStopped};
use weft_vault::Side;
use weft_verdict::{Finding, Verdict};

use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::Walked;
use crate::factors::{Customer, Factor, FactorStep};
use crate::known::FACTOR_SECTION;
use crate::record::{Draft, Links};
use crate::{facts, problems};

/// Words of `factor.step`.
const ENROL: &str = "enrol";
const REMOVE: &str = "remove";

impl Inner {
    /// Decides about one factor.
    pub(crate) async fn decide_enrolment(
        &self,
        asked: &Asked,
        effect: Effect,
        mut request: Request,
    ) -> Result<Stored, Problem> {
        let new_tokens = std::mem::take(&mut request.new_tokens);
        let mut dropped = std::mem::take(&mut request.dropped);
        let mut row = Row::new(&self.dictionary);
        let before = dropped.count();
        for (id, value) in request.row.facts() {
            let field = self.dictionary.field(id);
            if self.is_of_enrolment(id) {
                self.set(&mut row, id, value.clone())?;
            } else if field.origin == Origin::Request {
                dropped.add(field.pointer(), Why::NotOfOperation, || None);
            }
        }
        self.metrics.dropped(dropped.count() - before);
        let word = if effect == Effect::RemoveFactor {
            REMOVE
        } else {
            ENROL
        };
        self.set(&mut row, self.known.factor_step, Value::text(word))?;
        let whose = (self.customer_of(&asked.caller.id, &row))
            .ok_or_else(|| problems::no_factor_without("/payer/customer"))?;
        let _one_at_a_time = self.payers.lock(&whose.lock_name()).await;
        let asked = &asked.now(&self.clock);
        let decision = self.fresh_id("dec")?;
        let step = self.step_asked(&row, &decision, asked)?;
        self.say_host_facts(&mut row, &asked.caller, asked.at)?;
        self.say_evidence(&mut row, None)?;
        let question = self.question(&decision, &request.operation, asked.at, None);
        let Walked {
            mut evaluated,
            facts,
        } = self
            .evaluate(&asked.set, question, row.clone(), new_tokens)
            .await?;
        if evaluated.outcome.verdict.is_granted()
            && let Err(why) = self.check_step(&whose, &step)
        {
            evaluated.add_host_finding(Finding::of(Verdict::Deny, why.code()));
        }
        let links = Links::of(self, &row);
        let case = links.case.as_deref();
        let draft = Draft {
            shown: self.shown(asked, &request.operation, case, &row, &[], &evaluated),
            decision,
            operation: request.operation,
            links,
            observation: None,
            feature_snapshot: None,
            row: match facts {
                WhenStopped::Keep => row,
                WhenStopped::Forget => self.not_forgotten(&row, &evaluated),
            },
            dropped: match facts {
                WhenStopped::Keep => dropped,
                WhenStopped::Forget => dropped.counted_only(),
            },
            evaluated,
            follow: None,
        };
        self.commit(asked, draft).await
    }

    /// What an enrolment may say: the factor, whose it is, and the case and session that it belongs to.
    fn is_of_enrolment(&self, id: FieldId) -> bool {
        let known = &self.known;
        let field = self.dictionary.field(id);
        [
            known.payer_customer,
            known.payer_account,
            known.case_id,
            known.session_id,
        ]
        .contains(&id)
            || (field.section() == FACTOR_SECTION && field.origin == Origin::Request)
    }

    /// The customer of a service whom a row is about: known by the strongest identifier that stands for one person.
    pub(crate) fn customer_of(&self, service: &str, row: &Row) -> Option<Customer> {
        let subject = *Side::Payer.telling(&self.dictionary, row).first()?;
        Some(Customer {
            service: service.to_owned(),
            subject,
        })
    }

    /// Whether a step can be taken that policies grant. What the factor consists of is in the vault by now.
    fn check_step(&self, whose: &Customer, step: &FactorStep) -> Result<(), NotEnrolled> {
        self.factors.check(whose, step)?;
        match step {
            FactorStep::Enrol(factor) if self.material(factor).is_none() => {
                Err(NotEnrolled::NotUsable)
            }
            FactorStep::Enrol(_) | FactorStep::Remove(_) => Ok(()),
        }
    }

    /// What a request asks for.
    fn step_asked(&self, row: &Row, decision: &str, asked: &Asked) -> Result<FactorStep, Problem> {
        let step = self.factor_step(row, decision, asked.at);
        step.map_err(|lacking| {
            problems::no_factor_without(&self.dictionary.field(lacking).pointer())
        })
    }

    /// What a row says of a factor; else the field that it lacks.
    fn factor_step(&self, row: &Row, decision: &str, at: Timestamp) -> Result<FactorStep, FieldId> {
        let known = &self.known;
        let id = self.text(row, known.factor_id).ok_or(known.factor_id)?;
        if self.text(row, known.factor_step).as_deref() == Some(REMOVE) {
            return Ok(FactorStep::Remove(id));
        }
        let token = |id: FieldId| match row.get(id) {
            Some(Value::Token(token)) => Ok(token.clone()),
            _ => Err(id),
        };
        let method = self.text(row, known.factor_method);
        let method = method.and_then(|method| Method::from_name(&method));
        let method = method.ok_or(known.factor_method)?;
        let (credential, key, last) = match method {
            Method::Passkey => {
                let count = match row.get(known.factor_sign_count) {
                    Some(Value::Integer(count)) => u64::try_from(*count).unwrap_or(u64::MAX),
                    _ => 0,
                };
                let credential = token(known.factor_credential)?;
                (Some(credential), token(known.factor_public_key)?, count)
            }
            // The code of now was shown to the service, if any was: it counts for nothing else.
            Method::Totp => (None, token(known.factor_secret)?, totp::step_at(at)),
            Method::AppApproval | Method::OutOfBand => {
                return Err(known.factor_method);
            }
        };
        Ok(FactorStep::Enrol(Factor {
            id,
            method,
            credential,
            key,
            enrolment: decision.to_owned(),
            enrolled_at: at,
            last,
        }))
    }

    /// Takes over what a durable decision says of a factor, if it does.
    pub(crate) fn take_factor(&self, record: &DecisionRecord) {
        let step = &self.dictionary.field(self.known.factor_step).name;
        if !record.outcome.verdict.is_granted() || !record.facts.contains_key(step) {
            return;
        }
        let Ok(row) = facts::in_clear(&self.dictionary, record) else {
            tracing::error!("what a record says of a factor cannot be read back");
            return;
        };
        let whose = self.customer_of(&record.caller.id, &row);
        let step = self.factor_step(&row, &record.decision, record.at).ok();
        let Some((whose, step)) = whose.zip(step) else {
            return;
        };
        // The customer may have been erased since.
        let is_there = match &step {
            FactorStep::Enrol(factor) => self.vault.has(factor.key.as_str()),
            FactorStep::Remove(_) => true,
        };
        if is_there {
            self.factors.take(whose, step);
        }
    }
}
