//! The customer's answer to what the host asked: for a payment that waits, or for a request about one.

use data_encoding::BASE32_NOPAD;
use tokio::sync::MutexGuard;
use weft_assist::limits::TOTP_SECRET_BYTES;
use weft_assist::out_of_band::{self, Channel};
use weft_assist::passkey::{Assertion, CredentialId, PublicKey, RequestOptions};
use weft_assist::{Binding, Challenge, Evidence, FactorUse, Method, Refusal, Step, Waiting, totp};
use weft_audit::DecisionRecord;
use weft_dictionary::{Row, Timestamp};
use weft_intake::{Problem, Request};
use weft_policy::Effect;
use weft_verdict::{Finding, Verdict};
use zeroize::Zeroizing;

use crate::Role;
use crate::assistance::About;
use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::Evaluated;
use crate::factors::Factor;
use crate::host_reasons::CHALLENGE_FAILED;
use crate::payment::step_up;
use crate::{facts, problems};

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

/// What a right answer shows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    /// The factor that was used.
    factor: Option<FactorUse>,
    /// In which way the customer was reached.
    channel: Option<Channel>,
}

/// What a factor consists of, for as long as it is compared.
pub(crate) enum Material {
    Passkey(CredentialId, Box<PublicKey>),
    Totp(Zeroizing<Vec<u8>>),
}

/// What is asked in place of what was answered: for a payment, or with a request about it.
type AskedMore = (Option<Challenge>, Option<Step>);

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
        let shown = || {
            let shown = |answer: &[u8]| self.shown_by(challenge, answer, asked.at);
            request.one_time.expose(shown)
        };
        match waiting.refuses_answer(&named, asked.at) {
            None => {}
            Some(Refusal::AlreadyPassed) => {
                let evidence = waiting.evidence_for(&binding, asked.at);
                let is_same = |shown: Shown| evidence.is_some_and(|e| e.factor == shown.factor);
                return match evidence {
                    Some(evidence) if shown().is_some_and(is_same) => {
                        Answer::RightBefore(evidence.clone())
                    }
                    _ => Answer::Refused(Refusal::AlreadyPassed),
                };
            }
            Some(refusal) => return Answer::Refused(refusal),
        }
        if challenge.binding != binding {
            return Answer::Refused(Refusal::NoChallenge);
        }
        let is_new = |shown: &Shown| {
            let used = shown.factor.as_ref();
            used.is_none_or(|used| self.factors.is_new(challenge.method, used))
        };
        let Some(Shown { factor, channel }) = shown().filter(is_new) else {
            return Answer::Wrong;
        };
        Answer::Right(Evidence {
            challenge: challenge.id.clone(),
            method: challenge.method,
            binding: challenge.binding.clone(),
            factor,
            channel,
            at: asked.at,
            expires_at: asked
                .at
                .plus(self.config.evidence_expires)
                .min(waiting.expires_at),
        })
    }

    /// A stronger challenge in place of one that was answered rightly, where policies are not content with its method by
    /// now: for the payment, or with the request about it, which asks for it then.
    pub(crate) fn asked_more(
        &self,
        asked: &Asked,
        about: &About,
        answer: &Answer,
        (row, evaluated): (&Row, &Evaluated),
    ) -> Result<Option<AskedMore>, Problem> {
        let outcome = &evaluated.outcome;
        let (Answer::Right(evidence), true) = (answer, outcome.verdict.is_pending()) else {
            return Ok(None);
        };
        let method = step_up(&outcome.obligations);
        let Some(method) = method.filter(|method| *method > evidence.method) else {
            return Ok(None);
        };
        let service = about.own_service.as_str();
        let Some(open) = about.open_with(&evidence.challenge, asked.at) else {
            let Some(waiting) = &about.waiting else {
                return Ok(None);
            };
            let of = (about.payment.as_str(), service);
            let challenge = self.challenge_by(of, row, method, waiting.expires_at)?;
            return Ok(challenge.map(|challenge| (Some(challenge), None)));
        };
        let expires_at = open.waiting.expires_at;
        let challenge = self.challenge_by((&open.digest, service), row, method, expires_at)?;
        Ok(challenge.map(|challenge| {
            let step = Step::Asked {
                digest: open.digest.clone(),
                by: open.by.clone(),
                session: open.session.clone(),
                expires_at,
                challenge: Some(challenge),
            };
            (None, Some(step))
        }))
    }

    /// What an answer shows, if it is right for a challenge.
    fn shown_by(&self, challenge: &Challenge, answer: &[u8], now: Timestamp) -> Option<Shown> {
        match challenge.method {
            Method::AppApproval => {
                let is_right = self.challenges.accepts(challenge, answer);
                is_right.then(Shown::default)
            }
            Method::OutOfBand => {
                let key = self.config.out_of_band.as_ref()?;
                let text = std::str::from_utf8(answer).ok()?;
                let channel = out_of_band::approved(key, &challenge.commitment(), text, now)?;
                Some(Shown {
                    channel: Some(channel),
                    factor: None,
                })
            }
            Method::Passkey | Method::Totp => {
                let factors = self.factors.of_enrolments(&challenge.factors);
                let mut uses = factors.into_iter().filter_map(|factor| {
                    let count = self.count_shown(&factor, challenge, answer, now)?;
                    Some(FactorUse {
                        enrolment: factor.enrolment,
                        enrolled_at: factor.enrolled_at,
                        count,
                    })
                });
                let factor = Some(uses.next()?);
                Some(Shown {
                    factor,
                    channel: None,
                })
            }
        }
    }

    /// The count of a factor's use, if an answer shows one.
    fn count_shown(
        &self,
        factor: &Factor,
        challenge: &Challenge,
        answer: &[u8],
        now: Timestamp,
    ) -> Option<u64> {
        match self.material(factor)? {
            Material::Totp(secret) => totp::step_of(&secret, answer, now),
            Material::Passkey(credential, key) => {
                let assertion = Assertion::parse(answer).ok()?;
                let party = self.config.passkeys.as_ref()?;
                if !assertion.is_of(&credential) {
                    return None;
                }
                let count = assertion.verify(party, &key, &challenge.commitment());
                Some(u64::from(count.ok()?))
            }
        }
    }

    /// What a factor consists of; nothing, if its customer was erased, or it is none that can be checked.
    pub(crate) fn material(&self, factor: &Factor) -> Option<Material> {
        let key = self.vault.detokenise(&factor.key).ok()?;
        match factor.method {
            Method::Passkey => {
                let credential = self.vault.detokenise(factor.credential.as_ref()?).ok()?;
                let credential = credential.expose(CredentialId::parse).ok()?;
                let key = key.expose(PublicKey::parse).ok()?;
                Some(Material::Passkey(credential, Box::new(key)))
            }
            Method::Totp => {
                let secret = key.expose(|text| BASE32_NOPAD.decode(text.as_bytes()));
                let secret = Zeroizing::new(secret.ok()?);
                (TOTP_SECRET_BYTES.contains(&secret.len())).then_some(Material::Totp(secret))
            }
            Method::AppApproval | Method::OutOfBand => None,
        }
    }

    /// What the platform's channel asks an authenticator for.
    pub(crate) fn request_options(&self, challenge: &Challenge) -> Option<RequestOptions> {
        let party = self.config.passkeys.as_ref()?;
        let factors = self.factors.of_enrolments(&challenge.factors).into_iter();
        let ids = factors.filter_map(|factor| {
            let id = self.vault.detokenise(&factor.credential?).ok()?;
            Some(id.expose(str::to_owned))
        });
        Some(RequestOptions::new(
            party,
            &challenge.commitment(),
            ids.collect(),
        ))
    }

    /// Waits until nobody else uses or removes a factor of the payer of a service's payment.
    pub(crate) async fn lock_factors(
        &self,
        service: &str,
        own: &DecisionRecord,
    ) -> Result<Option<MutexGuard<'_, ()>>, Problem> {
        let row = facts::in_clear(&self.dictionary, own);
        let row = row.map_err(|why| problems::not_restored(&why))?;
        let Some(whose) = self.customer_of(service, &row) else {
            return Ok(None);
        };
        Ok(Some(self.payers.lock(&whose.lock_name()).await))
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
