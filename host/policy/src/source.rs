//! The form of a policy file, as written: every key typed and with its place, unknown keys refused.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use weft_diagnostic::yaml::{Keyed, Spanned};
use weft_dictionary::Treatment;
use weft_verdict::{Obligation, ObligationKind, Verdict};

use crate::parameters::ParameterKind;
use crate::policy::{Source, Status};

/// Keys, and below which key they belong; at the top where that is empty.
pub(crate) const HOMES: [(&str, &str); 26] = [
    ("id", "metadata"),
    ("title", "metadata"),
    ("owner", "metadata"),
    ("family", "metadata"),
    ("description", "metadata"),
    ("sources", "metadata"),
    ("effective", "metadata"),
    ("from", "metadata.effective"),
    ("until", "metadata.effective"),
    ("status", "metadata"),
    ("accepts_risk", "metadata"),
    ("stage", ""),
    ("on", ""),
    ("parameters", ""),
    ("match", ""),
    ("variables", ""),
    ("rules", ""),
    ("plugin", ""),
    ("grants", "plugin"),
    ("settings", "plugin"),
    ("budget", "plugin"),
    ("reasons", ""),
    ("on_missing", ""),
    ("on_error", ""),
    ("messages", ""),
    ("tests", ""),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyFile {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(crate) metadata: Metadata,
    pub(crate) stage: Spanned<String>,
    pub(crate) on: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) parameters: Vec<ParameterSource>,
    #[serde(default, rename = "match")]
    pub(crate) conditions: Vec<ConditionSource>,
    #[serde(default)]
    pub(crate) variables: Vec<VariableSource>,
    #[serde(default)]
    pub(crate) rules: Vec<RuleSource>,
    #[serde(default)]
    pub(crate) plugin: Option<Spanned<PluginSource>>,
    #[serde(default)]
    pub(crate) reasons: Vec<ReasonSource>,
    pub(crate) on_missing: Spanned<Verdict>,
    pub(crate) on_error: Spanned<Verdict>,
    pub(crate) messages: MessagesSource,
    #[serde(default)]
    pub(crate) tests: Vec<TestSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    pub(crate) id: Spanned<String>,
    pub(crate) title: String,
    pub(crate) owner: String,
    #[serde(default)]
    pub(crate) family: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) effective: Effective,
    pub(crate) status: Spanned<Status>,
    /// What may make it milder, by name, and why.
    #[serde(default)]
    pub(crate) accepts_risk: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effective {
    pub(crate) from: Spanned<String>,
    #[serde(default)]
    pub(crate) until: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionSource {
    pub(crate) name: String,
    pub(crate) expression: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableSource {
    pub(crate) name: Spanned<String>,
    pub(crate) expression: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSource {
    pub(crate) id: Spanned<String>,
    pub(crate) when: Spanned<String>,
    pub(crate) verdict: Verdict,
    pub(crate) reason: Spanned<String>,
    #[serde(default)]
    pub(crate) risk: Option<Spanned<u16>>,
    #[serde(default)]
    pub(crate) obligations: Vec<ObligationSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObligationSource {
    pub(crate) kind: Spanned<ObligationKind>,
    #[serde(default)]
    pub(crate) arguments: Keyed<String>,
}

impl ObligationSource {
    /// As findings carry it.
    pub(crate) fn obligation(&self) -> Obligation {
        let arguments = self.arguments.0.iter();
        Obligation {
            kind: self.kind.value,
            arguments: arguments
                .map(|(name, entry)| (name.clone(), entry.value.value.clone()))
                .collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonSource {
    pub(crate) code: Spanned<String>,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) status_reason: Option<Spanned<String>>,
    /// In place of the policy's own, when this reason decides.
    #[serde(default)]
    pub(crate) messages: Option<MessagesSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagesSource {
    pub(crate) customer: Spanned<String>,
    pub(crate) agent: Spanned<String>,
    pub(crate) auditor: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterSource {
    pub(crate) name: Spanned<String>,
    pub(crate) title: Spanned<String>,
    #[serde(rename = "type")]
    pub(crate) kind: ParameterKind,
    pub(crate) value: Spanned<String>,
    #[serde(default)]
    pub(crate) unit: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) min: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) max: Option<Spanned<String>>,
    /// From this level of threat on, another value.
    #[serde(default)]
    pub(crate) at_threat: Keyed<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginSource {
    pub(crate) name: Spanned<String>,
    #[serde(default)]
    pub(crate) digest: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) settings: Map<String, Json>,
    pub(crate) grants: Vec<GrantSource>,
    #[serde(default)]
    pub(crate) budget: crate::policy::BudgetUse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantSource {
    pub(crate) field: Spanned<String>,
    pub(crate) treatment: Treatment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestSource {
    pub(crate) name: Spanned<String>,
    /// Other values of parameters, and the level of threat.
    #[serde(default)]
    pub(crate) with: Keyed<String>,
    /// The facts, by name.
    pub(crate) given: Keyed<Json>,
    /// Facts of those that an earlier stage took away.
    #[serde(default)]
    pub(crate) withheld: Vec<Spanned<String>>,
    pub(crate) expect: Expectation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) verdict: Verdict,
    #[serde(default)]
    pub(crate) rules: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) missing: Vec<Spanned<String>>,
    /// All that is due, in any order; not asked where it is not written.
    #[serde(default)]
    pub(crate) obligations: Option<Vec<ObligationSource>>,
    /// Whether the policy applies at all.
    #[serde(default = "yes")]
    pub(crate) applies: bool,
}

fn yes() -> bool {
    true
}
