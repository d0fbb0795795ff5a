//! What a decision's record says about what follows.

use serde::{Deserialize, Serialize};
use weft_dictionary::Timestamp;

use crate::{Challenge, Evidence, FactorUse, State, Step};

/// What follows for a payment from one recorded decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Where the payment stands after the decision.
    pub state: State,
    /// When a pending payment expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What the customer has to pass from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// What the customer has passed with this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Evidence>,
    /// The evidence that this decision used up, by its challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// The factor that the customer used rightly with this request, whatever came of it: this use counts for nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<FactorUse>,
    /// The request answered the challenge wrongly.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed_attempt: bool,
    /// What becomes of a request about the payment that waits, or is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Step>,
}

impl Follow {
    /// A payment's new state and nothing else.
    pub fn state(state: State) -> Follow {
        Follow {
            state,
            expires_at: None,
            challenge: None,
            passed: None,
            used: None,
            factor: None,
            failed_attempt: false,
            request: None,
        }
    }
}
