//! The set in force, and how another one takes its place.
//!
//! A request takes the set once, at its beginning, and is decided by it to the end; a set that is replaced meanwhile
//! goes when the last request that took it is answered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::ArcSwap;
use weft_audit::DecisionRecord;
use weft_policy::PolicyFiles;
use weft_sandbox::{Plugin, Sandbox};

use crate::Config;
use crate::limits::MAX_SETS_HELD;
use crate::pipeline::Pipeline;
use crate::sets::back::Back;
use crate::sets::components::Source;
use crate::sets::history::History;
use crate::sets::refused::SetRefused;
use crate::sets::{Archive, LoadedSet};

/// All that the host has of policy sets.
pub(crate) struct Sets {
    in_force: ArcSwap<Pipeline>,
    /// Sets that were in force lately, the newest first: their decisions are still told in their words.
    lately: Mutex<VecDeque<Arc<Pipeline>>>,
    history: Mutex<History>,
    /// One change at a time.
    pub(crate) changing: tokio::sync::Mutex<Changing>,
    pub(crate) archive: Archive,
    pub(super) sandbox: Sandbox,
    /// Sets that are looked at, and do not decide.
    pub(crate) back: Back,
    /// Plugins of sets that are still there.
    compiled: Mutex<Vec<Weak<Plugin>>>,
    /// What all sets of this process have in common.
    dictionary_sha256: String,
}

/// What only one change at a time may look at.
pub(crate) struct Changing {
    /// The set of the directories as they were read last.
    pub(crate) directories: String,
}

impl Sets {
    /// With a set in force that was read from the directories.
    pub(crate) fn new(set: LoadedSet, archive: Archive, sandbox: Sandbox) -> Sets {
        let compiled = plugins(&set);
        let dictionary_sha256 = set.dictionary_sha256();
        let pipeline = Arc::new(set.pipeline);
        let changing = Changing {
            directories: pipeline.digest().to_owned(),
        };
        Sets {
            lately: Mutex::new(VecDeque::from([Arc::clone(&pipeline)])),
            in_force: ArcSwap::from(pipeline),
            history: Mutex::default(),
            changing: tokio::sync::Mutex::new(changing),
            archive,
            sandbox,
            back: Back::default(),
            compiled: Mutex::new(compiled),
            dictionary_sha256,
        }
    }

    /// The set in force. Whoever decides takes it once.
    pub(crate) fn in_force(&self) -> Arc<Pipeline> {
        self.in_force.load_full()
    }

    /// The set that a decision was taken with, if it is still held; else the one in force.
    pub(crate) fn of(&self, record: &DecisionRecord) -> Arc<Pipeline> {
        let held = self.held(&record.policy_set);
        held.unwrap_or_else(|| self.in_force())
    }

    /// The set in force or one that was lately, by its digest.
    pub(crate) fn held(&self, digest: &str) -> Option<Arc<Pipeline>> {
        let in_force = self.in_force();
        if in_force.digest() == digest {
            return Some(in_force);
        }
        let lately = lock(&self.lately);
        lately.iter().find(|set| set.digest() == digest).cloned()
    }

    /// From now on requests are decided by this set.
    pub(crate) fn put_in_force(&self, pipeline: Arc<Pipeline>) {
        let mut lately = lock(&self.lately);
        lately.retain(|set| set.digest() != pipeline.digest());
        lately.push_front(Arc::clone(&pipeline));
        lately.truncate(MAX_SETS_HELD);
        self.in_force.store(pipeline);
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.history)
    }

    /// Reads the directories. Takes long: no request waits for it.
    pub(crate) fn read_directories(&self, config: &Config) -> Result<LoadedSet, SetRefused> {
        let files = PolicyFiles::read(&config.policies_dir).map_err(SetRefused::files)?;
        let source = Source::Directory(&config.plugins_dir);
        let compiled = self.compiled();
        let set = LoadedSet::of(files, source, config.pinning(), &self.sandbox, &compiled)?;
        self.fits(set)
    }

    /// Reads a set that was in force before. Takes long, too.
    pub(crate) fn read_archived(
        &self,
        digest: &str,
        config: &Config,
    ) -> Result<LoadedSet, SetRefused> {
        let compiled = self.compiled();
        let set = self
            .archive
            .read(digest, config.pinning(), &self.sandbox, &compiled)?;
        self.fits(set)
    }

    /// Whether a set can take the place of the one in force while the host runs.
    fn fits(&self, set: LoadedSet) -> Result<LoadedSet, SetRefused> {
        if set.dictionary_sha256() != self.dictionary_sha256 {
            return Err(SetRefused::OtherDictionary);
        }
        let in_force = self.in_force();
        let operations = set.pipeline.set().operations().iter();
        for operation in operations {
            let now = in_force.operation(&operation.name);
            if now.is_some_and(|now| now.kind != operation.kind) {
                return Err(SetRefused::OtherKind(operation.name.clone()));
            }
        }
        let mut compiled = lock(&self.compiled);
        compiled.retain(|plugin| plugin.strong_count() > 0);
        compiled.extend(plugins(&set));
        Ok(set)
    }

    /// What need not be compiled again.
    pub(super) fn compiled(&self) -> Vec<Arc<Plugin>> {
        lock(&self.compiled)
            .iter()
            .filter_map(Weak::upgrade)
            .collect()
    }
}

fn plugins(set: &LoadedSet) -> Vec<Weak<Plugin>> {
    let components = set.components.values();
    components.map(|c| Arc::downgrade(&c.plugin)).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
