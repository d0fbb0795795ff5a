//! Decisions whose facts were not to be stored: what can still be said of them.
//!
//! A request that was refused where its facts are forgotten left the public and operational facts on which the findings
//! rest. The policies of the stages that were asked are asked again on those. A finding that comes out the same is
//! reproduced. One that does not is a difference only where every fact that its policy reads is still there; otherwise
//! nobody can tell any more.

use std::collections::BTreeSet;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::{FieldId, Origin};
use weft_policy::{Body, Policy};

use crate::again::{Difference, Ground, same_finding};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Left {
    /// Findings that come out the same.
    pub(super) same: u64,
    /// Findings of which nobody can tell.
    pub(super) unknown: u64,
    /// Findings that come out otherwise, on facts that are all there.
    pub(super) differ: Vec<Difference>,
}

pub(super) fn replay(ground: &Ground, record: &DecisionRecord) -> Left {
    let mut left = Left::default();
    let policies = || record.findings.iter().filter(|f| f.policy != "host");
    let Ok(prepared) = ground.prepare_what_is_left(record) else {
        left.unknown = policies().count() as u64;
        return left;
    };
    let walked = ground.evaluate(prepared, &mut |_, _| {});
    for then in policies() {
        let mut again = walked.evaluated.findings.iter();
        let again = again.find(|f| f.policy == then.policy && f.version == then.version);
        match again {
            Some(again) if same_finding(then, again) => left.same += 1,
            _ if is_whole(ground, record, then) => {
                left.differ.push(Difference::of(&then.policy, "finding"));
            }
            _ => left.unknown += 1,
        }
    }
    left
}

/// Whether every fact that a finding's policy reads is in the record, or is one that is never left out of it.
fn is_whole(ground: &Ground, record: &DecisionRecord, found: &FindingRecord) -> bool {
    let mut versions = ground.pipeline.set().versions(&found.policy);
    let Some(policy) = versions.find(|policy| policy.version() == found.version) else {
        return false;
    };
    let known = &ground.known;
    let ids = [
        known.payment_id,
        known.case_id,
        known.session_id,
        known.challenge_id,
    ];
    let is_there = |id: &FieldId| {
        let field = ground.dictionary.field(*id);
        ids.contains(id) || field.origin == Origin::Host || record.facts.contains_key(&field.name)
    };
    read_by(policy).iter().all(is_there)
}

/// The facts that a policy reads.
fn read_by(policy: &Policy) -> BTreeSet<FieldId> {
    let conditions = policy.conditions().iter().flat_map(|c| c.fields());
    match policy.body() {
        Body::Rules(rules) => conditions
            .chain(rules.iter().flat_map(|r| r.fields()))
            .collect(),
        Body::Plugin(usage) => conditions
            .chain(usage.grants.iter().map(|grant| grant.field))
            .collect(),
    }
}
