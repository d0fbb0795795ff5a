//! The answer to a request to call payments back: camt.029.001.09, the version that belongs to camt.056.001.08 and
//! camt.055.001.08 (CBPR+, HVPS+). It is the first that has the UETR, and has room for all that the later ones ask.

use weft_dictionary::form::NOT_PROVIDED;

use super::assignment::Assignment;
use super::reply::{self, Status, TransactionStatus};
use super::xml::Xml;
use super::{IsoEnvelope, MessageKind, OriginalIds};

/// Its name, and that of the message element.
pub(super) const ANSWER: (&str, &str) = ("camt.029.001.09", "RsltnOfInvstgtn");

/// Codes of ISO 20022 ExternalPaymentCancellationRejection1Code that are about a payment, and not about a request to pay.
const REASONS: [&str; 16] = [
    "AC04", "ADAC", "AGNT", "AM04", "ARDT", "ARPL", "CUST", "IDMN", "LEGL", "NARR", "NOAS", "NOOR",
    "PTNA", "RQDA", "RR04", "WSEQ",
];
/// The reason is in the additional information.
const NARRATIVE: &str = "NARR";

/// ISO 20022 CancellationIndividualStatus1Code: accepted, pending, rejected cancellation request.
fn code(status: Status) -> &'static str {
    match status {
        Status::Accepted | Status::Cancelled => "ACCR",
        Status::Pending => "PDCR",
        Status::Rejected | Status::Unknown => "RJCR",
    }
}

/// ISO 20022 ExternalInvestigationExecutionConfirmation1Code: what became of the request as a whole. As long as something
/// waits, and nothing is cancelled, the whole waits.
fn confirmation(statuses: &[TransactionStatus]) -> &'static str {
    let any = |is| statuses.iter().any(|one| code(one.status) == is);
    match (any("ACCR"), any("PDCR"), any("RJCR")) {
        (true, false, false) => "CNCL",
        (true, _, _) => "PECR",
        (false, true, _) => "PDCR",
        (false, false, _) => "RJCR",
    }
}

/// Writes the message element's content. Who was asked answers whoever asked.
pub(super) fn write(
    xml: &mut Xml,
    iso: &IsoEnvelope,
    assignment: &Assignment,
    statuses: &[TransactionStatus],
    created: &str,
) {
    xml.within("Assgnmt", |xml| {
        xml.leaf("Id", &reply::report_id(iso));
        assignment.assignee.write(xml, "Assgnr");
        assignment.assigner.write(xml, "Assgne");
        xml.leaf("CreDtTm", created);
    });
    if let Some(case) = &assignment.case {
        case.write(xml);
    }
    xml.within("Sts", |xml| xml.leaf("Conf", confirmation(statuses)));
    let answered: Vec<_> = iso.transactions.iter().zip(statuses).collect();
    xml.within("CxlDtls", |xml| match iso.kind {
        MessageKind::Camt055 => {
            let same = |a: &OriginalIds, b: &OriginalIds| {
                a.payment_information == b.payment_information
                    && a.original_message == b.original_message
            };
            for of_one in answered.chunk_by(|(a, _), (b, _)| same(a, b)) {
                payment_information(xml, of_one);
            }
        }
        _ => answered.iter().for_each(|(ids, status)| {
            transaction(xml, ids, status, |xml| {
                reply::original_message(xml, ids);
                xml.leaf_if("OrgnlInstrId", ids.instruction.as_deref());
                xml.leaf_if("OrgnlEndToEndId", ids.end_to_end.as_deref());
                xml.leaf_if("OrgnlTxId", ids.transaction.as_deref());
                xml.leaf_if("OrgnlUETR", ids.uetr());
            });
        }),
    });
}

fn payment_information(xml: &mut Xml, of_one: &[(&OriginalIds, &TransactionStatus)]) {
    let Some((first, _)) = of_one.first() else {
        return;
    };
    xml.within("OrgnlPmtInfAndSts", |xml| {
        let id = first.payment_information.as_deref();
        xml.leaf("OrgnlPmtInfId", id.unwrap_or(NOT_PROVIDED));
        reply::original_message(xml, first);
        for (ids, status) in of_one {
            transaction(xml, ids, status, |xml| {
                xml.leaf_if("OrgnlInstrId", ids.instruction.as_deref());
                xml.leaf_if("OrgnlEndToEndId", ids.end_to_end.as_deref());
                xml.leaf_if("UETR", ids.uetr());
            });
        }
    });
}

fn transaction(
    xml: &mut Xml,
    ids: &OriginalIds,
    status: &TransactionStatus,
    named: impl FnOnce(&mut Xml),
) {
    xml.within("TxInfAndSts", |xml| {
        if let Some(case) = &ids.case {
            case.write(xml);
        }
        named(xml);
        xml.leaf("TxCxlSts", code(status.status));
        // What has a code of another set is told in words.
        let reason = status.reason.as_deref().map(|reason| {
            let own = REASONS.into_iter().find(|own| *own == reason);
            own.unwrap_or(NARRATIVE)
        });
        reply::reason(xml, "CxlStsRsnInf", reason, status);
    });
}
