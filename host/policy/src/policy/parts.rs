//! What a policy is made of.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use weft_diagnostic::Place;
use weft_dictionary::{FieldId, Treatment};
use weft_verdict::Finding;

use crate::cel::compile::Program;
use crate::cel::node::Node;
use crate::message::{Message, Reader};

/// How far a policy is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Checked and tested, never asked.
    Draft,
    /// Asked and recorded; does not count.
    Shadow,
    /// Asked and recorded; does not count yet.
    Canary,
    /// Asked, recorded, counts.
    Enforced,
}

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The act, standard or house rule.
    pub title: String,
    /// Article, paragraph, section.
    pub reference: String,
    /// Where it can be read.
    #[serde(default)]
    pub url: Option<String>,
    /// Whether somebody read the source and found the policy true to it.
    #[serde(deserialize_with = "without_quotes")]
    pub verified: bool,
}

/// A text that reads like yes is no statement that somebody read a source.
fn without_quotes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    deserializer.deserialize_any(Verified)
}

struct Verified;

impl Visitor<'_> for Verified {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false, without quotes")
    }

    fn visit_bool<E>(self, verified: bool) -> Result<bool, E> {
        Ok(verified)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        Err(E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// What three readers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Messages {
    /// The customer, through the platform.
    pub customer: Message,
    /// The support agent.
    pub agent: Message,
    /// The auditor.
    pub auditor: Message,
}

impl Messages {
    /// What a reader is told.
    pub fn to(&self, reader: Reader) -> &Message {
        match reader {
            Reader::Customer => &self.customer,
            Reader::Agent => &self.agent,
            Reader::Auditor => &self.auditor,
        }
    }
}

/// A reason that a policy may give, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonText {
    /// What findings carry.
    pub code: String,
    /// In words.
    pub title: String,
    /// What ISO 20022 reports carry: ExternalStatusReason1Code about payments (pacs.002, pain.002),
    /// ExternalPaymentCancellationRejection1Code about recalls (camt.029).
    pub status_reason: Option<String>,
    /// What readers are told in place of the policy's own messages, when this reason decides.
    pub messages: Option<Messages>,
}

/// What a policy asks.
#[derive(Debug, Clone)]
pub enum Body {
    /// Its own rules.
    Rules(Vec<Rule>),
    /// A plugin.
    Plugin(PluginUse),
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name within the policy.
    pub id: String,
    pub(crate) when: Node,
    /// Where `when` stands in the file.
    pub(crate) place: Place,
    pub(crate) program: Program,
    /// What it says when it fires.
    pub finding: Finding,
}

/// How a policy uses a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginUse {
    /// Of the component and its manifest.
    pub name: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: Option<String>,
    /// For the plugin.
    pub settings: Map<String, Json>,
    /// What the plugin gets of what it needs.
    pub grants: Vec<Grant>,
    /// What one evaluation may use.
    pub budget: BudgetUse,
}

/// What a plugin gets of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The field.
    pub field: FieldId,
    /// The most that it gets.
    pub treatment: Treatment,
}

/// What one evaluation of a plugin may use; what is not said is the sandbox's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetUse {
    /// Units of fuel.
    #[serde(default)]
    pub fuel: Option<u64>,
    /// Milliseconds of wall time.
    #[serde(default)]
    pub time_ms: Option<u64>,
    /// MiB of memory.
    #[serde(default)]
    pub memory_mib: Option<u64>,
}

/// A name and an expression that has to hold for a policy to apply.
#[derive(Debug, Clone)]
pub struct Condition {
    /// In words.
    pub name: String,
    pub(crate) expression: Node,
    /// Where the expression stands in the file.
    pub(crate) place: Place,
    pub(crate) program: Program,
}
