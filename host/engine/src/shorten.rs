//! Findings that a record has room for.
//!
//! A record is bounded, and policies together can say more than it holds. A payment is decided all the
//! same: what is said at length is left out, what decides is not. What was disclosed to plugins is left out only with what
//! they said, and then the record says so. Only when not even the obligations of all
//! policies together have room, the decision cannot be told, and then it is not milder than that no policy
//! had said anything.

use std::io::{self, Write};

use serde::Serialize;
use weft_audit::{FindingRecord, OutcomeRecord};
use weft_verdict::{Finding, Reason, Verdict};

use crate::evaluate::{Evaluated, by_host};
use crate::host_reasons::{FINDINGS_LEFT_OUT, FINDINGS_SHORTENED, TOO_MUCH_FOUND};
use crate::limits::MAX_FINDINGS_BYTES;

/// Shortens what does not fit: first what did not decide, then all details of single findings, then what was disclosed to
/// plugins with the findings that were milder than the outcome, then the outcome itself.
pub(crate) fn to_fit(evaluated: &mut Evaluated, without_policy: Verdict) {
    if fits(evaluated) {
        return;
    }
    tracing::warn!("policies say more than a record has room for; findings are shortened");
    let decided = evaluated.outcome.verdict;
    evaluated.findings.push(note(FINDINGS_SHORTENED));
    let steps: [fn(&mut Evaluated, Verdict); 4] = [
        |evaluated, decided| {
            let milder = |f: &&mut FindingRecord| !f.enforced || f.finding.verdict < decided;
            let findings = evaluated.findings.iter_mut();
            findings.filter(milder).for_each(leave_details_out);
        },
        |evaluated, _| evaluated.findings.iter_mut().for_each(leave_details_out),
        |evaluated, decided| {
            let decisive = |f: &FindingRecord| f.enforced && f.finding.verdict == decided;
            evaluated.findings.retain(decisive);
            evaluated.findings.truncate(FINDINGS_AT_LEAST);
            for plugin in evaluated.findings.iter_mut().flat_map(|f| &mut f.plugin) {
                plugin.needs.clear();
            }
            evaluated.findings.push(note(FINDINGS_LEFT_OUT));
        },
        |evaluated, _| {
            evaluated.outcome = OutcomeRecord {
                verdict: evaluated.outcome.verdict,
                risk: evaluated.outcome.risk,
                reasons: vec![Reason {
                    code: TOO_MUCH_FOUND.into(),
                    fields: Vec::new(),
                }],
                obligations: Vec::new(),
            }
        },
    ];
    let last = steps.len() - 1;
    for (number, step) in steps.into_iter().enumerate() {
        step(evaluated, decided);
        if number == last {
            evaluated.outcome.verdict = decided.max(without_policy);
        }
        if fits(evaluated) {
            return;
        }
    }
}

/// Findings that there is always room for, without their details.
const FINDINGS_AT_LEAST: usize = 32;

/// That something is left out.
fn note(what: &str) -> FindingRecord {
    by_host(Finding::of(Verdict::Abstain, what))
}

/// Who spoke and what counted stays.
fn leave_details_out(found: &mut FindingRecord) {
    if found.policy == "host" {
        return;
    }
    found.fired.clear();
    found.missing.clear();
    found.finding.reasons.clear();
    found.finding.obligations.clear();
    if let Some(failure) = &mut found.failure {
        failure.detail.clear();
        failure.frames.clear();
    }
}

fn fits(evaluated: &Evaluated) -> bool {
    bytes(&evaluated.findings).saturating_add(bytes(&evaluated.outcome)) <= MAX_FINDINGS_BYTES
}

/// How long something is as JSON.
fn bytes<T: Serialize>(value: &T) -> usize {
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use weft_audit::{PluginRecord, Sight};
    use weft_verdict::{Obligation, ObligationKind};

    use super::*;

    fn found(policy: usize, verdict: Verdict, obligations: usize) -> FindingRecord {
        let obligation = |n: usize| Obligation {
            kind: ObligationKind::Limit,
            arguments: [("currency".to_owned(), format!("{n:0100}"))].into(),
        };
        let mut finding = Finding::of(verdict, format!("because-{policy}"));
        finding.obligations = (0..obligations).map(obligation).collect();
        FindingRecord {
            policy: format!("test.{policy}"),
            ..by_host(finding)
        }
    }

    /// A finding of a plugin that was shown so many fields.
    fn of_plugin(policy: usize, fields: usize) -> FindingRecord {
        let mut sight = Sight::default();
        for field in 0..fields {
            sight.disclose(&format!("payment.number_{field}"), "clear");
        }
        let plugin = PluginRecord {
            name: "plugin".into(),
            version: "1".into(),
            digest: "d".into(),
            fuel: 1,
            elapsed_us: 1,
            points: BTreeMap::new(),
            needs: BTreeMap::from([("fraud-prevention".to_owned(), sight)]),
        };
        FindingRecord {
            plugin: Some(plugin),
            ..found(policy, Verdict::Allow, 30)
        }
    }

    fn shortened(findings: Vec<FindingRecord>) -> Evaluated {
        let mut evaluated = Evaluated::by_host(Finding::abstain());
        for found in &findings {
            evaluated.add_host_finding(found.finding.clone());
        }
        evaluated.findings = findings;
        to_fit(&mut evaluated, Verdict::Hold);
        assert!(fits(&evaluated));
        evaluated
    }

    #[test]
    fn what_fits_is_left_alone() {
        let findings = vec![found(1, Verdict::Allow, 2), found(2, Verdict::Hold, 3)];
        assert_eq!(shortened(findings.clone()).findings, findings);
    }

    #[test]
    fn what_decided_keeps_its_details_longest() {
        let mut findings: Vec<_> = (0..10).map(|n| found(n, Verdict::Allow, 30)).collect();
        findings.push(found(10, Verdict::Deny, 30));
        let evaluated = shortened(findings);
        assert_eq!(evaluated.findings.len(), 12, "all, and the host's note");
        assert!(evaluated.findings[0].finding.obligations.is_empty());
        assert_eq!(evaluated.findings[10].finding.obligations.len(), 30);
        assert_eq!(
            evaluated.outcome.obligations.len(),
            30,
            "nothing less has to be done"
        );
        assert_eq!(evaluated.outcome.verdict, Verdict::Deny);
    }

    /// What was disclosed is told longer than what was said, and where it is not, the record says that something is gone.
    #[test]
    fn what_plugins_were_shown_stays_as_long_as_their_findings() {
        let codes = |evaluated: &Evaluated| {
            let notes = evaluated.findings.iter().filter(|f| f.policy == "host");
            let reasons = notes.flat_map(|f| f.finding.reasons.clone());
            reasons.map(|r| r.code.to_string()).collect::<Vec<_>>()
        };
        let needs = |evaluated: &Evaluated| {
            let plugins = evaluated.findings.iter().filter_map(|f| f.plugin.as_ref());
            plugins.filter(|p| !p.needs.is_empty()).count()
        };
        let mut findings: Vec<_> = (0..10).map(|n| of_plugin(n, 40)).collect();
        findings.push(found(10, Verdict::Deny, 0));
        let evaluated = shortened(findings);
        assert_eq!(needs(&evaluated), 10);
        assert_eq!(codes(&evaluated), [FINDINGS_SHORTENED]);
        let mut findings: Vec<_> = (0..40).map(|n| of_plugin(n, 100)).collect();
        findings.push(found(40, Verdict::Deny, 0));
        let evaluated = shortened(findings);
        assert_eq!(needs(&evaluated), 0);
        assert_eq!(codes(&evaluated), [FINDINGS_LEFT_OUT]);
    }

    #[test]
    fn a_thousand_policies_leave_those_that_decided() {
        let mut findings: Vec<_> = (0..1_000).map(|n| found(n, Verdict::Allow, 0)).collect();
        findings.push(found(1_000, Verdict::Challenge, 1));
        let evaluated = shortened(findings);
        assert_eq!(evaluated.outcome.verdict, Verdict::Challenge);
        assert_eq!(evaluated.findings.len(), 2, "and the host's note");
    }

    #[test]
    fn what_cannot_be_told_is_never_milder_than_no_policy() {
        let findings = (0..20).map(|n| FindingRecord {
            finding: Finding {
                obligations: vec![Obligation {
                    kind: ObligationKind::Limit,
                    arguments: [("currency".to_owned(), format!("{n:04000}"))].into(),
                }],
                ..Finding::of(Verdict::Allow, "because")
            },
            ..found(n, Verdict::Allow, 0)
        });
        let evaluated = shortened(findings.collect());
        assert_eq!(evaluated.outcome.verdict, Verdict::Hold);
        assert_eq!(evaluated.outcome.reasons[0].code, TOO_MUCH_FOUND);
    }
}
