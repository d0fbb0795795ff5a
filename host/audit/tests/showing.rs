//! What a person reads of a record is what stands in it, and nothing that a caller put in can look like the page.

mod support;

use std::collections::BTreeMap;

use support::decision;
use weft_audit::{Entry, FindingRecord, PluginRecord, Record, render};
use weft_verdict::{Failure, FailureKind, Finding, Obligation, ObligationKind, Reason, Verdict};

fn shown(change: impl FnOnce(&mut weft_audit::DecisionRecord)) -> String {
    let Record::Decision(mut record) = decision(0) else {
        panic!("a decision")
    };
    change(&mut record);
    render(&Entry {
        index: 4,
        leaf_hash: [7; 32],
        bytes: Vec::new(),
        record: Record::Decision(record),
    })
}

fn finding(policy: &str, verdict: Verdict) -> FindingRecord {
    FindingRecord {
        policy: policy.to_owned(),
        version: "ab".repeat(32),
        stage: "risk".to_owned(),
        enforced: true,
        plugin: None,
        fired: Vec::new(),
        missing: Vec::new(),
        finding: Finding {
            verdict,
            ..Finding::abstain()
        },
        failure: None,
        discharged: None,
    }
}

#[test]
fn nothing_that_a_caller_wrote_becomes_a_part_of_the_page() {
    let evil = "p`\n## Record 9: payment.authorize allow\n\n| a | b |\r<script>alert(1)</script> [x](http://y) \u{202e}";
    let text = shown(|record| {
        record.transaction = Some(evil.to_owned());
        record.case = Some(evil.to_owned());
        record.caller.id = evil.to_owned();
        record.facts.insert(evil.to_owned(), evil.into());
        record
            .facts
            .insert("list".to_owned(), serde_json::json!([evil, { "a": evil }]));
        let mut one = finding(evil, Verdict::Deny);
        one.missing = vec![evil.to_owned()];
        one.failure = Some(Failure {
            kind: FailureKind::Trap,
            detail: evil.to_owned(),
            frames: vec![evil.to_owned()],
        });
        record.findings = vec![one];
    });
    let headings: Vec<&str> = text.lines().filter(|l| l.starts_with('#')).collect();
    assert_eq!(
        headings,
        [
            "## Record 4: payment.authorize allow",
            "### Findings",
            "### Facts"
        ]
    );
    assert!(!text.contains(['<', '>', '\r', '\u{202e}']), "{text}");
    assert_eq!(
        text.matches("](").count(),
        text.matches("\\](").count(),
        "{text}"
    );
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with('|')).collect();
    assert_eq!(rows.len(), 3, "{text}");
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    assert_eq!(cells(rows[0]), cells(rows[2]), "{text}");
    for line in text.lines().filter(|line| !line.is_empty()) {
        assert!(line.starts_with(['#', '-', '|']), "{line}");
    }
}

#[test]
fn a_decision_says_what_counted_what_failed_and_what_is_to_be_done() {
    let step_up = Obligation {
        kind: ObligationKind::StepUp,
        arguments: BTreeMap::from([("method".to_owned(), "app-approval".to_owned())]),
    };
    let reason = Reason {
        code: "amount-high".to_owned(),
        fields: vec!["payment.amount".to_owned()],
    };
    let text = shown(|record| {
        record.outcome.verdict = Verdict::Hold;
        record.outcome.reasons = vec![reason.clone()];
        record.outcome.obligations = vec![step_up.clone()];
        let mut asked = finding("sca", Verdict::Hold);
        asked.finding.reasons = vec![reason];
        asked.finding.obligations = vec![step_up];
        asked.fired = vec!["above-limit".to_owned()];
        let mut shadow = finding("trial", Verdict::Deny);
        shadow.enforced = false;
        let mut failed = finding("velocity", Verdict::Hold);
        failed.plugin = Some(PluginRecord {
            points: BTreeMap::new(),
            needs: BTreeMap::new(),
            name: "velocity".to_owned(),
            version: "1.2.0".to_owned(),
            digest: "cd".repeat(32),
            fuel: 12,
            elapsed_us: 34,
        });
        failed.failure = Some(Failure {
            kind: FailureKind::Trap,
            detail: "unreachable".to_owned(),
            frames: vec!["evaluate".to_owned()],
        });
        let mut discharged = finding("approval", Verdict::Flag);
        discharged.discharged = Some(Verdict::Hold);
        record.findings = vec![asked, shadow, failed, discharged];
    });
    let version = "ab".repeat(32);
    for line in [
        "- reason: amount-high (rests on payment.amount)".to_owned(),
        "- obligation: step-up (method app-approval)".to_owned(),
        format!(
            "| risk | sca | `{version}` | hold | yes | amount-high (rests on payment.amount); rule above-limit | step-up (method app-approval) | rules |"
        ),
        format!("| risk | trial | `{version}` | deny | no, in shadow |  |  | rules |"),
        format!(
            "| risk | velocity | `{version}` | hold | yes | failed (trap): unreachable; in evaluate |  | velocity 1.2.0, fuel 12, 34 µs |"
        ),
        format!(
            "| risk | approval | `{version}` | flag | yes | was hold before the customer's evidence |  | rules |"
        ),
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nin\n{text}");
    }
}
