//! A bank has a payment looked into: camt.110, and the camt.111 that answers it.

use weft_intake::iso::{MessageKind, Status, reply};
use weft_intake::{Envelope, MediaType, Message, TransactionStatus};

use crate::house::{House, check_schema};

const UETR: &str = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11";
const REQUEST: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.110.001.01"><InvstgtnReq>
  <InvstgtnReq><MsgId>INV-1</MsgId><RqstrInvstgtnId>CASE-7</RqstrInvstgtnId><EIR>0b0ad5a3-9d1c-4a52-8f3e-0d6f1f5f7a01</EIR>
    <InvstgtnTp><Cd>CCNR</Cd></InvstgtnTp>
    <Undrlyg><IntrBk><OrgnlEndToEndId>DEMO-E2E-1</OrgnlEndToEndId><OrgnlUETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</OrgnlUETR></IntrBk></Undrlyg>
    <Rqstr><Agt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></Agt></Rqstr>
    <Rspndr><Pty><Nm>Zora Quorble</Nm></Pty></Rspndr></InvstgtnReq>
  <InvstgtnData><Rsn><Cd>IN01</Cd></Rsn><AddtlReqData><ReqNrrtv>Zora Quorble asks, 4929 1234 5678 9015</ReqNrrtv></AddtlReqData></InvstgtnData>
</InvstgtnReq></Document>"#;

fn read(house: &House, body: &str) -> Message {
    let read = house.read(MediaType::Xml, body);
    read.unwrap_or_else(|problem| panic!("{problem}\n{body}"))
}

fn answer(envelope: &Envelope, status: Status, reason: Option<&str>) -> String {
    let status = TransactionStatus {
        status,
        reason: reason.map(str::to_owned),
        additional_information: vec!["dec_1".to_owned(), "x".repeat(1_000)],
    };
    let answer = String::from_utf8(reply(envelope, &[status])).expect("UTF-8");
    check_schema("camt.111.001.01", &answer);
    answer
}

/// R2, R15, R39: it is the question that support asks, within the case of who asks; what people write is not kept.
#[test]
fn an_investigation_asks_how_a_payment_stands() {
    let house = House::new();
    check_schema("camt.110.001.01", REQUEST);
    let message = read(&house, REQUEST);
    let Envelope::Iso(iso) = &message.envelope else {
        panic!("it is an ISO message")
    };
    assert_eq!(iso.kind(), MessageKind::Camt110);
    assert_eq!(iso.message_id(), Some("INV-1"));
    let [request] = &message.requests[..] else {
        panic!("an investigation is one request")
    };
    assert_eq!(request.operation, "assist.failed_payment");
    assert_eq!(house.fact(request, "payment.id"), Some(UETR.into()));
    assert_eq!(house.fact(request, "case.id"), Some("CASE-7".into()));
    assert_eq!(request.row.facts().count(), 2);
    assert!(request.new_tokens.is_empty(), "nothing goes into the vault");
    let dropped = request.dropped.places().iter();
    let dropped: Vec<_> = dropped.map(|at| &*at.pointer).collect();
    assert_eq!(
        dropped,
        [
            "/Document/*/InvstgtnData/Rsn/Cd",
            "/Document/*/InvstgtnData/AddtlReqData/ReqNrrtv",
            "/Document/*/InvstgtnReq[1]/Rspndr/Pty/Nm",
        ]
    );
}

/// R9, R39: what was found is how the payment stands; what is not told is told in words.
#[test]
fn an_investigation_is_answered_with_a_camt_111() {
    let house = House::new();
    let message = read(&house, REQUEST);
    for (status, reason, told) in [
        (
            Status::Rejected,
            Some("FRAD"),
            "<InvstgtnSts><Sts>CLSD</Sts></InvstgtnSts><InvstgtnData><RspnData><TxSts><Sts><Cd>RJCT</Cd></Sts><StsRsnInf><Rsn><Cd>FRAD",
        ),
        (
            Status::Pending,
            None,
            "<TxSts><Sts><Cd>PDNG</Cd></Sts><StsRsnInf><AddtlInf>dec_1",
        ),
        (
            Status::Unknown,
            Some("AG09"),
            "<InvstgtnSts><Sts>RJCT</Sts></InvstgtnSts><InvstgtnData><RspnData><RspnNrrtv>AG09; dec_1; xxx",
        ),
    ] {
        let answer = answer(&message.envelope, status, reason);
        for part in [
            told,
            "<OrgnlInvstgtnReq><MsgId>INV-1</MsgId><RqstrInvstgtnId>CASE-7</RqstrInvstgtnId><EIR>0b0ad5a3-9d1c-4a52-8f3e-0d6f1f5f7a01",
            "<InvstgtnTp><Cd>CCNR</Cd></InvstgtnTp><Rqstr><Agt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></Agt></Rqstr>",
            "<Rspndr><Pty><Nm>NOTPROVIDED</Nm></Pty></Rspndr>",
        ] {
            assert!(answer.contains(part), "{part} is not in {answer}");
        }
        assert!(!answer.contains("Quorble"), "{answer}");
    }
}

#[test]
fn what_this_host_cannot_look_into_is_refused_with_its_place() {
    let house = House::new();
    let changed = |from: &str, to: &str| {
        assert!(REQUEST.contains(from), "{from}");
        REQUEST.replace(from, to)
    };
    let of_type = "/Document/*/InvstgtnReq/InvstgtnTp/Cd";
    let account = "<Acct><Id><Othr><Id>A-1</Id></Othr></Id></Acct>";
    let from = REQUEST.find("<IntrBk>").expect("a payment");
    let to = REQUEST.find("</IntrBk>").expect("its end") + "</IntrBk>".len();
    for (body, code, place) in [
        (changed("CCNR", "RQCH"), "invalid-value", of_type),
        (
            changed("<Cd>CCNR</Cd>", "<Prtry>lost</Prtry>"),
            "invalid-value",
            of_type,
        ),
        (
            format!("{}{account}{}", &REQUEST[..from], &REQUEST[to..]),
            "invalid-value",
            "/Document/*/InvstgtnReq[1]",
        ),
        (
            changed("<MsgId>INV-1</MsgId>", ""),
            "missing-field",
            "/Document/*/InvstgtnReq/MsgId",
        ),
        (
            changed("camt.110.001.01", "camt.110.001.02"),
            "unsupported-message",
            "/Document",
        ),
    ] {
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            (code, Some(place)),
            "{problem}"
        );
    }
    let initiated = REQUEST.replace("IntrBk>", "Initn>");
    check_schema("camt.110.001.01", &initiated);
    let message = read(&house, &initiated);
    let id = house.fact(&message.requests[0], "payment.id");
    assert_eq!(id, Some(UETR.into()));
}
