//! Policies that ask plugins, bound to them: every problem of every policy, with its place in the policy's file.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use weft_diagnostic::yaml::{self, Keyed, Spanned};
use weft_diagnostic::{Code, Diagnostic, Place};
use weft_dictionary::{Dictionary, Field, Treatment};
use weft_policy::{Grant, Operation, PluginUse, Policy, PolicyFiles};
use weft_sandbox::{Budget, Manifest, Plugin, SettingProblem, codes, fit};

use crate::pipeline::{BoundPlugin, Need};
use crate::sets::{Components, Pinning, Refused};

/// What policies are bound with.
pub(crate) struct Binder<'a, 'c> {
    pub(crate) files: &'a PolicyFiles,
    pub(crate) pinning: Pinning,
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) operations: &'a [Operation],
    pub(crate) components: &'a mut Components<'c>,
    /// What was found, of all policies.
    pub(crate) found: Vec<Diagnostic>,
}

/// What begins the path of a problem with a budget.
const BUDGET: &str = "budget.";

/// Where the parts of a policy's `plugin` stand in its file.
#[derive(Deserialize, Default)]
struct Places {
    #[serde(default)]
    on: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    plugin: Option<PluginPlaces>,
    #[serde(default)]
    reasons: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct PluginPlaces {
    name: Spanned<IgnoredAny>,
    #[serde(default)]
    digest: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    settings: Keyed<IgnoredAny>,
    #[serde(default)]
    grants: Option<Spanned<Vec<GrantPlaces>>>,
    #[serde(default)]
    budget: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct GrantPlaces {
    field: Spanned<String>,
    treatment: Spanned<IgnoredAny>,
}

/// A part of a policy that a problem is about.
enum Part<'a> {
    On,
    Name,
    Digest,
    Setting(&'a str),
    /// The name of a setting that the plugin does not have.
    SettingName(&'a str),
    Grants,
    /// The treatment by which a field is granted.
    Treatment(&'a str),
    Reasons,
}

impl Places {
    fn of(&self, part: &Part<'_>) -> Place {
        let Some(plugin) = &self.plugin else {
            return Place::START;
        };
        let grants = plugin.grants.as_ref();
        let found = match part {
            Part::On => self.on.as_ref(),
            Part::Name => None,
            Part::Digest => plugin.digest.as_ref(),
            Part::Setting(path) if path.starts_with(BUDGET) => plugin.budget.as_ref(),
            Part::Setting(name) => plugin.settings.0.get(*name).map(|entry| &entry.value),
            Part::SettingName(name) => {
                let entry = plugin.settings.0.get(*name);
                return entry.map_or(yaml::place(&plugin.name), |entry| yaml::place(&entry.name));
            }
            Part::Grants => {
                return grants.map_or(yaml::place(&plugin.name), yaml::place);
            }
            Part::Treatment(name) => {
                let mut grants = grants.into_iter().flat_map(|grants| &grants.value);
                let grant = grants.find(|grant| grant.field.value == *name);
                grant.map(|grant| &grant.treatment)
            }
            Part::Reasons => self.reasons.as_ref(),
        };
        yaml::place(found.unwrap_or(&plugin.name))
    }
}

impl Binder<'_, '_> {
    /// The plugin, bound for this policy; what was found goes to `found`.
    pub(crate) fn bind(&mut self, policy: &Policy, usage: &PluginUse) -> Option<BoundPlugin> {
        let text = self.files.text(policy.path()).unwrap_or_default();
        let mut one = One {
            dictionary: self.dictionary,
            operations: self.operations,
            pinning: self.pinning,
            policy,
            usage,
            file: self.files.dir().join(policy.path()).display().to_string(),
            places: yaml::parse("", text).unwrap_or_default(),
            found: &mut self.found,
        };
        one.bind(self.components)
    }
}

/// One policy on its way.
struct One<'a> {
    dictionary: &'a Dictionary,
    operations: &'a [Operation],
    pinning: Pinning,
    policy: &'a Policy,
    usage: &'a PluginUse,
    file: String,
    places: Places,
    found: &'a mut Vec<Diagnostic>,
}

impl One<'_> {
    fn bind(&mut self, components: &mut Components<'_>) -> Option<BoundPlugin> {
        let plugin = self.load(components)?;
        let before = self.found.len();
        self.check_digest(plugin.digest());
        self.check_operations(plugin.manifest());
        for unfit in fit::needs(plugin.manifest(), self.dictionary) {
            self.refuse(codes::NEEDS, &Part::Name, unfit.message, unfit.help);
        }
        let needs = self.needs(plugin.manifest());
        let bound = plugin.bind(&self.usage.settings, budget(self.usage));
        let bound = bound.map_err(|problems| {
            for problem in problems {
                self.setting(plugin.manifest(), problem);
            }
        });
        if self.found.len() > before {
            return None;
        }
        self.check_reasons(plugin.manifest());
        self.check_grants(plugin.manifest());
        Some(BoundPlugin {
            name: plugin.manifest().name.clone(),
            version: plugin.manifest().version.clone(),
            digest: plugin.digest().to_owned(),
            bound: bound.ok()?,
            needs,
        })
    }

    fn load(&mut self, components: &mut Components<'_>) -> Option<Arc<Plugin>> {
        let name = &self.usage.name;
        let (path, plugin) = match components.load(name) {
            Ok(component) => (&component.path, Arc::clone(&component.plugin)),
            Err(Refused::Unreadable(path, why)) => {
                let message = format!(
                    "the policy asks the plugin `{name}`, and {} cannot be read: {why}",
                    path.display()
                );
                let help =
                    "build it with `weft plugin build`, or name its directory with --plugins";
                self.refuse(codes::NO_PLUGIN, &Part::Name, message, help);
                return None;
            }
            Err(Refused::NoPlugin(path, why)) => {
                let message = format!("the plugin {} is refused: {why}", path.display());
                self.note(why.code(), &Part::Name, message);
                return None;
            }
        };
        // Pseudonyms go by the plugin's name: one plugin must not pass for another.
        if plugin.manifest().name != *name {
            let message = format!(
                "the policy asks the plugin `{name}`, and {} says in its manifest that it is `{}`",
                path.display(),
                plugin.manifest().name
            );
            let help = "put the right component there, or name that plugin in the policy";
            self.refuse(codes::NO_PLUGIN, &Part::Name, message, help);
            return None;
        }
        Some(plugin)
    }

    fn check_digest(&mut self, found: &str) {
        match &self.usage.digest {
            Some(wanted) if wanted.trim_start_matches("sha256:") != found => {
                let message = format!(
                    "the policy names the plugin digest {wanted}, the component has {found}"
                );
                let help = "review the component, then change the digest in the policy";
                self.refuse(codes::OTHER_DIGEST, &Part::Digest, message, help);
            }
            None if self.pinning == Pinning::Required => {
                let message = format!(
                    "host.require_plugin_digests is on and the policy names no digest, the component has {found}"
                );
                let help = "review the component, then write plugin.digest in the policy";
                self.refuse(codes::OTHER_DIGEST, &Part::Digest, message, help);
            }
            _ => {}
        }
    }

    /// The plugin is asked about nothing that it does not declare.
    fn check_operations(&mut self, manifest: &Manifest) {
        let asked = (self.operations.iter())
            .map(|operation| operation.name.as_str())
            .filter(|operation| self.policy.covers(operation) && !manifest.decides(operation));
        let asked: Vec<String> = asked.map(|operation| format!("`{operation}`")).collect();
        if asked.is_empty() {
            return;
        }
        let message = format!(
            "the policy is asked about {}, which the plugin `{}` does not decide",
            asked.join(", "),
            manifest.name
        );
        let help = format!(
            "write `on: [{}]`, or declare the operation in the plugin",
            manifest.operations.join(", ")
        );
        self.refuse(codes::OPERATIONS, &Part::On, message, help);
    }

    fn needs(&mut self, manifest: &Manifest) -> Vec<Need> {
        let mut needs = Vec::with_capacity(manifest.needs.len());
        for wanted in &manifest.needs {
            let Some(field) = self.dictionary.by_name(&wanted.field) else {
                continue;
            };
            let grants = self.usage.grants.iter().filter(|g| g.field == field.id);
            let least = |given: Treatment| given.min(wanted.treatment).min(field.class.ceiling());
            let granted = grants
                .map(|grant| least(grant.treatment))
                .max()
                .filter(|treatment| *treatment > Treatment::Absent);
            if granted.is_none() && wanted.required {
                let message = format!(
                    "the policy does not grant `{}` ({}), which the plugin `{}` cannot do without",
                    wanted.field,
                    wanted.treatment.as_str(),
                    manifest.name
                );
                let help = format!(
                    "add {{field: {}, treatment: {}}} under plugin.grants",
                    wanted.field,
                    wanted.treatment.as_str()
                );
                self.refuse(codes::GRANTS, &Part::Grants, message, help);
            }
            if let Some(granted) = granted {
                self.check_treatment(manifest, wanted, field, granted);
            }
            needs.push(Need {
                field: field.id,
                purpose: wanted.purpose.clone(),
                required: wanted.required,
                granted,
            });
        }
        needs
    }

    /// A plugin that gets less than it was written for cannot read it, or takes it for the value itself.
    fn check_treatment(
        &mut self,
        manifest: &Manifest,
        wanted: &weft_sandbox::Need,
        field: &Field,
        granted: Treatment,
    ) {
        let due = wanted.treatment.min(field.class.ceiling());
        if granted >= due {
            return;
        }
        let (name, due) = (&wanted.field, due.as_str());
        let message = format!(
            "the policy grants `{name}` as {}, and the plugin `{}` is written for {due}",
            granted.as_str(),
            manifest.name,
        );
        let help = match wanted.required {
            true => format!("write treatment: {due}"),
            false => format!(
                "write treatment: {due}, or remove the grant: then the plugin is told that it is withheld"
            ),
        };
        self.refuse(codes::GRANTS, &Part::Treatment(name), message, help);
    }

    fn setting(&mut self, manifest: &Manifest, problem: SettingProblem) {
        let message = match problem.path.as_str() {
            "" => problem.message,
            path => format!("the setting `{path}`: {}", problem.message),
        };
        let is_of_budget = problem.path.starts_with(BUDGET);
        let is_known = manifest.settings.iter().any(|s| s.name == problem.path);
        let part = match is_known || is_of_budget {
            true => Part::Setting(&problem.path),
            false => Part::SettingName(&problem.path),
        };
        self.refuse(codes::SETTINGS, &part, message, problem.help);
    }

    /// Reasons that readers would get as a code alone.
    fn check_reasons(&mut self, manifest: &Manifest) {
        for reason in &manifest.reasons {
            if self.policy.reason(&reason.code).is_some() {
                continue;
            }
            let message = format!(
                "the plugin `{}` may give the reason `{}`, which the policy does not put into words",
                manifest.name, reason.code
            );
            let help = format!(
                "add {{code: {}, title: {}}} under reasons",
                reason.code, reason.title
            );
            let place = self.places.of(&Part::Reasons);
            self.found.push(
                Diagnostic::error(codes::REASONS, &self.file, place, message)
                    .help(help)
                    .warning(),
            );
        }
    }

    /// Fields that the plugin does not ask for.
    fn check_grants(&mut self, manifest: &Manifest) {
        let name = |grant: &Grant| &self.dictionary.field(grant.field).name;
        let needed = |field: &String| manifest.needs.iter().any(|need| need.field == *field);
        let idle: Vec<String> = (self.usage.grants.iter().map(name))
            .filter(|field| !needed(field))
            .map(|field| format!("`{field}`"))
            .collect();
        if idle.is_empty() {
            return;
        }
        let message = format!(
            "the policy grants {}, which the plugin `{}` does not ask for",
            idle.join(", "),
            manifest.name
        );
        let place = self.places.of(&Part::Grants);
        self.found.push(
            Diagnostic::error(weft_policy::codes::UNUSED, &self.file, place, message)
                .help("remove the grant: a plugin gets what it needs and nothing else")
                .warning(),
        );
    }

    fn refuse(
        &mut self,
        code: Code,
        part: &Part<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = self.places.of(part);
        self.found
            .push(Diagnostic::error(code, &self.file, place, message).help(help));
    }

    fn note(&mut self, code: Code, part: &Part<'_>, message: String) {
        let place = self.places.of(part);
        self.found
            .push(Diagnostic::error(code, &self.file, place, message));
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
