//! Codes that two policies give, and that ISO 20022 messages would carry as two different ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use weft_diagnostic::Place;

use super::Analyst;
use crate::codes;
use crate::policy::{Policy, ReasonText};

impl Analyst<'_> {
    pub(super) fn reasons(&mut self) {
        let mut first: BTreeMap<&str, (&Policy, &ReasonText)> = BTreeMap::new();
        let mut clashes: Vec<(&Policy, String)> = Vec::new();
        let all = self.set.policies().iter().map(Arc::as_ref);
        for policy in all.filter(|policy| self.counts(policy)) {
            for reason in policy.reasons() {
                let (other, theirs) = *first.entry(&reason.code).or_insert((policy, reason));
                // Versions of one policy may differ: one of them is in force.
                if other.id() != policy.id() && theirs.status_reason != reason.status_reason {
                    let message = format!(
                        "the reason `{}` has {} here, and {} in {}",
                        reason.code,
                        said(reason),
                        said(theirs),
                        other.path()
                    );
                    clashes.push((policy, message));
                }
            }
        }
        let help = "give one of them a code of its own, or both the same status_reason";
        for (policy, message) in clashes {
            self.warn(codes::TWO_MEANINGS, policy, Place::START, message, help);
        }
    }
}

fn said(reason: &ReasonText) -> String {
    match &reason.status_reason {
        Some(code) => format!("the status_reason {code}"),
        None => "no status_reason".to_owned(),
    }
}
