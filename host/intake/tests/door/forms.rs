//! The same payment in three forms.

use weft_intake::{MediaType, Message};

use crate::house::House;

const JSON: &str = r#"{
  "operation": "payment.authorize",
  "payment": {
    "id": "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11", "end_to_end_id": "E2E-1", "instruction_id": "INS-1",
    "amount": {"value": "42.50", "currency": "EUR"}, "method": "credit_transfer",
    "created_at": "2026-11-23T10:00:00+01:00", "purpose": "GDDS", "category_purpose": "SUPP",
    "remittance": "Invoice 7 & more"
  },
  "payer": {"name": "Ines Peeters", "account": "BE68 5390 0754 7034", "country": "BE", "city": "Gent",
            "street": "Veldstraat 12", "postcode": "9000", "bank": "KREDBEBB"},
  "payee": {"name": "GROENTEN  Van Damme", "account": "DE89370400440532013000", "country": "DE",
            "bank": "COBADEFF"}
}"#;

const PARTIES: [&str; 2] = [
    "<Dbtr><Nm>Ines Peeters</Nm><PstlAdr><StrtNm>Veldstraat 12</StrtNm><PstCd>9000</PstCd><TwnNm>Gent</TwnNm><Ctry>BE</Ctry></PstlAdr></Dbtr>
     <DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></DbtrAgt>",
    "<CdtrAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Groenten Van Damme</Nm><PstlAdr><Ctry>DE</Ctry></PstlAdr></Cdtr>
     <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>",
];
const IDS: &str = "<PmtId><InstrId>INS-1</InstrId><EndToEndId>E2E-1</EndToEndId><UETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</UETR></PmtId>";
const REST: &str =
    "<Purp><Cd>GDDS</Cd></Purp><RmtInf><Ustrd>Invoice 7 &amp; <![CDATA[more]]></Ustrd></RmtInf>";
const HEAD: &str = "<MsgId>M-1</MsgId><CreDtTm>2026-11-23T09:00:00Z</CreDtTm>";

fn pacs_008() -> String {
    let [debtor, creditor] = PARTIES;
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.10"><FIToFICstmrCdtTrf>
        <GrpHdr>{HEAD}<PmtTpInf><CtgyPurp><Cd>SUPP</Cd></CtgyPurp></PmtTpInf></GrpHdr>
        <CdtTrfTxInf>{IDS}<IntrBkSttlmAmt Ccy="EUR">42.50</IntrBkSttlmAmt><InstdAmt Ccy="EUR">43.0</InstdAmt>
        <ChrgsInf><Amt Ccy="EUR">0.50</Amt></ChrgsInf>
        {debtor}{creditor}{REST}</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"#
    )
}

fn pain_001() -> String {
    let [debtor, creditor] = PARTIES;
    format!(
        r#"<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><p:CstmrCdtTrfInitn>{}</p:CstmrCdtTrfInitn></p:Document>"#,
        prefixed(&format!(
            r#"<GrpHdr>{HEAD}</GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId><PmtTpInf><CtgyPurp><Cd>SUPP</Cd></CtgyPurp></PmtTpInf>{debtor}
            <CdtTrfTxInf>{IDS}<Amt><InstdAmt Ccy="EUR"> 42.50 </InstdAmt></Amt>{creditor}{REST}</CdtTrfTxInf></PmtInf>"#
        ))
    )
}

/// The same elements with a prefix for their namespace.
fn prefixed(xml: &str) -> String {
    xml.replace("</", "\u{1}")
        .replace("<!", "\u{2}")
        .replace('<', "<p:")
        .replace('\u{1}', "</p:")
        .replace('\u{2}', "<!")
}

fn facts(house: &House, message: &Message) -> Vec<(String, String)> {
    assert_eq!(message.requests.len(), 1);
    let request = &message.requests[0];
    assert_eq!(
        (request.operation.as_str(), request.dropped.count()),
        ("payment.authorize", 0)
    );
    let named = |(id, value): (_, &weft_dictionary::Value)| {
        (
            house.dictionary.field(id).name.clone(),
            value.to_json().to_string(),
        )
    };
    request.row.facts().map(named).collect()
}

#[test]
fn one_payment_has_the_same_facts_in_all_forms() {
    let house = House::new();
    let read = |media, body: &str| house.read(media, body).unwrap_or_else(|p| panic!("{p}"));
    let json = facts(&house, &read(MediaType::Json, JSON));
    // 20 that are said, and the countries of two accounts.
    assert_eq!(json.len(), 22, "{json:#?}");
    assert_eq!(json, facts(&house, &read(MediaType::Xml, &pacs_008())));
    assert_eq!(json, facts(&house, &read(MediaType::Xml, &pain_001())));
}

#[test]
fn the_first_version_of_pain_001_has_names_of_its_own() {
    let house = House::new();
    let body = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.01"><pain.001.001.01>
        <GrpHdr><GrpId>G-1</GrpId><CreDtTm>2006-01-01T10:00:00</CreDtTm></GrpHdr>
        <PmtInf><Dbtr><Nm>Ines Peeters</Nm></Dbtr><DbtrCtryOfRes>BE</DbtrCtryOfRes>
        <DbtrAcct><Id><DmstAcct><Id>123-4</Id></DmstAcct></Id></DbtrAcct>
        <FrstAgt><FinInstnId><BIC>KREDBEBB</BIC></FinInstnId></FrstAgt>
        <PmtTx><PmtId><InstrId>I-1</InstrId><EndToEndId>E-1</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="JPY">1200</InstdAmt></Amt><Cdtr><Nm>X</Nm><PstlAdr><Ctry>DE</Ctry></PstlAdr></Cdtr>
        <CdtrAcct><Id><BBAN>99</BBAN></Id></CdtrAcct></PmtTx></PmtInf></pain.001.001.01></Document>"#;
    let mut message = house
        .read(MediaType::Xml, body)
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(message.envelope.message_id(), Some("G-1"));
    let mut request = message.requests.pop().expect("one");
    for (name, expected) in [
        ("payment.id", "\"I-1\""),
        ("payment.end_to_end_id", "\"E-1\""),
        ("payment.amount", r#"{"currency":"JPY","value":"1200"}"#),
        ("payer.country", "\"BE\""),
        ("payer.bank", "\"KREDBEBB\""),
        ("payee.country", "\"DE\""),
    ] {
        let fact = house.fact(&request, name).map(|fact| fact.to_string());
        assert_eq!(fact.as_deref(), Some(expected), "{name}");
    }
    assert_eq!(house.behind(&mut request, "payer.account"), "123-4");
    assert_eq!(house.behind(&mut request, "payee.account"), "99");
    // Without an offset nobody can say which instant it was.
    assert_eq!(
        (
            house.fact(&request, "payment.created_at"),
            request.dropped.count()
        ),
        (None, 1)
    );
}
