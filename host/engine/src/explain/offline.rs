//! From a data directory, beside a running host or after it.

use std::path::Path;

use weft_audit::{DecisionRecord, Filter};

use super::recorded::recorded;
use super::{Explaining, Explanation};
use crate::Role;
use crate::again::{Ground, NotAgain};
use crate::ground::{GroundError, Grounds};
use crate::reader::may_any_see;

/// Why a decision cannot be explained from a data directory. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] weft_audit::ReadError),
    /// There is no such decision.
    #[error(
        "the audit log has no decision of that id; `weft audit query --last 20` shows the newest"
    )]
    NoSuchDecision,
    /// A host answers no caller of this role, either.
    #[error(
        "no caller with the role {} may see this decision: agents see those that agents asked for, services those about payments, operators none; name another role with --as", .0.as_str()
    )]
    NotForRole(Role),
    /// What it was taken with is not there.
    #[error(transparent)]
    Ground(#[from] GroundError),
}

/// Explains a decision of a data directory as a host would to a caller of this role who may see it. Which of these
/// callers may is for whoever asks to know.
pub fn explain(data_dir: &Path, decision: &str, role: Role) -> Result<Explanation, ExplainError> {
    let filter = Filter {
        decision: Some(decision.to_owned()),
        last: Some(1),
        ..Filter::default()
    };
    let audit = data_dir.join("audit");
    let mut entries = weft_audit::show(&audit, &filter)?.into_iter();
    let entry = entries.next().ok_or(ExplainError::NoSuchDecision)?;
    let record = entry
        .record
        .decision()
        .ok_or(ExplainError::NoSuchDecision)?;
    if !may_any_see(role, record) {
        return Err(ExplainError::NotForRole(role));
    }
    let mut grounds = Grounds::open(data_dir, &record.region, &record.tenant)?;
    let ground = match grounds.archived(&record.policy_set) {
        Ok(ground) => ground,
        Err(error) => {
            let why = match &error {
                GroundError::Archive(error) => NotAgain::of_archive(error),
                GroundError::Field(_) => Some(NotAgain::SetDamaged),
                _ => None,
            };
            return why
                .map(|why| recorded(record, role, false, why))
                .ok_or(error.into());
        }
    };
    let own = own_of(&audit, &ground, record)?;
    let explaining = Explaining {
        ground: &ground,
        record,
        own: own.as_ref(),
        role,
        now: None,
    };
    Ok(explaining.explain())
}

/// The decision about the payment itself that stood when a request for assistance was decided.
fn own_of(
    audit: &Path,
    ground: &Ground,
    record: &DecisionRecord,
) -> Result<Option<DecisionRecord>, weft_audit::ReadError> {
    let Some((payment, service)) = ground.payment_of(record) else {
        return Ok(None);
    };
    let filter = Filter {
        transaction: Some(payment),
        ..Filter::default()
    };
    let entries = weft_audit::show(audit, &filter)?;
    // Another service may have a payment of the same identifier: each decision names the one before it.
    let mut chain: Vec<&str> = Vec::new();
    let mut own = None;
    for other in entries.iter().filter_map(|entry| entry.record.decision()) {
        if other.decision == record.decision {
            break;
        }
        let follows = match &other.previous {
            Some(before) => chain.contains(&before.as_str()),
            None => other.caller.id == service,
        };
        if follows {
            chain.push(&other.decision);
            own = Some(other)
                .filter(|o| ground.is_payment(&o.operation))
                .or(own);
        }
    }
    Ok(own.cloned())
}
