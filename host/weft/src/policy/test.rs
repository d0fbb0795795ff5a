//! `weft policy test`: the tests in policy files, what they cover, and what they would miss.

use std::path::{Path, PathBuf};

use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use weft_diagnostic::Diagnostics;
use weft_dictionary::Dictionary;
use weft_policy::{MistakeKind, Mutants, PolicyFiles, PolicySet, PolicyTests, SetTests};

use super::check;
use crate::exit::Failed;
use crate::output;

/// Run the tests in policy files.
///
/// Prints, for each policy, its tests, the rules that no test fires and the verdicts that tests lead to. Exits 1
/// when a test does not hold, when no test was run at all, and with --mutate when there is a mistake that no test
/// notices.
///
/// What a plugin says is tested beside its source (`cargo test` there; `weft plugin run` asks it one question). With
/// --plugins, that each plugin is there and takes the settings and grants of its policy is part of the tests.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// The directory with dictionary.yaml, pipeline.yaml and the policies.
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// Make small mistakes in each policy and list, one at a time (a comparison turned round, a number off by one, an
    /// obligation or an entry left out), and list those that no test notices. Each counts as a failure; one that is proven
    /// to make no difference does not, and is listed apart.
    #[arg(long)]
    mutate: bool,
    /// Where the plugins are: with it, the settings and grants of policies that ask plugins are checked against the
    /// manifests of those plugins.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Write the results as JUnit XML, too. With --mutate each policy has one case more: that every mistake is
    /// noticed, or one failed case for each that is not.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) fn run(args: &TestArgs) -> Result<(), Failed> {
    let files = PolicyFiles::read(&args.dir)?;
    let (file, text) = files.dictionary()?;
    let dictionary = Dictionary::parse(file, text)?;
    let all = PolicySet::test(&args.dir, &dictionary, args.mutate)?;
    for policy in &all.policies {
        say(policy);
    }
    if let Some(file) = &args.junit {
        write_junit(file, &all, args.mutate)?;
    }
    if args.mutate {
        say_mutants(&all);
    }
    let ran: usize = all.policies.iter().map(|policy| policy.tests.len()).sum();
    let problems: Vec<_> = all
        .policies
        .iter()
        .flat_map(|policy| &policy.tests)
        .filter_map(|(_, problem)| problem.clone())
        .collect();
    output::line(&format!(
        "\n{} passed, {} failed",
        ran - problems.len(),
        problems.len()
    ));
    if !problems.is_empty() {
        return Err(Diagnostics(problems).into());
    }
    if ran == 0 {
        return Err(Failed::because(format!(
            "no test was run: no policy in {} has `tests`; policies/README.md says how they are written",
            args.dir.display()
        )));
    }
    if let Some(plugins) = &args.plugins {
        check::fitting(&check::bound(&args.dir, plugins)?);
    }
    let survivors: usize = all.mutants().map(|mutants| mutants.survivors.len()).sum();
    if survivors > 0 {
        return Err(Failed::because(format!(
            "{} that no test notices; add a test for each, or write the condition without what makes no difference",
            output::counted(survivors, "mistake")
        )));
    }
    Ok(())
}

fn say(policy: &PolicyTests) {
    if policy.asks_plugin {
        output::line(&format!(
            "{}: asks a plugin, which is tested where it is written",
            policy.policy
        ));
        return;
    }
    let failed = policy
        .tests
        .iter()
        .filter(|(_, problem)| problem.is_some())
        .count();
    let verdicts: Vec<&str> = policy.verdicts.iter().map(|v| v.as_str()).collect();
    output::line(&format!(
        "{}: {}, {failed} failed; leads to {}",
        policy.policy,
        output::counted(policy.tests.len(), "test"),
        verdicts.join(", "),
    ));
    for (rule, _) in policy.rules.iter().filter(|(_, fired)| *fired == 0) {
        output::line(&format!("  no test fires the rule `{rule}`"));
    }
}

fn say_mutants(all: &SetTests) {
    let killed: usize = all.mutants().map(Mutants::killed).sum();
    let survivors: Vec<_> = all.mutants().flat_map(|one| &one.survivors).collect();
    let equivalent: Vec<_> = all.mutants().flat_map(|one| &one.equivalent).collect();
    output::line(&format!(
        "\n{} made, {killed} noticed by a test, {} not, {} without effect",
        output::counted(killed + survivors.len() + equivalent.len(), "mistake"),
        survivors.len(),
        equivalent.len()
    ));
    for kind in MistakeKind::ALL {
        let noticed = all.mutants().filter_map(|one| one.noticed.get(&kind));
        let noticed: usize = noticed.sum();
        let not = survivors.iter().filter(|one| one.kind == kind).count();
        let without = equivalent
            .iter()
            .filter(|(one, _)| one.kind == kind)
            .count();
        if noticed + not + without > 0 {
            let kind = kind.as_str();
            output::line(&format!(
                "  {kind}: {noticed} noticed, {not} not, {without} without effect"
            ));
        }
    }
    if !survivors.is_empty() {
        output::line("No test notices:");
    }
    for survivor in survivors {
        output::line(&format!("  {}: {}", survivor.path, survivor.what));
    }
    if !equivalent.is_empty() {
        output::line("Without effect, so that no test can notice:");
    }
    for (mistake, why) in equivalent {
        output::line(&format!("  {}: {}; {why}", mistake.path, mistake.what));
    }
}

fn write_junit(file: &Path, all: &SetTests, mutated: bool) -> Result<(), Failed> {
    let mut report = Report::new("weft policy test");
    for policy in &all.policies {
        let mut suite = TestSuite::new(policy.policy.as_str());
        let mut add = |name: &str, failure: Option<String>| {
            let mut case = TestCase::new(name, status(failure));
            case.set_classname(policy.path.as_str());
            suite.add_test_case(case);
        };
        for (name, problem) in &policy.tests {
            add(name, problem.as_ref().map(ToString::to_string));
        }
        for survivor in &policy.mutants.survivors {
            let message = format!("no test notices this mistake: {}", survivor.what);
            add(&format!("mistake: {}", survivor.what), Some(message));
        }
        if mutated && !policy.asks_plugin && policy.mutants.survivors.is_empty() {
            let killed = output::counted(policy.mutants.killed(), "mistake");
            add(&format!("{killed}, each noticed by a test"), None);
        }
        report.add_test_suite(suite);
    }
    if mutated {
        report.add_test_suite(suite_of_lists(&all.lists));
    }
    let text = report.to_string()?;
    std::fs::write(file, text)
        .map_err(|error| Failed::because(format!("{}: {error}", file.display())))
}

/// The entries of lists that were left out.
fn suite_of_lists(lists: &Mutants) -> TestSuite {
    let mut suite = TestSuite::new("lists");
    for survivor in &lists.survivors {
        let message = format!("no test notices this mistake: {}", survivor.what);
        let mut case = TestCase::new(format!("mistake: {}", survivor.what), status(Some(message)));
        case.set_classname(survivor.path.as_str());
        suite.add_test_case(case);
    }
    if lists.survivors.is_empty() {
        let killed = output::counted(lists.killed(), "mistake");
        let name = format!("{killed}, each noticed by a test");
        suite.add_test_case(TestCase::new(name, status(None)));
    }
    suite
}

fn status(failure: Option<String>) -> TestCaseStatus {
    let Some(message) = failure else {
        return TestCaseStatus::success();
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status
}
