//! What is asked for of a payment, and done once it is granted.

use serde::{Deserialize, Serialize};
use weft_dictionary::{Money, Timestamp};

use crate::Step;

/// Money that was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// As whoever asked for it named it; unique within its payment.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// Whom the payment is about, by the token that stands for the person in records.
    pub customer: String,
}

/// A payment that was called back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// As whoever asked for it named it.
    pub id: String,
    /// ISO 20022 ExternalCancellationReason1Code.
    pub reason: String,
}

/// A payment that its customer contests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// As whoever opened it named it; unique within its payment, among escalations, too.
    pub id: String,
    /// What is wrong in the customer's eyes.
    pub reason: String,
    /// When the customer gave notice.
    pub notice_at: Timestamp,
    /// Who opened it.
    pub by: String,
}

/// Something that a supervisor is to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// As who escalated named it; unique within its payment, among disputes, too.
    pub id: String,
    /// What standard verification does not cover.
    pub reason: String,
    /// Who escalated.
    pub by: String,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// The end of a dispute or of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Which of them.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Money is to be given back.
    Refund(Refund),
    /// The payment is to be called back.
    Recall(Recall),
    /// The payment is contested.
    Dispute(Dispute),
    /// A supervisor is to look at it.
    Escalate(Escalation),
    /// A dispute or an escalation is to end.
    Close(Close),
}

impl Act {
    /// What the record of the decision says that carries it out, for a request of this digest.
    pub fn done(self, digest: String) -> Step {
        match self {
            Act::Refund(refund) => Step::Refunded { digest, refund },
            Act::Recall(recall) => Step::Recalled { digest, recall },
            Act::Dispute(dispute) => Step::Disputed { digest, dispute },
            Act::Escalate(escalation) => Step::Escalated { digest, escalation },
            Act::Close(close) => Step::Closed { digest, close },
        }
    }
}

/// Why what is asked for does not follow, whatever policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Barred {
    /// Nothing was captured, or all is over.
    RefundState,
    /// A refund of this payment has this identifier.
    RefundKnown,
    /// Nothing, or less.
    RefundOfNothing,
    /// Not the currency of the payment.
    RefundCurrency,
    /// With what was given back before it would be more than was captured.
    RefundAboveCaptured,
    /// The payment never went on.
    RecallOfRefused,
    /// Money of it was given back, all or in part.
    RecallOfReturned,
    /// It was recalled before.
    RecallKnown,
    /// It is contested: who is right decides.
    RecallOfDisputed,
    /// It is not released.
    DisputeState,
    /// A dispute or an escalation of this payment has this identifier.
    DisputeKnown,
    /// Notice was given later than now.
    DisputeNotice,
    /// As many are open as may.
    DisputeRoom,
    /// A dispute or an escalation of this payment has this identifier.
    EscalationKnown,
    /// As many wait as may.
    EscalationRoom,
    /// Neither a dispute nor an escalation of this identifier is open.
    CloseOfNothing,
}

impl Barred {
    /// All of them.
    pub const ALL: [Barred; 16] = [
        Barred::RefundState,
        Barred::RefundKnown,
        Barred::RefundOfNothing,
        Barred::RefundCurrency,
        Barred::RefundAboveCaptured,
        Barred::RecallOfRefused,
        Barred::RecallOfReturned,
        Barred::RecallKnown,
        Barred::RecallOfDisputed,
        Barred::DisputeState,
        Barred::DisputeKnown,
        Barred::DisputeNotice,
        Barred::DisputeRoom,
        Barred::EscalationKnown,
        Barred::EscalationRoom,
        Barred::CloseOfNothing,
    ];

    /// The reason code in findings.
    pub fn code(self) -> &'static str {
        match self {
            Barred::RefundState => "refund-not-possible",
            Barred::RefundKnown => "refund-made-before",
            Barred::RefundOfNothing => "refund-of-nothing",
            Barred::RefundCurrency => "refund-in-other-currency",
            Barred::RefundAboveCaptured => "refund-above-captured",
            Barred::RecallOfRefused => "recall-of-refused",
            Barred::RecallOfReturned => "recall-of-returned",
            Barred::RecallKnown => "recall-made-before",
            Barred::RecallOfDisputed => "recall-of-disputed",
            Barred::DisputeState => "dispute-not-possible",
            Barred::DisputeKnown => "dispute-known",
            Barred::DisputeNotice => "dispute-notice-in-future",
            Barred::DisputeRoom => "disputes-exhausted",
            Barred::EscalationKnown => "escalation-known",
            Barred::EscalationRoom => "escalations-exhausted",
            Barred::CloseOfNothing => "close-of-nothing",
        }
    }
}
