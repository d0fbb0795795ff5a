//! How the host came from the findings to the verdict, in sentences.

use weft_audit::{DecisionRecord, FindingRecord};
use weft_verdict::Verdict;

use crate::host_reasons;
use crate::payment::EXPIRE;

/// The sentences, from the record alone.
pub(super) fn combined(record: &DecisionRecord) -> Vec<String> {
    let counted = || record.findings.iter().filter(|f| f.enforced);
    let mut says = Vec::new();
    // No policy is asked when a hold is over.
    if record.operation != EXPIRE {
        let by_policies: Vec<&FindingRecord> = counted().filter(|f| f.policy != "host").collect();
        says.push(asked(&by_policies));
        says.extend(decisive(record, counted()));
    }
    let host = counted().filter(|f| f.policy == "host");
    for code in host.flat_map(|f| &f.finding.reasons).map(|r| &r.code) {
        let title = host_reasons::title(code).unwrap_or(code);
        says.push(format!("The host itself said: {title}."));
    }
    if record.findings.iter().any(|f| f.discharged.is_some()) {
        says.push(
            "What asked for the step that the customer has passed counts as flag: evidence discharged it."
                .to_owned(),
        );
    }
    says
}

fn asked(counted: &[&FindingRecord]) -> String {
    let spoke = counted
        .iter()
        .filter(|f| f.finding.verdict > Verdict::Abstain);
    match (counted.len(), spoke.count()) {
        (0, _) => "No policy was asked that counts.".to_owned(),
        (1, 0) => "1 policy was asked and counted; it had nothing to say.".to_owned(),
        (1, _) => "1 policy was asked and counted; it said something.".to_owned(),
        (n, 0) => format!("{n} policies were asked and counted; none of them said anything."),
        (n, spoke) => {
            format!("{n} policies were asked and counted; {spoke} of them said something.")
        }
    }
}

fn decisive<'a>(
    record: &DecisionRecord,
    counted: impl Iterator<Item = &'a FindingRecord>,
) -> Option<String> {
    let verdict = record.outcome.verdict;
    let mut decisive: Vec<&str> = counted
        .filter(|f| f.finding.verdict == verdict)
        .map(|f| f.policy.as_str())
        .collect();
    decisive.dedup();
    (verdict > Verdict::Abstain).then(|| {
        format!(
            "The most severe answer counts: {}, said by {}.",
            verdict.as_str(),
            decisive.join(", ")
        )
    })
}
