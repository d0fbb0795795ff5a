//! Alerts: payments that policies want support to look at. Raised by the request that decided the payment, from the same
//! features and the same score; a projection of the log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use weft_audit::DecisionRecord;
use weft_dictionary::Timestamp;
use weft_intake::Problem;
use weft_verdict::{Obligation, ObligationKind};

use crate::attempts::Attempt;
use crate::disclosure::STATE;
use crate::engine::{Engine, Inner};
use crate::limits::{MAX_ALERTS, MAX_UNSEEN_CHANGES};
use crate::reasons::{self, Names};
use crate::view::{ReasonView, rfc3339};
use crate::words::Words;
use crate::{Caller, problems};

/// The newest alerts.
pub(crate) struct Alerts {
    /// The decisions that raised them, the oldest first.
    newest: Mutex<VecDeque<Arc<str>>>,
    raised: Sender<Arc<str>>,
}

/// One alert. Nothing of the customer is in it: who looks into it asks for an account review, within a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertView {
    /// The decision that raised it.
    pub decision: String,
    /// When; RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
    /// The payment, as the platform named it.
    pub payment: String,
    /// The service through which the customer pays.
    pub service: String,
    /// Why, by the policies that raised it.
    pub reasons: Vec<ReasonView>,
    /// Names the behavioural features with which the payment was decided, as its record does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_snapshot: Option<String>,
}

/// One caller's look at alerts as they are raised.
pub struct Alarmed {
    engine: Engine,
    caller: Caller,
    raised: Receiver<Arc<str>>,
}

impl Default for Alerts {
    fn default() -> Alerts {
        Alerts {
            newest: Mutex::default(),
            raised: channel(MAX_UNSEEN_CHANGES).0,
        }
    }
}

impl Alerts {
    /// Takes over what a durable decision about a payment says.
    pub(crate) fn see(&self, record: &DecisionRecord) {
        if !record.outcome.obligations.iter().any(tells_support) {
            return;
        }
        let decision: Arc<str> = record.decision.as_str().into();
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() >= MAX_ALERTS {
            newest.pop_front();
        }
        newest.push_back(Arc::clone(&decision));
        // Nobody may be looking.
        let _ = self.raised.send(decision);
    }

    fn newest(&self) -> Vec<Arc<str>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.iter().rev().cloned().collect()
    }
}

/// Whether support is to be told.
fn tells_support(obligation: &Obligation) -> bool {
    let whom = obligation.arguments.get("whom").map(String::as_str);
    obligation.kind == ObligationKind::Notify && whom == Some("support")
}

impl Engine {
    /// The newest alerts, the last one first, for support; that they were read is on record. None to whom no disclosure
    /// grants to know of payments.
    pub async fn alerts(&self, caller: &Caller) -> Result<Vec<AlertView>, Problem> {
        let inner = &self.inner;
        let newest = inner.alerts.newest();
        let told = inner
            .in_words(|words| {
                let alerts = newest.iter().map(|one| inner.alert(caller, one, words));
                let alerts: Result<Vec<_>, _> = alerts.collect();
                Ok(alerts?.into_iter().flatten().collect::<Vec<AlertView>>())
            })
            .await?;
        self.on_record(Attempt::alerts_read(caller, told.len()))
            .await?;
        Ok(told)
    }

    /// Begins to look at alerts as they are raised.
    pub fn alarmed(&self, caller: &Caller) -> Alarmed {
        Alarmed {
            engine: self.clone(),
            caller: caller.clone(),
            raised: self.inner.alerts.raised.subscribe(),
        }
    }
}

impl Alarmed {
    /// Waits for the next alert. Nothing when it cannot be recorded, the host stops, or so many came at once that some were
    /// missed: who asks for all then has them.
    pub async fn next(&mut self) -> Option<AlertView> {
        loop {
            let raised = match self.raised.recv().await {
                Ok(raised) => raised,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            };
            let inner = &self.engine.inner;
            let told = inner
                .in_words(|words| inner.alert(&self.caller, &raised, words))
                .await
                .ok()?;
            if let Some(alert) = told {
                let read =
                    Attempt::alerts_read(&self.caller, 1).about(Some(alert.decision.clone()));
                self.engine.on_record(read).await.ok()?;
                return Some(alert);
            }
        }
    }
}

impl Inner {
    /// One alert, as far as the caller may know.
    fn alert(
        &self,
        caller: &Caller,
        decision: &str,
        words: &Words,
    ) -> Result<Option<AlertView>, Problem> {
        if !caller.role.is_support() || !self.grants().tells(caller.role, STATE) {
            return Ok(None);
        }
        let stored = self.stored(decision)?;
        let stored = stored.ok_or_else(|| problems::internal("an alert has no record"))?;
        let record = &stored.record;
        let Some(payment) = record.transaction.clone() else {
            return Ok(None);
        };
        let voice = self.voice(words, record);
        let raised = record
            .findings
            .iter()
            .filter(|found| found.enforced && found.finding.obligations.iter().any(tells_support));
        let reasons = raised
            .flat_map(|found| reasons::of_finding(found, voice.policy_of(found), Names::Missing))
            .collect();
        Ok(Some(AlertView {
            decision: record.decision.clone(),
            at: record.at,
            payment,
            service: record.caller.id.clone(),
            reasons,
            feature_snapshot: record.feature_snapshot.clone(),
        }))
    }
}
