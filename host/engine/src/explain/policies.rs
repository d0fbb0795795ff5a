//! One policy after the other: whether it applied, which rules fired, on what, and why others did not.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use weft_audit::FindingRecord;
use weft_dictionary::{FieldId, Row, Value};
use weft_policy::{Applies, Body, Condition, Policy, Rule, Stage, Status, Trace, Truth};
use weft_verdict::Verdict;

use super::seen::Seen;
use super::{
    Came, Explaining, Explanation, ParameterText, PartExplained, PluginExplained, PolicyExplained,
    PolicyText, RuleExplained, StageExplained,
};

/// Tells a decision policy by policy.
pub(super) struct Teller<'a> {
    pub(super) explaining: &'a Explaining<'a>,
    pub(super) seen: &'a Seen<'a>,
    /// The row as it came in.
    pub(super) row: &'a Row,
    /// The row as each stage got it that was asked, if the decision could be evaluated again.
    pub(super) rows: &'a [Row],
}

impl Teller<'_> {
    pub(super) fn stages(&self) -> Vec<StageExplained> {
        let stages = self.explaining.ground.pipeline.stages().iter().enumerate();
        stages
            .map(|(index, stage)| self.stage(index, stage))
            .collect()
    }

    fn stage(&self, index: usize, stage: &Stage) -> StageExplained {
        let record = self.explaining.record;
        let spoke = |policy: &Policy| {
            let mut found = record.findings.iter();
            found.find(|f| f.policy == policy.id() && f.version == policy.version())
        };
        let policies = self.explaining.ground.pipeline.set().policies_of(stage);
        let asked = policies.filter(|policy| {
            policy.status() != Status::Draft
                && policy.in_force(record.at)
                && policy.covers(&record.operation)
        });
        let row = self.rows.get(index);
        let recorded = record.findings.iter().any(|f| f.stage == stage.name);
        let mut policies: Vec<PolicyExplained> = asked
            .filter_map(|policy| match (spoke(policy), row) {
                (Some(found), row) => Some(self.spoke(policy, found, row)),
                (None, Some(row)) => Some(self.did_not_apply(policy, row)),
                // It was not asked, or nobody can tell any more why it did not apply.
                (None, None) => None,
            })
            .collect();
        let all = policies.len();
        if !self.seen.is_audit() {
            policies.retain(PolicyExplained::is_told_to_support);
        }
        policies.sort_by_key(|p| (p.came, Reverse(p.verdict), p.policy.clone()));
        StageExplained {
            stage: stage.name.clone(),
            title: stage.title.clone(),
            asked: row.is_some() || recorded,
            others: all - policies.len(),
            policies,
        }
    }

    /// A policy that was asked.
    fn spoke(&self, policy: &Policy, found: &FindingRecord, row: Option<&Row>) -> PolicyExplained {
        let came = Came::of(found);
        let message = (came != Came::Silent).then(|| self.seen.message(found, self.row));
        let mut explained = PolicyExplained::new(policy.id(), policy.title(), came);
        explained.verdict = Some(found.finding.verdict);
        explained.counts = found.enforced;
        explained.discharged = found.discharged;
        explained.message = message.flatten();
        explained.reasons = self.seen.reasons_of(found);
        explained.missing.clone_from(&found.missing);
        if self.seen.is_audit() {
            explained.failure = found.failure.as_ref().map(|f| f.detail.clone());
            self.audit(&mut explained, policy, found, row);
        }
        explained
    }

    fn did_not_apply(&self, policy: &Policy, row: &Row) -> PolicyExplained {
        // What does not apply when it is asked does not make a finding.
        let came = match policy.matches(row) {
            Applies::No => Came::NotApplicable,
            _ => Came::Silent,
        };
        let mut explained = PolicyExplained::new(policy.id(), policy.title(), came);
        explained.counts = policy.status() == Status::Enforced;
        if self.seen.is_audit() {
            let conditions = policy.conditions().iter();
            explained.conditions = conditions
                .map(|condition| self.condition(condition, row))
                .filter(|condition| condition.came != "fired")
                .collect();
            explained.text = Some(self.text(policy));
        }
        explained
    }

    /// What only an auditor sees of a policy that was asked.
    fn audit(
        &self,
        explained: &mut PolicyExplained,
        policy: &Policy,
        found: &FindingRecord,
        row: Option<&Row>,
    ) {
        explained.text = Some(self.text(policy));
        if let Some(plugin) = &found.plugin {
            explained.plugin = Some(self.plugin(policy, found, plugin));
        }
        let Some(row) = row else { return };
        let conditions = policy.conditions().iter();
        explained.conditions = conditions.map(|c| self.condition(c, row)).collect();
        if let Body::Rules(rules) = policy.body() {
            explained.rules = rules.iter().map(|rule| self.rule(rule, row)).collect();
        }
    }

    fn rule(&self, rule: &Rule, row: &Row) -> RuleExplained {
        let dictionary = &self.explaining.ground.dictionary;
        let trace = rule.trace(dictionary, row);
        self.traced(
            &rule.id,
            Some(rule.finding.verdict),
            rule.words(dictionary).one_line(),
            trace,
        )
    }

    fn condition(&self, condition: &Condition, row: &Row) -> RuleExplained {
        let dictionary = &self.explaining.ground.dictionary;
        let trace = condition.trace(dictionary, row);
        self.traced(
            &condition.name,
            None,
            condition.words(dictionary).one_line(),
            trace,
        )
    }

    fn traced(
        &self,
        name: &str,
        verdict: Option<Verdict>,
        when: String,
        trace: Trace,
    ) -> RuleExplained {
        let part = |part: weft_policy::Part| PartExplained {
            came: match part.truth {
                Truth::Holds => "holds",
                Truth::Fails => "does-not-hold",
                Truth::Missing => "missing",
                Truth::Failed => "failed",
            },
            says: part.says,
            facts: self.names(&part.fields),
            missing: self.names(&part.missing),
        };
        RuleExplained {
            name: name.to_owned(),
            came: match trace.truth {
                Truth::Holds => "fired",
                Truth::Fails => "not-fired",
                Truth::Missing => "missing",
                Truth::Failed => "failed",
            },
            verdict,
            when: if when == "yes" {
                "always".to_owned()
            } else {
                when
            },
            because: trace.parts.into_iter().map(part).collect(),
        }
    }

    fn plugin(
        &self,
        policy: &Policy,
        found: &FindingRecord,
        plugin: &weft_audit::PluginRecord,
    ) -> PluginExplained {
        let grants = match policy.body() {
            Body::Plugin(usage) => usage.grants.as_slice(),
            Body::Rules(_) => &[],
        };
        let (given, not_there): (Vec<FieldId>, Vec<FieldId>) = grants
            .iter()
            .map(|grant| grant.field)
            .partition(|id| self.row.get(*id).is_some());
        let said = |code: &str| found.finding.reasons.iter().any(|r| r.code == code);
        let not_said = policy.reasons().iter().filter(|reason| !said(&reason.code));
        let title = |code: &str| policy.reason(code).map(|reason| reason.title.clone());
        let pipeline = &self.explaining.ground.pipeline;
        PluginExplained {
            given: self.names(&given),
            not_there: self.names(&not_there),
            did_not_say: not_said.map(|reason| reason.title.clone()).collect(),
            settings: pipeline.settings_of(policy).unwrap_or_default(),
            ..PluginExplained::of(plugin, title)
        }
    }

    fn text(&self, policy: &Policy) -> PolicyText {
        let parameters = policy.parameters().iter().map(|parameter| ParameterText {
            name: parameter.name().to_owned(),
            title: parameter.title().to_owned(),
            value: parameter.value(self.threat_level()),
        });
        PolicyText {
            file: policy.path().to_owned(),
            version: policy.version().to_owned(),
            owner: policy.owner().to_owned(),
            description: policy.description().trim().to_owned(),
            sources: policy.sources().iter().map(Into::into).collect(),
            parameters: parameters.collect(),
        }
    }

    /// The level of threat under which it was decided.
    fn threat_level(&self) -> usize {
        let id = self.explaining.ground.known.processing_threat_level;
        match self.row.get(id) {
            Some(Value::Integer(level)) => usize::try_from(*level).unwrap_or_default(),
            _ => 0,
        }
    }

    fn names(&self, ids: &[FieldId]) -> Vec<String> {
        let dictionary = &self.explaining.ground.dictionary;
        ids.iter()
            .map(|id| dictionary.field(*id).name.clone())
            .collect()
    }
}

/// The facts that an explanation names.
pub(super) fn fields_of(explanation: &Explanation) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for reason in &explanation.reasons {
        names.extend(reason.fields.iter().cloned());
    }
    let policies = explanation.stages.iter().flat_map(|stage| &stage.policies);
    for policy in policies {
        names.extend(policy.missing.iter().cloned());
        names.extend(policy.reasons.iter().flat_map(|r| &r.fields).cloned());
        let traced = policy.conditions.iter().chain(&policy.rules);
        for part in traced.flat_map(|rule| &rule.because) {
            names.extend(part.facts.iter().cloned());
        }
    }
    names
}
