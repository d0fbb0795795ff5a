//! What was escalated and nobody has ended yet: a projection of the log, and the queue of supervisors.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use weft_assist::{Follow, Step};
use weft_audit::DecisionRecord;
use weft_dictionary::Timestamp;
use weft_intake::Problem;

use crate::Caller;
use crate::attempts::Attempt;
use crate::disclosure::STATE;
use crate::engine::Engine;
use crate::limits::{MAX_ESCALATED, MAX_ESCALATIONS_TOLD};

/// Where the record of a request says whose payment it is about.
const SERVICE: &str = "case.service";

/// Something that a supervisor is to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Escalated {
    /// As who escalated named it.
    pub id: String,
    /// What standard verification does not cover.
    pub reason: String,
    /// Who escalated, and does not end it.
    pub by: String,
    /// When; RFC 3339.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub at: Timestamp,
    /// About which payment.
    pub payment: String,
    /// Whose payment it is.
    pub service: String,
    /// Within which case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The decision by which it was escalated.
    pub decision: String,
}

/// The queue.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// How many wait.
    pub count: usize,
    /// The oldest of them.
    pub escalations: Vec<Escalated>,
}

/// By service, payment and identifier.
#[derive(Default)]
pub(crate) struct Escalations(Mutex<BTreeMap<[String; 3], Escalated>>);

impl Escalations {
    /// Takes over what a durable decision says.
    pub(crate) fn see(&self, record: &DecisionRecord, follow: &Follow) {
        let Some(payment) = &record.transaction else {
            return;
        };
        let service = record.facts.get(SERVICE).and_then(|fact| fact.as_str());
        let service = service.unwrap_or_default().to_owned();
        let key = |id: &str| [service.clone(), payment.clone(), id.to_owned()];
        match &follow.request {
            Some(Step::Escalated { escalation, .. }) => {
                let escalated = Escalated {
                    id: escalation.id.clone(),
                    reason: escalation.reason.clone(),
                    by: escalation.by.clone(),
                    at: record.at,
                    payment: payment.clone(),
                    service: service.clone(),
                    case: record.case.clone(),
                    decision: record.decision.clone(),
                };
                self.lock().insert(key(&escalation.id), escalated);
            }
            Some(Step::Closed { close, .. }) => {
                self.lock().remove(&key(&close.id));
            }
            _ => {}
        }
    }

    /// Whether one more may wait: what nobody can attend to must not be promised attention.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().len() < MAX_ESCALATED
    }

    fn queue(&self) -> Queue {
        let all = self.lock();
        let mut escalations: Vec<Escalated> = all.values().cloned().collect();
        escalations.sort_by_key(|one| one.at);
        escalations.truncate(MAX_ESCALATIONS_TOLD);
        Queue {
            count: all.len(),
            escalations,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<[String; 3], Escalated>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// What was escalated and nobody has ended yet, on record before it is told; nothing to who is granted nowhere where
    /// payments stand.
    pub async fn escalations(&self, caller: &Caller) -> Result<Queue, Problem> {
        self.on_record(Attempt::queue_read(caller)).await?;
        Ok(match self.inner.grants().tells(caller.role, STATE) {
            true => self.inner.escalations.queue(),
            false => Escalations::default().queue(),
        })
    }
}
