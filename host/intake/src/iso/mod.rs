//! ISO 20022: what a payment message asks for, and the status report that answers it.
//!
//! | module | what is there |
//! |---|---|
//! | `amounts` | what a message says about its own amounts |
//! | `document` | XML into elements, bounded; no DTD, no entities |
//! | `elements` | names of elements that the messages have |
//! | `identify` | which message it is, and its business header (head.001) |
//! | `ids` | identifiers of messages, and which of them have the form of one |
//! | `plan` | the dictionary's paths, compiled |
//! | `transactions` | elements into facts, one request for each transaction |
//! | `unread` | elements that say something and are not read |
//! | [`reply`](mod@reply) | pacs.002 and pain.002 |
//!
//! Read are pacs.008 (FIToFICustomerCreditTransfer), versions 1 to 13, and pain.001
//! (CustomerCreditTransferInitiation), versions 1 to 12. Any other message is refused by its name.

mod amounts;
mod document;
mod elements;
mod identify;
mod ids;
mod plan;
pub mod reply;
mod transactions;
mod unread;

use weft_vault::Secret;

pub(crate) use plan::Plan;
pub use reply::{Status, TransactionStatus, reply, reply_at};
pub(crate) use transactions::read;

/// The messages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payment {
    /// pacs.008, between banks.
    Pacs008,
    /// pain.001, from a customer to its bank.
    Pain001,
}

impl Payment {
    /// All of them.
    pub const ALL: [Payment; 2] = [Payment::Pacs008, Payment::Pain001];

    /// The name without variant and version, as in the dictionary.
    pub fn name(self) -> &'static str {
        match self {
            Payment::Pacs008 => "pacs.008",
            Payment::Pain001 => "pain.001",
        }
    }

    /// The last version that is read; the first is 1.
    pub fn last_version(self) -> u8 {
        match self {
            Payment::Pacs008 => 13,
            Payment::Pain001 => 12,
        }
    }

    /// The elements that repeat, from the message element down to a transaction, each by its names: the
    /// first version of pain.001 has others than the later ones.
    pub(crate) fn levels(self) -> &'static [&'static [&'static str]] {
        match self {
            Payment::Pacs008 => &[&["CdtTrfTxInf"]],
            Payment::Pain001 => &[&["PmtInf"], &["CdtTrfTxInf", "PmtTx"]],
        }
    }
}

/// What the reply to a message needs of it.
pub struct IsoEnvelope {
    pub(crate) payment: Payment,
    pub(crate) definition: String,
    pub(crate) message_id: Option<String>,
    pub(crate) message_key: Secret,
    pub(crate) created: String,
    pub(crate) transactions: Vec<OriginalIds>,
}

impl IsoEnvelope {
    /// Which message it is.
    pub fn payment(&self) -> Payment {
        self.payment
    }

    /// Its name with variant and version: `pacs.008.001.08`.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// `GrpHdr/MsgId`; `GrpHdr/GrpId` in the first versions. None if it does not have the form of an identifier.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The same as it was written: a message that comes again is known by it. For nothing that is kept.
    pub fn message_key(&self) -> &Secret {
        &self.message_key
    }

    /// `GrpHdr/CreDtTm`, as it was written.
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
    /// `PmtInf/PmtInfId`, of pain.001.
    pub payment_information: Option<String>,
    /// `PmtId/InstrId`.
    pub instruction: Option<String>,
    /// `PmtId/EndToEndId`.
    pub end_to_end: Option<String>,
    /// `PmtId/TxId`, of pacs.008.
    pub transaction: Option<String>,
    /// `PmtId/UETR`.
    pub uetr: Option<String>,
}
