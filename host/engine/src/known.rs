//! The fields that the host itself reads or says.

use weft_dictionary::{Dictionary, FieldId};

/// The dictionary lacks a field that the host needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the dictionary has no field `{0}`, which the host itself reads or says; add it, see the project's own dictionary"
)]
pub struct MissingField(pub &'static str);

macro_rules! known {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// Numbers of the fields that the host itself reads or says.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Known {
            $(pub(crate) $field: FieldId,)+
        }

        impl Known {
            pub(crate) fn of(dictionary: &Dictionary) -> Result<Known, MissingField> {
                Ok(Known {
                    $($field: dictionary.by_name($name).ok_or(MissingField($name))?.id,)+
                })
            }
        }
    };
}

known! {
    payment_id = "payment.id",
    payment_amount = "payment.amount",
    payment_state = "payment.state",
    payment_verdict = "payment.verdict",
    payment_expires_at = "payment.expires_at",
    payment_captured = "payment.captured",
    payment_refunded = "payment.refunded",
    payer_customer = "payer.customer",
    payer_account = "payer.account",
    payee_account = "payee.account",
    instrument_pan = "instrument.pan",
    instrument_entry_mode = "instrument.entry_mode",
    session_id = "session.id",
    session_role = "session.role",
    agent_id = "agent.id",
    agent_refunds_24h = "agent.refunds_24h",
    agent_customer_refunds_30d = "agent.customer_refunds_30d",
    case_id = "case.id",
    case_service = "case.service",
    challenge_id = "challenge.id",
    evidence_step_up = "evidence.step_up",
    evidence_method = "evidence.method",
    evidence_channel = "evidence.channel",
    evidence_enrolled_at = "evidence.enrolled_at",
    evidence_amount_linked = "evidence.amount_linked",
    evidence_payee_linked = "evidence.payee_linked",
    factor_id = "factor.id",
    factor_method = "factor.method",
    factor_credential = "factor.credential",
    factor_public_key = "factor.public_key",
    factor_sign_count = "factor.sign_count",
    factor_secret = "factor.secret",
    factor_step = "factor.step",
    factor_passkey = "factor.passkey",
    factor_totp = "factor.totp",
    request_action = "request.action",
    request_agent = "request.agent",
    request_session = "request.session",
    approval_agent = "approval.agent",
    approval_session = "approval.session",
    approval_bound = "approval.bound",
    refund_id = "refund.id",
    refund_amount = "refund.amount",
    refund_account = "refund.account",
    refund_original_instrument = "refund.original_instrument",
    recall_id = "recall.id",
    recall_reason = "recall.reason",
    dispute_id = "dispute.id",
    dispute_reason = "dispute.reason",
    dispute_notice_at = "dispute.notice_at",
    dispute_agent = "dispute.agent",
    dispute_provisional_credit = "dispute.provisional_credit",
    dispute_extended = "dispute.extended",
    dispute_credit_due_at = "dispute.credit_due_at",
    dispute_answer_due_at = "dispute.answer_due_at",
    escalation_id = "escalation.id",
    escalation_reason = "escalation.reason",
    escalation_agent = "escalation.agent",
    close_id = "close.id",
    close_reason = "close.reason",
    processing_region = "processing.region",
    processing_tenant = "processing.tenant",
    processing_at = "processing.at",
    processing_hour = "processing.hour",
    processing_threat_level = "processing.threat_level",
}

/// Where the keys of behaviour stand that belong to one payer, who pays once at a time.
pub(crate) const PAYER_SECTIONS: [&str; 3] = ["payer", "instrument", "device"];

/// What a request for assistance may say besides which payment it is about. All else about the payment
/// is what was recorded: nobody can change a fact of a payment by asking about it.
pub(crate) const ASSISTANCE_SECTIONS: [&str; 3] = ["case", "session", "challenge"];

/// What an enrolment says of the factor, and the host of the payer's factors.
pub(crate) const FACTOR_SECTION: &str = "factor";
