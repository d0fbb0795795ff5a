//! Where a payment stands, for who keeps looking: each change is told when it is durable.
//!
//! What is told is what [`Engine::decision`] would say at the same moment, under the disclosures that are in force then, and it is
//! on record before it is told.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};
use weft_intake::Problem;

use crate::engine::Engine;
use crate::limits::{MAX_UNSEEN_CHANGES, REFUSAL_TAKES};
use crate::view::NowView;
use crate::{Caller, problems};

/// Says which payments change.
pub(crate) struct Changes(Sender<Arc<str>>);

impl Default for Changes {
    fn default() -> Changes {
        Changes(channel(MAX_UNSEEN_CHANGES).0)
    }
}

impl Changes {
    /// A decision about this payment is durable, and what follows from it is taken over.
    pub(crate) fn tell(&self, payment: &str) {
        // Nobody may be looking.
        let _ = self.0.send(payment.into());
    }
}

/// One caller's look at one payment.
pub struct Watching {
    engine: Engine,
    caller: Caller,
    decision: String,
    payment: String,
    now: NowView,
    changes: Receiver<Arc<str>>,
    /// Something may have changed since `now`.
    is_old: bool,
}

impl Engine {
    /// Begins to look at the payment of a decision. Where the caller is not told where the payment stands, the answer is that
    /// to a decision that is not there, at the same time.
    pub async fn watch(&self, caller: &Caller, decision: &str) -> Result<Watching, Problem> {
        let refused_at = Instant::now() + REFUSAL_TAKES;
        // Before the first look, so that no change is between the two.
        let changes = self.inner.changes.0.subscribe();
        let begun = match self.look(caller, decision).await {
            Ok(Some((payment, now))) => Ok(Watching {
                engine: self.clone(),
                caller: caller.clone(),
                decision: decision.to_owned(),
                payment,
                now,
                changes,
                is_old: false,
            }),
            Ok(None) => Err(problems::no_such_decision()),
            Err(problem) => Err(problem),
        };
        let recorded = match &begun {
            Ok(watching) => watching.record().await,
            Err(_) => self.refused_decision(caller, decision).await,
        };
        let begun = recorded.and(begun);
        if let Err(problem) = &begun {
            self.inner.metrics.problem(problem.code());
            sleep_until(refused_at).await;
        }
        begun
    }

    /// The payment of a decision, and where it stands, as far as this caller is told.
    async fn look(
        &self,
        caller: &Caller,
        decision: &str,
    ) -> Result<Option<(String, NowView)>, Problem> {
        let inner = &self.inner;
        let view = inner
            .in_words(|words| inner.decision(caller, decision, words))
            .await?;
        let stored = inner.stored(decision)?;
        let payment = stored.and_then(|stored| stored.record.transaction.clone());
        Ok(payment.zip(view.now))
    }
}

impl Watching {
    /// Where the payment stood when this was told last.
    pub fn now(&self) -> &NowView {
        &self.now
    }

    /// Waits until the payment stands elsewhere, or a later decision about it says the same again. Nothing when the caller is not
    /// told any more, or it cannot be recorded. May be given up and asked for again: no change is lost.
    pub async fn changed(&mut self) -> Option<&NowView> {
        loop {
            while !self.is_old {
                self.is_old = match self.changes.recv().await {
                    Ok(payment) => *payment == *self.payment,
                    // It may have been among those that were missed.
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return None,
                };
            }
            let (_, now) = self
                .engine
                .look(&self.caller, &self.decision)
                .await
                .ok()??;
            if now != self.now {
                self.record().await.ok()?;
                self.now = now;
                self.is_old = false;
                return Some(&self.now);
            }
            self.is_old = false;
        }
    }

    async fn record(&self) -> Result<(), Problem> {
        let inner = Arc::clone(&self.engine.inner);
        let (caller, decision) = (self.caller.clone(), self.decision.clone());
        let recorded = self
            .engine
            .inner
            .tasks
            .spawn(async move { inner.recorded_read(&caller, decision).await });
        let unfinished = |_| Err(problems::internal("the reading was not recorded"));
        recorded.await.unwrap_or_else(unfinished)
    }
}
