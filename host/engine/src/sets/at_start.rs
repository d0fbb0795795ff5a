//! Which set a host begins with: that of its directories, unless a rollback put another one in force.

use std::sync::Arc;

use weft_audit::Record;
use weft_dictionary::Timestamp;

use crate::StartError;
use crate::engine::Inner;
use crate::sets::history::{CHANGED, Cause, SetChange};

impl Inner {
    /// A set that a rollback put in force stays until somebody says that the directories count again: a file that
    /// changed meanwhile says nothing of the kind.
    pub(crate) fn keep_rollback(&self, progress: &dyn Fn(&str)) -> Result<(), StartError> {
        let directories = self.sets.in_force().digest().to_owned();
        let newest = self.sets.history().newest().cloned();
        let overrules = |change: &SetChange| {
            change.cause == Cause::Rollback
                && change.overruled.is_some()
                && change.policy_set != directories
        };
        let Some(rollback) = newest.filter(overrules) else {
            return Ok(());
        };
        if !self.config.keep_rollback {
            tell_forgotten(&rollback, &directories, progress);
            return Ok(());
        }
        tell_kept(&rollback, &directories, progress);
        let digest = rollback.policy_set;
        let set = self
            .sets
            .read_archived(&digest, &self.config)
            .map_err(|why| StartError::Rollback {
                digest,
                by: rollback.by,
                why: why.to_string(),
            })?;
        self.sets.put_in_force(Arc::new(set.into_parts().1));
        Ok(())
    }

    /// The event of a set that is not the one before the start.
    pub(crate) fn set_changed_at_start(&self, now: Timestamp) -> Option<Record> {
        let in_force = self.sets.in_force();
        let history = self.sets.history();
        let before = history.last().filter(|last| *last != in_force.digest())?;
        let change = SetChange::at_start(in_force.digest(), Some(before), now);
        Some(self.event(now, CHANGED, change.detail()))
    }
}

fn tell_kept(rollback: &SetChange, directories: &str, progress: &dyn Fn(&str)) {
    let changed = rollback.overruled.as_deref() != Some(directories);
    let files = if changed {
        "the policies directory has changed since, and what changed does not count"
    } else {
        "the policies directory, which has not changed since, does not count"
    };
    progress(&format!(
        "WARNING: policy set {} stays in force: {}; {files} until `weft policy reload` or a start with \
         --forget-rollback",
        rollback.policy_set,
        who(rollback)
    ));
    tracing::warn!(
        policy_set = rollback.policy_set,
        by = rollback.by,
        reason = rollback.reason.as_deref().unwrap_or_default(),
        directories,
        changed,
        "a rollback is kept; the policies directory does not decide"
    );
}

fn tell_forgotten(rollback: &SetChange, directories: &str, progress: &dyn Fn(&str)) {
    progress(&format!(
        "WARNING: policy set {} is no longer in force, though {}: the policies directory decides again, by policy set \
         {directories}",
        rollback.policy_set,
        who(rollback)
    ));
    tracing::warn!(
        policy_set = rollback.policy_set,
        by = rollback.by,
        reason = rollback.reason.as_deref().unwrap_or_default(),
        directories,
        "a rollback is forgotten; the policies directory decides again"
    );
}

fn who(rollback: &SetChange) -> String {
    let why = match &rollback.reason {
        Some(reason) => format!(" ({reason})"),
        None => " and gave no reason".to_owned(),
    };
    format!("{} rolled back to it{why}", rollback.by)
}
