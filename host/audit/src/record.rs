//! What one entry of the log says: form `weft.record/1`.
//!
//! The bytes in the log are the record's canonical JSON (RFC 8785). They carry tokens and facts of the
//! classes `public` and `operational` in clear; personal facts are in `sealed`, which only the vault
//! opens, and each has a commitment; values of the classes `sensitive`, `cardholder` and `secret` are nowhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_dictionary::Timestamp;
use weft_verdict::{Failure, Finding, Obligation, Reason, Verdict};

/// The form of the records that this host writes.
pub const SCHEMA: &str = "weft.record/1";

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub enum Record {
    /// A decision.
    Decision(Box<DecisionRecord>),
    /// Something else that a reader of the log has to know: the host started, a store was rebuilt.
    Event(EventRecord),
}

/// One decision: a request, what was found, what was made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRecord {
    /// [`SCHEMA`].
    pub schema: String,
    /// This decision's id.
    pub decision: String,
    /// When it was taken.
    pub at: Timestamp,
    /// For example `payment.authorize`.
    pub operation: String,
    /// Where the host is.
    pub region: String,
    /// Whose customers.
    pub tenant: String,
    /// Who asked.
    pub caller: CallerRecord,
    /// Binds what callers, proxies and this host say about one request.
    pub trace: String,
    /// The payment that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The assistance case that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The agent's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The decision before it about the same payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Keyed hashes of the caller's idempotency key and of the request that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<IdempotencyRecord>,
    /// SHA-256 of the policy set, with the digests of its plugins, in hexadecimal.
    pub policy_set: String,
    /// Public and operational facts, and tokens, by field name.
    pub facts: BTreeMap<String, serde_json::Value>,
    /// The personal facts, sealed by the vault for the person whose they are: for each side of the payment `payer:` or
    /// `payee:` and base64, with a point between the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// For each fact in [`sealed`](DecisionRecord::sealed), by field name, the SHA-256 of its opening
    /// ([`commitment`](crate::commitment)), in hexadecimal. Records of hosts before it have none, and seal the facts
    /// without a salt.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: BTreeMap<String, String>,
    /// What the request said and the host did not keep. Records of hosts that did not tell have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DroppedRecord>,
    /// Names the behavioural features that were used: an HMAC with a key of the host, over them and the decision that used
    /// them first. Records of hosts before it have a plain hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_snapshot: Option<String>,
    /// What behaviour keeps of this request; behaviour's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<serde_json::Value>,
    /// What every policy said, in the order of evaluation.
    pub findings: Vec<FindingRecord>,
    /// What the host made of it.
    pub outcome: OutcomeRecord,
    /// What follows for the payment; assist's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<serde_json::Value>,
    /// What people are shown by it: support, where it grants what was asked; else the customer, in the message about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<ShownRecord>,
}

/// See [`DecisionRecord::shown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownRecord {
    /// To which role; `service` is the customer, whom it is told through the service.
    pub reader: String,
    /// About whom, by the name of the vault's subject: the budget of disclosures counts by it.
    pub customer: String,
    /// By which disclosures, by id. No field stands in two of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, PurposeRecord>,
    /// What policies wanted to show, and no disclosure grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_granted: Vec<String>,
}

/// What one disclosure shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeRecord {
    /// Why the reader reads.
    pub purpose: String,
    /// SHA-256 of the file.
    pub version: String,
    /// What allows it.
    pub legal_basis: String,
    /// What was asked for by its policies, and what came of it.
    pub sight: Sight,
    /// Whether the reader is told the names of what is withheld.
    pub names_withheld: bool,
}

/// See [`DecisionRecord::dropped`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DroppedRecord {
    /// How many values.
    pub count: u32,
    /// Where: the first of them, without values. None where the facts were not to be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<DroppedPlace>,
}

/// Where a value was that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DroppedPlace {
    /// A JSON pointer, or a path of XML elements; names that could say something are withheld.
    pub pointer: String,
    /// `unknown`, `not-the-callers`, `no-instant`, `not-of-operation`, `covered`, `not-in-form`.
    pub why: String,
    /// The field that was probably meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
}

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerRecord {
    /// The caller's name in the host's configuration.
    pub id: String,
    /// `service`, `agent`, `supervisor`, `regulator`, `operator`, or `host` itself.
    pub role: String,
}

/// See [`DecisionRecord::idempotency`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyRecord {
    /// Keyed hash of caller and key.
    pub key: String,
    /// Keyed hash of the request's bytes.
    pub request: String,
}

/// What one policy said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRecord {
    /// The policy's id.
    pub policy: String,
    /// SHA-256 of the policy file.
    pub version: String,
    /// The stage in which it was asked.
    pub stage: String,
    /// Whether it counted; a policy in shadow is asked and recorded, and does not count.
    pub enforced: bool,
    /// The plugin that it asked, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginRecord>,
    /// The rules that fired, if it has rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<String>,
    /// Facts that it needed and did not get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What counted, after `on_error`, `on_missing` and evidence.
    pub finding: Finding,
    /// Why it could not say anything itself, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The verdict before the customer's evidence discharged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharged: Option<Verdict>,
}

/// One plugin's evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginRecord {
    /// From its manifest.
    pub name: String,
    /// From its manifest.
    pub version: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// Fuel used.
    pub fuel: u64,
    /// Wall time, in microseconds.
    pub elapsed_us: u64,
    /// The points of the risk that its reasons gave, by code. Records of hosts that did not tell have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub points: BTreeMap<String, u16>,
    /// What became of all that it needs, by the purpose for which it needs it. Records of hosts that did not tell have
    /// none, nor have those from which findings were left out (`findings-left-out`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, Sight>,
}

/// Why a field is withheld that no policy and no disclosure allows at all.
pub const NOT_GRANTED: &str = "not-granted";

/// What a reader asked for, and what came of it. What was asked for is all that stands here; what was allowed, all but
/// what is withheld as [`NOT_GRANTED`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// The fields that were disclosed, by treatment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disclosed: BTreeMap<String, Vec<String>>,
    /// Those that were not, by why: [`NOT_GRANTED`], `redacted`, and for people also `over-budget` and
    /// `erased`, of what may have been there and is gone with its person.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, Vec<String>>,
    /// Those that the request did not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Sight {
    /// One more field, disclosed with a treatment.
    pub fn disclose(&mut self, field: &str, treatment: &str) {
        put(&mut self.disclosed, treatment, field);
    }

    /// One more field, withheld.
    pub fn withhold(&mut self, field: &str, why: &str) {
        put(&mut self.withheld, why, field);
    }
}

fn put(by: &mut BTreeMap<String, Vec<String>>, word: &str, field: &str) {
    match by.get_mut(word) {
        Some(fields) => fields.push(field.to_owned()),
        None => {
            by.insert(word.to_owned(), vec![field.to_owned()]);
        }
    }
}

/// What the host made of all findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRecord {
    /// The most severe verdict.
    pub verdict: Verdict,
    /// The highest risk, 0 to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<u16>,
    /// All reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// All obligations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
}

/// Something that is not a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRecord {
    /// [`SCHEMA`].
    pub schema: String,
    /// When.
    pub at: Timestamp,
    /// What: `host.started`, `host.stopped`, `store.rebuilt`, …
    pub event: String,
    /// Words and numbers about it; never facts of a request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, serde_json::Value>,
}

impl Record {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Record::Decision(decision) => decision.at,
            Record::Event(event) => event.at,
        }
    }

    /// The decision, if it is one.
    pub fn decision(&self) -> Option<&DecisionRecord> {
        match self {
            Record::Decision(decision) => Some(decision),
            Record::Event(_) => None,
        }
    }
}
