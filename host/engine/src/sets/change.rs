//! Another set in force: read again from the directories, or an archived one.
//!
//! A change is in the log before it is made. What was being decided at that moment is decided to its end by the set
//! that it began with, so for a moment both stand in the log; each record says by which it was decided.

use std::sync::Arc;

use serde::Serialize;
use weft_audit::Record;
use weft_intake::{Culprit, Problem};
use weft_redact::Reading;

use crate::engine::{Engine, Inner};
use crate::limits::{MAX_REASON_CHARS, MIN_DIGEST_DIGITS};
use crate::problems;
use crate::sets::LoadedSet;
use crate::sets::history::{CHANGED, Cause, SetChange};
use crate::sets::in_force::Changing;
use crate::sets::refused::{PROBLEMS, SetRefused};

/// Who wants something changed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The caller, or `signal`.
    pub by: String,
    /// In words, for those who read the log; never facts of a request.
    pub reason: Option<String>,
}

impl Order {
    /// By a signal to the process, which gives no reason.
    pub fn by_signal() -> Order {
        Order {
            by: "signal".into(),
            reason: None,
        }
    }

    /// A reason is one line of the log, in clear: what leads to a person is refused, but for names, which have no form.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let fits = |reason: &String| {
            (1..=MAX_REASON_CHARS).contains(&reason.chars().count())
                && !reason.trim().is_empty()
                && !reason.chars().any(char::is_control)
                && weft_redact::first(reason, Reading::Prose).is_none()
                && weft_redact::in_identifier(reason).is_none()
        };
        if self.reason.as_ref().is_none_or(fits) {
            return Ok(());
        }
        Err(problems::unfit_reason())
    }
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ordered {
    /// The set in force now, and how it came to be.
    #[serde(flatten)]
    pub in_force: SetChange,
    /// Whether it was another before.
    pub changed: bool,
}

impl Engine {
    /// Reads the directories of policies and plugins again and puts what is there in force. What does not hold is
    /// refused, and the set in force stays. A rollback is over with this.
    pub async fn reload_policies(&self, order: Order) -> Result<Ordered, Problem> {
        self.change(Target::Directories, order).await
    }

    /// Puts an archived set in force: the one that was before, or the one whose digest begins with `to`. It stays in
    /// force until the directories are read again, also over a restart and when they have changed by then.
    pub async fn roll_back(&self, to: Option<String>, order: Order) -> Result<Ordered, Problem> {
        self.change(Target::Archived(to), order).await
    }

    /// The changes of the set in force, the newest first.
    pub fn set_changes(&self) -> Vec<SetChange> {
        self.inner.sets.history().changes()
    }

    /// A change that was begun is finished, whether or not somebody waits for it.
    async fn change(&self, target: Target, order: Order) -> Result<Ordered, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.change(target, order).await })
            .await
    }

    /// What an operator ordered, in a task of its own: who ordered it may go away meanwhile.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let changed = match self.inner.tasks.spawn(change).await {
            Ok(changed) => changed,
            Err(_) => Err(problems::internal("the change was not finished")),
        };
        if let Err(problem) = &changed {
            self.inner.metrics.problem(problem.code());
        }
        changed
    }
}

/// What is to be in force.
enum Target {
    /// What the directories have.
    Directories,
    /// What was in force before; all of its digest, or where that begins.
    Archived(Option<String>),
}

impl Inner {
    async fn change(self: &Arc<Inner>, target: Target, order: Order) -> Result<Ordered, Problem> {
        order.check()?;
        let mut changing = self.sets.changing.lock().await;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let changed = match target {
            Target::Directories => self.reload(&mut changing, order).await,
            Target::Archived(to) => self.roll_back(&mut changing, to, order).await,
        };
        match changed {
            Ok(ordered) => {
                tell(&ordered);
                Ok(ordered)
            }
            Err(refused) => {
                let problem = refused.problem();
                tell_refusal(&problem);
                Err(problem)
            }
        }
    }

    async fn reload(
        self: &Arc<Inner>,
        changing: &mut Changing,
        order: Order,
    ) -> Result<Ordered, SetRefused> {
        let inner = Arc::clone(self);
        let set = self.aside(move || {
            let set = inner.sets.read_directories(&inner.config)?;
            // No record refers to a set that is not kept.
            inner.sets.archive.store(&set)?;
            Ok(set)
        });
        let set = set.await?;
        let directories = set.pipeline.digest().to_owned();
        let was_overruled = self.sets.in_force().digest() != changing.directories;
        if !was_overruled
            && changing.directories == directories
            && let Some(unchanged) = self.unchanged()
        {
            return Ok(unchanged);
        }
        let ordered = self.put_in_force(set, Cause::Reload, order, None).await?;
        changing.directories = directories;
        Ok(ordered)
    }

    async fn roll_back(
        self: &Arc<Inner>,
        changing: &mut Changing,
        to: Option<String>,
        order: Order,
    ) -> Result<Ordered, SetRefused> {
        let digest = self.set_before(to.as_deref())?;
        if self.sets.in_force().digest() == digest
            && let Some(unchanged) = self.unchanged()
        {
            return Ok(unchanged);
        }
        let inner = Arc::clone(self);
        let set = self.aside(move || inner.sets.read_archived(&digest, &inner.config));
        let overruled = changing.directories.clone();
        self.put_in_force(set.await?, Cause::Rollback, order, Some(overruled))
            .await
    }

    /// The set that a rollback is to put in force.
    fn set_before(&self, to: Option<&str>) -> Result<String, SetRefused> {
        let history = self.sets.history();
        let Some(to) = to else {
            // Whoever presses twice does not want back what was wrong.
            let newest = history.newest();
            if newest.is_some_and(|change| change.cause == Cause::Rollback) {
                return Err(SetRefused::RolledBack);
            }
            let before = history.before_last().ok_or(SetRefused::NoneBefore)?;
            return Ok(before.to_owned());
        };
        match history.that_begin(to).as_slice() {
            [] => Err(SetRefused::NeverInForce),
            [one] if to.len() >= MIN_DIGEST_DIGITS => Ok(one.policy_set.clone()),
            those => Err(SetRefused::unclear(those)),
        }
    }

    /// What was asked for is in force already.
    fn unchanged(&self) -> Option<Ordered> {
        let in_force = self.sets.history().newest().cloned()?;
        Some(Ordered {
            in_force,
            changed: false,
        })
    }

    /// Records the change, durably, and makes it.
    async fn put_in_force(
        &self,
        set: LoadedSet,
        cause: Cause,
        order: Order,
        overruled: Option<String>,
    ) -> Result<Ordered, SetRefused> {
        let pipeline = Arc::new(set.into_parts().1);
        let change = SetChange {
            policy_set: pipeline.digest().to_owned(),
            since: self.clock.now(),
            replaced: Some(self.sets.in_force().digest().to_owned()),
            by: order.by,
            cause,
            reason: order.reason,
            // The set of the directories themselves overrules nothing.
            overruled: overruled.filter(|overruled| overruled != pipeline.digest()),
        };
        for described in self.describe(&pipeline, change.since) {
            self.log.append(&described).await?;
            if let Record::Event(event) = &described {
                self.sets.history().see(event);
            }
        }
        let event = self.event(change.since, CHANGED, change.detail());
        self.log.append(&event).await?;
        self.sets.put_in_force(pipeline);
        self.sets.history().add(change.clone());
        self.metrics.set_changed(cause);
        Ok(Ordered {
            changed: change.replaced.as_ref() != Some(&change.policy_set),
            in_force: change,
        })
    }

    /// Work that takes long, on a thread on which no request waits.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SetRefused> + Send + 'static,
    ) -> Result<T, SetRefused> {
        let done = self.tasks.spawn_blocking(work).await;
        done.unwrap_or(Err(SetRefused::NotFinished))
    }
}

fn tell(ordered: &Ordered) {
    let change = &ordered.in_force;
    if ordered.changed {
        tracing::warn!(
            policy_set = change.policy_set,
            cause = change.cause.as_str(),
            by = change.by,
            "another policy set is in force"
        );
    } else {
        tracing::info!(
            policy_set = change.policy_set,
            "the policy set in force stays: nothing has changed"
        );
    }
}

/// Also where nobody waits for an answer, everything that is wrong is told.
fn tell_refusal(problem: &Problem) {
    if problem.culprit() == Culprit::Caller {
        tracing::info!("no other policy set is in force: {problem}");
        return;
    }
    tracing::error!("no other policy set is in force: {problem}");
    let listed = problem.member_of(PROBLEMS).and_then(|list| list.as_array());
    for one in listed.into_iter().flatten() {
        let text = |name: &str| one[name].as_str().unwrap_or_default();
        tracing::error!(
            code = text("code"),
            "{}:{}:{}: {}",
            text("file"),
            one["line"],
            one["column"],
            text("message")
        );
    }
}
