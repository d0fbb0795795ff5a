//! The status report that answers a payment message: pacs.002.001.10 for pacs.008, pain.002.001.10 for
//! pain.001.
//!
//! The report names its transactions as the sender did. It is a function of the message and its
//! decisions, so that the same message, sent again, gets the same report.

use quick_xml::escape::escape;
use sha2::{Digest, Sha256};
use weft_dictionary::Timestamp;
use weft_dictionary::form::NOT_PROVIDED;

use super::{IsoEnvelope, OriginalIds, Payment};
use crate::limits;
use crate::message::Envelope;

/// ISO 20022 ExternalPaymentTransactionStatus1Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `ACCP`, accepted customer profile.
    Accepted,
    /// `PDNG`, pending: it waits for the customer or for somebody who looks into it.
    Pending,
    /// `RJCT`, rejected.
    Rejected,
}

impl Status {
    /// The code in messages.
    pub fn code(self) -> &'static str {
        match self {
            Status::Accepted => "ACCP",
            Status::Pending => "PDNG",
            Status::Rejected => "RJCT",
        }
    }
}

/// What became of one transaction. It belongs to the message's transaction of the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionStatus {
    /// What became of it.
    pub status: Status,
    /// ISO 20022 ExternalStatusReason1Code; left out unless it has one to four characters.
    pub reason: Option<String>,
    /// Lines for people; each is cut to 105 characters.
    pub additional_information: Vec<String>,
}

/// The report, created when the message was; empty for JSON.
pub fn reply(envelope: &Envelope, statuses: &[TransactionStatus]) -> Vec<u8> {
    match envelope {
        Envelope::Json => Vec::new(),
        Envelope::Iso(iso) => report(iso, statuses, &iso.created),
    }
}

/// The report, created at an instant; empty for JSON.
pub fn reply_at(envelope: &Envelope, statuses: &[TransactionStatus], at: Timestamp) -> Vec<u8> {
    match envelope {
        Envelope::Json => Vec::new(),
        Envelope::Iso(iso) => report(iso, statuses, &at.to_string()),
    }
}

fn report(iso: &IsoEnvelope, statuses: &[TransactionStatus], created: &str) -> Vec<u8> {
    let mut xml = Xml::default();
    let (definition, element) = match iso.payment {
        Payment::Pacs008 => ("pacs.002.001.10", "FIToFIPmtStsRpt"),
        Payment::Pain001 => ("pain.002.001.10", "CstmrPmtStsRpt"),
    };
    xml.0
        .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.0
        .push_str("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:");
    xml.0.push_str(definition);
    xml.0.push_str("\">");
    xml.within(element, |xml| {
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", &report_id(iso));
            xml.leaf("CreDtTm", created);
        });
        xml.within("OrgnlGrpInfAndSts", |xml| {
            xml.leaf("OrgnlMsgId", iso.message_id().unwrap_or(NOT_PROVIDED));
            xml.leaf("OrgnlMsgNmId", &iso.definition);
        });
        let answered: Vec<_> = iso.transactions.iter().zip(statuses).collect();
        match iso.payment {
            Payment::Pacs008 => answered.iter().for_each(|(ids, status)| {
                transaction(xml, ids, status);
            }),
            Payment::Pain001 => {
                for of_one in answered
                    .chunk_by(|(a, _), (b, _)| a.payment_information == b.payment_information)
                {
                    payment_information(xml, of_one);
                }
            }
        }
    });
    xml.0.push_str("</Document>\n");
    xml.0.into_bytes()
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
        xml.leaf_if("OrgnlInstrId", ids.instruction.as_deref());
        xml.leaf_if("OrgnlEndToEndId", ids.end_to_end.as_deref());
        xml.leaf_if("OrgnlTxId", ids.transaction.as_deref());
        xml.leaf_if(
            "OrgnlUETR",
            ids.uetr.as_deref().filter(|uetr| is_uetr(uetr)),
        );
        xml.leaf("TxSts", status.status.code());
        let reason = status.reason.as_deref().filter(|code| {
            (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let lines: Vec<String> = information(status).collect();
        if reason.is_none() && lines.is_empty() {
            return;
        }
        xml.within("StsRsnInf", |xml| {
            if let Some(code) = reason {
                xml.within("Rsn", |xml| xml.leaf("Cd", code));
            }
            lines.iter().for_each(|line| xml.leaf("AddtlInf", line));
        });
    });
}

/// Lines as a Max105Text takes them.
fn information(status: &TransactionStatus) -> impl Iterator<Item = String> {
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

/// The identifier of the report, 33 characters: the same for the same message.
fn report_id(iso: &IsoEnvelope) -> String {
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

/// ISO 20022 UUIDv4Identifier.
fn is_uetr(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b'])
}

/// Elements as text.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn within(&mut self, name: &str, content: impl FnOnce(&mut Xml)) {
        self.tag("<", name);
        content(self);
        self.tag("</", name);
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.within(name, |xml| xml.0.push_str(&escape(text)));
    }

    fn leaf_if(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    fn tag(&mut self, opening: &str, name: &str) {
        self.0.push_str(opening);
        self.0.push_str(name);
        self.0.push('>');
    }
}
