//! What callers send, and the policies that decide it.

use serde_json::{Value as Json, json};

/// A clean device is allowed, a rooted one is challenged, malware is refused.
pub(crate) const POLICIES: &[(&str, &str)] = &[
    (
        "dictionary.yaml",
        include_str!("../../../../policies/dictionary.yaml"),
    ),
    (
        "pipeline.yaml",
        "version: 1
stages:
  - {name: decision, title: Everything}
operations:
  - {name: payment.authorize, title: A payment, kind: payment, no_policy: hold}
  - {name: assist.failed_payment, title: A question, kind: assistance, no_policy: deny}
",
    ),
    (
        "device.yaml",
        "apiVersion: weft/v1
kind: Policy
metadata:
  id: test.device
  title: The device decides
  owner: Tests
  sources: [{title: s, reference: r, verified: true}]
  effective: {from: 2020-01-01T00:00:00Z}
  status: enforced
  accepts_risk: device.malware and device.rooted are only said of some payments
stage: decision
on: [payment.authorize]
rules:
  - {id: clean, when: '!has(device.malware)', verdict: allow, reason: clean}
  - {id: malware, when: 'has(device.malware) && device.malware', verdict: deny, reason: malware}
  - {id: rooted, when: 'has(device.rooted) && device.rooted', verdict: challenge, reason: rooted,
     obligations: [{kind: step-up, arguments: {method: app-approval}}]}
reasons:
  - {code: clean, title: Nothing is wrong}
  - {code: malware, title: Malware, status_reason: FRAD}
  - {code: rooted, title: Rooted}
on_missing: hold
on_error: hold
messages: {customer: for customers, agent: for agents, auditor: for auditors}
",
    ),
    (
        "support.yaml",
        "apiVersion: weft/v1
kind: Policy
metadata:
  id: test.support
  title: Support asks within a case
  owner: Tests
  sources: [{title: s, reference: r, verified: true}]
  effective: {from: 2020-01-01T00:00:00Z}
  status: enforced
stage: decision
on: [assist.failed_payment]
rules:
  - {id: case, when: 'has(case.id)', verdict: allow, reason: answered,
     obligations: [{kind: disclose, arguments: {payment.state: clear, payment.verdict: clear}}]}
reasons: [{code: answered, title: Answered}]
on_missing: deny
on_error: deny
messages: {customer: for customers, agent: for agents, auditor: for auditors}
",
    ),
    (
        "disclosures/support.yaml",
        "apiVersion: weft/v1
kind: Disclosure
metadata:
  id: test.disclosure
  title: Support sees where a payment stands
  owner: Tests
  sources: [{title: s, reference: r, verified: true}]
  effective: {from: 2020-01-01T00:00:00Z}
  status: enforced
purpose: help
legal_basis: a contract
readers: [agent, supervisor]
on: [assist.failed_payment]
grants:
  - {field: payment.state, treatment: clear}
  - {field: payment.verdict, treatment: clear}
budget: {per_case: 1000, per_customer: 1000, per_day: 1000}
",
    ),
    (
        "disclosures/openings.yaml",
        "apiVersion: weft/v1
kind: Disclosure
metadata:
  id: test.openings
  title: Who audits checks where a payment was made
  owner: Tests
  sources: [{title: s, reference: r, verified: true}]
  effective: {from: 2020-01-01T00:00:00Z}
  status: enforced
purpose: check
legal_basis: a law
readers: [regulator]
openings: {within: 365d}
grants: [{field: location.city, treatment: clear}]
budget: {per_case: 1000, per_customer: 1000, per_day: 1000}
",
    ),
];

/// A payment from a clean device.
pub(crate) fn payment(id: &str) -> Json {
    json!({
        "operation": "payment.authorize",
        "payment": {"id": id, "amount": {"value": "27.40", "currency": "EUR"}},
        "payer": {"account": "BE68 5390 0754 7034", "country": "BE"},
        "payee": {"account": "DE89 3704 0044 0532 0130 00", "country": "DE"},
    })
}

/// The same from a device with this said about it.
pub(crate) fn payment_from(id: &str, device: Json) -> Json {
    let mut payment = payment(id);
    payment["device"] = device;
    payment
}

/// A question about a payment, within a case.
pub(crate) fn question(payment: &str) -> Json {
    json!({"operation": "assist.failed_payment", "payment": {"id": payment}, "case": {"id": "case-1"}})
}

/// A pacs.008 with one payment.
pub(crate) fn transfer(id: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>MSG-{id}</MsgId><CreDtTm>2026-11-23T09:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>
<CdtTrfTxInf><PmtId><InstrId>{id}</InstrId><EndToEndId>{id}</EndToEndId><TxId>{id}</TxId></PmtId>
<IntrBkSttlmAmt Ccy="EUR">42.50</IntrBkSttlmAmt><IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt><ChrgBr>SLEV</ChrgBr>
<Dbtr><Nm>Ines Peeters</Nm></Dbtr><DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct>
<DbtrAgt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></DbtrAgt>
<CdtrAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></CdtrAgt>
<Cdtr><Nm>Groenten Van Damme</Nm></Cdtr><CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>
</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"#
    )
}
