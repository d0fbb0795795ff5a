//! Status reports: their content, and their validity by the schemas of ISO 20022 where these lie beside
//! the checkout.

use weft_dictionary::Timestamp;
use weft_intake::iso::{Status, reply, reply_at};
use weft_intake::{Envelope, MediaType, TransactionStatus};

use crate::house::{House, check_schema, left_out, reference};

const TRANSFER: &str = include_str!("../../../../examples/demo/transfer.xml");
const GROUPS: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"><CstmrCdtTrfInitn>
  <GrpHdr><MsgId>M/1</MsgId><CreDtTm>2026-01-01T10:00:00</CreDtTm></GrpHdr>
  <PmtInf><PmtInfId>P-1</PmtInfId>
    <CdtTrfTxInf><PmtId><EndToEndId>E-1</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">1</InstdAmt></Amt></CdtTrfTxInf>
    <CdtTrfTxInf><PmtId><InstrId>I-2</InstrId><EndToEndId>E-2</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">2</InstdAmt></Amt></CdtTrfTxInf>
  </PmtInf>
  <PmtInf><PmtInfId>P-2</PmtInfId>
    <CdtTrfTxInf><PmtId><EndToEndId>E-3</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">3</InstdAmt></Amt></CdtTrfTxInf>
  </PmtInf></CstmrCdtTrfInitn></Document>"#;

fn envelope(body: &str) -> Envelope {
    let read = House::new().read(MediaType::Xml, body);
    read.unwrap_or_else(|problem| panic!("{problem}")).envelope
}

fn status(status: Status, reason: Option<&str>, lines: &[&str]) -> TransactionStatus {
    TransactionStatus {
        status,
        reason: reason.map(str::to_owned),
        additional_information: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn text(report: Vec<u8>) -> String {
    String::from_utf8(report).expect("UTF-8")
}

#[test]
fn a_pacs_008_is_answered_with_a_pacs_002() {
    let envelope = envelope(TRANSFER);
    let long = "ü".repeat(300);
    let lines = ["dec_1", "<&>\u{7}\u{ffff}", "", &long];
    let statuses = [status(Status::Rejected, Some("AC04"), &lines)];
    let report = text(reply(&envelope, &statuses));
    check_schema("pacs.002.001.10", &report);
    for part in [
        "<OrgnlMsgId>DEMO-MSG-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>",
        "<OrgnlInstrId>DEMO-INSTR-1</OrgnlInstrId><OrgnlEndToEndId>DEMO-E2E-1</OrgnlEndToEndId>",
        "<OrgnlUETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</OrgnlUETR><TxSts>RJCT</TxSts>",
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>dec_1</AddtlInf><AddtlInf>&lt;&amp;&gt;</AddtlInf>",
        &format!("<AddtlInf>{}</AddtlInf></StsRsnInf>", "ü".repeat(105)),
        "<CreDtTm>2026-11-23T09:00:00Z</CreDtTm>",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn a_pain_001_is_answered_with_a_pain_002_by_groups() {
    let envelope = envelope(GROUPS);
    let statuses = [
        status(Status::Accepted, None, &[]),
        status(Status::Pending, None, &["dec_2"]),
        status(Status::Rejected, Some("not a code"), &[]),
    ];
    let report = text(reply_at(&envelope, &statuses, Timestamp(1_800_000_000_000)));
    check_schema("pain.002.001.10", &report);
    for part in [
        "<CreDtTm>2027-01-15T08:00:00.000Z</CreDtTm>",
        "<OrgnlMsgId>M/1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>",
        "<OrgnlPmtInfId>P-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E-1</OrgnlEndToEndId><TxSts>ACCP</TxSts></TxInfAndSts>",
        "<OrgnlInstrId>I-2</OrgnlInstrId><OrgnlEndToEndId>E-2</OrgnlEndToEndId><TxSts>PDNG</TxSts><StsRsnInf><AddtlInf>dec_2",
        "<OrgnlPmtInfId>P-2</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E-3</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
    check_schema("pain.002.001.10", &text(reply(&envelope, &statuses)));
}

#[test]
fn the_same_message_has_the_same_report() {
    let statuses = [status(Status::Accepted, None, &[])];
    let report = |body: &str| text(reply(&envelope(body), &statuses));
    assert_eq!(report(TRANSFER), report(TRANSFER));
    assert_ne!(
        report(TRANSFER),
        report(&TRANSFER.replace("DEMO-MSG-1", "DEMO-MSG-2"))
    );
}

/// A report repeats identifiers, and no words that stand in their place.
#[test]
fn what_is_no_identifier_is_not_repeated() {
    let statuses = [status(Status::Accepted, None, &[])];
    let body = TRANSFER
        .replace("DEMO-MSG-1", "Zora Quorble")
        .replace("DEMO-INSTR-1", "Rent of Zora")
        .replace("DEMO-E2E-1", "Quorble");
    let report = text(reply(&envelope(&body), &statuses));
    check_schema("pacs.002.001.10", &report);
    assert!(
        !report.contains("Zora") && !report.contains("Quorble"),
        "{report}"
    );
    for part in [
        "<OrgnlMsgId>NOTPROVIDED</OrgnlMsgId>",
        "<TxInfAndSts><OrgnlUETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</OrgnlUETR><TxSts>",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
    let other = body.replace("5d1e6a3c", "5d1e6a3d");
    assert_ne!(report, text(reply(&envelope(&other), &statuses)));
    let not_provided = TRANSFER.replace("DEMO-E2E-1", "NOTPROVIDED");
    let report = text(reply(&envelope(&not_provided), &statuses));
    assert!(report.contains("<OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>"));
    let groups = GROUPS
        .replace("M/1", "Salaries of June")
        .replace("P-1<", "Zora Quorble<")
        .replace("I-2", "Zora");
    let statuses = vec![status(Status::Accepted, None, &[]); 3];
    let report = text(reply(&envelope(&groups), &statuses));
    check_schema("pain.002.001.10", &report);
    assert!(
        !report.contains("Zora") && !report.contains("June"),
        "{report}"
    );
    assert!(report.contains("<OrgnlPmtInfId>NOTPROVIDED</OrgnlPmtInfId>"));
}

#[test]
fn json_has_no_status_report() {
    assert!(reply(&Envelope::Json, &[]).is_empty());
}

#[test]
fn reports_about_all_samples_are_valid() {
    let Some(samples) = reference("samples") else {
        return left_out("the samples of ISO 20022 messages are not beside the checkout");
    };
    for name in [
        "pacs.008.max",
        "pacs.008.min",
        "pacs.008_stp.max",
        "pain.001.max",
        "pain.001.min",
    ] {
        for year in ["y2025", "y2026"] {
            let path = samples.join(year).join(format!("{name}.xml"));
            let envelope = envelope(&std::fs::read_to_string(path).expect("a sample"));
            let Envelope::Iso(iso) = &envelope else {
                panic!("{name} is no ISO message")
            };
            let statuses =
                vec![status(Status::Rejected, Some("AC04"), &["dec_1"]); iso.transactions().len()];
            let report = if name.starts_with("pacs") {
                "pacs.002.001.10"
            } else {
                "pain.002.001.10"
            };
            check_schema(report, &text(reply(&envelope, &statuses)));
        }
    }
}
