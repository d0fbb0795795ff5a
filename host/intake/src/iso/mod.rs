//! ISO 20022: what a message asks for, and the one that answers it.
//!
//! | module | what is there |
//! |---|---|
//! | `amounts` | what a message says about its own amounts |
//! | `assignment` | who hands a case to whom |
//! | `document` | XML into elements, bounded; no DTD, no entities |
//! | `elements` | names of elements that the messages have |
//! | `groups` | what asks for a whole group at once, and is refused |
//! | `identify` | which message it is, and its business header (head.001) |
//! | `ids` | identifiers of messages, and which of them have the form of one |
//! | `investigation` | camt.110 about a payment, and camt.111 |
//! | `kind` | the messages that are read, and what differs between them |
//! | `one` | one transaction into facts |
//! | `plan` | the dictionary's paths, compiled |
//! | `resolution` | camt.029 |
//! | `transactions` | a message into requests, one for each transaction |
//! | `unread` | elements that say something and are not read |
//! | `xml` | elements as text |
//! | [`reply`](mod@reply) | which answer, pacs.002 and pain.002 |
//!
//! | read | versions | asks for | answered with |
//! |---|---|---|---|
//! | pacs.008 FIToFICustomerCreditTransfer | 1 to 13 | `payment.authorize` | pacs.002.001.10 |
//! | pain.001 CustomerCreditTransferInitiation | 1 to 12 | `payment.authorize` | pain.002.001.10 |
//! | pacs.028 FIToFIPaymentStatusRequest | 1 to 6 | `assist.failed_payment` | pacs.002.001.10 |
//! | camt.056 FIToFIPaymentCancellationRequest | 1 to 11 | `assist.recall` | camt.029.001.09 |
//! | camt.055 CustomerPaymentCancellationRequest | 1 to 12 | `assist.recall` | camt.029.001.09 |
//! | camt.110 InvestigationRequest | 1 | `assist.failed_payment` | camt.111.001.01 |
//!
//! The versions of the answers are those of one release of the standard (2019), which banks use together (CBPR+, HVPS+,
//! SEPA), whatever version asked; of camt.111 there is one. Any other message is refused by its name.

mod amounts;
mod assignment;
mod document;
mod elements;
mod groups;
mod identify;
mod ids;
mod investigation;
mod kind;
mod one;
mod plan;
pub mod reply;
mod resolution;
mod transactions;
mod unread;
mod xml;

use weft_vault::Secret;

use assignment::{Assignment, Case};
use investigation::Investigation;
pub use kind::MessageKind;
pub(crate) use plan::Plan;
pub use reply::{Status, TransactionStatus, reply, reply_at};
pub(crate) use transactions::read;

/// What the reply to a message needs of it.
pub struct IsoEnvelope {
    kind: MessageKind,
    definition: String,
    message_id: Option<String>,
    message_key: Secret,
    created: String,
    transactions: Vec<OriginalIds>,
    assignment: Option<Assignment>,
    investigation: Option<Investigation>,
}

impl IsoEnvelope {
    /// Which message it is.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Its name with variant and version: `pacs.008.001.08`.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// `GrpHdr/MsgId`, in the first versions `GrpHdr/GrpId`; of a case `Assgnmt/Id`, of an investigation its `MsgId`. None if it does not have the form of an identifier.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Where that stands in the message.
    pub fn message_id_at(&self) -> String {
        let shape = self.kind.shape();
        format!("/Document/*/{}/{}", shape.header, shape.message_id[0])
    }

    /// The same as it was written: a message that comes again is known by it. For nothing that is kept.
    pub fn message_key(&self) -> &Secret {
        &self.message_key
    }

    /// `GrpHdr/CreDtTm` or `Assgnmt/CreDtTm`, as it was written; empty where a message has no such.
    pub fn created(&self) -> &str {
        &self.created
    }

    /// The identifiers of its transactions, in the order of the requests.
    pub fn transactions(&self) -> &[OriginalIds] {
        &self.transactions
    }
}

/// How the sender names a transaction, by identifiers that have the form of one.
#[derive(Default)]
pub struct OriginalIds {
    /// `PmtInfId`, of pain.001 and what is about it.
    pub payment_information: Option<String>,
    /// `InstrId`.
    pub instruction: Option<String>,
    /// `EndToEndId`.
    pub end_to_end: Option<String>,
    /// `TxId`, between banks.
    pub transaction: Option<String>,
    /// `UETR`.
    pub uetr: Option<String>,
    /// The message that the transaction came in, where another one is about it: its identifier, and its name.
    pub original_message: Option<(String, String)>,
    /// Its own case.
    case: Option<Case>,
}

impl OriginalIds {
    /// The UETR, if a reply may have it (ISO 20022 UUIDv4Identifier).
    fn uetr(&self) -> Option<&str> {
        self.uetr.as_deref().filter(|uetr| is_uuid_v4(uetr))
    }
}

/// ISO 20022 UUIDv4Identifier.
fn is_uuid_v4(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b'])
}
