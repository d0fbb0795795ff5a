//! What the record alone tells of a decision whose policy set is gone or damaged. The words of the policies, their
//! conditions and the classes of facts are in the set, so no fact is shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_policy::Reader;

use super::combined::combined;
use super::{
    Came, Explanation, PluginExplained, PolicyExplained, RuleExplained, StageExplained, seen,
};
use crate::Role;
use crate::again::NotAgain;
use crate::reasons::{self, Names};
use crate::told::reader;

/// What is in the policy set and nowhere else, for each reader.
const CUSTOMERS_CANNOT: &[&str] = &["the message of the policies to the customer"];
const SUPPORT_CANNOT: &[&str] = &[
    "the words of the policies and of their reasons",
    "the facts that this case shows",
];
const AUDIT_CANNOT: &[&str] = &[
    "the words of the policies and of their reasons, and where they are written",
    "the conditions of the rules, and the facts on which they rest",
    "which policies did not apply, and why",
    "whether evaluating it again gives what was recorded",
];

/// For whoever runs the host.
const HELP: &str = "whoever runs the host restores the policy set below policy-sets in the data directory, from a copy \
                    of that directory; `weft policy sets` says which are not there";

/// Explains a decision from its record; `why` says what became of its policy set, and `is_shown` whether support is shown
/// verdicts on payments.
pub(super) fn recorded(
    record: &DecisionRecord,
    role: Role,
    is_shown: bool,
    why: NotAgain,
) -> Explanation {
    let of = Recorded {
        record,
        reader: reader(role),
    };
    let is_insider = of.reader != Reader::Customer;
    let is_audit = of.reader == Reader::Auditor;
    Explanation {
        decision: record.decision.clone(),
        operation: record.operation.clone(),
        at: record.at,
        reader: seen::reader_name(role),
        verdict: record.outcome.verdict,
        risk: (record.outcome.risk).filter(|_| is_audit || is_insider && is_shown),
        messages: Vec::new(),
        reasons: reasons::of_decision(record, of.names(), |_| None),
        obligations: seen::obligations(record, role),
        combined: if is_insider {
            combined(record)
        } else {
            Vec::new()
        },
        policy_set: is_audit.then(|| record.policy_set.clone()),
        reproduced: None,
        differences: Vec::new(),
        not_evaluated: is_insider.then(|| why.title()),
        cannot_tell: match of.reader {
            Reader::Customer => CUSTOMERS_CANNOT,
            Reader::Agent => SUPPORT_CANNOT,
            Reader::Auditor => AUDIT_CANNOT,
        }
        .to_vec(),
        help: is_insider.then_some(HELP),
        stages: if is_insider { of.stages() } else { Vec::new() },
        facts: BTreeMap::new(),
    }
}

struct Recorded<'a> {
    record: &'a DecisionRecord,
    reader: Reader,
}

impl Recorded<'_> {
    /// The stages that were asked, in the order in which they were.
    fn stages(&self) -> Vec<StageExplained> {
        let mut stages: Vec<StageExplained> = Vec::new();
        for found in self.record.findings.iter().filter(|f| f.policy != "host") {
            let policy = self.policy(found);
            match stages.iter_mut().find(|stage| stage.stage == found.stage) {
                Some(stage) => stage.policies.push(policy),
                None => stages.push(StageExplained {
                    stage: found.stage.clone(),
                    title: String::new(),
                    asked: true,
                    others: 0,
                    policies: vec![policy],
                }),
            }
        }
        for stage in &mut stages {
            let all = stage.policies.len();
            if self.reader != Reader::Auditor {
                stage.policies.retain(PolicyExplained::is_told_to_support);
            }
            stage.others = all - stage.policies.len();
            stage
                .policies
                .sort_by_key(|p| (p.came, Reverse(p.verdict), p.policy.clone()));
        }
        stages
    }

    fn policy(&self, found: &FindingRecord) -> PolicyExplained {
        let mut explained = PolicyExplained::new(&found.policy, "", Came::of(found));
        explained.verdict = Some(found.finding.verdict);
        explained.counts = found.enforced;
        explained.discharged = found.discharged;
        explained.reasons = reasons::of_finding(found, None, self.names());
        explained.missing.clone_from(&found.missing);
        if self.reader == Reader::Auditor {
            explained.failure = found.failure.as_ref().map(|f| f.detail.clone());
            explained.rules = found.fired.iter().map(|name| fired(name)).collect();
            explained.plugin = found
                .plugin
                .as_ref()
                .map(|plugin| PluginExplained::of(plugin, |_| None));
        }
        explained
    }

    /// Which facts reasons name.
    fn names(&self) -> Names {
        match self.reader {
            Reader::Customer => Names::Missing,
            Reader::Agent | Reader::Auditor => Names::All,
        }
    }
}

fn fired(name: &str) -> RuleExplained {
    RuleExplained {
        name: name.to_owned(),
        came: "fired",
        verdict: None,
        when: String::new(),
        because: Vec::new(),
    }
}
