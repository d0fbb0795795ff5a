//! Who asks.

use serde::{Deserialize, Serialize};

/// What a caller may do. A caller has exactly one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The payment platform: payments, and the customer's own channel.
    Service,
    /// A support agent: assistance within a case.
    Agent,
    /// An agent who approves what other agents may not decide alone.
    Supervisor,
    /// Reads what was decided and why, and nothing about customers.
    Regulator,
    /// Runs the host: health and metrics, no decisions.
    Operator,
    /// The host itself, when a hold expires. No caller can have it.
    #[serde(skip_deserializing)]
    Host,
}

impl Role {
    /// The word used in configuration, rules and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Service => "service",
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Regulator => "regulator",
            Role::Operator => "operator",
            Role::Host => "host",
        }
    }

    /// Whether people of support ask.
    pub fn is_support(self) -> bool {
        matches!(self, Role::Agent | Role::Supervisor)
    }

    /// Whether it may ask for decisions at all; policies decide which.
    pub fn may_decide(self) -> bool {
        matches!(self, Role::Service | Role::Agent | Role::Supervisor)
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// Its name in the host's configuration.
    pub id: String,
    /// What it may do.
    pub role: Role,
}
