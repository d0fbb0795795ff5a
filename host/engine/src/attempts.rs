//! Attempts that come to nothing, and readings that are repeated: on record, and nobody fills the log with them.
//!
//! The first of a kind within a minute is an event at once. Those that follow are counted, and their number is an event
//! when the minute is over, or when the host stops, with the decisions that they were about; a host that is killed loses
//! these, and not that it was tried. What is counted is bounded: by callers, and by what this program's own words name; and
//! so are the decisions that an event names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use weft_dictionary::Timestamp;
use weft_intake::Problem;

use crate::engine::{Engine, Inner};
use crate::limits::{ATTEMPTS_COUNTED_FOR, MAX_DECISIONS_NAMED};
use crate::{Caller, problems};

/// The event of something that a caller may not have, or asked for in a way that nothing comes of.
pub const REFUSED: &str = "access.refused";
/// The event of a decision that support read again with something of the payment in it.
pub const READ: &str = "decision.read";

/// The event of pieces of the audit log that were read.
pub const LOG_READ: &str = "log.read";

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) event: &'static str,
    pub(crate) by: String,
    pub(crate) role: &'static str,
    /// A resource.
    pub(crate) what: &'static str,
    /// Why nothing comes of it; empty for a reading.
    pub(crate) why: &'static str,
}

/// A minute of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Minute {
    since: Timestamp,
    /// Beside the first.
    more: u32,
    /// Which decisions these were about, as far as they are named.
    decisions: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<Kind, Minute>>);

impl Attempts {
    /// Counts one; whether it is the first.
    fn is_first(&self, kind: &Kind, decision: Option<&String>, at: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(minute) = all.get_mut(kind) {
            minute.more = minute.more.saturating_add(1);
            if minute.decisions.len() < MAX_DECISIONS_NAMED {
                minute.decisions.extend(decision.cloned());
            }
            return false;
        }
        let minute = Minute {
            since: at,
            more: 0,
            decisions: BTreeSet::new(),
        };
        all.insert(kind.clone(), minute);
        true
    }

    /// Forgets what is over, and gives back what was counted then.
    fn over(&self, at: Timestamp) -> Vec<(Kind, Minute)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |minute: &Minute| at >= minute.since.plus(ATTEMPTS_COUNTED_FOR);
        let over = all.extract_if(.., |_, minute| is_over(minute));
        over.filter(|(_, minute)| minute.more > 0).collect()
    }
}

impl Engine {
    /// Records that a caller was refused a resource, and why: words of the program's own.
    pub async fn refused(&self, caller: &Caller, what: &'static str, why: &'static str) {
        self.refused_about(Kind::refused(caller, what, why), None)
            .await;
    }

    /// The same about a decision.
    pub(crate) async fn refused_about(&self, kind: Kind, decision: Option<String>) {
        let inner = Arc::clone(&self.inner);
        let recorded = self.to_its_end(async move { inner.attempted(kind, decision).await });
        // The refusal stands, whether or not the log takes it; that it does not is told.
        let _ = recorded.await;
    }
}

impl Kind {
    pub(crate) fn refused(caller: &Caller, what: &'static str, why: &'static str) -> Kind {
        Kind {
            event: REFUSED,
            by: caller.id.clone(),
            role: caller.role.as_str(),
            what,
            why,
        }
    }

    pub(crate) fn read(caller: &Caller) -> Kind {
        Kind {
            event: READ,
            why: "",
            ..Kind::refused(caller, "decision", "")
        }
    }

    pub(crate) fn log_read(caller: &Caller) -> Kind {
        Kind {
            event: LOG_READ,
            why: "",
            ..Kind::refused(caller, "log", "")
        }
    }

    fn detail(&self, count: u32) -> Vec<(&'static str, Json)> {
        let mut detail = vec![
            ("by", Json::from(self.by.as_str())),
            ("role", self.role.into()),
            ("what", self.what.into()),
            ("count", count.into()),
        ];
        detail.extend((!self.why.is_empty()).then(|| ("why", self.why.into())));
        detail
    }
}

impl Inner {
    /// Counts an attempt, and records it if it is the first of its kind within a minute. `decision` is the one that it
    /// was about.
    pub(crate) async fn attempted(
        &self,
        kind: Kind,
        decision: Option<String>,
    ) -> Result<(), Problem> {
        let at = self.clock.now();
        self.record_attempts(at).await;
        if !self.attempts.is_first(&kind, decision.as_ref(), at) {
            return Ok(());
        }
        let mut detail = kind.detail(1);
        detail.extend(decision.map(|decision| ("decision", decision.into())));
        let recorded = self.log.append(&self.event(at, kind.event, detail)).await;
        recorded
            .map(|_| ())
            .map_err(|why| problems::not_recorded(&why))
    }

    /// Records how many there were in the minutes that are over.
    pub(crate) async fn record_attempts(&self, at: Timestamp) {
        for (kind, minute) in self.attempts.over(at) {
            let mut detail = kind.detail(minute.more);
            detail.push(("since", minute.since.to_string().into()));
            if !minute.decisions.is_empty() {
                let named: Vec<String> = minute.decisions.into_iter().collect();
                detail.push(("decisions", named.into()));
            }
            let event = self.event(self.clock.now(), kind.event, detail);
            if let Err(error) = self.log.append(&event).await {
                tracing::error!(%error, by = kind.by, "attempts could not be recorded");
            }
        }
    }
}
