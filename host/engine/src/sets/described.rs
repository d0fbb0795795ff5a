//! On which legal basis the policies of a set rest: in the log, once for each set, before anything is decided by it. So
//! what was disclosed to whom, and what allowed it, is read from the log alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use weft_audit::{EventRecord, Record};
use weft_dictionary::Timestamp;
use weft_policy::{Policy, PolicySet, Source, Status};

use crate::engine::Inner;
use crate::limits::MAX_DESCRIBED_BYTES;
use crate::pipeline::Pipeline;
use crate::sets::history::text;

/// The event that says it. A set of many policies has several; all but the last have `more`.
pub const DESCRIBED: &str = "policy_set.described";

/// What an event says of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyBasis {
    /// The policy's id.
    pub policy: String,
    /// Its sources; none where they take more room than an event has.
    pub sources: Vec<Act>,
}

/// One source of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Act {
    /// The act, standard or house rule.
    pub title: String,
    /// Article, paragraph, section.
    pub reference: String,
    /// Whether somebody found the policy true to it.
    pub verified: bool,
}

impl Act {
    fn of(source: &Source) -> Act {
        Act {
            title: source.title.clone(),
            reference: source.reference.clone(),
            verified: source.verified,
        }
    }
}

/// What an event of the log says: the set's digest, and its policies by the digests of their files.
pub fn described(event: &EventRecord) -> Option<(String, BTreeMap<String, PolicyBasis>)> {
    if event.event != DESCRIBED {
        return None;
    }
    let policies = event.detail.get("policies")?.clone();
    Some((
        text(event, "policy_set")?,
        serde_json::from_value(policies).ok()?,
    ))
}

/// The set whose description ends with this event.
pub(crate) fn is_described_by(event: &EventRecord) -> Option<String> {
    let is_last = event.event == DESCRIBED && !event.detail.contains_key("more");
    is_last.then(|| text(event, "policy_set")).flatten()
}

impl Inner {
    /// The events that describe a set; none, if the log has them.
    pub(crate) fn describe(&self, set: &Pipeline, now: Timestamp) -> Vec<Record> {
        if self.sets.history().is_described(set.digest()) {
            return Vec::new();
        }
        let parts = parts(set.set());
        let last = parts.len().saturating_sub(1);
        let events = parts.into_iter().enumerate().map(|(n, policies)| {
            let mut detail = vec![
                ("policy_set", Json::from(set.digest())),
                ("policies", policies.into()),
            ];
            detail.extend((n < last).then(|| ("more", true.into())));
            self.event(now, DESCRIBED, detail)
        });
        events.collect()
    }
}

/// The policies that are asked, in as many parts as it takes; one at least.
fn parts(set: &PolicySet) -> Vec<serde_json::Map<String, Json>> {
    let asked = set
        .policies()
        .iter()
        .filter(|p| p.status() != Status::Draft);
    let mut parts = vec![serde_json::Map::new()];
    let mut bytes = 0;
    for policy in asked {
        let said = said_of(policy);
        let more = said.to_string().len() + policy.version().len();
        if bytes + more > MAX_DESCRIBED_BYTES && bytes > 0 {
            parts.push(serde_json::Map::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(part) = parts.last_mut() {
            part.insert(policy.version().to_owned(), said);
        }
    }
    parts
}

fn said_of(policy: &Policy) -> Json {
    let of = |sources| {
        let basis = PolicyBasis {
            policy: policy.id().to_owned(),
            sources,
        };
        serde_json::to_value(basis).unwrap_or_default()
    };
    let said = of(policy.sources().iter().map(Act::of).collect());
    if said.to_string().len() > MAX_DESCRIBED_BYTES {
        return of(Vec::new());
    }
    said
}
