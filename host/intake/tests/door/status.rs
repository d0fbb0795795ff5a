//! A bank asks how payments stand: pacs.028, and the pacs.002 that answers it.

use weft_intake::iso::{MessageKind, Status, reply};
use weft_intake::{Envelope, MediaType, Message, TransactionStatus, Why};

use crate::house::{House, check_schema};

const QUESTION: &str = include_str!("../../../../examples/demo/status.xml");
const UETR: &str = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11";
const TRANSACTION: &str = "/Document/*/TxInf[1]";

fn read(house: &House, body: &str) -> Message {
    let read = house.read(MediaType::Xml, body);
    read.unwrap_or_else(|problem| panic!("{problem}\n{body}"))
}

fn changed(from: &str, to: &str) -> String {
    assert!(QUESTION.contains(from), "{from}");
    QUESTION.replace(from, to)
}

fn answer(envelope: &Envelope, statuses: &[TransactionStatus]) -> String {
    let answer = String::from_utf8(reply(envelope, statuses)).expect("UTF-8");
    check_schema("pacs.002.001.10", &answer);
    answer
}

fn status(status: Status, reason: Option<&str>) -> TransactionStatus {
    TransactionStatus {
        status,
        reason: reason.map(str::to_owned),
        additional_information: vec!["dec_1".to_owned()],
    }
}

/// R2, R39: the question is one for assistance, like any other.
#[test]
fn a_status_request_asks_why_a_payment_does_not_go_through() {
    let house = House::new();
    let message = read(&house, QUESTION);
    let Envelope::Iso(iso) = &message.envelope else {
        panic!("it is an ISO message")
    };
    assert_eq!(iso.kind(), MessageKind::Pacs028);
    assert_eq!(iso.definition(), "pacs.028.001.03");
    assert_eq!(iso.message_id(), Some("DEMO-MSG-2"));
    let [request] = &message.requests[..] else {
        panic!("one transaction is one request")
    };
    assert_eq!(request.operation, "assist.failed_payment");
    assert_eq!(request.row.facts().count(), 1);
    assert_eq!(house.fact(request, "payment.id"), Some(UETR.into()));
    let dropped = request.dropped.places().iter();
    let dropped: Vec<_> = dropped.map(|at| &*at.pointer).collect();
    assert_eq!(dropped, [format!("{TRANSACTION}/StsReqId")]);
}

/// R39: the first versions have no UETR.
#[test]
fn all_versions_of_a_status_request_are_read() {
    let house = House::new();
    let uetr = format!("<OrgnlUETR>{UETR}</OrgnlUETR>");
    for version in 1..=6 {
        let body = changed("pacs.028.001.03", &format!("pacs.028.001.{version:02}"));
        let (body, id) = match version {
            1 | 2 => (body.replace(&uetr, ""), "DEMO-E2E-1"),
            _ => (body, UETR),
        };
        check_schema(&format!("pacs.028.001.{version:02}"), &body);
        let message = read(&house, &body);
        let named = house.fact(&message.requests[0], "payment.id");
        assert_eq!(named, Some(id.into()), "{version}");
        answer(&message.envelope, &[status(Status::Pending, None)]);
    }
    let problem = house.refused(MediaType::Xml, &changed("028.001.03", "028.001.07"));
    assert_eq!(problem.code(), "unsupported-message");
    let help = problem.what_to_do().expect("a remedy");
    assert!(
        help.contains("pacs.028.001.01 to pacs.028.001.06"),
        "{help}"
    );
}

/// R9, R39: each payment is named as the question named it, with the status that it has. What is not told has none.
#[test]
fn a_status_request_is_answered_with_a_pacs_002() {
    let house = House::new();
    let message = read(&house, QUESTION);
    for (of, reason, told) in [
        (
            Status::Pending,
            None,
            "<TxSts>PDNG</TxSts><StsRsnInf><AddtlInf>",
        ),
        (
            Status::Accepted,
            None,
            "<TxSts>ACCP</TxSts><StsRsnInf><AddtlInf>",
        ),
        (
            Status::Rejected,
            Some("FRAD"),
            "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>FRAD</Cd></Rsn>",
        ),
        (Status::Cancelled, None, "<TxSts>CANC</TxSts><StsRsnInf>"),
        (
            Status::Unknown,
            Some("AG09"),
            "</OrgnlUETR><StsRsnInf><Rsn><Cd>AG09</Cd></Rsn><AddtlInf>dec_1",
        ),
    ] {
        let answer = answer(&message.envelope, &[status(of, reason)]);
        for part in [
            "<OrgnlGrpInf><OrgnlMsgId>DEMO-MSG-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>",
            "<OrgnlInstrId>DEMO-INSTR-1</OrgnlInstrId><OrgnlEndToEndId>DEMO-E2E-1</OrgnlEndToEndId>",
            &format!("<OrgnlUETR>{UETR}</OrgnlUETR>"),
            told,
        ] {
            assert!(answer.contains(part), "{part} is not in {answer}");
        }
        assert!(!answer.contains("OrgnlGrpInfAndSts"), "{answer}");
    }
}

#[test]
fn each_payment_that_is_asked_about_is_answered() {
    let house = House::new();
    let from = QUESTION.find("<TxInf>").expect("a transaction");
    let to = QUESTION.find("</TxInf>").expect("its end") + "</TxInf>".len();
    // What stands once holds for the second, which does not say it again.
    let of_message = "<OrgnlGrpInf><OrgnlMsgId>MSG-0</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.12</OrgnlMsgNmId></OrgnlGrpInf>";
    let second = "<TxInf><OrgnlTxId>TX-2</OrgnlTxId></TxInf>";
    let first = &QUESTION[from..to];
    let body = format!(
        "{}{of_message}{first}{second}{}",
        &QUESTION[..from],
        &QUESTION[to..]
    );
    let message = read(&house, &body);
    assert_eq!(message.requests.len(), 2);
    let id = house.fact(&message.requests[1], "payment.id");
    assert_eq!(id, Some("TX-2".into()));
    let statuses = [
        status(Status::Accepted, None),
        status(Status::Unknown, Some("AG09")),
    ];
    let answer = answer(&message.envelope, &statuses);
    let of_second = "<TxInfAndSts><OrgnlGrpInf><OrgnlMsgId>MSG-0</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.12</OrgnlMsgNmId>\
                     </OrgnlGrpInf><OrgnlTxId>TX-2</OrgnlTxId><StsRsnInf>";
    assert!(answer.contains(of_second), "{answer}");

    let twice = format!("{}{first}{first}{}", &QUESTION[..from], &QUESTION[to..]);
    let problem = house.refused(MediaType::Xml, &twice);
    assert_eq!(
        (problem.code(), problem.where_it_is()),
        ("invalid-value", Some("/Document/*//TxInf[2]"))
    );
}

#[test]
fn a_question_that_names_no_payment_is_refused_with_its_place() {
    let house = House::new();
    let from = QUESTION.find("<TxInf>").expect("a transaction");
    let to = QUESTION.find("</TxInf>").expect("its end") + "</TxInf>".len();
    // How a whole message stands: which payments were in it, nobody keeps.
    let whole = format!(
        "{}<OrgnlGrpInf><OrgnlMsgId>DEMO-MSG-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>{}",
        &QUESTION[..from],
        &QUESTION[to..]
    );
    let unnamed = changed(UETR, "no UUID").replace("DEMO-E2E-1", "NOTPROVIDED");
    for (body, code, place) in [
        (whole, "missing-field", "/Document/*"),
        (unnamed, "invalid-value", TRANSACTION),
        (
            changed("<MsgId>DEMO-MSG-2</MsgId>", ""),
            "missing-field",
            "/Document/*/GrpHdr/MsgId",
        ),
        (
            changed("2026-11-23T09:05:00Z", "yesterday"),
            "invalid-value",
            "/Document/*/GrpHdr/CreDtTm",
        ),
    ] {
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            (code, Some(place)),
            "{problem}"
        );
    }
    let entity = changed(
        "<Document",
        "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Document",
    );
    assert_eq!(house.refused(MediaType::Xml, &entity).code(), "malformed");
}

/// R15: what people write in place of an identifier is neither kept nor repeated.
#[test]
fn words_in_original_identifiers_are_dropped_and_named() {
    let house = House::new();
    let body = changed("DEMO-E2E-1", "Zora Quorble")
        .replace("DEMO-INSTR-1", "4929123456789015")
        .replace("DEMO-MSG-1", "Rent of Zora")
        .replace("DEMO-MSG-2", "ines@example.org");
    let message = read(&house, &body);
    let dropped = message.requests[0].dropped.places().iter();
    let dropped = dropped.filter(|at| at.why == Why::NotInForm);
    let mut places: Vec<_> = dropped.map(|at| &*at.pointer).collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "/Document/*/GrpHdr/MsgId",
            "/Document/*/TxInf[1]/OrgnlEndToEndId",
            "/Document/*/TxInf[1]/OrgnlGrpInf/OrgnlMsgId",
            "/Document/*/TxInf[1]/OrgnlInstrId",
        ]
    );
    let answer = answer(&message.envelope, &[status(Status::Accepted, None)]);
    for written in ["Zora", "4929", "ines@", "pacs.008"] {
        assert!(!answer.contains(written), "{answer}");
    }
}
