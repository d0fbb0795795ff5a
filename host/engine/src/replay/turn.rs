//! One decision, evaluated again.

use std::sync::Arc;

use weft_audit::DecisionRecord;
use weft_verdict::FailureKind;

use super::chains::Key;
use crate::again::{Ground, NotAgain, Prepared};
use crate::evaluate::{Evaluated, Walked};

/// A decision, and what it is evaluated with.
pub(super) struct Turn {
    pub(super) ground: Arc<Ground>,
    pub(super) record: DecisionRecord,
    /// The decision about the payment itself that a request for assistance was about.
    pub(super) own: Option<Arc<DecisionRecord>>,
    /// The payment, if others need to know what comes of this one.
    pub(super) key: Option<Key>,
    /// Whether it is told what comes of it.
    pub(super) reported: bool,
}

/// What came of it.
pub(super) enum Turned {
    Again(Box<Evaluated>),
    Not(NotAgain),
}

/// How often a plugin is asked again that this machine stopped by the clock.
const TRIES: usize = 3;

impl Turn {
    pub(super) fn prepare(&self) -> Result<Prepared, NotAgain> {
        self.ground.prepare(&self.record, self.own.as_deref())
    }

    pub(super) fn evaluate(&self) -> Turned {
        let walked = self.prepare().and_then(|prepared| self.walk(&prepared));
        walked.map(|walked| walked.evaluated).into()
    }

    /// A plugin that this machine stops by the clock is asked again, a few times.
    pub(super) fn walk(&self, prepared: &Prepared) -> Result<Walked, NotAgain> {
        for _ in 0..TRIES {
            let walked = self.ground.evaluate(prepared.clone(), &mut |_, _| {});
            if !stopped_by_clock(&walked.evaluated) {
                return Ok(walked);
            }
        }
        Err(NotAgain::Clock)
    }
}

impl From<Result<Evaluated, NotAgain>> for Turned {
    fn from(result: Result<Evaluated, NotAgain>) -> Turned {
        match result {
            Ok(evaluated) => Turned::Again(Box::new(evaluated)),
            Err(why) => Turned::Not(why),
        }
    }
}

fn stopped_by_clock(evaluated: &Evaluated) -> bool {
    let mut failures = evaluated.findings.iter().filter_map(|f| f.failure.as_ref());
    failures.any(|f| matches!(f.kind, FailureKind::Deadline | FailureKind::Saturated))
}
