//! `weft policy`: for those who write and review policies.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use weft_dictionary::Dictionary;
use weft_engine::Clock;
use weft_engine::sets::{LoadedSet, Pinning};
use weft_policy::{Body, PolicySet, Status, limits};
use weft_sandbox::{Sandbox, SandboxConfig};

use crate::exit::Failed;
use crate::output;

mod book;
mod explain;
mod replay;
mod test;

/// Policy files.
#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check policy files and run the tests in them.
    ///
    /// Every problem is told with file, line and column, why it is one, and what to do. Exits 0 when there is
    /// none.
    Check {
        /// The directory with dictionary.yaml, pipeline.yaml and the policies.
        #[arg(default_value = "policies")]
        dir: PathBuf,
        /// Where the plugins are: with it, each plugin is loaded, and its settings and grants are checked
        /// against its manifest.
        #[arg(long, value_name = "DIR")]
        plugins: Option<PathBuf>,
    },
    Test(test::TestArgs),
    Book(book::BookArgs),
    Explain(explain::ExplainArgs),
    Replay(replay::ReplayArgs),
}

pub(crate) fn run(command: PolicyCommand) -> Result<(), Failed> {
    match command {
        PolicyCommand::Check { dir, plugins } => check(&dir, plugins.as_deref()),
        PolicyCommand::Test(args) => test::run(&args),
        PolicyCommand::Book(args) => book::run(&args),
        PolicyCommand::Explain(args) => explain::run(&args),
        PolicyCommand::Replay(args) => replay::run(&args),
    }
}

fn check(dir: &Path, plugins: Option<&Path>) -> Result<(), Failed> {
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))?;
    let set = PolicySet::load(dir, &dictionary)?;
    output::problems(set.warnings());
    // Whether plugins fit is part of whether the files are sound.
    let loaded = plugins.map(|plugins| bound(dir, plugins)).transpose()?;
    let pipeline = loaded.as_ref().map(LoadedSet::pipeline);
    let asks_plugin =
        |policy: &&std::sync::Arc<weft_policy::Policy>| matches!(policy.body(), Body::Plugin(_));
    let with_plugins = set.policies().iter().filter(asks_plugin).count();
    output::line(&format!(
        "{} in {}: {} with rules, {} that ask plugins; {} tests passed",
        output::counted(set.policies().len(), "sound policy file"),
        dir.display(),
        set.policies().len() - with_plugins,
        with_plugins,
        set.tests().passed,
    ));
    list(&set);
    cost(&set);
    match pipeline {
        Some(pipeline) => {
            for plugin in pipeline.plugins() {
                output::line(&format!(
                    "plugin {} {}, sha256 {}: settings and grants fit",
                    plugin.name, plugin.version, plugin.digest
                ));
            }
            output::line(&format!("policy set {}", pipeline.digest()));
        }
        None if with_plugins > 0 => output::step(
            "settings and grants of plugins were not checked; name the plugins with --plugins DIR",
        ),
        None => {}
    }
    Ok(())
}

/// Every plugin loaded and bound to the policies that ask it.
fn bound(dir: &Path, plugins: &Path) -> Result<LoadedSet, Failed> {
    let sandbox = Sandbox::new(SandboxConfig {
        max_in_flight: 1,
        cache: None,
    })?;
    let set = LoadedSet::read(dir, plugins, Pinning::Optional, &sandbox)?;
    output::problems(set.pipeline().warnings());
    Ok(set)
}

/// Every policy with its status, so that one that is missing or does not count is seen.
fn list(set: &PolicySet) {
    let now = Clock::System.now();
    for policy in set.policies() {
        let status = match policy.status() {
            Status::Draft => "draft",
            Status::Shadow => "shadow",
            Status::Canary => "canary",
            Status::Enforced => "enforced",
        };
        let time = if policy.in_force(now) {
            String::new()
        } else if policy.from() > now {
            format!(", not in force before {}", policy.from())
        } else {
            let until = policy.until().map(|at| at.to_string());
            format!(
                ", not in force any more since {}",
                until.unwrap_or_default()
            )
        };
        output::line(&format!("  {:<9} {}{time}", status, policy.id()));
    }
}

/// How long the rules can take for each operation, and how long they may.
fn cost(set: &PolicySet) {
    let operations = set
        .operations()
        .iter()
        .map(|o| (o.name.as_str(), set.steps(&o.name)));
    for (operation, steps) in operations.filter(|(_, steps)| *steps > 0) {
        output::line(&format!(
            "rules about {operation} take {steps} steps at most; the limit is {}",
            limits::MAX_OPERATION_STEPS
        ));
    }
}
