//! Why a decision came out as it did, in the words of one reader.
//!
//! | module | what is there |
//! |---|---|
//! | `combined` | how the host came from the findings to the verdict |
//! | `live` | from a running host, for its callers |
//! | `offline` | from a data directory, beside a running host |
//! | `said` | values in words, with their units |
//! | `seen` | what a reader may see: of policies, of facts, of messages |
//! | `policies` | one policy: whether it applied, which rules fired, on what, and why others did not |
//! | `recorded` | what the record alone tells, where the policy set is gone |
//!
//! What counted stands in the record, and is told from there. Why it came to that is found by evaluating the decision
//! again with the policy set that it was taken with; where that does not give what was recorded, the explanation says
//! so first. Where the set is not there any more, what was recorded is told, and what cannot be. A service is told what its customer may know, support what its view of the decision grants, an auditor the
//! policies themselves. Personal facts stand in no explanation in clear.

mod combined;
mod live;
mod offline;
mod policies;
mod recorded;
mod said;
mod seen;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use weft_audit::{DecisionRecord, FindingRecord, PluginRecord};
use weft_dictionary::Timestamp;
use weft_policy::Source;
use weft_sandbox::SettingInForce;
use weft_verdict::{Obligation, Verdict};

use crate::Role;
use crate::again::{Difference, Ground, NotAgain, differences, is_same};
use crate::disclosure::InForce;
use crate::evaluate::Walked;
use crate::payment::EXPIRE;
use crate::view::ReasonView;

use combined::combined;
pub use offline::{ExplainError, explain};
use policies::Teller;
use seen::Seen;

/// Why a decision came out as it did, for one reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Which decision.
    pub decision: String,
    /// For example `payment.authorize`.
    pub operation: String,
    /// When it was taken; RFC 3339.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub at: Timestamp,
    /// In whose words: `customer`, `support`, `audit`.
    pub reader: &'static str,
    /// What was decided.
    pub verdict: Verdict,
    /// 0 to 1000. Not for customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<u16>,
    /// What this reader is told: the words of the policies that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// The reasons that counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonView>,
    /// What has to be done for the decision to stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
    /// How the host came from the findings to the verdict, in sentences. Not for customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combined: Vec<String>,
    /// The policy set that it was taken with. Audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<String>,
    /// Whether evaluating again gives what was recorded. Audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduced: Option<bool>,
    /// What does not come out as recorded. Audit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Why it could not be evaluated again: then only what was recorded is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_evaluated: Option<&'static str>,
    /// What cannot be told because the policy set is gone or damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cannot_tell: Vec<&'static str>,
    /// What can be done about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'static str>,
    /// The stages, with the policies of each. Not for customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageExplained>,
    /// The facts on which it rests, as this reader may see them, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, FactExplained>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageExplained {
    /// Its name.
    pub stage: String,
    /// The question that it answers; empty where the policy set is gone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whether it was asked: a stage before it may have ended the walk.
    pub asked: bool,
    /// Policies that this reader is not told of: they had no objection, did not apply, or do not count.
    pub others: usize,
    /// Its policies: those that spoke first, the most severe first.
    pub policies: Vec<PolicyExplained>,
}

/// What came of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// It said something.
    Spoke,
    /// A fact that it needs is missing, and what stands for that counted.
    Missing,
    /// It could not be evaluated, and what stands for that counted.
    Failed,
    /// It was asked and had nothing to say.
    Silent,
    /// It did not apply.
    NotApplicable,
}

impl Came {
    fn of(found: &FindingRecord) -> Came {
        match found.finding.verdict {
            _ if found.failure.is_some() => Came::Failed,
            _ if !found.missing.is_empty() => Came::Missing,
            Verdict::Abstain => Came::Silent,
            _ => Came::Spoke,
        }
    }
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyExplained {
    /// Its id.
    pub policy: String,
    /// A few words; empty where the policy set is gone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What came of it.
    pub came: Came,
    /// What it said, after `on_missing`, `on_error` and evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether that counted: a policy in shadow is asked and does not count.
    pub counts: bool,
    /// The verdict before the customer's evidence discharged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discharged: Option<Verdict>,
    /// What it tells this reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonView>,
    /// Facts that it needed and did not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Why it could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What had to hold for it to apply. Audit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<RuleExplained>,
    /// Its rules. Audit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleExplained>,
    /// The plugin that it asked. Audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginExplained>,
    /// The policy itself. Audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<PolicyText>,
}

impl PolicyExplained {
    /// A policy of which no more is said yet.
    fn new(policy: &str, title: &str, came: Came) -> PolicyExplained {
        PolicyExplained {
            policy: policy.to_owned(),
            title: title.to_owned(),
            came,
            verdict: None,
            counts: false,
            discharged: None,
            message: None,
            reasons: Vec::new(),
            missing: Vec::new(),
            failure: None,
            conditions: Vec::new(),
            rules: Vec::new(),
            plugin: None,
            text: None,
        }
    }

    /// Support is told what its view of a decision has: the policies that counted and had something to say.
    fn is_told_to_support(&self) -> bool {
        self.counts && self.verdict.is_some_and(|v| v > Verdict::Allow)
    }
}

/// A rule or a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleExplained {
    /// Its name.
    pub name: String,
    /// `fired`, `not-fired`, `missing`, `failed`.
    pub came: &'static str,
    /// What it says when it fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What would have to hold, in words; empty where the policy set is gone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// The parts that decided what came of it.
    pub because: Vec<PartExplained>,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartExplained {
    /// `holds`, `does-not-hold`, `missing`, `failed`.
    pub came: &'static str,
    /// What would have to hold, in words.
    pub says: String,
    /// The facts that it reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Those that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A plugin that was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginExplained {
    /// From its manifest.
    pub name: String,
    /// From its manifest.
    pub version: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// Fuel that it used.
    pub fuel: u64,
    /// The facts that it was given.
    pub given: Vec<String>,
    /// The facts that it would have been given and that were not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_there: Vec<String>,
    /// The points of the risk that its reasons gave, the most first: their sum is the risk, where the plugin says them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<PointsExplained>,
    /// What it may also say, and did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub did_not_say: Vec<String>,
    /// Its settings as they were for this policy, defaults included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingInForce>,
}

impl PluginExplained {
    /// What the record says of it; `title` puts reasons into words.
    fn of(plugin: &PluginRecord, title: impl Fn(&str) -> Option<String>) -> PluginExplained {
        let points = plugin.points.iter().map(|(code, points)| PointsExplained {
            code: code.clone(),
            title: title(code),
            points: *points,
        });
        let mut points: Vec<PointsExplained> = points.collect();
        points.sort_by_key(|p| Reverse(p.points));
        PluginExplained {
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            digest: plugin.digest.clone(),
            fuel: plugin.fuel,
            given: Vec::new(),
            not_there: Vec::new(),
            points,
            did_not_say: Vec::new(),
            settings: Vec::new(),
        }
    }
}

/// What a reason gave to the risk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointsExplained {
    /// The reason.
    pub code: String,
    /// The reason, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of the 1000 that a risk can have.
    pub points: u16,
}

/// A policy, as a regulator reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyText {
    /// The file, below the set's directory.
    pub file: String,
    /// SHA-256 of the file.
    pub version: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub description: String,
    /// Where it comes from.
    pub sources: Vec<SourceText>,
    /// Its thresholds, as they were in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterText>,
}

/// See [`Source`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceText {
    /// The act, standard or house rule.
    pub title: String,
    /// Article, paragraph, section.
    pub reference: String,
    /// Whether somebody found the policy true to it.
    pub verified: bool,
}

impl From<&Source> for SourceText {
    fn from(source: &Source) -> SourceText {
        SourceText {
            title: source.title.clone(),
            reference: source.reference.clone(),
            verified: source.verified,
        }
    }
}

/// A threshold as it was in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterText {
    /// Its name.
    pub name: String,
    /// In words.
    pub title: String,
    /// Its value at the level of threat of the decision, with its unit.
    pub value: String,
}

/// A fact, as this reader may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactExplained {
    /// In words.
    pub title: String,
    /// Its class.
    pub class: &'static str,
    /// How the reader gets it: `clear`, `masked`, `band`, `present`, `absent`; `missing` where it was not there,
    /// `not-recorded` where nobody can tell any more, `withheld` where a stage took it from those after it.
    pub seen_as: &'static str,
    /// What is left of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The same in words, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// A decision and what is needed to explain it.
pub(crate) struct Explaining<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) record: &'a DecisionRecord,
    /// The decision about the payment itself, if this one is about helping with it.
    pub(crate) own: Option<&'a DecisionRecord>,
    pub(crate) role: Role,
    /// What is granted by now, where a host knows it.
    pub(crate) now: Option<&'a InForce>,
}

impl Explaining<'_> {
    pub(crate) fn explain(&self) -> Explanation {
        let seen = Seen::new(self);
        let prepared = self.ground.prepare(self.record, self.own);
        let row = prepared.as_ref().map(|p| p.row.clone());
        let row = row.or_else(|_| self.ground.restore(self.record));
        let row = row.unwrap_or_else(|_| weft_dictionary::Row::new(&self.ground.dictionary));
        let mut rows = Vec::new();
        let again = prepared.map(|prepared| {
            self.ground
                .evaluate(prepared, &mut |_, row| rows.push(row.clone()))
        });
        let mut explanation = self.head(&seen, &row, again.as_ref());
        let by_host = self.record.operation == EXPIRE;
        if seen.is_insider() {
            let teller = Teller {
                explaining: self,
                seen: &seen,
                row: &row,
                rows: &rows,
            };
            if !by_host {
                explanation.stages = teller.stages();
            }
            explanation.combined = combined(self.record);
            let fields = policies::fields_of(&explanation);
            explanation.facts = seen.facts(&row, rows.last(), &fields);
            if explanation.not_evaluated.is_some() {
                // Whether it was there when it was decided, nobody can tell.
                let facts = explanation.facts.values_mut();
                let gone = facts.filter(|fact| fact.seen_as == seen::MISSING);
                gone.for_each(|fact| fact.seen_as = seen::NOT_RECORDED);
            }
        }
        explanation
    }

    fn head(
        &self,
        seen: &Seen<'_>,
        row: &weft_dictionary::Row,
        again: Result<&Walked, &NotAgain>,
    ) -> Explanation {
        let record = self.record;
        let audit = seen.is_audit();
        let evaluated = again.ok().map(|walked| &walked.evaluated);
        let differ = evaluated
            .map(|e| differences(record, e))
            .unwrap_or_default();
        Explanation {
            decision: record.decision.clone(),
            operation: record.operation.clone(),
            at: record.at,
            reader: seen::reader_name(self.role),
            verdict: record.outcome.verdict,
            risk: seen.risk(),
            messages: seen.messages(row),
            reasons: seen.reasons(),
            obligations: seen::obligations(record, self.role),
            combined: Vec::new(),
            policy_set: audit.then(|| record.policy_set.clone()),
            reproduced: evaluated.filter(|_| audit).map(|e| is_same(record, e)),
            differences: if audit { differ } else { Vec::new() },
            not_evaluated: again.err().filter(|_| seen.is_insider()).map(|w| w.title()),
            cannot_tell: Vec::new(),
            help: None,
            stages: Vec::new(),
            facts: BTreeMap::new(),
        }
    }
}
