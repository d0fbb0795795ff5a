//! Which set a host begins with: that of its directories, unless a rollback overruled just that one.

use std::sync::Arc;

use weft_audit::Record;
use weft_dictionary::Timestamp;

use crate::StartError;
use crate::engine::Inner;
use crate::sets::history::{CHANGED, Cause, SetChange};

impl Inner {
    /// A set that a rollback put in force stays while the directories have what it overruled.
    pub(crate) fn keep_rollback(&self, progress: &dyn Fn(&str)) -> Result<(), StartError> {
        let in_force = self.sets.in_force();
        let newest = self.sets.history().newest().cloned();
        let overrules = |change: &SetChange| {
            change.cause == Cause::Rollback
                && change.overruled.as_deref() == Some(in_force.digest())
        };
        let Some(rollback) = newest.filter(overrules) else {
            return Ok(());
        };
        let digest = rollback.policy_set;
        if !self.config.keep_rollback {
            tracing::warn!(
                policy_set = digest,
                "a rollback is forgotten; the policies directory decides again"
            );
            return Ok(());
        }
        progress(&format!(
            "policy set {digest} stays in force: {} rolled back to it; the policies directory, which has not changed \
             since, does not decide until it is reloaded",
            rollback.by
        ));
        tracing::warn!(
            policy_set = digest,
            by = rollback.by,
            "a rollback is kept; the policies directory does not decide"
        );
        let set = self
            .sets
            .read_archived(&digest, &self.config)
            .map_err(|why| StartError::Rollback {
                digest,
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
