//! Files with the same id: versions of one policy, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use weft_diagnostic::{Diagnostic, Place};

use crate::codes;
use crate::load::is_asked;
use crate::policy::Policy;

/// Versions of one policy that are in force at the same time. `periods` says where each begins.
pub(crate) fn overlapping(policies: &[Arc<Policy>], periods: &[(Place, &str)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut before: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, policy) in policies.iter().enumerate() {
        let versions = before.entry(&policy.id).or_default();
        let other = versions.iter().find(|v| policies[**v].overlaps(policy));
        if let Some(other) = other {
            let (place, file) = periods[index];
            let (there, in_file) = periods[*other];
            let message = format!(
                "`{}` is in force at the same time as in {in_file}:{}:{}",
                policy.id, there.line, there.column
            );
            let help = "end the earlier with `until`, or give one of the two another metadata.id";
            problems.push(Diagnostic::error(codes::PERIODS, file, place, message).help(help));
        }
        versions.push(index);
    }
    problems
}

/// Times between two versions of one policy at which none is in force. `periods` says where each begins.
pub(crate) fn gaps(policies: &[Arc<Policy>], periods: &[(Place, &str)]) -> Vec<Diagnostic> {
    let mut versions: Vec<usize> = (0..policies.len().min(periods.len())).collect();
    versions.retain(|version| is_asked(policies[*version].status));
    versions.sort_by_key(|version| (&policies[*version].id, policies[*version].from));
    let pairs = versions.windows(2).filter_map(|pair| match pair {
        [before, after] => Some((*before, *after)),
        _ => None,
    });
    let mut problems = Vec::new();
    for (before, after) in pairs {
        let (old, new) = (&policies[before], &policies[after]);
        let Some(until) = old.until.filter(|until| *until < new.from) else {
            continue;
        };
        if old.id != new.id {
            continue;
        }
        let (place, file) = periods[after];
        let (there, in_file) = periods[before];
        let message = format!(
            "no version of `{}` is in force from {until} until {}: the one before, in {in_file}:{}:{}, ends then",
            new.id, new.from, there.line, there.column
        );
        let help = "let the earlier end when this one begins; if the time between is meant, nothing is to be done";
        problems.push(
            Diagnostic::error(codes::GAP, file, place, message)
                .warning()
                .help(help),
        );
    }
    problems
}
