//! Messages of ISO 20022 on the side of support, through the door of a real host, with the project's own policies: what comes
//! back is valid in the eyes of programs that are not ours.

use serde_json::json;
use weft_tests::Host;
use weft_tests::binary::project;
use weft_tests::host::Answer;
use weft_tests::traffic::{demo, usual};
use weft_tests::valid::check_schema;

const REPORT: &str = "pacs.002.001.10";
const RESOLUTION: &str = "camt.029.001.09";

fn send(host: &Host, role: &str, body: &str) -> Answer {
    host.post(role, "application/xml", body.as_bytes(), &[])
}

/// The answer to a message, which is one of this definition.
fn answered(host: &Host, body: &str, definition: &str) -> String {
    let answer = send(host, "service", body);
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert_eq!(answer.content_type, "application/xml");
    check_schema(project(), definition, &text);
    text
}

/// A camt.056 for one payment, by the identifier that is its EndToEndId, as an assignment of this number.
fn recall(assignment: &str, payment: &str, reason: &str) -> String {
    let body = demo("recall.xml");
    let (head, rest) = body.split_once("<OrgnlInstrId>").expect("identifiers");
    let (_, rest) = rest.split_once("<OrgnlIntrBkSttlmAmt").expect("an amount");
    let (_, rest) = rest.split_once("</OrgnlIntrBkSttlmAmt>").expect("its end");
    let head = head
        .replace("DEMO-ASSGN-1", assignment)
        .replace("<CtrlSum>42.50</CtrlSum>", "");
    let rest = rest.replace("FRAD", reason);
    format!("{head}<OrgnlEndToEndId>{payment}</OrgnlEndToEndId>{rest}")
}

/// A pacs.028 about one payment, by its EndToEndId.
fn question(message: &str, payment: &str) -> String {
    let body = demo("status.xml").replace("DEMO-MSG-2", message);
    let (head, rest) = body.split_once("<OrgnlInstrId>").expect("identifiers");
    let (_, rest) = rest.split_once("</OrgnlUETR>").expect("the last of them");
    format!("{head}<OrgnlEndToEndId>{payment}</OrgnlEndToEndId>{rest}")
}

/// The decision that an answer names.
fn decision(answer: &str) -> &str {
    let from = answer.find("dec_").expect("a decision");
    let rest = &answer[from..];
    &rest[..rest.find('<').expect("its end")]
}

/// R9, R10, R39: a bank asks how its payment stands, and is told by the host's own codes; the same question has the same answer.
#[test]
fn a_status_request_is_answered_as_the_payment_stands() {
    let host = Host::start("");
    let paid = answered(&host, &demo("transfer.xml"), REPORT);
    assert!(paid.contains("<TxSts>PDNG</TxSts>"), "{paid}");
    let first = answered(&host, &demo("status.xml"), REPORT);
    for part in [
        "<OrgnlGrpInf><OrgnlMsgId>DEMO-MSG-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>",
        "<TxSts>PDNG</TxSts>",
        "<AddtlInf>payment: pending</AddtlInf>",
    ] {
        assert!(first.contains(part), "{part} is not in {first}");
    }
    // It stops. What was answered before is answered again, and what is asked anew is told what is now.
    let stopped = answered(&host, &demo("recall.xml"), RESOLUTION);
    assert!(stopped.contains("<Conf>CNCL</Conf>"), "{stopped}");
    assert_eq!(answered(&host, &demo("status.xml"), REPORT), first);
    let anew = demo("status.xml").replace("DEMO-MSG-2", "DEMO-MSG-3");
    let now = answered(&host, &anew, REPORT);
    assert!(now.contains("<TxSts>CANC</TxSts>"), "{now}");
    // Other bytes of that number are another message.
    let other = demo("status.xml").replace("DEMO-STS-1", "DEMO-STS-2");
    let other = send(&host, "service", &other);
    assert_eq!(other.status, 422);
    assert_eq!(other.json()["pointer"], "/Document/*/GrpHdr/MsgId");
}

/// R9, R16: who is granted nothing of a payment is told the same as if it were not there.
#[test]
fn a_payment_that_is_not_there_and_one_that_is_not_told_have_no_status() {
    let host = Host::start("");
    answered(&host, &demo("transfer.xml"), REPORT);
    let unknown = answered(&host, &question("DEMO-MSG-7", "P-7001"), REPORT);
    assert!(unknown.contains("<Cd>AG09</Cd>"), "{unknown}");
    assert!(!unknown.contains("TxSts"), "{unknown}");
    let of_unknown = answered(&host, &recall("DEMO-ASSGN-7", "P-7001", "FRAD"), RESOLUTION);
    for part in [
        "<TxCxlSts>RJCR</TxCxlSts>",
        "<Cd>NOOR</Cd>",
        "<Conf>RJCR</Conf>",
    ] {
        assert!(of_unknown.contains(part), "{of_unknown}");
    }
    // A message has no place for an agent's case, so nothing is told to one.
    let told = |message: &str, uetr: &str| {
        let body = demo("status.xml")
            .replace("DEMO-MSG-2", message)
            .replace("5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11", uetr);
        let answer = send(&host, "agent", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        check_schema(project(), REPORT, &text);
        let (_, of_payment) = text.split_once("</OrgnlUETR>").expect("its name");
        of_payment.replace(decision(&text), "a decision")
    };
    let there = told("DEMO-MSG-8", "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11");
    let not_there = told("DEMO-MSG-9", "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c99");
    assert_eq!(there, not_there);
    assert!(there.contains("<Cd>AG09</Cd>"), "{there}");
}

/// R2, R5, R12, R39: a recall of what was released waits for the customer, as it does by JSON, and is done when it is asked for
/// again with the same words.
#[test]
fn a_recall_waits_for_the_customer_and_is_answered_each_time() {
    let host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let payment = "usual-5";
    let asked = answered(&host, &recall("DEMO-ASSGN-2", payment, "DUPL"), RESOLUTION);
    for part in [
        "<RslvdCase><Id>DEMO-CASE-2</Id>",
        "<Sts><Conf>PDCR</Conf></Sts>",
        "<OrgnlEndToEndId>usual-5</OrgnlEndToEndId><TxCxlSts>PDCR</TxCxlSts>",
    ] {
        assert!(asked.contains(part), "{part} is not in {asked}");
    }
    let seen = host.get("service", &format!("/v1/decisions/{}", decision(&asked)));
    let challenge = &seen.json()["challenge"];
    let approval = json!({
        "operation": "assist.verify_identity",
        "payment": {"id": payment},
        "challenge": {"id": challenge["id"], "response": challenge["response"]},
    });
    let approved = host.decide("service", &approval).json();
    assert_eq!(approved["verdict"], "allow", "{approved}");
    // The same assignment is the same question; a new one asks for it again.
    assert_eq!(
        answered(&host, &recall("DEMO-ASSGN-2", payment, "DUPL"), RESOLUTION),
        asked
    );
    let done = answered(&host, &recall("DEMO-ASSGN-3", payment, "DUPL"), RESOLUTION);
    for part in ["<Conf>CNCL</Conf>", "<TxCxlSts>ACCR</TxCxlSts>"] {
        assert!(done.contains(part), "{part} is not in {done}");
    }
    let stands = answered(&host, &question("DEMO-MSG-4", payment), REPORT);
    assert!(stands.contains("<TxSts>CANC</TxSts>"), "{stands}");
    let again = answered(&host, &recall("DEMO-ASSGN-4", payment, "DUPL"), RESOLUTION);
    for part in ["<TxCxlSts>RJCR</TxCxlSts>", "<Cd>ARDT</Cd>"] {
        assert!(again.contains(part), "{part} is not in {again}");
    }
    let other = recall("DEMO-ASSGN-4", payment, "TECH");
    let other = send(&host, "service", &other);
    assert_eq!(other.status, 422);
    assert_eq!(other.json()["pointer"], "/Document/*/Assgnmt/Id");
}

/// R15: what people write beside a recall is in no answer, no log line and no file of the host.
#[test]
fn what_people_write_beside_a_recall_is_nowhere() {
    let mut host = Host::start("");
    answered(&host, &demo("transfer.xml"), REPORT);
    let body = demo("recall.xml").replace(
        "</Rsn>",
        "</Rsn><AddtlInf>Zora Quorble says 4929 1234 5678 9015 CVV 123</AddtlInf>",
    );
    let answer = answered(&host, &body, RESOLUTION);
    assert!(answer.contains("not read: "), "{answer}");
    let log = host.stop();
    let files = weft_tests::files::files(&host.dir.path().join("data"));
    for written in ["Quorble", "4929 1234"] {
        assert!(!answer.contains(written), "{answer}");
        assert!(!log.contains(written), "{log}");
        for file in &files {
            let bytes = std::fs::read(file).expect("readable");
            let found = memchr::memmem::find(&bytes, written.as_bytes());
            assert!(found.is_none(), "{written} is in {}", file.display());
        }
    }
}
