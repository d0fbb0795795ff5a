//! From a running host, for its callers.

use std::sync::Arc;

use weft_audit::{DecisionRecord, Stored};
use weft_intake::Problem;

use super::{Explaining, Explanation};
use crate::again::Ground;
use crate::chains::began;
use crate::engine::{Engine, Inner};
use crate::{Caller, Role, problems};

impl Engine {
    /// Why a decision came out as it did, in the words of the caller's role. Who may not see the decision learns nothing,
    /// in the same words as of one that is not there.
    pub async fn explanation(&self, caller: &Caller, id: &str) -> Result<Explanation, Problem> {
        let view = self.decision(caller, id).await?;
        let explanation = self.explain_aside(view.decision, caller.role).await;
        if let Err(problem) = &explanation {
            self.inner.metrics.problem(problem.code());
        }
        explanation
    }

    /// Explains on a worker thread: the decision is evaluated again.
    async fn explain_aside(&self, id: String, role: Role) -> Result<Explanation, Problem> {
        let _permit = self
            .inner
            .permits
            .try_acquire()
            .map_err(|_| problems::saturated())?;
        let (answer, wait) = tokio::sync::oneshot::channel();
        let inner = Arc::clone(&self.inner);
        self.inner.workers.spawn(move || {
            // Nobody waits any more when the caller has gone away.
            let _ = answer.send(inner.explain(&id, role));
        });
        wait.await
            .map_err(|_| problems::internal("the explanation was not finished"))?
    }
}

impl Inner {
    fn explain(&self, id: &str, role: Role) -> Result<Explanation, Problem> {
        let stored = self.stored(id)?.ok_or_else(problems::no_such_decision)?;
        let ground = self.ground_of(&stored.record)?;
        let own = self.own_then(&ground, &stored)?;
        let explaining = Explaining {
            ground: &ground,
            record: &stored.record,
            own: own.as_ref(),
            role,
        };
        Ok(explaining.explain())
    }

    /// The set that a decision was taken with.
    fn ground_of(&self, record: &DecisionRecord) -> Result<Ground, Problem> {
        let set = self.sets.of(record);
        if set.digest() != record.policy_set {
            return Err(problems::set_not_held());
        }
        Ok(Ground::new(
            Arc::clone(&self.dictionary),
            self.known,
            set,
            Arc::clone(self.vault.opener()),
        ))
    }

    /// The decision about the payment itself that stood when a request for assistance was decided.
    fn own_then(
        &self,
        ground: &Ground,
        stored: &Stored,
    ) -> Result<Option<DecisionRecord>, Problem> {
        let Some((payment, service)) = ground.payment_of(&stored.record) else {
            return Ok(None);
        };
        let chains = self.chains(&payment)?.into_iter();
        let chain = chains.filter(|chain| began(chain, &service)).flatten();
        let before = chain.filter(|s| s.index < stored.index);
        let mut own = before.filter(|s| ground.is_payment(&s.record.operation));
        Ok(own.next_back().map(|s| s.record))
    }
}
