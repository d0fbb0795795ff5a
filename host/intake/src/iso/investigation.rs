//! A bank has a payment looked into, and is told what was found: camt.110.001.01 and camt.111.001.01.
//!
//! What is found is how the payment stands, and why. An investigation for something else (charges, use of funds, a debit
//! authorisation) is none that this host could answer.

use weft_dictionary::form::NOT_PROVIDED;

use super::assignment::Assignment;
use super::document::{Document, NodeId};
use super::ids;
use super::reply::{self, TransactionStatus};
use super::xml::Xml;
use super::{IsoEnvelope, is_uuid_v4};
use crate::limits;
use crate::problem::{Problem, ProblemCode};

/// Its name, and that of the message element.
pub(super) const ANSWER: (&str, &str) = ("camt.111.001.01", "InvstgtnRspn");

/// ISO 20022 ExternalInvestigationType1Code, as far as the answer is how a payment stands: it was not settled or confirmed
/// (PINC), its creditor did not get it (CCNR), more has to be known about it (RQFI).
const TYPES: [&str; 3] = ["PINC", "CCNR", "RQFI"];

/// What the answer repeats of the request.
pub(super) struct Investigation {
    /// As who asks calls the investigation.
    requester_id: Option<String>,
    /// End-to-end identifier of the investigation, a UUID.
    eir: Option<String>,
    of_type: &'static str,
}

impl Investigation {
    /// That of a message element.
    pub(super) fn of(document: &Document, message: NodeId) -> Result<Investigation, Problem> {
        let below = |names: &[&str]| document.below(document.child(message, "InvstgtnReq")?, names);
        let repeated = |name: &str| ids::repeated(document, below(&[name])?);
        let said = below(&["InvstgtnTp", "Cd"]).and_then(|code| document.text_of(code));
        let of_type = said.and_then(|said| {
            said.expose(|said| TYPES.into_iter().find(|known| *known == said.trim()))
        });
        Ok(Investigation {
            requester_id: repeated("RqstrInvstgtnId"),
            eir: repeated("EIR").filter(|eir| is_uuid_v4(eir)),
            of_type: of_type.ok_or_else(|| {
                let reason = "no such investigation is answered";
                Problem::new(ProblemCode::InvalidValue, reason)
                    .pointer("/Document/*/InvstgtnReq/InvstgtnTp/Cd")
                    .help(format!("ask how a payment stands: {}", TYPES.join(", ")))
            })?,
        })
    }

    /// Writes the message element's content.
    pub(super) fn write(
        &self,
        xml: &mut Xml,
        iso: &IsoEnvelope,
        parties: &Assignment,
        statuses: &[TransactionStatus],
    ) {
        xml.within("InvstgtnRspn", |xml| {
            xml.leaf("MsgId", &reply::report_id(iso));
            // ISO 20022 ExternalInvestigationStatus1Code: closed, as all is told, or rejected.
            let is_told = statuses.iter().any(|one| one.status.code().is_some());
            let status = if is_told { "CLSD" } else { "RJCT" };
            xml.leaf_below(&["InvstgtnSts", "Sts"], status);
            for one in statuses {
                xml.within("InvstgtnData", |xml| {
                    xml.within("RspnData", |xml| found(xml, one));
                });
            }
        });
        xml.within("OrgnlInvstgtnReq", |xml| {
            xml.leaf("MsgId", iso.message_id().unwrap_or(NOT_PROVIDED));
            xml.leaf_if("RqstrInvstgtnId", self.requester_id.as_deref());
            xml.leaf_if("EIR", self.eir.as_deref());
            xml.leaf_below(&["InvstgtnTp", "Cd"], self.of_type);
            parties.assigner.write(xml, "Rqstr");
            parties.assignee.write(xml, "Rspndr");
        });
    }
}

/// How the payment stands, or in words why that is not told.
fn found(xml: &mut Xml, status: &TransactionStatus) {
    let Some(code) = status.status.code() else {
        let mut lines: Vec<String> = status.reason.iter().cloned().collect();
        lines.extend(reply::information(status));
        let words = lines.join("; ");
        let cut: String = words.chars().take(limits::MAX_NARRATIVE_CHARS).collect();
        return xml.leaf("RspnNrrtv", cut.trim());
    };
    xml.within("TxSts", |xml| {
        xml.leaf_below(&["Sts", "Cd"], code);
        reply::reason(xml, "StsRsnInf", status.reason.as_deref(), status);
    });
}
