//! Which message answers one, and the status report: pacs.002.001.10 for pacs.008 and pacs.028, pain.002.001.10 for
//! pain.001. What calls payments back is answered with a resolution, and what has one looked into with what was found.
//!
//! An answer names its transactions as the sender did. It is a function of the message and its
//! decisions, so that the same message, sent again, gets the same answer.

use sha2::{Digest, Sha256};
use weft_dictionary::Timestamp;
use weft_dictionary::form::NOT_PROVIDED;

use super::xml::Xml;
use super::{IsoEnvelope, MessageKind, OriginalIds, investigation, resolution};
use crate::limits;
use crate::message::Envelope;

/// ISO 20022 ExternalPaymentTransactionStatus1Code, of a payment; of a request to call it back CancellationIndividualStatus1Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `ACCP`, accepted customer profile; `ACCR`.
    Accepted,
    /// `PDNG`, pending: it waits for the customer or for somebody who looks into it; `PDCR`.
    Pending,
    /// `RJCT`, rejected; `RJCR`.
    Rejected,
    /// `CANC`, cancelled after a request for it.
    Cancelled,
    /// Nothing is told of it. That is no status: whoever is told `RJCT` of a payment that went through sends it again.
    Unknown,
}

impl Status {
    /// The code in status reports.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Status::Accepted => Some("ACCP"),
            Status::Pending => Some("PDNG"),
            Status::Rejected => Some("RJCT"),
            Status::Cancelled => Some("CANC"),
            Status::Unknown => None,
        }
    }
}

/// What became of one transaction. It belongs to the message's transaction of the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionStatus {
    /// What became of it.
    pub status: Status,
    /// ISO 20022 ExternalStatusReason1Code, of a request to call back ExternalPaymentCancellationRejection1Code; left out unless it has one to four characters.
    pub reason: Option<String>,
    /// Lines for people; each is cut to 105 characters.
    pub additional_information: Vec<String>,
}

/// The answer, created when the message was; empty for JSON.
pub fn reply(envelope: &Envelope, statuses: &[TransactionStatus]) -> Vec<u8> {
    match envelope {
        Envelope::Json => Vec::new(),
        Envelope::Iso(iso) => answer(iso, statuses, &iso.created),
    }
}

/// The answer, created at an instant; empty for JSON.
pub fn reply_at(envelope: &Envelope, statuses: &[TransactionStatus], at: Timestamp) -> Vec<u8> {
    match envelope {
        Envelope::Json => Vec::new(),
        Envelope::Iso(iso) => answer(iso, statuses, &at.to_string()),
    }
}

fn answer(iso: &IsoEnvelope, statuses: &[TransactionStatus], created: &str) -> Vec<u8> {
    match (&iso.assignment, &iso.investigation) {
        (Some(parties), Some(about)) => {
            let (definition, element) = investigation::ANSWER;
            Xml::document(definition, element, |xml| {
                about.write(xml, iso, parties, statuses)
            })
        }
        (Some(assignment), None) => {
            let (definition, element) = resolution::ANSWER;
            Xml::document(definition, element, |xml| {
                resolution::write(xml, iso, assignment, statuses, created);
            })
        }
        (None, _) => report(iso, statuses, created),
    }
}

fn report(iso: &IsoEnvelope, statuses: &[TransactionStatus], created: &str) -> Vec<u8> {
    let (definition, element) = match iso.kind {
        MessageKind::Pain001 => ("pain.002.001.10", "CstmrPmtStsRpt"),
        _ => ("pacs.002.001.10", "FIToFIPmtStsRpt"),
    };
    Xml::document(definition, element, |xml| {
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", &report_id(iso));
            xml.leaf("CreDtTm", created);
        });
        // Of a question about payments each of them says in which message it came.
        if iso.kind.is_payment() {
            xml.within("OrgnlGrpInfAndSts", |xml| {
                xml.leaf("OrgnlMsgId", iso.message_id().unwrap_or(NOT_PROVIDED));
                xml.leaf("OrgnlMsgNmId", &iso.definition);
            });
        }
        let answered: Vec<_> = iso.transactions.iter().zip(statuses).collect();
        match iso.kind {
            MessageKind::Pain001 => {
                for of_one in answered
                    .chunk_by(|(a, _), (b, _)| a.payment_information == b.payment_information)
                {
                    payment_information(xml, of_one);
                }
            }
            _ => answered.iter().for_each(|(ids, status)| {
                transaction(xml, ids, status);
            }),
        }
    })
}

fn payment_information(xml: &mut Xml, of_one: &[(&OriginalIds, &TransactionStatus)]) {
    let id = of_one
        .first()
        .and_then(|(ids, _)| ids.payment_information.as_deref());
    xml.within("OrgnlPmtInfAndSts", |xml| {
        // The report needs one; the first version of pain.001 does not, and people write words into it.
        xml.leaf("OrgnlPmtInfId", id.unwrap_or(NOT_PROVIDED));
        for (ids, status) in of_one {
            transaction(xml, ids, status);
        }
    });
}

fn transaction(xml: &mut Xml, ids: &OriginalIds, status: &TransactionStatus) {
    xml.within("TxInfAndSts", |xml| {
        original_message(xml, ids);
        xml.leaf_if("OrgnlInstrId", ids.instruction.as_deref());
        xml.leaf_if("OrgnlEndToEndId", ids.end_to_end.as_deref());
        xml.leaf_if("OrgnlTxId", ids.transaction.as_deref());
        xml.leaf_if("OrgnlUETR", ids.uetr());
        xml.leaf_if("TxSts", status.status.code());
        reason(xml, "StsRsnInf", status.reason.as_deref(), status);
    });
}

/// The message that a payment came in, as the request names it.
pub(super) fn original_message(xml: &mut Xml, ids: &OriginalIds) {
    if let Some((id, definition)) = &ids.original_message {
        xml.within("OrgnlGrpInf", |xml| {
            xml.leaf("OrgnlMsgId", id);
            xml.leaf("OrgnlMsgNmId", definition);
        });
    }
}

/// Why, in an element of this name, if there is something to say.
pub(super) fn reason(xml: &mut Xml, element: &str, code: Option<&str>, status: &TransactionStatus) {
    let code = code.filter(|code| {
        (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    let lines: Vec<String> = information(status).collect();
    if code.is_none() && lines.is_empty() {
        return;
    }
    xml.within(element, |xml| {
        if let Some(code) = code {
            xml.leaf_below(&["Rsn", "Cd"], code);
        }
        lines.iter().for_each(|line| xml.leaf("AddtlInf", line));
    });
}

/// Lines as a Max105Text takes them.
pub(super) fn information(status: &TransactionStatus) -> impl Iterator<Item = String> {
    status
        .additional_information
        .iter()
        .map(|line| {
            let printable = line.chars().map(|c| if is_xml(c) { c } else { ' ' });
            let cut: String = printable.take(limits::MAX_INFORMATION_CHARS).collect();
            cut.trim().to_owned()
        })
        .filter(|line| !line.is_empty())
        .take(limits::MAX_INFORMATION_LINES)
}

/// XML 1.0, section 2.2, without control characters.
fn is_xml(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The identifier of the answer, 33 characters: the same for the same message.
pub(super) fn report_id(iso: &IsoEnvelope) -> String {
    // What does not have the form of an identifier is not to be found by trying names.
    let first = iso.transactions.first();
    let payment = first.and_then(|ids| ids.uetr.as_ref().or(ids.transaction.as_ref()));
    let id = iso.message_id.as_ref().or(payment);
    let digest = Sha256::digest(format!(
        "{}\n{}\n{}",
        iso.definition,
        id.map_or(NOT_PROVIDED, String::as_str),
        iso.created
    ));
    let hexadecimal: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("R{hexadecimal}")
}
