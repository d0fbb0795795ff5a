//! `weft policy check`: whether the files are sound, and what a sound set does that nobody may have meant.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_diagnostic::Severity;
use weft_dictionary::Dictionary;
use weft_engine::Clock;
use weft_engine::sets::{LoadedSet, Pinning};
use weft_policy::{Analysis, Body, Overlap, PolicyFiles, PolicySet, Status, codes, limits};
use weft_sandbox::{Sandbox, SandboxConfig};

use crate::exit::Failed;
use crate::output;

/// Check policy files and run the tests in them.
///
/// Every problem is told with file, line and column, why it is one, and what to do. A sound set is looked
/// through for facts that are better left out, and for rules that can never fire, that are never false or that add
/// nothing, and for operations that no enforced policy is about; all that is a warning. A fact without which nothing
/// objects any more is a problem, and a host does not take such a set. Exits 0 when there is no problem, and with --strict no warning; else 1.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The directory with dictionary.yaml, pipeline.yaml and the policies.
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// Where the plugins are: with it, each plugin is loaded, and its settings and grants are checked
    /// against its manifest.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// List the enforced rules that can hold together and say different things, each pair with facts for which
    /// both do.
    #[arg(long)]
    analysis: bool,
    /// Warnings, and questions that were not answered, count as problems: for a gate in CI. A risk that a policy
    /// accepts (metadata.accepts_risk) is no warning.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(args: &CheckArgs) -> Result<(), Failed> {
    let dir = args.dir.as_path();
    let files = PolicyFiles::read(dir)?;
    let (file, text) = files.dictionary()?;
    let dictionary = Dictionary::parse(file, text)?;
    let now = Clock::System.now();
    let set = PolicySet::of(&files, &dictionary).inspect_err(|problems| {
        // Where only tests do not hold, the reason may be a rule that can never fire.
        let mut errors = (problems.0.iter()).filter(|p| p.severity == Severity::Error);
        if errors.all(|problem| problem.code == codes::TEST)
            && let Ok(set) = PolicySet::load_for_review(dir, &dictionary)
        {
            output::problems(&set.analyse(dir, &dictionary, now).problems);
        }
    })?;
    let mut problems = set.warnings().clone();
    // Whether plugins fit is part of whether the files are sound.
    let loaded = args
        .plugins
        .as_deref()
        .map(|plugins| bound(dir, plugins))
        .transpose()?;
    let analysis = set.analyse(dir, &dictionary, now);
    problems.0.extend(analysis.problems.0.iter().cloned());
    output::problems(&problems);
    if problems.refuse() {
        return Err(Failed::Said);
    }
    summary(dir, &set);
    list(&set);
    cost(&set);
    overlaps(&analysis, args.analysis);
    plugins(&set, loaded.as_ref());
    accepted(&set, &dictionary);
    let of_plugins = loaded.map_or(0, |loaded| loaded.pipeline().warnings().0.len());
    match args.strict {
        true => strict(problems.0.len() + of_plugins, analysis.left_out),
        false => Ok(()),
    }
}

/// For a gate: nothing is told that somebody would have to look at.
fn strict(warnings: usize, left_out: usize) -> Result<(), Failed> {
    if warnings == 0 && left_out == 0 {
        return Ok(());
    }
    Err(Failed::because(format!(
        "--strict: {} and {} without an answer; mend what they tell, or say in metadata.accepts_risk why it is accepted",
        output::counted(warnings, "warning"),
        output::counted(left_out, "question"),
    )))
}

fn summary(dir: &Path, set: &PolicySet) {
    let with_plugins = asking_plugins(set);
    output::line(&format!(
        "{} in {}: {} with rules, {} that ask plugins; {} tests passed",
        output::counted(set.policies().len(), "sound policy file"),
        dir.display(),
        set.policies().len() - with_plugins,
        with_plugins,
        set.tests().passed,
    ));
}

fn asking_plugins(set: &PolicySet) -> usize {
    let policies = set.policies().iter();
    policies
        .filter(|policy| matches!(policy.body(), Body::Plugin(_)))
        .count()
}

fn plugins(set: &PolicySet, loaded: Option<&LoadedSet>) {
    match loaded {
        Some(loaded) => {
            fitting(loaded);
            output::line(&format!("policy set {}", loaded.pipeline().digest()));
        }
        None if asking_plugins(set) > 0 => output::step(
            "settings and grants of plugins were not checked; name the plugins with --plugins DIR",
        ),
        None => {}
    }
}

/// The plugins that fit the policies that ask them.
pub(super) fn fitting(loaded: &LoadedSet) {
    for plugin in loaded.pipeline().plugins() {
        output::line(&format!(
            "plugin {} {}, sha256 {}: settings and grants fit",
            plugin.name, plugin.version, plugin.digest
        ));
    }
}

/// Every plugin loaded and bound to the policies that ask it.
pub(super) fn bound(dir: &Path, plugins: &Path) -> Result<LoadedSet, Failed> {
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

/// What is accepted, by policies and by the dictionary, and so is told by no warning: a reviewer has to see it.
fn accepted(set: &PolicySet, dictionary: &Dictionary) {
    for policy in set.policies() {
        if let Some(why) = policy.accepts_risk() {
            let why: Vec<&str> = why.split_whitespace().collect();
            output::line(&format!(
                "{} ({}) accepts a risk: {}",
                policy.id(),
                policy.path(),
                why.join(" ")
            ));
        }
    }
    let claims = dictionary.fields().filter(|field| field.claim);
    let claims: Vec<&str> = claims.map(|field| field.name.as_str()).collect();
    if !claims.is_empty() {
        output::line(&format!(
            "claims (claim: true), of which nobody looks for what gets milder without them: {}",
            claims.join(", ")
        ));
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

/// Rules that disagree: how many, or which.
fn overlaps(analysis: &Analysis, in_full: bool) {
    let count = analysis.overlaps.len();
    if in_full {
        for overlap in &analysis.overlaps {
            output::line(&line_of(overlap));
        }
    }
    if count > 0 || in_full {
        let more = if in_full || count == 0 {
            ""
        } else {
            "; --analysis lists them"
        };
        output::line(&format!(
            "{} of enforced rules can hold together and say different things: the more severe counts{more}",
            output::counted(count, "pair"),
        ));
    }
    if analysis.left_out > 0 {
        output::step(&format!(
            "{} about rules (whether they can fire, add something, overlap) had no answer within the bound: nothing is said of \
             those; fewer or plainer rules in a policy get more of them answered",
            output::counted(analysis.left_out, "question"),
        ));
    }
}

fn line_of(overlap: &Overlap) -> String {
    let (severer, milder) = (&overlap.severer, &overlap.milder);
    format!(
        "  {} {}/{} overrules {} {}/{} for {}\n    e.g. {}",
        severer.verdict.as_str(),
        severer.policy,
        severer.rule,
        milder.verdict.as_str(),
        milder.policy,
        milder.rule,
        overlap.operations.join(", "),
        overlap.example.one_line()
    )
}
