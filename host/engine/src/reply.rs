//! Decisions into the bytes that the caller gets, in the form in which it asked.

use std::collections::HashSet;

use weft_assist::State;
use weft_intake::iso::{IsoEnvelope, MessageKind, Status};
use weft_intake::{Envelope, TransactionStatus, iso};
use weft_verdict::Verdict;

use crate::decide::Reply;
use crate::view::{DecisionView, ReasonView};

/// ISO 20022 ExternalStatusReason1Code: the original payment was never received.
const NEVER_RECEIVED: &str = "AG09";
/// The same of ExternalPaymentCancellationRejection1Code.
const NEVER_RECEIVED_TO_CANCEL: &str = "NOOR";
/// Of both: the reason is in the additional information.
const NARRATIVE: &str = "NARR";

pub(crate) fn render(
    envelope: &Envelope,
    decisions: Vec<DecisionView>,
    replayed: bool,
    trace: String,
) -> Reply {
    let (content_type, body) = match envelope {
        Envelope::Json => ("application/json", json(&decisions)),
        Envelope::Iso(iso) => ("application/xml", report(iso, envelope, &decisions)),
    };
    Reply {
        content_type,
        body,
        decisions,
        replayed,
        trace,
    }
}

/// A JSON request asks for one decision.
fn json(decisions: &[DecisionView]) -> Vec<u8> {
    let json = match decisions {
        [one] => serde_json::to_vec(one),
        many => serde_json::to_vec(many),
    };
    // A view has only keys that are texts, so this cannot fail.
    json.unwrap_or_default()
}

/// Made when the first of its decisions was taken, so that the same request gets the same report.
fn report(iso: &IsoEnvelope, envelope: &Envelope, decisions: &[DecisionView]) -> Vec<u8> {
    let status = match iso.kind() {
        MessageKind::Pacs008 | MessageKind::Pain001 => of_payment,
        MessageKind::Pacs028 | MessageKind::Camt110 => of_question,
        MessageKind::Camt056 | MessageKind::Camt055 => of_recall,
    };
    let statuses: Vec<TransactionStatus> = decisions.iter().map(status).collect();
    match decisions.first() {
        Some(first) => iso::reply_at(envelope, &statuses, first.at),
        None => iso::reply(envelope, &statuses),
    }
}

/// What became of a payment.
fn of_payment(decision: &DecisionView) -> TransactionStatus {
    TransactionStatus {
        status: match decision.verdict {
            Verdict::Allow | Verdict::Flag => Status::Accepted,
            Verdict::Challenge | Verdict::Hold => Status::Pending,
            Verdict::Abstain | Verdict::Deny => Status::Rejected,
        },
        reason: code_of(&decision.reasons),
        additional_information: information(decision, &decision.reasons),
    }
}

/// How a payment stands that was asked about. What is not told has no status.
fn of_question(decision: &DecisionView) -> TransactionStatus {
    let Some(standing) = &decision.standing else {
        return TransactionStatus {
            status: Status::Unknown,
            reason: Some(refused(decision, NEVER_RECEIVED)),
            additional_information: information(decision, &decision.reasons),
        };
    };
    let mut lines = information(decision, &standing.reasons);
    lines.insert(1, format!("payment: {}", standing.state.as_str()));
    TransactionStatus {
        status: match standing.state {
            _ if standing.is_recalled => Status::Cancelled,
            State::Pending => Status::Pending,
            // It went on. That its money came back is another payment.
            State::Released | State::Refunded | State::Disputed => Status::Accepted,
            State::Refused | State::Expired => Status::Rejected,
            State::Recalled => Status::Cancelled,
        },
        reason: code_of(&standing.reasons),
        additional_information: lines,
    }
}

/// What became of a request to call a payment back.
fn of_recall(decision: &DecisionView) -> TransactionStatus {
    let status = match decision.verdict {
        Verdict::Allow | Verdict::Flag => Status::Accepted,
        Verdict::Challenge | Verdict::Hold => Status::Pending,
        Verdict::Abstain | Verdict::Deny => Status::Rejected,
    };
    TransactionStatus {
        status,
        reason: match status {
            Status::Rejected => Some(refused(decision, NEVER_RECEIVED_TO_CANCEL)),
            _ => None,
        },
        additional_information: information(decision, &decision.reasons),
    }
}

/// Why nothing is told or done: the code of a reason, or that the lines say it. Who is told nothing of the payment is told the
/// same as if it were not there.
fn refused(decision: &DecisionView, unknown: &str) -> String {
    match decision.payment {
        None => unknown.to_owned(),
        Some(_) => code_of(&decision.reasons).unwrap_or_else(|| NARRATIVE.to_owned()),
    }
}

/// A code that a milder finding gives would say why something else happened.
fn code_of(reasons: &[ReasonView]) -> Option<String> {
    let mut decisive = reasons.iter().filter(|r| r.decides);
    decisive.find_map(|r| r.status_reason.clone())
}

/// The decision's id, so that the sender can ask for it, the reasons with the facts that are missing, and what
/// was not read.
fn information(decision: &DecisionView, reasons: &[ReasonView]) -> Vec<String> {
    let mut lines = vec![decision.decision.clone()];
    let in_words = |r: &ReasonView| r.title.clone().unwrap_or_else(|| r.code.clone());
    lines.extend(reasons.iter().map(in_words));
    // Several policies may miss the same.
    let mut told = HashSet::new();
    let missing = reasons.iter().flat_map(|r| &r.missing);
    let missing = missing.filter(|field| told.insert(field.as_str()));
    lines.extend(missing.map(|field| format!("missing: {field}")));
    if let Some(dropped) = &decision.dropped {
        lines.push(format!("not read: {} values", dropped.count));
        lines.extend(
            dropped
                .places
                .iter()
                .map(|at| format!("not read: {}", at.pointer)),
        );
    }
    lines
}
