//! The payments that wait now.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use weft_dictionary::Timestamp;

use crate::{Binding, Challenge, Evidence, Follow, Method, State, limits};

/// One payment that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The last decision about it.
    pub decision: String,
    /// When it is refused unless it was released before.
    pub expires_at: Timestamp,
    /// What the customer has to pass, if anything helps.
    pub challenge: Option<Challenge>,
    /// Wrong answers so far.
    pub attempts: u8,
    /// What the customer has passed and nobody has used yet.
    pub evidence: Option<Evidence>,
}

impl Waiting {
    /// The evidence, if it is good for this payment now.
    pub fn evidence_for(&self, binding: &Binding, now: Timestamp) -> Option<&Evidence> {
        self.evidence
            .as_ref()
            .filter(|e| e.binding == *binding && now < e.expires_at)
    }

    /// Why an answer to a challenge cannot be taken now.
    pub fn refuses_answer(&self, challenge: &str, now: Timestamp) -> Option<Refusal> {
        match &self.challenge {
            None => Some(Refusal::NoChallenge),
            Some(asked) if asked.id != challenge => Some(Refusal::NoChallenge),
            // What ran out unused may be shown again: nobody is left who cannot pass any more.
            // An answer that takes a factor counts once for good: it could be one that somebody kept.
            Some(asked)
                if (self.evidence.as_ref())
                    .is_some_and(|e| now < e.expires_at || asked.method != Method::AppApproval) =>
            {
                Some(Refusal::AlreadyPassed)
            }
            Some(_) if self.attempts >= limits::MAX_ATTEMPTS => Some(Refusal::TooManyAttempts),
            Some(asked) if now >= asked.expires_at => Some(Refusal::Expired),
            Some(_) => None,
        }
    }
}

/// Why an answer to a challenge is not even compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such challenge for this payment.
    #[error("there is no such challenge for this payment")]
    NoChallenge,
    /// It was passed before: an answer counts once.
    #[error("the challenge was passed before")]
    AlreadyPassed,
    /// Too many wrong answers.
    #[error("too many wrong answers")]
    TooManyAttempts,
    /// Its time is over.
    #[error("the challenge has expired")]
    Expired,
}

impl Refusal {
    /// The reason code in findings.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::NoChallenge => "challenge-unknown",
            Refusal::AlreadyPassed => "challenge-passed-before",
            Refusal::TooManyAttempts => "challenge-attempts-exhausted",
            Refusal::Expired => "challenge-expired",
        }
    }
}

/// All payments that wait. Their identifiers are their services' own, so several may wait under one; each is
/// told from the others by the last decision about it.
#[derive(Debug, Default)]
pub struct Pending {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_payment: HashMap<String, Vec<Waiting>>,
    /// When, which payment, its last decision.
    by_expiry: BTreeSet<(Timestamp, String, String)>,
}

impl Pending {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.lock().by_expiry.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one more may wait.
    pub fn has_room(&self) -> bool {
        self.len() < limits::MAX_PENDING
    }

    /// The payment about which this is the last decision, if it waits.
    pub fn get(&self, payment: &str, decision: &str) -> Option<Waiting> {
        let inner = self.lock();
        let mut waiting = inner.by_payment.get(payment)?.iter();
        waiting.find(|w| w.decision == decision).cloned()
    }

    /// All payments with this identifier that wait.
    pub fn of(&self, payment: &str) -> Vec<Waiting> {
        let inner = self.lock();
        inner.by_payment.get(payment).cloned().unwrap_or_default()
    }

    /// Identifiers of payments whose time is over, the longest overdue first, at most `most`.
    pub fn due(&self, now: Timestamp, most: usize) -> Vec<String> {
        let inner = self.lock();
        let due = inner.by_expiry.iter().take_while(|(at, ..)| *at <= now);
        due.take(most)
            .map(|(_, payment, _)| payment.clone())
            .collect()
    }

    /// Takes over what a durable decision says, and which decision about the payment was before it. The caller
    /// holds the payment's lock.
    pub fn apply(&self, payment: &str, previous: Option<&str>, decision: &str, follow: &Follow) {
        let mut inner = self.lock();
        let before = previous.and_then(|previous| inner.take(payment, previous));
        if follow.state != State::Pending {
            return;
        }
        let waiting = waiting(before, decision, follow);
        inner.by_expiry.insert((
            waiting.expires_at,
            payment.to_owned(),
            waiting.decision.clone(),
        ));
        inner
            .by_payment
            .entry(payment.to_owned())
            .or_default()
            .push(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change is complete before the lock is given up, so a panic elsewhere leaves it whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Takes out the payment about which this was the last decision.
    fn take(&mut self, payment: &str, decision: &str) -> Option<Waiting> {
        let under = self.by_payment.get_mut(payment)?;
        let place = under.iter().position(|w| w.decision == decision)?;
        let waiting = under.swap_remove(place);
        if under.is_empty() {
            self.by_payment.remove(payment);
        }
        let key = (
            waiting.expires_at,
            payment.to_owned(),
            waiting.decision.clone(),
        );
        self.by_expiry.remove(&key);
        Some(waiting)
    }
}

fn waiting(before: Option<Waiting>, decision: &str, follow: &Follow) -> Waiting {
    let mut waiting = before.unwrap_or(Waiting {
        decision: String::new(),
        expires_at: Timestamp(0),
        challenge: None,
        attempts: 0,
        evidence: None,
    });
    waiting.decision = decision.to_owned();
    if let Some(expires_at) = follow.expires_at {
        waiting.expires_at = expires_at;
    }
    // Another one takes the place of the first: nothing that was passed, or failed, counts for it.
    if let Some(challenge) = &follow.challenge {
        waiting.challenge = Some(challenge.clone());
        waiting.attempts = 0;
        waiting.evidence = None;
    }
    if let Some(passed) = &follow.passed {
        waiting.evidence = Some(passed.clone());
    }
    if follow.used.is_some() {
        waiting.evidence = None;
        waiting.challenge = None;
    }
    if follow.failed_attempt {
        waiting.attempts = waiting.attempts.saturating_add(1);
    }
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(expires_at: u64) -> Follow {
        Follow {
            expires_at: Some(Timestamp(expires_at)),
            challenge: Some(Challenge {
                id: "chl_1".into(),
                method: Method::AppApproval,
                binding: Binding::new("p", None, None),
                factors: Vec::new(),
                expires_at: Timestamp(expires_at),
            }),
            ..Follow::state(State::Pending)
        }
    }

    fn passed() -> Follow {
        Follow {
            passed: Some(Evidence {
                challenge: "chl_1".into(),
                method: Method::AppApproval,
                binding: Binding::new("p", None, None),
                factor: None,
                channel: None,
                at: Timestamp(5),
                expires_at: Timestamp(8),
            }),
            ..Follow::state(State::Pending)
        }
    }

    #[test]
    fn a_held_payment_waits_and_is_due_at_its_time() {
        let pending = Pending::default();
        pending.apply("p", None, "d1", &hold(10));
        assert_eq!(pending.due(Timestamp(9), 10), Vec::<String>::new());
        assert_eq!(pending.due(Timestamp(10), 10), vec!["p".to_owned()]);
        pending.apply("p", Some("d1"), "d2", &Follow::state(State::Expired));
        assert!(pending.is_empty() && pending.due(Timestamp(99), 10).is_empty());
    }

    #[test]
    fn payments_of_two_services_with_one_identifier_wait_beside_each_other() {
        let pending = Pending::default();
        pending.apply("p", None, "d1", &hold(10));
        pending.apply("p", None, "e1", &hold(20));
        assert_eq!((pending.len(), pending.of("p").len()), (2, 2));
        pending.apply("p", Some("d1"), "d2", &passed());
        let waiting = |decision| pending.get("p", decision);
        assert!(waiting("d2").is_some_and(|w| w.evidence.is_some()));
        assert!(waiting("e1").is_some_and(|w| w.evidence.is_none()));
        assert!(waiting("d1").is_none(), "there is a later decision");
        pending.apply("p", Some("d2"), "d3", &Follow::state(State::Released));
        assert_eq!(pending.due(Timestamp(19), 10), Vec::<String>::new());
        assert_eq!(pending.due(Timestamp(20), 10), vec!["p".to_owned()]);
        pending.apply("p", Some("e1"), "e2", &Follow::state(State::Expired));
        assert!(pending.is_empty() && pending.of("p").is_empty());
    }

    #[test]
    fn evidence_is_good_once_in_time_and_for_its_binding() {
        let pending = Pending::default();
        pending.apply("p", None, "d1", &hold(10));
        pending.apply("p", Some("d1"), "d2", &passed());
        let waiting = pending.get("p", "d2").expect("waits");
        let binding = Binding::new("p", None, None);
        assert!(waiting.evidence_for(&binding, Timestamp(7)).is_some());
        assert!(
            waiting.evidence_for(&binding, Timestamp(8)).is_none(),
            "expired"
        );
        assert!(
            waiting
                .evidence_for(&Binding::new("q", None, None), Timestamp(7))
                .is_none()
        );
        assert_eq!(
            waiting.refuses_answer("chl_1", Timestamp(7)),
            Some(Refusal::AlreadyPassed)
        );
        let later = waiting.refuses_answer("chl_1", Timestamp(8));
        assert_eq!(later, None, "what ran out may be shown again");
        pending.apply(
            "p",
            Some("d2"),
            "d3",
            &Follow {
                used: Some("chl_1".into()),
                ..Follow::state(State::Pending)
            },
        );
        let waiting = pending.get("p", "d3").expect("still waits");
        assert!(
            waiting.evidence_for(&binding, Timestamp(7)).is_none(),
            "used"
        );
        assert_eq!(
            waiting.refuses_answer("chl_1", Timestamp(7)),
            Some(Refusal::NoChallenge)
        );
    }

    /// R5: only the platform's word, which is asked anew, renews what ran out; a signature or a code does not.
    #[test]
    fn an_answer_with_a_factor_counts_once_also_when_the_evidence_ran_out() {
        for method in Method::ALL {
            let pending = Pending::default();
            let mut asked = hold(10);
            if let Some(challenge) = &mut asked.challenge {
                challenge.method = method;
            }
            pending.apply("p", None, "d1", &asked);
            pending.apply("p", Some("d1"), "d2", &passed());
            let waiting = pending.get("p", "d2").expect("waits");
            let later = waiting.refuses_answer("chl_1", Timestamp(9));
            let once = (method != Method::AppApproval).then_some(Refusal::AlreadyPassed);
            assert_eq!(later, once, "{method:?}");
        }
    }

    #[test]
    fn five_wrong_answers_void_a_challenge() {
        let pending = Pending::default();
        pending.apply("p", None, "d0", &hold(10));
        let refusal = |n: u8| {
            let waiting = pending.get("p", &format!("d{n}")).expect("waits");
            waiting.refuses_answer("chl_1", Timestamp(1))
        };
        for n in 0..limits::MAX_ATTEMPTS {
            assert_eq!(refusal(n), None);
            pending.apply(
                "p",
                Some(&format!("d{n}")),
                &format!("d{}", n + 1),
                &Follow {
                    failed_attempt: true,
                    ..Follow::state(State::Pending)
                },
            );
        }
        assert_eq!(
            refusal(limits::MAX_ATTEMPTS),
            Some(Refusal::TooManyAttempts)
        );
    }
}
