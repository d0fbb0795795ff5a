//! Verdicts, reasons, findings, failures.

use serde::{Deserialize, Serialize};

use crate::Obligation;

/// What is to happen, in order of severity. The most severe of all findings wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to say.
    #[default]
    Abstain,
    /// No objection.
    Allow,
    /// No objection, but worth a look afterwards.
    Flag,
    /// The customer can clear it with a stronger authentication.
    Challenge,
    /// A person has to act before it goes on; expires into a denial.
    Hold,
    /// Refused.
    Deny,
}

impl Verdict {
    /// All verdicts, mildest first.
    pub const ALL: [Verdict; 6] = [
        Verdict::Abstain,
        Verdict::Allow,
        Verdict::Flag,
        Verdict::Challenge,
        Verdict::Hold,
        Verdict::Deny,
    ];

    /// The word used in files, replies and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Abstain => "abstain",
            Verdict::Allow => "allow",
            Verdict::Flag => "flag",
            Verdict::Challenge => "challenge",
            Verdict::Hold => "hold",
            Verdict::Deny => "deny",
        }
    }

    /// Whether what was asked for goes on. Abstaining is no reason to.
    pub fn is_granted(self) -> bool {
        matches!(self, Verdict::Allow | Verdict::Flag)
    }

    /// Whether a payment with this verdict waits for evidence or for a person.
    pub fn is_pending(self) -> bool {
        matches!(self, Verdict::Challenge | Verdict::Hold)
    }
}

/// Why. Carries names of fields, never a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// Declared by the policy or the plugin's manifest.
    pub code: String,
    /// The fields that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// What one policy or plugin says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Finding {
    /// What is to happen.
    pub verdict: Verdict,
    /// 0 to 1000; advice, never a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<u16>,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// What the caller must do for the decision to stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
}

impl Finding {
    /// Nothing to say.
    pub fn abstain() -> Finding {
        Finding::default()
    }

    /// A verdict for one reason.
    pub fn of(verdict: Verdict, code: impl Into<String>) -> Finding {
        Finding {
            verdict,
            reasons: vec![Reason {
                code: code.into(),
                fields: Vec::new(),
            }],
            ..Finding::default()
        }
    }
}

/// A plugin or policy that could not say anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class of failure.
    pub kind: FailureKind,
    /// For the log and the author; never for the caller, never with a fact's value.
    pub detail: String,
    /// Frames of the guest, innermost first, when it trapped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
}

/// Classes of failure. The culprit of all but the last two is the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The guest trapped (panic, unreachable, out of bounds).
    Trap,
    /// The guest used up its fuel.
    OutOfFuel,
    /// The guest did not answer within its time.
    Deadline,
    /// The guest asked for more memory than it may have.
    MemoryLimit,
    /// The guest recursed deeper than its stack.
    StackOverflow,
    /// The guest's answer is not valid: unknown reason code or obligation, too large, out of range.
    BadOutput,
    /// The plugin said itself that it cannot decide.
    Reported,
    /// The host is at its limit of evaluations under way.
    Saturated,
    /// A fact that the policy needs is missing; taken from the policy's `on_missing`.
    MissingFact,
}

impl FailureKind {
    /// The word used in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureKind::Trap => "trap",
            FailureKind::OutOfFuel => "out_of_fuel",
            FailureKind::Deadline => "deadline",
            FailureKind::MemoryLimit => "memory_limit",
            FailureKind::StackOverflow => "stack_overflow",
            FailureKind::BadOutput => "bad_output",
            FailureKind::Reported => "reported",
            FailureKind::Saturated => "saturated",
            FailureKind::MissingFact => "missing_fact",
        }
    }
}
