//! The messages that are read, and what differs between them: one table, so that nothing else asks which message it is.

/// The messages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// pacs.008, a payment between banks.
    Pacs008,
    /// pain.001, payments from a customer to its bank.
    Pain001,
    /// pacs.028, a bank asks how payments stand.
    Pacs028,
    /// camt.056, a bank calls payments back.
    Camt056,
    /// camt.055, a customer calls payments back.
    Camt055,
}

/// Names of elements, one below the other.
pub(super) type Below = &'static [&'static str];

/// How a message is built. A level is a place in the chain from the message element (0) down to a transaction.
pub(super) struct Shape {
    /// Without variant and version, as in the dictionary.
    name: &'static str,
    /// The last version that is read; the first is 1.
    last_version: u8,
    /// What it asks for, for each of its transactions.
    pub(super) operation: &'static str,
    /// The element that has the message's own identifier and its instant.
    pub(super) header: &'static str,
    /// The names of that identifier; some first versions call it otherwise.
    pub(super) message_id: &'static [&'static str],
    /// The elements that repeat, from the message element down to a transaction, each by its names: the first version of
    /// pain.001 has others than the later ones.
    pub(super) levels: &'static [&'static [&'static str]],
    /// Identifiers that a reply repeats, each below its level.
    pub(super) identifiers: &'static [(usize, Below)],
    /// The message that a transaction came in first: below which level it is named, the nearest first.
    pub(super) original_message: &'static [(usize, &'static str)],
    /// The case that a transaction belongs to, the nearest first. That of the whole message is none of them.
    pub(super) cases: &'static [(usize, Below)],
    /// The amount of a transaction, of which the message says the sum, where it is no fact.
    pub(super) amount: Option<&'static str>,
    /// A field without which nothing is asked for, and where it stands below a transaction.
    pub(super) needs: Option<(&'static str, Below)>,
    /// Paths below the message element that are compared or repeated, and are no facts. With them go the identifiers.
    pub(super) read_here: &'static [&'static str],
}

impl MessageKind {
    /// All of them.
    pub const ALL: [MessageKind; 5] = [
        MessageKind::Pacs008,
        MessageKind::Pain001,
        MessageKind::Pacs028,
        MessageKind::Camt056,
        MessageKind::Camt055,
    ];

    /// The name without variant and version, as in the dictionary.
    pub fn name(self) -> &'static str {
        self.shape().name
    }

    /// The last version that is read; the first is 1.
    pub fn last_version(self) -> u8 {
        self.shape().last_version
    }

    /// Whether it asks for payments, and not for something about payments that were asked for before.
    pub fn is_payment(self) -> bool {
        matches!(self, MessageKind::Pacs008 | MessageKind::Pain001)
    }

    /// Whether it is an assignment of a case, which somebody creates and hands on.
    pub fn is_case(self) -> bool {
        matches!(self, MessageKind::Camt056 | MessageKind::Camt055)
    }

    pub(super) fn shape(self) -> &'static Shape {
        match self {
            MessageKind::Pacs008 => &PACS_008,
            MessageKind::Pain001 => &PAIN_001,
            MessageKind::Pacs028 => &PACS_028,
            MessageKind::Camt056 => &CAMT_056,
            MessageKind::Camt055 => &CAMT_055,
        }
    }
}

const PACS_008: Shape = Shape {
    name: "pacs.008",
    last_version: 13,
    operation: "payment.authorize",
    header: "GrpHdr",
    message_id: &["MsgId", "GrpId"],
    levels: &[&["CdtTrfTxInf"]],
    identifiers: &[
        (1, &["PmtId", "InstrId"]),
        (1, &["PmtId", "EndToEndId"]),
        (1, &["PmtId", "TxId"]),
        (1, &["PmtId", "UETR"]),
    ],
    original_message: &[],
    cases: &[],
    amount: None,
    needs: None,
    read_here: &[
        "GrpHdr/MsgId",
        "GrpHdr/GrpId",
        "GrpHdr/CreDtTm",
        "GrpHdr/NbOfTxs",
        "GrpHdr/CtrlSum",
        "CdtTrfTxInf/PmtId/TxId",
        "CdtTrfTxInf/InstdAmt",
        "CdtTrfTxInf/ChrgsInf/Amt",
        "CdtTrfTxInf/ChrgsInf/ChrgsAmt",
    ],
};

const PAIN_001: Shape = Shape {
    name: "pain.001",
    last_version: 12,
    operation: "payment.authorize",
    header: "GrpHdr",
    message_id: &["MsgId", "GrpId"],
    levels: &[&["PmtInf"], &["CdtTrfTxInf", "PmtTx"]],
    identifiers: &[
        (1, &["PmtInfId"]),
        (2, &["PmtId", "InstrId"]),
        (2, &["PmtId", "EndToEndId"]),
        (2, &["PmtId", "UETR"]),
    ],
    original_message: &[],
    cases: &[],
    amount: None,
    needs: None,
    read_here: &[
        "GrpHdr/MsgId",
        "GrpHdr/GrpId",
        "GrpHdr/CreDtTm",
        "GrpHdr/NbOfTxs",
        "GrpHdr/CtrlSum",
        "PmtInf/PmtInfId",
        "PmtInf/NbOfTxs",
        "PmtInf/CtrlSum",
    ],
};

const PACS_028: Shape = Shape {
    name: "pacs.028",
    last_version: 6,
    operation: "assist.failed_payment",
    header: "GrpHdr",
    message_id: &["MsgId"],
    levels: &[&["TxInf"]],
    identifiers: &[
        (1, &["OrgnlInstrId"]),
        (1, &["OrgnlEndToEndId"]),
        (1, &["OrgnlTxId"]),
        (1, &["OrgnlUETR"]),
    ],
    original_message: &[(1, "OrgnlGrpInf"), (0, "OrgnlGrpInf")],
    cases: &[],
    amount: None,
    needs: None,
    read_here: &[
        "GrpHdr/MsgId",
        "GrpHdr/CreDtTm",
        "OrgnlGrpInf/OrgnlMsgId",
        "OrgnlGrpInf/OrgnlMsgNmId",
        "TxInf/OrgnlGrpInf/OrgnlMsgId",
        "TxInf/OrgnlGrpInf/OrgnlMsgNmId",
        "TxInf/OrgnlInstrId",
        "TxInf/OrgnlEndToEndId",
        "TxInf/OrgnlTxId",
        "TxInf/OrgnlUETR",
    ],
};

/// Optional in the schema, but nobody gives back money without being told why.
const RECALL_REASON: (&str, Below) = ("recall.reason", &["CxlRsnInf", "Rsn", "Cd"]);

const CAMT_056: Shape = Shape {
    name: "camt.056",
    last_version: 11,
    operation: "assist.recall",
    header: "Assgnmt",
    message_id: &["Id"],
    levels: &[&["Undrlyg"], &["TxInf"]],
    identifiers: &[
        (2, &["OrgnlInstrId"]),
        (2, &["OrgnlEndToEndId"]),
        (2, &["OrgnlTxId"]),
        (2, &["OrgnlUETR"]),
    ],
    original_message: &[(2, "OrgnlGrpInf"), (1, "OrgnlGrpInfAndCxl")],
    cases: &[(2, &["Case"]), (1, &["OrgnlGrpInfAndCxl", "Case"])],
    amount: Some("OrgnlIntrBkSttlmAmt"),
    needs: Some(RECALL_REASON),
    read_here: &[
        "Assgnmt/Id",
        "Assgnmt/CreDtTm",
        "CtrlData/NbOfTxs",
        "CtrlData/CtrlSum",
        "Undrlyg/OrgnlGrpInfAndCxl/OrgnlMsgId",
        "Undrlyg/OrgnlGrpInfAndCxl/OrgnlMsgNmId",
        "Undrlyg/OrgnlGrpInfAndCxl/GrpCxl",
        "Undrlyg/TxInf/OrgnlGrpInf/OrgnlMsgId",
        "Undrlyg/TxInf/OrgnlGrpInf/OrgnlMsgNmId",
        "Undrlyg/TxInf/OrgnlInstrId",
        "Undrlyg/TxInf/OrgnlEndToEndId",
        "Undrlyg/TxInf/OrgnlTxId",
        "Undrlyg/TxInf/OrgnlUETR",
        "Undrlyg/TxInf/OrgnlIntrBkSttlmAmt",
    ],
};

const CAMT_055: Shape = Shape {
    name: "camt.055",
    last_version: 12,
    operation: "assist.recall",
    header: "Assgnmt",
    message_id: &["Id"],
    levels: &[&["Undrlyg"], &["OrgnlPmtInfAndCxl"], &["TxInf"]],
    identifiers: &[
        (2, &["OrgnlPmtInfId"]),
        (3, &["OrgnlInstrId"]),
        (3, &["OrgnlEndToEndId"]),
        (3, &["OrgnlUETR"]),
    ],
    original_message: &[(2, "OrgnlGrpInf"), (1, "OrgnlGrpInfAndCxl")],
    cases: &[
        (3, &["Case"]),
        (2, &["Case"]),
        (1, &["OrgnlGrpInfAndCxl", "Case"]),
    ],
    amount: Some("OrgnlInstdAmt"),
    needs: Some(RECALL_REASON),
    read_here: &[
        "Assgnmt/Id",
        "Assgnmt/CreDtTm",
        "CtrlData/NbOfTxs",
        "CtrlData/CtrlSum",
        "Undrlyg/OrgnlGrpInfAndCxl/OrgnlMsgId",
        "Undrlyg/OrgnlGrpInfAndCxl/OrgnlMsgNmId",
        "Undrlyg/OrgnlGrpInfAndCxl/GrpCxl",
        "Undrlyg/OrgnlPmtInfAndCxl/OrgnlPmtInfId",
        "Undrlyg/OrgnlPmtInfAndCxl/OrgnlGrpInf/OrgnlMsgId",
        "Undrlyg/OrgnlPmtInfAndCxl/OrgnlGrpInf/OrgnlMsgNmId",
        "Undrlyg/OrgnlPmtInfAndCxl/PmtInfCxl",
        "Undrlyg/OrgnlPmtInfAndCxl/TxInf/OrgnlInstrId",
        "Undrlyg/OrgnlPmtInfAndCxl/TxInf/OrgnlEndToEndId",
        "Undrlyg/OrgnlPmtInfAndCxl/TxInf/OrgnlUETR",
        "Undrlyg/OrgnlPmtInfAndCxl/TxInf/OrgnlInstdAmt",
    ],
};
