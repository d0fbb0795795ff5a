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
    /// camt.110, a bank has a payment looked into.
    Camt110,
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
    /// The element that has the message's own identifier, its instant, and who it is from and to.
    pub(super) header: &'static str,
    /// The names of that identifier; some first versions call it otherwise.
    pub(super) message_id: &'static [&'static str],
    /// The name of the instant, in messages that have one.
    pub(super) created: Option<&'static str>,
    /// Who asks, and who is asked, where the answer says it.
    pub(super) parties: Option<[&'static str; 2]>,
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
    /// Paths below the message element that are compared or repeated, and are no facts, beside the identifiers.
    pub(super) read_here: &'static [&'static str],
}

impl MessageKind {
    /// All of them.
    pub const ALL: [MessageKind; 6] = [
        MessageKind::Pacs008,
        MessageKind::Pain001,
        MessageKind::Pacs028,
        MessageKind::Camt056,
        MessageKind::Camt055,
        MessageKind::Camt110,
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
            MessageKind::Camt110 => &CAMT_110,
        }
    }
}

impl Shape {
    /// Whether an identifier that a reply repeats stands at a path below the message element.
    pub(super) fn repeats(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        let is_at = |level: usize, below: &[&str]| {
            let Some((above, rest)) = names.split_at_checked(level) else {
                return false;
            };
            let mut levels = self.levels.iter().zip(above);
            rest == below && levels.all(|(own, name)| own.contains(name))
        };
        let mut identifiers = self.identifiers.iter();
        let mut messages = self.original_message.iter();
        identifiers.any(|(level, below)| is_at(*level, below))
            || messages.any(|(level, element)| {
                ORIGINAL_MESSAGE
                    .iter()
                    .any(|name| is_at(*level, &[*element, *name]))
            })
    }
}

/// What an element says that is about a message which was sent before: its identifier, and its name.
pub(super) const ORIGINAL_MESSAGE: [&str; 2] = ["OrgnlMsgId", "OrgnlMsgNmId"];

const PACS_008: Shape = Shape {
    name: "pacs.008",
    last_version: 13,
    operation: "payment.authorize",
    header: "GrpHdr",
    message_id: &["MsgId", "GrpId"],
    created: Some("CreDtTm"),
    parties: None,
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
    created: Some("CreDtTm"),
    parties: None,
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
    created: Some("CreDtTm"),
    parties: None,
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
    read_here: &["GrpHdr/MsgId", "GrpHdr/CreDtTm"],
};

/// Optional in the schema, but nobody gives back money without being told why.
const RECALL_REASON: (&str, Below) = ("recall.reason", &["CxlRsnInf", "Rsn", "Cd"]);

const CAMT_056: Shape = Shape {
    name: "camt.056",
    last_version: 11,
    operation: "assist.recall",
    header: "Assgnmt",
    message_id: &["Id"],
    created: Some("CreDtTm"),
    parties: Some(["Assgnr", "Assgne"]),
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
        "Undrlyg/OrgnlGrpInfAndCxl/GrpCxl",
        "Undrlyg/TxInf/OrgnlIntrBkSttlmAmt",
    ],
};

const CAMT_055: Shape = Shape {
    name: "camt.055",
    last_version: 12,
    operation: "assist.recall",
    header: "Assgnmt",
    message_id: &["Id"],
    created: Some("CreDtTm"),
    parties: Some(["Assgnr", "Assgne"]),
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
        "Undrlyg/OrgnlGrpInfAndCxl/GrpCxl",
        "Undrlyg/OrgnlPmtInfAndCxl/PmtInfCxl",
        "Undrlyg/OrgnlPmtInfAndCxl/TxInf/OrgnlInstdAmt",
    ],
};

const CAMT_110: Shape = Shape {
    name: "camt.110",
    last_version: 1,
    operation: "assist.failed_payment",
    header: "InvstgtnReq",
    message_id: &["MsgId"],
    created: None,
    parties: Some(["Rqstr", "Rspndr"]),
    levels: &[&["InvstgtnReq"]],
    identifiers: &[
        (1, &["Undrlyg", "Initn", "OrgnlPmtInfId"]),
        (1, &["Undrlyg", "Initn", "OrgnlInstrId"]),
        (1, &["Undrlyg", "Initn", "OrgnlEndToEndId"]),
        (1, &["Undrlyg", "Initn", "OrgnlUETR"]),
        (1, &["Undrlyg", "IntrBk", "OrgnlInstrId"]),
        (1, &["Undrlyg", "IntrBk", "OrgnlEndToEndId"]),
        (1, &["Undrlyg", "IntrBk", "OrgnlTxId"]),
        (1, &["Undrlyg", "IntrBk", "OrgnlUETR"]),
    ],
    original_message: &[],
    cases: &[],
    amount: None,
    needs: None,
    read_here: &[
        "InvstgtnReq/MsgId",
        "InvstgtnReq/EIR",
        "InvstgtnReq/InvstgtnTp/Cd",
    ],
};
