//! In whose words decisions are told: those of the policy sets that took them.
//!
//! Sets that were in force lately are held. Another one is read from the archive, beside the requests that are decided; so a
//! view is made once without it, says which sets it lacks, and is made again with them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weft_audit::{DecisionRecord, FindingRecord};
use weft_dictionary::Dictionary;
use weft_intake::Problem;
use weft_policy::Policy;

use crate::disclosure::{Granting, InForce};
use crate::engine::Inner;
use crate::pipeline::Pipeline;
use crate::sets::Past;
use crate::told::policy_of;

/// The sets that one answer needed and that are not held.
#[derive(Default)]
pub(crate) struct Words {
    /// What the archive gave; none where it gave nothing.
    brought: BTreeMap<String, Option<Past>>,
    wanted: RefCell<BTreeSet<String>>,
}

/// The set that a decision was taken with.
pub(crate) struct Voice {
    pub(crate) dictionary: Arc<Dictionary>,
    set: Arc<Pipeline>,
    now: InForce,
}

impl Voice {
    /// The policy that made a finding, if it is there as it was.
    pub(crate) fn policy_of(&self, found: &FindingRecord) -> Option<&Policy> {
        policy_of(self.set.set(), found)
    }

    /// What the decision grants to its readers.
    pub(crate) fn granting(&self) -> Granting<'_> {
        Granting {
            dictionary: &self.dictionary,
            set: self.set.set(),
            now: Some(&self.now),
        }
    }
}

impl Inner {
    /// A view of decisions, told in the words of the sets that took them.
    pub(crate) async fn in_words<T>(
        self: &Arc<Self>,
        view: impl Fn(&Words) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut words = Words::default();
        loop {
            let seen = view(&words);
            let wanted = words.wanted.take();
            // No set is wanted twice, so this ends.
            if wanted.is_empty() {
                return seen;
            }
            for digest in wanted {
                let past = self.bring(digest.clone()).await;
                words.brought.insert(digest, past);
            }
        }
    }

    async fn bring(self: &Arc<Self>, digest: String) -> Option<Past> {
        let inner = Arc::clone(self);
        let read = self
            .tasks
            .spawn_blocking(move || inner.sets.past(&digest))
            .await;
        match read.ok()? {
            Ok(past) => Some(past),
            Err(why) => {
                tracing::error!(%why, "decisions are told without words: their policy set cannot be read");
                None
            }
        }
    }

    /// The words for a decision. Where its own set is not there, those of policies that have not changed since.
    pub(crate) fn voice(&self, words: &Words, record: &DecisionRecord) -> Voice {
        let digest = &record.policy_set;
        let ours = |set| Voice {
            dictionary: Arc::clone(&self.dictionary),
            set,
            now: self.grants(),
        };
        if let Some(set) = self.sets.held(digest) {
            return ours(set);
        }
        match words.brought.get(digest) {
            Some(Some((dictionary, set))) => {
                return Voice {
                    dictionary: Arc::clone(dictionary),
                    set: Arc::clone(set),
                    now: self.grants(),
                };
            }
            Some(None) => {}
            // What the host decided by itself is told in its own words.
            None if record.findings.iter().all(|f| f.policy == "host") => {}
            None => {
                words.wanted.borrow_mut().insert(digest.clone());
            }
        }
        ours(self.sets.in_force())
    }
}
