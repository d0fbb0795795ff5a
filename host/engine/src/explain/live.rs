//! From a running host, for its callers.

use std::sync::Arc;

use weft_audit::{DecisionRecord, Stored};
use weft_intake::Problem;

use super::recorded::recorded;
use super::{Explaining, Explanation};
use crate::again::{Ground, NotAgain};
use crate::chains::began;
use crate::disclosure::VERDICT;
use crate::engine::{Engine, Inner};
use crate::known::Known;
use crate::{Caller, Role, problems};

impl Engine {
    /// Why a decision came out as it did, in the words of the caller's role. Who may not see the decision learns nothing,
    /// in the same words as of one that is not there.
    pub async fn explanation(&self, caller: &Caller, id: &str) -> Result<Explanation, Problem> {
        let view = self.decision(caller, id).await?;
        let explanation = self.explain_aside(view.decision.clone(), caller).await;
        let explanation = explanation.map(|explanation| match view.is_told_of_payment {
            true => explanation,
            false => explanation.without_payment(&view),
        });
        if let Err(problem) = &explanation {
            self.inner.metrics.problem(problem.code());
        }
        explanation
    }

    /// Explains where no payment waits for it: the decision is evaluated again.
    async fn explain_aside(&self, id: String, caller: &Caller) -> Result<Explanation, Problem> {
        let role = caller.role;
        let _place = self.inner.lanes.assistance(&caller.id).await?;
        let _turn = self.inner.sets.back.turn().await;
        let inner = Arc::clone(&self.inner);
        let explained = self
            .inner
            .tasks
            .spawn_blocking(move || inner.explain(&id, role));
        explained
            .await
            .map_err(|_| problems::internal("the explanation was not finished"))?
    }
}

impl Inner {
    fn explain(&self, id: &str, role: Role) -> Result<Explanation, Problem> {
        let stored = self.stored(id)?.ok_or_else(problems::no_such_decision)?;
        let now = self.grants();
        let ground = match self.ground_of(&stored.record)? {
            Ok(ground) => ground,
            Err(why) => {
                return Ok(recorded(
                    &stored.record,
                    role,
                    now.tells(role, VERDICT),
                    why,
                ));
            }
        };
        let own = self.own_then(&ground, &stored)?;
        let explaining = Explaining {
            ground: &ground,
            record: &stored.record,
            own: own.as_ref(),
            role,
            now: Some(&now),
        };
        Ok(explaining.explain())
    }

    /// What a decision was taken with, or what became of its policy set.
    fn ground_of(&self, record: &DecisionRecord) -> Result<Result<Ground, NotAgain>, Problem> {
        let set = self.sets.of(record);
        let (dictionary, set) = if set.digest() == record.policy_set {
            (Arc::clone(&self.dictionary), set)
        } else {
            match self.sets.past(&record.policy_set) {
                Ok(past) => past,
                Err(why) => {
                    tracing::error!(%why, "an archived policy set cannot be read");
                    let not_again = NotAgain::of_archive(&why);
                    return not_again.map(Err).ok_or_else(problems::archive_not_read);
                }
            }
        };
        let known = match Known::of(&dictionary) {
            Ok(known) => known,
            Err(why) => {
                tracing::error!(%why, "an archived dictionary cannot be used");
                return Ok(Err(NotAgain::SetDamaged));
            }
        };
        let opener = Arc::clone(self.vault.opener());
        Ok(Ok(Ground::new(dictionary, known, set, opener)))
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
