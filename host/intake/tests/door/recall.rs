//! Payments are called back: camt.056 and camt.055, and the camt.029 that answers them.

use weft_intake::iso::{MessageKind, Status, reply};
use weft_intake::{Envelope, MediaType, Message, TransactionStatus, Why};

use crate::house::{House, check_schema};

const BETWEEN_BANKS: &str = include_str!("../../../../examples/demo/recall.xml");
const UETR: &str = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11";
const TRANSACTION: &str = "/Document/*/Undrlyg/TxInf[1]";
/// Two groups of a customer's payments, of which the second says what the first leaves to what is above it.
const OF_CUSTOMER: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.055.001.08"><CstmrPmtCxlReq>
  <Assgnmt><Id>A-1</Id><Assgnr><Pty><Nm>Zora Quorble</Nm><Id><OrgId><AnyBIC>KREDBEBBXXX</AnyBIC></OrgId></Id></Pty></Assgnr>
    <Assgne><Agt><FinInstnId><Nm>Quorble Bank</Nm></FinInstnId></Agt></Assgne><CreDtTm>2026-11-23T09:20:00+01:00</CreDtTm></Assgnmt>
  <CtrlData><NbOfTxs>3</NbOfTxs><CtrlSum>12.5</CtrlSum></CtrlData>
  <Undrlyg>
    <OrgnlGrpInfAndCxl><GrpCxlId>G-1</GrpCxlId><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
      <GrpCxl>false</GrpCxl><CxlRsnInf><Rsn><Cd>TECH</Cd></Rsn></CxlRsnInf></OrgnlGrpInfAndCxl>
    <OrgnlPmtInfAndCxl><OrgnlPmtInfId>P-1</OrgnlPmtInfId>
      <TxInf><OrgnlInstrId>I-1</OrgnlInstrId><OrgnlEndToEndId>E-1</OrgnlEndToEndId><OrgnlInstdAmt Ccy="EUR">10</OrgnlInstdAmt></TxInf>
      <TxInf><CxlId>X-2</CxlId><OrgnlEndToEndId>E-2</OrgnlEndToEndId><OrgnlInstdAmt Ccy="EUR">2.50</OrgnlInstdAmt>
        <CxlRsnInf><Rsn><Cd>DUPL</Cd></Rsn></CxlRsnInf></TxInf>
    </OrgnlPmtInfAndCxl>
    <OrgnlPmtInfAndCxl><PmtCxlId>X-3</PmtCxlId>
      <Case><Id>C-3</Id><Cretr><Pty><Nm>Zora Quorble</Nm></Pty></Cretr></Case><OrgnlPmtInfId>P-2</OrgnlPmtInfId>
      <TxInf><OrgnlUETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c13</OrgnlUETR></TxInf>
    </OrgnlPmtInfAndCxl>
  </Undrlyg></CstmrPmtCxlReq></Document>"#;

fn read(house: &House, body: &str) -> Message {
    let read = house.read(MediaType::Xml, body);
    read.unwrap_or_else(|problem| panic!("{problem}\n{body}"))
}

fn changed(from: &str, to: &str) -> String {
    assert!(BETWEEN_BANKS.contains(from), "{from}");
    BETWEEN_BANKS.replacen(from, to, 1)
}

fn answer(envelope: &Envelope, statuses: &[TransactionStatus]) -> String {
    let answer = String::from_utf8(reply(envelope, statuses)).expect("UTF-8");
    check_schema("camt.029.001.09", &answer);
    answer
}

fn status(status: Status, reason: Option<&str>) -> TransactionStatus {
    TransactionStatus {
        status,
        reason: reason.map(str::to_owned),
        additional_information: vec!["dec_1".to_owned()],
    }
}

fn places(message: &Message, why: Why) -> Vec<&str> {
    let dropped = message.requests.iter().flat_map(|r| r.dropped.places());
    let mut places: Vec<_> = dropped
        .filter(|at| at.why == why)
        .map(|at| &*at.pointer)
        .collect();
    places.sort_unstable();
    places
}

/// R39: the same recall is the same request, whoever sends it in which form.
#[test]
fn a_bank_calls_a_payment_back() {
    let house = House::new();
    let message = read(&house, BETWEEN_BANKS);
    let Envelope::Iso(iso) = &message.envelope else {
        panic!("it is an ISO message")
    };
    assert_eq!(iso.kind(), MessageKind::Camt056);
    assert_eq!(iso.message_id(), Some("DEMO-ASSGN-1"));
    let [request] = &message.requests[..] else {
        panic!("one transaction is one request")
    };
    let as_json = house.json(&format!(
        r#"{{"operation": "assist.recall", "payment": {{"id": "{UETR}"}}, "case": {{"id": "DEMO-CASE-2"}},
             "recall": {{"id": "DEMO-CXL-1", "reason": "FRAD"}}}}"#
    ));
    assert_eq!(request.operation, as_json.operation);
    let facts = |row: &weft_dictionary::Row| -> Vec<_> {
        let facts = row.facts();
        facts.map(|(id, value)| (id, value.to_json())).collect()
    };
    assert_eq!(facts(&request.row), facts(&as_json.row));
    assert_eq!(request.dropped.count(), 0, "all of it is read");
}

#[test]
fn a_customer_calls_payments_back() {
    let house = House::new();
    check_schema("camt.055.001.08", OF_CUSTOMER);
    let message = read(&house, OF_CUSTOMER);
    let told = |name: &str| -> Vec<Option<String>> {
        let facts = message.requests.iter().map(|r| house.fact(r, name));
        let text = |fact: serde_json::Value| fact.as_str().map(str::to_owned);
        facts.map(|fact| fact.and_then(text)).collect()
    };
    let said = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned())).to_vec();
    // In the order in which payments of a pain.001 are named: UETR, InstrId, EndToEndId.
    let third = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c13";
    assert_eq!(told("payment.id"), said(["I-1", "E-2", third]));
    assert_eq!(told("recall.id"), said(["G-1", "X-2", "X-3"]));
    assert_eq!(told("recall.reason"), said(["TECH", "DUPL", "TECH"]));
    assert_eq!(told("case.id"), [None, None, Some("C-3".to_owned())]);
    let statuses = [
        status(Status::Accepted, None),
        status(Status::Rejected, Some("ARDT")),
        status(Status::Pending, None),
    ];
    let answer = answer(&message.envelope, &statuses);
    let group = "<OrgnlGrpInf><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInf>";
    for part in [
        "<Assgnr><Agt><FinInstnId><Nm>NOTPROVIDED</Nm></FinInstnId></Agt></Assgnr>",
        "<Assgne><Pty><Id><OrgId><AnyBIC>KREDBEBBXXX</AnyBIC></OrgId></Id></Pty></Assgne>",
        "<RslvdCase><Id>A-1</Id><Cretr><Pty><Id><OrgId><AnyBIC>KREDBEBBXXX</AnyBIC></OrgId></Id></Pty></Cretr></RslvdCase>",
        "<Sts><Conf>PECR</Conf></Sts>",
        &format!(
            "<OrgnlPmtInfId>P-1</OrgnlPmtInfId>{group}<TxInfAndSts><OrgnlInstrId>I-1</OrgnlInstrId><OrgnlEndToEndId>E-1"
        ),
        "<TxCxlSts>ACCR</TxCxlSts><CxlStsRsnInf><AddtlInf>dec_1</AddtlInf></CxlStsRsnInf></TxInfAndSts><TxInfAndSts>",
        "<OrgnlEndToEndId>E-2</OrgnlEndToEndId><TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd>ARDT</Cd></Rsn>",
        "<OrgnlPmtInfId>P-2</OrgnlPmtInfId>",
        "<TxInfAndSts><RslvdCase><Id>C-3</Id><Cretr><Pty><Nm>NOTPROVIDED</Nm></Pty></Cretr></RslvdCase><UETR>5d1e6a3c-0b57",
        "<TxCxlSts>PDCR</TxCxlSts>",
    ] {
        assert!(answer.contains(part), "{part} is not in {answer}");
    }
    assert!(!answer.contains("Quorble"), "{answer}");
}

/// R39: the first versions have no UETR.
#[test]
fn all_versions_of_a_recall_are_read_and_answered() {
    let house = House::new();
    let uetr = format!("<OrgnlUETR>{UETR}</OrgnlUETR>");
    let mut last = String::new();
    for version in 1..=11 {
        let name = format!("camt.056.001.{version:02}");
        let mut body = changed("camt.056.001.08", &name);
        if version < 8 {
            body = body.replace(&uetr, "");
        }
        if version == 1 {
            // It has a list of reasons of its own.
            body = body.replace("<Cd>FRAD</Cd>", "<Cd>CUST</Cd>");
            body = body.replace("BICFI>", "BIC>");
        }
        last = all_read(&house, &name, &body);
    }
    check_schema("camt.029.001.09", &last);
    for version in 1..=12 {
        let name = format!("camt.055.001.{version:02}");
        let mut body = OF_CUSTOMER.replace("camt.055.001.08", &name);
        if version < 8 {
            let of_third = "<OrgnlUETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c13</OrgnlUETR>";
            body = body.replace(of_third, "<OrgnlEndToEndId>E-3</OrgnlEndToEndId>");
        }
        if version == 1 {
            body = body.replace("<Cd>TECH</Cd>", "<Cd>CUST</Cd>");
            body = body.replace("AnyBIC>", "BICOrBEI>");
        }
        last = all_read(&house, &name, &body);
    }
    check_schema("camt.029.001.09", &last);
    for next in ["camt.056.001.12", "camt.055.001.13"] {
        let problem = house.refused(MediaType::Xml, &changed("camt.056.001.08", next));
        assert_eq!(problem.code(), "unsupported-message");
    }
}

/// Reads a message whose form is right; the answer to it.
fn all_read(house: &House, name: &str, body: &str) -> String {
    check_schema(name, body);
    let message = read(house, body);
    for request in &message.requests {
        for needed in ["payment.id", "recall.id", "recall.reason"] {
            assert!(house.fact(request, needed).is_some(), "{name}: {needed}");
        }
    }
    let statuses = vec![status(Status::Accepted, None); message.requests.len()];
    let answer = String::from_utf8(reply(&message.envelope, &statuses)).expect("UTF-8");
    assert!(answer.contains("KREDBEBB"), "{name}: {answer}");
    answer
}

/// What became of the whole is told by its parts.
#[test]
fn the_whole_is_what_its_parts_are() {
    use Status::{Accepted, Pending, Rejected};
    let house = House::new();
    let message = read(&house, OF_CUSTOMER);
    for (each, whole) in [
        ([Accepted, Accepted, Accepted], "CNCL"),
        ([Rejected, Rejected, Rejected], "RJCR"),
        ([Pending, Pending, Pending], "PDCR"),
        ([Rejected, Pending, Rejected], "PDCR"),
        ([Accepted, Pending, Accepted], "PECR"),
        ([Accepted, Rejected, Pending], "PECR"),
    ] {
        let answer = answer(&message.envelope, &each.map(|one| status(one, None)));
        assert!(
            answer.contains(&format!("<Conf>{whole}</Conf>")),
            "{answer}"
        );
    }
}

#[test]
fn a_recall_between_banks_is_answered_with_a_camt_029() {
    let house = House::new();
    let message = read(&house, BETWEEN_BANKS);
    // A code of another set than that of rejected cancellations is no code here.
    for (reason, code) in [("NOOR", "NOOR"), ("AGNT", "AGNT"), ("FRAD", "NARR")] {
        let answer = answer(&message.envelope, &[status(Status::Rejected, Some(reason))]);
        for part in [
            "<Assgnr><Agt><FinInstnId><BICFI>GKCCBEBB</BICFI></FinInstnId></Agt></Assgnr>",
            "<Assgne><Agt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></Agt></Assgne>",
            "<RslvdCase><Id>DEMO-CASE-2</Id><Cretr><Agt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></Agt></Cretr></RslvdCase>",
            "<Sts><Conf>RJCR</Conf></Sts><CxlDtls><TxInfAndSts><OrgnlGrpInf><OrgnlMsgId>DEMO-MSG-1</OrgnlMsgId>",
            "<OrgnlInstrId>DEMO-INSTR-1</OrgnlInstrId><OrgnlEndToEndId>DEMO-E2E-1</OrgnlEndToEndId>",
            &format!(
                "<OrgnlUETR>{UETR}</OrgnlUETR><TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd>{code}</Cd></Rsn>"
            ),
        ] {
            assert!(answer.contains(part), "{part} is not in {answer}");
        }
    }
    let again = read(&house, BETWEEN_BANKS);
    let statuses = [status(Status::Accepted, None)];
    assert_eq!(
        answer(&message.envelope, &statuses),
        answer(&again.envelope, &statuses)
    );
    // An assignment may have the number of a payment message: neither is taken for the other.
    let key = again.envelope.message_key().expect("a key");
    assert!(key.expose(|key| key != "DEMO-ASSGN-1"));
}

#[test]
fn what_is_wrong_with_a_recall_is_told_with_its_place() {
    let house = House::new();
    let group = |more: &str| {
        changed(
            "<Undrlyg>",
            &format!(
                "<Undrlyg><OrgnlGrpInfAndCxl><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008</OrgnlMsgNmId>{more}\
                 </OrgnlGrpInfAndCxl>"
            ),
        )
    };
    let empty = changed("<Undrlyg>", "<Undrlyg></Undrlyg><Undrlyg>");
    for (body, code, place) in [
        (
            group("<GrpCxl>true</GrpCxl>"),
            "invalid-value",
            "/Document/*/Undrlyg[1]/OrgnlGrpInfAndCxl/GrpCxl",
        ),
        (empty, "invalid-value", "/Document/*/Undrlyg[1]"),
        (
            OF_CUSTOMER.replace(
                "<OrgnlPmtInfId>P-2</OrgnlPmtInfId>",
                "<OrgnlPmtInfId>P-2</OrgnlPmtInfId><PmtInfCxl>1</PmtInfCxl>",
            ),
            "invalid-value",
            "/Document/*/Undrlyg[1]/OrgnlPmtInfAndCxl[2]/PmtInfCxl",
        ),
        (
            changed("<NbOfTxs>1<", "<NbOfTxs>2<"),
            "invalid-value",
            "/Document/*/CtrlData/NbOfTxs",
        ),
        (
            changed("<CtrlSum>42.50<", "<CtrlSum>42.51<"),
            "invalid-value",
            "/Document/*/CtrlData/CtrlSum",
        ),
        (
            changed("Ccy=\"EUR\">42.50", "Ccy=\"EUX\">42.50"),
            "invalid-value",
            "/Document/*//TxInf[1]/OrgnlIntrBkSttlmAmt/@Ccy",
        ),
        (
            changed("<Cd>FRAD</Cd>", "<Prtry>deceit</Prtry>"),
            "missing-field",
            "/Document/*/Undrlyg/TxInf[1]/CxlRsnInf/Rsn/Cd",
        ),
        (
            changed(UETR, "").replace("DEMO-E2E-1", "NOTPROVIDED"),
            "invalid-value",
            TRANSACTION,
        ),
        (
            changed("<Id>DEMO-ASSGN-1</Id>", ""),
            "missing-field",
            "/Document/*/Assgnmt/Id",
        ),
        (
            changed("2026-11-23T09:20:00Z", "soon"),
            "invalid-value",
            "/Document/*/Assgnmt/CreDtTm",
        ),
    ] {
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            (code, Some(place)),
            "{problem}"
        );
    }
    // Of a group that is not meant as a whole nothing is lost.
    assert!(
        house
            .read(MediaType::Xml, &group("<GrpCxl>false</GrpCxl>"))
            .is_ok()
    );
    let entity = changed(
        "<Document",
        "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Document",
    );
    assert_eq!(house.refused(MediaType::Xml, &entity).code(), "malformed");
}

/// R15: what people write about a recall is not kept, wherever they write it, and it is told so.
#[test]
fn what_people_write_beside_a_recall_is_not_kept() {
    let house = House::new();
    let written = "Zora Quorble paid by 4929 1234 5678 9015, CVV 123, DE89370400440532013000";
    let body = changed(
        "</Rsn>",
        &format!("</Rsn><AddtlInf>{written}</AddtlInf><AddtlInf>+32 470 12 34 56</AddtlInf>"),
    )
    .replace(
        "<FinInstnId>\n            <BICFI>GKCCBEBB</BICFI>",
        "<FinInstnId><Nm>Zora Quorble</Nm>",
    )
    .replace("<CxlId>DEMO-CXL-1</CxlId>", "<CxlId>Zora Quorble</CxlId>");
    let message = read(&house, &body);
    let request = &message.requests[0];
    assert!(request.new_tokens.is_empty(), "nothing goes into the vault");
    let facts = request.row.facts().map(|(_, value)| value.to_json());
    let mut kept: Vec<String> = facts.map(|fact| fact.to_string()).collect();
    kept.push(format!("{:?}", request.dropped));
    kept.push(answer(&message.envelope, &[status(Status::Pending, None)]));
    for leaked in ["Zora", "4929", "9015", "DE89", "470 12"] {
        assert!(kept.iter().all(|text| !text.contains(leaked)), "{kept:?}");
    }
    assert_eq!(
        places(&message, Why::Unknown),
        [
            "/Document/*/Assgnmt/Assgne/Agt/FinInstnId/Nm",
            "/Document/*/Undrlyg/TxInf[1]/CxlRsnInf/AddtlInf",
        ]
    );
    assert_eq!(
        places(&message, Why::NotInForm),
        ["/Document/*/Undrlyg/TxInf[1]/CxlId"]
    );
    // Where the recall has no identifier of its own, it has that of its case.
    let id = house.fact(request, "recall.id");
    assert_eq!(id, Some("DEMO-CASE-2".into()));
}
