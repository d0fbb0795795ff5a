//! One policy set, ready to be asked: every policy checked, every plugin loaded and bound.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use weft_diagnostic::Diagnostics;
use weft_dictionary::{Dictionary, FieldId, Row, Timestamp, Treatment};
use weft_policy::{Body, Operation, PluginUse, Policy, PolicySet, Stage, Status};
use weft_sandbox::{Budget, Sandbox};
use weft_verdict::Verdict;

use crate::payment::EXPIRE;

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
    /// A policy names a plugin that is not there.
    #[error(
        "policy `{policy}` needs the plugin `{plugin}`, and {path} cannot be read: {why}; build it with `weft plugin build`, or name its directory with --plugins"
    )]
    NoPlugin {
        /// The policy.
        policy: String,
        /// The plugin's name.
        plugin: String,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// The component is refused.
    #[error("policy `{policy}`: the plugin {path} is refused: {why}")]
    Refused {
        /// The policy.
        policy: String,
        /// The component.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The component says that it is another plugin.
    #[error(
        "policy `{policy}` asks the plugin `{plugin}`, and {path} says in its manifest that it is `{found}`: put the right component there, or name that plugin in the policy"
    )]
    OtherName {
        /// The policy.
        policy: String,
        /// What the policy names.
        plugin: String,
        /// The component.
        path: PathBuf,
        /// What the component's manifest says.
        found: String,
    },
    /// The component is another one than the policy names.
    #[error(
        "policy `{policy}` names the plugin digest {wanted}, the component has {found}: {help}"
    )]
    OtherDigest {
        /// The policy.
        policy: String,
        /// What the policy names.
        wanted: String,
        /// What is there.
        found: String,
        /// What to do.
        help: &'static str,
    },
    /// The settings do not fit the plugin.
    #[error("policy `{policy}`: {problems}")]
    Settings {
        /// The policy.
        policy: String,
        /// All problems, one a line.
        problems: String,
    },
    /// The policy does not grant what the plugin cannot do without.
    #[error(
        "policy `{policy}` does not grant `{field}` ({treatment}), which the plugin `{plugin}` cannot do without; add it under plugin.grants"
    )]
    NotGranted {
        /// The policy.
        policy: String,
        /// The plugin.
        plugin: String,
        /// The need.
        field: String,
        /// How the plugin wants it.
        treatment: &'static str,
    },
    /// The plugin needs a field that the dictionary lacks.
    #[error(
        "policy `{policy}`: the plugin `{plugin}` needs the field `{field}`, which the dictionary does not have"
    )]
    UnknownNeed {
        /// The policy.
        policy: String,
        /// The plugin.
        plugin: String,
        /// The need.
        field: String,
    },
}

/// A policy set and its plugins.
pub struct Pipeline {
    set: PolicySet,
    /// In the order of the set, which is that in which they are asked; none for a draft.
    bound: Vec<Option<Bound>>,
    digest: String,
    plugins: Vec<PluginInUse>,
}

/// A plugin that policies use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Loads, checks and binds everything below the directories.
    pub fn load(
        policies: &Path,
        plugins: &Path,
        require_digests: bool,
        dictionary: &Dictionary,
        sandbox: &Sandbox,
    ) -> Result<Pipeline, PipelineError> {
        let set = PolicySet::load(policies, dictionary)?;
        if set.operation(EXPIRE).is_some() {
            return Err(PipelineError::HostOperation(EXPIRE));
        }
        let binder = Binder {
            plugins,
            require_digests,
            dictionary,
            sandbox,
        };
        let bound = |policy: &Arc<Policy>| match policy.status() {
            Status::Draft => Ok(None),
            _ => binder.bind(policy).map(Some),
        };
        let bound = set.policies().iter().map(bound);
        let bound = bound.collect::<Result<Vec<_>, _>>()?;
        let in_use = |b: &Bound| {
            b.plugin.as_ref().map(|p| PluginInUse {
                name: p.name.clone(),
                version: p.version.clone(),
                digest: p.digest.clone(),
            })
        };
        let mut in_use: Vec<PluginInUse> = bound.iter().flatten().filter_map(in_use).collect();
        in_use.sort();
        in_use.dedup();
        let digest = digest(&set, &in_use);
        Ok(Pipeline {
            set,
            bound,
            digest,
            plugins: in_use,
        })
    }

    /// SHA-256 over the files and the plugins, in hexadecimal: what a decision was decided by.
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

struct Binder<'a> {
    plugins: &'a Path,
    require_digests: bool,
    dictionary: &'a Dictionary,
    sandbox: &'a Sandbox,
}

impl Binder<'_> {
    fn bind(&self, policy: &Arc<Policy>) -> Result<Bound, PipelineError> {
        let plugin = match policy.body() {
            Body::Rules(_) => None,
            Body::Plugin(usage) => Some(self.bind_plugin(policy.id(), usage)?),
        };
        Ok(Bound {
            policy: Arc::clone(policy),
            plugin,
        })
    }

    fn bind_plugin(&self, policy: &str, usage: &PluginUse) -> Result<BoundPlugin, PipelineError> {
        let path = self.plugins.join(format!("{}.wasm", usage.name));
        let bytes = std::fs::read(&path).map_err(|why| PipelineError::NoPlugin {
            policy: policy.to_owned(),
            plugin: usage.name.clone(),
            path: path.clone(),
            why,
        })?;
        let plugin = self
            .sandbox
            .load(&bytes)
            .map_err(|why| PipelineError::Refused {
                policy: policy.to_owned(),
                path: path.clone(),
                why: why.to_string(),
            })?;
        // Pseudonyms go by the plugin's name: one plugin must not pass for another.
        if plugin.manifest().name != usage.name {
            return Err(PipelineError::OtherName {
                policy: policy.to_owned(),
                plugin: usage.name.clone(),
                path,
                found: plugin.manifest().name.clone(),
            });
        }
        self.check_digest(policy, usage, plugin.digest())?;
        let needs = self.needs(policy, usage, plugin.manifest())?;
        let bound = plugin
            .bind(&usage.settings, budget(usage))
            .map_err(|problems| PipelineError::Settings {
                policy: policy.to_owned(),
                problems: problems
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n"),
            })?;
        Ok(BoundPlugin {
            name: plugin.manifest().name.clone(),
            version: plugin.manifest().version.clone(),
            digest: plugin.digest().to_owned(),
            bound,
            needs,
        })
    }

    fn check_digest(
        &self,
        policy: &str,
        usage: &PluginUse,
        found: &str,
    ) -> Result<(), PipelineError> {
        let other = |wanted: String, help| PipelineError::OtherDigest {
            policy: policy.to_owned(),
            wanted,
            found: found.to_owned(),
            help,
        };
        match &usage.digest {
            Some(wanted) if wanted.trim_start_matches("sha256:") != found => Err(other(
                wanted.clone(),
                "review the component, then change the digest in the policy",
            )),
            None if self.require_digests => Err(other(
                "(none)".into(),
                "host.require_plugin_digests is on: write plugin.digest in the policy",
            )),
            _ => Ok(()),
        }
    }

    fn needs(
        &self,
        policy: &str,
        usage: &PluginUse,
        manifest: &weft_sandbox::Manifest,
    ) -> Result<Vec<Need>, PipelineError> {
        let mut needs = Vec::new();
        for wanted in &manifest.needs {
            let field = self.dictionary.by_name(&wanted.field).ok_or_else(|| {
                PipelineError::UnknownNeed {
                    policy: policy.to_owned(),
                    plugin: manifest.name.clone(),
                    field: wanted.field.clone(),
                }
            })?;
            let granted = usage
                .grants
                .iter()
                .filter(|grant| grant.field == field.id)
                .map(|grant| {
                    grant
                        .treatment
                        .min(wanted.treatment)
                        .min(field.class.ceiling())
                })
                .max()
                .filter(|treatment| *treatment > Treatment::Absent);
            if granted.is_none() && wanted.required {
                return Err(PipelineError::NotGranted {
                    policy: policy.to_owned(),
                    plugin: manifest.name.clone(),
                    field: wanted.field.clone(),
                    treatment: wanted.treatment.as_str(),
                });
            }
            needs.push(Need {
                field: field.id,
                purpose: wanted.purpose.clone(),
                required: wanted.required,
                granted,
            });
        }
        Ok(needs)
    }
}

/// The policy's budget; what it does not say is the sandbox's default.
fn budget(usage: &PluginUse) -> Budget {
    let default = Budget::default();
    Budget {
        fuel: usage.budget.fuel.unwrap_or(default.fuel),
        time_ms: usage.budget.time_ms.unwrap_or(default.time_ms),
        memory_bytes: usage
            .budget
            .memory_mib
            .map_or(default.memory_bytes, |mib| mib << 20),
    }
}

fn digest(set: &PolicySet, plugins: &[PluginInUse]) -> String {
    let mut hash = Sha256::new();
    hash.update(set.digest().as_bytes());
    for plugin in plugins {
        hash.update([0]);
        hash.update(plugin.digest.as_bytes());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}
