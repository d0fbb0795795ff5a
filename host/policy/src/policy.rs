//! One checked policy.

mod parts;

use weft_dictionary::{FieldId, Row, Timestamp};
use weft_verdict::{Finding, Obligation, Reason, Verdict, combine};

pub use self::parts::{
    Body, BudgetUse, Condition, Grant, Messages, PluginUse, ReasonText, Rule, Source, Status,
};
use crate::cel::compile::Gap;
use crate::parameters::Parameter;

/// Whether a policy applies to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It rests on facts that are missing: these.
    Missing(Vec<FieldId>),
    /// It cannot be told.
    Failed {
        /// Why it cannot be computed.
        why: String,
        /// Facts that are missing as well.
        missing: Vec<FieldId>,
    },
}

/// What the rules of a policy say about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// What the rules that fired say together.
    pub finding: Finding,
    /// The rules that fired.
    pub fired: Vec<String>,
    /// Facts on which a rule rests, and which are missing.
    pub missing: Vec<FieldId>,
    /// Why a rule could not be computed.
    pub failure: Option<String>,
}

/// One checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) owner: String,
    pub(crate) family: String,
    pub(crate) description: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) status: Status,
    pub(crate) accepts_risk: Option<String>,
    pub(crate) stage: String,
    pub(crate) on: Vec<String>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) body: Body,
    pub(crate) reasons: Vec<ReasonText>,
    pub(crate) on_missing: Verdict,
    pub(crate) on_error: Verdict,
    pub(crate) messages: Messages,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) version: String,
    pub(crate) path: String,
}

impl Policy {
    /// Unique in its set.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The family that it belongs to: risk, residency, minimisation, support, …
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Why it is there.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where it comes from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// How far it is in force.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why a request may go on although something is broken, if it may.
    pub fn accepts_risk(&self) -> Option<&str> {
        self.accepts_risk.as_deref()
    }

    /// Whether [`accepts_risk`](Self::accepts_risk) names this: a field, `on_missing` or `on_error`.
    pub(crate) fn accepts(&self, name: &str) -> bool {
        self.accepts_risk
            .as_deref()
            .is_some_and(|why| is_named_in(name, why))
    }

    /// The stage in which it is asked.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The operations that it is asked about, as written; a trailing `*` stands for any rest.
    pub fn operations(&self) -> &[String] {
        &self.on
    }

    /// What it asks.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Its rules; none of one that asks a plugin.
    pub(crate) fn rules(&self) -> &[Rule] {
        match &self.body {
            Body::Rules(rules) => rules,
            Body::Plugin(_) => &[],
        }
    }

    /// What it says when a fact is missing.
    pub fn on_missing(&self) -> Verdict {
        self.on_missing
    }

    /// What it says when it cannot be evaluated.
    pub fn on_error(&self) -> Verdict {
        self.on_error
    }

    /// What three readers are told.
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// What three readers are told when these rules fired and made this finding: the words of the reason
    /// that decided, if it has its own.
    pub fn messages_for(&self, fired: &[String], finding: &Finding) -> &Messages {
        self.reason_told(fired, finding)
            .and_then(|reason| reason.messages.as_ref())
            .unwrap_or(&self.messages)
    }

    /// The reason in whose words readers are told what these rules found, if it has its own.
    pub(crate) fn reason_told(&self, fired: &[String], finding: &Finding) -> Option<&ReasonText> {
        let decisive = match &self.body {
            Body::Rules(rules) => rules
                .iter()
                .filter(|rule| fired.contains(&rule.id))
                .filter(|rule| rule.finding.verdict >= finding.verdict)
                .flat_map(|rule| &rule.finding.reasons)
                .next(),
            Body::Plugin(_) => finding.reasons.first(),
        };
        let reason = self.reason(&decisive?.code)?;
        reason.messages.is_some().then_some(reason)
    }

    /// Its thresholds.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file, below the set's directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A reason in words.
    pub fn reason(&self, code: &str) -> Option<&ReasonText> {
        self.reasons.iter().find(|reason| reason.code == code)
    }

    /// When it begins to be in force.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// When it ceases to be in force.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// What has to hold for it to apply.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The reasons that it may give.
    pub fn reasons(&self) -> &[ReasonText] {
        &self.reasons
    }

    /// Whether it is in force at an instant: from is included, until is not.
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether there is an instant at which both are in force.
    pub(crate) fn overlaps(&self, other: &Policy) -> bool {
        let ends_before = |one: &Policy, two: &Policy| one.until.is_some_and(|at| at <= two.from);
        !ends_before(self, other) && !ends_before(other, self)
    }

    /// Whether it is asked about an operation.
    pub fn covers(&self, operation: &str) -> bool {
        self.on.iter().any(|pattern| covers(pattern, operation))
    }

    /// Whether it applies to a row: all its conditions hold.
    pub fn matches(&self, row: &Row) -> Applies {
        let mut missing = Vec::new();
        let mut failed = None;
        for condition in &self.conditions {
            match condition.program.truth(row, &mut missing) {
                Ok(true) => {}
                // One that does not hold decides, whatever the others rest on.
                Ok(false) => return Applies::No,
                Err(Gap::Missing) => {}
                Err(Gap::Failed(why)) => failed = Some(format!("{}: {why}", condition.name)),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        match failed {
            Some(why) => Applies::Failed { why, missing },
            None if missing.is_empty() => Applies::Yes,
            None => Applies::Missing(missing),
        }
    }

    /// What it says where something fails and these facts are missing.
    pub(crate) fn without_value(&self, missing: &[FieldId]) -> Verdict {
        if missing.is_empty() {
            return self.on_error;
        }
        self.without_value_at_most()
    }

    /// The most that it says where it has no value.
    pub(crate) fn without_value_at_most(&self) -> Verdict {
        self.on_error.max(self.on_missing)
    }

    /// How long it can take to ask whether it applies, and its rules, at most: in steps, each about as long as
    /// comparing two numbers. What a plugin takes is bounded by its budget.
    pub fn steps(&self) -> u64 {
        let conditions = self.conditions.iter().map(|c| c.program.steps());
        conditions
            .chain(self.rules().iter().map(|r| r.program.steps()))
            .sum()
    }

    /// Asks its rules. A policy that asks a plugin has none, and says nothing.
    pub fn evaluate(&self, row: &Row) -> RuleOutcome {
        let mut outcome = RuleOutcome {
            finding: Finding::abstain(),
            fired: Vec::new(),
            missing: Vec::new(),
            failure: None,
        };
        let Body::Rules(rules) = &self.body else {
            return outcome;
        };
        let mut findings = Vec::new();
        for rule in rules {
            match rule.program.truth(row, &mut outcome.missing) {
                Ok(true) => {
                    outcome.fired.push(rule.id.clone());
                    findings.push(&rule.finding);
                }
                Ok(false) | Err(Gap::Missing) => {}
                Err(Gap::Failed(why)) => outcome.failure = Some(format!("rule {}: {why}", rule.id)),
            }
        }
        outcome.missing.sort_unstable();
        outcome.missing.dedup();
        outcome.finding = combine(findings);
        outcome
    }
}

/// Whether a text names a field, or a key of policy files.
pub(crate) fn is_named_in(name: &str, text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let mut words = text.split(|c: char| !part(c));
    words.any(|word| word.trim_end_matches('.') == name)
}

/// Whether an operation is one that a pattern names.
pub(crate) fn covers(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => operation.starts_with(prefix),
        None => pattern == operation,
    }
}

/// What a rule says when it fires.
pub(crate) fn finding(
    verdict: Verdict,
    reason: &str,
    risk: Option<u16>,
    obligations: Vec<Obligation>,
) -> Finding {
    Finding {
        verdict,
        risk,
        reasons: vec![Reason {
            code: reason.to_owned(),
            fields: Vec::new(),
        }],
        obligations,
    }
}
