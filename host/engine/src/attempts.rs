//! What came to nothing, and what was read: each is one record, durable before its answer, like everything that is answered.
//!
//! Nobody fills the log with them: how often a caller asks is bounded by the gateway, which looks at nothing of what is more
//! (`rate-limited`, counted in the metrics); and such a record is a fraction of that of a decision, which the same caller
//! might ask for instead.

use std::sync::Arc;

use serde_json::Value as Json;
use weft_intake::{Culprit, Problem};

use crate::engine::{Engine, Inner};
use crate::{Caller, problems};

/// The event of something that a caller may not have, or asked for in a way that nothing comes of.
pub const REFUSED: &str = "access.refused";
/// The event of a decision that was read again with something of the payment in it.
pub const READ: &str = "decision.read";
/// The event of alerts that were read.
pub const ALERTS_READ: &str = "alerts.read";
/// The event of pieces of the audit log that were read.
pub const LOG_READ: &str = "log.read";

/// The event of the queue of escalations that was read.
pub const QUEUE_READ: &str = "escalations.read";

/// Somebody asked for something that is no decision: words of the program's own, and what the caller may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    event: &'static str,
    by: String,
    role: &'static str,
    /// A resource.
    what: &'static str,
    /// Why nothing comes of it; nothing for a reading.
    why: Option<&'static str>,
    /// Which decision, which payment and case, or which piece of the log.
    which: Vec<(&'static str, String)>,
}

impl Attempt {
    fn of(event: &'static str, caller: &Caller, what: &'static str) -> Attempt {
        Attempt {
            event,
            by: caller.id.clone(),
            role: caller.role.as_str(),
            what,
            why: None,
            which: Vec::new(),
        }
    }

    pub(crate) fn refused(caller: &Caller, what: &'static str, why: &'static str) -> Attempt {
        Attempt {
            why: Some(why),
            ..Attempt::of(REFUSED, caller, what)
        }
    }

    pub(crate) fn read(caller: &Caller) -> Attempt {
        Attempt::of(READ, caller, "decision")
    }

    /// So many alerts were read.
    pub(crate) fn alerts_read(caller: &Caller, count: usize) -> Attempt {
        Attempt {
            which: vec![("count", count.to_string())],
            ..Attempt::of(ALERTS_READ, caller, "alerts")
        }
    }

    pub(crate) fn queue_read(caller: &Caller) -> Attempt {
        Attempt::of(QUEUE_READ, caller, "escalations")
    }

    pub(crate) fn log_read(caller: &Caller, what: &'static str) -> Attempt {
        Attempt::of(LOG_READ, caller, what)
    }

    /// The decision that it is about: one that is there.
    pub(crate) fn about(mut self, decision: Option<String>) -> Attempt {
        self.which
            .extend(decision.map(|decision| ("decision", decision)));
        self
    }

    /// The piece of the log that it is about.
    pub(crate) fn at(self, path: String) -> Attempt {
        Attempt {
            which: vec![("path", path)],
            ..self
        }
    }

    fn into_detail(self) -> Vec<(&'static str, Json)> {
        let mut detail = vec![
            ("by", Json::from(self.by)),
            ("role", self.role.into()),
            ("what", self.what.into()),
        ];
        detail.extend(self.why.map(|why| ("why", why.into())));
        detail.extend(
            self.which
                .into_iter()
                .map(|(name, which)| (name, which.into())),
        );
        detail
    }
}

impl Engine {
    /// Records that a caller was refused a resource, and why, in words of the program's own. The refusal may be answered
    /// when this has returned.
    ///
    /// # Errors
    ///
    /// It could not be recorded; that is the answer then.
    pub async fn refused(
        &self,
        caller: &Caller,
        what: &'static str,
        why: &'static str,
    ) -> Result<(), Problem> {
        let recorded = self.on_record(Attempt::refused(caller, what, why)).await;
        recorded.inspect_err(|problem| self.inner.metrics.problem(problem.code()))
    }

    /// Records an attempt, also when the caller goes away.
    pub(crate) async fn on_record(&self, attempt: Attempt) -> Result<(), Problem> {
        let inner = Arc::clone(&self.inner);
        let recorded = (self.inner.tasks).spawn(async move { inner.on_record(attempt).await });
        let unfinished = |_| Err(problems::internal("the attempt was not recorded"));
        recorded.await.unwrap_or_else(unfinished)
    }
}

impl Inner {
    /// Records an attempt.
    pub(crate) async fn on_record(&self, attempt: Attempt) -> Result<(), Problem> {
        let event = attempt.event;
        let event = self.event(self.clock.now(), event, attempt.into_detail());
        let recorded = self.log.append(&event).await;
        recorded
            .map(|_| ())
            .map_err(|why| problems::not_recorded(&why))
    }

    /// What is wrong with a caller's request, once that is on record; or that it cannot be recorded. What is wrong with
    /// the host is in its own log.
    pub(crate) async fn refused(
        &self,
        caller: &Caller,
        what: &'static str,
        problem: Problem,
    ) -> Problem {
        if problem.culprit() != Culprit::Caller {
            return problem;
        }
        let attempt = Attempt {
            which: problem.names().to_vec(),
            ..Attempt::refused(caller, what, problem.code())
        };
        self.on_record(attempt).await.err().unwrap_or(problem)
    }
}
