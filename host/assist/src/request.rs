//! Requests about a payment that wait: for the customer's approval, for that of a second person, or for both.
//!
//! A request is known by a digest over all that it says, so what was approved is what is done. It waits for a time, is
//! carried out once, and what was approved is used up with it.

use serde::{Deserialize, Serialize};
use weft_dictionary::Timestamp;

use crate::act::{Close, Dispute, Escalation, Recall, Refund};
use crate::{Challenge, Evidence, Waiting};

/// That a second person approved a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// What one decision says about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// It waits from now on.
    Asked {
        /// SHA-256 over all that it says, in hexadecimal.
        digest: String,
        /// Who asked.
        by: String,
        /// In which session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// After this it is void, and so is all that was approved.
        expires_at: Timestamp,
        /// What the customer has to pass.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challenge: Option<Challenge>,
    },
    /// The customer passed the challenge.
    Passed {
        /// Of the request.
        digest: String,
        /// What it is good for.
        evidence: Evidence,
    },
    /// The challenge was answered wrongly.
    Failed {
        /// Of the request.
        digest: String,
    },
    /// A second person approved it.
    Approved {
        /// Of the request.
        digest: String,
        /// Who.
        approval: Approval,
    },
    /// It is carried out: money is given back.
    Refunded {
        /// Of the request.
        digest: String,
        /// How much.
        refund: Refund,
    },
    /// It is carried out: the payment is called back.
    Recalled {
        /// Of the request.
        digest: String,
        /// Why.
        recall: Recall,
    },
    /// It is carried out: the payment is contested.
    Disputed {
        /// Of the request.
        digest: String,
        /// What is.
        dispute: Dispute,
    },
    /// It is carried out: a supervisor is to look at the payment.
    Escalated {
        /// Of the request.
        digest: String,
        /// At what.
        escalation: Escalation,
    },
    /// It is carried out: a dispute or an escalation is over.
    Closed {
        /// Of the request.
        digest: String,
        /// Which.
        close: Close,
    },
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// SHA-256 over all that it says, in hexadecimal.
    pub digest: String,
    /// Who asked first.
    pub by: String,
    /// In which session.
    pub session: Option<String>,
    /// Until when, and for which evidence of the customer.
    pub waiting: Waiting,
    /// Who approved it.
    pub approval: Option<Approval>,
}

impl Step {
    /// Of the request that it is about.
    pub fn digest(&self) -> &str {
        match self {
            Step::Asked { digest, .. }
            | Step::Passed { digest, .. }
            | Step::Failed { digest }
            | Step::Approved { digest, .. }
            | Step::Refunded { digest, .. }
            | Step::Recalled { digest, .. }
            | Step::Disputed { digest, .. }
            | Step::Escalated { digest, .. }
            | Step::Closed { digest, .. } => digest,
        }
    }

    /// Whether by it what was asked for is done.
    pub fn is_done(&self) -> bool {
        match self {
            Step::Asked { .. }
            | Step::Passed { .. }
            | Step::Failed { .. }
            | Step::Approved { .. } => false,
            Step::Refunded { .. }
            | Step::Recalled { .. }
            | Step::Disputed { .. }
            | Step::Escalated { .. }
            | Step::Closed { .. } => true,
        }
    }

    /// The request as it waits after this decision, if it does.
    pub(crate) fn after(self, decision: &str, before: Option<Open>) -> Option<Open> {
        match self {
            Step::Asked {
                digest,
                by,
                session,
                expires_at,
                challenge,
            } => Some(Open {
                digest,
                by,
                session,
                waiting: Waiting {
                    decision: decision.to_owned(),
                    expires_at,
                    challenge,
                    attempts: 0,
                    evidence: None,
                },
                approval: None,
            }),
            Step::Passed { evidence, .. } => {
                let mut open = before?;
                open.waiting.evidence = Some(evidence);
                Some(open)
            }
            Step::Failed { .. } => {
                let mut open = before?;
                open.waiting.attempts = open.waiting.attempts.saturating_add(1);
                Some(open)
            }
            Step::Approved { approval, .. } => {
                let mut open = before?;
                open.approval.get_or_insert(approval);
                Some(open)
            }
            Step::Refunded { .. }
            | Step::Recalled { .. }
            | Step::Disputed { .. }
            | Step::Escalated { .. }
            | Step::Closed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Follow, Life, State};

    fn follow(step: Step) -> Follow {
        Follow {
            request: Some(step),
            ..Follow::state(State::Released)
        }
    }

    fn asked(digest: &str) -> Follow {
        follow(Step::Asked {
            digest: digest.to_owned(),
            by: "agent-1".to_owned(),
            session: Some("S-1".to_owned()),
            expires_at: Timestamp(10),
            challenge: None,
        })
    }

    fn approved(digest: &str, by: &str) -> Follow {
        follow(Step::Approved {
            digest: digest.to_owned(),
            approval: Approval {
                by: by.to_owned(),
                session: Some("S-2".to_owned()),
            },
        })
    }

    #[test]
    fn what_is_approved_is_one_request_in_time_by_the_first_who_did() {
        let life = Life::of([
            ("d0", Follow::state(State::Released)),
            ("d1", asked("one")),
            ("d2", asked("other")),
            ("d3", approved("one", "agent-2")),
            ("d4", approved("one", "agent-3")),
            ("d5", approved("never asked", "agent-2")),
        ])
        .expect("a life");
        let by = |digest| {
            let open = life.open_of(digest, Timestamp(9));
            open.map(|open| open.approval.as_ref().map(|approval| approval.by.as_str()))
        };
        assert_eq!(by("one"), Some(Some("agent-2")));
        assert_eq!(by("other"), Some(None));
        assert_eq!(by("never asked"), None);
        assert_eq!(life.open_of("one", Timestamp(10)), None, "its time is over");
    }

    #[test]
    fn what_is_carried_out_waits_no_more_and_leaves_no_approval() {
        let euros = weft_dictionary::Currency::from_code("EUR").expect("a currency");
        let refund = Refund {
            id: "R-1".to_owned(),
            amount: weft_dictionary::Money {
                minor_units: 1,
                currency: euros,
            },
            customer: "tok_1".to_owned(),
        };
        let digest = "one".to_owned();
        let follows = [
            ("d0", Follow::state(State::Released)),
            ("d1", asked("one")),
            ("d2", approved("one", "agent-2")),
            ("d3", follow(Step::Refunded { digest, refund })),
        ];
        let life = Life::of(follows.clone()).expect("a life");
        assert_eq!(life.open(Timestamp(1)).count(), 0);
        let again = [("d4", asked("one"))];
        let life = Life::of(follows.into_iter().chain(again)).expect("a life");
        let open = life.open_of("one", Timestamp(1)).expect("asked again");
        assert_eq!(open.approval, None, "an approval is used once");
    }
}
