//! One policy set, ready to be asked: every policy checked, every plugin loaded and bound.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weft_diagnostic::{Diagnostic, Diagnostics};
use weft_dictionary::{Dictionary, FieldId, Row, Timestamp, Treatment};
use weft_policy::{Body, Operation, Policy, PolicyFiles, PolicySet, Stage, Status};
use weft_sandbox::SettingInForce;
use weft_verdict::Verdict;

use crate::bind::Binder;
use crate::payment::EXPIRE;
use crate::sets::{Components, Contents, Pinning};

/// Why a policy set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The files have problems.
    #[error("{0}")]
    Files(#[from] Diagnostics),
    /// An operation has the name of one of the host's own.
    #[error(
        "pipeline.yaml names the operation `{0}`, which is the host's own decision about a hold that is over; give it another name"
    )]
    HostOperation(&'static str),
}

impl From<Diagnostic> for PipelineError {
    fn from(problem: Diagnostic) -> PipelineError {
        PipelineError::Files(problem.into())
    }
}

/// A policy set and its plugins. [`LoadedSet::read`](crate::sets::LoadedSet::read) and
/// [`Archive::load`](crate::sets::Archive::load) make one.
pub struct Pipeline {
    set: PolicySet,
    /// In the order of the set, which is that in which they are asked; none for a draft.
    bound: Vec<Option<Bound>>,
    digest: String,
    plugins: Vec<PluginInUse>,
    warnings: Diagnostics,
}

/// A plugin that policies use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginInUse {
    /// From its manifest.
    pub name: String,
    /// From its manifest.
    pub version: String,
    /// SHA-256 of the component.
    pub digest: String,
}

/// A policy, ready to be asked.
pub(crate) struct Bound {
    pub(crate) policy: Arc<Policy>,
    pub(crate) plugin: Option<BoundPlugin>,
}

/// A plugin with one policy's settings and grants.
pub(crate) struct BoundPlugin {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    pub(crate) bound: weft_sandbox::Bound,
    pub(crate) needs: Vec<Need>,
}

/// One need of a plugin, as its policy grants it.
pub(crate) struct Need {
    pub(crate) field: FieldId,
    pub(crate) purpose: String,
    /// Whether the plugin cannot do without it.
    pub(crate) required: bool,
    /// The stricter of what the plugin wants and what the policy grants.
    pub(crate) granted: Option<Treatment>,
}

impl Pipeline {
    /// Checks and tests the files, and binds the policies to the components that they ask.
    pub(crate) fn bind(
        files: &PolicyFiles,
        dictionary: &Dictionary,
        components: &mut Components<'_>,
        pinning: Pinning,
    ) -> Result<Pipeline, PipelineError> {
        let set = PolicySet::of(files, dictionary)?;
        if set.operation(EXPIRE).is_some() {
            return Err(PipelineError::HostOperation(EXPIRE));
        }
        let mut binder = Binder {
            files,
            pinning,
            dictionary,
            operations: set.operations(),
            components,
            found: Vec::new(),
        };
        let mut bind = |policy: &Arc<Policy>| {
            let plugin = match policy.body() {
                _ if policy.status() == Status::Draft => return None,
                Body::Rules(_) => None,
                Body::Plugin(usage) => Some(binder.bind(policy, usage)?),
            };
            Some(Bound {
                policy: Arc::clone(policy),
                plugin,
            })
        };
        let bound: Vec<Option<Bound>> = set.policies().iter().map(&mut bind).collect();
        let found = Diagnostics(binder.found);
        if found.refuse() {
            return Err(PipelineError::Files(found));
        }
        let plugins = in_use(bound.iter().flatten());
        Ok(Pipeline {
            digest: Contents::of(files, &plugins).digest(),
            set,
            bound,
            plugins,
            warnings: found,
        })
    }

    /// What is worth a look about policies and the plugins that they ask.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// SHA-256 over all files, the dictionary's included, and the plugins, in hexadecimal: what a decision was
    /// decided by.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The policy files.
    pub fn set(&self) -> &PolicySet {
        &self.set
    }

    /// The plugins that policies use.
    pub fn plugins(&self) -> &[PluginInUse] {
        &self.plugins
    }

    /// Every setting of the plugin that a policy asks, defaults included. None for a draft, whose plugin is not
    /// loaded, for a policy with rules, and for one that is not of this set.
    pub fn settings_of(&self, policy: &Policy) -> Option<Vec<SettingInForce>> {
        let Body::Plugin(usage) = policy.body() else {
            return None;
        };
        let mut bound = self.bound.iter().flatten();
        let plugin = bound
            .find(|b| b.policy.id() == policy.id() && b.policy.version() == policy.version())?
            .plugin
            .as_ref()?;
        let manifest = plugin.bound.plugin().manifest();
        Some(manifest.settings_with(&usage.settings))
    }

    /// The stages, in order.
    pub(crate) fn stages(&self) -> &[Stage] {
        self.set.stages()
    }

    /// The policies that a stage asks about an operation at a time: those that may apply to the row.
    pub(crate) fn asked(
        &self,
        stage: usize,
        operation: &str,
        at: Timestamp,
        row: &Row,
    ) -> Vec<&Bound> {
        let candidates = self.set.candidates(stage, operation, row);
        let bound = candidates.filter_map(|place| self.bound.get(place)?.as_ref());
        bound.filter(|b| b.policy.in_force(at)).collect()
    }

    /// An operation of the pipeline.
    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.set.operation(name)
    }

    /// The operation most like one that is not there.
    pub(crate) fn did_you_mean(&self, name: &str) -> Option<&str> {
        weft_diagnostic::did_you_mean(name, self.set.operations().iter().map(|o| o.name.as_str()))
    }

    /// What is decided when no policy says anything: never to go on.
    pub(crate) fn without_policy(&self, operation: &str) -> Verdict {
        self.operation(operation)
            .map_or(Verdict::Deny, |o| o.no_policy)
    }
}

/// The plugins that are asked, each once.
fn in_use<'a>(bound: impl Iterator<Item = &'a Bound>) -> Vec<PluginInUse> {
    let plugins = bound.filter_map(|bound| bound.plugin.as_ref());
    let in_use = plugins.map(|plugin| PluginInUse {
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        digest: plugin.digest.clone(),
    });
    let in_use: BTreeSet<PluginInUse> = in_use.collect();
    in_use.into_iter().collect()
}
