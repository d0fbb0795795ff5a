//! A record to write and read.

use std::collections::BTreeMap;

use weft_audit::{CallerRecord, DecisionRecord, FindingRecord, OutcomeRecord, Record, SCHEMA};
use weft_dictionary::Timestamp;
use weft_verdict::{Finding, Verdict};

/// A decision of some 2,400 bytes, of a payment of its own.
pub(crate) fn decision(n: u64) -> Record {
    let finding = |policy: &str| FindingRecord {
        policy: policy.to_owned(),
        version: "0".repeat(64),
        stage: "risk".to_owned(),
        enforced: true,
        plugin: None,
        fired: vec!["a-rule".to_owned()],
        missing: Vec::new(),
        finding: Finding::of(Verdict::Flag, "velocity-card"),
        failure: None,
        discharged: None,
    };
    let fact = |n: u64| (format!("payment.field_{n}"), format!("value {n}").into());
    let commitment = |n: u64| (format!("payer.field_{n}"), format!("{n:064x}"));
    // Identifiers are random in service, so that no two records are neighbours in the store.
    let scattered = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Record::Decision(Box::new(DecisionRecord {
        schema: SCHEMA.to_owned(),
        decision: format!("dec_{scattered:026x}"),
        at: Timestamp(1_700_000_000_000 + n),
        operation: "payment.authorize".to_owned(),
        region: "eu".to_owned(),
        tenant: "demo".to_owned(),
        caller: CallerRecord {
            id: "checkout".to_owned(),
            role: "service".to_owned(),
        },
        trace: format!("{n:032x}"),
        transaction: Some(format!("payment-{scattered:020x}")),
        case: None,
        session: None,
        previous: None,
        idempotency: None,
        policy_set: "0".repeat(64),
        facts: (0..12).map(fact).collect::<BTreeMap<_, _>>(),
        sealed: Some("c".repeat(400)),
        commitments: (0..5).map(commitment).collect(),
        dropped: None,
        feature_snapshot: Some("0".repeat(64)),
        observation: None,
        findings: ["one", "two", "three"].map(finding).to_vec(),
        outcome: OutcomeRecord {
            verdict: Verdict::Flag,
            risk: Some(300),
            reasons: Vec::new(),
            obligations: Vec::new(),
        },
        follow: None,
        shown: None,
    }))
}
