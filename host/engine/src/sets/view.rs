//! The policies in force, for operators and regulators.

use serde::Serialize;
use weft_dictionary::Timestamp;
use weft_policy::{Policy, Status};

use crate::engine::Engine;
use crate::pipeline::PluginInUse;
use crate::sets::history::SetChange;

/// The set in force and all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoliciesView {
    /// The set, and how it came to be in force.
    #[serde(flatten)]
    pub in_force: SetChange,
    /// Its policies, by path.
    pub policies: Vec<PolicyView>,
    /// The plugins that they ask.
    pub plugins: Vec<PluginInUse>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyView {
    /// Its id.
    pub id: String,
    /// SHA-256 of its file.
    pub version: String,
    /// In words.
    pub title: String,
    /// Its file, below the directory of policies.
    pub path: String,
    /// `draft`, `shadow`, `canary`, `enforced`.
    pub status: &'static str,
    /// The stage in which it is asked.
    pub stage: String,
    /// What it is asked about.
    pub on: Vec<String>,
    /// When it begins; RFC 3339.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub from: Timestamp,
    /// When it ends; RFC 3339.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::view::rfc3339_opt"
    )]
    pub until: Option<Timestamp>,
    /// Whether its time is now.
    pub in_force: bool,
}

impl Engine {
    /// The set in force and all that is in it.
    pub fn policies(&self) -> PoliciesView {
        let sets = &self.inner.sets;
        let pipeline = sets.in_force();
        let newest = sets.history().changes();
        let of_it = newest
            .into_iter()
            .find(|c| c.policy_set == pipeline.digest());
        let now = self.inner.clock.now();
        PoliciesView {
            in_force: of_it.unwrap_or_else(|| SetChange::at_start(pipeline.digest(), None, now)),
            policies: (pipeline.set().policies().iter())
                .map(|policy| view(policy, now))
                .collect(),
            plugins: pipeline.plugins().to_vec(),
        }
    }
}

fn view(policy: &Policy, now: Timestamp) -> PolicyView {
    PolicyView {
        id: policy.id().to_owned(),
        version: policy.version().to_owned(),
        title: policy.title().to_owned(),
        path: policy.path().to_owned(),
        status: status(policy.status()),
        stage: policy.stage().to_owned(),
        on: policy.operations().to_vec(),
        from: policy.from(),
        until: policy.until(),
        in_force: policy.in_force(now),
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Shadow => "shadow",
        Status::Canary => "canary",
        Status::Enforced => "enforced",
    }
}
