//! `weft policy test`: the tests in policy files, what they cover, and what they would miss.

use std::path::{Path, PathBuf};

use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use weft_diagnostic::Diagnostics;
use weft_dictionary::Dictionary;
use weft_policy::{PolicySet, PolicyTests};

use crate::exit::Failed;
use crate::output;

/// Run the tests in policy files.
///
/// Prints, for each policy, its tests, the rules that no test fires and the verdicts that tests lead to. Exits 1
/// when a test does not hold, and when no test was run at all.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// The directory with dictionary.yaml, pipeline.yaml and the policies.
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// Make small mistakes in each policy, one at a time (a comparison turned round, a rule dropped), and list
    /// those that no test notices.
    #[arg(long)]
    mutate: bool,
    /// Write the results as JUnit XML, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) fn run(args: &TestArgs) -> Result<(), Failed> {
    let dictionary = Dictionary::load(&args.dir.join("dictionary.yaml"))?;
    let all = PolicySet::test(&args.dir, &dictionary, args.mutate)?;
    for policy in &all {
        say(policy);
    }
    if let Some(file) = &args.junit {
        write_junit(file, &all)?;
    }
    if args.mutate {
        say_mutants(&all);
    }
    let ran: usize = all.iter().map(|policy| policy.tests.len()).sum();
    let problems: Vec<_> = all
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

fn say_mutants(all: &[PolicyTests]) {
    let killed: usize = all.iter().map(|policy| policy.mutants.killed).sum();
    let survivors: Vec<_> = all
        .iter()
        .flat_map(|policy| &policy.mutants.survivors)
        .collect();
    output::line(&format!(
        "\n{} made, {killed} noticed by a test, {} not:",
        output::counted(killed + survivors.len(), "mistake"),
        survivors.len()
    ));
    for survivor in survivors {
        output::line(&format!("  {}: {}", survivor.path, survivor.what));
    }
}

fn write_junit(file: &Path, all: &[PolicyTests]) -> Result<(), Failed> {
    let mut report = Report::new("weft policy test");
    for policy in all {
        let mut suite = TestSuite::new(policy.policy.as_str());
        for (name, problem) in &policy.tests {
            let status = match problem {
                None => TestCaseStatus::success(),
                Some(problem) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(problem.to_string());
                    status
                }
            };
            let mut case = TestCase::new(name.as_str(), status);
            case.set_classname(policy.path.as_str());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string()?;
    std::fs::write(file, text)
        .map_err(|error| Failed::because(format!("{}: {error}", file.display())))
}
