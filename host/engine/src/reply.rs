//! Decisions into the bytes that the caller gets, in the form in which it asked.

use std::collections::HashSet;

use weft_intake::{Envelope, TransactionStatus, iso};
use weft_verdict::Verdict;

use crate::decide::Reply;
use crate::view::DecisionView;

pub(crate) fn render(
    envelope: &Envelope,
    decisions: Vec<DecisionView>,
    replayed: bool,
    trace: String,
) -> Reply {
    let (content_type, body) = match envelope {
        Envelope::Json => ("application/json", json(&decisions)),
        Envelope::Iso(_) => ("application/xml", report(envelope, &decisions)),
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
fn report(envelope: &Envelope, decisions: &[DecisionView]) -> Vec<u8> {
    let statuses = statuses(decisions);
    match decisions.first() {
        Some(first) => iso::reply_at(envelope, &statuses, first.at),
        None => iso::reply(envelope, &statuses),
    }
}

fn statuses(decisions: &[DecisionView]) -> Vec<TransactionStatus> {
    decisions
        .iter()
        .map(|decision| TransactionStatus {
            status: status(decision.verdict),
            // A code that a milder finding gives would say why something else happened.
            reason: (decision.reasons.iter())
                .filter(|r| r.decides)
                .find_map(|r| r.status_reason.clone()),
            additional_information: information(decision),
        })
        .collect()
}

/// ISO 20022 ExternalPaymentTransactionStatus1Code: accepted customer profile, pending, rejected.
fn status(verdict: Verdict) -> iso::Status {
    match verdict {
        Verdict::Allow | Verdict::Flag => iso::Status::Accepted,
        Verdict::Challenge | Verdict::Hold => iso::Status::Pending,
        Verdict::Abstain | Verdict::Deny => iso::Status::Rejected,
    }
}

/// The decision's id, so that the sender can ask for it, the reasons with the facts that are missing, and what
/// was not read.
fn information(decision: &DecisionView) -> Vec<String> {
    let mut lines = vec![decision.decision.clone()];
    lines.extend(
        decision
            .reasons
            .iter()
            .map(|r| r.title.clone().unwrap_or_else(|| r.code.clone())),
    );
    // Several policies may miss the same.
    let mut told = HashSet::new();
    let missing = decision.reasons.iter().flat_map(|r| &r.missing);
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
